"""A row of each known format to canonical fields; what cannot be read so is refused with the reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .turns import (
    GEMINI_TURNS,
    OPENAI_TURNS,
    SHAREGPT_TURNS,
    Turns,
    Unfit,
    Unwanted,
    answer,
    cut,
    question,
    text,
)

Fields = Mapping[str, Any]


def _row(turns: Turns) -> dict[str, Any]:
    return {"input": turns.before, "output": turns.answer}


def chat(fields: Fields) -> dict[str, Any]:
    """OpenAI, TRL, Together and others."""
    return _row(cut(fields["messages"], "messages", OPENAI_TURNS))


def bedrock(fields: Fields) -> dict[str, Any]:
    """Amazon Bedrock: the system text stands apart."""
    system = text(fields.get("system") or "", "system")
    return _row(cut(fields["messages"], "messages", OPENAI_TURNS, system=system))


def sharegpt(fields: Fields) -> dict[str, Any]:
    """The system text may stand apart, as LLaMA-Factory has it."""
    system = text(fields.get("system") or "", "system")
    return _row(cut(fields["conversations"], "conversations", SHAREGPT_TURNS, system=system))


def gemini(fields: Fields) -> dict[str, Any]:
    """Vertex AI: the model is the assistant."""
    given = fields.get("systemInstruction") or ""
    system = text(given.get("parts") or "" if isinstance(given, dict) else given, "systemInstruction")
    return _row(cut(fields["contents"], "contents", GEMINI_TURNS, system=system))


def _alpaca_input(fields: Fields) -> str | list[dict[str, str]]:
    """Instruction, a blank line and the input; turns where there is a system text or a history."""
    asked = text(fields["instruction"] or "", "instruction")
    more = text(fields.get("input") or "", "input")
    asked = f"{asked}\n\n{more}" if asked.strip() and more.strip() else asked or more
    system, history = text(fields.get("system") or "", "system"), fields.get("history") or []
    if not system and not history:
        return asked
    turns = [{"role": "system", "content": system}] if system else []
    for pair in history if isinstance(history, list) else [history]:
        if not isinstance(pair, list) or len(pair) != 2:
            fix = 'write [["question", "answer"], ...]'
            raise Unfit("`history` holds something else than pairs", fix=fix)
        for role, said in zip(("user", "assistant"), pair, strict=True):
            turns.append({"role": role, "content": text(said, "history")})
    return [*turns, {"role": "user", "content": asked}]


def alpaca(fields: Fields) -> dict[str, Any]:
    """Instruction and input to output."""
    return {"input": _alpaca_input(fields), "output": fields["output"]}


def alpaca_preference(fields: Fields) -> dict[str, Any]:
    """LLaMA-Factory, with `ranking`."""
    return _preferred(_alpaca_input(fields), fields["chosen"], fields["rejected"])


def sharegpt_preference(fields: Fields) -> dict[str, Any]:
    """LLaMA-Factory, with `ranking`."""
    system = text(fields.get("system") or "", "system")
    asked = question(fields["conversations"], "conversations", SHAREGPT_TURNS, system=system)
    return _preferred(
        asked,
        answer(fields["chosen"], "chosen", SHAREGPT_TURNS),
        answer(fields["rejected"], "rejected", SHAREGPT_TURNS),
    )


def openai_preference(fields: Fields) -> dict[str, Any]:
    """OpenAI and Together."""
    asked = fields.get("input")
    messages = asked.get("messages") if isinstance(asked, dict) else asked
    turns = question(messages, "input.messages", OPENAI_TURNS)
    return _preferred(turns, _said(fields, "preferred_output"), _said(fields, "non_preferred_output"))


def preference(fields: Fields) -> dict[str, Any]:
    """With the prompt apart, or as the turns that both conversations share."""
    better, worse, prompt = fields["chosen"], fields["rejected"], fields.get("prompt")
    if isinstance(better, list) and isinstance(worse, list) and len(better) > 1:
        chosen, other = cut(better, "chosen", OPENAI_TURNS), cut(worse, "rejected", OPENAI_TURNS)
        if chosen.before != other.before:
            what = "`chosen` and `rejected` answer different conversations"
            raise Unfit(what, fix="both have the same turns but for the last")
        return _preferred(chosen.before, chosen.answer, other.answer)
    if prompt is None:
        raise Unfit("no `prompt`, and `chosen` is not a conversation", fix="add `prompt`")
    return _preferred(_asked(prompt), _said(fields, "chosen"), _said(fields, "rejected"))


def _preferred(asked: object, better: str, worse: str) -> dict[str, Any]:
    return {"input": asked, "output": better, "meta": {"rejected": worse}}


def kto(fields: Fields) -> dict[str, Any]:
    """TRL, unpaired: an answer marked false is kept apart."""
    return _marked(completion(fields), fields, "label")


def _marked(row: dict[str, Any], fields: Fields, key: str) -> dict[str, Any]:
    if not isinstance(fields[key], bool):
        raise Unfit(f"`{key}` is not true or false", fix="mend or remove that row")
    return {**row, "meta": {"wanted": fields[key]}}


def kto_turns(fields: Fields) -> dict[str, Any]:
    """LLaMA-Factory: the mark is `kto_tag`."""
    key = "messages" if "messages" in fields else "conversations"
    row = _row(cut(fields[key], key, OPENAI_TURNS if key == "messages" else SHAREGPT_TURNS))
    return _marked(row, fields, "kto_tag")


def completion(fields: Fields) -> dict[str, Any]:
    """TRL: prompt and completion as turns or strings."""
    return {
        "input": _asked(fields["prompt"]),
        "output": _said(fields, "completion"),
    }


def _said(fields: Fields, key: str) -> str:
    return answer(fields[key], key, OPENAI_TURNS)


def _asked(prompt: object) -> str | list[dict[str, str]]:
    return question(prompt, "prompt", OPENAI_TURNS) if isinstance(prompt, list) else text(prompt, "prompt")


def segments(fields: Fields) -> dict[str, Any]:
    """Axolotl without a template: what is learnt is marked."""
    parts = fields["segments"]
    good = isinstance(parts, list) and all(
        isinstance(part, dict) and isinstance(part.get("text"), str) and isinstance(part.get("label"), bool)
        for part in parts
    )
    marks = [part["label"] for part in parts] if good else []
    if not marks or marks != sorted(marks):
        what = "`segments` is not text without `label` followed by text with it"
        raise Unfit(what, fix="write the input's segments first, then those to learn")
    return {
        "input": "".join(part["text"] for part in parts if not part["label"]),
        "output": "".join(part["text"] for part in parts if part["label"]),
    }


def item(fields: Fields) -> dict[str, Any]:
    """OpenAI evals: a question and the expected answer under `item`."""
    item = fields["item"]
    asked = next((item[name] for name in ("input", "question", "prompt") if name in item), None)
    answers = ("expected", "ideal", "answer", "output", "label")
    wanted = next((item[name] for name in answers if name in item), None)
    if asked is None or wanted is None:
        what = f"`item` lacks a question or an expected answer, found {sorted(item)}"
        raise Unfit(what, fix="name them `question` and `expected`")
    return {"input": asked, "output": wanted}


def ideal(fields: Fields) -> dict[str, Any]:
    """OpenAI evals as they were: the first of several ideal answers is the output."""
    asked, ideal = fields["input"], fields["ideal"]
    several = isinstance(ideal, list)
    return {
        "input": question(asked, "input", OPENAI_TURNS) if isinstance(asked, list) else asked,
        "output": (ideal or [""])[0] if several else ideal,
        "meta": _others(ideal) if several else {},
    }


def _others(answers: list[Any]) -> dict[str, Any]:
    """Where the metrics look for answers that are as right as the output."""
    texts = [one for one in answers if isinstance(one, str)]
    return {"references": list(dict.fromkeys(texts))} if len(set(texts)) > 1 else {}


def ragas(fields: Fields) -> dict[str, Any]:
    """The passages that should be found are the context."""
    passages = text(fields.get("reference_contexts") or "", "reference_contexts")
    return {"input": fields["user_input"], "output": fields["reference"], "context": passages or None}


def squad(fields: Fields) -> dict[str, Any]:
    """The first answer is the output; all of them are `meta.references`, of which metrics take any."""
    answers = fields["answers"]
    texts = answers.get("text") if isinstance(answers, dict) else answers
    if not isinstance(texts, list):
        raise Unfit("`answers` is not a list of answers", fix="mend or remove that row")
    texts = [text(part.get("text") if isinstance(part, dict) else part, "answers") for part in texts]
    if not texts or fields.get("is_impossible"):
        raise Unwanted("the question has no answer in its passage")
    return {
        "input": fields["question"],
        "output": texts[0],
        "context": fields.get("context"),
        "meta": _others(texts),
    }


def promptfoo(fields: Fields) -> dict[str, Any]:
    """The value of the assertion is the output; `contains:` and the like are kept whole in `meta`."""
    asked = [name for name in fields if not name.startswith("__")]
    if len(asked) != 1:
        raise Unfit(f"several variables, {asked}, make the prompt", fix="pass --map COLUMN=input")
    wanted = str(fields["__expected"])
    named = re.match("([a-z-]+):", wanted)
    return {
        "input": fields[asked[0]],
        "output": wanted[named.end() :].strip() if named else wanted,
        "meta": {"assertion": wanted} if named and named[1] != "equals" else {},
    }


def prompt(fields: Fields) -> dict[str, Any]:
    """TRL's online methods: something to answer and no answer."""
    return {"input": _asked(fields["prompt"])}


def raw_text(fields: Fields) -> dict[str, Any]:
    """Text to learn from as it is."""
    return {"input": fields["text"]}


def document(fields: Fields) -> dict[str, Any]:
    """A document for retrieval under its own id."""
    id = fields.get("doc_id", fields.get("_id"))
    return {**({"id": id} if id is not None else {}), "input": fields["text"]}
