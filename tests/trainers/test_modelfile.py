"""A Modelfile holds any text whole or not at all, and a chat template only where Go can say it."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from pathlib import Path

import jinja2
import pytest
from hypothesis import given, settings

from advisor.engagement.records.examples import Message
from tests.harness.conftest import TEMPLATE
from tests.trainers import exporting as made
from tests.trainers.exporting import NASTY
from trainers.exports._kind import Chat
from trainers.exports.making import modelfile


def read(text: str) -> list[tuple[str, str]]:
    """Instructions of a Modelfile, as Ollama's parser reads them letter by letter."""
    found: list[tuple[str, str]] = []
    name = key = value = ""
    state = "nothing"
    for letter in text + "\n":
        if state == "nothing":
            name, state = letter.strip(), "name" if letter.strip() else "nothing"
        elif state in ("name", "key"):
            if letter not in " \t":
                assert re.fullmatch(r"[A-Za-z0-9_]", letter), (name, letter)
                name += letter
            elif name == "PARAMETER":
                key, name, state = "PARAMETER ", "", "key"
            else:
                assert key or name in ("FROM", "ADAPTER", "TEMPLATE", "SYSTEM"), name
                name, key, value, state = key + name, "", "", "value"
        elif letter in "\r\n" and (whole := unquoted(value.strip())) is not None:
            found.append((name, whole))
            state = "nothing"
        elif letter in "\r\n\t " or (letter.isprintable() and not letter.isspace()):
            value += letter
    assert state == "nothing", value
    return found


def unquoted(value: str) -> str | None:
    """The text between quotes; None while they are open."""
    for mark in ('"""', '"'):
        if value.startswith(mark):
            closed = len(value) >= 2 * len(mark) and value.endswith(mark)
            return value[len(mark) : -len(mark)] if closed else None
    return value


def test_the_modelfile_holds_base_adapter_template_task_and_stop(tmp_path: Path) -> None:
    client = made.engagement(tmp_path)
    made.train(client)
    found = dict(read(made.render(client, "ollama").files["Modelfile"]))
    assert Path(found["FROM"], "config.json").is_file()
    adapter = (client.root / "export" / "ollama" / found["ADAPTER"]).resolve()
    assert (adapter / "adapter_config.json").is_file()
    assert found["SYSTEM"] == task_text()
    assert found["PARAMETER stop"] == "<|end|>"
    assert found["PARAMETER temperature"] == "0"
    assert go_rendered(found["TEMPLATE"], [("system", "S"), ("user", "U")]) == (
        "<|system|>S<|end|><|user|>U<|end|><|assistant|>"
    )


def task_text() -> str:
    """The system message of training."""
    return "\n".join(
        [made.INSTRUCTION, *(f"- {label}" for label in made.LABELS), "Answer with the category only."]
    )


def go_rendered(template: str, talk: Sequence[tuple[str, str]]) -> str:
    """What Go makes of a template of our form: a loop over roles, text constants around it."""
    start, _, rest = template.partition("{{- range .Messages }}")
    loop, _, answer = rest.partition("{{ end }}{{ end }}")
    branches = dict(re.findall(r'eq \.Role "(\w+)" \}\}(.*?)(?=\{\{ else if|$)', loop, flags=re.DOTALL))
    said = "".join(branches[role].replace("{{ .Content }}", f"\0{content}\0") for role, content in talk)
    return (
        constants(start)
        + "".join(part if number % 2 else constants(part) for number, part in enumerate(said.split("\0")))
        + constants(answer)
    )


def constants(piece: str) -> str:
    """The value of `{{ "..." }}`, one after another; anything else is text as it stands."""
    return re.sub(r'\{\{ ("(?:[^"\\]|\\.)*") \}\}', lambda hit: str(ast.literal_eval(hit[1])), piece)


def chat(template: str, *, start: str = "", adds_start: bool = True) -> Chat:
    """A chat of that template without a tokenizer."""
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    compiled = environment.from_string(template)

    def say(messages: Sequence[Message], begin_answer: bool) -> str:
        plain = [{"role": one.role, "content": one.content} for one in messages]
        return compiled.render(messages=plain, add_generation_prompt=begin_answer, bos_token=start)

    return Chat(template=template, say=say, start=start, end="<|end|>", adds_start=adds_start)


BOS = "{{ bos_token }}" + TEMPLATE
DEFAULT_SYSTEM = "{% if messages[0].role != 'system' %}<|system|>You help.<|end|>{% endif %}" + TEMPLATE
TRIMMED = TEMPLATE.replace("message['content']", "message['content'] | trim")


@pytest.mark.parametrize(
    ("template", "adds_start", "begins"),
    [(TEMPLATE, True, ""), (BOS, True, ""), (BOS, False, "<s>"), (DEFAULT_SYSTEM, True, "")],
)
def test_a_template_that_depends_on_the_role_alone_is_said_in_go(
    template: str, adds_start: bool, begins: str
) -> None:
    known = chat(template, start="<s>", adds_start=adds_start)
    found = modelfile.frame(known)
    assert found is not None
    written = modelfile.go_template(found, leave_out=known.start if adds_start else "")
    talk = [("system", "Rules"), ("user", "a\nb"), ("assistant", "{{ c }}"), ("user", "d")]
    expected = known.say([Message(role, content) for role, content in talk], True)  # type: ignore[arg-type]
    assert go_rendered(written, talk) == begins + expected.removeprefix("<s>")


def test_a_template_that_trims_is_written_and_the_difference_is_known() -> None:
    found = modelfile.frame(chat(TRIMMED))
    assert found is not None
    assert not modelfile.keeps_outer_spaces(chat(TRIMMED), found)
    plain = modelfile.frame(chat(TEMPLATE))
    assert plain is not None
    assert modelfile.keeps_outer_spaces(chat(TEMPLATE), plain)


@pytest.mark.parametrize(
    "template",
    [
        "",
        "{{ strftime_now('%d') }}" + TEMPLATE,
        "{% for message in messages %}{{ loop.index }}<{{ message['content'] }}>{% endfor %}",
        "{% for message in messages[-2:] %}{{ message['role'] }}{{ message['content'] }}{% endfor %}",
        "{{ messages.nothing.there }}",
    ],
)
def test_a_template_that_cannot_be_said_in_go_is_not_written(template: str) -> None:
    assert modelfile.frame(chat(template)) is None


def test_a_missing_template_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = made.engagement(tmp_path)
    made.train(client)
    monkeypatch.setattr(modelfile, "frame", lambda _: None)
    found = made.render(client, "ollama")
    assert "TEMPLATE" not in found.files["Modelfile"]
    assert any("no TEMPLATE is written" in note for note in found.notes)
    assert "Not done, or not as it was measured" in found.files["README.md"]


@settings(max_examples=300, deadline=None)
@given(NASTY)
def test_a_modelfile_holds_a_text_whole_or_not_at_all(content: str) -> None:
    written = modelfile.instruction("SYSTEM", content)
    if written is None:
        assert (
            '"""' in content
            or not all(one.isprintable() or one in "\n\t" for one in content)
            or "\xa0" in content
        )
        return
    assert read(f"FROM x\n{written}\nPARAMETER temperature 0\n") == [
        ("FROM", "x"), ("SYSTEM", content), ("PARAMETER temperature", "0")
    ]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(NASTY, NASTY)
def test_go_constants_hold_any_text(before: str, answer: str) -> None:
    frame = modelfile.Frame(
        {"system": before, "user": "", "assistant": ""}, dict.fromkeys(modelfile.ROLES, ""), answer, ""
    )
    written = modelfile.go_template(frame, leave_out="")
    assert modelfile.instruction("TEMPLATE", written) == f"TEMPLATE {written}"
    assert go_rendered(written, [("system", "S")]) == f"{before}S{answer}"
