"""Messages that state a few facts: the material of extraction and reading exercises."""

import json
from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType

from .invented import invented_word
from .word_tables import FIELDS, FORMS, NAMES, Names, table

Chat = list[dict[str, str]]
INVENTED = 0.4
_MONTHS = ("January", "March", "April", "June", "August", "October", "December")
_UNSAID = "The text does not say."

MAKERS: Mapping[str, Callable[[Random, Names], str]] = MappingProxyType(
    {
        "person": lambda rng, names: f"{rng.choice(names.first)} {rng.choice(names.last)}",
        "city": lambda rng, names: rng.choice(names.cities),
        "thing": lambda rng, names: rng.choice(names.things),
        "topic": lambda rng, names: rng.choice(names.topics),
        "count": lambda rng, names: str(rng.randint(2, 19)),
        "minutes": lambda rng, names: str(rng.randrange(10, 125, 5)),
        "room": lambda rng, names: str(rng.randint(101, 980)),
        "code": lambda rng, names: f"{rng.choice('ABCDKLMPRT')}{rng.randint(100, 99999)}",
        "money": lambda rng, names: f"{rng.randint(3, 480)}.{rng.choice(('00', '50', '95', '20'))}",
        "date": lambda rng, names: f"{rng.randint(1, 28)} {rng.choice(_MONTHS)}",
        "time": lambda rng, names: f"{rng.randint(7, 21)}:{rng.choice(('00', '15', '30', '45'))}",
        "email": lambda rng, names: (
            f"{rng.choice(names.first).lower()}@{rng.choice(('mail', 'post', 'inbox'))}.example"
        ),
        "phone": lambda rng, names: f"0{rng.randint(20, 99)} {rng.randint(100000, 999999)}",
    }
)
"""Kind of a field -> how to make a value."""


def chat(system: str, user: str, assistant: str) -> Chat:
    """The three messages of a single exchange."""
    return [
        {"role": "system", "content": system},
        {"role": "user", "content": user},
        {"role": "assistant", "content": assistant},
    ]


def fresh_names(rng: Random) -> Names:
    """Names of this one message, now and then made up, so that a value is copied and not remembered."""
    if rng.random() >= INVENTED:
        return NAMES
    first, last, city = (tuple(invented_word(rng).capitalize() for _ in range(3)) for _ in range(3))
    return Names(
        first, last, city, tuple(f"the {word}" for word in map(str.lower, city)), (invented_word(rng),)
    )


def made_facts(rng: Random, names: Names) -> dict[str, str]:
    """The facts of one made-up message."""
    fields = FORMS[rng.choice(list(FORMS))]
    return {field: MAKERS[FIELDS[field].kind](rng, names) for field in fields}


def fact_text(rng: Random, facts: dict[str, str], fields: list[str]) -> str:
    """A message that states the given facts in random order."""
    clauses = [
        rng.choice(FIELDS[field].said).format(facts[field]) for field in rng.sample(fields, len(fields))
    ]
    text = rng.choice((". ", ", ", " and ")).join(clauses)
    return text[0].upper() + text[1:] + rng.choice((".", "", "."))


def extraction(rng: Random, names: Names | None = None) -> Chat:
    """Named fields from a message, as JSON with `null` for what is not said."""
    facts = made_facts(rng, names or fresh_names(rng))
    stated = rng.sample(sorted(facts), rng.randint(2, 5))
    asked = rng.sample(stated, rng.randint(1, min(3, len(stated))))
    if rng.random() < 0.3:
        asked.append(rng.choice([field for field in facts if field not in stated]))
    answer = {field: facts[field] if field in stated else None for field in asked}
    instruction = rng.choice(table("extraction", "instructions")).format(f=", ".join(asked))
    return chat(instruction, fact_text(rng, facts, stated), json.dumps(answer, ensure_ascii=False))


def reading(rng: Random, names: Names | None = None, *, unsaid: float = 0.15) -> Chat:
    """Short questions on one message; the answer is a span, or a refusal when the text does not say."""
    facts = made_facts(rng, names or fresh_names(rng))
    stated = rng.sample(sorted(facts), rng.randint(2, 5))
    asked = rng.choice(stated)
    answer = facts[asked]
    if rng.random() < unsaid:
        asked = rng.choice([field for field in facts if field not in stated])
        answer = _UNSAID
    body = f"{fact_text(rng, facts, stated)}\n\n{rng.choice(FIELDS[asked].asked)}"
    return chat(rng.choice(table("reading", "instructions")), body, answer)
