"""Conversations of any dialect to turns with roles, and the last answer apart; no role is guessed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

CHAT = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}
SHAREGPT = {
    "system": "system",
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "function_call": "assistant",
    "observation": "tool",
    "tool": "tool",
}
GEMINI = {"user": "user", "model": "assistant", "function": "tool"}


class Dialect(NamedTuple):
    """How a family of tools writes a turn."""

    role: str
    """Key that names the speaker."""
    content: str
    """Key that holds what is said."""
    roles: Mapping[str, str]
    """Its speakers to system, user, assistant or tool."""


OPENAI_TURNS = Dialect("role", "content", CHAT)
SHAREGPT_TURNS = Dialect("from", "value", SHAREGPT)
GEMINI_TURNS = Dialect("role", "parts", GEMINI)


class Unfit(Exception):
    """A row that cannot be read as what its file was taken for."""

    def __init__(self, what: str, *, fix: str) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix


class Unwanted(Exception):
    """A row that is well formed and no example to follow: left out with this reason."""


class Turns(NamedTuple):
    """A conversation cut before its last answer."""

    before: list[dict[str, str]]
    """Turns up to the last user turn; a tool's result counts as the user's."""
    answer: str
    """The last assistant turn; a tool call as JSON."""


def cut(value: object, key: str, dialect: Dialect, *, system: str = "") -> Turns:
    """The turns before the last answer, and the answer."""
    turns = read(value, key, dialect, system=system)
    if turns[-1]["role"] != "assistant":
        what = f"`{key}` ends with a turn of the {turns[-1]['role']}, so there is no assistant answer"
        raise Unfit(what, fix="add the assistant's turn, or remove the row")
    before = _begun(turns[:-1], key)
    assert isinstance(value, list)
    if value[-1].get("weight") == 0:
        raise Unwanted("the last assistant turn has weight 0")
    return Turns(before, turns[-1]["content"])


def question(value: object, key: str, dialect: Dialect, *, system: str = "") -> list[dict[str, str]]:
    """A conversation that waits for an answer."""
    turns = read(value, key, dialect, system=system)
    if turns[-1]["role"] != "user":
        what = f"`{key}` ends with a turn of the {turns[-1]['role']}"
        raise Unfit(what, fix="the last turn of a prompt is the user's")
    return _begun(turns, key)


def answer(value: object, key: str, dialect: Dialect) -> str:
    """An answer given as a string, one turn, or a list of one turn."""
    if isinstance(value, str):
        return value
    turns = read(value if isinstance(value, list) else [value], key, dialect)
    if len(turns) != 1 or turns[0]["role"] != "assistant":
        raise Unfit(f"`{key}` is not one turn of the assistant", fix="leave the answer alone in it")
    return turns[0]["content"]


def _begun(turns: list[dict[str, str]], key: str) -> list[dict[str, str]]:
    speakers = [turn["role"] for turn in turns if turn["role"] != "system"]
    if speakers[:1] != ["user"]:
        raise Unfit(f"`{key}`: role 'user' does not come first", fix="begin with the user's turn")
    return turns


def read(value: object, key: str, dialect: Dialect, *, system: str = "") -> list[dict[str, str]]:
    """Every turn as role and content: system first, then user and assistant by turns."""
    if not isinstance(value, list) or not value:
        kind = "empty" if value in (None, [], "") else f"a {type(value).__name__}"
        raise Unfit(f"`{key}` is {kind}, expected a list of turns", fix="mend or remove that row")
    turns = [{"role": "system", "content": system}] if system else []
    for turn in value:
        role, said = _turn(turn, key, dialect)
        before = turns[-1] if turns else {"role": ""}
        if role == "tool" and before["role"] == "user":
            before["content"] += "\n" + said
            continue
        role = "user" if role == "tool" else role
        if role == before["role"] or (role == "system" and turns):
            what = f"`{key}`: role {role!r} follows role {before['role']!r}"
            raise Unfit(what, fix="system comes first, then user and assistant by turns")
        turns.append({"role": role, "content": said})
    return turns


def text(value: object, key: str) -> str:
    """A string, or a list of text parts joined by newlines."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        raise Unfit(f"`{key}` is a {type(value).__name__}, expected text", fix="write it as text")
    parts = []
    for part in value:
        said = part.get("text") if isinstance(part, dict) else part
        if not isinstance(said, str):
            kind = part.get("type") or sorted(part) if isinstance(part, dict) else type(part).__name__
            what = f"`{key}` has a part of kind {kind}, and only text can be read"
            raise Unfit(what, fix="remove that row; leaving the part out would change the question")
        parts.append(said)
    return "\n".join(parts)


def _turn(turn: object, key: str, dialect: Dialect) -> tuple[str, str]:
    if not isinstance(turn, dict):
        what = f"`{key}` holds a {type(turn).__name__}, expected turns as objects"
        raise Unfit(what, fix="flatten the list: one object per turn")
    for name in (dialect.role, dialect.content):
        if name not in turn:
            what = f"`{key}` has a turn without `{name}`, found {sorted(turn)}"
            raise Unfit(what, fix=f"give every turn `{dialect.role}` and `{dialect.content}`")
    role = dialect.roles.get(str(turn[dialect.role]))
    if role is None:
        what = f"`{key}` has a turn of the unknown role {turn[dialect.role]!r}"
        raise Unfit(what, fix=f"rename it to one of {', '.join(dialect.roles)}")
    if turn.get("tool_calls"):
        return role, _calls(turn["tool_calls"], turn[dialect.content])
    return role, text(turn[dialect.content], dialect.content)


def _calls(calls: object, said: object) -> str:
    """One call as an object, several as a list; arguments that are JSON in a string are opened."""
    try:
        assert isinstance(calls, list)
        functions = [call["function"] for call in calls]
        opened = [{"name": f["name"], "arguments": _arguments(f.get("arguments"))} for f in functions]
    except (AssertionError, KeyError, TypeError):
        raise Unfit("`tool_calls` is not a list of function calls", fix="mend or remove that row") from None
    written = json.dumps(opened[0] if len(opened) == 1 else opened, ensure_ascii=False)
    return f"{said}\n{written}" if isinstance(said, str) and said.strip() else written


def _arguments(value: object) -> object:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value
