"""What an audit is: something that is looked for in a client's rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from advisor.engagement.records.examples import Example
from advisor.engagement.records.intake import Severity
from harness.intake.corpus import Corpus, Seen


class RowAudit(NamedTuple):
    """Looked for in each row by itself; on large files rows are parted between processes."""

    code: str
    """Stable word of the finding."""
    says: str
    """One sentence with `{count}`, such as "{count} rows hold an e-mail address"."""
    do: str
    """What to do about it."""
    severity: Severity
    """As in `Finding`."""
    holds: Callable[[Example], bool]
    """Whether the row shows it."""


class Audit(NamedTuple):
    """Looked for in the rows together."""

    name: str
    """Stable word."""
    look: Callable[[Corpus], Seen]
    """Findings and facts; reads rows through `corpus.rows`, and never all of them into memory."""
