"""Which measured arms the client's limits keep from winning, and what the winner costs at their volume."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from advisor.engagement.records.comparison import ArmSummary, Comparison, Limits, Money
from harness.winning import between

NO_LIMITS = Limits()
MONTHS, YEAR = 36, 12
RIGHT_OR_WRONG = ("accuracy", "exact_match", "normalised_match")
"""Metrics whose points are answers."""


def set_aside(
    arms: Sequence[ArmSummary], limits: Limits, provenance: Mapping[str, Any]
) -> list[dict[str, str]]:
    """Arms with the first limit that each breaks, in words.

    Seconds of arms that ran here count only where they were measured on a card: a CPU says nothing of the
    client's machine. A batch's time is divided by its rows, so one request alone takes no less.
    """
    machine = provenance.get("machine")
    on_card = isinstance(machine, dict) and machine.get("device") not in (None, "cpu")
    found = []
    for arm in arms:
        why = _why(arm, limits, timed=on_card or arm.name in limits.elsewhere)
        if why:
            found.append({"name": arm.name, "why": why})
    return found


def _why(arm: ArmSummary, limits: Limits, *, timed: bool) -> str:
    if not limits.may_leave and arm.name in limits.elsewhere:
        return "machines of others answer it, and data is processed on the client's own machines only"
    if timed and limits.seconds is not None and arm.p95_seconds is not None:
        if arm.p95_seconds > limits.seconds:
            return (
                f"5 of 100 outputs took longer than {arm.p95_seconds:.1f} s, "
                f"and one may take {limits.seconds:g} s"
            )
    first_year = _over(arm, limits.requests_per_month, YEAR)
    if first_year is not None and limits.budget_usd is not None and first_year > limits.budget_usd:
        return (
            f"machines alone would cost USD {first_year:,.0f} in the first year, "
            f"and the budget is USD {limits.budget_usd:,.0f}"
        )
    return ""


def money_of(comparison: Comparison, winner: ArmSummary) -> Money | None:
    """The winner's bill beside the best prompting arm's; None without a volume or a price."""
    volume = comparison.limits.requests_per_month
    monthly, total = _over(winner, volume, 1, training=False), _over(winner, volume, MONTHS)
    if volume is None or monthly is None or total is None:
        return None
    prompting = next((arm for arm in comparison.arms if arm.name == comparison.baseline), None)
    rival = None if prompting is None or prompting.name == winner.name else prompting
    theirs = _over(rival, volume, 1, training=False) if rival else None
    return Money(
        requests_per_month=volume,
        usd_per_month=monthly,
        baseline_usd_per_month=theirs,
        training_usd=winner.train_cost_usd,
        break_even_requests=_break_even(winner, rival),
        usd_per_extra_right=_extra(comparison, winner, rival),
        three_years_usd=total,
        baseline_three_years_usd=_over(rival, volume, MONTHS) if rival else None,
    )


def _over(arm: ArmSummary, volume: float | None, months: int, *, training: bool = True) -> float | None:
    """USD of so many months at this volume, with one training."""
    if volume is None or arm.cost_usd_per_1000 is None:
        return None
    once = (arm.train_cost_usd or 0.0) if training else 0.0
    return once + months * volume * arm.cost_usd_per_1000 / 1000


def _break_even(winner: ArmSummary, rival: ArmSummary | None) -> float | None:
    if rival is None or winner.cost_usd_per_1000 is None or rival.cost_usd_per_1000 is None:
        return None
    saved = (rival.cost_usd_per_1000 - winner.cost_usd_per_1000) / 1000
    if saved <= 0 or not winner.train_cost_usd:
        return None
    return winner.train_cost_usd / saved


def _extra(comparison: Comparison, winner: ArmSummary, rival: ArmSummary | None) -> float | None:
    if rival is None or winner.cost_usd_per_1000 is None or rival.cost_usd_per_1000 is None:
        return None
    if comparison.metric not in RIGHT_OR_WRONG:
        return None
    found = between(comparison, rival.name, winner.name)
    dearer = (winner.cost_usd_per_1000 - rival.cost_usd_per_1000) / 1000
    if found is None or found.word != "better" or not found.value or dearer <= 0:
        return None
    return dearer / found.value
