"""promptfoo: the task's prompt and the held-out rows as tests; client text is data, never a template."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from advisor.engagement.errors import NotReady
from advisor.engagement.records.examples import Example, Message
from trainers.exports._kind import Material, Rendered, Target
from trainers.exports.making import chat, text
from trainers.exports.making.yaml_out import Node, document
from trainers.language.prompting import task_messages

EXACT = ("accuracy", "exact_match", "macro_f1", "mcc")
"""Metrics for which an answer that holds more than the target is wrong."""
PROVIDER: dict[str, Node] = {
    "id": "openai:chat:{{ env.TUNECASE_MODEL }}",
    "config": {
        "apiBaseUrl": "{{ env.TUNECASE_BASE_URL }}",
        "apiKeyEnvar": "TUNECASE_API_KEY",
        "temperature": 0,
    },
}
"""Model, address and key come from the environment; promptfoo reads `env` when it loads the file."""


def render(material: Material) -> Rendered:
    """One config, prompt and test file per sequence of roles, most frequent first; test rows only.

    Raises NotReady where no row is held out.
    """
    if not material.test:
        raise NotReady("the test split is empty", fix="check a file with held-out rows")
    files: dict[str, str] = {}
    shapes = _by_roles(material)
    for number, (roles, rows) in enumerate(shapes, start=1):
        ending = "" if number == 1 else f"-{number}"
        files[f"promptfooconfig{ending}.yaml"] = document(config(material, ending))
        files[f"prompt{ending}.json"] = json.dumps(prompt(roles), indent=2) + "\n"
        files[f"tests{ending}.json"] = json.dumps(tests(material, rows), indent=2, ensure_ascii=False) + "\n"
    said = {
        "title": material.title,
        "rows": len(material.test),
        "configs": [name for name in files if name.endswith(".yaml")],
        "assertion": _assertion(material),
        "confined": material.confined,
    }
    return Rendered(files | {"README.md": text.fill("promptfoo.md.j2", said)}, chat.limit_note(material))


def config(material: Material, ending: str) -> dict[str, Node]:
    """No client text: the row's texts are reached by name, so promptfoo evaluates only what stands here."""
    return {
        "description": "Held-out rows of a tunecase engagement",
        "prompts": [f"file://prompt{ending}.json"],
        "providers": [PROVIDER],
        "defaultTest": {
            "options": {"transform": "output.trim()"},
            "assert": [{"type": _assertion(material), "value": "{{ row.target }}"}],
        },
        "tests": f"file://tests{ending}.json",
    }


def prompt(roles: Sequence[str]) -> list[dict[str, str]]:
    """A JSON prompt: promptfoo fills each of its texts once, and what it fills in is not read again."""
    return [{"role": role, "content": f"{{{{ row.text{number} }}}}"} for number, role in enumerate(roles)]


def tests(material: Material, rows: Sequence[Example]) -> list[dict[str, Any]]:
    """A test per row. Inside an object promptfoo neither resolves names nor opens files that a text names."""
    found = []
    for row in rows:
        texts = {f"text{number}": one.content for number, one in enumerate(_messages(material, row))}
        found.append({"vars": {"row": {"id": row.id, "target": row.output.strip(), **texts}}})
    return found


def _messages(material: Material, row: Example) -> list[Message]:
    return task_messages(material.plan.instruction, material.labels, row.input)


def _by_roles(material: Material) -> list[tuple[tuple[str, ...], list[Example]]]:
    found: dict[tuple[str, ...], list[Example]] = {}
    for row in material.test:
        found.setdefault(tuple(one.role for one in _messages(material, row)), []).append(row)
    return sorted(found.items(), key=lambda item: -len(item[1]))


def _assertion(material: Material) -> str:
    return "equals" if material.plan.metric in EXACT else "contains"


TARGET = Target(name="promptfoo", title="promptfoo", needs=("data",), uploads=True, render=render)
