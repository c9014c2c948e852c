"""Items that the leading option fixes or breaks, in the words of the client, where that was asked for."""

from __future__ import annotations

from typing import NamedTuple

from advisor.engagement import codec
from advisor.engagement.afterwards import failures
from advisor.engagement.folder import Engagement
from advisor.engagement.records.comparison import ArmSummary, Comparison
from advisor.engagement.records.examples import Example
from advisor.engagement.records.runs import Answered

from .numbers import count

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
    """At most five items fixed and five broken against the best prompting option, in file order.

    None where the data was checked anew since: the answers are to other rows than those that lie there now.
    """
    if not _same_rows(engagement, comparison):
        return []
    baseline = next((arm for arm in comparison.arms if arm.name == comparison.baseline), None)
    if baseline is None or leading is None or leading is baseline:
        return []
    before, after = _rows(engagement, baseline), _rows(engagement, leading)
    examples, held_out = engagement.examples(), set(engagement.splits().test)
    changes = _changes(engagement, comparison, (baseline, leading), (before, after))
    found: dict[str, list[Case]] = {"fixed": [], "broken": []}
    for id, example in examples.items():
        change = changes.get(id, 0.0)
        if id not in held_out or after.get(id) is None or after[id].target != example.output:
            continue
        kind = "fixed" if change > 0 else "broken"
        if change and len(found[kind]) < MOST_EACH:
            found[kind].append(_case(kind, example, before[id], after[id]))
    return [*found["fixed"], *found["broken"]]


def shown(text: str | None) -> str:
    """Client or model text for a page, cut; every page is cleaned of marks as it is written."""
    if text is None:
        return "(no answer)"
    return (
        text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} [cut, {count(len(text))} characters]"
    )


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


def _same_rows(engagement: Engagement, comparison: Comparison) -> bool:
    """Comparisons of before splits were named in them are taken at their word."""
    compared_on = comparison.provenance.get("splits")
    return compared_on is None or compared_on == engagement.splits().digest


def _changes(
    engagement: Engagement,
    comparison: Comparison,
    arms: tuple[ArmSummary, ArmSummary],
    rows: tuple[dict[str, Answered], dict[str, Answered]],
) -> dict[str, float]:
    """By id, how much better the second arm is: by the failures found after the comparison, where they hold
    both arms to one standard, else by the scores that the rows were stored with.
    """
    both = [id for id in rows[0] if id in rows[1]]
    record = failures(engagement)
    if record is not None and record.data == comparison.provenance.get("data"):
        sides = [next((one for one in record.arms if one.arm == arm.name), None) for arm in arms]
        before, after = sides
        if before is not None and after is not None and before.wrong_below == after.wrong_below:
            was, now = ({id for one in side.clusters for id in one.rows} for side in (before, after))
            return {id: float(id in was) - float(id in now) for id in both}
    names = [row.scores.keys() for side in rows for row in side.values() if row.scores]
    shared = [name for name in (names[0] if names else ()) if all(name in one for one in names)]
    metric = comparison.metric if comparison.metric in shared else next(iter(shared), "")
    scores = [{id: row.scores.get(metric) for id, row in side.items()} for side in rows]
    found = {id: (scores[0][id], scores[1][id]) for id in both}
    return {id: b - a for id, (a, b) in found.items() if a is not None and b is not None}
