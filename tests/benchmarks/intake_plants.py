"""Near-copies, leaks, label flips and secrets planted in public data: what is found, what else is called."""

from __future__ import annotations

import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from advisor.engagement.records.examples import Example
from harness.intake.corpus import TEST, TRAIN, UNUSED
from harness.intake.near_copies import clusters, keys, leaking
from harness.intake.store import Rows

from ._plants import FRESH, HELD_BACK, TUNED, Change, planted
from ._plants_scored import flips, hidden

DATA = Path(__file__).parents[3] / "shared" / "data"
SETS = ("clinc150", "banking77", "hwu64")
EACH = 200
EXACT_EVERY = 40
"""One row in so many is repeated in the test split word by word."""


def run() -> dict[str, object]:
    """By data set; every kind of near-copy under whether the rule was chosen with it."""
    missing = [name for name in SETS if not (DATA / name / "train.jsonl").exists()]
    if missing:
        sys.exit(f"intake_plants needs {DATA}, which has no {', '.join(missing)}")
    return {name: measured(read(DATA / name / "train.jsonl")) for name in SETS}


def read(path: Path) -> list[Example]:
    """Rows with an input and a class."""
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [Example(id=str(n), input=row["input"], output=row["output"]) for n, row in enumerate(rows)]


def measured(rows: Sequence[Example]) -> dict[str, object]:
    """All tables of one data set."""
    with tempfile.TemporaryDirectory() as folder:
        flipped = flips(rows, Path(folder))
    texts = [row.input_text() for row in rows]
    return {
        "rows": len(rows),
        "clean_rows": alone(rows),
        "near_copies_chosen_with": scores(texts, TUNED, seed=1),
        "near_copies_held_back": scores(texts, HELD_BACK, seed=2),
        "near_copies_fresh": scores(texts, FRESH, seed=7),
        "label_flips": flipped,
        "secrets": hidden(rows),
    }


def alone(rows: Sequence[Example]) -> dict[str, object]:
    """Near-copies that the data set has of itself; one class for both sides speaks for an honest one."""
    texts = [row.input_text() for row in rows]
    clean = rows_of(texts)
    inputs, _, _ = keys(clean)
    cluster = clusters(clean, inputs)
    _, first = np.unique(inputs, return_index=True)
    sides = [(n, int(cluster[n])) for n in first.tolist() if inputs[cluster[n]] != inputs[n]]
    agreeing = sum(rows[one].output == rows[other].output for one, other in sides)
    return {
        "in_clusters": len({n for side in sides for n in side}),
        "joined_to_another": len(sides),
        "share_with_the_same_class": round(agreeing / max(1, len(sides)), 3),
    }


def scores(texts: Sequence[str], kinds: dict[str, Change], *, seed: int) -> dict[str, object]:
    """Recall by kind; strict precision counts every other joined row as wrong, honest near-copies too."""
    plants = planted(texts, kinds, each=EACH, seed=seed)
    sources = {original for _, original, _ in plants}
    exact = [n for n in range(0, len(texts), EXACT_EVERY) if n not in sources]
    rows = rows_of([*texts, *(copy for _, _, copy in plants), *(texts[n] for n in exact)])
    inputs, _, _ = keys(rows)
    cluster = clusters(rows, inputs)
    split = np.array([TRAIN] * len(texts) + [TEST] * (len(plants) + len(exact)), dtype=np.uint8)
    after, _ = leaking(rows, split, inputs, cluster)
    hit: dict[str, list[bool]] = defaultdict(list)
    for place, (kind, original, _) in enumerate(plants, start=len(texts)):
        hit[kind].append(bool(cluster[place] == cluster[original]))
    removed = {*np.flatnonzero(after == UNUSED).tolist()}
    leaks, found = sources | {*exact}, sum(map(sum, hit.values()))
    return {
        "plants": {kind: len(hits) for kind, hits in hit.items()},
        "recall_by_kind": {kind: round(sum(hits) / len(hits), 3) for kind, hits in hit.items()},
        "recall": round(found / len(plants), 3),
        "plants_joined_to_others_only": wrongly_joined(plants, cluster, len(texts)),
        "leak_recall": round(len(removed & leaks) / len(leaks), 3),
        "leak_precision_strict": round(len(removed & leaks) / max(1, len(removed)), 3),
        "exact_leaks": f"{sum(n in removed for n in exact)} of {len(exact)}",
    }


def wrongly_joined(
    plants: Sequence[tuple[str, int, str]], cluster: np.ndarray[tuple[int], np.dtype[np.int64]], begin: int
) -> int:
    """Plants that share a cluster with clean rows, but not with their original."""
    clean = set(cluster[:begin].tolist())
    places = enumerate(plants, start=begin)
    return sum(
        bool(cluster[n] != cluster[original]) and int(cluster[n]) in clean for n, (_, original, _) in places
    )


def rows_of(texts: Sequence[str]) -> Rows:
    """Texts as rows of one file."""
    rows = Rows()
    rows.begin(Path("planted.jsonl"))
    for number, text in enumerate(texts):
        rows.add(Example(id=str(number), input=text, output="x"), line=number + 1)
    rows.seal()
    return rows


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(), indent=2) + "\n")
