"""Comparisons on new data, one after the other: what changed since the last, never old rows among new ones.

On the same test rows the answers of then, scored by the metrics of today, are paired with those of now. On
other test rows nothing of the old ones is read but the interval that was kept: two samples side by side.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

import msgspec

from advisor.engagement import codec, digests
from advisor.engagement.afterwards import iterations, iterations_path
from advisor.engagement.folder import Engagement
from advisor.engagement.records.comparison import Comparison, Verdict
from advisor.engagement.records.iterations import Change, Iteration, IterationArm, Iterations
from advisor.engagement.records.plan import Plan
from advisor.engagement.records.runs import Estimate
from harness.arms._kind import ArmData
from harness.clusters import clusters_of
from harness.comparing import collect
from harness.contrasts import Finished, difference
from harness.failing.analysing import leading_arm
from harness.marking import Marker, Markers
from harness.statistics.clustered import Codes

UNPAIRED = "interval of a difference from two intervals (MOVER, Zou and Donner 2008)"


def keep_iteration(
    engagement: Engagement,
    plan: Plan,
    data: ArmData,
    comparison: Comparison,
    verdict: Verdict,
    *,
    ready: Markers,
    today: dt.date,
) -> Iteration:
    """The iteration of this comparison by its metrics, written to `runs/iterations.json`.

    The same rows as last time are the same iteration: it then stands as last compared.
    """
    known = iterations(engagement)
    earlier = known[:-1] if known and known[-1].data == data.digest else known
    last = earlier[-1] if earlier else None
    present = _iteration(engagement, plan, data, comparison, verdict, number=len(earlier) + 1, today=today)
    if last is not None:
        present = _changed(engagement, plan, data, ready, last, present)
    codec.write_json(iterations_path(engagement), Iterations(iterations=[*earlier, present]))
    return present


def _iteration(
    engagement: Engagement,
    plan: Plan,
    data: ArmData,
    comparison: Comparison,
    verdict: Verdict,
    *,
    number: int,
    today: dt.date,
) -> Iteration:
    return Iteration(
        number=number,
        date=today.isoformat(),
        splits=engagement.splits().digest,
        data=data.digest,
        test=digests.of_records(data.test),
        rows={"train": len(data.train), "validation": len(data.validation), "test": len(data.test)},
        limit=plan.limit,
        metric=comparison.metric,
        model=plan.model,
        arms=[
            IterationArm(name=arm.name, score=arm.metrics[comparison.metric], runs=arm.runs)
            for arm in comparison.arms
            if comparison.metric in arm.metrics
        ],
        leading=leading_arm(comparison, verdict),
        decision=verdict.decision,
        sentence=verdict.sentence,
    )


def _changed(
    engagement: Engagement, plan: Plan, data: ArmData, ready: Markers, last: Iteration, now: Iteration
) -> Iteration:
    """The present iteration with its change against the last one."""
    before, after = ({arm.name: arm for arm in one.arms} for one in (last, now))
    paired = last.test == now.test
    clusters = clusters_of(data.test)
    finished: dict[str, Finished] = {}
    if paired:
        for arm in (*last.arms, *now.arms):
            finished |= {"/".join(arm.runs): one for one in _finished(engagement, arm, data, ready, plan)}

    def change(old: IterationArm, new: IterationArm) -> Change:
        sides = [finished.get("/".join(arm.runs)) for arm in (old, new)]
        if paired and sides[0] is not None and sides[1] is not None:
            return _paired(ready[plan.metric], sides[0], sides[1], clusters, margin=plan.margin)
        return unpaired(old, new, comparable=last.metric == now.metric and not paired)

    changes = [change(before[name], after[name]) for name in after if name in before]
    then, today = before.get(last.leading or ""), after.get(now.leading or "")
    leading = change(then, today) if then and today else None
    return msgspec.structs.replace(
        now, changes=changes, leading_change=leading, said=sentence(last, now, leading)
    )


def _finished(
    engagement: Engagement, arm: IterationArm, data: ArmData, ready: Markers, plan: Plan
) -> list[Finished]:
    """The arm's runs scored by the metrics of today; none where a folder is gone."""
    folders = [engagement.run(name) for name in arm.runs]
    if any(folder.result() is None for folder in folders):
        return []
    # only the test rows are the same both times
    held_out = replace(data, train=[], validation=[])
    return list(collect(folders, held_out, ready, ready[plan.metric]).values())


def _paired(marker: Marker, old: Finished, new: Finished, clusters: Codes, *, margin: float) -> Change:
    found = difference(marker, old, new, clusters, margin=margin)
    return Change(
        before=old.name,
        after=new.name,
        value=found.value,
        low=found.low,
        high=found.high,
        n_before=found.n,
        n_after=found.n,
        paired=True,
        method=found.method,
    )


def unpaired(old: IterationArm, new: IterationArm, *, comparable: bool) -> Change:
    """Of two samples, from their estimates alone; nothing where they were measured by different metrics."""
    value, low, high = _apart(old.score, new.score) if comparable else (None, None, None)
    return Change(
        before=old.name,
        after=new.name,
        value=value,
        low=low,
        high=high,
        n_before=old.score.n,
        n_after=new.score.n,
        paired=False,
        method=UNPAIRED if value is not None else "",
    )


def _apart(a: Estimate, b: Estimate) -> tuple[float | None, float | None, float | None]:
    """b minus a with its interval; of Wilson intervals it is Newcombe's tenth (1998, Stat. Med. 17, 873)."""
    if a.value is None or b.value is None:
        return None, None, None
    value = b.value - a.value
    if a.low is None or a.high is None or b.low is None or b.high is None:
        return value, None, None
    below = ((b.value - b.low) ** 2 + (a.high - a.value) ** 2) ** 0.5
    above = ((b.high - b.value) ** 2 + (a.value - a.low) ** 2) ** 0.5
    return value, max(-1.0, value - below), min(1.0, value + above)


def sentence(last: Iteration, now: Iteration, leading: Change | None) -> str:
    """What is new and what it changed, made of the records."""
    grown = ", ".join(
        f"{name} {last.rows[name]:,} to {count:,}" if last.rows.get(name) != count else f"{name} {count:,}"
        for name, count in now.rows.items()
    )
    told = f"iteration {now.number}, after that of {last.date}: {grown}"
    others = _otherwise(last, now)
    if others:
        told += f"; {others}"
    if leading is None:
        return f"{told}. No arm leads in both."
    names = leading.after if leading.before == leading.after else f"{leading.after} after {leading.before}"
    if leading.value is None:
        return f"{told}. {names}: the change cannot be said."
    points = f"{now.metric} {100 * leading.value:+.1f} points"
    if leading.low is None or leading.high is None:
        return f"{told}. {names}: {points}, without an interval."
    ends = f"({100 * leading.low:+.1f} to {100 * leading.high:+.1f})"
    if leading.paired:
        return f"{told}. {names}: {points} {ends} on the same {leading.n_after:,} test rows."
    return (
        f"{told}. {names}: {points} {ends}, other test rows ({leading.n_before:,} then, "
        f"{leading.n_after:,} now), so the rows count too."
    )


def _otherwise(last: Iteration, now: Iteration) -> str:
    """What else is not as it was."""
    pairs: Mapping[str, tuple[object, object]] = {
        "metric": (last.metric, now.metric),
        "model": (last.model, now.model),
        "limit": (last.limit or "none", now.limit or "none"),
    }
    return ", ".join(f"{name} {then} to {today}" for name, (then, today) in pairs.items() if then != today)
