"""Properties of the advice that hold for any client, tried on thousands of random answer sets."""

from __future__ import annotations

import datetime as dt
import math
from itertools import pairwise
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.advice.explaining import other_values, reasons
from advisor.advice.recommending import recommend
from advisor.advice.weighing import Fact, facts, flattening, leader, probabilities
from advisor.engagement.codec import encode
from advisor.engagement.records.advice import APPROACHES, Recommendation
from advisor.engagement.records.answers import UNKNOWN, Answer, Answers, Certainty
from advisor.questionnaire.asking import all_questions, by_id, readings, visible
from advisor.questionnaire.reading import parse_set

from .strategies import any_answers, values

TODAY = dt.date(2026, 11, 24)
FEW = settings(max_examples=120, deadline=None)
DEAR = settings(max_examples=40, deadline=None)
"""For what takes a whole advice, or many, for each example."""
MANY = settings(max_examples=500, deadline=None)
CHANGES = ["static", "yearly", "monthly", "weekly", "daily", "realtime"]
DEMO = Path(__file__).parents[2] / "advisor" / "examples" / "support-triage" / "answers.toml"


def advise(answers: Answers) -> Recommendation:
    """The recommendation of a fixed day."""
    return recommend(answers, today=TODAY)


def with_certainty(answers: Answers, certainty: Certainty) -> Answers:
    """All answers, equally sure."""
    given = {name: Answer(value=one.value, certainty=certainty) for name, one in answers.by_question.items()}
    return Answers(given)


@FEW
@given(any_answers())
def test_the_ranking_holds_all_five_sorted_and_sums_to_one(answers: Answers) -> None:
    advice = advise(answers)
    shares = [one.probability for one in advice.ranking]
    assert math.isclose(sum(shares), 1.0, abs_tol=1e-9)
    assert shares == sorted(shares, reverse=True) and min(shares) >= 0
    assert {one.approach for one in advice.ranking} == set(APPROACHES)
    assert advice.approach == advice.ranking[0].approach == leader(facts(answers))
    assert advice.confidence == advice.ranking[0].probability
    assert advice.tied_with == [
        one.approach for one in advice.ranking[1:] if advice.confidence - one.probability <= 0.05
    ]


@DEAR
@given(any_answers())
def test_the_same_answers_give_the_same_advice(answers: Answers) -> None:
    assert encode(advise(answers)) == encode(advise(answers))


@DEAR
@given(any_answers())
def test_every_flip_flips_and_no_other_option_does(answers: Answers) -> None:
    advice = advise(answers)
    for flip in advice.flips:
        name, answer = parse_set(f"{flip.question}={flip.to}")
        changed = advise(answers.with_answer(name, answer))
        assert changed.approach == flip.becomes != advice.approach
    listed = {(flip.question, flip.becomes) for flip in advice.flips}
    for question in visible(answers):
        for value in other_values(question, answers):
            becomes = leader(facts(answers.with_answer(question.id, Answer(value=value))))
            assert becomes == advice.approach or (question.id, becomes) in listed


@MANY
@given(any_answers(), st.data())
def test_unknown_is_never_surer_than_the_best_answer_would_be(answers: Answers, data: st.DataObject) -> None:
    read = facts(answers)
    question = data.draw(st.sampled_from([q for q in visible(answers) if q.id in read]))
    unknown = answers.with_answer(question.id, Answer(value=UNKNOWN))
    known = answers.with_answer(question.id, Answer(value=data.draw(values(question))))
    not_knowing = probabilities({**read, question.id: Fact(None, 1.0)}, flattening(unknown))
    possible = [
        probabilities({**read, question.id: Fact(one, 1.0)}, flattening(known)) for one in readings(question)
    ]
    assert max(not_knowing.values()) <= max(max(odds.values()) for odds in possible) + 1e-12


@MANY
@given(any_answers(), st.data())
def test_unknown_flattens_the_result_and_never_reorders_it(answers: Answers, data: st.DataObject) -> None:
    question = data.draw(st.sampled_from([q for q in all_questions() if q.shown_when is None]))
    with_it = answers.with_answer(question.id, Answer(value=data.draw(values(question))))
    without = answers.with_answer(question.id, Answer(value=UNKNOWN, certainty="unknown"))
    if question.id != "labelled_examples":
        assert flattening(without) < flattening(with_it)
    sharp, flat = probabilities(facts(answers), 1.0), probabilities(facts(answers), flattening(answers))
    assert max(sharp, key=lambda name: sharp[name]) == max(flat, key=lambda name: flat[name])
    assert max(flat.values()) <= max(sharp.values()) + 1e-12


@FEW
@given(any_answers())
def test_every_unknown_visible_question_is_worth_finding_out(answers: Answers) -> None:
    unknown = {question.id for question in visible(answers) if answers.value(question.id) is None}
    assert {one.question for one in advise(answers).find_out} == unknown


@MANY
@given(any_answers())
def test_faster_change_never_lowers_the_share_of_retrieval(answers: Answers) -> None:
    shares = []
    for change in CHANGES:
        tried = answers.with_answer("knowledge_changes", Answer(value=change))
        odds = probabilities(facts(tried), flattening(tried))
        shares.append(odds["rag"] + odds["fine_tuning_rag"])
    assert all(later >= earlier - 1e-12 for earlier, later in pairwise(shares))


@MANY
@given(any_answers())
def test_more_good_examples_never_lower_the_share_of_training(answers: Answers) -> None:
    good = answers.with_answer("examples_fit", Answer(value="9_or_more"))
    shares = []
    for amount in by_id()["labelled_examples"].options:
        tried = good.with_answer("labelled_examples", Answer(value=amount.id))
        odds = probabilities(facts(tried), flattening(tried))
        shares.append(odds["fine_tuning"] + odds["fine_tuning_rag"])
    assert all(later >= earlier - 1e-12 for earlier, later in pairwise(shares))


@DEAR
@given(any_answers(), st.randoms())
def test_the_order_of_answers_is_irrelevant(answers: Answers, random: Random) -> None:
    names = list(answers.by_question)
    random.shuffle(names)
    shuffled = Answers({name: answers.by_question[name] for name in names})
    assert encode(advise(shuffled)) == encode(advise(answers))


@MANY
@given(any_answers())
def test_a_gate_outweighs_all_that_speaks_for_an_approach(answers: Answers) -> None:
    barred = answers.with_answer("may_learn", Answer(value="no"))
    assert leader(facts(barred)) not in ("fine_tuning", "fine_tuning_rag")


@DEAR
@given(any_answers())
def test_options_hold_every_approach_and_doing_nothing_and_the_roadmap_has_gates(answers: Answers) -> None:
    advice = advise(answers)
    assert [one.name for one in advice.options] == [one.approach for one in advice.ranking] + ["do_nothing"]
    assert advice.options[0].strongest_for == advice.reasons_for[0].because if advice.reasons_for else True
    assert 3 <= len(advice.roadmap) <= 5
    for step in advice.roadmap:
        assert step.work and step.gate and step.otherwise
        assert 0 < step.weeks.low <= step.weeks.likely <= step.weeks.high
    assert all(one.who for one in advice.find_out)


@FEW
@given(any_answers())
def test_an_assumed_answer_weighs_less_than_a_known_one(answers: Answers) -> None:
    for approach in APPROACHES:
        certain = reasons(approach, with_certainty(answers, "known"))
        guessed = {one.question: one for one in reasons(approach, with_certainty(answers, "assumed"))}
        for reason in certain:
            assert abs(guessed[reason.question].weight) <= abs(reason.weight)


@DEAR
@given(any_answers())
def test_costs_are_bands_with_a_source_for_every_line(answers: Answers) -> None:
    cost = advise(answers).cost
    for item in cost.items:
        assert 0 <= item.low <= item.likely <= item.high
        assert item.source and item.unit
    for band, period in ((cost.one_off, "one_off"), (cost.per_month, "per_month")):
        assert math.isclose(
            band.likely, sum(item.likely for item in cost.items if item.period == period), abs_tol=0.01
        )


@DEAR
@given(any_answers())
def test_fields_agree_with_each_other(answers: Answers) -> None:
    advice = advise(answers)
    tuned = advice.approach in ("fine_tuning", "fine_tuning_rag")
    assert (advice.technique != "none") == (advice.objective != "none") == tuned
    assert (advice.parameters != "none") == tuned
    assert (advice.not_ready_because is not None) == (advice.approach == "not_ready")
    assert (advice.base_model_b is not None) == bool(advice.base_models)
    assert all(reason.weight > 0 and reason.source for reason in advice.reasons_for)
    assert all(reason.weight < 0 and reason.source for reason in advice.reasons_against)
    assert {"floor", "classical", "zero_shot", "few_shot"} <= set(advice.arms)
    assert advice.next_steps and advice.risks and advice.sentence
