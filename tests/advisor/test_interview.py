"""The interview without a terminal: forward, back, unknown, note, quit, resume, check."""

from __future__ import annotations

from advisor.engagement.records.answers import Answer, Answers
from advisor.questionnaire.asking import all_questions, by_id, visible
from advisor.questionnaire.interview import Interview, Open, Rank, in_order


class Saved:
    """What has been written."""

    def __init__(self) -> None:
        self.states: list[Answers] = []

    def __call__(self, answers: Answers) -> None:
        """Keep one state."""
        self.states.append(answers)


def begin(answers: Answers | None = None, rank: Rank = in_order) -> tuple[Interview, Saved]:
    """An interview and its file."""
    saved = Saved()
    return Interview(answers or Answers(), saved, rank=rank), saved


def core_answered() -> Answers:
    """Every core question said to be unknown."""
    unknown = Answer(value="unknown", certainty="unknown")
    return Answers({question.id: unknown for question in all_questions() if question.core})


def answer_until(talk: Interview, question: str) -> None:
    """Say unknown to everything before a question."""
    while talk.current is not None and talk.current.id != question:
        talk.take("u")


def test_core_questions_come_first_and_every_answer_is_saved_at_once() -> None:
    talk, saved = begin()
    asked = []
    while talk.current is not None:
        asked.append(talk.current.id)
        talk.take("u")
        assert talk.current is None or not talk.core_is_settled() or len(asked) >= 8
    assert asked == [question.id for question in all_questions()]
    assert len(saved.states) == len(asked)


def test_unknown_is_an_answer_that_is_kept_and_not_asked_again() -> None:
    talk, saved = begin()
    first = talk.current
    assert first is not None
    talk.take("u")
    assert saved.states[-1].by_question[first.id] == Answer(value="unknown", certainty="unknown")
    again, _ = begin(saved.states[-1])
    assert again.current != first


def test_an_untouched_form_is_asked_from_the_start() -> None:
    form = Answers({question.id: Answer(value="unknown") for question in all_questions()})
    talk, _ = begin(form)
    assert talk.current == all_questions()[0]


def test_back_returns_to_the_last_question_asked_not_the_last_in_the_list() -> None:
    answers = Answers({q.id: Answer(value="unknown", certainty="unknown") for q in all_questions()})
    talk, _ = begin(answers)
    assert talk.start().kind == "check"
    number = [question.id for question in talk.rows()].index("latency") + 1
    talk.take(str(number))
    talk.take("under_1s")
    assert talk.start().kind == "check"
    talk.take("<")
    assert talk.current is not None and talk.current.id == "latency"
    assert talk.last_time() == Answer(value="under_1s")


def test_back_at_the_first_question_is_refused_kindly() -> None:
    talk, _ = begin()
    assert talk.take("<").kind == "refused"
    assert talk.current == all_questions()[0]


def test_enter_keeps_the_last_answer_and_is_refused_without_one() -> None:
    talk, _ = begin()
    assert talk.take("").kind == "refused"
    talk.take("1")
    talk.take("<")
    talk.take("")
    assert talk.answers.value("task_kind") == "classification"


def test_numbers_texts_prefixes_and_assumptions_are_understood() -> None:
    talk, _ = begin()
    talk.take("a label")
    assert talk.answers.by_question["task_kind"] == Answer(value="classification")
    talk.take("2?")
    assert talk.answers.by_question["simpler_method"] == Answer(value="partly", certainty="assumed")
    assert talk.take("nonsense").kind == "refused"
    talk.take("test_set")
    answer_until(talk, "score_today")
    talk.take("45 %?")
    assert talk.answers.by_question["score_today"] == Answer(value=45, certainty="assumed")


def test_a_note_goes_with_the_answer_given_next_or_already_given() -> None:
    talk, saved = begin()
    assert talk.take("n").kind == "note"
    assert talk.take("the desk lead").kind == "ask"
    talk.take("1")
    assert talk.answers.by_question["task_kind"].note == "the desk lead"
    assert talk.take("2").kind == "ask"
    assert talk.answers.by_question["simpler_method"].note == ""
    talk.take("<")
    talk.take("n")
    talk.take("q < ?")
    assert saved.states[-1].by_question["simpler_method"].note == "q < ?"


def test_conditional_questions_appear_and_disappear_and_keep_their_answers() -> None:
    talk, _ = begin(Answers({"examples_fit": Answer(value="9_or_more")}))
    answer_until(talk, "labelled_examples")
    talk.take("none")
    assert by_id()["examples_fit"] not in visible(talk.answers)
    assert [question.id for question in talk.unused()] == ["examples_fit"]
    talk.take("<")
    talk.take("n_100_999")
    assert by_id()["examples_fit"] in visible(talk.answers)
    assert talk.unused() == []


def test_quit_and_resume_go_on_at_the_first_open_question() -> None:
    talk, saved = begin()
    talk.take("1")
    talk.take("1")
    assert talk.take("q").kind == "quit"
    again, _ = begin(saved.states[-1])
    assert again.current == all_questions()[2]
    again.take("<")
    assert again.current == all_questions()[1]


def test_help_changes_nothing() -> None:
    talk, saved = begin()
    assert talk.take("?").kind == "help"
    assert saved.states == []


def test_the_check_lists_all_and_takes_a_number_enter_or_quit() -> None:
    answers = Answers({q.id: Answer(value="unknown", certainty="unknown") for q in all_questions()})
    talk, _ = begin(answers)
    assert talk.take("99").kind == "refused"
    assert talk.take("1").kind == "ask"
    assert talk.current == talk.rows()[0]
    assert talk.take("u").kind == "check"
    assert talk.take("").kind == "done"


def test_the_place_counts_visible_questions_of_the_section() -> None:
    talk, _ = begin()
    assert talk.place() == ("Task", 1, 5)


def test_after_the_core_the_question_that_could_move_the_advice_most_is_asked() -> None:
    by_weight = ["latency", "hardware", "tried"]

    def rank(answers: Answers) -> list[Open]:
        return sorted(in_order(answers), key=lambda one: one.question not in by_weight)

    talk, _ = begin(core_answered(), rank)
    asked = []
    for _ in by_weight:
        assert talk.current is not None
        asked.append(talk.current.id)
        talk.take("u")
    assert sorted(asked) == sorted(by_weight)
    talk.take("<")
    assert talk.current is not None and talk.current.id == asked[-1]


def nothing_could(answers: Answers) -> list[Open]:
    """No open answer matters."""
    return [Open(one.question, False) for one in in_order(answers)]


def test_the_interview_says_when_no_open_answer_can_change_the_advice_and_offers_to_stop() -> None:
    talk, _ = begin(core_answered(), nothing_could)
    assert talk.start().kind == "settled"
    assert talk.take("perhaps").kind == "refused"
    assert talk.take("s").kind == "check"
    assert talk.take("1").kind == "ask"
    assert talk.take("1").kind == "check"
    assert talk.take("").kind == "done"


def test_going_on_is_offered_once_and_again_only_after_something_mattered() -> None:
    matters = False

    def rank(answers: Answers) -> list[Open]:
        return [Open(one.question, matters) for one in in_order(answers)]

    talk, _ = begin(core_answered(), rank)
    assert talk.start().kind == "settled"
    assert talk.take("").kind == "ask"
    assert talk.take("u").kind == "ask"
    matters = True
    assert talk.take("u").kind == "ask"
    matters = False
    assert talk.take("u").kind == "settled"
    assert talk.take("<").kind == "ask"


def test_the_offer_waits_for_the_core_questions() -> None:
    talk, _ = begin(None, nothing_could)
    assert talk.start().kind == "ask"
    assert talk.take("q").kind == "quit"


def test_an_offer_can_be_left_by_saving_and_quitting() -> None:
    talk, _ = begin(core_answered(), nothing_could)
    talk.start()
    assert talk.take("q").kind == "quit"
