"""Two replies to a ticket: one in the house voice, one that breaks it in one to three ways."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any, NamedTuple

from .ticket_grammar import TABLES as TICKET_TABLES
from .ticket_grammar import Ticket, expand

TABLES: Mapping[str, Any] = MappingProxyType(
    tomllib.loads(Path(__file__).with_name("replies.toml").read_text(encoding="utf-8"))
)
SIGNATURE: str = TABLES["signature"]
SPOILS: Mapping[str, list[str]] = MappingProxyType(TABLES["spoils"])
LONGEST_REPLY = 45
_FIELD = re.compile(r"\{(\w+)\}")
_MONTHS = "|".join(TICKET_TABLES["slots"]["month"])
_MOMENT = re.compile(rf"\b(\d{{1,2}}:\d\d|noon|between \d+ and \d+|\d{{1,2}} ({_MONTHS}))\b")
_APOLOGY = re.compile(r"\b(sorry|apolog\w+|regret\w*)\b", re.IGNORECASE)

BREAKS: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {
        "apologises": lambda reply: bool(_APOLOGY.search(reply)),
        "exclaims": lambda reply: "!" in reply,
        "names no time": lambda reply: not _MOMENT.search(reply),
        "signs otherwise": lambda reply: not reply.endswith(f"\n{SIGNATURE}"),
        "is long": lambda reply: len(reply.split()) > LONGEST_REPLY,
    }
)
"""Rules of the house voice that a regular expression can check."""


class Pair(NamedTuple):
    """A good and a bad reply to the same ticket."""

    chosen: str
    """In the house voice."""
    rejected: str
    """Not in the house voice."""


class Draft(NamedTuple):
    """A reply in its parts."""

    before: tuple[str, ...]
    """Said before the step."""
    step: tuple[str, ...]
    """What happens next, and when; empty if the reply avoids it."""
    after: tuple[str, ...]
    """Said after the step."""
    signature: str
    """Last line; empty for none."""

    def text(self) -> str:
        """The reply as sent."""
        body = " ".join((*self.before, *self.step, *self.after))
        return f"{body}\n{self.signature}".rstrip()


def voice_breaks(reply: str) -> list[str]:
    """Names of the rules that a reply breaks; none for a reply in the house voice."""
    return [name for name, broken in BREAKS.items() if broken(reply)]


def reply_pair(dice: Random, ticket: Ticket) -> Pair:
    """Replies to one ticket. Half of the bad ones promise the same step, so that only the voice differs."""
    before, after = _some(dice, TABLES["thanks"], 0.4), _some(dice, TABLES["more"], 0.5)
    good = Draft(before, (_step(dice, ticket),), tuple(_fill(dice, line, {}) for line in after), SIGNATURE)
    bad = good if dice.random() < 0.5 else Draft((), (_step(dice, ticket),), (), SIGNATURE)
    for spoil in dice.sample(WAYS, dice.choice((1, 1, 2, 2, 3))):
        bad = spoil(dice, bad)
    return Pair(good.text(), bad.text())


def _some(dice: Random, lines: Sequence[str], share: float) -> tuple[str, ...]:
    return (dice.choice(lines),) if dice.random() < share else ()


def _step(dice: Random, ticket: Ticket) -> str:
    """A step for this situation that names only what the ticket names; else one that fits the category."""
    known = {*ticket.named, *TABLES["slots"]}
    fitting = [
        (cue, said) for cue, said in TABLES["steps"][ticket.category] if set(_FIELD.findall(said)) <= known
    ]
    cued = [said for cue, said in fitting if cue and re.search(cue, ticket.situation, re.IGNORECASE)]
    open_to_all = [said for cue, said in fitting if not cue]
    return _fill(dice, dice.choice(cued if cued and dice.random() < 0.8 else open_to_all), ticket.named)


def _fill(dice: Random, template: str, named: Mapping[str, str]) -> str:
    own = {slot: dice.choice(values) for slot, values in TABLES["slots"].items()}
    own |= {"reference": f"R-{dice.randint(1000, 3999)}"}
    said = _FIELD.sub(lambda match: own.get(match[1]) or named[match[1]], expand(dice, template))
    return said[:1].upper() + said[1:]


def _pick(dice: Random, kind: str) -> str:
    return expand(dice, dice.choice(SPOILS[kind]))


def _apologise(dice: Random, draft: Draft) -> Draft:
    return draft._replace(before=(*draft.before, _pick(dice, "apologies")))


def _cheer(dice: Random, draft: Draft) -> Draft:
    first, last = dice.sample(SPOILS["cheer"], 2)
    if dice.random() < 0.5:
        return draft._replace(before=(first, *draft.before))
    return draft._replace(before=(first, *draft.before), after=(*draft.after, last))


def _evade(dice: Random, draft: Draft) -> Draft:
    return Draft((), (_pick(dice, "vague"),), (), draft.signature)


def _lecture(dice: Random, draft: Draft) -> Draft:
    talk = (
        dice.choice(SPOILS["lecture_starts"]),
        *dice.sample(SPOILS["lecture_middles"], dice.choice((2, 2, 3))),
    )
    return draft._replace(before=(*draft.before, *talk))


def _sign_otherwise(dice: Random, draft: Draft) -> Draft:
    return draft._replace(signature=_pick(dice, "signatures"))


def _blame(dice: Random, draft: Draft) -> Draft:
    return draft._replace(after=(*draft.after, _pick(dice, "blame")), signature=_pick(dice, "signatures"))


WAYS = (_apologise, _cheer, _evade, _lecture, _sign_otherwise, _blame)
"""Ways to lose the house voice."""
