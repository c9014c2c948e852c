"""How often the deciding tests err: equal arms called better, intervals that miss, power beside its plan."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.statistics import clustered, crossed, paired_binary
from harness.statistics.multiplicity import holm
from harness.statistics.power import mcnemar_power, minimum_detectable

SIMULATIONS = 2000
SIZES = (50, 100, 200, 500, 2000)
DISCORDANCE = (0.05, 0.1, 0.2, 0.3)
CONTRASTS = (1, 2, 4)
CLUSTER = 4
"""Items of a cluster that are right or wrong together, where there are clusters."""
SEEDS = 3


class Case(NamedTuple):
    """One situation."""

    n: int
    """Items."""
    discordant: float
    """Chance that an item is discordant."""
    contrasts: int
    """Arms compared with the baseline."""
    clustered: bool
    """Whether items come in clusters."""
    seeds: int
    """Trainings of each arm."""


def run() -> dict[str, object]:
    """False winners and coverage of every case, and power at the planned effect."""
    cases = [
        Case(n, d, k, c, 1) for n in SIZES for d in DISCORDANCE for k in CONTRASTS for c in (False, True)
    ]
    cases += [Case(n, d, k, False, SEEDS) for n in (50, 200, 500) for d in (0.1, 0.3) for k in (1, 4)]
    rows = [aa(case) for case in cases]
    coverage = [row["coverage"] for row in rows if row["coverage"] is not None]
    busy = [row["coverage"] for row in rows if row["expected_discordant"] >= 10]
    independent = [
        row["coverage"]
        for row in rows
        if row["expected_discordant"] >= (10 * CLUSTER if row["clustered"] else 10)
    ]
    powers = [power(n, d) for n in SIZES for d in DISCORDANCE]
    known = [row for row in powers if row["planned"] is not None]
    gap = max(abs(row["measured"] - row["planned"]) for row in known)
    return {
        "simulations": SIMULATIONS,
        "cases": rows,
        "worst_false_better": max(row["false_better"] for row in rows),
        "least_coverage": min(coverage),
        "most_coverage_where_10_discordant_items": max(busy),
        "most_coverage_where_10_discordant_clusters": max(independent),
        "power": powers,
        "worst_power_gap": gap,
        "targets_met": {
            "false better <= 0.05": max(row["false_better"] for row in rows) <= 0.05,
            "coverage >= 0.93": min(coverage) >= 0.93,
            "coverage <= 0.98 where 10 discordant items": max(busy) <= 0.98,
            "coverage <= 0.98 where 10 discordant clusters": max(independent) <= 0.98,
            "power within 0.03": gap <= 0.03,
        },
    }


def aa(case: Case) -> dict[str, Any]:
    """Equal arms: how often any is called better, and how often an interval holds 0."""
    draw = np.random.default_rng(
        [case.n, round(100 * case.discordant), case.contrasts, case.clustered, case.seeds]
    )
    false, held = 0, 0
    for _ in range(SIMULATIONS):
        tested = [one(draw, case, 0.0) for _ in range(case.contrasts)]
        adjusted = holm([found.p for found in tested])
        false += any(p < 0.05 and found.low > 0 for p, found in zip(adjusted, tested, strict=True))
        held += sum(found.low <= 0 <= found.high for found in tested)
    return {
        **case._asdict(),
        "expected_discordant": case.n * case.discordant,
        "false_better": false / SIMULATIONS,
        "coverage": held / (SIMULATIONS * case.contrasts),
    }


def one(draw: np.random.Generator, case: Case, effect: float) -> clustered.Tested:
    """One comparison by the test that decides."""
    if case.seeds > 1:
        # an item's own discordance, and a part that each training draws anew
        shared = outcomes(draw, case.n, case.discordant / 2, effect / 2)
        own = np.stack([outcomes(draw, case.n, case.discordant / 2, effect / 2) for _ in range(case.seeds)])
        return crossed.mean_difference((shared + own) / 1.0, np.arange(case.n))
    if case.clustered:
        count = -(-case.n // CLUSTER)
        whole = np.repeat(outcomes(draw, count, case.discordant, effect), CLUSTER)[: case.n]
        return clustered.mean_difference(whole.tolist(), np.repeat(np.arange(count), CLUSTER)[: case.n])
    found = outcomes(draw, case.n, case.discordant, effect)
    counts = paired_binary.PairedCounts(int((found > 0).sum()), int((found < 0).sum()), case.n)
    low, high = paired_binary.interval(counts)
    return clustered.Tested(float(found.mean()), low, high, paired_binary.exact_mcnemar(counts))


def outcomes(draw: np.random.Generator, n: int, discordant: float, effect: float) -> NDArray[np.float64]:
    """b minus a of n items: 1 with chance (discordant + effect) / 2, -1 with (discordant - effect) / 2."""
    up, down = (discordant + effect) / 2, (discordant - effect) / 2
    return np.asarray(draw.choice([1.0, -1.0, 0.0], size=n, p=[up, down, 1 - up - down]))


def power(n: int, discordant: float) -> dict[str, Any]:
    """How often exact McNemar finds the effect that is planned to be found."""
    effect = minimum_detectable(n, discordant)
    if effect is None:
        return {"n": n, "discordant": discordant, "effect": None, "planned": None, "measured": None}
    draw = np.random.default_rng([n, round(100 * discordant)])
    case = Case(n, discordant, 1, False, 1)
    hits = sum(one(draw, case, effect).p < 0.05 for _ in range(SIMULATIONS))
    return {
        "n": n,
        "discordant": discordant,
        "effect": round(effect, 4),
        "planned": round(mcnemar_power(n, discordant, effect), 4),
        "measured": hits / SIMULATIONS,
    }
