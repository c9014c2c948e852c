"""Exercises we write ourselves: service messages, word families, echoes and polite replies.

Every exercise is (text, class) over tables: class names carry meaning, and the wording varies by synonym.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from .facts import Chat, chat
from .word_tables import DOMAINS, FAMILIES, FEELINGS, PROBLEMS, TABLES, Group, table


@dataclass(frozen=True)
class LabelPool:
    """A family of classes from which an episode draws a few."""

    name: str
    """Where the classes come from; goes into the corpus file."""
    classes: dict[str, tuple[str, ...]]
    """Class name in plain words -> texts of that class."""


def unique(texts: Iterable[str]) -> tuple[str, ...]:
    """Without repeats, in order: a set would be in another order in every process."""
    return tuple(dict.fromkeys(texts))


def ticket_text(rng: Random, thing: tuple[str, ...], problem: str) -> str:
    """One customer message about one thing and one problem, said in one of many ways."""
    body = rng.choice(PROBLEMS[problem].said).format(o=rng.choice(thing))
    text = f"{rng.choice(table('openers'))}{body}{rng.choice(table('tails'))}".strip()
    text = text[0].upper() + text[1:] if rng.random() < 0.6 else text.lower()
    return text if rng.random() < 0.7 else text.rstrip(".?!")


def ticket_pool(rng: Random, count: int, *, texts: int = 12) -> LabelPool:
    """Classes such as "late parcel": a thing and a problem, near neighbours included on purpose."""
    pairs = [(thing, problem) for d in DOMAINS for thing in d.things for problem in d.problems]
    if rng.random() < 0.4:
        domain = rng.choice(DOMAINS)
        near = [(thing, problem) for thing in domain.things for problem in domain.problems]
        pairs = near if len(near) >= count else pairs
    classes = {}
    for thing, problem in rng.sample(pairs, count):
        name = rng.choice(PROBLEMS[problem].names).format(o=rng.choice(thing))
        classes[name] = unique(ticket_text(rng, thing, problem) for _ in range(texts))
    return LabelPool("generated tickets", classes)


def problem_pool(rng: Random, count: int, *, texts: int = 12) -> LabelPool:
    """Coarse classes: one per problem, over many things."""
    classes = {}
    for problem in rng.sample(sorted(PROBLEMS), min(count, len(PROBLEMS))):
        things = [thing for domain in DOMAINS if problem in domain.problems for thing in domain.things]
        name = rng.choice(PROBLEMS[problem].names).format(o="item").replace(" item", "").replace("item ", "")
        classes[name] = unique(ticket_text(rng, rng.choice(things), problem) for _ in range(texts))
    return LabelPool("generated problems", classes)


def domain_pool(rng: Random, count: int, *, texts: int = 12) -> LabelPool:
    """Coarse classes: one per domain, over many things and problems."""
    classes = {}
    for domain in rng.sample(DOMAINS, min(count, len(DOMAINS))):
        classes[rng.choice(domain.names)] = unique(
            ticket_text(rng, rng.choice(domain.things), rng.choice(domain.problems)) for _ in range(texts)
        )
    return LabelPool("generated domains", classes)


def bag_pool(rng: Random, words: list[str], count: int, *, texts: int = 8) -> LabelPool:
    """Classes of arbitrary words: name or bag of a class shows up among other words. Matching, undiluted."""
    classes = {}
    for _ in range(count):
        name = rng.sample(words, rng.choice((1, 1, 2, 2, 3)))
        bag = rng.sample(words, rng.randint(2, 5))
        said = []
        for _ in range(texts):
            kept = rng.sample(bag, rng.randint(1, len(bag)))
            body = kept + rng.sample(name, rng.randint(1, len(name))) + rng.sample(words, rng.randint(0, 4))
            said.append(" ".join(rng.sample(body, len(body))))
        classes[" ".join(name)] = unique(said)
    return LabelPool("word bags", classes)


def echo(rng: Random, words: list[str]) -> Chat:
    """Say it again: the plainest exercise in copying."""
    body = " ".join(rng.choice(words) for _ in range(rng.randint(3, 24)))
    return chat(rng.choice(("Repeat the text.", "Copy.", "Say it again.")), body, body)


def family_pool(rng: Random, count: int, *, texts: int = 10) -> LabelPool:
    """Word families: fruit, tools, weather. The text names one or two members."""
    classes = {}
    for family in rng.sample(FAMILIES, min(count, len(FAMILIES))):
        classes[rng.choice(family.names)] = tuple(_mention(rng, family) for _ in range(texts))
    return LabelPool("generated word families", classes)


def _mention(rng: Random, family: Group) -> str:
    x, y = rng.sample(family.texts, 2)
    return rng.choice(table("family_frames")).format(x=x, y=y)


def feeling_pool(rng: Random, *, texts: int = 12) -> LabelPool:
    """Positive, negative and neutral remarks about things people buy."""
    things = [thing for domain in DOMAINS for thing in domain.things]
    classes = {}
    for feeling in FEELINGS:
        classes[rng.choice(feeling.names)] = unique(
            rng.choice(feeling.texts).format(o=rng.choice(rng.choice(things))) for _ in range(texts)
        )
    return LabelPool("generated feelings", classes)


def polite_reply(rng: Random) -> Chat:
    """A courteous first answer to a ticket, or to small talk."""
    if rng.random() < 0.25:
        small = rng.choice(TABLES["small_talk"])
        return chat(
            rng.choice(("You are a polite assistant.", "Answer politely.")),
            small["asked"],
            rng.choice(small["answers"]),
        )
    domain = rng.choice(DOMAINS)
    thing, problem = rng.choice(domain.things), rng.choice(domain.problems)
    start, act = rng.choice(TABLES["reply"]["apologies"])
    answer = f"{start} {PROBLEMS[problem].sorry.format(o=thing[0])} {act}"
    return chat(rng.choice(table("reply", "instructions")), ticket_text(rng, thing, problem), answer)
