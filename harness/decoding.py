"""How the models of this machine write: the plan's [generation], with what the rows add to it.

Settled before anything runs, and part of what names a run: whatever here is changed, the answers are others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from advisor.engagement import codec, digests
from advisor.engagement.errors import PlanError
from advisor.engagement.folder import Engagement
from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import Plan
from harness.arms._kind import ArmData
from harness.metrics._kind import Basis

SHORTEST_ANSWER = 32
LONGEST_ANSWER = 1024


class Decoding(NamedTuple):
    """What an answer may be."""

    limit: int
    """Tokens at most."""
    stop: tuple[str, ...]
    """Texts that end it."""
    constrain: str
    """labels, json, or empty for free text."""
    schema: Mapping[str, Any] | None
    """JSON Schema that it is held to."""
    continuous: bool
    """Whether answers of any length share the batches, one coming in as another ends."""


def decoding_of(plan: Plan, data: ArmData, engagement: Engagement) -> Decoding:
    """What plan and rows say; PlanError where that cannot be."""
    asked = plan.generation
    labelled = data.task == "classification"
    if asked.max_new_tokens < 0:
        raise PlanError(
            f"[generation] max_new_tokens is {asked.max_new_tokens}, expected 1 or more, or 0 for our choice",
            fix="correct it in plan.toml",
        )
    if not all(asked.stop):
        raise PlanError("[generation] stop holds an empty text", fix="take it out in plan.toml")
    if asked.constrain == "labels" and not labelled:
        raise PlanError(
            'constrain = "labels" needs rows with labels, and these have written outputs',
            fix='set constrain = "json" or "" under [generation] in plan.toml',
        )
    if asked.constrain == "json" and labelled:
        raise PlanError(
            'constrain = "json" needs written outputs, and these rows have labels',
            fix='set constrain = "labels" or "" under [generation] in plan.toml',
        )
    if asked.constrain and asked.stop:
        raise PlanError(
            f'an answer with constrain = "{asked.constrain}" ends with its form, which a stop text may break',
            fix="take stop or constrain out of [generation] in plan.toml",
        )
    return Decoding(
        limit=asked.max_new_tokens or answer_limit(data.train),
        stop=tuple(asked.stop),
        constrain=asked.constrain,
        schema=_schema(plan, data, engagement) if asked.constrain == "json" else None,
        continuous=asked.batches == "continuous",
    )


def answer_limit(train: Sequence[Example]) -> int:
    """Tokens a generated answer may take: half a token per character of the longest training answer.

    Tokenizers spend about a quarter of a token per character of English, so this is twice what is needed.
    """
    longest = max((len(example.output) for example in train), default=0)
    return min(LONGEST_ANSWER, max(SHORTEST_ANSWER, longest // 2))


def identity(found: Decoding, data: ArmData, *, model: str | None) -> str:
    """What names the way of answering; `model` None for arms that no local model answers."""
    scored = data.task == "classification" and (model is None or found.constrain != "labels")
    if scored and model is not None:
        return "labels"
    parts = ["labels" if scored else f"greedy:{found.limit}"]
    if found.stop:
        parts.append(f"stop={digests.of_bytes(codec.encode(found.stop))[:16]}")
    if model is not None:
        from harness.models.generating import GENERATOR_VERSION

        parts.append(f"generator={GENERATOR_VERSION}")
        parts += [f"ends={ends}"] if (ends := _ends_on_file(model)) else []
        parts += [f"constrain={_constraint(found)}"] if found.constrain else []
        parts += ["batches=continuous"] if found.continuous else []
    return ";".join(parts)


def _constraint(found: Decoding) -> str:
    if found.schema is None:
        return found.constrain
    # the order of keys counts: answers are held to it
    return f"{found.constrain}:{digests.of_bytes(json.dumps(found.schema).encode())[:16]}"


def _ends_on_file(model: str) -> str:
    """End tokens in the model's own settings, of which the digests of weights and tokenizer know nothing."""
    from trainers.language.resolving import snapshot

    path = snapshot(model) / "generation_config.json"
    named = json.loads(codec.read_text(path)).get("eos_token_id") if path.is_file() else None
    ids = named if isinstance(named, list) else [] if named is None else [named]
    return ",".join(str(id) for id in sorted(ids))


def _schema(plan: Plan, data: ArmData, engagement: Engagement) -> Mapping[str, Any]:
    """The schema that outputs are measured by too."""
    from harness.metrics._schema import validator
    from harness.models.constrained import require

    require()
    basis = Basis(data.task, data.labels, data.train, data.validation, plan.metrics, Path(engagement.root))
    found = validator(basis)
    if found is None:
        raise PlanError(
            'constrain = "json" needs a JSON Schema, and the training outputs are no JSON to take one from',
            fix="name one as json_schema under [metrics] in plan.toml",
        )
    schema: Mapping[str, Any] = found.schema
    return schema
