"""Fields of a JSON output that have the wanted value: F1 over all of its values, 0 to 1, for each item.

A value counts where key and value agree: texts but for case and blanks, 12 as 12.0, but never "12" as 12. The
order of keys and of list entries does not matter: entries are paired so that most agree. A key that was made
up costs precision, one that is missing recall; an output that is no JSON has no field right.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Any

from advisor.engagement.records.examples import Example
from harness.metrics._forms import is_json, structure
from harness.metrics._kind import Basis, ItemScore, Metric

MOST_PAIRS = 2_500
"""Pairs of list entries that are weighed; longer lists are compared in order."""


def field_f1(given: Any, wanted: Any) -> float:
    """Of two JSON values, 0.0 to 1.0."""
    return 2 * agreeing(given, wanted) / (leaves(given) + leaves(wanted))


def leaves(value: Any) -> int:
    """Values that are neither objects nor arrays; an empty one of these counts as a value."""
    if isinstance(value, dict | list) and value:
        return sum(map(leaves, value.values() if isinstance(value, dict) else value))
    return 1


def agreeing(given: Any, wanted: Any) -> int:
    """Values that agree, at most."""
    if isinstance(given, dict) and isinstance(wanted, dict) and given and wanted:
        return sum(agreeing(given[key], wanted[key]) for key in given.keys() & wanted.keys())
    if isinstance(given, list) and isinstance(wanted, list) and given and wanted:
        return _agreeing_entries(given, wanted)
    return int(_plain(given) == _plain(wanted))


def _agreeing_entries(given: Sequence[Any], wanted: Sequence[Any]) -> int:
    if not any(isinstance(one, dict | list) for one in (*given, *wanted)):
        return sum((Counter(map(_plain, given)) & Counter(map(_plain, wanted))).values())
    if len(given) * len(wanted) > MOST_PAIRS:
        return sum(agreeing(one, other) for one, other in zip(given, wanted, strict=False))
    from scipy.optimize import linear_sum_assignment

    table = [[agreeing(one, other) for other in wanted] for one in given]
    rows, columns = linear_sum_assignment(table, maximize=True)
    return sum(table[row][column] for row, column in zip(rows, columns, strict=True))


def _plain(value: Any) -> Hashable:
    """A value with its type, so that true is not 1."""
    if isinstance(value, str):
        return ("text", " ".join(value.casefold().split()))
    if isinstance(value, bool) or value is None:
        return ("constant", value)
    if isinstance(value, int | float):
        # float() of a long integer overflows
        return ("number", float(value) if abs(value) < 1e300 and math.isfinite(value) else str(value))
    return ("empty", type(value).__name__) if not value else ("filled", id(value))


def score(output: str, example: Example) -> float | None:
    """None where the wanted output itself is no JSON object or array."""
    wanted = structure(example.output)
    if wanted is None:
        return None
    given = structure(output)
    return 0.0 if given is None else field_f1(given, wanted)


def fit(basis: Basis) -> ItemScore | None:
    """Where most training outputs are JSON."""
    return score if is_json(basis) else None


METRIC = Metric(
    name="field_f1",
    title="field F1",
    tasks=("generation",),
    fit=fit,
    needs="training outputs that are mostly JSON objects or arrays",
)
