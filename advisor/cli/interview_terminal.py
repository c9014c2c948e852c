"""The interview drawn with typed letters: works over ssh, in a screen reader and in a test."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable

import click

from advisor.engagement.records.answers import UNKNOWN, Answer, Answers
from advisor.questionnaire._kind import Question
from advisor.questionnaire.asking import in_words, section_of
from advisor.questionnaire.interview import Interview, Rank

WIDTH = 78


def interview(
    answers: Answers, save: Callable[[Answers], None], *, provisional: Callable[[Answers], str], rank: Rank
) -> Answers | None:
    """Ask until everything is settled and checked; None if the person quits. Ctrl-C loses nothing."""
    saved = _Clock(save)
    talk = Interview(answers, saved.save, rank=rank)
    step, settled = talk.start(), talk.core_is_settled()
    while step.kind not in ("done", "quit"):
        if step.kind == "refused":
            _say(f"  {step.message}")
        elif step.kind == "help":
            _explain(talk.current)
        elif step.kind == "ask":
            _ask(talk, saved.at)
        elif step.kind == "settled":
            _say(f"\n{provisional(talk.answers)}")
            _say(f"None of the {len(talk.remaining())} open answers can change that by itself.")
            _say("Enter = go on: it narrows technique and cost, s = stop and check, < = back, q = quit")
        elif step.kind == "check":
            _check(talk)
        line = _read("note> " if step.kind == "note" else "> ")
        step = talk.take("q" if line is None else line)
        if not settled and talk.core_is_settled() and step.kind == "ask":
            settled = True
            _say(f"\nSo far: {provisional(talk.answers)} Next come the answers that could move it most.")
    return talk.answers if step.kind == "done" else None


class _Clock:
    """Saves, and remembers when."""

    def __init__(self, save: Callable[[Answers], None]) -> None:
        self._save = save
        self.at = ""

    def save(self, answers: Answers) -> None:
        """Save now."""
        self._save(answers)
        self.at = f"saved {dt.datetime.now():%H:%M}"


def _say(line: str = "") -> None:
    click.echo(line, err=True)


def _read(prompt: str) -> str | None:
    click.echo(prompt, err=True, nl=False)
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else None


def _ask(talk: Interview, saved: str) -> None:
    question = talk.current
    assert question is not None
    title, number, total = talk.place()
    heading = f"{title}  {number} of {total}"
    _say(f"\n{heading}{saved:>{WIDTH - len(heading)}}\n{question.text}\n")
    last = talk.last_time()
    for place, option in enumerate(question.options, start=1):
        mark = "<- last time" if last is not None and last.value == option.id else ""
        _say(f"  {place}  {option.text:<56} {mark}".rstrip())
    if question.number is not None:
        low, high = question.number.low, question.number.high
        _say(f"  a number of {question.number.unit}, {low:,.0f} to {high:,.0f}")
    _say(f"\n{_keys(question, last)}")


def _keys(question: Question, last: Answer | None) -> str:
    keep = f"Enter = {_short(question, last)}, " if last is not None else ""
    typed = "number" if question.number is not None else "1-" + str(len(question.options))
    return (
        f"{typed}, {keep}add ? if assumed (2?), u = unknown, n = note, ? = why and how, "
        "< = back, q = save and quit"
    )


def _short(question: Question, answer: Answer) -> str:
    ids = [option.id for option in question.options]
    return str(ids.index(str(answer.value)) + 1) if answer.value in ids else str(answer.value)


def _explain(question: Question | None) -> None:
    if question is not None:
        _say(f"  Why: {question.why}\n  How to find out: {question.how_to_find_out}")


def _check(talk: Interview) -> None:
    _say("\nCheck your answers")
    section = ""
    for place, question in enumerate(talk.rows(), start=1):
        if section_of(question.id).title != section:
            section = section_of(question.id).title
            _say(f"\n{section}")
        _say(f"  {place:>2}  {question.text}\n      {_in_words(question, talk.answers)}")
    for question in talk.unused():
        _say(f"   -  {question.text}\n      {_in_words(question, talk.answers)} (kept, not used now)")
    _say("\nnumber = change one, Enter = recommend, < = back, q = save and quit")


def _in_words(question: Question, answers: Answers) -> str:
    answer = answers.by_question.get(question.id)
    if answer is None or not answer.is_known:
        return UNKNOWN
    assumed = " (assumed)" if answer.certainty == "assumed" else ""
    note = f" - {answer.note}" if answer.note else ""
    return f"{in_words(question, answer.value)}{assumed}{note}"
