"""The engagement's memory of its comparisons: lines that are only ever added to."""

from __future__ import annotations

from pathlib import Path

from advisor.engagement import codec
from advisor.engagement.errors import RecordError
from advisor.engagement.folder import Engagement
from advisor.engagement.records.iterations import Iterated


def iterations_path(engagement: Engagement) -> Path:
    """Every comparison made, one line each."""
    return engagement.root / "runs" / "history.jsonl"


def iterations(engagement: Engagement) -> list[Iterated]:
    """Oldest first, possibly none; a half-written last line is not there yet."""
    path = iterations_path(engagement)
    if not path.exists():
        return []
    try:
        return list(codec.iter_lines(path, Iterated))
    except RecordError as wrong:
        raise RecordError(wrong.problem, fix="mend or delete that line: the others are kept") from None


def remember(engagement: Engagement, line: Iterated) -> None:
    """Add one at the end, after cutting off what a killed writer left half."""
    path = iterations_path(engagement)
    path.parent.mkdir(parents=True, exist_ok=True)
    codec.cut_torn_line(path)
    with path.open("ab") as history:
        history.write(codec.encode(line) + b"\n")
