"""Which written rows are taken: a pure function of the replies in their order and of the client's rows."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from advisor.engagement.records.augment import RefusedRow, Reply
from advisor.engagement.records.examples import Example
from harness.intake.patterns._kind import row_text
from harness.intake.patterns.personal import PERSONAL
from harness.intake.patterns.secrets import SECRETS
from harness.intake.signatures import content_words, near, words
from harness.intake.splitting import normalised

LONGEST = 2.0
"""Times the longest training input that a written one may have, in characters."""
RAREST = 3
"""Content words that candidates are looked up by: nearly every near-copy shares one of these."""
NUMBERED = re.compile(r"^\s*(?:[-*\u2022]|\(?\d{1,3}[.):])\s+")


Judge = Callable[[str], str]


class Written(NamedTuple):
    """A row as a model wrote it."""

    input: str
    """Its input."""
    output: str
    """Its output."""


class Seen:
    """Inputs that a new one must not repeat or nearly copy."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}
        self._words: list[tuple[list[str], str]] = []
        self._by_word: dict[str, list[int]] = defaultdict(list)

    def add(self, text: str, whose: str) -> None:
        """Remember an input and where it belongs."""
        self._keys.setdefault(normalised(text), whose)
        split = words(text)
        for word in set(content_words(split)) or {""}:
            self._by_word[word].append(len(self._words))
        self._words.append((split, whose))

    def like(self, text: str) -> str:
        """Why the input is not new: whose it repeats or nearly copies; empty where it is new."""
        repeated = self._keys.get(normalised(text))
        if repeated is not None:
            return f"repeats {repeated}"
        split = words(text)
        content = sorted(set(content_words(split)) or {""}, key=lambda word: len(self._by_word.get(word, ())))
        checked: set[int] = set()
        for word in content[:RAREST]:
            for number in self._by_word.get(word, ()):
                if number not in checked and near(split, self._words[number][0]):
                    return f"nearly copies {self._words[number][1]}"
                checked.add(number)
        return ""


class Sieve:
    """Takes or refuses written rows, reply by reply."""

    def __init__(
        self,
        train: Sequence[Example],
        held_out: Sequence[Example],
        *,
        output_form: str,
        judge: Judge | None,
    ) -> None:
        self.labels = sorted({row.label for row in train if row.label is not None})
        self.taken: list[Example] = []
        self.refused: list[RefusedRow] = []
        self.written = 0
        self._seen = Seen()
        self._json = "JSON" in output_form
        self._longest = LONGEST * max((len(row.input_text()) for row in train), default=0)
        self._judge = judge
        for row in held_out:
            self._seen.add(row.input_text(), "a held-out row")
        for row in train:
            self._seen.add(row.input_text(), "a training row")

    def count(self, label: str) -> int:
        """Rows taken for a label."""
        return sum((row.label or "") == label for row in self.taken)

    def reasons(self) -> dict[str, int]:
        """Rows refused, by reason, most frequent first."""
        return dict(Counter(one.reason for one in self.refused).most_common())

    def put(self, reply: Reply, *, generator: str, most: int) -> None:
        """Sift one reply; no more than `most` rows of its label are taken in all."""
        for text, row in _rows(reply):
            self.written += 1
            example = self._example(reply, row, generator) if row is not None else None
            reason = "not in the form asked for" if example is None else self._against(example)
            if not reason and self.count(reply.label) >= most:
                reason = "more than was wanted"
            if reason or example is None:
                self.refused.append(
                    RefusedRow(label=reply.label, call=reply.call, reason=reason, text=text[:2000])
                )
                continue
            self.taken.append(example)
            self._seen.add(example.input_text(), "another written row")

    def _example(self, reply: Reply, row: Written, generator: str) -> Example | None:
        if not row.input.strip() or not row.output.strip():
            return None
        return Example(
            id=f"synthetic-{len(self.taken):05d}",
            input=row.input.strip(),
            output=row.output.strip(),
            label=reply.label or None,
            meta={"synthetic": True, "generator": generator, "seeds": reply.seeds},
        )

    def _against(self, example: Example) -> str:
        """The first reason against a row; empty where there is none."""
        text = example.input_text()
        if len(text.split()) < 2 or normalised(text) in (normalised(label) for label in self.labels):
            return "too short"
        if len(text) > self._longest:
            return "too long"
        if any(pattern.within(row_text(example)) for pattern in SECRETS):
            return "looks like a secret"
        if any(pattern.within(row_text(example)) for pattern in PERSONAL):
            return "looks like personal data"
        if self._json and not _is_json(example.output):
            return "the output is not JSON"
        known = self._seen.like(text)
        if known:
            return known
        if self._judge is not None and self._judge(text) != example.label:
            return "another label is likelier"
        return ""


def _rows(reply: Reply) -> Iterator[tuple[str, Written | None]]:
    """Each line of a reply with the row that it holds; None where it holds none."""
    for raw in (reply.text or "").splitlines():
        line = raw.strip()
        if not line or line.startswith("```"):
            continue
        if reply.label:
            yield line, Written(NUMBERED.sub("", line).strip("\"' "), reply.label)
            continue
        try:
            found = json.loads(NUMBERED.sub("", line).rstrip(","))
        except (ValueError, RecursionError):
            yield line, None
            continue
        fits = isinstance(found, dict) and all(isinstance(found.get(k), str) for k in ("input", "output"))
        yield line, Written(found["input"], found["output"]) if fits else None


def judge_of(train: Sequence[Example]) -> Judge | None:
    """TF-IDF with logistic regression over the client's rows: a text to the label that it finds likeliest.

    None where there are not two labels.
    """
    if len({row.label for row in train if row.label is not None}) < 2:
        return None
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    features = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\w+|[^\w\s]")
    model = make_pipeline(features, LogisticRegression(C=10.0, max_iter=2000, class_weight="balanced"))
    model.fit([row.input_text() for row in train], [row.label for row in train])
    return lambda text: str(model.predict([text])[0])


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
