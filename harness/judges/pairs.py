"""Which pairs a judge is asked about: outputs of the arms, some again, and pairs that people judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from advisor.engagement import digests
from advisor.engagement.errors import PlanError
from advisor.engagement.folder import Engagement, RunFolder
from advisor.engagement.records.examples import Example
from advisor.engagement.records.judged import Kind
from advisor.engagement.records.plan import Plan
from harness.arms._kind import ArmData
from harness.judges.wording import Pair
from harness.winning import PROMPTING

PEOPLE = 100
"""Pairs that people have judged, evenly spaced, to hold the judge against."""
NAME = "judge"


class Question(NamedTuple):
    """One pair to be judged, in both orders."""

    kind: Kind
    """As in `Judgement`."""
    id: str
    """Example, or preference pair."""
    pair: Pair
    """The texts."""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What names its judgement."""
        return self.kind, self.id, sha(self.pair.output), sha(self.pair.other)


def sha(text: str) -> str:
    """sha256 of a text."""
    return digests.of_bytes(text.encode())


class Outputs(NamedTuple):
    """What the arms wrote, each text about an example once."""

    compared: list[Question]
    """To be held against the other answer."""
    settled: list[tuple[str, str, float]]
    """Example, output and score where one of the two was cut at the limit or is empty, and so is worse."""


def of_outputs(plan: Plan, data: ArmData, runs: Sequence[RunFolder]) -> Outputs:
    """Every output of an arm beside the one that it is held against; failed requests have no say.

    Validation rows are judged only where they decide: of the arms that may be the baseline, by this metric.
    """
    assert plan.judge is not None
    examples = {row.id: row for row in (*data.validation, *data.test)}
    others = _others(plan, runs, examples)
    held_out = {row.id for row in data.test}
    found: dict[tuple[str, str, str, str], Question] = {}
    settled = []
    for folder in runs:
        decides = plan.metric == NAME and _arm_of(folder) in PROMPTING
        for row in folder.predictions():
            other = others.get(row.id)
            if row.error is not None or other is None or not (row.id in held_out or decides):
                continue
            output = row.output or ""
            if row.finish_reason == "length" or (not output.strip() and other.strip()):
                settled.append((row.id, output, 0.0))
                continue
            if output.strip() and not other.strip():
                settled.append((row.id, output, 1.0))
                continue
            example = examples[row.id]
            wanted = example.output if plan.judge.against else ""
            asked = Question("output", row.id, Pair(example.input_text(), wanted, output, other))
            found.setdefault(asked.key, asked)
    return Outputs(list(found.values()), settled)


def _others(plan: Plan, runs: Sequence[RunFolder], examples: Mapping[str, Example]) -> dict[str, str]:
    """By example, the answer that outputs are held against: the wanted one, or that of an arm's first run.

    One that was cut at the limit is as good as empty.
    """
    assert plan.judge is not None
    against = plan.judge.against
    if not against:
        return {id: row.output for id, row in examples.items()}
    folder = next(folder for folder in runs if _arm_of(folder) == against)
    rows = [row for row in folder.predictions() if row.output is not None]
    return {row.id: "" if row.finish_reason == "length" else row.output or "" for row in rows}


def _arm_of(folder: RunFolder) -> str:
    result = folder.result()
    return result.arm if result else ""


def of_people(engagement: Engagement) -> list[Question]:
    """Preference pairs: the answer that people prefer beside the other one."""
    pairs = engagement.preferences()
    count = min(PEOPLE, len(pairs))
    found = []
    for number in range(count):
        one = pairs[number * len(pairs) // count]
        prompt = one.prompt if isinstance(one.prompt, str) else "\n".join(turn.content for turn in one.prompt)
        found.append(Question("people", one.id, Pair(prompt, "", one.chosen, one.rejected)))
    return found


def once_more(asked: Sequence[Question], count: int) -> list[Question]:
    """So many of them, evenly spaced, to be asked again."""
    some = range(len(asked)) if count >= len(asked) else [n * len(asked) // count for n in range(count)]
    return [asked[number]._replace(kind="again") for number in some]


def check(plan: Plan, task: str) -> None:
    """Refuse a judge that the plan's arms or data give nothing to judge."""
    assert plan.judge is not None
    if task == "classification":
        raise PlanError(
            "[judge] compares written outputs, and these rows have labels, which are right or wrong",
            fix="take [judge] out of plan.toml",
        )
    if plan.judge.against and plan.judge.against not in plan.arms:
        raise PlanError(
            f"[judge] against is {plan.judge.against!r}, which is not among the arms",
            fix=f'name one of {", ".join(plan.arms)}, or "" for the wanted outputs',
        )
