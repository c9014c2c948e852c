"""What fine-tuning made a model forget: small general tasks before and after, regressions by name."""

from __future__ import annotations

from typing import NamedTuple

from advisor.engagement.records.comparison import Comparison
from advisor.engagement.records.forgetting import Forgetting

from . import titles
from .charts import Chart, Spot, dot_plot
from .numbers import Shown, count, p_value, points, span

KINDS = {
    "instruction": "follow an instruction",
    "arithmetic": "calculate",
    "json": "write JSON",
    "refusal": "refuse what harms",
    "neighbour": "answer neighbouring questions",
}


class ForgotRow(NamedTuple):
    """One trained model."""

    title: str
    """Arm, with its seed where there are several."""
    before: str
    """Tasks that the base does, of all."""
    after: str
    """Tasks that the trained model does."""
    difference: Shown
    """After minus before, in points."""
    p: str
    """Exact McNemar."""
    word: str
    """What is shown, in words."""


class Forgotten(NamedTuple):
    """The section on forgetting."""

    title: str
    """Whether anything is forgotten."""
    rows: list[ForgotRow]
    """Each trained model."""
    chart: Chart
    """Differences with intervals and the agreed margin."""
    kinds: list[tuple[str, str, str, str, str]]
    """Model, kind, tasks, before, after: where they differ."""
    lost: list[tuple[str, str]]
    """Model, and the tasks that only its base does."""
    gained: list[tuple[str, str]]
    """Model, and the tasks that only it does."""
    margin: str
    """In points."""


def forgotten(comparison: Comparison) -> Forgotten | None:
    """From the answers to the canaries in `runs/comparison.json`; None where nothing was trained."""
    found = comparison.forgetting
    if not found:
        return None
    named = [(titles.arm_title(comparison, one.arm, one.seed), one) for one in found]
    return Forgotten(
        title=_title(comparison, named),
        rows=[_row(comparison, name, one) for name, one in named],
        chart=_chart(comparison, named),
        kinds=[
            (name, KINDS.get(kept.kind, kept.kind), count(kept.n), count(kept.before), count(kept.after))
            for name, one in named
            for kept in one.kinds
            if kept.before != kept.after
        ],
        lost=[(name, ", ".join(one.lost)) for name, one in named if one.lost],
        gained=[(name, ", ".join(one.gained)) for name, one in named if one.gained],
        margin=points(comparison.margin),
    )


def _title(comparison: Comparison, named: list[tuple[str, Forgetting]]) -> str:
    told = [(name, one) for name, one in named if one.word != "cannot be told"]
    if not told:
        return "The base model does too few general tasks to tell whether training costs any"
    name, worst = min(told, key=lambda pair: (pair[1].word != "forgets", pair[1].after - pair[1].before))
    counted = f"{count(worst.after)} of {count(worst.n)} general tasks after training, {count(worst.before)}"
    if worst.word == "forgets":
        return f"{name} forgets: it does {counted} before"
    if all(_not_worse(comparison, one) for _, one in told):
        return f"No trained option is worse at general tasks by more than {points(comparison.margin)} points"
    return f"No forgetting is shown: {name} does {counted} before"


def _not_worse(comparison: Comparison, one: Forgetting) -> bool:
    return one.word != "cannot be told" and one.low > -comparison.margin


def _row(comparison: Comparison, name: str, one: Forgetting) -> ForgotRow:
    word: str = one.word
    if _not_worse(comparison, one):
        word = f"not worse (margin {points(comparison.margin)} points)"
    elif one.word == "not shown to forget":
        word = f"not shown to forget; a loss of up to {points(-one.low)} points is not ruled out"
    return ForgotRow(
        title=name,
        before=f"{count(one.before)} of {count(one.n)}",
        after=f"{count(one.after)} of {count(one.n)}",
        difference=Shown(points(_change(one), signed=True), span(one.low, one.high, signed=True)),
        p=p_value(one.p),
        word=word,
    )


def _change(one: Forgetting) -> float:
    return (one.after - one.before) / one.n if one.n else 0.0


def _chart(comparison: Comparison, named: list[tuple[str, Forgetting]]) -> Chart:
    spots = [
        Spot(name, 100 * _change(one), 100 * one.low, 100 * one.high, points(_change(one), signed=True))
        for name, one in named
    ]
    margin = 100 * comparison.margin
    return dot_plot(
        spots,
        id="forgetting",
        title="General tasks done after training minus before, with the 95 % interval",
        description=f"{_title(comparison, named)}.",
        unit=f"points of 100 (n={count(named[0][1].n)} tasks)",
        reach=(-10.0, 10.0),
        line=0.0,
        band=(-margin, 0.0) if margin > 0 else None,
        band_text=f"shaded: a loss within the agreed margin of {points(comparison.margin)} points",
    )
