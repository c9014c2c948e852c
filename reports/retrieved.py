"""How well the passages were found that answers rest on, for the options that search documents."""

from __future__ import annotations

from typing import NamedTuple

from advisor.engagement.records.comparison import ArmSummary, Comparison
from advisor.engagement.records.runs import Estimate

from .numbers import NOTHING, Shown, count, estimate, points
from .plots import Axis, Plot, Series, Stroke, plot

MEASURES = {"recall": "Recall@{}", "hit": "Hit@{}"}
"""Measures at a depth, in the order of the table."""
WHOLE = {"ndcg@10": "nDCG@10", "mrr": "MRR"}
DEEPEST = 5
"""Depth that the title speaks of, where it was measured."""
STROKES: tuple[Stroke, ...] = ("solid", "dashed", "dotted")


class Retrieved(NamedTuple):
    """The section on retrieval."""

    title: str
    """How much is found."""
    columns: list[str]
    """Measure, then the options."""
    rows: list[tuple[str | Shown, ...]]
    """Each measure with its interval for each option."""
    chart: Plot | None
    """Share found by depth; None where no row names its documents."""
    cited: list[tuple[str, str]]
    """What answers say of their sources, by option."""


def retrieved(comparison: Comparison) -> Retrieved | None:
    """From the arms that search; None where there is none."""
    arms = [arm for arm in comparison.arms if arm.retrieval is not None]
    if not arms:
        return None
    known = list(dict.fromkeys(name for arm in arms for name in _found(arm)))
    return Retrieved(
        title=_title(arms),
        columns=["Measure", *(arm.title for arm in arms)],
        rows=[(_measure(name), *(_shown(_found(arm).get(name)) for arm in arms)) for name in _ordered(known)],
        chart=_chart(arms),
        cited=[(arm.title, told) for arm in arms if (told := _said(arm))],
    )


def _found(arm: ArmSummary) -> dict[str, Estimate]:
    return arm.retrieval.found if arm.retrieval else {}


def _depths(arm: ArmSummary, kind: str) -> list[tuple[int, Estimate]]:
    """Depths at which something was measured, least first."""
    named = [(name.split("@"), one) for name, one in _found(arm).items() if name.startswith(f"{kind}@")]
    return sorted((int(depth), one) for (_, depth), one in named if one.value is not None)


def _title(arms: list[ArmSummary]) -> str:
    """Of the option that finds most."""
    told = [
        (dict(_depths(arm, kind)), arm.title, kind)
        for kind in ("hit", "recall")
        for arm in arms
        if _depths(arm, kind)
    ]
    if not told:
        return "How well passages are found is not known: no held-out item names its documents"
    kind = told[0][2]
    at = DEEPEST if all(DEEPEST in depths for depths, _, k in told if k == kind) else max(told[0][0])
    depths, title, _ = max(
        (one for one in told if one[2] == kind and at in one[0]), key=lambda one: one[0][at].value or 0.0
    )
    best = depths[at]
    if kind == "recall":
        return f"{title} finds {points(best.value)} of 100 wanted documents among its first {at}"
    asked = f"For {points(best.value)} of 100 questions"
    return f"{asked} a wanted document is among the first {at} that {title} finds"


def _ordered(names: list[str]) -> list[str]:
    """Recall by depth, hits by depth, then the rest as recorded."""

    def place(name: str) -> tuple[int, int]:
        kind, _, depth = name.partition("@")
        return (list(MEASURES).index(kind), int(depth)) if kind in MEASURES else (len(MEASURES), 0)

    return sorted(names, key=place)


def _measure(name: str) -> str:
    kind, _, depth = name.partition("@")
    return MEASURES[kind].format(depth) if kind in MEASURES else WHOLE.get(name, name)


def _shown(one: Estimate | None) -> Shown:
    shown = estimate(one)
    return (
        shown
        if one is None or one.value is None
        else Shown(f"{shown.value} (n={count(one.n)})", shown.interval)
    )


def _said(arm: ArmSummary) -> str:
    """Citations and abstentions in a sentence; empty where neither was asked for."""
    found = arm.retrieval
    if found is None:
        return ""
    told = []
    precision, recall = found.cited.get("precision"), found.cited.get("recall")
    if precision is not None:
        told.append(f"{_in_words(precision)} of 100 documents that answers name are wanted ones")
    if recall is not None:
        told.append(f"answers name {_in_words(recall)} of 100 wanted documents")
    if found.abstained is not None:
        told.append(f"{_in_words(found.abstained)} of 100 answers say that the passages do not hold it")
    return "; ".join(told)


def _in_words(one: Estimate) -> str:
    shown = estimate(one)
    if shown.value == NOTHING:
        return NOTHING
    return f"{shown.value} ({f'{shown.interval}, ' if shown.interval else ''}n={count(one.n)})"


def _chart(arms: list[ArmSummary]) -> Plot | None:
    kind = "hit" if any(_depths(arm, "hit") for arm in arms) else "recall"
    drawn = [(arm, depths) for arm in arms if (depths := _depths(arm, kind))]
    if not drawn:
        return None
    what = "questions with a wanted document" if kind == "hit" else "wanted documents"
    series = [
        Series(
            arm.title,
            [(depth, 100 * (one.value or 0.0)) for depth, one in depths],
            kind=("winner", "baseline")[number] if number < 2 else "other",
            line=STROKES[number % len(STROKES)],
            upright=[
                None if one.low is None or one.high is None else (100 * one.low, 100 * one.high)
                for _, one in depths
            ],
        )
        for number, (arm, depths) in enumerate(drawn)
    ]
    first, depths = drawn[0]
    told = [f"{points(one.value)} among the first {depth}" for depth, one in depths]
    return plot(
        series,
        id="retrieval",
        title=f"{what.capitalize()} found, by how many passages are looked at",
        description=f"{first.title}: {', '.join(told)}.",
        x=Axis("passages, best first", reach=(0.0, 10.0), whole=True),
        y=Axis(f"{what}, of 100", reach=(0.0, 100.0), cut=(0.0, 100.0)),
    )
