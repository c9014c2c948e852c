"""Is it better than last time? Each comparison that says something new is an iteration.

The same held-out items are compared as pairs, by the method of the comparison itself. Other items are two
samples: the interval of their difference is put together from the two intervals (MOVER; Zou and Donner
2008, Statistics in Medicine 27, 1693), which holds for any metric whose own interval holds.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from advisor.engagement import digests
from advisor.engagement.folder import Engagement
from advisor.engagement.iterations import iterations, remember
from advisor.engagement.records.comparison import ArmSummary, Comparison, Verdict, Word
from advisor.engagement.records.iterations import Change, Iterated, IteratedArm
from advisor.engagement.records.plan import Plan
from advisor.engagement.records.runs import Estimate
from harness.arms._kind import ArmData
from harness.comparing import counts_by_id
from harness.contrasts import Finished, difference
from harness.marking import Marker, basis_of, marked, markers

MOVER = "two samples; interval from both intervals (MOVER)"
UNMEASURED = "One of the two iterations has no result."


def iterate(
    engagement: Engagement,
    plan: Plan,
    data: ArmData,
    comparison: Comparison,
    verdict: Verdict,
    *,
    today: dt.date,
    may_execute: bool = False,
) -> Iterated | None:
    """Keep this comparison with its change against the last one; None where it says the same as that."""
    before, line = iterations(engagement), _line(data, comparison, verdict, today)
    if before and _said(before[-1]) == _said(line):
        return None
    if before:
        last = before[-1]
        told = _incomparable(last, line)
        change = None if told else _change(engagement, plan, data, last, line, may_execute=may_execute)
        line = msgspec.structs.replace(line, differs=_differs(last, line), change=change, incomparable=told)
    remember(engagement, line)
    return line


def unpaired(before: Estimate, now: Estimate, *, margin: float) -> Change:
    """Two samples: now minus before; without intervals there is none, and no word but `not ranked`."""
    ends = (before.value, before.low, before.high, now.value, now.low, now.high)
    value = None if before.value is None or now.value is None else now.value - before.value
    low = high = None
    if all(end is not None for end in ends):
        x, x_low, x_high, y, y_low, y_high = (float(end or 0.0) for end in ends)
        low = y - x - ((y - y_low) ** 2 + (x_high - x) ** 2) ** 0.5
        high = y - x + ((y_high - y) ** 2 + (x - x_low) ** 2) ** 0.5
    return Change(
        value=value,
        low=low,
        high=high,
        n=now.n,
        n_before=before.n,
        paired=False,
        method=MOVER,
        word=_word(low, high, margin),
    )


def _word(low: float | None, high: float | None, margin: float) -> Word:
    if low is None or high is None:
        return "not ranked"
    if low > 0:
        return "better"
    if high < 0:
        return "worse"
    return "not worse" if low > -margin else "not shown to differ"


def _line(data: ArmData, comparison: Comparison, verdict: Verdict, today: dt.date) -> Iterated:
    told = comparison.provenance
    return Iterated(
        as_of=today.isoformat(),
        data=data.digest,
        test=digests.of_records(data.test),
        plan=str(told.get("plan") or comparison.plan_digest),
        model=str(told.get("model") or ""),
        metric=comparison.metric,
        baseline=comparison.baseline,
        leading=verdict.winner or _best(comparison),
        decision=verdict.decision,
        winner=verdict.winner,
        sentence=verdict.sentence,
        n_train=comparison.n_train,
        n_validation=comparison.n_validation,
        n_test=comparison.n_test,
        arms=[_arm(arm, comparison.metric) for arm in comparison.arms],
        differs=[],
        change=None,
    )


def _arm(arm: ArmSummary, metric: str) -> IteratedArm:
    return IteratedArm(
        name=arm.name,
        title=arm.title,
        score=arm.metrics[metric],
        word=arm.word,
        cost_usd_per_1000=arm.cost_usd_per_1000,
        runs=arm.runs,
    )


def _best(comparison: Comparison) -> str | None:
    scores = {
        arm.name: arm.metrics[comparison.metric].value for arm in comparison.arms if arm.word != "not ranked"
    }
    known = {name: value for name, value in scores.items() if value is not None}
    return max(known, key=known.__getitem__, default=None)


def _said(line: Iterated) -> Iterated:
    """The line without what differs on each repetition of one comparison."""
    arms = [msgspec.structs.replace(arm, cost_usd_per_1000=None) for arm in line.arms]
    return msgspec.structs.replace(line, as_of="", arms=arms, differs=[], change=None, incomparable="")


def _incomparable(last: Iterated, line: Iterated) -> str:
    if last.metric != line.metric:
        return f"The metric was {last.metric} and is {line.metric} now."
    return UNMEASURED if last.leading is None or line.leading is None else ""


def _differs(last: Iterated, line: Iterated) -> list[str]:
    """What was changed in between, as far as it is known."""
    told = []
    if last.n_train != line.n_train or last.data != line.data:
        told.append(f"Training rows: {line.n_train:,}, before {last.n_train:,}.")
    if last.test != line.test:
        told.append(f"Held-out items: {line.n_test:,} others, before {last.n_test:,}.")
    if last.model != line.model:
        told.append(f"Base model: {line.model or 'none'}, before {last.model or 'none'}.")
    then, now = {arm.name: arm.title for arm in last.arms}, {arm.name: arm.title for arm in line.arms}
    new, gone = [now[name] for name in now if name not in then], [then[n] for n in then if n not in now]
    told += [f"New: {', '.join(new)}."] if new else []
    told += [f"No longer run: {', '.join(gone)}."] if gone else []
    if not told:
        told.append("The plan was changed." if last.plan != line.plan else "Trained or asked again.")
    return told


def _change(
    engagement: Engagement,
    plan: Plan,
    data: ArmData,
    last: Iterated,
    line: Iterated,
    *,
    may_execute: bool,
) -> Change:
    """Pairs where the same items were held out and the answers of then are still there; else two samples."""
    then, now = _leading(last), _leading(line)
    if last.test == line.test and all(engagement.run(name).result() for name in (*then.runs, *now.runs)):
        marker = markers(basis_of(data, plan, engagement, may_execute=may_execute))[plan.metric]
        one, other = (_answered(engagement, data, arm, marker) for arm in (then, now))
        found = difference(marker, one, other, data, margin=plan.margin)
        return Change(
            value=found.value,
            low=found.low,
            high=found.high,
            n=found.n,
            n_before=found.n,
            paired=True,
            method=found.method,
            word=found.word,
        )
    return unpaired(then.score, now.score, margin=plan.margin)


def _leading(line: Iterated) -> IteratedArm:
    return next(arm for arm in line.arms if arm.name == line.leading)


def _answered(engagement: Engagement, data: ArmData, arm: IteratedArm, marker: Marker) -> Finished:
    """Held-out rows alone: validation rows of then may be training rows by now."""
    examples = {example.id: example for example in data.test}
    folders = [engagement.run(name) for name in arm.runs]
    rows = [
        marked(
            [row for row in folder.predictions() if row.split == "test"],
            examples,
            {marker.metric.name: marker},
        )
        for folder in folders
    ]
    return Finished(
        name=arm.name,
        folders=arm.runs,
        results=[],
        rows=[{row.id: row for row in training} for training in rows],
        counts=counts_by_id(marker, rows, examples),
        metrics={},
        validation=None,
    )
