"""What must not be touched and is not: placeholders, tags, addresses, numbers that are kept, 0 to 1.

An item's are those that stand both in its input and in its wanted output, so that a number which a good
answer leaves out is not asked for. Each is compared letter for letter, as often as it stands in both. An item
without any has no score.
"""

from __future__ import annotations

import re
from collections import Counter

from advisor.engagement.records.examples import Example
from harness.metrics._forms import is_call, is_json
from harness.metrics._kind import Basis, ItemScore, Metric
from harness.metrics._text import SAMPLE, read

FEWEST = 0.05
"""Share of the rows that must have some for the metric to be of use."""

_KEPT = re.compile(
    r"""
      https?://[^\s<>"']+ | [\w.+-]+@[\w-]+\.[\w.-]*\w          # addresses of pages and people
    | </?[A-Za-z][^<>]{0,200}>                                  # tags
    | \{\{[^{}]{1,100}\}\} | \$?\{[^{}\s]{0,100}\}              # {{name}}, ${name}, {name}, {0}
    | %\([\w.]{1,100}\)[a-z] | %(?:\d\$)?[-+0]?\d*(?:\.\d+)?[sdifuxg@](?!\w)   # %(name)s, %1$s, %d, %.2f
    | \d+(?:[.,:/-]\d+)*                                        # numbers, times, dates
    """,
    re.VERBOSE,
)


def placeholders(text: str) -> Counter[str]:
    """How often each stands in a text; punctuation that ends an address is none of it."""
    return Counter(match.rstrip(".,;:!?)") for match in _KEPT.findall(read(text)))


def wanted(example: Example) -> Counter[str]:
    """Those that a good answer keeps."""
    return placeholders(example.input_text()) & placeholders(example.output)


def score(output: str, example: Example) -> float | None:
    """Share of them in the output; None without any."""
    asked = wanted(example)
    if not asked:
        return None
    return (asked & placeholders(output)).total() / asked.total()


def fit(basis: Basis) -> ItemScore | None:
    """For text; the fields of JSON and calls have metrics of their own."""
    rows = basis.train or basis.validation
    rows = rows[:: max(1, len(rows) // SAMPLE)]
    if is_json(basis) or is_call(basis) or sum(bool(wanted(row)) for row in rows) <= FEWEST * len(rows):
        return None
    return score


METRIC = Metric(
    name="placeholders",
    title="placeholders and numbers kept",
    tasks=("generation",),
    fit=fit,
    needs="rows whose outputs repeat placeholders, tags, addresses or numbers of their inputs",
)
