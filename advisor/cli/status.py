"""`tunecase status`: where the engagement stands and what comes next, derived from what is on disk."""

from __future__ import annotations

from pathlib import Path

import click

from advisor.cli.session import Session, session_options
from advisor.engagement.folder import Engagement


@click.command()
@session_options
def command(session: Session) -> None:
    """Say where the engagement stands and what comes next.

    \b
    Examples:
      tunecase status
      tunecase status --json
    """
    engagement = session.engagement()
    rows = state(engagement)
    following = next_command(engagement)
    if session.as_json:
        session.emit({"engagement": str(engagement.root), "state": dict(rows), "next": following})
        return
    click.echo(f"{engagement.settings().title}  ({engagement.root})")
    for name, value in rows:
        click.echo(f"  {name:<8} {value}")
    click.echo(f"next: {following}")


def state(engagement: Engagement) -> list[tuple[str, str]]:
    """One line per part, in working order."""
    return [
        ("answers", _answers(engagement)),
        ("advice", _advice(engagement)),
        ("data", _data(engagement)),
        ("plan", _plan(engagement)),
        ("runs", _runs(engagement)),
        ("verdict", _verdict(engagement)),
        ("report", _report(engagement)),
    ]


def next_command(engagement: Engagement) -> str:
    """The command that moves the engagement on."""
    steps = (
        (engagement.recommendation_path, "tunecase advise"),
        (engagement.splits_path, "tunecase check FILE"),
        (engagement.plan_path, "tunecase plan"),
        (engagement.verdict_path, "tunecase compare"),
    )
    following = next((step for path, step in steps if not path.exists()), "tunecase report --open")
    written = engagement.report_path.exists() and not _is_older(
        engagement.report_path, engagement.verdict_path
    )
    return "tunecase report" if following.endswith("--open") and not written else following


def _answers(engagement: Engagement) -> str:
    from advisor.questionnaire.reading import read_answers

    if not engagement.answers_path.exists():
        return "none yet"
    answers = read_answers(engagement.answers_path).by_question
    given = [answer.certainty for answer in answers.values() if answer.is_known]
    assumed = given.count("assumed")
    return f"{len(given) - assumed} known" + (f", {assumed} assumed" if assumed else "")


def _advice(engagement: Engagement) -> str:
    advice = engagement.recommendation()
    if advice is None:
        return "none yet"
    stale = _is_older(engagement.recommendation_path, engagement.answers_path)
    ending = ", older than the answers: run `tunecase advise`" if stale else ""
    return f"{advice.approach.replace('_', '-')} ({advice.confidence:.0%}) of {advice.as_of}{ending}"


def _data(engagement: Engagement) -> str:
    if not engagement.splits_path.exists():
        return "none yet"
    splits = engagement.splits()
    return f"train {len(splits.train)}, validation {len(splits.validation)}, test {len(splits.test)}"


def _plan(engagement: Engagement) -> str:
    if not engagement.plan_path.exists():
        return "none yet"
    plan = engagement.plan()
    return f"{', '.join(plan.arms)} on {plan.model}"


def _runs(engagement: Engagement) -> str:
    done, begun = engagement.run_counts()
    if not begun:
        return "none yet"
    return f"{done} finished" + (f", {begun - done} begun" if begun > done else "")


def _report(engagement: Engagement) -> str:
    if not engagement.report_path.exists():
        return "none yet"
    newer = (engagement.recommendation_path, engagement.verdict_path)
    if any(_is_older(engagement.report_path, path) for path in newer):
        return "older than what it reports: run `tunecase report`"
    return "written"


def _is_older(path: Path, than: Path) -> bool:
    return than.exists() and path.stat().st_mtime < than.stat().st_mtime


def _verdict(engagement: Engagement) -> str:
    verdict = engagement.verdict()
    return f"{verdict.decision}: {verdict.sentence}" if verdict else "none yet"
