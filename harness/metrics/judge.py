"""How often a judge finds the output better than the one it is held against; a tie counts half.

The judge is asked once all arms have answered, in both orders, so that a run by itself has no such score.
"""

from advisor.engagement.records.examples import Example
from harness.judges.pairs import NAME, sha
from harness.metrics._kind import Basis, ItemScore, Metric


def fit(basis: Basis) -> ItemScore | None:
    """Look up what was judged; None where the plan has no judge."""
    judged = basis.judged
    if judged is None:
        return None

    def score(output: str, example: Example) -> float | None:
        return judged.get((example.id, sha(output)))

    return score


METRIC = Metric(
    name=NAME,
    title="wins by a judge",
    tasks=("generation",),
    fit=fit,
    needs="[judge] with model in plan.toml",
)
