"""Writes the bundled example: tickets with a little noise, and pairs of replies. Same seed, same bytes.

python -m advisor.examples.support_triage --out DIR --seed 20261124
"""

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any, NamedTuple

from .preference_grammar import reply_pair
from .ticket_grammar import Seen, Ticket, ticket

SEED = 20261124
NEAR_COPY = 0.6
SHORTEST, LONGEST = 6, 60
PAIRS: Mapping[str, int] = MappingProxyType({"train": 240, "test": 60})


class Counts(NamedTuple):
    """Tickets of a category per split."""

    train: int
    """To learn from."""
    validation: int
    """For choices."""
    test: int
    """Held out."""


COUNTS: Mapping[str, Counts] = MappingProxyType(
    {
        "machine breakdown": Counts(95, 21, 42),
        "overdue supplies": Counts(81, 18, 36),
        "invoice question": Counts(72, 16, 32),
        "wicket nine": Counts(61, 13, 27),
        "lantern": Counts(54, 12, 24),
        "juniper row": Counts(45, 10, 20),
        "tamarack": Counts(40, 9, 18),
        "cobalt": Counts(34, 8, 15),
        "pelham": Counts(31, 7, 14),
        "privacy request": Counts(27, 6, 12),
    }
)

NEIGHBOURS = (
    ("machine breakdown", "lantern"),
    ("pelham", "juniper row"),
    ("invoice question", "tamarack"),
    ("machine breakdown", "wicket nine"),
    ("overdue supplies", "wicket nine"),
    ("invoice question", "cobalt"),
    ("cobalt", "privacy request"),
    ("pelham", "tamarack"),
)
"""Categories that agents mix up; a swap files one ticket of each under the other, so that counts stay."""

SWAPS = Counts(8, 2, 4)


class Filed(NamedTuple):
    """A ticket as the desk filed it."""

    ticket: Ticket
    """The message and where it belongs."""
    label: str
    """Where it was filed."""


def fresh(dice: Random, category: str, seen: Seen, *, training: bool) -> Ticket:
    """A ticket that is no near copy of an earlier one."""
    while True:
        made = ticket(dice, category, training=training)
        if SHORTEST <= len(made.text.split()) <= LONGEST and seen.add(made.text):
            return made


def filed(dice: Random, made: Sequence[Ticket], swaps: int) -> list[Filed]:
    """File every ticket where it belongs, but for a few that change places with a neighbour's."""
    rows = [Filed(one, one.category) for one in made]
    for first, second in NEIGHBOURS[:swaps]:
        a, b = (_one_of(dice, rows, name) for name in (first, second))
        rows[a], rows[b] = Filed(rows[a].ticket, second), Filed(rows[b].ticket, first)
    dice.shuffle(rows)
    return rows


def _one_of(dice: Random, rows: Sequence[Filed], name: str) -> int:
    return dice.choice([i for i, row in enumerate(rows) if row.label == row.ticket.category == name])


def example_rows(dice: Random, seen: Seen) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """All tickets in canonical form, and for the misfiled ones the category they belong to."""
    rows: list[dict[str, Any]] = []
    misfiled: dict[str, str] = {}
    for split in Counts._fields:
        made = [
            fresh(dice, name, seen, training=split == "train")
            for name in COUNTS
            for _ in range(getattr(COUNTS[name], split))
        ]
        for one, label in filed(dice, made, getattr(SWAPS, split)):
            id = f"t{len(rows) + 1:04d}"
            rows.append(
                {"id": id, "input": one.text, "output": label, "label": label, "meta": {"split": split}}
            )
            if label != one.category:
                misfiled[id] = one.category
    return rows, misfiled


def preference_rows(dice: Random, seen: Seen) -> list[dict[str, Any]]:
    """Tickets of all categories in turn, each with a reply in the house voice and one that is not."""
    categories = list(COUNTS)
    replies = Seen(NEAR_COPY)
    rows: list[dict[str, Any]] = []
    for split, count in PAIRS.items():
        for number in range(count):
            asked = fresh(dice, categories[number % len(categories)], seen, training=split == "train")
            pair = reply_pair(dice, asked)
            while not replies.add(pair.chosen):
                pair = reply_pair(dice, asked)
            meta = {"split": split}
            rows.append({"id": f"p{len(rows) + 1:03d}", "prompt": asked.text, **pair._asdict(), "meta": meta})
    return rows


def write(folder: Path, *, seed: int) -> None:
    """The generated files; documents, questions and the read-me are written by hand."""
    folder.mkdir(parents=True, exist_ok=True)
    seen = Seen(NEAR_COPY)
    rows, misfiled = example_rows(Random(f"tickets/{seed}"), seen)
    _write(folder / "examples.jsonl", (json.dumps(row, ensure_ascii=False) for row in rows))
    _write(folder / "noise.json", [json.dumps(misfiled, indent=1)])
    pairs = preference_rows(Random(f"replies/{seed}"), seen)
    _write(folder / "preferences.jsonl", (json.dumps(row, ensure_ascii=False) for row in pairs))


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_bytes("".join(f"{line}\n" for line in lines).encode("utf-8"))


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    parser.add_argument("--seed", type=int, default=SEED, help="same seed, same bytes")
    options = parser.parse_args(arguments)
    write(options.out, seed=options.seed)


if __name__ == "__main__":
    main()
