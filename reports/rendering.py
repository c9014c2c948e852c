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
from advisor.engagement.afterwards import iterations
from advisor.engagement.catalogue import find
from advisor.engagement.errors import NotReady
from advisor.engagement.folder import Engagement
from advisor.engagement.records.advice import Given, Recommendation
from advisor.engagement.records.comparison import Comparison, Verdict
from advisor.engagement.records.iterations import Iteration
from advisor.engagement.records.settings import Settings

from . import comparison, forms, index, progress, scoping, summary
from .figures import figures
from .forms._kind import Document, Form
from .look import Look
from .numbers import in_words, written_as
from .plain import plain
from .quality import data_facts
from .wording import reworded

Kind = Literal["report", "summary", "progress"]
"""All of it, one page, or how it went over the iterations."""


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
    iterations: list[Iteration] = []  # noqa: RUF012
    """Comparisons so far, for the progress report."""
    given: list[Given] = []  # noqa: RUF012
    """Advice so far, for the progress report."""


def write_report(
    engagement: Engagement, output: Path | None = None, *, today: dt.date, wanted: Wanted = ALL
) -> Path:
    """Write the report whole or not at all, and return its path.

    Raises NotReady where there is nothing to report yet, MissingPackage for a form whose extra is not
    installed.
    """
    form = find(forms, Form, wanted.form)
    path = output or engagement.report_path.with_name(f"{wanted.kind}.{form.name}")
    codec.write_bytes(path, form.content(document(engagement, today=today, wanted=wanted)))
    return path


def write_index(
    folder: Path, output: Path | None = None, *, today: dt.date, wanted: Wanted = ALL
) -> tuple[Path, list[index.Entry], list[index.Broken]]:
    """Write one page over every engagement in the folder; return its path, what it lists, what it cannot."""
    form = find(forms, Form, wanted.form)
    path = output or folder / f"index.{form.name}"
    entries, broken = index.collect(folder, beside=path.parent)
    settings = Settings(title=folder.resolve().name)
    with written_as(wanted.locale or settings.locale):
        page = _page("index.html.j2", index.view(entries, broken), settings, today, wanted)
    records = {
        "schema": "index/1",
        "date": today.isoformat(),
        "version": _version(),
        "engagements": [one._asdict() for one in entries],
        "broken": [one._asdict() for one in broken],
    }
    found = Document(settings.title, page, records, index.figures(entries, broken))
    codec.write_bytes(path, form.content(found))
    return path, entries, broken


def render(engagement: Engagement, *, today: dt.date, with_examples: bool = False) -> str:
    """The page as text."""
    return document(engagement, today=today, wanted=Wanted(with_examples=with_examples)).page


def document(engagement: Engagement, *, today: dt.date, wanted: Wanted = ALL) -> Document:
    """The page, the records it rests on and their numbers."""
    settings, held = engagement.settings(), _held(engagement, wanted.kind)
    with written_as(wanted.locale or settings.locale):
        template, view = _view(engagement, held, wanted)
        page = _page(template, view, settings, today, wanted)
    records = {
        "schema": "report/1",
        "kind": wanted.kind,
        "title": settings.title,
        "client": settings.client,
        "date": today.isoformat(),
        "version": _version(),
        **_records(engagement, held),
    }
    if wanted.kind == "progress":
        numbers = progress.figures(held.iterations)
    else:
        numbers = figures(
            held.advice,
            held.comparison,
            held.verdict,
            engagement.profile(),
            engagement.curve(),
            engagement.automation(),
        )
    title = ": ".join(filter(None, (settings.client, settings.title)))
    return Document(title, page, records, numbers)


def _page(template: str, view: Any, settings: Settings, today: dt.date, wanted: Wanted) -> str:
    return (
        _templates()
        .get_template(template)
        .render(view=view, settings=settings, today=today.isoformat(), version=_version(), look=wanted.look)
    )


def _held(engagement: Engagement, kind: Kind) -> Held:
    """What the report is made of. Raises NotReady where that is nothing."""
    advice, compared, verdict = engagement.recommendation(), engagement.comparison(), engagement.verdict()
    if compared is None or verdict is None:
        compared = verdict = None
    if advice is None and compared is None:
        raise NotReady(
            f"{engagement.root}: nothing to report yet", fix="run `tunecase advise` or `tunecase compare`"
        )
    if kind != "progress":
        return Held(advice, compared, verdict)
    lines = iterations(engagement)
    if not lines:
        raise NotReady(
            f"{engagement.root}: no comparison has been kept yet",
            fix="run `tunecase compare`; what is finished is not run again",
        )
    given = codec.iter_lines(engagement.history_path, Given) if engagement.history_path.exists() else []
    return Held(advice, compared, verdict, lines, list(given))


def _view(engagement: Engagement, held: Held, wanted: Wanted) -> tuple[str, Any]:
    """The template and what it shows; sentences of the records get the locale's numbers."""
    advice = held.advice and reworded(held.advice)
    if wanted.kind == "progress":
        lines, given = [reworded(one) for one in held.iterations], [reworded(one) for one in held.given]
        verdict = held.verdict and reworded(held.verdict)
        view: Any = progress.view(lines, given, advice, held.comparison, verdict)
        return "progress.html.j2", view
    brief = wanted.kind == "summary"
    if held.comparison is not None and held.verdict is not None:
        measured, judged = reworded(held.comparison), reworded(held.verdict)
        if brief:
            return "summary.html.j2", summary.measured(measured, judged, advice)
        view = comparison.view(engagement, measured, judged, advice, with_examples=wanted.with_examples)
        return "comparison.html.j2", view
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
        "iterations": held.iterations or None,
        "advice_given": held.given or None,
    }
    return {name: msgspec.to_builtins(record) for name, record in found.items() if record is not None}


@cache
def _templates() -> jinja2.Environment:
    """Everything is escaped and cleaned of hidden marks; an absent name is an error, not a blank."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("reports", "templates"),
        autoescape=True,
        finalize=plain,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["in_words"] = in_words
    return environment


def _version() -> str:
    """Of this tool."""
    try:
        return version("tunecase")
    except PackageNotFoundError:
        return "unknown version"
