"""What fine-tuning adds to prompting: published pairs, then one's own measurement, then both together."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from statistics import fmean, stdev
from typing import NamedTuple

import msgspec

from advisor.engagement.records.advice import Measured
from advisor.engagement.records.comparison import Difference

TABLE = Path(__file__).with_name("uplift.json")
FEWEST = 5
"""Pairs below which a kind of task has no prior of its own."""
WIDE = (0.0, 0.25)
"""Mean and standard deviation where pairs are too few: our assumption."""
Z = 1.959964
FACTOR = 5.0
"""Pairs within this factor of the rows at hand count as of the same volume."""


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """One published pair: the same task and metric, prompted and tuned."""

    task_kind: str
    """As the question about the output has it."""
    title: str
    """Source in words."""
    address: str
    """Where it is published."""
    metric: str
    """What was measured."""
    prompted: float
    """Prompted score, 0 to 1."""
    tuned: float
    """Tuned score, 0 to 1."""
    rows: int | None
    """Training rows; None where they are not given."""
    checked: str
    """How far the source was read."""


class PairTable(msgspec.Struct, frozen=True, kw_only=True):
    """All of `uplift.json`."""

    as_of: str
    """Date of the table."""
    pairs: list[Pair]
    """One sourced row per pair."""


class Belief(NamedTuple):
    """A normal distribution of the uplift."""

    mean: float
    """Centre."""
    deviation: float
    """Standard deviation."""


@cache
def pair_table() -> PairTable:
    """The built-in table."""
    return msgspec.json.decode(TABLE.read_bytes(), type=PairTable)


def prior(task_kind: str | None, rows: int) -> tuple[Belief, int, str]:
    """The belief before the run, the pairs it rests on (0: none), and what has to be said of it."""
    kind = [one for one in pair_table().pairs if one.task_kind == task_kind]
    near = [one for one in kind if one.rows is not None and rows / FACTOR <= one.rows <= rows * FACTOR]
    chosen = near if len(near) >= FEWEST else kind
    if len(chosen) < FEWEST:
        said = f"only {len(chosen)} published pairs for this kind of task: a wide default, our assumption"
        return Belief(*WIDE), 0, said
    gains = [one.tuned - one.prompted for one in chosen]
    said = f"{len(chosen)} published pairs of this kind of task"
    if chosen is kind:
        said += f"; only {len(near)} near {rows:,} rows, so all volumes count"
    return Belief(fmean(gains), stdev(gains)), len(chosen), said


def posterior(before: Belief, measured: Belief) -> Belief:
    """Normal prior and normal evidence, each weighed by its precision."""
    if measured.deviation == 0:
        return measured
    one, two = before.deviation**-2, measured.deviation**-2
    return Belief((one * before.mean + two * measured.mean) / (one + two), (one + two) ** -0.5)


def updated(task_kind: str | None, rows: int, gain: Difference, *, runs: list[str]) -> list[Measured]:
    """Prior, evidence and posterior of what the tuned arm adds; nothing without an interval."""
    if gain.value is None or gain.low is None or gain.high is None:
        return []
    before, pairs, said = prior(task_kind, rows)
    measured = Belief(gain.value, (gain.high - gain.low) / (2 * Z))
    after = posterior(before, measured)
    return [
        _line(f"Uplift of fine-tuning, prior ({said})", before, n=pairs, runs=[]),
        _line(f"Uplift, evidence ({gain.b} less {gain.a} in {gain.metric})", measured, n=gain.n, runs=runs),
        _line("Uplift, posterior", after, n=gain.n, runs=runs),
    ]


def _line(named: str, belief: Belief, *, n: int, runs: list[str]) -> Measured:
    reach = Z * belief.deviation
    low, high = belief.mean - reach, belief.mean + reach
    return Measured(
        what=f"{named}: {belief.mean:+.3f} ({low:+.3f} to {high:+.3f}), n = {n}",
        unit="uplift",
        value=belief.mean,
        low=low,
        high=high,
        n=n,
        runs=runs,
    )
