"""Rows with doubles planted in them, one function per kind, so that finding them can be scored."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

Draw = random.Random
Change = Callable[[Draw, str], str | None]
"""A near-copy of a text; None where the text does not allow this kind."""
SMALL = ("the", "a", "my", "to", "of", "for", "in", "is", "on")
LONG_FORMS = (
    ("what's", "what is"),
    ("i'm", "i am"),
    ("don't", "do not"),
    ("can't", "can not"),
    ("it's", "it is"),
)


def marks(draw: Draw, text: str) -> str | None:
    """Case, punctuation and spaces."""
    return "  ".join(text.upper().split()) + draw.choice(("?", "!!", " ."))


def typo(draw: Draw, text: str) -> str | None:
    """One letter of a long word replaced."""
    words = text.split()
    long = [n for n, word in enumerate(words) if len(word) > 5 and word.isalpha()]
    if not long:
        return None
    n = draw.choice(long)
    at = draw.randrange(1, len(words[n]) - 1)
    words[n] = words[n][:at] + draw.choice("qxzvk") + words[n][at + 1 :]
    return " ".join(words)


def dropped(draw: Draw, text: str) -> str | None:
    """One function word gone."""
    words = text.split()
    small = [n for n, word in enumerate(words) if word in SMALL]
    if not small:
        return None
    del words[draw.choice(small)]
    return " ".join(words)


def inserted(draw: Draw, text: str) -> str | None:
    """One function word more."""
    words = text.split()
    words.insert(draw.randrange(1, len(words) + 1), draw.choice(SMALL))
    return " ".join(words)


def substituted(draw: Draw, text: str) -> str | None:
    """One function word for another."""
    words = text.split()
    small = [n for n, word in enumerate(words) if word in SMALL]
    if not small:
        return None
    n = draw.choice(small)
    words[n] = draw.choice([word for word in SMALL if word != words[n]])
    return " ".join(words)


def expanded(draw: Draw, text: str) -> str | None:
    """A contraction written out."""
    return next((text.replace(short, long) for short, long in LONG_FORMS if short in text), None)


def polite(draw: Draw, text: str) -> str | None:
    """With a please."""
    return draw.choice(("please {}", "{} please", "hi, {}", "could you please tell me {}")).format(text)


def swapped(draw: Draw, text: str) -> str | None:
    """Two neighbouring words change places."""
    words = text.split()
    at = draw.randrange(len(words) - 1)
    words[at], words[at + 1] = words[at + 1], words[at]
    return " ".join(words)


def doubled(draw: Draw, text: str) -> str | None:
    """One word written twice."""
    words = text.split()
    at = draw.randrange(len(words))
    return " ".join([*words[:at], words[at], *words[at:]])


def lost_letter(draw: Draw, text: str) -> str | None:
    """One letter of a long word missing."""
    words = text.split()
    long = [n for n, word in enumerate(words) if len(word) > 5 and word.isalpha()]
    if not long:
        return None
    n = draw.choice(long)
    at = draw.randrange(1, len(words[n]) - 1)
    words[n] = words[n][:at] + words[n][at + 1 :]
    return " ".join(words)


def filler(draw: Draw, text: str) -> str | None:
    """A spoken filler in front."""
    return f"{draw.choice(('um', 'well', 'so', 'hey there'))} {text}"


def glued(draw: Draw, text: str) -> str | None:
    """One space missing."""
    words = text.split()
    at = draw.randrange(len(words) - 1)
    return " ".join([*words[:at], words[at] + words[at + 1], *words[at + 2 :]])


def letters_swapped(draw: Draw, text: str) -> str | None:
    """Two neighbouring letters of a long word change places."""
    words = text.split()
    long = [n for n, word in enumerate(words) if len(word) > 5 and word.isalpha()]
    if not long:
        return None
    n = draw.choice(long)
    at = draw.randrange(1, len(words[n]) - 2)
    words[n] = words[n][:at] + words[n][at + 1] + words[n][at] + words[n][at + 2 :]
    return " ".join(words)


def greeted(draw: Draw, text: str) -> str | None:
    """With a greeting or thanks of several words."""
    return draw.choice(("good morning, {}", "{} thank you very much", "{} cheers", "dear team, {}")).format(
        text
    )


def hurried(draw: Draw, text: str) -> str | None:
    """With words of hurry or hesitation, which no list of the rule was made from."""
    said = ("{} asap", "quick question: {}", "i was wondering, {}", "{} if possible", "{} right away")
    return draw.choice(said).format(text)


TUNED: dict[str, Change] = {
    change.__name__: change
    for change in (marks, typo, dropped, inserted, substituted, expanded, polite, swapped, greeted)
}
"""Kinds that the rule was chosen with."""
HELD_BACK: dict[str, Change] = {change.__name__: change for change in (doubled, lost_letter, filler, glued)}
"""Kinds for the final test only."""
FRESH: dict[str, Change] = {change.__name__: change for change in (letters_swapped, hurried)}
"""Kinds that the rule was never changed for."""


def planted(
    texts: Sequence[str], kinds: dict[str, Change], *, each: int, seed: int
) -> list[tuple[str, int, str]]:
    """So many plants of each kind: its name, the place of the original, the near-copy; no original twice."""
    draw = random.Random(seed)
    order = [n for n, text in enumerate(texts) if len(text.split()) >= 4]
    draw.shuffle(order)
    made: list[tuple[str, int, str]] = []
    for name, change in kinds.items():
        count = 0
        while order and count < each:
            n = order.pop()
            copy = change(draw, texts[n])
            if copy is not None and copy != texts[n]:
                made.append((name, n, copy))
                count += 1
            elif copy is None:
                order.insert(0, n)
                if name == "expanded" and not any(
                    short in texts[m] for m in order for short, _ in LONG_FORMS
                ):
                    break
    return made
