"""The comparison report: the verdict first, then everything it rests on."""

from __future__ import annotations

from typing import NamedTuple

from advisor.engagement.folder import Engagement
from advisor.engagement.records.advice import Recommendation
from advisor.engagement.records.comparison import ArmSummary, Comparison, Difference, Verdict

from . import titles
from .advised import (
    AnswerRow,
    FlipRow,
    MoneyRow,
    ReasonRow,
    SourceRow,
    UnknownRow,
    answer_groups,
    flip_rows,
    money_rows,
    money_totals,
    reason_rows,
    running_period,
    source_rows,
    unknown_rows,
)
from .alone import Alone, alone
from .bill import Bill, bill
from .by_seed import BySeed, by_seed
from .cases import Case, cases
from .charts import Chart, Kind, Spot, dot_plot
from .confusions import Confusions, confusions
from .expected import ExpectedRow, expected_rows
from .failing import Failing, failing
from .forgotten import Forgotten, forgotten
from .learning import Learning, learning
from .losses import loss_charts
from .measured import (
    EffortRow,
    QualityRow,
    TrainingRow,
    class_arms,
    class_rows,
    confusing,
    effort_rows,
    money_compared,
    provenance_rows,
    quality_rows,
    training_rows,
)
from .numbers import count, points
from .plots import Plot
from .quality import DataFacts, data_facts
from .retrieved import Retrieved, retrieved
from .worth import Worth, worth

MOST_METRICS = 4
"""Columns of the table of qualities; the others stand in `runs/comparison.json`."""


class View(NamedTuple):
    """Everything the comparison template shows."""

    comparison: Comparison
    """The record itself."""
    verdict: Verdict
    """The record itself."""
    advice: Recommendation | None
    """The record itself, where there is advice."""
    titles: dict[str, str]
    """Section titles by name."""
    scores: Chart
    """Primary metric of every option with its interval."""
    gaps: Chart | None
    """Paired differences to the best prompting option; None where there are none."""
    metrics: list[str]
    """Titles of the metrics, primary first."""
    quality: list[QualityRow]
    """The options table."""
    effort: list[EffortRow]
    """Cost, latency, memory."""
    changes: list[str]
    """What would change the decision, as measured."""
    flips: list[FlipRow]
    """Answers that would change the advice."""
    worth: Worth | None
    """Cost beside quality; None where too few options have a price."""
    by_seed: BySeed | None
    """How far options move from seed to seed; None where each ran once."""
    retrieved: Retrieved | None
    """How well passages are found; None where no option searches."""
    alone: Alone | None
    """What may be answered alone; None where no run gives probabilities."""
    bill: Bill | None
    """Money at the client's volume; None where nothing is known of it."""
    forgotten: Forgotten | None
    """General tasks before and after; None where nothing was trained."""
    learning: Learning | None
    """What more rows would do; None where no curve was drawn."""
    losses: list[Plot]
    """Loss by step of each trained option."""
    confusions: Confusions | None
    """Labels taken for others, before and after; None where nothing changed."""
    expected: list[ExpectedRow]
    """Time and memory of the trained arms: estimated, measured, our error."""
    compared_money: list[tuple[str, str, str]]
    """What, estimated, measured."""
    money: list[MoneyRow]
    """The estimated bill."""
    totals: list[tuple[str, str]]
    """The estimated bill in two lines."""
    data: DataFacts | None
    """Intake and splits."""
    unknowns: list[UnknownRow]
    """Open questions with whom to ask."""
    reasons_for: list[ReasonRow]
    """Of the advice."""
    reasons_against: list[ReasonRow]
    """Of the advice."""
    trainings: list[TrainingRow]
    """One per trained model."""
    classes: list[list[str]]
    """Per-label table; empty for generation."""
    class_arms: list[str]
    """Titles of the two arms in that table."""
    confused: str
    """A sentence on the label that fares worst, or nothing."""
    failing: Failing | None
    """Where the leading options fail; None where nobody looked."""
    cases: list[Case] | None
    """Wins and losses with client text; None without `--with-examples`."""
    provenance: list[tuple[str, str]]
    """Versions, machine, digests, prices."""
    sources: list[SourceRow]
    """Whom the advice cites."""
    answers: list[tuple[str, list[AnswerRow]]]
    """Sections with question, answer, certainty, note."""
    seeds: str
    """Seeds and processes in words."""
    margin: str
    """How much worse still counts as not worse, in points."""
    minimum: str
    """Smallest difference worth paying for, in points."""


def view(
    engagement: Engagement,
    comparison: Comparison,
    verdict: Verdict,
    advice: Recommendation | None,
    *,
    with_examples: bool,
) -> View:
    """What the template needs, from the typed records."""
    leading = leader(comparison, verdict)
    gap = between(comparison, comparison.baseline, leading.name if leading else None)
    ordered = _metric_names(comparison)
    return View(
        comparison=comparison,
        verdict=verdict,
        advice=advice,
        titles=_titles(comparison, verdict, advice, leading, gap) | {"decision": titles.decision(verdict)},
        scores=_scores(comparison, verdict),
        gaps=gaps(comparison, verdict),
        metrics=[titles.METRICS[name] for name in ordered],
        quality=quality_rows(comparison, verdict, advice, ordered),
        effort=effort_rows(comparison),
        changes=changes(comparison, verdict, gap),
        flips=flip_rows(advice) if advice else [],
        worth=worth(comparison, verdict),
        by_seed=by_seed(engagement, comparison),
        retrieved=retrieved(comparison),
        alone=alone(engagement, comparison, leading),
        bill=bill(engagement, comparison, verdict, leading),
        forgotten=forgotten(comparison),
        learning=learning(engagement, comparison),
        losses=loss_charts(engagement, comparison),
        confusions=confusions(engagement, comparison, leading),
        expected=expected_rows(engagement, comparison),
        compared_money=money_compared(comparison, leading, advice),
        money=money_rows(advice) if advice else [],
        totals=money_totals(advice) if advice else [],
        data=data_facts(engagement, comparison),
        unknowns=unknown_rows(advice.find_out) if advice else [],
        reasons_for=reason_rows(advice.reasons_for) if advice else [],
        reasons_against=reason_rows(advice.reasons_against) if advice else [],
        trainings=training_rows(engagement, comparison),
        classes=class_rows(comparison, leading),
        class_arms=[arm.title for arm in class_arms(comparison, leading)],
        confused=confusing(leading),
        failing=failing(engagement, comparison),
        cases=cases(engagement, comparison, leading) if with_examples else None,
        provenance=provenance_rows(comparison),
        sources=source_rows(advice) if advice else [],
        answers=answer_groups(advice.answered) if advice else [],
        seeds=_seeds(comparison),
        margin=points(comparison.margin),
        minimum=points(comparison.minimum_effect),
    )


def leader(comparison: Comparison, verdict: Verdict) -> ArmSummary | None:
    """The winner; without one, the highest score among the options that are not the baseline."""
    if verdict.winner is not None:
        return next(arm for arm in comparison.arms if arm.name == verdict.winner)
    return titles.best(comparison, but=comparison.baseline)


def _titles(
    comparison: Comparison,
    verdict: Verdict,
    advice: Recommendation | None,
    leading: ArmSummary | None,
    gap: Difference | None,
) -> dict[str, str]:
    winner = leading if verdict.winner else None
    found = {
        "gaps": titles.differences(comparison),
        "options": titles.options(comparison),
        "changes": titles.changes(comparison, verdict, gap),
        "effort": titles.effort(comparison, winner),
        "unknowns": titles.unknowns(advice),
    }
    if advice is not None:
        found["money"] = titles.cost(advice.cost, per=running_period(advice))
    return found


def _scores(comparison: Comparison, verdict: Verdict) -> Chart:
    spots = []
    for arm in comparison.arms:
        score = arm.metrics.get(comparison.metric)
        if score is None or score.value is None:
            continue
        ends = [None if end is None else 100 * end for end in (score.low, score.high)]
        kind = _kind(arm.name, comparison, verdict)
        spots.append(Spot(arm.title, 100 * score.value, ends[0], ends[1], points(score.value), kind))
    name = titles.METRICS[comparison.metric]
    return dot_plot(
        spots,
        id="scores",
        title=f"{name[:1].upper()}{name[1:]} of every option with its 95 % interval",
        description=titles.options(comparison) + ".",
        unit=f"{name}, points of 100 (n={titles.items(comparison)})",
        reach=(0.0, 100.0),
    )


def gaps(comparison: Comparison, verdict: Verdict) -> Chart | None:
    """Differences to the baseline, with the stretch that is too small to pay for."""
    arms = {arm.name: arm for arm in comparison.arms}
    spots = []
    for one in comparison.differences:
        if one.a != comparison.baseline or one.value is None:
            continue
        ends = [None if end is None else 100 * end for end in (one.low, one.high)]
        label, kind = arms[one.b].title, _kind(one.b, comparison, verdict)
        spots.append(Spot(label, 100 * one.value, ends[0], ends[1], points(one.value, signed=True), kind))
    if not spots:
        return None
    least = 100 * comparison.minimum_effect
    return dot_plot(
        spots,
        id="gaps",
        title="Difference to the best prompting option with its 95 % interval",
        description=titles.differences(comparison) + ".",
        unit=f"points of 100 more than {arms[comparison.baseline or ''].title}",
        reach=(-5.0, max(10.0, 2 * least)),
        line=0.0,
        band=(0.0, least) if least > 0 else None,
        band_text=f"shaded: less than the agreed minimum of {points(comparison.minimum_effect)} points",
    )


def _kind(name: str, comparison: Comparison, verdict: Verdict) -> Kind:
    if name == verdict.winner:
        return "winner"
    return "baseline" if name == comparison.baseline else "other"


def changes(comparison: Comparison, verdict: Verdict, gap: Difference | None) -> list[str]:
    """The limits of the result itself."""
    told = []
    if gap is not None and gap.low is not None and gap.value is not None:
        told.append(
            f"The measured difference is {points(gap.value, signed=True)} points, and the data allow "
            f"{points(gap.low, signed=True)} to {points(gap.high, signed=True)} (n={gap.n}). "
            f"The agreed minimum is {points(comparison.minimum_effect)}."
        )
    if gap is not None and gap.minimum_detectable is not None and gap.word not in ("better", "worse"):
        told.append(
            f"With {gap.n} items, a difference of {points(gap.minimum_detectable)} points or more "
            "would have been found four times in five."
        )
    if verdict.winner is None and verdict.needed_n is not None:
        told.append(f"About {count(verdict.needed_n)} held-out items would settle it.")
    return told


def _metric_names(comparison: Comparison) -> list[str]:
    """The primary metric, then those that tell most beside it, as many as a page is wide."""
    measured = {name for arm in comparison.arms for name in arm.metrics}
    others = [name for name in titles.METRICS if name in measured and name != comparison.metric]
    return [comparison.metric, *others][:MOST_METRICS]


def between(comparison: Comparison, a: str | None, b: str | None) -> Difference | None:
    """The difference b minus a, where it was measured."""
    return next((one for one in comparison.differences if (one.a, one.b) == (a, b)), None)


def _seeds(comparison: Comparison) -> str:
    used = sorted({seed for arm in comparison.arms for seed in arm.seeds})
    shown = ", ".join(map(str, used))
    return f"one process and one seed ({shown})" if len(used) == 1 else f"one process and the seeds {shown}"
