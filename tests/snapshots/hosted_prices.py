"""Writes `advisor/costing/tables/hosted.json` from the genai-prices package: prices by the token, dated.

Run `python -m tests.snapshots.hosted_prices` after raising the version of the package, and read what changed.
The package is a development dependency, for importing it costs more time than the whole of `tunecase advise`.
The table's date is the newest date on which the package says that a price began or was looked up.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import genai_prices.data
from genai_prices.data import providers
from genai_prices.types import ModelInfo, ModelPrice, StartDateConstraint

TARGET = Path(__file__).parents[2] / "advisor" / "costing" / "tables" / "hosted.json"

MODELS = {
    "small": (
        ("openai", "gpt-6-luna"),
        ("anthropic", "claude-haiku-5-5"),
        ("google", "gemini-3.5-flash-lite"),
        ("mistral", "mistral-small-2603"),
        ("aws", "amazon.nova-lite-v1:0"),
    ),
    "medium": (
        ("openai", "gpt-6.1-terra"),
        ("google", "gemini-3.5-flash"),
        ("mistral", "mistral-medium-3-5"),
        ("aws", "amazon.nova-pro-v1:0"),
    ),
    "large": (
        ("openai", "gpt-6.1-sol"),
        ("anthropic", "claude-sonnet-5-5"),
        ("anthropic", "claude-opus-5-5"),
        ("google", "gemini-3.1-pro-preview"),
        ("mistral", "mistral-large-4"),
    ),
}
"""A handful of present models a tier; our sorting, by what their providers offer them for."""

EMBEDDINGS = (
    ("openai", "text-embedding-3-small"),
    ("openai", "text-embedding-3-large"),
    ("google", "gemini-embedding-001"),
    ("mistral", "mistral-embed"),
    ("aws", "amazon.titan-embed-text-v2:0"),
)

FIELDS = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cached_input": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
}
"""Our name of a price, and the package's."""


def main() -> None:
    """Writes the table for today."""
    TARGET.write_text(snapshot(dt.date.today()), encoding="utf-8")
    sys.stdout.write(f"{TARGET}\n")


def snapshot(today: dt.date) -> str:
    """The table as text, one model a line."""
    as_of = newest_date(today)
    head = {
        "package": "genai-prices",
        "version": version("genai-prices"),
        "written": today.isoformat(),
        "as_of": as_of,
        "source": f"genai-prices {version('genai-prices')}",
    }
    models = [_row(p, m, today) | {"size": size} for size, rows in MODELS.items() for p, m in rows]
    embeddings = [_row(p, m, today) for p, m in EMBEDDINGS]
    lines = [f" {_text(key)}: {_text(value)}" for key, value in head.items()]
    for name, rows in (("models", models), ("embeddings", embeddings)):
        lines.append(f' "{name}": [\n  ' + ",\n  ".join(_text(row) for row in rows) + "\n ]")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def newest_date(today: dt.date) -> str:
    """The newest date not after today that the package's prices name."""
    text = Path(genai_prices.data.__file__).read_text(encoding="utf-8")
    begun = (
        dt.date(*map(int, numbers)) for numbers in re.findall(r"datetime\.date\((\d+), (\d+), (\d+)\)", text)
    )
    return max(date for date in begun if date <= today).isoformat()


def _row(provider: str, name: str, today: dt.date) -> dict[str, Any]:
    model = next(m for p in providers if p.id == provider for m in p.models if m.id == name)
    assert not model.deprecated, f"{name} is retired: choose another model in {__file__}"
    row: dict[str, Any] = {"provider": provider, "model": name}
    row |= {f"usd_per_million_{field}": usd for field, usd in _prices(_standard(model, today)).items()}
    batch = _batch(model, today)
    return row | {f"usd_per_million_batch_{field}": usd for field, usd in _prices(batch).items()}


def _standard(model: ModelInfo, today: dt.date) -> ModelPrice:
    """The price in force today; one that is about to change is refused, for the table would age in a week."""
    if isinstance(model.prices, ModelPrice):
        return model.prices
    starts = [one.constraint for one in model.prices if isinstance(one.constraint, StartDateConstraint)]
    later = [start.start_date for start in starts if start.start_date > today]
    assert not later, f"{model.id} changes its price on {min(later)}: choose another model in {__file__}"
    return max(
        model.prices,
        key=lambda one: (
            one.constraint.start_date if isinstance(one.constraint, StartDateConstraint) else dt.date.min
        ),
    ).prices


def _batch(model: ModelInfo, today: dt.date) -> ModelPrice:
    """The price of work handed in as a batch; empty where the package gives none."""
    found = [
        (one.constraint.start_date if isinstance(one.constraint, StartDateConstraint) else dt.date.min, one)
        for one in model.price_variants or []
        if one.when == {"processing": "batch"}
    ]
    begun = [pair for pair in found if pair[0] <= today]
    return max(begun, key=lambda pair: pair[0])[1].prices if begun else ModelPrice()


def _prices(prices: ModelPrice) -> dict[str, float]:
    """Those given, for prompts below the length from which some providers ask more."""
    found = {}
    for ours, theirs in FIELDS.items():
        price = getattr(prices, theirs)
        if price is not None:
            found[ours] = float(getattr(price, "base", price))
    return found


def _text(value: Any) -> str:
    return json.dumps(value)


if __name__ == "__main__":
    main()
