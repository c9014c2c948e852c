"""Numbers as people read them. The locale decides marks, the record decides digits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, format_decimal

from advisor.engagement.errors import RecordError
from advisor.engagement.records.advice import Range
from advisor.engagement.records.runs import Estimate

LANGUAGES = ("de", "en", "fr")
"""Whose marks we have looked at on a page; a region may follow, as in de_CH."""
_LOCALE: ContextVar[str] = ContextVar("locale", default="en")
"""Of the report that is being written; `written_as` sets it and takes it back."""
_IN_WORDS = re.compile(r"(?<![\w.,/-])\d+(?:,\d{3})*(?:\.\d+)?(?![\w/]|[.,]\d)")
"""A number in an English sentence; no part of a name, a date, a version or an address."""
NOTHING = "no result"
LEAST_MONEY = 0.0001
MINUS = "\N{MINUS SIGN}"
_FRACTION = re.compile(r"\.0+")


class Shown(NamedTuple):
    """A number with what must stand beside it."""

    value: str
    """The number, or words in its place."""
    interval: str = ""
    """`low to high`; empty where there is none."""


@contextmanager
def written_as(locale: str) -> Iterator[None]:
    """Numbers and money with the marks of this locale, such as de or fr_CH, until the block ends.

    Raises RecordError for a language whose marks nobody has looked at.
    """
    token = _LOCALE.set(_checked(locale))
    try:
        yield
    finally:
        _LOCALE.reset(token)


def in_words(sentence: str) -> str:
    """An English sentence of a record with the numbers in it as the locale writes them; commands stay."""
    if _LOCALE.get().startswith("en"):
        return sentence
    parts = sentence.split("`")
    parts[::2] = [_IN_WORDS.sub(_rewritten, part) for part in parts[::2]]
    return "`".join(parts)


def points(value: float | None, *, signed: bool = False) -> str:
    """A share as points of 100 with one decimal: 0.8125 is `81.3`; a sign where asked. None: `no result`."""
    if value is None:
        return NOTHING
    rounded = round(100 * value, 1) + 0.0
    return _decimal(rounded, "+0.0;-0.0" if signed and rounded else "0.0")


def span(low: float | None, high: float | None, *, signed: bool = False) -> str:
    """`76.0 to 85.7`; empty where an end is missing."""
    if low is None or high is None:
        return ""
    return f"{points(low, signed=signed)} to {points(high, signed=signed)}"


def estimate(one: Estimate | None) -> Shown:
    """`81.3` with `76.0 to 85.7`."""
    if one is None or one.value is None:
        return Shown(NOTHING)
    return Shown(points(one.value), span(one.low, one.high))


def count(value: float) -> str:
    """Thousands marked: `40,000`; a fraction keeps up to two decimals."""
    return _decimal(value, "#,##0.##")


def short(value: float) -> str:
    """As few decimals as it has: `0.5`, `1,200`."""
    return _decimal(value, "#,##0.##########")


def hundredths(value: float) -> str:
    """Two decimals: `0.71`."""
    return _decimal(value, "0.00")


def weight(value: float) -> str:
    """Two decimals and a sign: `+1.76`."""
    return _decimal(value, "+0.00;-0.00")


def tick_texts(values: Sequence[float]) -> list[str]:
    """Round numbers beside an axis, all with as many decimals as the longest of them needs."""
    decimals = max((len(f"{value:.8f}".rstrip("0").partition(".")[2]) for value in values), default=0)
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return [_decimal(value, pattern) for value in values]


def percent(value: float) -> str:
    """`96 %`, and never 0 or 100 for what is neither."""
    if 0 < value < 0.005:
        return "under 1 %"
    if 0.995 <= value < 1:
        return "over 99 %"
    return f"{_decimal(100 * value, '0')} %"


def p_value(p: float | None) -> str:
    """Three decimals, and `< 0.001` below that."""
    if p is None:
        return ""
    return "< 0.001" if p < 0.001 else _decimal(p, "0.000")


def money(amount: float | None, currency: str) -> str:
    """Two significant digits, as costs are estimates: `$1,200`, `$0.0034`."""
    if amount is None:
        return ""
    rounded = two_digits(amount)
    if 0 < rounded < LEAST_MONEY:
        return f"under {money(LEAST_MONEY, currency)}"
    digits = 0 if rounded == 0 or rounded >= 10 else 2
    if 0 < rounded < 0.1:
        digits = len(f"{rounded:.10f}".rstrip("0").partition(".")[2])
    locale = Locale.parse(_LOCALE.get())
    pattern = _FRACTION.sub("." + "0" * digits if digits else "", locale.currency_formats["standard"].pattern)
    return _spaced(format_currency(rounded, currency, pattern, locale=locale, currency_digits=False))


def money_range(band: Range, currency: str) -> str:
    """`$7,200 to $62,000, likely $15,000`; one amount where all three are equal."""
    low, likely, high = (money(each, currency) for each in (band.low, band.likely, band.high))
    return likely if low == high else f"{low} to {high}, likely {likely}"


def money_shown(band: Range, currency: str) -> Shown:
    """The likely amount, with low to high beside it unless they are equal."""
    low, likely, high = (money(each, currency) for each in (band.low, band.likely, band.high))
    return Shown(likely, "" if low == high else f"{low} to {high}")


def weeks(band: Range) -> str:
    """`0.5 to 2 weeks, likely 1`."""
    low, likely = count(round(band.low, 1)), count(round(band.likely, 1))
    return f"{low} to {one_length(band.high)}, likely {likely}"


def one_length(value: float) -> str:
    """`1 week`, `4 weeks`, `0.5 weeks`."""
    shown = count(round(value, 1))
    return f"{shown} week" if shown == "1" else f"{shown} weeks"


def two_digits(value: float) -> float:
    """Rounded to two significant digits."""
    return float(f"{value:.2g}")


def milliseconds(seconds: float | None) -> str:
    """`4.1` for 0.0041 s."""
    return "" if seconds is None else _decimal(1000 * seconds, "#,##0.0")


def whole_seconds(seconds: float | None) -> str:
    """`42`; one decimal below ten."""
    return "" if seconds is None else _decimal(seconds, "#,##0.0" if seconds < 10 else "#,##0")


def gib(value: float | None) -> str:
    """`1.2`."""
    return "" if value is None else _decimal(value, "#,##0.0")


def loss(value: float) -> str:
    """Three decimals."""
    return _decimal(value, "0.000")


def _decimal(value: float, pattern: str) -> str:
    return _spaced(format_decimal(value, pattern, locale=_LOCALE.get()))


def _checked(locale: str) -> str:
    try:
        found = Locale.parse(locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        found = None
    if found is None or found.language not in LANGUAGES:
        raise RecordError(
            f"locale {locale!r}: numbers are written for {', '.join(LANGUAGES)}",
            fix="write de, en_GB or fr_CH",
        )
    return str(found)


def _rewritten(found: re.Match[str]) -> str:
    whole, _, fraction = found[0].partition(".")
    if "," not in whole and not fraction:
        return found[0]
    pattern = "#,##0" if "," in whole else "0"
    return _decimal(float(found[0].replace(",", "")), f"{pattern}.{'0' * len(fraction)}".rstrip("."))


def _spaced(text: str) -> str:
    """A real minus sign, so that `-3` is not read as a dash."""
    return text.replace("-", MINUS)
