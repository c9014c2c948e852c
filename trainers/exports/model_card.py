"""The card of a trained model: what the records say, and a gap where they say nothing."""

from __future__ import annotations

import re
from typing import Any

from advisor.costing.models import model_table
from advisor.engagement.records.comparison import ArmSummary, Comparison
from advisor.engagement.records.intake import Finding
from trainers.exports._kind import Material, Rendered, Target, Trained
from trainers.exports.making import retrieving, text
from trainers.exports.making.yaml_out import Node, document
from trainers.language.resolving import STARTER

SHORT = re.compile(r"[A-Za-z0-9.-]+")
"""A licence's identifier, as model hubs list them; a name with blanks is none."""
OTHER: dict[str, Node] = {"license": "other"}
STARTER_LICENCE = "Apache-2.0"
"""As the card beside its weights says."""


def render(material: Material) -> Rendered:
    """One Markdown file with the fields that model hubs read at its top."""
    trained = material.trained
    assert trained is not None
    licence = _licence(material)
    said = _words(material, trained) | {
        "licence": licence,
        "front": document(front_matter(material, trained, licence)),
    }
    notes = [] if licence else ["the licence of the base model is not known here: a person has to fill it in"]
    return Rendered({"README.md": text.fill("model_card.md.j2", said)}, notes)


def front_matter(material: Material, trained: Trained, licence: str) -> dict[str, Node]:
    """Fields of a model card; a licence only where it is known, a base only where it has a public name."""
    found: dict[str, Node] = {"library_name": "peft" if trained.adapter is not None else "transformers"}
    if licence:
        found |= (
            {"license": licence.lower()} if SHORT.fullmatch(licence) else OTHER | {"license_name": licence}
        )
    if not material.base_is_folder:
        found["base_model"] = material.plan.model
    found["pipeline_tag"] = "text-generation"
    found["tags"] = ["tunecase", trained.spec.method, trained.spec.objective]
    return found


def _licence(material: Material) -> str:
    """As the starter's card, the advice or our table of models has it; empty where none of them does."""
    if material.plan.model == STARTER:
        return STARTER_LICENCE
    known = [(one.hub_id, one.licence) for one in model_table().models]
    if material.recommendation is not None:
        known = [(one.hub_id, one.licence) for one in material.recommendation.base_models] + known
    return next((licence for name, licence in known if name == material.plan.model), "")


def _words(material: Material, trained: Trained) -> dict[str, Any]:
    comparison = material.comparison
    arm = next((one for one in comparison.arms if trained.folder in one.models), None) if comparison else None
    return {
        "title": material.title,
        "base": material.plan.model
        if material.plan.model == STARTER or not material.base_is_folder
        else "a local folder",
        "trained": trained,
        "spec": trained.spec,
        "result": trained.result,
        "settings": trained.spec.settings,
        "sizes": {"training": trained.result.rows}
        | ({"validation": comparison.n_validation, "test": comparison.n_test} if comparison and arm else {}),
        "preferences": _preferences(trained),
        "metrics": _metrics(comparison, arm),
        "differences": _differences(comparison, arm),
        "arm": arm,
        "findings": _findings(material),
        "needed": retrieving.needed(trained),
        "versions": _provenance(comparison, arm, "versions"),
        "machine": _provenance(comparison, arm, "machine"),
    }


def _preferences(trained: Trained) -> dict[str, Any]:
    """Every setting of learning from pairs, defaults too; nothing where there were none."""
    chosen = trained.spec.preferences
    return {} if chosen is None else {name: getattr(chosen, name) for name in chosen.__struct_fields__}


def _metrics(comparison: Comparison | None, arm: ArmSummary | None) -> list[dict[str, Any]]:
    """Measured values with n and interval, the primary one first."""
    if comparison is None or arm is None:
        return []
    order = sorted(arm.metrics, key=lambda name: (name != comparison.metric, name))
    shown = [(name, arm.metrics[name]) for name in order]
    return [{"name": name, "estimate": one} for name, one in shown if one.value is not None]


def _differences(comparison: Comparison | None, arm: ArmSummary | None) -> list[Any]:
    if comparison is None or arm is None:
        return []
    found = [
        one
        for one in comparison.differences
        if arm.name in (one.a, one.b) and one.metric == comparison.metric
    ]
    return [one for one in found if one.value is not None and one.low is not None and one.high is not None]


def _findings(material: Material) -> list[Finding]:
    return list(material.intake.warnings) if material.intake else []


def _provenance(comparison: Comparison | None, arm: ArmSummary | None, name: str) -> dict[str, Any]:
    """Part of what the comparison noted of itself; nothing where this model is not in it."""
    return dict(comparison.provenance.get(name) or {}) if comparison and arm else {}


TARGET = Target(name="model_card", title="Model card", needs=("trained",), uploads=False, render=render)
