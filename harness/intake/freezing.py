"""Checked data into the engagement: rows, pairs, documents, findings and profile, the splits last."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from advisor.engagement import codec
from advisor.engagement.errors import DataError
from advisor.engagement.folder import Engagement
from advisor.engagement.records.examples import Example, Preference

from .checking import Checked
from .corpus import SPLITS, Corpus, affected
from .documents import write_documents
from .pairing import as_pair


def freeze(engagement: Engagement, checked: Checked) -> None:
    """Each file is written whole; without its splits, which come last, the data counts as absent."""
    corpus = checked.corpus
    if checked.splits is None or corpus is None or checked.intake.profile is None:
        raise DataError("rejected data cannot be frozen", fix="mend the file and check it again")
    engagement.splits_path.unlink(missing_ok=True)
    codec.write_lines(engagement.examples_path, corpus.rows.take(corpus.numbers().tolist()))
    _keep(engagement.preferences_path, _pairs(checked, corpus))
    codec.write_pieces(engagement.rejected_path, _pieces(corpus.rows.rejected_path))
    codec.write_pieces(engagement.unwanted_path, _pieces(corpus.rows.aside_path))
    _keep_documents(engagement, checked)
    codec.write_lines(engagement.findings_path, _affected(checked, corpus))
    codec.write_json(engagement.profile_path, checked.intake.profile)
    codec.write_json(engagement.intake_path, checked.intake)
    codec.write_json(engagement.splits_path, checked.splits)


def _keep(path: Path, records: Iterator[msgspec.Struct] | None) -> None:
    """Write the file, or remove what an earlier check of other data left there."""
    if records is None:
        path.unlink(missing_ok=True)
    else:
        codec.write_lines(path, records)


def _keep_documents(engagement: Engagement, checked: Checked) -> None:
    """Documents stay from one check to the next, until others are given."""
    if checked.documents is None:
        return
    profile = checked.intake.profile
    assert profile is not None and profile.documents is not None
    write_documents(
        engagement.documents_path,
        checked.documents,
        questions_with_gold=profile.documents.questions_with_gold,
        gold_absent=profile.documents.gold_absent,
    )


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            yield piece


def _pairs(checked: Checked, corpus: Corpus) -> Iterator[Preference] | None:
    """The pairs that the rows are, or those that came beside them; each with its split."""
    if checked.pairs is not None:
        return iter(checked.pairs.kept)
    if corpus.task != "preference":
        return None
    numbers = corpus.numbers().tolist()
    rows = zip(numbers, corpus.rows.take(numbers), strict=True)
    return (_split_pair(row, SPLITS[corpus.split[number]]) for number, row in rows)


def _split_pair(row: Example, split: str) -> Preference:
    pair = as_pair(row)
    return msgspec.structs.replace(pair, meta={**pair.meta, "split": split})


def _affected(checked: Checked, corpus: Corpus) -> Iterator[msgspec.Struct]:
    for one in checked.found:
        if one.numbers:
            yield affected(corpus.rows, one, [row.id for row in corpus.rows.take(one.numbers)])
