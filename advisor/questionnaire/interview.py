"""The interview as a state machine without a terminal: lines in, steps out, every answer saved at once.

Core questions come in their order. After them comes the one whose answer could move the advice most, which
`rank` says: the questionnaire itself knows no advice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import msgspec

from advisor.engagement.errors import AnswersError
from advisor.engagement.records.answers import UNKNOWN, Answer, Answers, Certainty

from ._kind import Question
from .asking import all_questions, by_id, is_visible, section_of, visible
from .reading import typed_option, understand

Kind = Literal["ask", "help", "note", "refused", "settled", "check", "done", "quit"]


class Step(NamedTuple):
    """What the screen shows next."""

    kind: Kind
    """ask the current question, explain it, take a note, refuse a line, offer to stop, check all, or end."""
    message: str = ""
    """Why a line was refused."""


class Open(NamedTuple):
    """A question without an answer, as the advice sees it."""

    question: str
    """Its id."""
    could_change: bool
    """Whether some answer to it would change the approach."""


Rank = Callable[[Answers], Sequence[Open]]
"""Open questions, the one that could move the advice most first."""


def in_order(answers: Answers) -> list[Open]:
    """Without advice: every open question counts, in the order of the questionnaire."""
    return [Open(one.id, True) for one in visible(answers) if answers.value(one.id) is None]


class Interview:
    """Where the conversation stands."""

    def __init__(self, answers: Answers, save: Callable[[Answers], None], *, rank: Rank = in_order) -> None:
        self.answers = answers
        self._save, self._rank = save, rank
        self._stopped = self._offering = self._offered = False
        self._trail = [question.id for question in visible(answers) if self._settled(question)]
        self._noting = False
        self._note = ""
        self.current = self._next()

    def start(self) -> Step:
        """The first step: a question, or the check where all are settled."""
        return self._show()

    def take(self, line: str) -> Step:
        """One typed line."""
        typed = line.strip()
        if self._noting:
            return self._take_note(typed)
        if typed == "q":
            return Step("quit")
        if self._offering:
            return self._take_offer(typed)
        if typed == "<":
            return self._back()
        if self.current is None:
            return self._take_check(typed)
        if typed == "?":
            return Step("help")
        if typed == "n":
            self._noting = True
            return Step("note")
        return self._take_answer(self.current, typed)

    def place(self) -> tuple[str, int, int]:
        """Section title, number of the current question in it, and how many it has."""
        assert self.current is not None
        section = section_of(self.current.id)
        shown = [question.id for question in section.questions if is_visible(question, self.answers)]
        return section.title, shown.index(self.current.id) + 1, len(shown)

    def last_time(self) -> Answer | None:
        """The current question's answer so far; Enter keeps it."""
        return self.answers.by_question.get(self.current.id) if self.current else None

    def rows(self) -> list[Question]:
        """Questions of the check, in the order of the sections, as numbered there."""
        return sorted(visible(self.answers), key=lambda question: section_of(question.id).order)

    def unused(self) -> list[Question]:
        """Answered questions that present answers hide: kept in the file, not used."""
        hidden = [question for question in all_questions() if not is_visible(question, self.answers)]
        return [question for question in hidden if question.id in self.answers.by_question]

    def core_is_settled(self) -> bool:
        """Whether every core question has been answered, if only with unknown."""
        return all(self._settled(question) for question in visible(self.answers) if question.core)

    def remaining(self) -> list[Open]:
        """Questions not yet settled, in the order in which they would be asked."""
        return [one for one in self._rank(self.answers) if not self._settled(by_id()[one.question])]

    def _settled(self, question: Question) -> bool:
        """Answered, or said to be unknown; an untouched line of the empty form is neither."""
        answer = self.answers.by_question.get(question.id)
        return answer is not None and (answer.is_known or answer.certainty == "unknown")

    def _show(self) -> Step:
        if self.current is None:
            return Step("check")
        if self._idle() and not self._offered:
            self._offering = self._offered = True
            return Step("settled")
        return Step("ask")

    def _idle(self) -> bool:
        """Whether no open answer could change the approach; asked only after the core questions."""
        return self.core_is_settled() and not any(one.could_change for one in self.remaining())

    def _next(self) -> Question | None:
        if self._stopped:
            return None
        core = (one for one in visible(self.answers) if one.core and not self._settled(one))
        return next(core, None) or next((by_id()[one.question] for one in self.remaining()), None)

    def _take_offer(self, typed: str) -> Step:
        """Go on, or stop asking and check."""
        if typed not in ("", "s", "<"):
            return Step("refused", "press Enter to go on, or type s to stop and check")
        self._offering = False
        if typed == "<":
            return self._back()
        if typed == "s":
            self._stopped, self.current = True, None
        return self._show()

    def _back(self) -> Step:
        while self._trail:
            last = self._trail.pop()
            question = next((q for q in visible(self.answers) if q.id == last), None)
            if question is not None and question != self.current:
                self.current, self._note = question, ""
                return Step("ask")
        return Step("refused", "this is the first question")

    def _take_note(self, typed: str) -> Step:
        self._noting = False
        before = self.last_time()
        if self.current is not None and before is not None:
            self._keep(self.current, msgspec.structs.replace(before, note=typed))
        self._note = typed
        return Step("ask")

    def _take_check(self, typed: str) -> Step:
        if not typed:
            return Step("done")
        rows = self.rows()
        if typed.isdecimal() and 1 <= int(typed) <= len(rows):
            self.current = rows[int(typed) - 1]
            return Step("ask")
        return Step("refused", f"type a number from 1 to {len(rows)}, Enter, < or q")

    def _take_answer(self, question: Question, typed: str) -> Step:
        before = self.last_time()
        if not typed and before is None:
            return Step("refused", "type an answer, or u for unknown")
        try:
            answer = before if not typed and before is not None else self._understood(question, typed)
        except AnswersError as wrong:
            return Step("refused", f"{wrong.problem.partition(': ')[2]} {wrong.fix}")
        note = self._note or (before.note if before is not None else "")
        self._keep(question, msgspec.structs.replace(answer, note=note))
        if not self._trail or self._trail[-1] != question.id:
            self._trail.append(question.id)
        self._note = ""
        self.current = self._next()
        self._offered = self._offered and self.current is not None and self._idle()
        return self._show()

    def _understood(self, question: Question, typed: str) -> Answer:
        if typed == "u":
            return Answer(value=UNKNOWN, certainty="unknown")
        certainty: Certainty = "assumed" if typed.endswith("?") else "known"
        bare = typed.removesuffix("?").strip()
        value = typed_option(question, bare)
        return Answer(
            value=value if value is not None else understand(question, bare, place=question.id),
            certainty=certainty,
        )

    def _keep(self, question: Question, answer: Answer) -> None:
        self.answers = self.answers.with_answer(question.id, answer)
        self._save(self.answers)
