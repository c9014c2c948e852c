"""Always the most frequent answer of the training split: what must be beaten to have done anything."""

from collections import Counter
from collections.abc import Sequence

from advisor.engagement.records.examples import Example
from harness.arms._kind import Answer, Arm, Prepared, Work, chunks


def prepare(work: Work) -> Prepared:
    """Count the training outputs; ties go to the first in the alphabet."""
    counts = Counter(example.output for example in work.data.train)
    most = min(counts, key=lambda output: (-counts[output], output))

    def answer(batch: Sequence[Example]) -> list[Answer]:
        return [Answer(most) for _ in batch]

    share = counts[most] / counts.total()
    return Prepared(
        chunks(work.items, 256), answer, {"answer": f"`{most}`, {share:.0%} of the training rows"}
    )


ARM = Arm(
    name="floor",
    title="Most frequent answer",
    approach="none",
    method=None,
    needs_model=False,
    tasks=("classification", "generation"),
    version=1,
    prepare=prepare,
)
