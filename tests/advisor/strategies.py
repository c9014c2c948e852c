"""Random answers as clients give them: some unknown, some assumed, numbers within their bounds."""

from __future__ import annotations

from hypothesis import strategies as st

from advisor.engagement.records.answers import Answer, Answers, Value
from advisor.questionnaire._kind import Question
from advisor.questionnaire.asking import all_questions


def values(question: Question) -> st.SearchStrategy[Value]:
    """Any possible value of one question."""
    if question.number is None:
        return st.sampled_from([option.id for option in question.options])
    return st.sampled_from([*question.number.probes, question.number.low, question.number.high])


@st.composite
def any_answers(draw: st.DrawFn) -> Answers:
    """Each question answered, assumed or left out."""
    given: dict[str, Answer] = {}
    for question in all_questions():
        certainty = draw(st.sampled_from(["known", "known", "assumed", "absent"]))
        if certainty != "absent":
            given[question.id] = Answer(value=draw(values(question)), certainty=certainty)
    return Answers(given)
