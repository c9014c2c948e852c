"""Enough data? What others needed, in numbers they published, and what is there."""

from __future__ import annotations

from typing import NamedTuple

from advisor.engagement.records.examples import Task
from advisor.engagement.records.intake import Threshold

FRACTIONS = (0.25, 0.5, 1.0)
"""Shares of the training rows at which a learning curve has its points."""
FEWEST_FOR_CURVE = 200
"""Training rows from which the smallest point has 50, the least at which OpenAI sees an effect."""


class Published(NamedTuple):
    """An amount that somebody wrote about."""

    what: str
    """What the amount buys."""
    needed: int
    """Rows, rows per class or pairs."""
    source: str
    """Who says so, and where."""


ROWS = (
    Published(
        "training rows from which fine-tuning usually shows an improvement",
        50,
        "OpenAI, fine-tuning guide: improvement is usually visible at 50 to 100 examples",
    ),
    Published(
        "training rows to start tuning with",
        100,
        "Google, Gemini tuning guide: start with 100 and scale to thousands",
    ),
)
LABELLED = Published(
    "labelled training rows at which small encoders beat zero-shot prompts on niche texts",
    200,
    "arXiv 2406.08660: small encoders tuned on 200 to 500 labels",
)
PER_CLASS = Published(
    "training rows in the smallest class",
    500,
    "Stripe, one case that it published: about 500 labels for each class",
)
CURATED = Published(
    "curated training rows for an assistant's style", 1_000, "LIMA (Zhou et al. 2023): 1,000 curated pairs"
)
PAIRS = Published(
    "pairs to learn a preference from", 1_000, "OpenAI, DPO cookbook: thousands to tens of thousands of pairs"
)


def thresholds(
    task: Task, *, train_rows: int, smallest_class_rows: int | None, pairs: int
) -> list[Threshold]:
    """Published amounts that fit the task; none for raw text, whose thresholds are in tokens."""
    if task == "preference":
        return [_held(PAIRS, pairs)]
    if task == "classification":
        found = [_held(one, train_rows) for one in (*ROWS, LABELLED)]
        return found if smallest_class_rows is None else [*found, _held(PER_CLASS, smallest_class_rows)]
    if task == "generation":
        return [_held(one, train_rows) for one in (*ROWS, CURATED)]
    return []


def _held(one: Published, there: int) -> Threshold:
    return Threshold(what=one.what, needed=one.needed, there=there, source=one.source)


def curve_hint(train_rows: int) -> str:
    """What a learning curve can measure on these rows."""
    if train_rows < FEWEST_FOR_CURVE:
        return (
            f"{train_rows:,} training rows are too few for a learning curve: a quarter of them is under "
            f"{FEWEST_FOR_CURVE // 4} rows"
        )
    points = ", ".join(f"{round(train_rows * share):,}" for share in FRACTIONS)
    return (
        f"whether more rows would pay can be measured: train on {points} rows "
        "(25, 50 and 100 %) and score each on the same test rows"
    )
