"""Records survive the disk, and what is wrong on disk is named by place and value."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from pathlib import Path

import msgspec
import pytest

from advisor.engagement import codec, digests, records
from advisor.engagement.errors import FileError, RecordError, RunFailed, TunecaseError
from advisor.engagement.records.advice import Flip
from advisor.engagement.records.examples import Example, Message, Splits
from advisor.engagement.records.plan import Plan
from advisor.engagement.records.runs import Prediction
from advisor.engagement.records.settings import Settings
from advisor.engagement.toml_out import field_sentences, to_toml

KINDS = [
    kind
    for module in pkgutil.iter_modules(records.__path__)
    for kind in vars(importlib.import_module(f"{records.__name__}.{module.name}")).values()
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__module__.endswith(module.name)
]


def sample(annotation: object, depth: int = 0) -> object:
    """Some value of that type: the record's own fields decide what is built."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return arguments[0]
    if origin is typing.Union or isinstance(annotation, type(int | None)):
        return sample(arguments[0], depth)
    if origin in (list, tuple):
        return [sample(arguments[0], depth + 1)]
    if origin is dict or str(origin).endswith("Mapping'>"):
        return {"key": sample(arguments[1], depth + 1)}
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return build(annotation, depth + 1)
    return {str: "ä\u2028text", int: 7, float: 0.1, bool: True}.get(annotation, "anything")  # type: ignore[call-overload]


def build(kind: type[msgspec.Struct], depth: int = 0) -> msgspec.Struct:
    hints = typing.get_type_hints(kind)
    values = {f.name: sample(hints[f.name], depth) for f in msgspec.structs.fields(kind)}
    if "schema" in values:
        values["schema"] = next(f.default for f in msgspec.structs.fields(kind) if f.name == "schema")
    return kind(**values)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_record_comes_back_from_disk_as_it_went(kind: type[msgspec.Struct], tmp_path: Path) -> None:
    record = build(kind)
    codec.write_json(tmp_path / "record.json", record)
    assert codec.read_json(tmp_path / "record.json", kind) == record


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_field_has_a_string_under_it(kind: type[msgspec.Struct]) -> None:
    fields = {field.name for field in msgspec.structs.fields(kind)} - {"schema"}
    assert fields <= set(field_sentences(kind))


@pytest.mark.parametrize("record", [Plan(arms=["floor"], instruction="Sort"), Settings(title="A")])
def test_toml_for_people_comes_back_as_the_same_record(record: msgspec.Struct, tmp_path: Path) -> None:
    codec.write_text(tmp_path / "file.toml", to_toml(record))
    assert codec.read_toml(tmp_path / "file.toml", type(record)) == record


@pytest.mark.parametrize(
    "text", ["one\ntwo\n", "\n\nlate", 'a """quoted""" word\nend"', "back\\slash\n\ttab", "a\r\nb", "\x07\n"]
)
def test_text_of_several_lines_comes_back_letter_for_letter(text: str, tmp_path: Path) -> None:
    record = Settings(title="A", instruction=text)
    codec.write_text(tmp_path / "file.toml", to_toml(record))
    assert codec.read_toml(tmp_path / "file.toml", Settings) == record


def test_text_of_several_lines_is_shown_on_several_lines() -> None:
    assert 'instruction = """one\ntwo"""' in to_toml(Settings(title="A", instruction="one\ntwo"))


def test_a_newer_schema_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "splits.json").write_text('{"schema": "splits/9"}', encoding="utf-8")
    with pytest.raises(RecordError, match=r"splits\.json.*splits/9") as caught:
        codec.read_json(tmp_path / "splits.json", Splits)
    assert "upgrade" in caught.value.fix


def test_an_unknown_json_field_is_ignored_within_a_schema(tmp_path: Path) -> None:
    (tmp_path / "e.json").write_text('{"id":"1","input":"a","output":"b","later":1}', encoding="utf-8")
    assert codec.read_json(tmp_path / "e.json", Example).output == "b"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"id": 1, "input": "a", "output": "b"}', r"\$\.id"),
        ('{"id": "1", "input": "a"}', "output"),
        ('{"id": "1",\n oops}', "line 2"),
    ],
)
def test_wrong_json_names_its_place(text: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "e.json").write_text(text, encoding="utf-8")
    with pytest.raises(RecordError, match=complaint):
        codec.read_json(tmp_path / "e.json", Example)


def test_an_unknown_toml_key_gets_a_suggestion(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(
        'arms=["floor"]\ninstruction="x"\nminimum_efect=0.1\n', encoding="utf-8"
    )
    with pytest.raises(RecordError, match=r"minimum_efect.*Did you mean `minimum_effect`"):
        codec.read_toml(tmp_path / "plan.toml", Plan)


def test_an_unknown_key_inside_a_toml_table_is_found_too(tmp_path: Path) -> None:
    text = 'arms=["floor"]\ninstruction="x"\n[training]\nepoch=1\n'
    (tmp_path / "plan.toml").write_text(text, encoding="utf-8")
    with pytest.raises(RecordError, match=r"`epoch`.*`epochs`"):
        codec.read_toml(tmp_path / "plan.toml", Plan)


def test_toml_that_is_not_toml_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text("arms = [\n", encoding="utf-8")
    with pytest.raises(RecordError, match="not TOML"):
        codec.read_toml(tmp_path / "plan.toml", Plan)


@pytest.mark.parametrize("make", [lambda p: None, lambda p: p.mkdir(), lambda p: p.write_bytes(b"\xff\xfe")])
def test_what_cannot_be_read_is_an_error_with_a_fix(make, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    make(tmp_path / "x.json")
    with pytest.raises(FileError) as caught:
        codec.read_json(tmp_path / "x.json", Example)
    assert caught.value.fix


def test_a_failed_write_leaves_the_old_file_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.json"
    codec.write_text(target, "old")

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(RunFailed, match=r"no space left on the disk.*a\.json"):
        codec.write_text(target, "new")
    assert target.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_a_torn_last_line_is_not_there_yet_and_is_cut_on_resume(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    row = Example(id="1", input="ä", output="b")
    path.write_bytes(codec.encode(row) + b"\n" + codec.encode(row)[:9])
    assert list(codec.iter_lines(path, Example)) == [row]
    codec.cut_torn_line(path)
    assert path.read_bytes() == codec.encode(row) + b"\n"


def test_a_broken_whole_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"id":"1","input":"a","output":"b"}\n{"id":2}\n', encoding="utf-8")
    with pytest.raises(RecordError, match="line 2"):
        list(codec.iter_lines(path, Example))


def test_digests_do_not_depend_on_field_order_but_on_every_value() -> None:
    one = Example(id="1", input=[Message(role="user", content="a")], output="b", meta={"x": 1, "y": 2})
    same = Example(id="1", input=[Message(role="user", content="a")], output="b", meta={"y": 2, "x": 1})
    assert digests.of_record(one) == digests.of_record(same)
    assert digests.of_record(one) != digests.of_record(msgspec.structs.replace(same, output="c"))
    assert digests.of_records([one, same]) != digests.of_records([one])


def test_the_flip_record_writes_the_contract_word_from() -> None:
    flip = Flip(question="q", question_text="Q?", now="a", to="b", becomes="rag")
    assert msgspec.to_builtins(flip)["from"] == "a"


def test_every_error_of_the_tree_demands_a_fix() -> None:
    def below(kind: type[TunecaseError]) -> list[type[TunecaseError]]:
        return [kind, *(deeper for child in kind.__subclasses__() for deeper in below(child))]

    for kind in below(TunecaseError):
        fix = inspect.signature(kind).parameters["fix"]
        assert (fix.kind, fix.default) == (fix.KEYWORD_ONLY, fix.empty), kind
        assert kind.exit_code in (1, 3, 4)
    with pytest.raises(TypeError):
        TunecaseError("problem")  # type: ignore[call-arg]


def test_a_failed_request_is_a_missing_output_not_an_empty_one() -> None:
    row = Prediction(
        id="1",
        split="test",
        output=None,
        target="a",
        scores={},
        seconds=0.0,
        tokens_in=0,
        tokens_out=0,
        error="cut",
    )
    assert msgspec.json.decode(codec.encode(row))["output"] is None
