"""From an engagement to one HTML file: the comparison report where there is one, else the scoping report."""

from __future__ import annotations

import datetime as dt
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import jinja2

from advisor.engagement import codec
from advisor.engagement.errors import NotReady
from advisor.engagement.folder import Engagement

from . import comparison, scoping
from .plain import plain
from .quality import data_facts


def write_report(
    engagement: Engagement, output: Path | None = None, *, today: dt.date, with_examples: bool = False
) -> Path:
    """Write the report whole or not at all, and return its path.

    Client texts enter it only with `with_examples`. Raises NotReady where there is neither advice nor a
    comparison yet.
    """
    path = output or engagement.report_path
    codec.write_text(path, render(engagement, today=today, with_examples=with_examples))
    return path


def render(engagement: Engagement, *, today: dt.date, with_examples: bool = False) -> str:
    """The page as text."""
    measured, verdict = engagement.comparison(), engagement.verdict()
    advice = engagement.recommendation()
    settings = engagement.settings()
    head = {"settings": settings, "today": today.isoformat(), "version": _version()}
    if measured is not None and verdict is not None:
        view: Any = comparison.view(engagement, measured, verdict, advice, with_examples=with_examples)
        return _templates().get_template("comparison.html.j2").render(view=view, **head)
    if advice is not None:
        view = scoping.view(advice, data_facts(engagement))
        return _templates().get_template("scoping.html.j2").render(view=view, **head)
    raise NotReady(
        f"{engagement.root}: nothing to report yet", fix="run `tunecase advise` or `tunecase compare`"
    )


@cache
def _templates() -> jinja2.Environment:
    """Everything is escaped and cleaned of hidden marks; an absent name is an error, not a blank."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("reports", "templates"),
        autoescape=True,
        finalize=plain,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _version() -> str:
    try:
        return version("tunecase")
    except PackageNotFoundError:
        return "unknown version"
