"""After a comparison: where the leading arm and the best prompting arm fail, and what would help."""

from __future__ import annotations

from typing import NamedTuple

from advisor.engagement import codec
from advisor.engagement.afterwards import failures_path
from advisor.engagement.catalogue import find
from advisor.engagement.folder import Engagement
from advisor.engagement.records.comparison import ArmSummary, Comparison, Verdict
from advisor.engagement.records.failures import Addition, ArmFailures, Failures
from harness import arms
from harness.arms._kind import Arm, ArmData
from harness.clusters import cluster_of
from harness.failing.advising import More, additions, more_rows
from harness.failing.causes import in_clusters, listed, over_all
from harness.failing.clustering import Texts, grouped
from harness.failing.features import features
from harness.failing.judged import judge_rows
from harness.marking import Markers
from harness.winning import ranked_arms, simplicity, value_of

LEARNING = ("classical", "few_shot", "optimised_prompt", "tuned_endpoint")
"""Arms that take something from training rows without being trained here."""


class Analysed(NamedTuple):
    """One arm."""

    failures: ArmFailures
    """Where it fails."""
    additions: list[Addition]
    """What would help."""


def analyse(
    engagement: Engagement, data: ArmData, comparison: Comparison, verdict: Verdict, *, ready: Markers
) -> Failures:
    """Analyse the arms by the metrics of the comparison, and write `runs/failures.json`."""
    texts = Texts(data.train, data.test)
    more = more_rows(engagement.curve(), data)
    chosen = looked_at(comparison, verdict)
    found = [
        one for arm in chosen if (one := _arm(engagement, arm, data, texts, ready, comparison.metric, more))
    ]
    first = found[0] if found else None
    notes = []
    if first is not None and any(one.rows is not None for one in first.additions):
        notes.append(more.told)
        if not _learns(first.failures.arm):
            notes.append(f"{first.failures.arm} does not learn from rows: they help the arms that do")
    record = Failures(
        data=data.digest,
        arms=[one.failures for one in found],
        additions=first.additions if first else [],
        notes=notes,
    )
    codec.write_json(failures_path(engagement), record)
    return record


def looked_at(comparison: Comparison, verdict: Verdict) -> list[ArmSummary]:
    """The winner, or the best ranked arm where none wins, and the best prompting arm; each once."""
    leading = leading_arm(comparison, verdict)
    names = dict.fromkeys(name for name in (leading, comparison.baseline) if name)
    by_name = {arm.name: arm for arm in comparison.arms}
    return [by_name[name] for name in names]


def leading_arm(comparison: Comparison, verdict: Verdict) -> str | None:
    """The winner, or the best ranked arm; of equal ones the simpler."""
    if verdict.winner:
        return verdict.winner
    ranked = ranked_arms(comparison)
    best = max(ranked, key=lambda arm: (value_of(comparison, arm), -simplicity(arm.name)), default=None)
    return best.name if best else None


def _arm(
    engagement: Engagement,
    arm: ArmSummary,
    data: ArmData,
    texts: Texts,
    ready: Markers,
    metric: str,
    more: More,
) -> Analysed | None:
    judged = judge_rows([engagement.run(name) for name in arm.runs], data, ready, metric)
    if judged is None:
        return None
    kind = find(arms, Arm, arm.name)
    found = features(judged, data, texts, ready, retrieves=kind.retrieves) if judged.wrong else []
    causes = over_all(found, judged)
    wrong = [row.id for row in judged.rows if row.id in judged.wrong]
    clusters = grouped(texts, wrong)
    failures = ArmFailures(
        arm=arm.name,
        title=arm.title,
        runs=arm.runs,
        metric=judged.metric,
        wrong_below=judged.below,
        n=len(judged.rows),
        wrong=len(wrong),
        missing=judged.missing,
        clusters=in_clusters(clusters.groups, found, causes, judged),
        silhouette=clusters.silhouette,
        causes=listed(causes),
        tested=sum(one.p is not None for one in causes),
        notes=_notes(judged.metric, metric, data, len(wrong)),
    )
    return Analysed(failures, additions(causes, found, judged, data, texts, more))


def _notes(decides: str, primary: str, data: ArmData, wrong: int) -> list[str]:
    notes = []
    if decides != primary:
        notes.append(f"{primary} is a number over all rows: {decides} decides which rows are wrong")
    drawn = len({cluster_of(row) for row in data.test})
    if drawn < len(data.test):
        notes.append(
            f"the {len(data.test)} test rows come in {drawn} groups, and the tests count rows: "
            "p-values are too small where whole groups fail"
        )
    if not wrong:
        notes.append("no row is wrong")
    return notes


def _learns(name: str) -> bool:
    return find(arms, Arm, name).method is not None or name in LEARNING
