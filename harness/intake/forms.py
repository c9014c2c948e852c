"""The formats that fine-tuning tools and test suites use, each recognised by its keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from advisor.engagement.records.examples import Task

from . import form_rows
from .columns import INPUT_NAMES, LABEL_NAMES, OUTPUT_NAMES
from .form_rows import Fields
from .turns import Unfit


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
    task: Task | None = None
    """What its rows are for; None where the rows decide."""

    @property
    def answerless(self) -> bool:
        """Whether its rows have no wanted answer."""
        return self.task in ("prompts", "text", "documents", "retrieval")


def recognise(fields: Fields) -> Form | None:
    """The format of a file by its first row; None where names of columns have to decide."""
    if isinstance(fields.get("messages"), list) and "text" in fields:
        raise Unfit("fits two formats: it has `text` and `messages`", fix="remove one of the two columns")
    names = frozenset(fields) - {"id", "meta"}
    for keys, what, fix in NOT_DATA:
        if keys <= names:
            raise Unfit(f"{what}, found {sorted(names)[:5]}", fix=fix)
    return next((form for form in FORMS if form.fits(fields)), None)


def one_sided(form: Form | None, unwanted: int) -> bool:
    """Whether a file of wanted and unwanted answers holds wanted ones only."""
    return form is not None and form.says == WANTED and not unwanted


def canonical(form: Form, fields: Fields) -> dict[str, Any]:
    """A row's canonical fields, with what the format does not use in `meta`."""
    if not form.fits(fields):
        what = f"has another format than the rows above it, which are {form.name}: found {sorted(fields)}"
        raise Unfit(what, fix="keep one format per file")
    found = form.read(fields)
    given = fields.get("meta")
    rest = {key: value for key, value in fields.items() if key not in (*form.uses, "id", "meta")}
    meta = {**rest, **(given if isinstance(given, dict) else {}), **found.pop("meta", {})}
    id = {"id": fields["id"]} if fields.get("id") is not None else {}
    return {**id, **found, "meta": meta}


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
WANTED = "rows marked true are examples, the others are kept apart"
NOT_DATA = (
    (
        frozenset({"corpus-id", "query-id"}),
        "BEIR relevance marks, not examples",
        "name the folder that holds corpus.jsonl, queries.jsonl and qrels",
    ),
)
"""Keys, what such a file is, and what to name instead."""


def _only(key: str, *others: str) -> Callable[[Fields], bool]:
    """Whether a row has the key and, but for id and meta, no other key than these."""
    return lambda fields: key in fields and frozenset(fields) <= {key, "id", "meta", *others}


def _is_document(fields: Fields) -> bool:
    named = "doc_id" in fields or "_id" in fields or "title" in fields
    return named and _only("text", "title", "_id", "doc_id", "metadata", "url")(fields)


FORMS = (
    Form(
        "ShareGPT preference",
        CHOSEN,
        ("conversations", "system", "chosen", "rejected"),
        _has("conversations", "chosen", "rejected"),
        form_rows.sharegpt_preference,
        "preference",
    ),
    Form(
        "Alpaca preference",
        CHOSEN,
        ("instruction", "input", "system", "history", "chosen", "rejected"),
        _has("instruction", "chosen", "rejected"),
        form_rows.alpaca_preference,
        "preference",
    ),
    Form(
        "DPO preference",
        CHOSEN,
        ("prompt", "chosen", "rejected"),
        _has("chosen", "rejected"),
        form_rows.preference,
        "preference",
    ),
    Form(
        "OpenAI preference",
        "`preferred_output` is the output, the other is kept in meta",
        ("input", "preferred_output", "non_preferred_output"),
        _has("input", "preferred_output", "non_preferred_output"),
        form_rows.openai_preference,
        "preference",
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
        "OpenAI evals",
        "`ideal` is the output, any of several counts",
        ("input", "ideal"),
        _has("input", "ideal"),
        form_rows.ideal,
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
        "the first answer is the output, any of them counts",
        ("question", "context", "answers", "is_impossible"),
        _has("question", "answers", nested="answers"),
        form_rows.squad,
    ),
    Form(
        "promptfoo tests",
        "the value of the assertion is the output",
        ("__expected",),
        _has("__expected"),
        form_rows.promptfoo,
    ),
    Form("prompts without answers", "", ("prompt",), _only("prompt"), form_rows.prompt, "prompts"),
    Form("raw text", "", ("text",), _only("text"), form_rows.raw_text, "text"),
    Form(
        "documents for retrieval",
        "",
        ("doc_id", "_id", "text"),
        _is_document,
        form_rows.document,
        "documents",
    ),
)
"""Tried in this order: a format whose keys hold another's comes before it."""

_USUAL = {
    name.casefold(): name
    for name in (
        *("id", "meta", "context", "gold_doc_ids", "input", "output", "label"),
        *(*INPUT_NAMES, *OUTPUT_NAMES, *LABEL_NAMES),
        *(key for form in FORMS for key in form.uses),
    )
}


def misspelt(fields: Fields) -> dict[str, str]:
    """Keys that are a usual name but for case and blanks around it, to that name."""
    found = {name: _USUAL.get(name.strip().casefold(), "") for name in fields}
    renamed = {name: usual for name, usual in found.items() if usual and usual not in fields}
    return renamed if len(set(renamed.values())) == len(renamed) else {}
