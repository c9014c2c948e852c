"""Which examples to add: for each cause shown what kind of rows, and how many by the learning curve.

Without a curve that speaks of the present rows the number is a rule of ours: a class below the median of
the classes is brought up to it, everything else is to be had once more, as far as a curve is followed too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

from advisor.engagement.records.curve import LearningCurve
from advisor.engagement.records.failures import Addition, Cause
from harness.arms._kind import ArmData
from harness.failing.clustering import Texts
from harness.failing.features import Feature, class_counts, contradicting
from harness.failing.judged import Judged

Basis = Literal["learning curve", "median class", "as many again", "none"]

SHOWN = 10
"""Ids beside an addition at most."""
NO_ROWS: Mapping[str, str] = {
    "cut": "let answers be longer, or show shorter ones: these were cut at the limit",
    "empty": "look at why the model says nothing; rows of the same kind are unlikely to help",
    "no label": "have the form kept: answers that are no label are no matter of more rows",
    "form": "have the form kept, by the instruction or by constrained output, before rows are added",
    "not retrieved": "mend documents or search first: what holds the answer was not in the prompt",
    "contradicted": "check the labels of these training rows: they are nearest to wrong rows, and differ",
}
"""What helps where rows do not."""
ROWS: Mapping[str, str] = {
    "class": "rows of class `{what}`",
    "rare class": "rows of the classes with the fewest rows",
    "class pair": "rows that part `{a}` from `{b}`, close cases of both",
    "language": "rows in language `{what}`",
    "script": "rows in {what} letters",
    "long input": "rows with inputs as long",
    "short input": "rows with inputs as short",
    "long answer": "rows with answers as long",
    "unlike": "rows like the test rows named, which stay held out",
}


class More(NamedTuple):
    """What the learning curve says."""

    rows: int | None
    """Training rows to add in all; None where it does not say."""
    told: str
    """In a sentence."""


def more_rows(curve: LearningCurve | None, data: ArmData) -> More:
    """What the curve of these very rows says; one of other rows says nothing."""
    if curve is None or curve.data != data.digest:
        return More(
            None,
            "no learning curve of these rows: the numbers are rules of thumb, "
            "`compare --learning-curve` measures",
        )
    last = curve.points[-1].rows
    if curve.needed is not None and curve.needed > last:
        return More(curve.needed - last, f"by the learning curve of {curve.arm}: {curve.answer}")
    return More(None, f"the learning curve of {curve.arm} gives no number: {curve.answer}")


def additions(
    causes: Sequence[Cause],
    found: Sequence[Feature],
    judged: Judged,
    data: ArmData,
    texts: Texts,
    more: More,
) -> list[Addition]:
    """For every cause shown, the most frequent first; with none, what the curve says of rows at large."""
    by_name = {(one.kind, one.what): one for one in found}
    shown = sorted((one for one in causes if one.shown), key=lambda one: -one.count)
    countable = sum(one.count for one in shown if one.kind in ROWS)
    made = []
    for cause in shown:
        feature = by_name[cause.kind, cause.what]
        failing = [row.id for row in judged.rows if row.id in judged.wrong & _with(feature)]
        if cause.kind not in ROWS:
            like = contradicting(failing, data, texts) if cause.kind == "contradicted" else failing
            words = NO_ROWS[cause.kind]
            made.append(
                Addition(
                    kind=cause.kind, what=cause.what, rows=None, basis="none", words=words, like=like[:SHOWN]
                )
            )
            continue
        rows, basis = _amount(cause, feature, judged, data)
        if more.rows is not None:
            rows, basis = max(1, round(more.rows * cause.count / countable)), "learning curve"
        a, _, b = cause.what.partition(" → ")
        words = f"{rows:,} {ROWS[cause.kind].format(what=cause.what, a=a, b=b)}"
        made.append(
            Addition(
                kind=cause.kind, what=cause.what, rows=rows, basis=basis, words=words, like=failing[:SHOWN]
            )
        )
    if not countable and more.rows is not None:
        words = f"{more.rows:,} rows like those at hand"
        made.append(Addition(kind="any", rows=more.rows, basis="learning curve", words=words))
    return made


def _with(feature: Feature) -> set[str]:
    return feature.has if feature.group is None else feature.has & feature.group


def _amount(cause: Cause, feature: Feature, judged: Judged, data: ArmData) -> tuple[int, Basis]:
    """Without a curve."""
    counts = class_counts(data)
    usual = float(np.median(list(counts.values()))) if counts else 0.0
    if cause.kind == "class" and counts[cause.what] < usual:
        return max(1, round(usual - counts[cause.what])), "median class"
    if cause.kind == "rare class":
        return max(1, round(sum(usual - count for count in counts.values() if count < usual))), "median class"
    if cause.kind in ("class", "class pair"):
        return max(1, sum(counts[name] for name in cause.what.split(" → "))), "as many again"
    # training and test rows are drawn alike: the share of the test rows stands for that of the training rows
    share = len(feature.has) / max(1, len(judged.rows))
    return max(1, round(share * len(data.train))), "as many again"
