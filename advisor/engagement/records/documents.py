"""What retrieval searches: documents with their text, the pieces they are cut into, and what was left out."""

from __future__ import annotations

from typing import Any

import msgspec


class Document(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One document with text: a line of `data/documents/documents.jsonl`."""

    id: str
    """Unique among the documents: the id of its row, or its path below the folder, parts joined by `/`."""
    title: str = ""
    """As the row or the file says; empty where a row has none."""
    text: str
    """Never blank; headings are lines that begin with `#`."""
    source: str
    """The file it was read from, and for rows the line, such as `corpus.jsonl:12`."""
    meta: dict[str, Any] = {}
    """A row's other fields; a file's `kind`, and for a PDF `pages`: where each begins in `text`."""


class Chunk(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A piece of a document: a line of `data/documents/chunks.jsonl`."""

    id: str
    """`doc_id#n`, n from 0 in reading order."""
    doc_id: str
    """The document it is cut from."""
    title: str = ""
    """The document's title and the headings above the piece, joined by ` > `."""
    text: str
    """What stands in the document from `start` on, to the letter."""
    start: int
    """Characters of the document before it."""


class LeftOut(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What no document was made of: a line of `data/documents/left_out.jsonl`."""

    place: str
    """A file, a folder, a page of a PDF, or a line such as `corpus.jsonl:12`."""
    why: str
    """The reason, in words."""
