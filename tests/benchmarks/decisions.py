"""How often the deciding tests err: equal arms called better, intervals that miss, power beside its plan.

Items that stand for themselves are counted out exactly where that is possible, all else is simulated.
A cluster of four whose items go one way together is one draw, not four: with ten discordant items expected
there are two or three discordant clusters, and an interval that left 0 out more often than ours would have
to do so when three clusters went one way and none the other, which happens to equal arms in a quarter of
such draws. The upper limit on coverage is therefore held where ten discordant *draws* are expected.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from harness.statistics import clustered, crossed, paired_binary
from harness.statistics.multiplicity import holm
from harness.statistics.power import mcnemar_power, minimum_detectable

POOL = 8000
"""Draws of equal arms in each case: 8,000 studies of one contrast, 4,000 of two, 2,000 of four."""
POOL_OF_SEEDS = 4000
FOR_COVERAGE = 4000
"""Draws for each true difference."""
POWERED = 2000
SIZES = (50, 100, 200, 500, 2000)
DISCORDANCE = (0.05, 0.1, 0.2, 0.3)
CLUSTER = 4
"""Items of a cluster, where there are clusters."""
SEEDS = 3
SPREAD = 0.02
"""Standard deviation of a training's true score around its method's, in the cases where trainings differ."""
TRAINED_ONCE = [(n, 0.2, spread) for n in (200, 500, 2000) for spread in (0.0, 0.01, SPREAD)]
PROCESSES = 2

Alike = Literal["items", "half", "clusters"]
Gaps = NDArray[np.float64]


class Case(NamedTuple):
    """One situation."""

    n: int
    """Items."""
    discordant: float
    """Chance that an item is discordant."""
    alike: Alike = "items"
    """Items stand for themselves; or each goes its cluster's way with chance one half; or always does."""
    seeds: int = 1
    """Trainings of each arm."""
    spread: float = 0.0
    """As SPREAD."""
    shared: float = 0.0
    """Part of the discordance that is the same in all trainings: 0 where both arms are one method."""

    @property
    def draws(self) -> float:
        """Discordant draws expected: items, or clusters."""
        return self.n * self.discordant / (1 if self.alike == "items" else CLUSTER)

    @property
    def exact(self) -> bool:
        """Whether the outcomes are few enough to be counted out."""
        return self.alike == "items" and self.seeds == 1


def run() -> dict[str, object]:
    """False winners, coverage and power of every case, and whether they are within their limits."""
    with ProcessPoolExecutor(PROCESSES) as workers:
        found = list(workers.map(measured, cases()))
        powers = list(workers.map(power, *zip(*[(n, d) for n in SIZES for d in DISCORDANCE], strict=True)))
        alone = list(workers.map(once, *zip(*TRAINED_ONCE, strict=True)))
    equal = [row for one in found for row in one["equal_arms"]]
    covered = [row for one in found for row in one["coverage"]]
    busy = [row["coverage"] for row in covered if row["draws"] >= 10]
    by_items = [row["coverage"] for row in covered if row["n"] * row["discordant"] >= 10]
    gap = max(abs(row["measured"] - row["planned"]) for row in powers if row["planned"] is not None)
    false, least = max(row["false_better"] for row in equal), min(row["coverage"] for row in covered)
    return {
        "equal_arms": equal,
        "coverage": covered,
        "one_training_each": alone,
        "power": powers,
        "worst_false_better": false,
        "least_coverage": least,
        "most_coverage_where_10_discordant_draws": max(busy),
        "most_coverage_where_10_discordant_items_clusters_included": max(by_items),
        "worst_power_gap": gap,
        "targets_met": {
            "false better <= 0.05": false <= 0.05,
            "coverage >= 0.93": least >= 0.93,
            "coverage <= 0.98 where 10 discordant draws": max(busy) <= 0.98,
            "power within 0.03": gap <= 0.03,
        },
    }


def cases() -> list[Case]:
    """One training each, then several trainings of one method and of two."""
    kinds: Sequence[Alike] = ("items", "half", "clusters")
    found = [Case(n, d, alike) for n in SIZES for d in DISCORDANCE for alike in kinds]
    return found + [
        Case(n, d, alike, SEEDS, spread, shared)
        for n in (50, 200)
        for d in (0.1, 0.3)
        for alike in kinds[::2]
        for spread, shared in ((0.0, 0.0), (SPREAD, 0.0), (SPREAD, 0.5))
    ]


def measured(case: Case) -> dict[str, list[dict[str, Any]]]:
    """How often equal arms are told apart, and how often intervals hold a true difference."""
    named = {**case._asdict(), "draws": round(case.draws, 2)}
    pool = POOL if case.seeds == 1 else POOL_OF_SEEDS
    gaps = drawn(_generator(case, 0), case, 0.0, pool)
    ends = [interval(case, one) for one in gaps]
    equal = [
        {**named, "contrasts": k, "studies": pool // k, "false_better": _false(case, gaps, ends, k)}
        for k in ((1, 2, 4) if case.seeds == 1 else (1, 2))
    ]
    return {"equal_arms": equal, "coverage": [{**named, **row} for row in _coverage(case, ends)]}


def _false(case: Case, gaps: Gaps, ends: Sequence[tuple[float, float]], contrasts: int) -> float:
    """Share of studies of so many contrasts that call an equal arm better."""
    starts = range(0, len(ends) - contrasts + 1, contrasts)
    studies = [slice(start, start + contrasts) for start in starts]
    return sum(_any_better(case, gaps[one], ends[one]) for one in studies) / len(studies)


def _any_better(case: Case, gaps: Gaps, ends: Sequence[tuple[float, float]]) -> bool:
    """By the words of a comparison: adjusted p below 0.05 and the interval above 0."""
    above = [low > 0 for low, _ in ends]
    if not any(above):
        return False
    adjusted = holm([p_value(case, one) for one in gaps])
    return any(p < 0.05 and up for p, up in zip(adjusted, above, strict=True))


def _coverage(case: Case, ends: Sequence[tuple[float, float]]) -> list[dict[str, Any]]:
    """For no difference, half of the discordance one way, and all of it."""
    rows = []
    for effect in (0.0, case.discordant / 2, case.discordant):
        if case.exact:
            rows.append({"effect": effect, "how": "exact", "coverage": round(_exactly(case, effect), 5)})
            continue
        if effect:
            gaps = drawn(_generator(case, effect), case, effect, FOR_COVERAGE)
            ends = [interval(case, one) for one in gaps]
        held = sum(low - 1e-12 <= effect <= high + 1e-12 for low, high in ends)
        rows.append({"effect": effect, "how": f"{len(ends)} draws", "coverage": held / len(ends)})
    return rows


def _exactly(case: Case, effect: float) -> float:
    """Sum over all outcomes: discordant items are binomial, and so are b's among them."""
    total, up = 0.0, (case.discordant + effect) / (2 * case.discordant)
    for count, weight in enumerate(binom.pmf(np.arange(case.n + 1), case.n, case.discordant)):
        if weight < 1e-7:
            continue
        for fixed, chance in enumerate(binom.pmf(np.arange(count + 1), count, up)):
            if chance > 1e-7:
                low, high = _counted_interval(fixed, count - fixed, case.n)
                total += float(weight * chance) * (low <= effect <= high)
    return total


def once(n: int, discordant: float, spread: float) -> dict[str, Any]:
    """Two trainings of one method compared as if they were two methods: what one training each cannot see."""
    case = Case(n, discordant, spread=spread)
    draw = _generator(case, 9)
    gaps = np.concatenate([drawn(draw, case, _wander(draw, case, 0.0), 1) for _ in range(POWERED)])
    ends = [interval(case, one) for one in gaps]
    return {"n": n, "discordant": discordant, "spread": spread, "false_better": _false(case, gaps, ends, 1)}


def drawn(draw: np.random.Generator, case: Case, effect: float, times: int) -> Gaps:
    """b minus a, so many times: times x items, or times x seeds x items."""
    if case.seeds == 1:
        return _outcomes(draw, case, case.discordant, effect, times)
    own = (1 - case.shared) * case.discordant
    found = []
    for _ in range(times):
        shared = _outcomes(draw, case, case.shared * case.discordant, case.shared * effect, 1)
        moved = [_wander(draw, case, (1 - case.shared) * effect, own) for _ in range(case.seeds)]
        found.append(shared + np.concatenate([_outcomes(draw, case, own, one, 1) for one in moved]))
    return np.stack(found)


def _wander(draw: np.random.Generator, case: Case, effect: float, discordant: float | None = None) -> float:
    """The effect of one pair of trainings: both lie off their method's by SPREAD or so."""
    room = (case.discordant if discordant is None else discordant) - abs(effect)
    return effect + float(np.clip(draw.normal(0.0, case.spread * 2**0.5), -room, room))


def _outcomes(draw: np.random.Generator, case: Case, discordant: float, effect: float, times: int) -> Gaps:
    """1 with chance (discordant + effect) / 2, -1 with (discordant - effect) / 2, else 0, for every item."""

    def of(count: int) -> Gaps:
        luck = draw.random((times, count))
        return np.where(luck < (discordant + effect) / 2, 1.0, np.where(luck < discordant, -1.0, 0.0))

    if case.alike == "items":
        return of(case.n)
    together = np.repeat(of(-(-case.n // CLUSTER)), CLUSTER, axis=1)[:, : case.n]
    if case.alike == "clusters":
        return together
    return np.where(draw.random((times, case.n)) < 0.5, together, of(case.n))


@cache
def _clusters(n: int, size: int) -> NDArray[np.int64]:
    return np.repeat(np.arange(-(-n // size)), size)[:n]


def _codes(case: Case) -> NDArray[np.int64]:
    return _clusters(case.n, 1 if case.alike == "items" else CLUSTER)


def interval(case: Case, gaps: Gaps) -> tuple[float, float]:
    """That which a comparison gives."""
    if case.seeds > 1:
        tested = crossed.mean_difference(gaps, _codes(case), (gaps != 0).any(axis=0))
        return tested.low, tested.high
    if case.exact:
        return _counted_interval(int((gaps > 0).sum()), int((gaps < 0).sum()), case.n)
    return clustered.interval(gaps, _codes(case))


@cache
def _counted_interval(fixed: int, broken: int, n: int) -> tuple[float, float]:
    return paired_binary.interval(paired_binary.PairedCounts(fixed, broken, n))


def p_value(case: Case, gaps: Gaps) -> float:
    """That which a comparison gives."""
    if case.seeds > 1:
        return crossed.mean_difference(gaps, _codes(case), (gaps != 0).any(axis=0)).p
    if case.exact:
        return _counted_p(int((gaps > 0).sum()), int((gaps < 0).sum()), case.n)
    return clustered.sign_flips(clustered.drawn(gaps, _codes(case)).sums)


@cache
def _counted_p(fixed: int, broken: int, n: int) -> float:
    return paired_binary.exact_mcnemar(paired_binary.PairedCounts(fixed, broken, n))


def power(n: int, discordant: float) -> dict[str, Any]:
    """How often exact McNemar finds the effect that is planned to be found."""
    effect = minimum_detectable(n, discordant)
    if effect is None:
        return {"n": n, "discordant": discordant, "effect": None, "planned": None, "measured": None}
    case = Case(n, discordant)
    gaps = drawn(_generator(case, 5), case, effect, POWERED)
    return {
        "n": n,
        "discordant": discordant,
        "effect": round(effect, 4),
        "planned": round(mcnemar_power(n, discordant, effect), 4),
        "measured": sum(p_value(case, one) < 0.05 for one in gaps) / POWERED,
    }


def _generator(case: Case, purpose: float) -> np.random.Generator:
    parts = (case.discordant, case.spread, case.shared, purpose)
    return np.random.default_rng(
        [case.n, len(case.alike), case.seeds, *(round(1000 * part) for part in parts)]
    )
