"""The whole training text, fixed before the first step: four stages of documents, filtered, in one file."""

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any

from . import sources
from .dressing import desk_pool
from .episodes import Shape, label_episode
from .exercises import (
    LabelPool,
    bag_pool,
    domain_pool,
    echo,
    family_pool,
    feeling_pool,
    polite_reply,
    problem_pool,
    ticket_pool,
)
from .facts import chat, extraction, reading
from .overlap import Filter
from .word_tables import table

Document = dict[str, Any]
STAGES = ("copy", "short", "main", "long")
# Characters per stage; the loop moves on by the clock, so a stage holds more than one pass can use.
STAGE_CHARACTERS = {"copy": 4_000_000, "short": 9_000_000, "main": 36_000_000, "long": 8_000_000}

KINDS = {
    "labels": 68,
    "slots": 7,
    "extraction": 8,
    "reading": 8,
    "reply": 3,
    "chat": 5,
    "prose": 3,
}
POOLS = {
    "desks": 20,
    "clinc150": 24,
    "hwu64": 10,
    "nlupp": 5,
    "tickets": 14,
    "problems": 5,
    "domains": 8,
    "families": 5,
    "feelings": 2,
    "snips": 3,
    "slots": 2,
    "headings": 8,
    "glossary": 5,
}
# Share of label episodes over arbitrary words.
BAGS = {"copy": 1.0, "short": 0.3, "main": 0.06, "long": 0.04}


@dataclass(frozen=True)
class Material:
    """Everything read from disk, once."""

    pools: dict[str, LabelPool]
    """Pools with fixed classes."""
    tagged: list[tuple[str, tuple[str, ...]]]
    """NLU++ texts with several tags each."""
    slots: list[tuple[str, dict[str, str]]]
    """Texts with fields to extract."""
    chats: list[list[dict[str, str]]]
    """Short exchanges."""
    prose: list[str]
    """Documents for plain language modelling."""
    words: list[str]
    """Common words, for exercises without meaning."""


def read_material(data: Path, *, unwanted: Filter) -> Material:
    """Read the train splits, without the held-out classes and without prose that the filter refuses."""
    documents = [text for text in sources.prose(data) if not unwanted.refuses(text)]
    fixed = {
        "clinc150": sources.intents(data, "clinc150"),
        "hwu64": sources.intents(data, "hwu64"),
        "snips": sources.snips_intents(data),
        "slots": sources.requested_slots(data),
        "headings": sources.headings(documents),
        "glossary": sources.glossary(data),
    }
    pools = {name: LabelPool(name, classes) for name, classes in fixed.items()}
    return Material(
        pools,
        sources.tagged(data),
        sources.slot_rows(data),
        sources.chats(data),
        documents,
        common_words(documents),
    )


def common_words(documents: list[str], *, count: int = 3000) -> list[str]:
    """The most frequent words of at least three letters in a part of the prose."""
    found = Counter(
        word for text in documents[::4] for word in text.lower().split() if word.isalpha() and len(word) > 2
    )
    return [word for word, _ in found.most_common(count)]


def tag_pool(rng: Random, tagged: list[tuple[str, tuple[str, ...]]], count: int) -> LabelPool:
    """A few NLU++ tags, with the texts that carry exactly one of them."""
    frequent = Counter(tag for _, tags in tagged for tag in tags)
    chosen = set(rng.sample([tag for tag, n in frequent.items() if n >= 15], count))
    classes: dict[str, list[str]] = {tag: [] for tag in sorted(chosen)}
    for text, tags in rng.sample(tagged, min(800, len(tagged))):
        hit = chosen.intersection(tags)
        if len(hit) == 1:
            classes[hit.pop()].append(text)
    return LabelPool("nlupp", {tag: tuple(texts) for tag, texts in classes.items()})


def draw_pool(rng: Random, material: Material, stage: str, count: int) -> LabelPool:
    """One pool by its share in the mixture; generated pools are made afresh each time."""
    share = BAGS[stage]
    name = "bags" if rng.random() < share else rng.choices(list(POOLS), list(POOLS.values()))[0]
    makers: dict[str, Callable[[], LabelPool]] = {
        "bags": lambda: bag_pool(rng, material.words, count),
        "nlupp": lambda: tag_pool(rng, material.tagged, count),
        "desks": lambda: desk_pool(rng, count),
        "tickets": lambda: ticket_pool(rng, count),
        "problems": lambda: problem_pool(rng, count),
        "domains": lambda: domain_pool(rng, count),
        "families": lambda: family_pool(rng, count),
        "feelings": lambda: feeling_pool(rng),
    }
    return makers[name]() if name in makers else material.pools[name]


def draw_shape(rng: Random, stage: str) -> Shape:
    """Few labels and turns first; up to 20 labels and two dozen examples at the end."""
    if stage in ("copy", "short"):
        labels, turns, words = rng.randint(2, 5), rng.randint(1, 6), 90
    elif stage == "main":
        labels, turns, words = rng.choice((3, 4, 5, 6, 7, 8, 8, 9, 10, 10, 11, 12)), rng.randint(1, 14), 250
    else:
        labels, turns, words = rng.choice((4, 6, 8, 8, 10, 10, 12, 15, 20)), rng.randint(2, 30), 420
    dressed = 0.0 if stage in ("copy", "short") else rng.choice((0.0, 0.3, 1.0))
    kind = rng.random()
    if kind < 0.36:
        return Shape(labels, rng.randint(1, 4) if kind < 0.20 else turns, False, 0.0, words, dressed=dressed)
    if kind < 0.70:
        known, share = rng.randint(1, 5), rng.uniform(0.3, 0.7)
        return Shape(max(labels, 4), known, False, share, words, named_only=True, dressed=dressed)
    invented = 1.0 if kind < 0.84 else rng.uniform(0.2, 0.7)
    cover = rng.random() < 0.7
    return Shape(labels, labels + rng.randint(2, 8), cover, invented, words, dressed=dressed)


def slot_document(rng: Random, material: Material) -> Document:
    """Fields from one text; now and then a field that the text does not have."""
    text, slots = rng.choice(material.slots)
    asked = rng.sample(sorted(slots), min(len(slots), rng.randint(1, 4)))
    answer: dict[str, str | None] = {field: slots[field] for field in asked}
    if rng.random() < 0.2:
        other = rng.choice(sorted(rng.choice(material.slots)[1]))
        answer.setdefault(other, slots.get(other))
    instruction = rng.choice(table("extraction", "instructions")).format(f=", ".join(answer))
    return {"messages": chat(instruction, text, json.dumps(answer, ensure_ascii=False)), "kind": "fields"}


def draw_document(rng: Random, material: Material, stage: str) -> Document | None:
    """One document by the shares of the mixture."""
    kind = rng.choices(list(KINDS), list(KINDS.values()))[0]
    if stage == "copy" and kind != "labels":
        return {"messages": echo(rng, material.words), "kind": "echo"}
    if kind == "labels":
        shape = draw_shape(rng, stage)
        return label_episode(rng, draw_pool(rng, material, stage, shape.labels), shape)
    if kind == "slots":
        return slot_document(rng, material)
    if kind == "chat":
        return {"messages": rng.choice(material.chats), "kind": "chat"}
    if kind == "prose":
        text, size = rng.choice(material.prose), {"short": 250, "copy": 250, "main": 700, "long": 1500}[stage]
        return {"text": text[:size].rsplit(" ", 1)[0], "kind": "prose"}
    maker = {"extraction": extraction, "reading": reading, "reply": polite_reply}[kind]
    return {"messages": maker(rng), "kind": f"generated {kind}"}


def document_text(document: Document) -> str:
    """All words of a document, for the filters."""
    return document.get("text") or "\n".join(message["content"] for message in document["messages"])


def build(
    material: Material,
    *,
    seed: int,
    unwanted: Filter,
    characters: Mapping[str, int] = MappingProxyType(STAGE_CHARACTERS),
) -> list[Document]:
    """All documents in training order, without those that the filter refuses."""
    rng = Random(seed)
    documents: list[Document] = []
    for stage in STAGES:
        left = characters[stage]
        while left > 0:
            document = draw_document(rng, material, stage)
            if document is None:
                continue
            text = document_text(document)
            left -= len(text)
            if not unwanted.refuses(text):
                documents.append({**document, "stage": stage})
    return documents


def write(documents: Iterable[Document], path: Path) -> None:
    """One JSON document per line, compressed; no time and no name inside, so that same text is same bytes."""
    with path.open("wb") as raw, gzip.GzipFile("", "wb", compresslevel=3, fileobj=raw, mtime=0) as file:
        for document in documents:
            file.write((json.dumps(document, ensure_ascii=False) + "\n").encode("utf-8"))


def read(path: Path) -> list[Document]:
    """Read back what `write` wrote."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]
