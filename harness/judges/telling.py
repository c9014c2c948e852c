"""How the judge did: order, repeats, agreement with people, cost; in numbers and in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import msgspec

from advisor.engagement.records.judged import Judgement, JudgeResult
from advisor.engagement.records.plan import Plan
from harness.judges.asking import purse
from harness.judges.pairs import Question
from harness.judges.wording import SAYING, decided

FEWEST_PEOPLE = 30
"""Pairs judged by people below which agreement says little."""
Known = Mapping[tuple[str, str, str, str], Judgement]


def counted(
    plan: Plan, outputs: Sequence[Question], questions: Sequence[Question], known: Known
) -> JudgeResult:
    """The counts of one comparison; `questions` are those that had to be asked."""
    assert plan.judge is not None
    judged = [found for one in questions if one.kind == "output" and (found := known.get(one.key))]
    again = [found for one in questions if one.kind == "again" and (found := known.get(one.key))]
    people = [found for one in questions if one.kind == "people" and (found := known.get(one.key))]
    asked = sum(one.kind == "output" for one in questions)
    money = purse(plan.judge, list(known.values())) if plan.judge.base_url else None
    result = JudgeResult(
        model=plan.judge.model,
        against=plan.judge.against,
        pairs=len(judged),
        same=len(outputs) - asked,
        turned=sum(decided(one.first, one.second)[1] for one in judged),
        ties=sum(one.first == one.second == "tie" for one in judged),
        unreadable=sum("" in (one.first, one.second) for one in judged),
        failed=asked - len(judged),
        again=len(again),
        changed=sum(_decision(one) != _decision(_first_time(one, known)) for one in again),
        people=len(people),
        agreed=sum(_decision(one) == 1.0 for one in people),
        kappa=_kappa(people),
        tokens_in=sum(one.tokens_in for one in known.values()),
        tokens_out=sum(one.tokens_out for one in known.values()),
        usd=money.spent if money is not None and (money.usd_in or money.usd_out) else None,
        told=[],
    )
    return _with_words(result, plan)


def _decision(one: Judgement) -> float:
    return decided(one.first, one.second)[0]


def _first_time(one: Judgement, known: Known) -> Judgement:
    return known["output", one.id, one.output, one.other]


def _kappa(people: Sequence[Judgement]) -> float | None:
    """Over both orders, in which people have A and B equally often."""
    if not people:
        return None
    from sklearn.metrics import cohen_kappa_score

    theirs = ["A", "B"] * len(people)
    judges = [said for one in people for said in (one.first, one.second)]
    return float(cohen_kappa_score(theirs, judges, labels=[*SAYING, ""]))


def _with_words(result: JudgeResult, plan: Plan) -> JudgeResult:
    assert plan.judge is not None
    host = urlsplit(plan.judge.base_url).hostname
    where = f" at {host}, to which {result.tokens_in} tokens were sent," if host else ""
    held = f"those of {result.against}" if result.against else "the wanted ones"
    told = [
        f"The judge {result.model}{where} held outputs against {held}, each pair in both orders: "
        f"{result.pairs} pairs, of which {result.turned} turned with the order and count as ties."
    ]
    if result.unreadable:
        told.append(f"In {result.unreadable} pairs a reply of the judge named no answer: they count as ties.")
    if result.failed:
        told.append(f"{result.failed} pairs could not be judged and have no score.")
    if result.again:
        told.append(f"Asked once more, the judge decided {result.changed} of {result.again} pairs otherwise.")
    told.append(_of_people(result))
    if plan.judge.model == plan.model and not host:
        told.append("The judge is the model whose arms it judges: it may favour its own wording.")
    return msgspec.structs.replace(result, told=told)


def _of_people(result: JudgeResult) -> str:
    if not result.people or result.kappa is None:
        return "Nobody has checked the judge against people: there are no preference pairs to do it by."
    few = f", too few to rely on (fewer than {FEWEST_PEOPLE})" if result.people < FEWEST_PEOPLE else ""
    return (
        f"It decides as people did in {result.agreed} of {result.people} preference pairs "
        f"(kappa {result.kappa:.2f}){few}."
    )
