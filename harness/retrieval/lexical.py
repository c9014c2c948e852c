"""Passages ranked by shared words: BM25 in Lucene's form (Robertson and Zaragoza 2009), by `bm25s`."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from advisor.engagement import codec, digests
from advisor.engagement.errors import FileError
from harness.retrieval._kind import DEEP
from harness.retrieval.words import words

K1, B = 1.2, 0.75
"""Lucene's own: how fast repeats stop counting, and how much long passages pay."""
DONE = "index.json"
"""Written last: without it an index on disk counts as absent."""


class Lexical:
    """An index by words over passages, kept on disk."""

    def __init__(self, index: Any, count: int) -> None:
        self._index, self._count = index, count

    @classmethod
    def over(cls, passages: Sequence[str], folder: Path) -> Lexical:
        """The index of these passages in `folder`, built where it is not there whole.

        `folder` is named by a digest of the passages, so an index found there is theirs.
        """
        stored = _stored(folder, len(passages))
        if stored is not None:
            return cls(stored, len(passages))
        index = _built(passages)
        _keep(index, folder, len(passages))
        return cls(index, len(passages))

    def rank(self, queries: Sequence[str], depth: int = DEEP) -> list[list[int]]:
        """Passages that share a word with the query; of equal ones the earlier first."""
        import numpy as np

        found = []
        for query in queries:
            known = [word for word in words(query) if word in self._index.vocab_dict]
            scores = np.asarray(self._index.get_scores(known)) if known else np.zeros(self._count)
            best = np.argsort(-scores, kind="stable")[: min(depth, self._count)]
            found.append([int(number) for number in best if scores[number] > 0])
        return found


def _built(passages: Sequence[str]) -> Any:
    import bm25s

    index = bm25s.BM25(method="lucene", k1=K1, b=B)
    listed = [words(passage) for passage in passages]
    if not any(listed):
        # an index without any word cannot be built: one that no query can meet stands in
        listed[0] = [""]
    index.index(listed, show_progress=False)
    return index


def _keep(index: Any, folder: Path, count: int) -> None:
    """Whole or not at all; one that another process has put there meanwhile is the same."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".index-", dir=folder.parent))
    try:
        index.save(str(made), show_progress=False)
        codec.write_text(made / DONE, json.dumps(_seal(made, count)) + "\n")
        shutil.rmtree(folder, ignore_errors=True)
        try:
            made.replace(folder)
        except OSError:
            if not (folder / DONE).is_file():
                raise
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _stored(folder: Path, count: int) -> Any | None:
    """An index found on disk; None where it is absent, damaged, or not over so many passages."""
    import bm25s

    try:
        if json.loads((folder / DONE).read_bytes()) != _seal(folder, count):
            return None
        # arrays and JSON only: a pickled object in the folder is refused
        return bm25s.BM25.load(str(folder), allow_pickle=False, show_progress=False)
    except (OSError, ValueError, FileError):
        return None


def _seal(folder: Path, count: int) -> dict[str, object]:
    """What the last file of a whole index says of the others."""
    files = [path for path in folder.iterdir() if path.name != DONE]
    return {"passages": count, "sha256": digests.of_files(files)}
