"""Items that the leading option fixes or breaks, in the words of the client, where that was asked for."""

from __future__ import annotations

from typing import NamedTuple

from advisor.engagement import codec
from advisor.engagement.folder import Engagement
from advisor.engagement.records.comparison import ArmSummary, Comparison
from advisor.engagement.records.examples import Example
from advisor.engagement.records.runs import Answered

MOST_EACH = 5
LONGEST_TEXT = 600


class Case(NamedTuple):
    """One held-out item on which two options part."""

    kind: str
    """fixed or broken."""
    id: str
    """Example id."""
    input: str
    """Client text, cut."""
    target: str
    """What was wanted."""
    before: str
    """What the best prompting option said."""
    after: str
    """What the leading option said."""


def cases(engagement: Engagement, comparison: Comparison, leading: ArmSummary | None) -> list[Case]:
    """At most five items fixed and five broken against the best prompting option, in file order."""
    baseline = next((arm for arm in comparison.arms if arm.name == comparison.baseline), None)
    if baseline is None or leading is None or leading is baseline:
        return []
    before, after = _rows(engagement, baseline), _rows(engagement, leading)
    examples = engagement.examples()
    metric = comparison.metric if comparison.metric in _scored(after) else next(iter(_scored(after)), "")
    found: dict[str, list[Case]] = {"fixed": [], "broken": []}
    for id, example in examples.items():
        if id not in before or id not in after:
            continue
        change = after[id].scores.get(metric, 0.0) - before[id].scores.get(metric, 0.0)
        kind = "fixed" if change > 0 else "broken"
        if change and len(found[kind]) < MOST_EACH:
            found[kind].append(_case(kind, example, before[id], after[id]))
    return [*found["fixed"], *found["broken"]]


def shown(text: str | None) -> str:
    """Client or model text for a page, cut; every page is cleaned of marks as it is written."""
    if text is None:
        return "(no answer)"
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} [cut, {len(text):,} characters]"


def _case(kind: str, example: Example, before: Answered, after: Answered) -> Case:
    return Case(
        kind,
        example.id,
        shown(example.input_text()),
        shown(example.output),
        shown(before.output),
        shown(after.output),
    )


def _rows(engagement: Engagement, arm: ArmSummary) -> dict[str, Answered]:
    """Test rows of the arm's first seed."""
    path = engagement.run(arm.runs[0]).predictions_path if arm.runs else None
    if path is None or not path.exists():
        return {}
    return {row.id: row for row in codec.iter_lines(path, Answered) if row.split == "test"}


def _scored(rows: dict[str, Answered]) -> dict[str, float]:
    return next((row.scores for row in rows.values() if row.scores), {})
