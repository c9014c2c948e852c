"""What the plan says of writing: refused where it cannot be, part of a run's name, kept to by answers."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from advisor.engagement.errors import MissingPackage, PlanError
from advisor.engagement.folder import Engagement
from advisor.engagement.records.plan import GenerationSettings, MetricSettings, Plan
from harness.decoding import decoding_of, identity
from harness.running import arm_data

from .conftest import engagement_with
from .test_running import plan_for, quality, run


@pytest.fixture
def orders(tmp_path: Path) -> Engagement:
    """Thirty orders whose wanted outputs are JSON of one form."""
    rows = [
        {"input": f"card {number} costs {number}", "output": json.dumps({"item": "card", "price": number})}
        for number in range(30)
    ]
    return engagement_with(tmp_path, rows)


def planned(model: Path | str, **settings: object) -> Plan:
    return plan_for(model, "zero_shot", generation=msgspec.convert(settings, GenerationSettings))


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({"constrain": "labels"}, 'constrain = "labels" needs rows with labels'),
        ({"max_new_tokens": -1}, "max_new_tokens is -1"),
        ({"stop": ["\n\n", ""]}, "empty text"),
        ({"stop": ["."], "constrain": "json"}, "ends with its form"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_runs(
    settings: dict[str, object], wrong: str, answering: Engagement
) -> None:
    plan = planned("starter", **settings)
    with pytest.raises(PlanError, match=wrong):
        decoding_of(plan, arm_data(answering, plan), answering)


def test_json_needs_a_schema_or_outputs_to_take_one_from(answering: Engagement) -> None:
    pytest.importorskip("llguidance")
    plan = planned("starter", constrain="json")
    with pytest.raises(PlanError, match="no JSON to take one from"):
        decoding_of(plan, arm_data(answering, plan), answering)


def test_without_its_package_json_cannot_be_held_to(
    orders: Engagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "llguidance", None)
    plan = planned("starter", constrain="json")
    with pytest.raises(MissingPackage) as raised:
        decoding_of(plan, arm_data(orders, plan), orders)
    assert raised.value.fix == "pip install 'tunecase[constrained]'"


def test_labels_are_not_held_to_json(triage: Engagement) -> None:
    plan = planned("starter", constrain="json")
    with pytest.raises(PlanError, match="these rows have labels"):
        decoding_of(plan, arm_data(triage, plan), triage)


def test_whatever_shapes_the_text_names_the_run(orders: Engagement, tiny_model: Path, tmp_path: Path) -> None:
    pytest.importorskip("llguidance")
    other = tmp_path / "other"
    shutil.copytree(tiny_model, other)
    (other / "generation_config.json").write_text('{"eos_token_id": [1, 9]}', encoding="utf-8")
    plans = [
        planned(tiny_model),
        planned(other),
        planned(tiny_model, stop=["\n\n"]),
        planned(tiny_model, max_new_tokens=9),
        planned(tiny_model, constrain="json"),
        planned(tiny_model, batches="continuous"),
    ]
    data = arm_data(orders, plans[0])
    found = [identity(decoding_of(plan, data, orders), data, model=plan.model) for plan in plans]
    assert len(set(found)) == len(plans)
    assert "ends=1,9" in found[1]
    remote = {identity(decoding_of(plan, data, orders), data, model=None) for plan in plans}
    assert len(remote) == 3


def test_held_to_json_every_whole_answer_meets_the_schema(orders: Engagement, tiny_model: Path) -> None:
    pytest.importorskip("llguidance")
    free = run(orders, "zero_shot", tiny_model)
    schema = {
        "type": "object",
        "properties": {"item": {"enum": ["card", "fee"]}, "price": {"type": "integer", "maximum": 99}},
        "required": ["item", "price"],
        "additionalProperties": False,
    }
    (orders.root / "data" / "schema.json").write_text(json.dumps(schema), encoding="utf-8")
    plan = msgspec.structs.replace(
        planned(tiny_model, constrain="json", max_new_tokens=80),
        metrics=MetricSettings(json_schema="data/schema.json"),
    )
    held = run(orders, "zero_shot", tiny_model, plan=plan)
    assert held.root != free.root
    assert quality(free).metrics["schema_valid"].value == 0.0
    whole = [row for row in held.predictions() if row.finish_reason == "stop"]
    assert len(whole) > 2
    assert all(row.scores["schema_valid"] == 1.0 for row in whole)
    assert {json.loads(row.output or "")["item"] for row in whole} <= {"card", "fee"}


def test_a_written_label_is_one_of_the_labels_in_a_run_of_its_own(
    triage: Engagement, tiny_model: Path
) -> None:
    scored = run(triage, "zero_shot", tiny_model)
    plan = planned(tiny_model, constrain="labels")
    written = run(triage, "zero_shot", tiny_model, plan=plan)
    assert written.root != scored.root
    labels = {"card", "card fee", "lost phone", "transfer"}
    assert {row.output for row in written.predictions()} <= labels
    assert quality(written).unparsed == quality(written).truncated == 0
    assert not any(row.logprobs for row in written.predictions())
    assert all(row.logprobs for row in scored.predictions())


def test_cut_answers_are_counted_apart_and_score_nothing(answering: Engagement, tiny_model: Path) -> None:
    result = quality(run(answering, "zero_shot", tiny_model))
    rows = [row for row in run(answering, "zero_shot", tiny_model).predictions() if row.split == "test"]
    cut = [row for row in rows if row.finish_reason == "length"]
    assert 0 < result.truncated == len(cut)
    assert result.unparsed == 0
    assert all(row.scores["token_f1"] == 0.0 for row in cut)
    assert result.near_ties == sum(bool(row.near_ties) for row in rows)


def test_thinking_is_stored_and_not_scored(
    answering: Engagement, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.models import generating

    plain = generating._batch

    def thinking(network: Any, tokenizer: Any, prompts: list[list[int]], **more: Any) -> list[Any]:
        said = tokenizer("<think>hm</think>the help is about", add_special_tokens=False)["input_ids"]
        return [generating.Raw([*said, 1], [9.0] * (len(said) + 1)) for _ in prompts]

    monkeypatch.setattr(generating, "_batch", thinking)
    folder = run(answering, "zero_shot", tiny_model)
    monkeypatch.setattr(generating, "_batch", plain)
    assert {(row.output, row.thinking) for row in folder.predictions()} == {("the help is about", "hm")}
    result = quality(folder)
    assert result.thought == result.metrics["token_f1"].n
    assert result.truncated == 0


def test_written_labels_are_measured_while_a_model_is_trained(triage: Engagement, tiny_model: Path) -> None:
    from harness.measuring import measuring
    from trainers.language.loading import load_language

    plan = planned(tiny_model, constrain="labels")
    measure = measuring(plan, triage, arm_data(triage, plan))
    language = load_language(str(tiny_model))
    assert measure is not None
    name, value = measure(language.network, language.tokenizer)
    written = run(triage, "zero_shot", tiny_model, plan=plan).predictions()
    rows = [row for row in written if row.split == "validation"]
    assert (name, value) == ("accuracy", sum(row.output == row.target for row in rows) / len(rows))
