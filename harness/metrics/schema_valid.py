"""The output is JSON with the keys and types that are asked for, whatever the values say.

Asked for by the schema that the plan names, else by the form that the training outputs have in common.
"""

from harness.metrics._forms import parsed
from harness.metrics._kind import Basis, ItemScore, Metric
from harness.metrics._schema import validator


def fit(basis: Basis) -> ItemScore | None:
    """Where most training outputs are JSON, or the plan names a schema."""
    found = validator(basis)
    if found is None:
        return None

    def valid(output: str) -> float:
        try:
            return float(found.is_valid(parsed(output)))
        except (ValueError, RecursionError):
            return 0.0

    return lambda output, example: valid(output)


METRIC = Metric(
    name="schema_valid",
    title="JSON that meets its schema",
    tasks=("generation",),
    fit=fit,
    needs="training outputs that are mostly JSON, or json_schema under [metrics] in plan.toml",
    binary=True,
)
