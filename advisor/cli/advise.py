"""`tunecase advise`: ask, recommend, explain; without an engagement it works on a file and writes nothing."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advisor.cli.session import Session, session_options
from advisor.engagement import codec, digests
from advisor.engagement.errors import NotReady
from advisor.engagement.folder import Engagement
from advisor.engagement.records.advice import Given, Recommendation
from advisor.engagement.records.answers import Answers
from advisor.engagement.records.settings import Settings

if TYPE_CHECKING:
    from advisor.advice.evidence import Evidence
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
@click.option(
    "--without-evidence", is_flag=True, help="Advise from the answers alone, leaving measured runs aside"
)
@session_options
def command(
    session: Session,
    answers_path: Path | None,
    changes: tuple[str, ...],
    no_input: bool,
    blank: bool,
    what_if: tuple[str, ...],
    without_evidence: bool,
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
    if engagement is not None and (changes or answers_path) and not what_if:
        from advisor.questionnaire.reading import write_answers

        write_answers(engagement.answers_path, given)
    found = evidence_of(None if without_evidence else engagement)
    _recommend(session, engagement, given, what_if=what_if, evidence=found)


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


def evidence_of(engagement: Engagement | None) -> Evidence:
    """What the engagement's own runs say; nothing without an engagement."""
    from advisor.advice.evidence import NOTHING, Evidence

    if engagement is None:
        return NOTHING
    compared, curve = engagement.comparison(), engagement.curve()
    if curve is not None and compared is not None and curve.data:
        # a curve of earlier rows says nothing of those that were compared on
        curve = curve if curve.data == compared.provenance.get("data") else None
    return Evidence(compared, engagement.verdict(), curve)


def advise(
    answers: Answers, settings: Settings | None, *, today: dt.date, evidence: Evidence | None = None
) -> Recommendation:
    """The recommendation that follows; without evidence, from the answers alone."""
    from advisor.advice.recommending import recommend

    found = evidence if evidence is not None else evidence_of(None)
    return recommend(answers, today=today, settings=settings, evidence=found)


def save_advice(
    engagement: Engagement,
    *,
    today: dt.date,
    answers: Answers | None = None,
    evidence: Evidence | None = None,
) -> Recommendation:
    """Recommend and write the advice, and a line of history where it is not the last one's again."""
    given = answers if answers is not None else collect(engagement, None, ())
    if given is None:
        raise NotReady(f"{engagement.answers_path}: there are no answers yet", fix=FIX)
    found = evidence if evidence is not None else evidence_of(engagement)
    advice = advise(given, engagement.settings(), today=today, evidence=found)
    codec.write_json(engagement.recommendation_path, advice)
    _remember(engagement, given, advice)
    return advice


def _remember(engagement: Engagement, answers: Answers, advice: Recommendation) -> None:
    codec.cut_torn_line(engagement.history_path)
    line = Given(
        as_of=advice.as_of,
        answers=digests.of_record(answers),
        approach=advice.approach,
        technique=advice.technique,
        confidence=advice.confidence,
        sentence=advice.sentence,
        evidence=advice.evidence,
    )
    lines = engagement.history_path.read_bytes().splitlines() if engagement.history_path.exists() else []
    if lines and {**json.loads(lines[-1]), "as_of": line.as_of} == json.loads(codec.encode(line)):
        return
    with engagement.history_path.open("ab") as history:
        history.write(codec.encode(line) + b"\n")


def _recommend(
    session: Session,
    engagement: Engagement | None,
    given: Answers,
    *,
    what_if: Sequence[str],
    evidence: Evidence,
) -> None:
    from advisor.questionnaire.reading import parse_set

    today = dt.date.today()
    settings = engagement.settings() if engagement is not None else None
    tried = given
    for change in what_if:
        tried = tried.with_answer(*parse_set(change))
    if what_if:
        now = advise(given, settings, today=today, evidence=evidence)
        advice = advise(tried, settings, today=today, evidence=evidence)
        session.say(f"now: {now.sentence}\nwith {', '.join(what_if)}: {advice.sentence}")
    elif engagement is not None:
        advice = save_advice(engagement, today=today, answers=given, evidence=evidence)
        session.detail(f"wrote {engagement.recommendation_path}")
    else:
        advice = advise(given, None, today=today)
    before = advise(tried, settings, today=today) if advice.evidence else None
    show(session, advice, following=_next(engagement, advice), before=before)


def show(
    session: Session, advice: Recommendation, *, following: str, before: Recommendation | None = None
) -> None:
    """On the screen, with the advice before anything was measured, or as one JSON object."""
    if session.as_json:
        session.emit(advice)
        return
    from advisor.cli.advice_screen import draw

    draw(session.console(), advice, following=following, before=before)


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
