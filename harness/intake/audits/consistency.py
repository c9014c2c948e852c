"""The form that most outputs have, and which rows break it: a parser downstream breaks on those."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections import Counter
from typing import Any

from harness.intake.corpus import Corpus, Seen, found

from ._kind import Audit

MOST_READ = 20_000
FEWEST = 20
"""Rows from which a majority says something."""
MAJORITY, STEADY = 0.5, 0.995
"""Shares between which the other rows are called outliers."""
FEWEST_OUTLIERS = 2
MOST_KEYS = 8
"""Keys named in words."""
TEXT = "text"
STRUCTURED = ("a JSON", "a call", "XML", "a date", "a number")
"""Beginnings of the forms that a program can read, so that another form is a mistake and no style."""

_NUMBER = re.compile(r"[-+]?(\d+|\d{1,3}([, ]\d{3})+)([.,]\d+)?\s?%?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?\S*)?|\d{1,2}[./]\d{1,2}[./]\d{4}")
_CALL = re.compile(
    r"[A-Za-z_]\w*\(\s*([A-Za-z_]\w*\s*(\[.*\])?\s*(,\s*[A-Za-z_]\w*\s*(\[.*\])?\s*)*)?\)", re.S
)
_XML = re.compile(r"(<\?xml.*?\?>\s*)?<([A-Za-z_][\w.-]*)(\s[^<>]*)?>.*</\2>", re.DOTALL)
_ITEM = re.compile(r"\s*([-*+]|\d{1,3}[.)])\s+\S")
_CODE = re.compile(
    r"^\s*(def \w+\(|class \w+[(:{]|import \w+|from [\w.]+ import |#include\b|function \w*\(|public \w+|"
    r"(const|let|var) \w+ =|SELECT .+ FROM |return\b.*;)",
    re.MULTILINE,
)


def look(corpus: Corpus) -> Seen:
    """For classification the labels are the form; their spellings are looked at elsewhere."""
    numbers = corpus.sample(MOST_READ)
    if corpus.task not in ("classification", "generation") or not len(numbers):
        return Seen()
    if corpus.task == "classification":
        count = len(corpus.labels)
        form = f"one of {count:,} labels" if count > 1 else "one label"
        return Seen(facts={"output_form": form, "output_form_share": 1.0})
    outputs = [row.output for row in corpus.rows.take(numbers.tolist())]
    forms = _keyed([form_of(output) for output in outputs])
    majority, most = Counter(forms).most_common(1)[0]
    share = most / len(forms)
    facts = {"output_form": majority, "output_form_share": share}
    outliers = [int(number) for number, form in zip(numbers, forms, strict=True) if form != majority]
    doubtful = MAJORITY < share < STEADY and len(outliers) >= FEWEST_OUTLIERS and len(forms) >= FEWEST
    if not doubtful or not majority.startswith(STRUCTURED):
        return Seen(facts=facts)
    others = Counter(form for form in forms if form != majority)
    read = "rows" if len(forms) == len(corpus.numbers()) else "rows read"
    message = (
        f"the output of {most:,} of {len(forms):,} {read} is {majority}; {len(outliers):,} differ, "
        f"most often: {others.most_common(1)[0][0]}"
    )
    do = "mend them, or say which forms are right: a model learns to mix what it is shown"
    return Seen([found(corpus.rows, "format", message, numbers=outliers, do=do)], facts)


def form_of(output: str) -> str:
    """What the whole output parses as, in words; `text` where nothing fits."""
    text = output.strip()
    if _NUMBER.fullmatch(text):
        return "a number"
    if _DATE.fullmatch(text):
        return "a date"
    if text[:1] in "{[" and text:
        parsed = _json(text)
        if isinstance(parsed, dict):
            return _object(tuple(sorted(parsed)))
        if isinstance(parsed, list):
            return "a JSON array"
    if _CALL.fullmatch(text):
        return "a call such as name(key[value], ...)" if "[" in text else "a call such as name(key, ...)"
    if text.startswith("<") and _XML.fullmatch(text):
        return "XML"
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and all(_ITEM.match(line) for line in lines):
        return "a Markdown list"
    return "code" if _is_code(text) else TEXT


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _object(keys: tuple[str, ...]) -> str:
    if not keys:
        return "a JSON object without keys"
    if len(keys) == 1:
        return f"a JSON object with the key {keys[0]}"
    shown = ", ".join(keys[:MOST_KEYS])
    return f"a JSON object with the keys {shown}{', ...' if len(keys) > MOST_KEYS else ''}"


def _keyed(forms: list[str]) -> list[str]:
    """Objects are told apart by their keys only where one set of keys is the rule."""
    objects = Counter(form for form in forms if form.startswith("a JSON object"))
    if not objects or objects.most_common(1)[0][1] > 0.9 * objects.total():
        return forms
    return ["a JSON object" if form.startswith("a JSON object") else form for form in forms]


def _is_code(text: str) -> bool:
    """A statement of a known beginning, or Python that calls, indexes or assigns."""
    if text.startswith("```") or _CODE.search(text):
        return True
    if not re.search(r"[(\[=]", text) or len(text) > 4_000:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            parsed = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    telling = (ast.Call, ast.Assign, ast.Subscript, ast.ListComp, ast.Attribute)
    return any(isinstance(node, telling) for node in ast.walk(parsed))


AUDIT = Audit("consistency", look)
