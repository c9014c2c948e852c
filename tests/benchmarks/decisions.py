"""How often the deciding tests err: equal arms called better, intervals that miss, power beside its plan.

Items that stand for themselves are counted out exactly where that is possible, all else is simulated.
A cluster of four whose items go one way together is one draw, not four: with ten discordant items expected
there are two or three discordant clusters, and an interval that left 0 out more often than ours would have
to do so when three clusters went one way and none the other, which happens to equal arms in a quarter of
such draws. The upper limit on coverage is therefore held where ten discordant *draws* are expected.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from harness.statistics import clustered, crossed, paired_binary
from harness.statistics.multiplicity import holm
from harness.statistics.power import mcnemar_power, minimum_detectable

SIMULATIONS = 2000
FOR_COVERAGE = 8000
SIZES = (50, 100, 200, 500, 2000)
DISCORDANCE = (0.05, 0.1, 0.2, 0.3)
CONTRASTS = (1, 2, 4)
CLUSTER = 4
"""Items of a cluster, where there are clusters."""
SEEDS = 3
SPREAD = 0.02
"""Standard deviation of a training's true score around its method's, in the cases where trainings differ."""
TRAINED_ONCE = [(n, 0.2, spread) for n in (200, 500, 2000) for spread in (0.0, 0.01, SPREAD)]

Alike = Literal["items", "half", "clusters"]


class Case(NamedTuple):
    """One situation."""

    n: int
    """Items."""
    discordant: float
    """Chance that an item is discordant."""
    contrasts: int = 1
    """Arms compared with the baseline."""
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


def run() -> dict[str, object]:
    """False winners, coverage and power of every case, and whether they are within their limits."""
    rows = [aa(case) for case in cases()]
    covered = [cover(case, effect) for case in coverages() for effect in (0.0, 0.5, 1.0)]
    busy = [row["coverage"] for row in covered if row["draws"] >= 10]
    by_items = [row["coverage"] for row in covered if row["n"] * row["discordant"] >= 10]
    powers = [power(n, d) for n in SIZES for d in DISCORDANCE]
    gap = max(abs(row["measured"] - row["planned"]) for row in powers if row["planned"] is not None)
    false, least = max(row["false_better"] for row in rows), min(row["coverage"] for row in covered)
    return {
        "simulations": SIMULATIONS,
        "simulations_for_coverage": FOR_COVERAGE,
        "equal_arms": rows,
        "coverage": covered,
        "one_training_each": [once(*case) for case in TRAINED_ONCE],
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
    """Equal arms: one training each, then several trainings of one method and of two."""
    kinds: Sequence[Alike] = ("items", "half", "clusters")
    once = [Case(n, d, k, alike) for n in SIZES for d in DISCORDANCE for k in CONTRASTS for alike in kinds]
    return once + [
        Case(n, d, k, alike, SEEDS, spread, shared)
        for n in (50, 200, 500)
        for d in (0.1, 0.3)
        for k in (1, 4)
        for alike in kinds[::2]
        for spread in (0.0, SPREAD)
        for shared in (0.0, 0.5)
    ]


def coverages() -> list[Case]:
    """One contrast each: multiplicity does not touch intervals."""
    return [case for case in cases() if case.contrasts == 1]


def aa(case: Case) -> dict[str, Any]:
    """Equal arms: how often any is called better."""
    draw = _generator(case, 0)
    false = sum(
        _any_better([gaps(draw, case, 0.0) for _ in range(case.contrasts)], case) for _ in range(SIMULATIONS)
    )
    return {**case._asdict(), "draws": round(case.draws, 2), "false_better": false / SIMULATIONS}


def _any_better(found: Sequence[NDArray[np.float64]], case: Case) -> bool:
    """By the words of a comparison: adjusted p below 0.05 and the interval above 0."""
    above = [ends(one, case)[0] > 0 for one in found]
    if not any(above):
        return False
    adjusted = holm([p_value(one, case) for one in found])
    return any(p < 0.05 and up for p, up in zip(adjusted, above, strict=True))


def cover(case: Case, share: float) -> dict[str, Any]:
    """How often the interval holds a true difference of this share of the discordance."""
    effect = share * case.discordant
    row = {**case._asdict(), "effect": round(effect, 4), "draws": round(case.draws, 2)}
    if case.alike == "items" and case.seeds == 1:
        return {**row, "how": "exact", "coverage": round(_exactly(case, effect), 5)}
    draw, times = _generator(case, 1 + share), FOR_COVERAGE if case.seeds == 1 else SIMULATIONS
    held = 0
    for _ in range(times):
        low, high = ends(gaps(draw, case, effect), case)
        held += low - 1e-12 <= effect <= high + 1e-12
    return {**row, "how": "simulated", "coverage": held / times}


def _exactly(case: Case, effect: float) -> float:
    """Sum over all outcomes: discordant items are binomial, and so are b's among them."""
    total, up = 0.0, (case.discordant + effect) / (2 * case.discordant)
    for count, weight in enumerate(binom.pmf(np.arange(case.n + 1), case.n, case.discordant)):
        if weight < 1e-9:
            continue
        for fixed, chance in enumerate(binom.pmf(np.arange(count + 1), count, up)):
            if chance > 1e-9:
                low, high = paired_binary.interval(paired_binary.PairedCounts(fixed, count - fixed, case.n))
                total += float(weight * chance) * (low <= effect <= high)
    return total


def once(n: int, discordant: float, spread: float) -> dict[str, Any]:
    """Two trainings of one method compared as if they were two methods: what one training each cannot see."""
    case = Case(n, discordant, spread=spread)
    draw = _generator(case, 9)
    false = sum(_any_better([gaps(draw, case, _wander(draw, case, 0.0))], case) for _ in range(SIMULATIONS))
    return {"n": n, "discordant": discordant, "spread": spread, "false_better": false / SIMULATIONS}


def gaps(draw: np.random.Generator, case: Case, effect: float) -> NDArray[np.float64]:
    """b minus a: items, or seeds x items."""
    if case.seeds == 1:
        return _outcomes(draw, case, case.discordant, effect)
    shared = _outcomes(draw, case, case.shared * case.discordant, case.shared * effect)
    own = (1 - case.shared) * case.discordant
    rows = [
        _outcomes(draw, case, own, _wander(draw, case, (1 - case.shared) * effect, own))
        for _ in range(case.seeds)
    ]
    return shared + np.stack(rows)


def _wander(draw: np.random.Generator, case: Case, effect: float, discordant: float | None = None) -> float:
    """The effect of one pair of trainings: both lie off their method's by SPREAD or so."""
    limit = case.discordant if discordant is None else discordant
    if not case.spread:
        return effect
    room = limit - abs(effect)
    return effect + float(np.clip(draw.normal(0.0, case.spread * 2**0.5), -room, room))


def _outcomes(draw: np.random.Generator, case: Case, discordant: float, effect: float) -> NDArray[np.float64]:
    """1 with chance (discordant + effect) / 2, -1 with (discordant - effect) / 2, else 0, for every item."""
    shares = [(discordant + effect) / 2, (discordant - effect) / 2, 1 - discordant]

    def of(count: int) -> NDArray[np.float64]:
        return np.asarray(draw.choice([1.0, -1.0, 0.0], size=count, p=shares))

    if case.alike == "items":
        return of(case.n)
    together = np.repeat(of(-(-case.n // CLUSTER)), CLUSTER)[: case.n]
    if case.alike == "clusters":
        return together
    return np.where(draw.random(case.n) < 0.5, together, of(case.n))


def _clusters(case: Case) -> NDArray[np.int64]:
    size = 1 if case.alike == "items" else CLUSTER
    return np.repeat(np.arange(-(-case.n // size)), size)[: case.n]


def ends(found: NDArray[np.float64], case: Case) -> tuple[float, float]:
    """The interval that a comparison gives."""
    if case.seeds > 1:
        tested = crossed.mean_difference(found, _clusters(case), (found != 0).any(axis=0))
        return tested.low, tested.high
    if case.alike == "items":
        return paired_binary.interval(_counted(found))
    return clustered.interval(found, _clusters(case))


def p_value(found: NDArray[np.float64], case: Case) -> float:
    """The p-value that a comparison gives."""
    if case.seeds > 1:
        return crossed.mean_difference(found, _clusters(case), (found != 0).any(axis=0)).p
    if case.alike == "items":
        return paired_binary.exact_mcnemar(_counted(found))
    return clustered.sign_flips(clustered.drawn(found, _clusters(case)).sums)


def _counted(found: NDArray[np.float64]) -> paired_binary.PairedCounts:
    return paired_binary.PairedCounts(int((found > 0).sum()), int((found < 0).sum()), len(found))


def power(n: int, discordant: float) -> dict[str, Any]:
    """How often exact McNemar finds the effect that is planned to be found."""
    effect = minimum_detectable(n, discordant)
    if effect is None:
        return {"n": n, "discordant": discordant, "effect": None, "planned": None, "measured": None}
    case = Case(n, discordant)
    draw = _generator(case, 5)
    hits = sum(p_value(gaps(draw, case, effect), case) < 0.05 for _ in range(SIMULATIONS))
    return {
        "n": n,
        "discordant": discordant,
        "effect": round(effect, 4),
        "planned": round(mcnemar_power(n, discordant, effect), 4),
        "measured": hits / SIMULATIONS,
    }


def _generator(case: Case, purpose: float) -> np.random.Generator:
    parts = (case.discordant, case.spread, case.shared, purpose)
    return np.random.default_rng(
        [case.n, case.contrasts, len(case.alike), case.seeds, *(round(100 * part) for part in parts)]
    )
