"""Documents for retrieval: rows of a table, a folder of files or a BEIR corpus, read once, kept on disk."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from advisor.engagement import codec, digests
from advisor.engagement.errors import DataError, FileError
from advisor.engagement.records.documents import Chunk, Document, LeftOut
from advisor.engagement.records.intake import DocumentFacts

from .chunking import chunks
from .decoding import LineError
from .document_files import Unreadable, extract, kind_of
from .reading import read_table
from .tables import Raw, Reading, unheard

IDS = ("doc_id", "_id", "id")
TEXTS = ("text", "content", "body", "passage")
CORPUS = "corpus.jsonl"
SHOWN = 3
FIX = 'write documents as {"doc_id": ..., "title": ..., "text": ...}, or name a folder of files'


class Documents:
    """Documents in the order of their source: written once, read as often as needed, 100,000 of them too."""

    def __init__(self, source: Path) -> None:
        self.source = source
        """File or folder that they are read from; a folder with a corpus counts as that file."""
        self._folder = tempfile.TemporaryDirectory(prefix="tunecase-", ignore_cleanup_errors=True)
        self._path = Path(self._folder.name) / "documents.jsonl"
        self._out = self._path.open("wb")
        self.ids: dict[str, int] = {}
        """Id to the document's line, or its number among the files."""
        self.empty: dict[str, int] = {}
        """Id to the line of a row without text: left out."""
        self.passed: list[LeftOut] = []
        """Files and folders that no document was made of, or not all of one."""
        self.kinds: Counter[str] = Counter()
        """Documents per kind of file."""

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, id: object) -> bool:
        return id in self.ids

    def __iter__(self) -> Iterator[Document]:
        decoder = msgspec.json.Decoder(Document)
        with self._path.open("rb") as lines:
            for line in lines:
                yield decoder.decode(line)

    def add(self, document: Document, *, line: int, kind: str) -> None:
        """One more; its id is new."""
        self._out.write(codec.encode(document) + b"\n")
        self.ids[document.id] = line
        self.kinds[kind] += 1

    @property
    def left_out(self) -> list[LeftOut]:
        """All that is missing among the documents, rows without text first."""
        name = self.source.name
        empty = (
            _left_out(f"{name}:{line}", f"document {id!r} is empty: it holds no text")
            for id, line in self.empty.items()
        )
        return [*empty, *self.passed]

    def leave_out(self, place: str, why: str) -> None:
        """Name a file that no document was made of."""
        self.passed.append(_left_out(place, why))

    def seal(self) -> None:
        """No more documents: from here on they can be read."""
        self._out.close()

    def close(self) -> None:
        """Remove the documents from disk."""
        self._out.close()
        self._folder.cleanup()


def read_documents(path: Path, tell: Callable[[str], None] = unheard) -> Documents:
    """Rows of a table, one file, a folder of files, or a folder whose `corpus.jsonl` holds the documents.

    `tell` hears what is fetched, where `path` names a dataset of the hub.
    """
    corpus = path / CORPUS
    documents = Documents(corpus if corpus.is_file() else path)
    try:
        if path.is_dir():
            _read_folder(documents, path)
        elif kind_of(path) is not None and path.exists():
            _read_file(documents, path, path.name)
        else:
            _read_rows(documents, path, tell)
        if not documents.ids:
            raise _nothing(path, documents.left_out)
        documents.seal()
    except OSError as wrong:
        documents.close()
        raise FileError(
            f"{path}: {wrong.strerror or wrong}", fix="check the path and its permissions"
        ) from None
    except BaseException:
        documents.close()
        raise
    return documents


def digest(documents: Iterable[Document]) -> str:
    """sha256 over all documents in order: the same files give the same digest on every machine."""
    return digests.of_records(documents)


def facts(documents: Documents, *, questions_with_gold: int = 0, gold_absent: int = 0) -> DocumentFacts:
    """What there is, counted without writing; the two counts of rows are those of `gold.counted`."""
    seen: Counter[str] = Counter()
    for _ in _pieces(documents, seen):
        pass
    return _facts(documents, seen, questions_with_gold, gold_absent)


def write_documents(
    folder: Path, documents: Documents, *, questions_with_gold: int = 0, gold_absent: int = 0
) -> DocumentFacts:
    """`chunks.jsonl`, `left_out.jsonl` and, last, `documents.jsonl`, each whole or not at all.

    `folder` is the engagement's `documents_path`.
    """
    seen: Counter[str] = Counter()
    codec.write_lines(folder / "chunks.jsonl", _pieces(documents, seen))
    codec.write_lines(folder / "left_out.jsonl", documents.left_out)
    codec.write_lines(folder / "documents.jsonl", documents)
    return _facts(documents, seen, questions_with_gold, gold_absent)


def _pieces(documents: Documents, seen: Counter[str]) -> Iterator[Chunk]:
    for document in documents:
        seen["words"] += len(document.text.split())
        for chunk in chunks(document):
            seen["chunks"] += 1
            yield chunk


def _facts(documents: Documents, seen: Counter[str], named: int, absent: int) -> DocumentFacts:
    return DocumentFacts(
        documents=len(documents),
        chunks=seen["chunks"],
        kinds=dict(documents.kinds.most_common()),
        words=seen["words"],
        questions_with_gold=named,
        gold_absent=absent,
    )


def _nothing(path: Path, left_out: list[LeftOut]) -> DataError:
    said = "; ".join(f"{one.place}: {one.why}" for one in left_out[:SHOWN])
    more = f" and {len(left_out) - SHOWN} more" if len(left_out) > SHOWN else ""
    what = f"of {len(left_out)} entries none gives a document ({said}{more})" if left_out else "no documents"
    return DataError(f"{path}: {what}", fix=FIX)


def _read_rows(documents: Documents, path: Path, tell: Callable[[str], None] = unheard) -> None:
    table = read_table(path, Reading(tell=tell))
    for raw in table.whole():
        id = _id(path, raw)
        before = documents.ids.get(id, documents.empty.get(id))
        if before is not None:
            what = f"id {id!r} was used on {raw.noun} {before}"
            raise raw.error(path, what, fix="give every document its own id")
        place = f"{path.name}:{raw.line}"
        document = _document(path, raw, id, place)
        if document is None:
            documents.empty[id] = raw.line
        else:
            _add(documents, path, raw.line, document, table.form)


def _add(documents: Documents, path: Path, line: int, document: Document, kind: str) -> None:
    try:
        documents.add(document, line=line, kind=kind)
    except (UnicodeEncodeError, TypeError, ValueError, OverflowError, RecursionError) as wrong:
        what = f"document {document.id!r} cannot be written as UTF-8 JSON ({wrong})"
        raise LineError(path, line, what, fix="mend or remove that value") from None


def _id(path: Path, raw: Raw) -> str:
    key = next((key for key in IDS if raw.fields.get(key) not in (None, "")), None)
    if key is None:
        what = f"no id: expected `doc_id`, `_id` or `id`, found {sorted(raw.fields)[:8]}"
        raise raw.error(path, what, fix=FIX)
    value = raw.fields[key]
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        what = f"`{key}` is {value!r}, expected a text or a whole number"
        raise raw.error(path, what, fix="give every document a text as its id")
    return str(value)


def _document(path: Path, raw: Raw, id: str, place: str) -> Document | None:
    key = next((key for key in TEXTS if key in raw.fields), None)
    if key is None:
        what = f"no text: expected `text`, `content`, `body` or `passage`, found {sorted(raw.fields)[:8]}"
        raise raw.error(path, what, fix=FIX)
    text = _text(path, raw, key)
    if not text.strip():
        return None
    title = " ".join(_text(path, raw, "title").split())
    return Document(id=id, title=title, text=text, source=place, meta=_others(raw.fields, key))


def _others(fields: Mapping[str, Any], text: str) -> dict[str, Any]:
    taken = (*IDS, "title", text)
    return {key: value for key, value in fields.items() if key not in taken and value not in (None, "", {})}


def _text(path: Path, raw: Raw, key: str) -> str:
    value = raw.fields.get(key)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        what = f"`{key}` is {type(value).__name__}, expected a text"
        raise raw.error(path, what, fix="write it as one text")
    return str(value).replace("\r\n", "\n").replace("\r", "\n")


def _read_folder(documents: Documents, folder: Path) -> None:
    files, passed = _walk(folder)
    if documents.source != folder:
        _read_rows(documents, documents.source)
        beside = f"not read: {CORPUS} holds the documents"
        passed = [LeftOut(place=name, why=beside) for name, file in files if kind_of(file) is not None]
    else:
        for name, file in files:
            _read_file(documents, file, name)
    documents.passed += passed
    documents.passed.sort(key=lambda one: one.place)


def _read_file(documents: Documents, path: Path, name: str) -> None:
    try:
        name.encode("utf-8")
        read = extract(path)
    except UnicodeEncodeError:
        documents.leave_out(name, "the name is not UTF-8: rename the file")
        return
    except Unreadable as why:
        documents.leave_out(name, str(why))
        return
    kind = str(read.meta["kind"])
    document = Document(id=name, title=read.title, text=read.text, source=name, meta=read.meta)
    documents.add(document, line=len(documents) + 1, kind=kind)
    if read.silent_pages:
        pages = ", ".join(map(str, read.silent_pages[:10]))
        count = len(read.silent_pages)
        documents.leave_out(name, f"pages without text, perhaps scanned: {count} (page {pages})")


def _walk(folder: Path) -> tuple[list[tuple[str, Path]], list[LeftOut]]:
    """Every file below with its path relative to the folder, sorted; and the entries passed over."""
    root = folder.resolve()
    files: list[tuple[str, Path]] = []
    passed: list[LeftOut] = []
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            entries = list(here.iterdir())
        except OSError as wrong:
            passed.append(_left_out(here.relative_to(folder).as_posix(), f"unreadable: {wrong.strerror}"))
            continue
        for entry in entries:
            name = entry.relative_to(folder).as_posix()
            why = _not_followed(entry, root / entry.relative_to(folder), root)
            if why:
                passed.append(_left_out(name, why))
            elif entry.is_dir():
                waiting.append(entry)
            else:
                files.append((name, entry))
    return sorted(files), passed


def _not_followed(entry: Path, usual: Path, root: Path) -> str:
    """Why an entry is passed over: hidden, or leading elsewhere by a link or a junction."""
    if entry.name.startswith("."):
        return "hidden"
    try:
        real = entry.resolve(strict=True)
    except (OSError, RuntimeError):
        return "a link that leads nowhere, or in a circle" if entry.is_symlink() else ""
    if real == usual:
        return ""
    inside = real.is_relative_to(root)
    return (
        "a link within the folder: read where it leads"
        if inside
        else "a link out of the folder: not followed"
    )


def _left_out(place: str, why: str) -> LeftOut:
    """Names of files may hold bytes that are no UTF-8."""
    return LeftOut(
        place=place.encode("utf-8", "backslashreplace").decode("utf-8"),
        why=why.encode("utf-8", "backslashreplace").decode("utf-8"),
    )
