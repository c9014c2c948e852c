"""The formats that fine-tuning tools and test suites use, each recognised by its keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from . import form_rows
from .form_rows import UNWANTED, Fields
from .turns import Unfit


class Answerless(NamedTuple):
    """A known kind of file whose rows hold no wanted answer."""

    key: str
    """The column that it always has."""
    allowed: frozenset[str]
    """All columns that it may have."""
    what: str
    """What it is."""
    fix: str
    """What is needed instead."""


ANSWERLESS = (
    Answerless(
        "prompt",
        frozenset({"prompt"}),
        "prompts without wanted answers: nothing can be scored",
        "add a column `output` with the wanted answers",
    ),
    Answerless(
        "text",
        frozenset({"text"}),
        "raw text, where no column for `output` parts the answer from the input",
        "part each text into `input` and `output`",
    ),
    Answerless(
        "text",
        frozenset({"text", "title", "_id", "doc_id"}),
        "documents or queries for retrieval, not examples",
        "name a file with questions and their answers",
    ),
    Answerless(
        "corpus-id",
        frozenset({"corpus-id", "query-id", "score"}),
        "BEIR relevance marks, not examples",
        "name a file with questions and their answers",
    ),
)
"""Tried in this order."""


class Form(NamedTuple):
    """One format."""

    name: str
    """What people call it."""
    says: str
    """How its rows are read, where that needs saying; empty where it does not."""
    uses: tuple[str, ...]
    """Keys that the reading takes up; all others go to `meta`."""
    fits: Callable[[Fields], bool]
    """Whether a row has its keys."""
    read: Callable[[Fields], dict[str, Any]]
    """Canonical fields of a row."""


def recognise(fields: Fields) -> Form | None:
    """The format of a file by its first row; None where names of columns have to decide."""
    if isinstance(fields.get("messages"), list) and "text" in fields:
        raise Unfit("fits two formats: it has `text` and `messages`", fix="remove one of the two columns")
    names = frozenset(fields) - {"id", "meta"}
    for answerless in ANSWERLESS:
        if answerless.key in names <= answerless.allowed:
            raise Unfit(f"{answerless.what}, found {sorted(names)}", fix=answerless.fix)
    return next((form for form in FORMS if form.fits(fields)), None)


def one_sided(form: Form | None, reasons: Iterable[str]) -> bool:
    """Whether a file of wanted and unwanted answers holds wanted ones only."""
    return form is not None and form.says == WANTED and not any(UNWANTED in reason for reason in reasons)


def canonical(form: Form, fields: Fields) -> dict[str, Any]:
    """A row's canonical fields, with what the format does not use in `meta`."""
    if not form.fits(fields):
        what = f"has another format than the rows above it, which are {form.name}: found {sorted(fields)}"
        raise Unfit(what, fix="keep one format per file")
    found = form.read(fields)
    given = fields.get("meta")
    rest = {key: value for key, value in fields.items() if key not in (*form.uses, "id", "meta")}
    meta = {**rest, **(given if isinstance(given, dict) else {}), **found.pop("meta", {})}
    return {**({"id": fields["id"]} if fields.get("id") is not None else {}), **found, "meta": meta}


def _has(*keys: str, nested: str = "") -> Callable[[Fields], bool]:
    """Whether a row has the keys, the nested one not as a string: a table's column may have its name."""
    return lambda fields: all(key in fields for key in keys) and not isinstance(fields.get(nested), str)


def _is_kto(fields: Fields) -> bool:
    return _has("prompt", "completion", "label")(fields) and isinstance(fields["label"], bool)


def _is_kto_turns(fields: Fields) -> bool:
    return "kto_tag" in fields and ("messages" in fields or "conversations" in fields)


def _is_alpaca(fields: Fields) -> bool:
    return "instruction" in fields and "output" in fields


def _is_turns_pair(fields: Fields) -> bool:
    """Strings under the same keys are left to the names of columns."""
    return _has("prompt", "completion")(fields) and isinstance(fields["completion"], list)


def _is_item(fields: Fields) -> bool:
    return isinstance(fields.get("item"), dict)


LAST = "the last assistant turn is the output"
CHOSEN = "`chosen` is the output, `rejected` is kept in meta"
WANTED = "rows marked true are examples"
FORMS = (
    Form(
        "ShareGPT preference",
        CHOSEN,
        ("conversations", "system", "chosen", "rejected"),
        _has("conversations", "chosen", "rejected"),
        form_rows.sharegpt_preference,
    ),
    Form(
        "Alpaca preference",
        CHOSEN,
        ("instruction", "input", "system", "history", "chosen", "rejected"),
        _has("instruction", "chosen", "rejected"),
        form_rows.alpaca_preference,
    ),
    Form(
        "DPO preference",
        CHOSEN,
        ("prompt", "chosen", "rejected"),
        _has("chosen", "rejected"),
        form_rows.preference,
    ),
    Form(
        "OpenAI preference",
        "`preferred_output` is the output, the other is kept in meta",
        ("input", "preferred_output", "non_preferred_output"),
        _has("input", "preferred_output", "non_preferred_output"),
        form_rows.openai_preference,
    ),
    Form("KTO turns", WANTED, ("messages", "conversations", "kto_tag"), _is_kto_turns, form_rows.kto_turns),
    Form("KTO", WANTED, ("prompt", "completion", "label"), _is_kto, form_rows.kto),
    Form(
        "Bedrock conversation",
        LAST,
        ("schemaVersion", "system", "messages"),
        _has("schemaVersion", "messages"),
        form_rows.bedrock,
    ),
    Form("OpenAI chat", LAST, ("messages",), _has("messages", nested="messages"), form_rows.chat),
    Form(
        "ShareGPT",
        LAST,
        ("conversations", "system"),
        _has("conversations", nested="conversations"),
        form_rows.sharegpt,
    ),
    Form(
        "Gemini contents",
        LAST,
        ("contents", "systemInstruction"),
        _has("contents", nested="contents"),
        form_rows.gemini,
    ),
    Form(
        "Alpaca",
        "instruction and input together are the input",
        ("instruction", "input", "output", "system", "history"),
        _is_alpaca,
        form_rows.alpaca,
    ),
    Form("prompt and completion turns", "", ("prompt", "completion"), _is_turns_pair, form_rows.completion),
    Form(
        "Axolotl segments",
        "text with `label` true is the output",
        ("segments",),
        _has("segments", nested="segments"),
        form_rows.segments,
    ),
    Form("OpenAI evals items", "", ("item",), _is_item, form_rows.item),
    Form(
        "OpenAI evals", "`ideal` is the output", ("input", "ideal"), _has("input", "ideal"), form_rows.ideal
    ),
    Form(
        "Ragas",
        "`reference` is the output, its contexts the context",
        ("user_input", "reference", "reference_contexts"),
        _has("user_input", "reference"),
        form_rows.ragas,
    ),
    Form(
        "SQuAD",
        "the first answer is the output",
        ("question", "context", "answers", "is_impossible"),
        _has("question", "context", "answers", nested="answers"),
        form_rows.squad,
    ),
    Form(
        "promptfoo tests",
        "the value of the assertion is the output",
        ("__expected",),
        _has("__expected"),
        form_rows.promptfoo,
    ),
)
"""Tried in this order: a format whose keys hold another's comes before it."""
