"""Overlap of letter sequences, which forgives endings: chrF2 of sacrebleu for each item, 0 to 1.

The number of an arm is the mean over items. Papers pool the counts of all items instead, so it compares arms
of one engagement and is not the figure of a publication.
"""

from harness.metrics._kind import Metric


def chrf(output: str, target: str) -> float:
    """0.0 to 1.0; case counts, blanks do not; two empty texts agree."""
    if not output.strip() or not target.strip():
        return float(output.strip() == target.strip())
    # imported here: the other metrics need no package for text metrics
    from sacrebleu.metrics.chrf import CHRF

    return float(CHRF().sentence_score(output, [target]).score) / 100


METRIC = Metric(
    name="chrf",
    title="chrF",
    tasks=("generation",),
    score=lambda output, example: chrf(output, example.output),
)
