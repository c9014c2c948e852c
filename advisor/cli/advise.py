"""`tunecase advise`: ask, recommend, explain; without an engagement it works on a file and writes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advisor.cli.session import Session, session_options
from advisor.engagement import codec
from advisor.engagement.errors import NotReady
from advisor.engagement.folder import Engagement
from advisor.engagement.records.advice import Recommendation
from advisor.engagement.records.answers import Answers
from advisor.engagement.records.settings import Settings

if TYPE_CHECKING:
    from advisor.questionnaire.interview import Open

FIX = "answer in a terminal, or fill in `tunecase advise --blank > answers.toml` and pass it with --answers"


@click.command()
@click.option(
    "--answers",
    "answers_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Read answers from FILE; in an engagement they are added to answers.toml",
)
@click.option("--set", "changes", multiple=True, metavar="QUESTION=VALUE", help="Give one answer; repeatable")
@click.option("--no-input", is_flag=True, help="Never ask; unanswered questions count as unknown")
@click.option("--blank", is_flag=True, help="Print the empty form as TOML")
@click.option(
    "--what-if", "what_if", multiple=True, metavar="QUESTION=VALUE", help="Try an answer, save nothing"
)
@session_options
def command(
    session: Session,
    answers_path: Path | None,
    changes: tuple[str, ...],
    no_input: bool,
    blank: bool,
    what_if: tuple[str, ...],
) -> None:
    """Recommend an approach, with reasons and cost.

    \b
    Examples:
      tunecase advise
      tunecase advise --answers answers.toml --set knowledge_changes=daily --no-input
      tunecase advise --what-if knowledge_changes=daily
      tunecase advise --blank > answers.toml
      tunecase advise --json | jq .approach
    """
    if blank:
        from advisor.questionnaire.reading import blank as empty_form

        click.echo(empty_form(), nl=False)
        return
    engagement = session.optional_engagement()
    given = collect(engagement, answers_path, changes)
    asks = session.may_prompt and not no_input and answers_path is None and not changes and not what_if
    if asks:
        given = _ask(session, engagement, given)
        if given is None:
            session.say("saved; run `tunecase advise` again to go on")
            return
    if given is None:
        raise NotReady("there are no answers yet", fix=FIX)
    _recommend(session, engagement, given, what_if=what_if, save_answers=bool(changes or answers_path))


def collect(
    engagement: Engagement | None, answers_path: Path | None, changes: Sequence[str]
) -> Answers | None:
    """Answers of the engagement, then of the file, then of the flags; None where there are none at all."""
    from advisor.questionnaire.reading import parse_set, read_answers

    found = Answers()
    if engagement is not None and engagement.answers_path.exists():
        found = read_answers(engagement.answers_path)
    if answers_path is not None:
        found = Answers({**found.by_question, **read_answers(answers_path).by_question})
    for change in changes:
        found = found.with_answer(*parse_set(change))
    return found if found.by_question or answers_path is not None else None


def advise(answers: Answers, settings: Settings | None, *, today: dt.date) -> Recommendation:
    """The recommendation that follows."""
    from advisor.advice.recommending import recommend

    return recommend(answers, today=today, settings=settings)


def save_advice(engagement: Engagement, *, today: dt.date, answers: Answers | None = None) -> Recommendation:
    """Recommend from the engagement's answers; write the advice and one more line of history."""
    given = answers if answers is not None else collect(engagement, None, ())
    if given is None:
        raise NotReady(f"{engagement.answers_path}: there are no answers yet", fix=FIX)
    advice = advise(given, engagement.settings(), today=today)
    codec.write_json(engagement.recommendation_path, advice)
    codec.cut_torn_line(engagement.history_path)
    with engagement.history_path.open("ab") as history:
        history.write(codec.encode(advice) + b"\n")
    return advice


def _recommend(
    session: Session,
    engagement: Engagement | None,
    given: Answers,
    *,
    what_if: Sequence[str],
    save_answers: bool,
) -> None:
    from advisor.questionnaire.reading import parse_set, write_answers

    today = dt.date.today()
    if what_if:
        settings = engagement.settings() if engagement is not None else None
        now = advise(given, settings, today=today)
        tried = given
        for change in what_if:
            tried = tried.with_answer(*parse_set(change))
        advice = advise(tried, settings, today=today)
        session.say(f"now: {now.sentence}\nwith {', '.join(what_if)}: {advice.sentence}")
    elif engagement is not None:
        if save_answers:
            write_answers(engagement.answers_path, given)
        advice = save_advice(engagement, today=today, answers=given)
        session.detail(f"wrote {engagement.recommendation_path}")
    else:
        advice = advise(given, None, today=today)
    show(session, advice, following=_next(engagement, advice))


def show(session: Session, advice: Recommendation, *, following: str) -> None:
    """On the screen, or as one JSON object."""
    if session.as_json:
        session.emit(advice)
        return
    from advisor.cli.advice_screen import draw

    draw(session.console(), advice, following=following)


def _next(engagement: Engagement | None, advice: Recommendation) -> str:
    if engagement is None:
        return "tunecase init DIR, to keep answers and advice"
    if advice.approach == "not_ready":
        return "tunecase report"
    return "tunecase check FILE" if not engagement.splits_path.exists() else "tunecase compare"


def _rank(answers: Answers) -> list[Open]:
    """Open questions, the one that could move the advice most first."""
    from advisor.advice.explaining import find_out
    from advisor.questionnaire.interview import Open

    return [Open(one.question, bool(one.could_become)) for one in find_out(answers)]


def _ask(session: Session, engagement: Engagement | None, given: Answers | None) -> Answers | None:
    from advisor.cli.interview_terminal import interview
    from advisor.questionnaire.reading import read_answers, write_answers

    path = engagement.answers_path if engagement is not None else Path("answers.toml")
    if engagement is None:
        session.say(f"no engagement here: answers are kept in {path.resolve()}")
        given = read_answers(path) if path.exists() else given
    save: Callable[[Answers], None] = lambda answers: write_answers(path, answers)  # noqa: E731
    return interview(
        given or Answers(),
        save,
        provisional=lambda answers: advise(answers, None, today=dt.date.today()).sentence,
        rank=_rank,
    )
