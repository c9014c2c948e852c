"""Characters that are not what they seem: unseen, reversed, twice encoded, borrowed from another alphabet."""

from __future__ import annotations

import re
from collections.abc import Callable

from advisor.engagement.records.examples import Example
from harness.intake.patterns._kind import row_text

from ._kind import RowAudit

LONGEST = 100_000
"""Characters of a field from which a row is called very long: no model here reads as much."""

# ISO 6429: C0 and C1 without tab, line ends and NEL, which JSON may carry raw
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
# Unicode Standard Annex 9: embeddings, overrides and isolates
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")

_UNSEEN = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0"
    "\U000e0000-\U000e007f]|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{2}"
)
_PICTURE = "\u00a9\u00ae\u203c-\u3299\ufe0f\U0001f000-\U0001faff"
# Arabic with Persian, Syriac, Thaana, N'Ko; the scripts of India; Mongolian; presentation forms
_JOINING = "\u0600-\u08ff\u0900-\u0dff\u1800-\u18af\ufb50-\ufdff\ufe70-\ufefc"
# Thai, Lao, Tibetan, Myanmar and Khmer part words with a space of no width
_UNSPACED = "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff"
_RIGHT_TO_LEFT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
_RIGHTFUL = re.compile(
    "\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f"
    f"|(?<=[{_PICTURE}])\u200d(?=[{_PICTURE}])"
    f"|(?<=[{_JOINING}])[\u200c\u200d]|[\u200c\u200d](?=[{_JOINING}])"
    f"|(?<=[{_UNSPACED}])[\u200b-\u200d]|[\u200b-\u200d](?=[{_UNSPACED}])"
)
_DIRECTED = re.compile(f"[{_RIGHT_TO_LEFT}]")

_FOLLOWS = "".join(bytes(range(0x80, 0xC0)).decode(encoding, "ignore") for encoding in ("latin-1", "cp1252"))
"""How Latin-1 and cp1252 show the bytes 80 to BF, which follow the first byte of a UTF-8 character."""
_TYPED = "\xa0\xab\xbb\u2018-\u201d\u2013\u2014\u2022\u2026\u2122\u203a"
"""Those that people write right after a capital A: quotes, dashes, no-break spaces."""
_SURELY = re.sub(f"[{_TYPED}]", "", _FOLLOWS)
# Leading bytes as Latin-1: C3 \xc3, C2 \xc2, E2 \xe2, F0 \xf0, D0 and D1 of Cyrillic, E4 to E9 of Chinese
_TWICE = re.compile(
    f"\xc3[{_SURELY}]|(?<=[a-z])\xc3[{_FOLLOWS}]|\xc3[{_FOLLOWS}](?=[a-z])"
    f"|\xc2[{_SURELY}]|(?<=[a-z0-9])\xc2[\xa0\xab\xbb]"
    f"|\xe2[{_SURELY}][{_FOLLOWS}]|\xef\xbb\xbf|\xf0[\x9f\u0178][{_FOLLOWS}]{{2}}"
    f"|(?:[\xd0\xd1][{_FOLLOWS}]){{3}}|(?:[\xc3-\xc5][{_SURELY}]){{2}}|(?:[\xe4-\xe9][{_FOLLOWS}]{{2}}){{2}}"
)

_WORD = re.compile(r"[^\W\d_]{3,}")
# Unicode Technical Standard 39, confusables: letters that look like Latin ones in most fonts
_DOUBLES = frozenset(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u051b\u051d\u04af\u0410"
    "\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408\u0405\u04ae\u0391"
    "\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf\u0475"
)
_SUFFIXED = re.compile("[A-Z]{2,}[\u0430-\u044f]+")

_SENTENCE_MARKS = re.compile(
    "[\\s.,;:!?'\"()\u00a1\u00ab\u00b7\u00bb\u00bf\u00ad\u200b-\u200f\u2010-\u205e\u2060-\u2064"
    "\u3000-\u3003\u3008-\u3011\u3014-\u301f\ufeff\uff01\uff08\uff09\uff0c\uff0e\uff1a\uff1b\uff1f-]*"
)


def _controlled(example: Example) -> bool:
    return _CONTROL.search(row_text(example)) is not None


def _reversed(example: Example) -> bool:
    text = row_text(example)
    return not text.isascii() and _BIDI.search(text) is not None


def _unseen(example: Example) -> bool:
    """Joiners are fine in emoji and where a script needs them, direction marks where text runs leftwards."""
    text = row_text(example)
    if text.isascii() or not _UNSEEN.search(text):
        return False
    rest = _RIGHTFUL.sub("", text)
    if _DIRECTED.search(rest):
        rest = rest.replace("\u200e", "").replace("\u200f", "")
    return _UNSEEN.search(rest) is not None


def _twice_encoded(example: Example) -> bool:
    text = row_text(example)
    return not text.isascii() and _TWICE.search(text) is not None


def _disguised(example: Example) -> bool:
    """A Latin word with a letter that only looks Latin; Greek symbols and Russian endings are honest."""
    text = row_text(example)
    if text.isascii() or _DOUBLES.isdisjoint(text):
        return False
    return any(map(_mixed, _WORD.findall(text)))


def _mixed(word: str) -> bool:
    foreign = {letter for letter in word if letter > "\u024f"}
    if not foreign or not foreign <= _DOUBLES or all(letter > "\u024f" for letter in word):
        return False
    return not _SUFFIXED.fullmatch(word)


def _says_nothing(example: Example) -> bool:
    """Marks of sentences only: braces, stars and emoji may be what the row is about."""
    text = example.input if isinstance(example.input, str) else example.input_text()
    return bool(text) and _SENTENCE_MARKS.fullmatch(text) is not None


def _very_long(example: Example) -> bool:
    if not isinstance(example.input, str):
        asked = any(len(turn.content) > LONGEST for turn in example.input)
    else:
        asked = len(example.input) > LONGEST
    context, rejected = example.context, example.meta.get("rejected")
    return (
        asked
        or len(example.output) > LONGEST
        or (context is not None and len(context) > LONGEST)
        or (isinstance(rejected, str) and len(rejected) > LONGEST)
    )


def _lost(example: Example) -> bool:
    text = row_text(example)
    return not text.isascii() and "\ufffd" in text


def _audit(code: str, says: str, do: str, holds: Callable[[Example], bool]) -> RowAudit:
    return RowAudit(code=code, says=f"{{count}} {says}", do=do, severity="warning", holds=holds)


ROW_AUDITS = (
    _audit(
        "odd_characters",
        "rows hold control characters",
        "look where they come from, such as a terminal's colours or a cut binary, and take them out",
        _controlled,
    ),
    _audit(
        "bidi",
        "rows hold bidi marks that change the reading direction: text may look other than it is",
        "take them out unless the text is honestly mixed right-to-left",
        _reversed,
    ),
    _audit(
        "invisible",
        "rows hold invisible characters, such as spaces of no width",
        "take them out: equal texts differ by them, and they can hide instructions",
        _unseen,
    ),
    _audit(
        "mojibake",
        "rows hold mojibake: UTF-8 that was encoded twice",
        "export the file again as UTF-8; what is trained on it is written by the model",
        _twice_encoded,
    ),
    _audit(
        "homoglyph",
        "rows hold words that mix alphabets: a letter only looks Latin",
        "read them: it is a slip of the keyboard, or somebody evades a filter",
        _disguised,
    ),
    _audit(
        "only_punctuation",
        "rows have an input that is empty but for punctuation and spaces",
        "leave them out, unless such inputs do arrive and their answer is right",
        _says_nothing,
    ),
    _audit(
        "very_long",
        f"rows hold a very long text, over {LONGEST:,} characters",
        "look for files pasted whole; what is over the training length is cut",
        _very_long,
    ),
    _audit(
        "replacement",
        "rows hold the replacement character U+FFFD: letters were lost before the file came here",
        "export the file again with its true encoding",
        _lost,
    ),
)
