"""How texts are cut into words for the metrics that count them, and how much of one is read."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.metrics._kind import Basis

LONGEST_READ = 50_000
"""Characters of a text that are read: an answer that goes on beyond counts as if it stopped there."""
SAMPLE = 2_000
"""Training rows looked at to tell the form of the outputs."""
WITHOUT_BLANKS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese, as ranges of a regular expression."""

_WORD = re.compile(rf"[{WITHOUT_BLANKS}]|[^\W{WITHOUT_BLANKS}]+")
_UNSPACED = re.compile(f"[{WITHOUT_BLANKS}]")


def read(text: str) -> str:
    """The part of a text that is read."""
    return text[:LONGEST_READ]


def words(text: str) -> list[str]:
    """Words without case and punctuation; single characters where a script puts no blanks between words."""
    return _WORD.findall(read(text).casefold())


def sample(basis: Basis) -> list[str]:
    """Training outputs, evenly spaced; those of the validation split where nothing is learnt from."""
    rows = basis.train or basis.validation
    step = max(1, len(rows) // SAMPLE)
    return [row.output for row in rows[::step] if row.output.strip()]


def words_each(outputs: Sequence[str]) -> float:
    """Mean words of an output; 0 without outputs."""
    return sum(len(words(output)) for output in outputs) / max(1, len(outputs))


def without_blanks(outputs: Sequence[str]) -> bool:
    """Whether most letters belong to a script that puts no blanks between words."""
    letters = sum(sum(map(str.isalpha, read(output))) for output in outputs)
    return 2 * sum(len(_UNSPACED.findall(read(output))) for output in outputs) > letters
