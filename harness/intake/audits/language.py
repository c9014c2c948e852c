"""Which languages and writing systems the inputs are in: a model is chosen, and judged, per language."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

from harness.intake.corpus import Corpus, Found, Seen, found

from ._kind import Audit

MOST_READ = 2_000
LETTERS = 40
"""Letters of a row from which its language is told."""
SURE = 0.99
"""Probability of the classifier from which a row is counted."""
FEWEST = 100
SECOND = 0.05
"""Share of the second language or script from which the owner hears of it."""
LONGEST = 2_000
"""Characters of a row that are read."""
ALSO = {
    **dict.fromkeys(("CJK", "HIRAGANA", "KATAKANA", "HALFWIDTH", "IDEOGRAPHIC"), "Chinese and Japanese"),
    **dict.fromkeys(("FULLWIDTH", "FEMININE", "MASCULINE", "MICRO", "MODIFIER", "MATHEMATICAL"), "Latin"),
}
"""Writing systems whose letters have other first words in Unicode."""

_NO_WORDS = re.compile(r"https?://\S+|www\.\S+|\S+@\S+")


def look(corpus: Corpus) -> Seen:
    """Scripts by letters over all rows read; languages over the rows that are long and plain enough."""
    if corpus.task == "documents":
        return Seen()
    numbers = corpus.sample(MOST_READ)
    letters, spoken = _read([row.input_text() for row in corpus.rows.take(numbers.tolist())])
    written = [_scripts(one) for one in letters]
    totals = sum(written, Counter())
    scripts = {name: count / totals.total() for name, count in totals.most_common()} if totals else {}
    judged = [(int(numbers[place]), name) for place, name in spoken.items() if name]
    counts = Counter(name for _, name in judged)
    languages = {name: count / len(judged) for name, count in counts.most_common()}
    main = [(int(numbers[place]), written[place].most_common(1)[0][0]) for place in spoken]
    found_here = [
        *_mixed(corpus, "languages", judged, "language"),
        *_mixed(corpus, "scripts", main, "writing system"),
    ]
    return Seen(found_here, {"languages": languages, "scripts": scripts})


def told(texts: Sequence[str]) -> list[tuple[str, str]]:
    """Language and main writing system of each text; empty where it is too short or the language unsure."""
    letters, spoken = _read(texts)
    return [
        (spoken.get(place, ""), _scripts(one).most_common(1)[0][0] if one else "")
        for place, one in enumerate(letters)
    ]


def _read(texts: Sequence[str]) -> tuple[list[str], dict[int, str]]:
    """Letters of each text, and the language by place of those that are long enough; empty where unsure."""
    plain = [_NO_WORDS.sub(" ", text[:LONGEST]) for text in texts]
    letters = ["".join(filter(str.isalpha, text)) for text in plain]
    long = [place for place, one in enumerate(letters) if len(one) >= LETTERS]
    return letters, dict(zip(long, _languages([plain[place] for place in long]), strict=True))


def _mixed(corpus: Corpus, code: str, judged: Sequence[tuple[int, str]], noun: str) -> list[Found]:
    counts = Counter(name for _, name in judged).most_common()
    if len(judged) < FEWEST or len(counts) < 2 or counts[1][1] < SECOND * len(judged):
        return []
    first = counts[0][0]
    shown = ", ".join(f"{name} {100 * count / len(judged):.0f} %" for name, count in counts[:3])
    message = f"the inputs are in more than one {noun}: {shown} of {len(judged):,} rows long enough to tell"
    do = f"judge each {noun} by itself, and choose a model that knows them all"
    others = [number for number, name in judged if name != first]
    return [found(corpus.rows, code, message, numbers=others, do=do)]


def _languages(texts: Sequence[str]) -> list[str]:
    """ISO 639-1 codes; empty where the classifier is not sure. Its model is read where there is a text."""
    if not texts:
        return []
    found = [_identifier().classify(text) for text in texts]
    return [str(name) if float(sure) >= SURE else "" for name, sure in found]


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _scripts(letters: str) -> Counter[str]:
    """Letters per writing system, by the first word of their Unicode names."""
    counts: Counter[str] = Counter()
    for letter, times in Counter(letters).items():
        counts[_script(letter)] += times
    return counts


def _script(letter: str) -> str:
    word = re.split("[ -]", unicodedata.name(letter, "OTHER"))[0]
    return ALSO.get(word, word.capitalize())


AUDIT = Audit("language", look)
