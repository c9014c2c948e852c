"""Structured outputs: JSON, its schema and its fields, calls and their slots."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from advisor.engagement.catalogue import find
from advisor.engagement.errors import NotReady
from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import MetricSettings
from harness import metrics
from harness.marking import ready
from harness.metrics._forms import call
from harness.metrics._kind import Basis, ItemScore, Metric
from harness.metrics._schema import schema_of
from harness.metrics.field_f1 import field_f1
from harness.metrics.json_valid import json_valid

RECORDS = [{"name": "Ann", "age": 30 + place, "tags": ["a", "b"][: place % 3]} for place in range(20)]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "a", "B c"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=8,
)


def rows(outputs: Sequence[Any]) -> list[Example]:
    texts = [one if isinstance(one, str) else json.dumps(one) for one in outputs]
    return [Example(id=str(place), input="x", output=text) for place, text in enumerate(texts)]


def basis(train: Sequence[Any], validation: Sequence[Any] = (), **more: Any) -> Basis:
    root = more.pop("root", None)
    return Basis("generation", [], rows(train), rows(validation), MetricSettings(**more), root)


def scorer(name: str, ground: Basis) -> ItemScore:
    found = ready(find(metrics, Metric, name), ground)
    assert found is not None and found.score is not None
    return found.score


def scored(name: str, output: Any, target: Any = RECORDS[0], ground: Basis | None = None) -> float | None:
    text = output if isinstance(output, str) else json.dumps(output)
    return scorer(name, ground or basis(RECORDS))(text, rows([target])[0])


@pytest.mark.parametrize(
    ("output", "score"),
    [
        ('{"a": [1, 2.5e3, null, "\\ud83d\\ude00"]}', 1),
        (" [] \n", 1),
        ("```json\n{}\n```", 0),
        ("Here it is: {}", 0),
        ('{"a": NaN}', 0),
        ('{"a": 1, "a": 2}', 0),
        ("{'a': 1}", 0),
        ('{"a": 1}}', 0),
        ("", 0),
        ("[" * 200_000, 0),
        ("[" * 200 + "]" * 200, 0),
        ('{"a":' * 90 + "1" + "}" * 90, 1),
        ("9" * 100_000, 0),
        ('"\ud800"', 1),
        ('{"a": "' + "x" * 2_000_000 + '"}', 0),
    ],
    ids=lambda value: str(value)[:20],
)
def test_json_is_valid_or_not(output: str, score: int) -> None:
    assert json_valid(output) == score


def test_the_schema_of_the_training_outputs_wants_their_keys_and_types() -> None:
    good = {"age": 3, "tags": [], "name": "Bo"}
    assert scored("schema_valid", good) == 1
    assert scored("schema_valid", {**good, "age": 3.5}) == 1
    for bad in ({**good, "age": "3"}, {**good, "more": 1}, {"name": "Bo"}, {**good, "tags": [1]}, [good], 5):
        assert scored("schema_valid", bad) == 0
        assert scored("json_valid", bad) == 1
    assert scored("schema_valid", "{") == 0


def test_a_key_that_validation_rows_have_besides_opens_the_schema() -> None:
    more = {**RECORDS[0], "rare": True}
    assert scored("schema_valid", more) == 0
    opened = basis(RECORDS, [more])
    assert scored("schema_valid", {**RECORDS[0], "other": 1}, ground=opened) == 1
    assert scored("schema_valid", {"name": "Bo"}, ground=opened) == 0


@settings(deadline=None, max_examples=60)
@given(st.lists(JSON, min_size=1, max_size=6), st.booleans())
def test_values_meet_the_schema_that_was_made_from_them(values: list[Any], closed: bool) -> None:
    schema = schema_of(values, closed=closed)
    Draft202012Validator.check_schema(schema)
    assert all(Draft202012Validator(schema).is_valid(value) for value in values)


def test_the_plan_may_name_a_schema(tmp_path: Path) -> None:
    schema = {
        "type": "object",
        "properties": {"age": {"$ref": "#/$defs/age"}},
        "$defs": {"age": {"maximum": 9}},
    }
    (tmp_path / "schema.json").write_text(json.dumps(schema), encoding="utf-8")
    ground = basis(["some text"], root=tmp_path, json_schema="schema.json")
    assert scored("schema_valid", {"age": 9}, ground=ground) == 1
    assert scored("schema_valid", {"age": 10}, ground=ground) == 0
    assert scored("json_valid", {"age": 10}, ground=ground) == 1


@pytest.mark.parametrize(
    ("text", "name", "told"),
    [
        ("{", "schema.json", "is no JSON"),
        ('{"type": "objekt"}', "schema.json", "is no JSON Schema"),
        ('{"$ref": "http://127.0.0.1:9/x"}', "schema.json", "outside the file"),
        ("{}", "../schema.json", "outside the engagement"),
        ("{}", "/etc/passwd", "outside the engagement"),
        ("{}", "absent.json", "No such file"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused(text: str, name: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "schema.json").write_text(text, encoding="utf-8")
    with pytest.raises(NotReady, match=told):
        ready(find(metrics, Metric, "schema_valid"), basis(RECORDS, root=tmp_path, json_schema=name))


def test_a_link_out_of_the_engagement_is_refused(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "schema.json").write_text("{}", encoding="utf-8")
    (tmp_path / "inside" / "link.json").symlink_to(tmp_path / "schema.json")
    with pytest.raises(NotReady, match="outside the engagement"):
        ready(
            find(metrics, Metric, "schema_valid"),
            basis(RECORDS, root=tmp_path / "inside", json_schema="link.json"),
        )


@pytest.mark.parametrize(
    ("output", "target", "score"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, 1),
        ({"a": 1, "b": 3}, {"a": 1, "b": 2}, 0.5),
        ({"a": 1, "b": 2, "c": 3}, {"a": 1}, 0.5),
        ({"a": "New  york"}, {"a": "new York"}, 1),
        ({"a": 12.0}, {"a": 12}, 1),
        ({"a": "12"}, {"a": 12}, 0),
        ({"a": True}, {"a": 1}, 0),
        ({"a": None}, {}, 0),
        ({}, {}, 1),
        (["x", "y"], ["y", "x"], 1),
        (["x", "x"], ["x", "y"], 0.5),
        ([{"n": 1, "m": 2}, {"n": 3, "m": 4}], [{"n": 3, "m": 4}, {"n": 1, "m": 5}], 0.75),
        ({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 1, "d": 2}}}, 2 / 3),
    ],
)
def test_field_f1_by_hand(output: Any, target: Any, score: float) -> None:
    assert field_f1(output, target) == pytest.approx(score)
    assert field_f1(target, output) == pytest.approx(score)


@settings(deadline=None, max_examples=60)
@given(JSON, JSON)
def test_field_f1_is_symmetric_bounded_and_whole_for_the_same(one: Any, other: Any) -> None:
    assert 0 <= field_f1(one, other) == field_f1(other, one) <= 1
    assert field_f1(one, one) == 1


def test_field_f1_is_silent_where_the_wanted_output_is_no_json() -> None:
    assert scored("field_f1", RECORDS[1], RECORDS[1]) == 1
    assert scored("field_f1", "I do not know", RECORDS[1]) == 0
    assert scored("field_f1", RECORDS[1], "cannot be told") is None


def test_calls_are_taken_apart() -> None:
    assert call("inform(name[Far Cry 3], esrb[E 10+ (for Everyone)], has_mac[])") == (
        "inform",
        [("name", "Far Cry 3"), ("esrb", "E 10+ (for Everyone)"), ("has_mac", "")],
    )
    assert call("request_attribute(genres)") == ("request_attribute", [("genres", "")])
    assert call("stop()") == ("stop", [])
    for text in ("", "inform", "inform(name[a]", "inform(name[a] b[c])", "a[b]", "{}", "f(a[b[c]])"):
        assert call(text) is None


CALLS = [
    "inform(name[Far Cry 3], genres[action, shooter])",
    "confirm(name[Little Nightmares], release_year[2017])",
]


@pytest.mark.parametrize(
    ("output", "score"),
    [
        (CALLS[0], 1),
        ("inform(genres[Shooter, action], name[far cry  3])", 1),
        ("confirm(name[Far Cry 3], genres[action, shooter])", 6 / 8),
        ("inform(name[Far Cry 3], genres[action])", 6 / 7),
        ("inform(name[Far Cry 3], genres[action, shooter], esrb[M])", 8 / 9),
        ("inform(name[Far Cry 3", 0),
        ("", 0),
    ],
)
def test_slot_f1_by_hand(output: str, score: float) -> None:
    assert scored("slot_f1", output, CALLS[0], basis(CALLS)) == pytest.approx(score)


def test_metrics_of_a_form_are_absent_for_other_forms() -> None:
    for name in ("json_valid", "schema_valid", "field_f1", "slot_f1"):
        for outputs in (["some words about it", "and some more"], RECORDS, CALLS):
            fits = (outputs is RECORDS) if name != "slot_f1" else (outputs is CALLS)
            assert (ready(find(metrics, Metric, name), basis(outputs)) is not None) == fits


HOSTILE = [
    "",
    "\ud800",
    "[" * 100_000,
    json.dumps([{"a": place} for place in range(20_000)]),
    json.dumps([[[place] * 3] * 3 for place in range(2_000)]),
    '{"age": 1' + "0" * 4_000 + "}",
    '{"age": 1e999}',
    "inform(" * 20_000,
    "inform(" + "a[b], " * 20_000 + "a[b])",
    "inform(" + "a" * 50_000 + "[",
]


@pytest.mark.parametrize("output", HOSTILE, ids=lambda text: text[:12])
def test_hostile_answers_are_measured_in_time(output: str) -> None:
    started = time.process_time()
    many = [[{"a": 1}, [2], [[3]]]] * 3
    for ground, target in ((basis(RECORDS), RECORDS[0]), (basis(many), many[0])):
        for name in ("json_valid", "schema_valid", "field_f1"):
            assert 0 <= (scored(name, output, target, ground) or 0) <= 1
    assert 0 <= (scored("slot_f1", output, CALLS[0], basis(CALLS)) or 0) < 0.5
    assert time.process_time() - started < 10
