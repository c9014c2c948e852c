"""Label episodes: an instruction, a list of labels, and turns that each ask for one label.

Some use invented names: only the most similar earlier turn answers these. Some list them beside names
that mean something, and ask for the latter.
"""

from dataclasses import dataclass
from random import Random

from .dressing import dressed
from .exercises import LabelPool
from .invented import invented_name
from .word_tables import table

Message = dict[str, str | bool]


@dataclass(frozen=True)
class Shape:
    """How large an episode is."""

    labels: int
    """Classes in the list."""
    turns: int
    """User turns, each with a label as its answer."""
    cover: bool
    """True: the first turns show every class once, in random order."""
    invented: float
    """Share of classes that get a name without meaning."""
    words: int
    """Stop adding turns above this many words."""
    named_only: bool = False
    """True: only classes whose name means something are asked for."""
    dressed: float = 0.0
    """Share of texts that stand inside a longer message."""


def styled(name: str, style: str) -> str:
    """The same words as `snake_case`, `Title Case`, `Sentence case`, `kebab-case` or as they are."""
    if style == "snake":
        return name.replace(" ", "_").replace("-", "_")
    if style == "kebab":
        return name.replace(" ", "-")
    if style == "title":
        return " ".join(word[:1].upper() + word[1:] for word in name.split(" "))
    return name[:1].upper() + name[1:] if style == "sentence" else name


def render_list(rng: Random, items: list[str]) -> str:
    """The labels as most people write them: one per line with a dash; sometimes with commas."""
    kind = rng.random()
    if kind < 0.68:
        return "\n".join(f"- {item}" for item in items)
    if kind < 0.84:
        return ", ".join(items)
    return "\n".join(items) if kind < 0.92 else " | ".join(items)


def names_for(rng: Random, classes: list[str], invented: float) -> tuple[dict[str, str], set[str]]:
    """Class -> the name shown, and the classes whose name says nothing."""
    style = rng.choices(("snake", "plain", "title", "sentence", "kebab"), (28, 44, 12, 12, 4))[0]
    hidden = set(rng.sample(classes, round(invented * len(classes))))
    shown: dict[str, str] = {}
    for label in classes:
        name = styled(invented_name(rng) if label in hidden else label, style)
        while name in shown.values():
            name = styled(invented_name(rng), style)
        shown[label] = name
    return shown, hidden


def label_episode(rng: Random, pool: LabelPool, shape: Shape) -> dict[str, object] | None:
    """One episode from a pool; None when the pool has too few classes or texts."""
    usable = [label for label, texts in pool.classes.items() if texts]
    if len(usable) < 2:
        return None
    classes = rng.sample(usable, min(shape.labels, len(usable)))
    shown, hidden = names_for(rng, classes, shape.invented)
    described = bool(hidden) and rng.random() < 0.15
    items = [f"{shown[c]}: {c}" if described and c in hidden else shown[c] for c in classes]
    parts = [rng.choice(table("label", part)) for part in ("instructions", "headers", "endings")]
    parts.insert(2, render_list(rng, items))
    system = "\n".join(part for part in parts if part)
    seen = set(classes) - hidden if not described else set(classes)
    messages: list[Message] = [{"role": "system", "content": system}]
    spent = len(system.split())
    unused = {c: rng.sample(pool.classes[c], min(len(pool.classes[c]), 30)) for c in classes}
    asked = [label for label in classes if label not in hidden] if shape.named_only else classes
    for label in turn_order(rng, asked, shape):
        if not unused[label] or spent > shape.words:
            continue
        text = unused[label].pop()
        if rng.random() < shape.dressed:
            text = dressed(rng, text)
        messages.append({"role": "user", "content": text})
        messages.append({"role": "assistant", "content": shown[label], "train": label in seen})
        seen.add(label)
        spent += len(text.split()) + 4
    if not any(message.get("train") for message in messages):
        return None
    return {"messages": messages, "kind": f"labels: {pool.name}", "labels": sorted(shown.values())}


def turn_order(rng: Random, classes: list[str], shape: Shape) -> list[str]:
    """Which class each turn belongs to. A class shown once is asked for more often than one never shown."""
    first = rng.sample(classes, len(classes)) if shape.cover else []
    active = rng.sample(classes, min(len(classes), rng.randint(2, 6))) if rng.random() < 0.3 else classes
    return first + [rng.choice(active) for _ in range(max(shape.turns - len(first), 2 if shape.cover else 0))]
