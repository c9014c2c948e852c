"""The documents of an engagement as passages, searched the way that the plan says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from advisor.engagement import codec, digests
from advisor.engagement.errors import NotReady, PlanError
from advisor.engagement.folder import Engagement
from advisor.engagement.records.documents import Chunk
from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import RetrievalSettings
from harness.retrieval import dense
from harness.retrieval._kind import DEEP, Ranking
from harness.retrieval.fusing import fused
from harness.retrieval.lexical import Lexical
from harness.retrieval.ranked import recall
from harness.retrieval.words import WORDS_VERSION

RETRIEVER_VERSION = 1
"""Raised by hand when the same settings find other passages."""
TRIED = (1, 2, 3, 5)
"""Numbers of passages that are chosen among."""
UNSETTLED = 3
"""Passages where too few validation rows name their documents: our choice."""
FEWEST = 20
"""Validation rows that have to name their documents for a choice."""
NEARLY = 0.98
"""The fewest passages are taken that find this share of what the most find: every request carries them."""
RERANKED = 20
"""Best passages that a reranker orders anew."""


class Found(NamedTuple):
    """What a query finds."""

    passages: list[Chunk]
    """Best first."""
    documents: list[str]
    """Their documents, each once, at its best passage's place."""


class Choice(NamedTuple):
    """How many passages a prompt holds, and why."""

    passages: int
    """So many."""
    told: str
    """The reason, in words."""


class Retriever:
    """Passages for questions; index and models are loaded at the first question."""

    def __init__(self, engagement: Engagement, settings: RetrievalSettings) -> None:
        self.engagement, self.settings = engagement, settings
        self._known: dict[str, Found] = {}

    @cached_property
    def passages(self) -> list[Chunk]:
        """All passages in the order of the documents."""
        return list(codec.iter_lines(chunks_path(self.engagement), Chunk))

    @cached_property
    def identity(self) -> Mapping[str, str]:
        """Everything that changes what is found, by name."""
        asked = self.settings
        named = {
            "documents": digests.of_files([chunks_path(self.engagement)]),
            "search": f"{asked.by}:{RETRIEVER_VERSION}.{WORDS_VERSION}",
        }
        if asked.by != "words":
            named["embedder"] = dense.identity(_embedder(asked))
        if asked.reranker:
            named["reranker"] = dense.identity(asked.reranker)
        return named

    def find(self, query: str) -> Found:
        """The best passages for one question."""
        return self.find_all([query])[0]

    def find_all(self, queries: Sequence[str]) -> list[Found]:
        """The best passages for each question."""
        new = [query for query in dict.fromkeys(queries) if query not in self._known]
        if new:
            rankings = [ranking.rank(new, DEEP) for ranking in self._rankings]
            for query, listed in zip(new, zip(*rankings, strict=True), strict=True):
                self._known[query] = self._found(query, fused(listed, DEEP) if len(listed) > 1 else listed[0])
        return [self._known[query] for query in queries]

    def _found(self, query: str, best: Sequence[int]) -> Found:
        if self.settings.reranker:
            head = list(best[:RERANKED])
            order = dense.reranked(self._reranker, query, [searched(self.passages[n]) for n in head])
            best = [*(head[place] for place in order), *best[RERANKED:]]
        passages = [self.passages[number] for number in best]
        return Found(passages, list(dict.fromkeys(passage.doc_id for passage in passages)))

    @cached_property
    def _rankings(self) -> list[Ranking]:
        texts = [searched(passage) for passage in self.passages]
        if not texts:
            raise NotReady(f"{chunks_path(self.engagement)}: no passages", fix=FIX)
        place = self.engagement.documents_path / "index"
        name = self.identity["documents"][:16]
        found: list[Ranking] = []
        if self.settings.by != "meaning":
            found.append(Lexical.over(texts, place / f"words-{WORDS_VERSION}-{name}"))
        if self.settings.by != "words":
            model = _embedder(self.settings)
            told = digests.of_bytes(self.identity["embedder"].encode())[:16]
            found.append(dense.Dense.over(texts, place / f"meaning-{told}-{name}", model=model))
        return found

    @cached_property
    def _reranker(self) -> Any:
        return dense.reranker_of(self.settings.reranker)


FIX = "run `tunecase check FILE --documents FOLDER`"


def retriever(engagement: Engagement, settings: RetrievalSettings, *, arm: str) -> Retriever:
    """For an engagement with documents; `arm` is named in the refusal."""
    if not chunks_path(engagement).exists():
        raise NotReady(f"{arm} searches documents, and the engagement has none", fix=FIX)
    if settings.by != "words":
        _embedder(settings)
    if settings.passages < 0:
        raise PlanError(
            f"[retrieval] passages is {settings.passages}, expected 1 or more, or 0",
            fix="correct it in plan.toml",
        )
    return Retriever(engagement, settings)


def query_of(example: Example) -> str:
    """What is searched for: the input, of a conversation all that the user has said."""
    if isinstance(example.input, str):
        return example.input
    return "\n".join(turn.content for turn in example.input if turn.role == "user") or example.input_text()


def searched(passage: Chunk) -> str:
    """What a search sees of a passage, and a prompt too: its titles and its text."""
    return f"{passage.title}\n{passage.text}" if passage.title else passage.text


def choose(searcher: Retriever, validation: Sequence[Example]) -> Choice:
    """As many passages as the plan says, or the fewest that find nearly all that the most would."""
    if searcher.settings.passages:
        return Choice(searcher.settings.passages, "as the plan says")
    rows = [row for row in validation if row.gold_doc_ids]
    if len(rows) < FEWEST:
        return Choice(
            UNSETTLED, f"{len(rows)} validation rows name their documents, fewer than {FEWEST}: not settled"
        )
    found = searcher.find_all([query_of(row) for row in rows])
    rates = {k: _recall(found, rows, k) for k in TRIED}
    enough = next(k for k in TRIED if rates[k] >= NEARLY * rates[TRIED[-1]])
    listed = ", ".join(f"{k}: {rates[k]:.3f}" for k in TRIED)
    return Choice(enough, f"share of gold documents found on validation by number ({listed}; n={len(rows)})")


def _recall(found: Sequence[Found], rows: Sequence[Example], k: int) -> float:
    """Of the first k passages, not documents: that is what a prompt holds."""
    return sum(
        recall([passage.doc_id for passage in one.passages[:k]], row.gold_doc_ids, k)
        for one, row in zip(found, rows, strict=True)
    ) / len(rows)


def chunks_path(engagement: Engagement) -> Any:
    """Where `check` keeps the passages."""
    return engagement.documents_path / "chunks.jsonl"


def _embedder(settings: RetrievalSettings) -> str:
    if not settings.embedder:
        raise PlanError(
            f'[retrieval] by = "{settings.by}" needs a model of sentence embeddings, and none is named',
            fix='set embedder under [retrieval] in plan.toml, or by = "words"',
        )
    return settings.embedder
