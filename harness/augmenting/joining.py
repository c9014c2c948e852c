"""Written rows beside the client's: learnt from, never judged by, and gone again with one command."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.engagement import codec
from advisor.engagement.folder import Engagement
from advisor.engagement.records.augment import Augmented
from advisor.engagement.records.examples import Example


def join(engagement: Engagement, augmented: Augmented, rows: Sequence[Example]) -> None:
    """Put the rows beside the training rows; those of an earlier round give way.

    The record comes last: without it the rows count as absent.
    """
    engagement.synthetic_record_path.unlink(missing_ok=True)
    codec.write_lines(engagement.synthetic_path, rows)
    codec.write_json(engagement.synthetic_record_path, augmented)


def leave(engagement: Engagement) -> bool:
    """Take the rows away; whether there were any. What was written stays in the round's folder."""
    there = engagement.synthetic_record_path.exists()
    engagement.synthetic_record_path.unlink(missing_ok=True)
    engagement.synthetic_path.unlink(missing_ok=True)
    return there
