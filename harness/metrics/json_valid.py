"""The output is JSON from its first character to its last, as the program that reads it will want it.

JSON within a fence of backticks or after a sentence is not: that program would fail on it. NaN, Infinity,
keys given twice and more than a hundred levels are no valid JSON either.
"""

from advisor.engagement.records.examples import Example
from harness.metrics._forms import is_json, parsed
from harness.metrics._kind import Basis, ItemScore, Metric


def json_valid(output: str) -> float:
    """1.0 or 0.0."""
    try:
        parsed(output)
    except ValueError:
        return 0.0
    return 1.0


def fit(basis: Basis) -> ItemScore | None:
    """Where most training outputs are JSON, or the plan names a schema."""
    return _score if basis.settings.json_schema or is_json(basis) else None


def _score(output: str, example: Example) -> float:
    return json_valid(output)


METRIC = Metric(
    name="json_valid",
    title="valid JSON",
    tasks=("generation",),
    fit=fit,
    needs="training outputs that are mostly JSON, or json_schema under [metrics] in plan.toml",
    binary=True,
)
