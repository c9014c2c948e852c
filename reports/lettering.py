"""How wide words stand in a chart, which has no browser to ask."""

from __future__ import annotations

from unicodedata import east_asian_width

FONT = 14
"""Pixels of the words in a chart."""
SLIM, BROAD = "ijltfr.,;:'|!()[]/ ", "mwMW@%<>=+~&"


def fitting(text: str, most: float) -> str:
    """As much of a text as so many pixels hold."""
    if wide(text) <= most:
        return text
    # no letter is narrower than 4 pixels: a text of 200,000 letters is not walked through
    kept = text[: int(most / 4)]
    while kept and wide(kept) > most - FONT:
        kept = kept[:-1]
    return f"{kept}\N{HORIZONTAL ELLIPSIS}"


def wrapped(text: str, most: float, *, most_lines: int = 4) -> list[str]:
    """The text in lines of so many pixels; a longer word, and what the last line cannot hold, is cut."""
    lines: list[str] = []
    words = text.split()
    for number, word in enumerate(words):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and wide(longer) <= most:
            lines[-1] = longer
        elif len(lines) == most_lines:
            lines[-1] = fitting(" ".join([lines[-1], *words[number:]]), most)
            break
        else:
            lines.append(fitting(word, most))
    return lines


def wide(text: str) -> float:
    """Pixels of a text in the broadest of the page's typefaces, DejaVu Sans, as parts of its size."""
    return FONT * sum(map(_letter, text))


def _letter(letter: str) -> float:
    if letter in SLIM:
        return 0.42
    if letter in BROAD or east_asian_width(letter) in "WF":
        return 1.0
    return 0.78 if letter.isupper() else 0.64
