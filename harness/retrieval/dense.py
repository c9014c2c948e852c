"""Passages ranked by meaning: cosine of sentence embeddings, by the extra `sentence-transformers`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from advisor.engagement import codec, digests
from advisor.engagement.errors import NotReady, PlanError
from harness.retrieval._kind import DEEP

BATCH = 32
HELP = "pip install 'tunecase[dense]'"


class Dense:
    """Embeddings of passages, kept on disk."""

    def __init__(self, encoder: Any, vectors: Any) -> None:
        self._encoder, self._vectors = encoder, vectors

    @classmethod
    def over(cls, passages: Sequence[str], folder: Path, *, model: str) -> Dense:
        """The embeddings in `folder`, or made anew; the folder's name has to tell model and passages."""
        import numpy as np

        encoder = encoder_of(model)
        path = folder / "embeddings.npy"
        try:
            vectors = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            vectors = None
        if vectors is None or vectors.ndim != 2 or len(vectors) != len(passages):
            vectors = encoded(encoder, passages)
            _keep(vectors, path)
        return cls(encoder, vectors)

    def rank(self, queries: Sequence[str], depth: int = DEEP) -> list[list[int]]:
        """All passages by cosine; of equal ones the earlier first."""
        import numpy as np

        found = []
        for vector in encoded(self._encoder, queries, query=True):
            best = np.argsort(-(self._vectors @ vector), kind="stable")[:depth]
            found.append([int(number) for number in best])
        return found


def encoder_of(model: str) -> Any:
    """A model of the extra; code that comes with a model is never run."""
    try:
        import sentence_transformers
    except ImportError:
        raise NotReady("search by meaning needs sentence-transformers", fix=HELP) from None
    try:
        return sentence_transformers.SentenceTransformer(model, trust_remote_code=False)
    except (OSError, ValueError, RuntimeError) as wrong:
        reason = str(wrong).splitlines()[0] if str(wrong) else type(wrong).__name__
        raise PlanError(
            f"[retrieval] embedder {model!r} does not load: {reason}",
            fix="name a folder or a hub id of a sentence-transformers model",
        ) from None


def encoded(encoder: Any, texts: Sequence[str], *, query: bool = False) -> Any:
    """Unit vectors, one row a text; a model with a prompt of its own for queries gets it."""
    import numpy as np

    if not texts:
        return np.zeros((0, encoder.get_sentence_embedding_dimension()), dtype=np.float32)
    encode = encoder.encode_query if query else encoder.encode_document
    made = encode(list(texts), batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False)
    return np.asarray(made, dtype=np.float32)


def reranked(model: Any, query: str, passages: Sequence[str]) -> list[int]:
    """Places of the passages in the order of a cross-encoder; of equal ones the earlier first."""
    import numpy as np

    if not passages:
        return []
    scores = model.predict([(query, passage) for passage in passages], show_progress_bar=False)
    return [int(place) for place in np.argsort(-np.asarray(scores).reshape(len(passages)), kind="stable")]


def reranker_of(model: str) -> Any:
    """A cross-encoder with one score a pair."""
    try:
        import sentence_transformers
    except ImportError:
        raise NotReady("a reranker needs sentence-transformers", fix=HELP) from None
    try:
        return sentence_transformers.CrossEncoder(model, num_labels=1, trust_remote_code=False)
    except (OSError, ValueError, RuntimeError) as wrong:
        reason = str(wrong).splitlines()[0] if str(wrong) else type(wrong).__name__
        raise PlanError(
            f"[retrieval] reranker {model!r} does not load: {reason}",
            fix="name a folder or a hub id of a cross-encoder",
        ) from None


def identity(model: str) -> str:
    """What tells a model: the digest of a folder's files, or the hub id as it is written."""
    place = Path(model)
    if not place.is_dir():
        return model
    return digests.of_files(path for path in place.rglob("*") if path.is_file())


def _keep(vectors: Any, path: Path) -> None:
    import io

    import numpy as np

    path.parent.mkdir(parents=True, exist_ok=True)
    held = io.BytesIO()
    np.save(held, vectors, allow_pickle=False)
    codec.write_bytes(path, held.getvalue())
