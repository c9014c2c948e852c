"""Modelfile instructions, and a chat template in Ollama's language where the base's can be said in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jinja2

from advisor.engagement.records.examples import Message, Role
from trainers.exports._kind import Chat

ROLES: tuple[Role, ...] = ("system", "user", "assistant")
CLOCK = ("strftime_now", "now(", "date_string")
"""Words of templates that write today's date, which no fixed text can follow."""


class Frame(NamedTuple):
    """What a chat template puts around messages, where it is the same text every time."""

    before: dict[Role, str]
    """Text before a message, by role."""
    after: dict[Role, str]
    """Text after it."""
    answer: str
    """What begins the answer."""
    start: str
    """What begins the whole."""


def instruction(name: str, text: str) -> str | None:
    """`NAME text` on one line or in triple quotes; None where Ollama's parser cannot be given that text.

    It reads triple quotes to the next three, has no escapes, and drops what Go does not call printable.
    """
    if '"""' in text or not all(_is_kept(letter) for letter in text):
        return None
    if text and text == text.strip() and "\n" not in text and not text.startswith('"'):
        return f"{name} {text}"
    return f'{name} """{text}"""'


def _is_kept(letter: str) -> bool:
    """Whether Go's `strconv.IsPrint` holds, or it is a line end or tab, which the parser keeps in quotes."""
    return letter in "\n\t " or (letter.isprintable() and not letter.isspace())


def frame(chat: Chat) -> Frame | None:
    """What the template writes around messages; None where that depends on more than the role."""
    if not chat.template or any(word in chat.template for word in CLOCK):
        return None
    try:
        found = _measured(chat)
        if found is None:
            return None
        alike = all(_joined(found, talk) == chat.say(talk, True) for talk in _probes())
    except jinja2.TemplateError:
        return None
    return found if alike else None


def keeps_outer_spaces(chat: Chat, found: Frame) -> bool:
    """Whether the base's template leaves blanks at a message's ends alone, as Ollama's will."""
    talk = [Message("system", " a "), Message("user", "\n b \n")]
    return _joined(found, talk) == chat.say(talk, True)


def go_template(found: Frame, *, leave_out: str) -> str:
    """The frame in Go's template language; `leave_out` is a start that the engine adds by itself."""
    branches = [
        f"{'if' if number == 0 else 'else if'} eq .Role {_quoted(role)} }}}}"
        f"{_said(found.before[role])}{{{{ .Content }}}}{_said(found.after[role])}"
        for number, role in enumerate(ROLES)
    ]
    loop = "{{- range .Messages }}{{ " + "{{ ".join(branches) + "{{ end }}{{ end }}"
    return _said(found.start.removeprefix(leave_out)) + loop + _said(found.answer)


def _said(text: str) -> str:
    return f"{{{{ {_quoted(text)} }}}}" if text else ""


def _quoted(text: str) -> str:
    """A Go text constant; quotes, braces and what is not plain ASCII as numbers, so that nothing ends it."""
    return '"' + "".join(_letter(one) for one in text) + '"'


def _letter(one: str) -> str:
    if " " <= one <= "~" and one not in '"\\{}`':
        return one
    return f"\\u{ord(one):04x}" if ord(one) <= 0xFFFF else f"\\U{ord(one):08x}"


def _measured(chat: Chat) -> Frame | None:
    """Each further message must add text at the end; its own text stands in the middle of that."""
    before: dict[Role, str] = {}
    after: dict[Role, str] = {}
    talk: list[Message] = []
    said, start = "", ""
    for role in ROLES:
        words = f"probe-{role}-words"
        talk.append(Message(role, words))
        longer = chat.say(talk, False)
        added = longer.removeprefix(said)
        if not longer.startswith(said) or added.count(words) != 1:
            return None
        before[role], after[role] = added.split(words)
        said = longer
    if chat.start and before["system"].startswith(chat.start):
        start, before["system"] = chat.start, before["system"].removeprefix(chat.start)
    question = [*talk, Message("user", "probe-again")]
    asked, begun = chat.say(question, False), chat.say(question, True)
    return Frame(before, after, begun.removeprefix(asked), start) if begun.startswith(asked) else None


def _joined(found: Frame, talk: Sequence[Message]) -> str:
    body = "".join(f"{found.before[one.role]}{one.content}{found.after[one.role]}" for one in talk)
    return found.start + body + found.answer


def _probes() -> list[list[Message]]:
    system, user = Message("system", 'Rules {{ x }} "q"'), Message("user", "a\nb <tag> 'c'")
    answer, other = Message("assistant", "so\n\nit is"), Message("user", "and {% y %}?")
    return [[system, user], [system, user, answer, other], [system, user, answer, other, answer, user]]
