"""What the owner of the data should know before anybody trusts a number: doubles, leaks, contradictions."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from advisor.engagement.records.examples import Example
from advisor.engagement.records.intake import Finding

from .rows import EMPTY, Content, Numbered
from .splitting import Parts, normalised

LINES_SHOWN = 10
MOST_DISTINCT = 0.8
_ODD = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f\\u202a-\\u202e\\u2066-\\u2069]")


def finding(code: str, message: str, lines: Sequence[int], *, count: int | None = None) -> Finding:
    """A finding with its first lines."""
    return Finding(
        code=code,
        message=message,
        count=len(lines) if count is None else count,
        lines=sorted(lines)[:LINES_SHOWN],
    )


def left_out(contents: Sequence[Content]) -> list[Finding]:
    """Rows without input or output, and rows that are no example to follow, by reason."""
    found = []
    for content in contents:
        lines: dict[str, list[int]] = defaultdict(list)
        for row in content.rejected:
            lines["without input or output" if row.why.startswith(EMPTY) else row.why].append(row.line)
        for why, rows in lines.items():
            code = "empty" if why == "without input or output" else "left_out"
            message = f"{content.path.name}: {len(rows)} rows were left out: {why}"
            found.append(finding(code, message, rows))
    return found


def leaks(numbered: Sequence[Numbered], parts: Parts) -> tuple[Parts, list[Finding]]:
    """Rows to learn or choose from whose input is held out, removed from there; then those that validate."""
    texts = {row.example.id: normalised(row.example.input_text()) for row in numbered}
    held_out = {texts[id] for id in parts.test}
    train, validation = _without(parts.train, held_out, texts), _without(parts.validation, held_out, texts)
    leaked = {*parts.train, *parts.validation} - {*train, *validation}
    choosing = {texts[id] for id in validation}
    kept = _without(train, choosing, texts)
    lines = {row.example.id: row.line for row in numbered}
    found = []
    if leaked:
        message = f"{len(leaked)} training rows repeat a held-out input and were removed from training"
        found.append(finding("leak", message, [lines[id] for id in leaked]))
    if len(kept) < len(train):
        message = (
            f"{len(train) - len(kept)} training rows repeat a validation input and were removed from training"
        )
        found.append(finding("validation_leak", message, [lines[id] for id in {*train} - {*kept}]))
    return Parts(kept, validation, parts.test), found


def _without(ids: Sequence[str], unwanted: set[str], texts: Mapping[str, str]) -> list[str]:
    return [id for id in ids if texts[id] not in unwanted]


def doubles(numbered: Sequence[Numbered]) -> list[Finding]:
    """Rows that repeat an earlier one, and rows that contradict each other."""
    twins: dict[str, list[Numbered]] = defaultdict(list)
    for row in numbered:
        twins[normalised(row.example.input_text())].append(row)
    repeated: list[int] = []
    torn: list[int] = []
    for group in twins.values():
        seen = Counter(row.example.output for row in group)
        if len(seen) > 1:
            torn += [row.line for row in group]
        firsts: set[str] = set()
        for row in group:
            if row.example.output in firsts:
                repeated.append(row.line)
            firsts.add(row.example.output)
    found = []
    if repeated:
        message = f"{len(repeated)} rows repeat an earlier row; a split keeps them together"
        found.append(finding("duplicate", message, repeated))
    if torn:
        message = f"{len(torn)} rows share an input but not the output: no model can get all of them right"
        found.append(finding("conflict", message, torn))
    return found


def labels(rows: Mapping[str, Example], parts: Parts) -> list[Finding]:
    """Classes that make a comparison empty or impossible."""
    trained = Counter(rows[id].output for id in parts.train)
    judged = Counter(rows[id].output for id in parts.test)
    found = []
    unseen = sorted(set(judged) - set(trained))
    if unseen:
        message = f"labels of the test split without a training row: {', '.join(unseen[:5])}"
        found.append(finding("unseen_label", message, [], count=sum(judged[label] for label in unseen)))
    if len({*trained, *judged}) == 1:
        message = f"every row has the label {next(iter(trained))!r}: a constant answer is always right"
        found.append(finding("single_label", message, [], count=trained.total() + judged.total()))
    names, rows_used = {*trained, *judged}, trained.total() + judged.total()
    if len(names) > MOST_DISTINCT * rows_used:
        message = f"{len(names)} labels for {rows_used} rows: is this column a class?"
        found.append(finding("label_per_row", message, [], count=len(names)))
    return found


def odd_characters(numbered: Sequence[Numbered]) -> list[Finding]:
    """Control characters and marks that reverse the reading direction: text may look other than it is."""
    odd = [row.line for row in numbered if _ODD.search(row.example.input_text() + row.example.output)]
    if not odd:
        return []
    message = f"{len(odd)} rows hold control characters or marks that change the reading direction"
    return [finding("odd_characters", message, odd)]
