"""Ollama: a Modelfile over safetensors, its template taken from the base's own where that can be said."""

from __future__ import annotations

import json
import shlex
from typing import NamedTuple

from advisor.engagement.errors import PlanError
from trainers.exports._kind import Chat, Material, Rendered, Target, Trained
from trainers.exports.making import modelfile, retrieving, text
from trainers.exports.vllm import opened_base_note, request
from trainers.language.prompting import task_messages

CONTEXT = 4096
"""Tokens of context at least, Ollama's own default."""


class Said(NamedTuple):
    """The Modelfile, and what it leaves out."""

    lines: list[str]
    """Instructions in order."""
    missing: list[str]
    """What was not written, and what that means, in sentences."""


def render(material: Material) -> Rendered:
    """Modelfile, the template it stands for, a request, and what was not done.

    Raises PlanError for weights that Ollama cannot read, and for a path that a Modelfile cannot hold.
    """
    trained = material.trained
    assert trained is not None
    _refuse(trained)
    said = write(material, trained)
    files = {
        "Modelfile": "\n".join(said.lines) + "\n",
        "chat_template.jinja": trained.chat.template,
        "request.json": json.dumps(request(material), indent=2, ensure_ascii=False) + "\n",
        "README.md": text.fill("ollama.md.j2", _words(material, trained, said)),
    }
    return Rendered(files, [*said.missing, *retrieving.needed(trained)])


def write(material: Material, trained: Trained) -> Said:
    """FROM, ADAPTER, TEMPLATE, SYSTEM and parameters."""
    weights = _weights(material, trained)
    template, missing = _template(trained.chat)
    lines = weights + template
    asked = task_messages(material.plan.instruction, material.labels, "")[0].content
    system = modelfile.instruction("SYSTEM", asked)
    if system is None:
        missing.append(
            "the task's text holds what a Modelfile cannot: send the system message of request.json"
        )
    else:
        lines.append(system)
    stop = modelfile.instruction("PARAMETER stop", trained.chat.end) if trained.chat.end else None
    lines += [stop] if stop else []
    lines += [
        "PARAMETER temperature 0",
        f"PARAMETER num_ctx {max(CONTEXT, material.plan.training.max_length)}",
    ]
    if trained.result.quantised_layers:
        missing.append(opened_base_note(trained))
    return Said(lines, missing)


def _weights(material: Material, trained: Trained) -> list[str]:
    if trained.adapter is None:
        return [_path("FROM", trained.place)]
    base = material.base if material.base_is_folder else "./base"
    return [_path("FROM", base), _path("ADAPTER", trained.place)]


def _path(name: str, place: str) -> str:
    # without the dot Ollama asks its registry for a relative path that is not there
    written = modelfile.instruction(
        name, place if place.startswith((".", "/")) or ":" in place else f"./{place}"
    )
    if written is None or "\n" in written:
        raise PlanError(
            f"{place!r}: a Modelfile cannot hold that path", fix="move the folder, or name another with -o"
        )
    return written


def _template(chat: Chat) -> tuple[list[str], list[str]]:
    found = modelfile.frame(chat)
    if found is None:
        why = "the base's chat template depends on more than who speaks, so no TEMPLATE is written"
        return [], [f"{why}: Ollama takes one it knows to be alike, or none; compare its prompts before use"]
    missing = []
    if not modelfile.keeps_outer_spaces(chat, found):
        missing.append("the base's chat template trims messages, Ollama's cannot: send them trimmed")
    # Ollama puts the start token there itself where the tokenizer does
    template = modelfile.go_template(found, leave_out=chat.start if chat.adds_start else "")
    line = modelfile.instruction("TEMPLATE", template)
    return (
        ([line], missing) if line else ([], [*missing, "the template could not be written into a Modelfile"])
    )


def _refuse(trained: Trained) -> None:
    adapter = trained.adapter or {}
    why = None
    if trained.spec.objective == "reward":
        why = "a reward model gives numbers, not answers"
    elif adapter.get("use_dora") or adapter.get("modules_to_save"):
        why = "Ollama reads plain LoRA only, and this adapter holds more"
    if why:
        raise PlanError(
            f"{trained.folder}: {why}", fix="export another arm with --arm, or one that was fully trained"
        )


def _words(material: Material, trained: Trained, said: Said) -> dict[str, object]:
    return {
        "title": material.title,
        "trained": trained,
        "missing": [*said.missing, *retrieving.needed(trained)],
        "hub_id": "" if trained.adapter is None or material.base_is_folder else shlex.quote(material.base),
        "has_template": any(line.startswith("TEMPLATE") for line in said.lines),
    }


TARGET = Target(name="ollama", title="Ollama", needs=("trained",), uploads=False, render=render)
