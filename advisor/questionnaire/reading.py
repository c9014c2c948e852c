"""Answers from a file, a flag or a keyboard: generous in what is understood, exact in what is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from advisor.engagement import codec
from advisor.engagement.errors import AnswersError
from advisor.engagement.records.answers import UNKNOWN, Answer, Answers, Certainty, Value

from ._kind import Number, Question
from .asking import all_questions, by_id, section_of

CERTAINTIES: tuple[Certainty, ...] = ("known", "assumed", "unknown")
KEYS = ("value", "certainty", "note")


def read_answers(path: Path) -> Answers:
    """Answers of a TOML file: a table per question, or `question = value`."""
    found: dict[str, Answer] = {}
    for name, raw in codec.read_toml_table(path).items():
        question = find_question(name, place=f"{path}: ")
        found[name] = _answer(question, raw, place=f"{path} [{name}]")
    return Answers(found)


def parse_set(text: str) -> tuple[str, Answer]:
    """`question=value`, as --set and --what-if take it."""
    name, equals, value = text.partition("=")
    if not equals:
        raise AnswersError(f"{text!r} is not question=value", fix="for example --set knowledge_changes=daily")
    question = find_question(name.strip(), place="")
    return question.id, Answer(value=understand(question, value, place=question.id))


def find_question(name: str, *, place: str) -> Question:
    """The question of that id; a typo gets a suggestion."""
    known = by_id()
    if name not in known:
        raise AnswersError(
            f"{place}no question `{name}`.{codec.suggestion(name, list(known))}",
            fix=f"questions: {', '.join(known)}; `tunecase advise --blank` prints them all",
        )
    return known[name]


def understand(question: Question, typed: Value, *, place: str) -> Value:
    """The value meant: an option's id, number or text, a unique beginning of it, a number, or `unknown`."""
    if isinstance(typed, str) and typed.strip().lower() == UNKNOWN:
        return UNKNOWN
    if question.number is not None:
        return _number(question, question.number, typed, place=place)
    return _option(question, str(typed).strip(), place=place)


def _number(question: Question, number: Number, typed: Value, *, place: str) -> float | int:
    value = typed if isinstance(typed, int | float) else _parse_number(typed, number.unit)
    if value is None:
        raise AnswersError(
            f"{place}: {typed!r} is not a number", fix=f"give a number of {number.unit}, or `unknown`"
        )
    if not number.low <= value <= number.high:
        raise AnswersError(
            f"{place}: {value:g} is outside {number.low:g} to {number.high:g} {number.unit}",
            fix=f"give a number from {number.low:g} to {number.high:g}, or `unknown`",
        )
    return int(value) if value == int(value) else value


def _parse_number(typed: str, unit: str) -> float | None:
    """`40,000`, `40k`, `1.5 million`, `85 %`, `85 percent`, `$50k`."""
    text = typed.strip().lower().removesuffix(unit.lower()).removesuffix("%").lstrip("$").strip()
    match = re.fullmatch(r"(\d[\d,_ ]*(?:\.\d+)?|\.\d+)\s*(k|m|thousand|million)?", text)
    if match is None:
        return None
    factor = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6}.get(match[2] or "", 1.0)
    return float(re.sub(r"[,_ ]", "", match[1])) * factor


def _option(question: Question, typed: str, *, place: str) -> str:
    wanted = typed.casefold()
    for option in question.options:
        if wanted in (option.id.casefold(), option.text.casefold()):
            return option.id
    if len(wanted) >= 2:
        near = [
            option.id
            for option in question.options
            if option.id.casefold().startswith(wanted) or option.text.casefold().startswith(wanted)
        ]
        if len(near) == 1:
            return near[0]
    listed = ", ".join(option.id for option in question.options)
    near_id = codec.suggestion(typed, [option.id for option in question.options])
    raise AnswersError(f"{place}: {typed!r} is not an answer.{near_id}", fix=f"answers: {listed}, {UNKNOWN}")


def typed_option(question: Question, typed: str) -> str | None:
    """The option with that number in the list as shown, counted from 1."""
    if question.number is None and typed.isdecimal() and 1 <= int(typed) <= len(question.options):
        return question.options[int(typed) - 1].id
    return None


def _answer(question: Question, raw: object, *, place: str) -> Answer:
    table = raw if isinstance(raw, dict) else {"value": raw}
    for key in table:
        if key not in KEYS:
            raise AnswersError(
                f"{place}: unknown key `{key}`.{codec.suggestion(key, list(KEYS))}",
                fix=f"keys: {', '.join(KEYS)}",
            )
    value = table.get("value", UNKNOWN)
    if isinstance(value, bool) and {"yes", "no"} <= {option.id for option in question.options}:
        value = "yes" if value else "no"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise AnswersError(f"{place}: value is {value!r}", fix=_takes(question))
    certainty = table.get("certainty", "known")
    if certainty not in CERTAINTIES:
        raise AnswersError(f"{place}: certainty is {certainty!r}", fix=f"certainty: {', '.join(CERTAINTIES)}")
    note = table.get("note", "")
    if not isinstance(note, str):
        raise AnswersError(f"{place}: note is {note!r}", fix="write the note in quotes")
    return Answer(value=understand(question, value, place=place), certainty=certainty, note=note)


def _takes(question: Question) -> str:
    if question.number is not None:
        low, high = question.number.low, question.number.high
        return f"a number of {question.number.unit} from {low:g} to {high:g}, or `unknown`"
    return f"answers: {', '.join(option.id for option in question.options)}, {UNKNOWN}"


def write_answers(path: Path, answers: Answers) -> None:
    """Write all answers, whole or not at all; comments and order of an existing file are kept."""
    # imported here: reading advice needs no TOML writer
    from advisor.engagement.toml_out import with_tables

    before = codec.read_text(path) if path.exists() else ""
    order = [question.id for question in all_questions() if question.id in answers.by_question]
    tables = {name: _table(answers.by_question[name]) for name in order}
    codec.write_text(path, with_tables(before, tables))


def _table(answer: Answer) -> Mapping[str, Value]:
    table: dict[str, Value] = {"value": answer.value, "certainty": answer.certainty}
    return {**table, "note": answer.note} if answer.note else table


def blank() -> str:
    """The empty form: TOML that parses as it is, every question with its reasons and allowed values."""
    lines = [
        "# Answers for `tunecase advise`. Replace `unknown` where you can; what stays unknown is listed as",
        "# worth finding out. certainty is known where somebody said it, assumed where it follows from what",
        "# was said, else unknown; note says who said so, when, in which words.",
    ]
    heading = ""
    for question in sorted(all_questions(), key=lambda one: section_of(one.id).order):
        title = section_of(question.id).title
        if title != heading:
            heading = title
            lines += ["", f"# ---- {title} ----"]
        lines += ["", *_form(question)]
    return "\n".join(lines) + "\n"


def _form(question: Question) -> list[str]:
    lines = [
        f"# {question.text}{' (core: answer this one first)' if question.core else ''}",
        f"# Why: {question.why}",
        f"# How to find out: {question.how_to_find_out}",
        f"# Ask: {question.who}",
    ]
    if question.shown_when is not None:
        lines.append(f"# Only if {question.shown_when.question} is {', '.join(question.shown_when.answers)}.")
    if question.number is not None:
        number = question.number
        lines.append(f"# Value: a number of {number.unit} from {number.low:g} to {number.high:g}, or unknown")
    else:
        width = max(len(option.id) for option in question.options)
        lines.append("# Values:")
        lines += [f"#   {option.id:<{width}}  {option.text}" for option in question.options]
    return [*lines, f"[{question.id}]", f'value = "{UNKNOWN}"', 'certainty = "known"', 'note = ""']
