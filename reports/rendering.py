"""From an engagement to one file: the comparison report where there is one, else the scoping report."""

from __future__ import annotations

import datetime as dt
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal, NamedTuple

import jinja2
import msgspec

from advisor.engagement import codec
from advisor.engagement.catalogue import find
from advisor.engagement.errors import NotReady
from advisor.engagement.folder import Engagement
from advisor.engagement.records.advice import Recommendation
from advisor.engagement.records.comparison import Comparison, Verdict

from . import comparison, forms, scoping, summary
from .figures import figures
from .forms._kind import Document, Form
from .look import Look
from .numbers import written_as
from .plain import plain
from .quality import data_facts
from .wording import reworded

Kind = Literal["report", "summary"]
"""All of it, or one page."""


class Wanted(NamedTuple):
    """What is to be written, and how."""

    kind: Kind = "report"
    """Also the name of the file."""
    form: str = "html"
    """A file of `forms/`."""
    with_examples: bool = False
    """Whether texts of the client stand in it."""
    look: Look = Look()
    """Logo and colour."""
    locale: str = ""
    """Whose marks numbers have; empty: the engagement's."""


ALL = Wanted()


class Held(NamedTuple):
    """What an engagement holds to report."""

    advice: Recommendation | None
    """None before `advise`."""
    comparison: Comparison | None
    """None before `compare`."""
    verdict: Verdict | None
    """There where a comparison is."""


def write_report(
    engagement: Engagement, output: Path | None = None, *, today: dt.date, wanted: Wanted = ALL
) -> Path:
    """Write the report whole or not at all, and return its path.

    Raises NotReady where there is neither advice nor a comparison yet, MissingPackage for a form whose extra
    is not installed.
    """
    form = find(forms, Form, wanted.form)
    path = output or engagement.report_path.with_name(f"{wanted.kind}.{form.name}")
    codec.write_bytes(path, form.content(document(engagement, today=today, wanted=wanted)))
    return path


def render(engagement: Engagement, *, today: dt.date, with_examples: bool = False) -> str:
    """The page as text."""
    return document(engagement, today=today, wanted=Wanted(with_examples=with_examples)).page


def document(engagement: Engagement, *, today: dt.date, wanted: Wanted = ALL) -> Document:
    """The page, the records it rests on and their numbers."""
    settings, held = engagement.settings(), _held(engagement)
    with written_as(wanted.locale or settings.locale):
        template, view = _view(engagement, held, wanted)
        page = (
            templates()
            .get_template(template)
            .render(
                view=view, settings=settings, today=today.isoformat(), version=our_version(), look=wanted.look
            )
        )
    records = {
        "schema": "report/1",
        "kind": wanted.kind,
        "title": settings.title,
        "client": settings.client,
        "date": today.isoformat(),
        "version": our_version(),
        **_records(engagement, held),
    }
    return Document(
        title=": ".join(filter(None, (settings.client, settings.title))),
        page=page,
        records=records,
        figures=figures(held.advice, held.comparison, held.verdict, engagement.profile()),
    )


def _held(engagement: Engagement) -> Held:
    advice, compared, verdict = engagement.recommendation(), engagement.comparison(), engagement.verdict()
    if compared is None or verdict is None:
        compared = verdict = None
    if advice is None and compared is None:
        raise NotReady(
            f"{engagement.root}: nothing to report yet", fix="run `tunecase advise` or `tunecase compare`"
        )
    return Held(advice, compared, verdict)


def _view(engagement: Engagement, held: Held, wanted: Wanted) -> tuple[str, Any]:
    """The template and what it shows; sentences of the records get the locale's numbers."""
    advice = held.advice and reworded(held.advice)
    brief = wanted.kind == "summary"
    if held.comparison is not None and held.verdict is not None:
        verdict = reworded(held.verdict)
        if brief:
            return "summary.html.j2", summary.measured(held.comparison, verdict, advice)
        shows = comparison.view(
            engagement, held.comparison, verdict, advice, with_examples=wanted.with_examples
        )
        return "comparison.html.j2", shows
    assert advice is not None
    if brief:
        return "summary.html.j2", summary.advised(advice)
    return "scoping.html.j2", scoping.view(advice, data_facts(engagement))


def _records(engagement: Engagement, held: Held) -> dict[str, Any]:
    """Everything typed that a report shows, as it stands on disk."""
    found = {
        "verdict": held.verdict,
        "comparison": held.comparison,
        "automation": engagement.automation(),
        "learning_curve": engagement.curve(),
        "intake": engagement.intake(),
        "profile": engagement.profile(),
        "recommendation": held.advice,
    }
    return {name: msgspec.to_builtins(record) for name, record in found.items() if record is not None}


@cache
def templates() -> jinja2.Environment:
    """Everything is escaped and cleaned of hidden marks; an absent name is an error, not a blank."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("reports", "templates"),
        autoescape=True,
        finalize=plain,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def our_version() -> str:
    """Of this tool."""
    try:
        return version("tunecase")
    except PackageNotFoundError:
        return "unknown version"
