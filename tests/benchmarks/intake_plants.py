"""Planted near-duplicates and leaks in CLINC150: how many are found, and how many clean rows are flagged."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from advisor.engagement.records.examples import Example
from harness.intake.corpus import TEST, TRAIN, UNUSED
from harness.intake.near_copies import clusters, keys, leaking
from harness.intake.store import Rows

from ._plants import HELD_BACK, TUNED, Change, planted

DATA = Path(__file__).parents[3] / "shared" / "data" / "clinc150" / "train.jsonl"
EACH = 40


def run() -> dict[str, object]:
    """Tables for the kinds the rule was chosen with and for those held back."""
    if not DATA.exists():
        sys.exit(f"intake_plants needs {DATA}, which is not there")
    lines = DATA.read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["input"] for line in lines]
    return {
        "chosen_with": scores(texts, TUNED, seed=1),
        "held_back": scores(texts, HELD_BACK, seed=2),
    }


def scores(texts: Sequence[str], kinds: dict[str, Change], *, seed: int) -> dict[str, object]:
    """Recall by kind; strict precision counts every clean row flagged as wrong, honest near-copies too."""
    plants = planted(texts, kinds, each=EACH, seed=seed)
    exact = list(range(0, len(texts), 200))
    rows = rows_of([*texts, *(copy for _, _, copy in plants), *(texts[n] for n in exact)])
    inputs, _, _ = keys(rows)
    cluster = clusters(rows, inputs)
    split = np.array([TRAIN] * len(texts) + [TEST] * (len(plants) + len(exact)), dtype=np.uint8)
    after, _ = leaking(rows, split, inputs, cluster)
    hit: dict[str, list[bool]] = defaultdict(list)
    for place, (kind, original, _) in enumerate(plants, start=len(texts)):
        hit[kind].append(bool(cluster[place] == cluster[original]))
    sources = {original for _, original, _ in plants} | {*exact}
    removed = {*np.flatnonzero(after == UNUSED).tolist()}
    found = sum(map(sum, hit.values()))
    clean = rows_of(list(texts))
    alone = clusters(clean, keys(clean)[0])
    _, size = np.unique(alone, return_counts=True)
    natural = int(size[size > 1].sum())
    return {
        "plants": len(plants),
        "recall_by_kind": {kind: round(sum(hits) / len(hits), 3) for kind, hits in hit.items()},
        "near_duplicate_recall": round(found / len(plants), 3),
        "near_duplicate_precision_strict": round(found / (found + natural), 3),
        "clean_rows_in_clusters": natural,
        "leak_recall": round(len(removed & sources) / len(sources), 3),
        "leak_precision_strict": round(len(removed & sources) / max(1, len(removed)), 3),
        "exact_leaks_found": f"{sum(n in removed for n in exact)} of {len(exact)}",
    }


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
