"""The longest sequence of words that output and target share in order, as F1: ROUGE-L, 0 to 1.

As the package rouge-score has it without stemming, but for words of every script, and in whole machine words:
the package's table takes seconds for a long answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from harness.metrics._forms import is_prose
from harness.metrics._kind import Basis, ItemScore, Metric
from harness.metrics._targets import best
from harness.metrics._text import words


def rouge_l(output: str, target: str) -> float:
    """0.0 to 1.0; case and punctuation do not count; two texts without words agree."""
    given, wanted = words(output), words(target)
    if not given or not wanted:
        return float(given == wanted)
    return 2 * longest_common(given, wanted) / (len(given) + len(wanted))


def longest_common(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest common subsequence, a column of the table per machine word (Hyyrö 2004)."""
    places: dict[str, int] = defaultdict(int)
    for place, word in enumerate(one):
        places[word] |= 1 << place
    full = (1 << len(one)) - 1
    row = full
    for word in other:
        met = row & places.get(word, 0)
        row = ((row + met) | (row - met)) & full
    return len(one) - row.bit_count()


def fit(basis: Basis) -> ItemScore | None:
    """For running text; in a word or two it says what token F1 says."""
    return best(rouge_l) if is_prose(basis) else None


METRIC = Metric(
    name="rouge_l",
    title="ROUGE-L",
    tasks=("generation",),
    fit=fit,
    needs="outputs in running text of four words or more",
)
