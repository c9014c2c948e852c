"""vLLM: the trained model behind an OpenAI-compatible API, with the chat template it was trained with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from trainers.exports._kind import Material, Rendered, Target, Trained
from trainers.exports.making import retrieving, text
from trainers.exports.making.yaml_out import Node, document
from trainers.language.prompting import task_messages

RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""Values that `--max-lora-rank` takes, besides 1 (vllm/config/lora.py, 0.33)."""
OPTIONS = {
    "model": "the base, or the model that was wholly trained",
    "served-model-name": "what requests call it",
    "enable-lora": "an adapter is served over its base",
    "lora-modules": "name and path of the adapter",
    "max-lora-rank": "the smallest value that holds the adapter's rank; vLLM's own is 16",
    "chat-template": "the one that training used",
    "generation-config": "`vllm` leaves out the penalties that a model's own settings bring",
    "max-model-len": "`auto` takes the longest context that fits the card, where the model's own would not",
    "host": "this machine only; without it vLLM listens on every address, and asks no key",
}
"""What `vllm.yaml` may set, and why; such files were read by the parser of vLLM 0.33.0."""
NAME = "tuned"
"""Model name that requests ask for."""


class Servable(NamedTuple):
    """Whether vLLM can serve the weights as they are."""

    reasons: list[str]
    """Why not; empty where it can."""
    notes: list[str]
    """What is served otherwise than it was measured."""


def servable(trained: Trained) -> Servable:
    """What vLLM's loader refuses: other saved modules, DoRA, biases, a rank beyond its largest."""
    if trained.spec.objective == "reward":
        return Servable(["a reward model gives numbers, not answers"], [])
    if trained.adapter is None:
        return Servable([], [])
    found: list[str] = []
    saved = trained.adapter.get("modules_to_save")
    if saved:
        found.append(f"the adapter holds whole modules ({', '.join(saved)}), which vLLM does not load")
    if trained.adapter.get("use_dora"):
        found.append("the adapter is DoRA, which vLLM does not load")
    if trained.adapter.get("bias", "none") != "none":
        found.append("the adapter holds biases, which vLLM does not load")
    if max_rank(trained) is None:
        found.append(f"its rank, {_rank(trained)}, is above vLLM's largest, {RANKS[-1]}")
    quantised = trained.result.quantised_layers > 0
    return Servable(found, [opened_base_note(trained)] if quantised else [])


def opened_base_note(trained: Trained) -> str:
    """What a server over the 16-bit base does otherwise, and what does not."""
    return (
        "it was trained on the 4-bit base, and on the 16-bit base its answers differ from those measured; "
        f"`tunecase serve --arm {trained.arm} --smoke` leaves a whole model that answers as measured in "
        f"`models/{trained.folder}/merged`"
    )


def max_rank(trained: Trained) -> int | None:
    """The smallest value vLLM takes that holds every rank of the adapter."""
    return next((one for one in RANKS if one >= _rank(trained)), None)


def _rank(trained: Trained) -> int:
    adapter = trained.adapter or {}
    return max(int(one) for one in [adapter.get("r", 0), *(adapter.get("rank_pattern") or {}).values()])


def render(material: Material) -> Rendered:
    """`vllm.yaml` where the weights can be served, the template, a request, and the answer to "can it"."""
    trained = material.trained
    assert trained is not None
    verdict = servable(trained)
    files = {
        "chat_template.jinja": trained.chat.template,
        "request.json": json.dumps(request(material), indent=2, ensure_ascii=False) + "\n",
        "README.md": text.fill("vllm.md.j2", _words(material, trained, verdict)),
    }
    if not verdict.reasons:
        files["vllm.yaml"] = document(config(material, trained))
    wrong = [f"vLLM cannot serve it as it is: {'; '.join(verdict.reasons)}"] if verdict.reasons else []
    return Rendered(files, [*wrong, *verdict.notes, *retrieving.needed(trained)])


def config(material: Material, trained: Trained) -> dict[str, Node]:
    """Long options of `vllm serve`, as its --config file takes them."""
    # on a CPU vLLM would take 512 tokens for `auto` (its pull request 29431 is for cards)
    most: dict[str, Node] = {} if trained.result.device == "cpu" else {"max-model-len": "auto"}
    shared: dict[str, Node] = {
        "chat-template": "chat_template.jinja",
        "generation-config": "vllm",
        "host": "127.0.0.1",
        **most,
    }
    if trained.adapter is None:
        return {"model": trained.place, "served-model-name": NAME, **shared}
    modules: Sequence[Node] = [json.dumps({"name": NAME, "path": trained.place}, ensure_ascii=False)]
    return {
        "model": material.base,
        "enable-lora": True,
        "lora-modules": modules,
        "max-lora-rank": max_rank(trained),
        **shared,
    }


def request(material: Material) -> dict[str, object]:
    """A chat request with the task as training saw it; `{input}` and each `{passage}` are to be replaced."""
    messages = task_messages(material.plan.instruction, material.labels, retrieving.question(material))
    return {
        "model": NAME,
        "temperature": 0,
        "messages": [{"role": one.role, "content": one.content} for one in messages],
    }


def _words(material: Material, trained: Trained, verdict: Servable) -> dict[str, object]:
    return {
        "title": material.title,
        "trained": trained,
        "verdict": verdict,
        "needed": retrieving.needed(trained),
        "labels": len(material.labels),
        "name": NAME,
    }


TARGET = Target(name="vllm", title="vLLM", needs=("trained",), uploads=False, render=render)
