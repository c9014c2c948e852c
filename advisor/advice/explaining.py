"""Why, why not, what would change it, and what to find out: all of it computed, none of it claimed."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.engagement.records.advice import AnsweredQuestion, Approach, FindOut, Flip, Reason
from advisor.engagement.records.answers import UNKNOWN, Answer, Answers, Value
from advisor.questionnaire._kind import Question
from advisor.questionnaire.asking import all_questions, by_id, in_words, readings, section_of, visible

from .weighing import Fact, all_approaches, facts, flattening, leader, probabilities, spoken


def reasons(approach: Approach, answers: Answers) -> list[Reason]:
    """What spoke for (weight above 0) and against it, strongest first."""
    flat = flattening(answers)
    found = [
        Reason(
            question=one.rule.question,
            question_text=by_id()[one.rule.question].text,
            answer=said(one.rule.question, answers),
            because=one.rule.because,
            source=one.rule.source,
            weight=round(flat * one.weight, 3),
        )
        for one in spoken(all_approaches()[approach], facts(answers))
    ]
    return sorted(found, key=lambda reason: -abs(reason.weight))


def said(question: str, answers: Answers) -> str:
    """The answer in words; a share names both of its numbers."""
    asked = by_id()[question]
    words = in_words(asked, answers.value(question))
    if asked.number is not None and asked.number.share_of:
        whole = by_id()[asked.number.share_of]
        return f"{words}, of a target of {in_words(whole, answers.value(whole.id))}"
    return words


def other_values(question: Question, answers: Answers) -> list[Value]:
    """Every other option; for a number, its probes, the nearest to the present one first."""
    now = answers.value(question.id)
    if question.number is None:
        return [option.id for option in question.options if option.id != now]
    probes = [probe for probe in question.number.probes if probe != now]
    if isinstance(now, int | float):
        probes.sort(key=lambda probe: abs(probe - now))
    return list(probes)


def flips(answers: Answers) -> list[Flip]:
    """Single answers that change the approach; of numbers, the nearest that does, for each approach."""
    now = leader(facts(answers))
    found: list[Flip] = []
    for question in visible(answers):
        seen: set[Approach] = set()
        for value in other_values(question, answers):
            becomes = leader(facts(answers.with_answer(question.id, Answer(value=value))))
            if becomes == now or (question.number is not None and becomes in seen):
                continue
            seen.add(becomes)
            found.append(
                Flip(
                    question=question.id,
                    question_text=question.text,
                    now=in_words(question, answers.value(question.id)),
                    to=in_words(question, value),
                    becomes=becomes,
                )
            )
    return found


def find_out(answers: Answers) -> list[FindOut]:
    """Unknown answers, the one that could move the result most first; core ones before equals."""
    before = probabilities(facts(answers), flattening(answers))
    top = leader(facts(answers))
    found = []
    for question in visible(answers):
        if answers.value(question.id) is not None:
            continue
        outcomes = [
            (leader(known), probabilities(known, flat)[top]) for known, flat in _possible(question, answers)
        ]
        swing = max((abs(after - before[top]) for _, after in outcomes), default=0.0)
        could = list(dict.fromkeys(becomes for becomes, _ in outcomes if becomes != top))
        found.append(
            FindOut(
                question=question.id,
                question_text=question.text,
                why=f"{question.why} {question.how_to_find_out}",
                who=question.who,
                could_become=could,
                swing=round(swing, 4),
            )
        )
    return sorted(found, key=lambda one: (not one.could_become, -one.swing))


def _possible(question: Question, answers: Answers) -> Iterator[tuple[dict[str, Fact], float]]:
    """Facts and flattening under each possible answer; a share is tried by its bands, target known or not."""
    shared = next((q for q in all_questions() if q.number and q.number.share_of == question.id), None)
    banded = shared if shared is not None and answers.value(shared.id) is None else question
    for seen in readings(banded):
        value = seen if question.number is None else question.number.probes[0]
        tried = answers.with_answer(question.id, Answer(value=value))
        if question.number is None:
            yield facts(tried), flattening(tried)
        else:
            yield {**facts(answers), banded.id: Fact(seen, 1.0)}, flattening(tried)
    if not readings(banded) and question.number is not None:
        for value in question.number.probes:
            tried = answers.with_answer(question.id, Answer(value=value))
            yield facts(tried), flattening(tried)


def answered(answers: Answers) -> list[AnsweredQuestion]:
    """Every visible question with its answer, in the order of the sections."""
    rows = [_answered(question, answers) for question in visible(answers)]
    titles = {section_of(question.id).title: section_of(question.id).order for question in all_questions()}
    return sorted(rows, key=lambda row: titles[row.section])


def _answered(question: Question, answers: Answers) -> AnsweredQuestion:
    given = answers.by_question.get(question.id)
    known = given is not None and given.is_known
    return AnsweredQuestion(
        question=question.id,
        section=section_of(question.id).title,
        text=question.text,
        answer=in_words(question, given.value) if given is not None and known else UNKNOWN,
        certainty=given.certainty if given is not None and known else "unknown",
        note=given.note if given is not None else "",
        number=answers.number(question.id),
    )
