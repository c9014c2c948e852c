"""The metric that decides where nobody has named one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from advisor.advice.primary import primary_metric
from advisor.cli.main import group, run
from advisor.engagement.catalogue import items
from advisor.engagement.folder import Engagement
from advisor.engagement.records.examples import Task
from advisor.engagement.records.intake import Profile
from harness import metrics
from harness.marking import basis_of, require
from harness.metrics._kind import Metric
from harness.running import arm_data


def profile(task: Task = "generation", **said: Any) -> Profile:
    lengths = {"input_words_mean": 10.0, "input_words_p95": 20.0, "output_words_mean": 2.0}
    return Profile(task=task, rows={}, minimum_detectable=None, **(lengths | said))


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"output_form": "a JSON object with the keys a", "output_form_share": 0.98}, "field_f1"),
        ({"output_form": "a JSON array", "output_form_share": 0.4}, "exact_match"),
        ({"output_form": "a call such as name(key[value], ...)", "output_form_share": 0.9}, "slot_f1"),
        ({"output_form": "a number", "output_form_share": 1.0}, "normalised_match"),
        ({"output_form": "code", "output_form_share": 0.9, "output_words_mean": 30.0}, "chrf"),
        ({}, "exact_match"),
        ({"output_words_mean": 8.0}, "token_f1"),
        ({"output_words_mean": 40.0, "input_words_mean": 35.0}, "chrf"),
        ({"output_words_mean": 40.0, "input_words_mean": 400.0}, "rouge_l"),
        ({"output_words_mean": 1.0, "scripts": {"Chinese and Japanese": 0.9, "Latin": 0.1}}, "chrf"),
        ({"task": "classification", "labels": {"a": 50, "b": 40}}, "accuracy"),
        ({"task": "classification", "labels": {"a": 90, "b": 10}}, "macro_f1"),
        ({"task": "classification", "labels": {"a": 90}}, "accuracy"),
    ],
)
def test_the_outputs_decide_which_metric_does(said: dict[str, Any], name: str) -> None:
    given = profile(**said)
    found = primary_metric(given)
    assert found.name == name
    assert found.why
    assert given.task in items(metrics, Metric)[name].tasks


OUTPUTS: dict[str, Callable[[int], str]] = {
    "field_f1": lambda place: json.dumps({"item": f"valve {place}", "count": place}),
    "slot_f1": lambda place: f"order(item[valve {place}], count[{place}])",
    "normalised_match": lambda place: f"{place * 1000:,}",
    "rouge_l": lambda place: (
        f"We have looked into valve {place} and will write to you before noon today. " * 3
    ),
    "token_f1": lambda place: f"the valve of pump {place} is broken",
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_plan_says_why_and_what_it_chose_applies(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"input": f"customer {place} writes: valve {place % 7} leaks", "output": OUTPUTS[name](place)}
        for place in range(60)
    ]
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    acme = str(tmp_path / "acme")
    for line in (["init", acme], ["check", str(data), "-C", acme], ["plan", "-C", acme, "--arms", "floor"]):
        assert run(group, line, name="tunecase") == 0
    assert f"metric {name}: " in capsys.readouterr().err
    engagement = Engagement(tmp_path / "acme")
    plan = engagement.plan()
    assert plan.metric == name
    require(name, basis_of(arm_data(engagement, plan), plan, engagement))
