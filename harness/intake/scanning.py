"""One reading of every row for all the audits of single rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from .audits import row_audits
from .corpus import Found, found
from .store import Chunk, Rows


def scan(rows: Rows) -> Iterator[Found]:
    """A finding for each audit that holds of any row."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for seen in rows.over(scan_chunk):
        for code, hits in seen.items():
            numbers[code] += hits
    for audit in row_audits():
        hits = numbers[audit.code]
        if hits:
            message = audit.says.format(count=f"{len(hits):,}")
            yield found(rows, audit.code, message, numbers=hits, do=audit.do, severity=audit.severity)


def scan_chunk(chunk: Chunk) -> dict[str, list[int]]:
    """Code of the audit to the numbers of the rows that show it."""
    numbers: dict[str, list[int]] = defaultdict(list)
    audits = row_audits()
    for number, example in enumerate(chunk.examples(), start=chunk.first):
        for audit in audits:
            if audit.holds(example):
                numbers[audit.code].append(number)
    return dict(numbers)
