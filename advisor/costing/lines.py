"""A line of the bill: named inputs times a price, so that one input can be moved through all lines."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from advisor.engagement.records.advice import Range

from .prices import Priced

Values = Mapping[str, float]
Period = Literal["one_off", "per_month"]


class Input(NamedTuple):
    """One figure that nobody knows exactly. Lines that name it the same mean the same figure."""

    name: str
    """In words; unique within a bill."""
    band: Range
    """What it may be."""
    unit: str
    """Of what."""
    source: str = "assumption"
    """Who says so."""
    as_of: str = ""
    """Date; empty for an assumption."""
    money: bool = False
    """Whether it is a price in USD."""


class Line(NamedTuple):
    """A quantity times a price, before it is in the client's currency."""

    name: str
    """What is paid for."""
    period: Period
    """Once, or each month."""
    factors: tuple[Input, ...]
    """Their product is the quantity; each of them can only raise it."""
    unit: str
    """Of the quantity."""
    price: Input
    """USD per unit."""
    step: float = 0.0
    """The quantity is paid in multiples of this, at least one: a card is there all month. 0: as used."""


def priced(name: str, price: Priced, unit: str) -> Input:
    """A price as an input."""
    return Input(name, price.range, unit, price.source, price.as_of, money=True)


def quantity(line: Line, values: Values) -> float:
    """How many units are paid for."""
    units = math.prod(values[factor.name] for factor in line.factors)
    # a millionth less, so that a product of fractions that fills a card does not ask for another one
    return line.step * max(1, math.ceil(units / line.step - 1e-6)) if line.step else units


def usd(line: Line, values: Values) -> float:
    """The line in USD."""
    return quantity(line, values) * values[line.price.name]


def inputs(lines: Iterable[Line]) -> list[Input]:
    """Every input once, in the order in which the lines name them."""
    found = {one.name: one for line in lines for one in (*line.factors, line.price)}
    return list(found.values())


def at(known: Iterable[Input], end: Literal["low", "likely", "high"]) -> dict[str, float]:
    """All inputs at one end of their bands, or at the best guess."""
    return {one.name: getattr(one.band, end) for one in known}


def exactly(value: float) -> Range:
    """A band without width."""
    return Range(low=value, likely=value, high=value)


def scaled(band: Range, factor: float) -> Range:
    """A band times a figure."""
    return Range(low=band.low * factor, likely=band.likely * factor, high=band.high * factor)
