"""Tickets from tables and dice: choices are expanded, slots filled once per ticket, then people mistype."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any, NamedTuple


class Phrases(NamedTuple):
    """Sentences of one category. `[a|b]` is a choice, `{slot}` a thing to name."""

    situations: tuple[str, ...]
    """What is the matter: every ticket has one."""
    details: tuple[str, ...]
    """What the writer adds."""
    wants: tuple[str, ...]
    """What the writer asks for."""
    asides: tuple[str, ...]
    """Remarks on the matter in tickets that are about another one."""


TABLES: Mapping[str, Any] = MappingProxyType(
    tomllib.loads(Path(__file__).with_name("tickets.toml").read_text(encoding="utf-8"))
)
CATEGORIES: Mapping[str, Phrases] = MappingProxyType(
    {
        name: Phrases(**{part: tuple(said) for part, said in table.items()})
        for name, table in TABLES["category"].items()
    }
)
"""Category -> its sentences."""

UNSEEN = 2
"""The last situations of each category never occur in training: real wording is not all seen."""
TYPO_SHARE = 0.18
LOWER_SHARE = 0.12
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_WORD = re.compile(r"[^\W_]+")


def expand(dice: Random, template: str) -> str:
    """The template with one of each `[a|b]`."""
    return _CHOICE.sub(lambda match: dice.choice(match[1].split("|")), template)


@dataclass
class Slots:
    """Things named in one ticket: a slot keeps its value, and `{day2}` and `{day3}` differ from `{day}`."""

    dice: Random
    """Where choices come from."""
    used: dict[str, str] = field(default_factory=dict)
    """Slot -> what was said."""

    def say(self, template: str) -> str:
        """One sentence from a template."""
        return _capital(_SLOT.sub(lambda match: self.value(match[1]), expand(self.dice, template)))

    def value(self, slot: str) -> str:
        """The value of a slot, drawn at its first use."""
        if slot not in self.used:
            taken = set(self.used.values())
            free = [value for value in TABLES["slots"][slot.rstrip("23")] if value not in taken]
            pattern = self.dice.choice(free)
            self.used[slot] = re.sub("#", lambda _: str(self.dice.randint(1, 9)), pattern)
        return self.used[slot]


@dataclass(frozen=True)
class Ticket:
    """A message and what it is about."""

    text: str
    """What arrives."""
    category: str
    """Where it belongs."""
    situation: str
    """The sentence that decides, spelt right."""
    named: dict[str, str]
    """Slot -> what the message names, spelt right."""


def ticket(dice: Random, category: str, *, training: bool) -> Ticket:
    """One ticket of a category, short to long."""
    known = CATEGORIES[category].situations
    slots = Slots(dice)
    before, after = _outline(dice, category)
    said = [slots.say(template) for template in before]
    situation = slots.say(dice.choice(known[:-UNSEEN] if training else known))
    said += [situation, *(slots.say(template) for template in after)]
    return Ticket(_mistyped(dice, " ".join(said)), category, situation, dict(slots.used))


def _outline(dice: Random, category: str) -> tuple[list[str], list[str]]:
    """What comes before and after the situation: a quarter is a bare sentence, a quarter is a letter."""
    size = dice.random()
    if size < 0.25:
        return _some(dice, TABLES["openings"], 0.2), []
    phrases = CATEGORIES[category]
    before = _some(dice, TABLES["openings"], 0.55)
    if size >= 0.75:
        before += _some(dice, TABLES["contexts"], 0.75)
    after = _some(dice, phrases.details, 0.5) + _some(dice, phrases.wants, 0.5)
    return before, after + _some(dice, _asides(category), 0.35) + _some(dice, TABLES["closings"], 0.45)


def _some(dice: Random, templates: Sequence[str], share: float) -> list[str]:
    return [dice.choice(templates)] if dice.random() < share else []


def _asides(category: str) -> list[str]:
    return [aside for other, said in CATEGORIES.items() if other != category for aside in said.asides]


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _mistyped(dice: Random, text: str) -> str:
    """The same text as typed by somebody in a hurry, sometimes."""
    if dice.random() < TYPO_SHARE:
        for _ in range(dice.choice((1, 1, 2))):
            text = _slip(dice, text)
    if dice.random() < LOWER_SHARE:
        text = text.lower()
    if dice.random() < 0.15:
        text = text.rstrip(".?")
    return text


def _slip(dice: Random, text: str) -> str:
    """Swap, drop or double one letter inside a longer lower-case word."""
    found = [match for match in _WORD.finditer(text) if len(match[0]) > 4 and match[0].islower()]
    if not found:
        return text
    word = dice.choice(found)
    at = dice.randrange(word.start() + 1, word.end() - 2)
    first, second = text[at], text[at + 1]
    slip = dice.choice((second + first, second, first + first + second))
    return text[:at] + slip + text[at + 2 :]


def shingles(text: str, *, n: int = 5) -> frozenset[str]:
    """Runs of n words; a text with fewer words is one run."""
    words = _WORD.findall(text.lower())
    return frozenset(" ".join(words[i : i + n]) for i in range(max(1, len(words) - n + 1)))


@dataclass
class Seen:
    """Texts so far, to tell a near copy: Jaccard similarity of word 5-grams."""

    most: float
    """Similarity from which a text counts as a copy."""
    holders: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """5-gram -> numbers of the texts that hold it."""
    sizes: list[int] = field(default_factory=list)
    """Number of 5-grams per text."""

    def add(self, text: str) -> bool:
        """Remember a text, unless it is a near copy of an earlier one."""
        runs = shingles(text)
        if self.similarity(runs) >= self.most:
            return False
        for run in runs:
            self.holders[run].append(len(self.sizes))
        self.sizes.append(len(runs))
        return True

    def similarity(self, runs: frozenset[str]) -> float:
        """The highest similarity to any text so far."""
        shared: dict[int, int] = defaultdict(int)
        for run in runs:
            for number in self.holders.get(run, ()):
                shared[number] += 1
        return max((k / (len(runs) + self.sizes[number] - k) for number, k in shared.items()), default=0.0)
