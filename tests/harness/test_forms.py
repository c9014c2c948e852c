"""Every format of the tools that clients come from is recognised by its keys and read row for row."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.engagement import codec
from advisor.engagement.errors import NotReady
from advisor.engagement.records.examples import Example
from harness.intake.forms import FORMS
from harness.intake.rows import Asked, Content, read_content
from harness.intake.store import Rejected, Rows

SYSTEM = "Answer in one sentence."
QUESTIONS = {f"When does shop {n} open?": f"It opens at {n}." for n in range(6, 12)}
PAIRS = list(QUESTIONS.items())
WORSE = "No idea."


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def assistant(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def chat(q: str, a: str) -> list[dict[str, str]]:
    return [{"role": "system", "content": SYSTEM}, user(q), assistant(a)]


def sharegpt(q: str, a: str) -> list[dict[str, str]]:
    return [{"from": "system", "value": SYSTEM}, {"from": "human", "value": q}, {"from": "gpt", "value": a}]


def call(q: str, a: str) -> dict[str, Any]:
    function = {"name": "hours", "arguments": json.dumps({"of": a})}
    turn = {"role": "assistant", "content": None, "tool_calls": [{"function": function}]}
    return {"messages": [user(q), turn], "tools": []}


Row = Callable[[str, str], dict[str, Any]]
TWINS: dict[str, tuple[str, Row]] = {
    "chat": ("OpenAI chat", lambda q, a: {"messages": chat(q, a)}),
    "parts": (
        "OpenAI chat",
        lambda q, a: {"messages": [user(q), {**assistant(""), "content": [{"text": a}]}]},
    ),
    "sharegpt": ("ShareGPT", lambda q, a: {"conversations": sharegpt(q, a)}),
    "sharegpt system": ("ShareGPT", lambda q, a: {"conversations": sharegpt(q, a)[1:], "system": SYSTEM}),
    "alpaca": ("Alpaca", lambda q, a: {"instruction": q, "input": "", "output": a}),
    "alpaca input": ("Alpaca", lambda q, a: {"instruction": SYSTEM, "input": q, "output": a}),
    "turns": (
        "prompt and completion turns",
        lambda q, a: {"prompt": [user(q)], "completion": [assistant(a)]},
    ),
    "dpo": ("DPO preference", lambda q, a: {"prompt": q, "chosen": a, "rejected": WORSE}),
    "dpo turns": (
        "DPO preference",
        lambda q, a: {"prompt": [user(q)], "chosen": [assistant(a)], "rejected": [assistant(WORSE)]},
    ),
    "dpo implicit": ("DPO preference", lambda q, a: {"chosen": chat(q, a), "rejected": chat(q, WORSE)}),
    "openai dpo": (
        "OpenAI preference",
        lambda q, a: {
            "input": {"messages": [user(q)], "tools": []},
            "preferred_output": [assistant(a)],
            "non_preferred_output": [assistant(WORSE)],
        },
    ),
    "alpaca preference": (
        "Alpaca preference",
        lambda q, a: {"instruction": q, "input": "", "chosen": a, "rejected": WORSE},
    ),
    "sharegpt preference": (
        "ShareGPT preference",
        lambda q, a: {
            "conversations": sharegpt(q, a)[:2],
            "chosen": {"from": "gpt", "value": a},
            "rejected": {"from": "gpt", "value": WORSE},
        },
    ),
    "kto": ("KTO", lambda q, a: {"prompt": q, "completion": a, "label": True}),
    "kto turns": ("KTO turns", lambda q, a: {"messages": chat(q, a), "kto_tag": True}),
    "gemini": (
        "Gemini contents",
        lambda q, a: {
            "systemInstruction": {"parts": [{"text": SYSTEM}]},
            "contents": [
                {"role": "user", "parts": [{"text": q}]},
                {"role": "model", "parts": [{"text": a}]},
            ],
        },
    ),
    "bedrock": (
        "Bedrock conversation",
        lambda q, a: {
            "schemaVersion": "bedrock-conversation-2024",
            "system": [{"text": SYSTEM}],
            "messages": [{"role": r, "content": [{"text": t}]} for r, t in (("user", q), ("assistant", a))],
        },
    ),
    "segments": (
        "Axolotl segments",
        lambda q, a: {"segments": [{"label": False, "text": q}, {"label": True, "text": a}]},
    ),
    "items": ("OpenAI evals items", lambda q, a: {"item": {"question": q, "expected": a}}),
    "evals": ("OpenAI evals", lambda q, a: {"input": [user(q)], "ideal": a}),
    "ragas": (
        "Ragas",
        lambda q, a: {"user_input": q, "reference": a, "reference_contexts": ["Hours"], "response": ""},
    ),
    "squad rows": (
        "SQuAD",
        lambda q, a: {"question": q, "context": "Hours", "answers": {"text": [a], "answer_start": [0]}},
    ),
    "promptfoo": ("promptfoo tests", lambda q, a: {"question": q, "__expected": f"icontains:{a}"}),
}


class Read(NamedTuple):
    """A file read: what it was taken for, its rows, what was left out and what was kept apart."""

    content: Content
    rows: list[Example]
    rejected: list[Rejected]
    aside: list[Example]

    @property
    def format(self) -> str:
        return self.content.format


def content(folder: Path, text: str, name: str = "rows.jsonl", **columns: str) -> Read:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read(path, **columns)


def read(path: Path, **columns: str) -> Read:
    rows = Rows()
    found = read_content(rows, path, Asked(column_map=columns))
    rows.seal()
    return Read(
        found,
        list(rows),
        list(codec.iter_lines(rows.rejected_path, Rejected)),
        list(codec.iter_lines(rows.aside_path, Example)),
    )


def lines(*rows: Mapping[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.parametrize("name", TWINS)
def test_a_format_is_recognised_by_its_keys(tmp_path: Path, name: str) -> None:
    said, row = TWINS[name]
    found = content(tmp_path, lines(*(row(q, a) for q, a in PAIRS)))
    assert found.format.startswith(f"{said} (JSONL)")
    assert (found.content.rows_in, found.rejected) == (6, [])
    for (q, a), example in zip(PAIRS, found.rows, strict=True):
        assert example.input_text().endswith(q)
        assert example.output == a
        if "preference" in said:
            assert example.meta["rejected"] == WORSE
        if name in ("chat", "sharegpt", "sharegpt system", "gemini", "bedrock", "kto turns", "dpo implicit"):
            assert [turn.role for turn in example.input] == ["system", "user"]  # type: ignore[union-attr]


def test_every_format_has_a_twin() -> None:
    assert {said for said, _ in (*TWINS.values(), *ANSWERLESS.values())} == {form.name for form in FORMS}


def test_the_same_rows_as_an_array_and_as_parquet(tmp_path: Path) -> None:
    import polars

    rows = [{"messages": chat(q, a)} for q, a in PAIRS]
    expected = content(tmp_path, lines(*rows)).rows
    array = content(tmp_path, json.dumps(rows, indent=1), "rows.json")
    assert array.format == "OpenAI chat (JSON array): the last assistant turn is the output"
    buffer = io.BytesIO()
    polars.DataFrame(rows).write_parquet(buffer)
    (tmp_path / "rows.parquet").write_bytes(buffer.getvalue())
    assert array.rows == read(tmp_path / "rows.parquet").rows == expected


def test_a_tool_call_is_json_and_its_result_the_users(tmp_path: Path) -> None:
    found = content(tmp_path, lines(call("When?", "shop")))
    assert json.loads(found.rows[0].output) == {"name": "hours", "arguments": {"of": "shop"}}
    turns = [*call("When?", "shop")["messages"], {"role": "tool", "content": "9"}, assistant("At nine.")]
    found = content(tmp_path, lines({"messages": turns}))
    assert [turn.role for turn in found.rows[0].input] == ["user", "assistant", "user"]  # type: ignore[union-attr]


def test_alpaca_history_becomes_turns(tmp_path: Path) -> None:
    row = {"instruction": "Open?", "input": "", "output": "Yes.", "system": "", "history": [["Hi", "Hello"]]}
    (found,) = content(tmp_path, lines(row)).rows
    assert [turn.content for turn in found.input] == ["Hi", "Hello", "Open?"]  # type: ignore[union-attr]


def test_squads_tree_is_one_row_a_question(tmp_path: Path) -> None:
    questions = [
        {"id": f"q{n}", "question": q, "answers": [{"text": a}], "is_impossible": n == 2}
        for n, (q, a) in enumerate(PAIRS)
    ]
    tree = {"data": [{"title": "Shops", "paragraphs": [{"context": "Hours", "qas": questions}]}]}
    for text in (json.dumps(tree), json.dumps(tree, indent=1)):
        found = content(tmp_path, text, "squad.json")
        assert (found.content.rows_in, len(found.rows)) == (6, 5)
        assert found.rows[0].context == "Hours"
        assert found.rows[0].meta == {"title": "Shops"}
        assert [(row.line, row.why) for row in found.rejected] == [
            (3, "the question has no answer in its passage")
        ]


def test_fasttext_is_a_label_and_a_text(tmp_path: Path) -> None:
    found = content(tmp_path, "__label__a My lamp\r\n__label__b My bell\r\n", "train.txt")
    assert found.format == "fastText with `text` and `label`"
    assert [(row.input, row.label) for row in found.rows] == [
        ("My lamp", "a"),
        ("My bell", "b"),
    ]


def test_unwanted_answers_are_kept_apart_and_counted(tmp_path: Path) -> None:
    rows = [{"prompt": q, "completion": a, "label": n != 1} for n, (q, a) in enumerate(PAIRS * 2)]
    found = content(tmp_path, lines(*rows))
    assert (found.content.rows_in, found.content.unwanted, len(found.rows)) == (12, 1, 11)
    assert [row.output for row in found.aside] == [PAIRS[1][1]]
    assert "kept apart" in found.format
    weighed = [user("Open?"), {**assistant("No."), "weight": 0}]
    left = content(tmp_path, lines({"messages": weighed}, {"messages": chat("Open?", "Yes.")})).rejected
    assert [row.why for row in left] == ["the last assistant turn has weight 0"]


def test_a_file_of_wanted_answers_only_is_questioned(tmp_path: Path) -> None:
    rows = [{"prompt": q, "completion": a, "label": True} for q, a in PAIRS]
    assert [note.code for note in content(tmp_path, lines(*rows)).content.noted] == ["one_sided"]
    assert content(tmp_path, lines(*rows, {**rows[0], "label": False})).content.noted == []


ANSWERLESS: dict[str, tuple[str, dict[str, Any]]] = {
    "prompts": ("prompts without answers", {"prompt": [user("Open?")]}),
    "plain prompts": ("prompts without answers", {"prompt": "Open?"}),
    "text": ("raw text", {"id": "a", "text": "Question: Open?"}),
    "documents": ("documents for retrieval", {"_id": "a", "title": "Hours", "text": "Open at nine."}),
}


@pytest.mark.parametrize("name", ANSWERLESS)
def test_rows_without_answers_are_named_for_what_they_are(tmp_path: Path, name: str) -> None:
    said, row = ANSWERLESS[name]
    found = content(tmp_path, lines(row))
    assert found.format == f"{said} (JSONL)"
    assert found.content.task in ("prompts", "text", "documents")
    assert found.rows[0].output == ""
    assert found.rows[0].input_text() in ("Open?", "Question: Open?", "Open at nine.")


def test_relevance_marks_are_not_rows(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="BEIR relevance marks"):
        content(tmp_path, lines({"query-id": "a", "corpus-id": "b", "score": 1}))


def test_other_columns_go_to_meta_and_ids_are_kept(tmp_path: Path) -> None:
    (row,) = content(tmp_path, lines({"id": 7, "messages": chat("Open?", "Yes."), "source": "mail"})).rows
    assert (row.id, row.meta) == ("7", {"source": "mail"})


def test_a_mapping_comes_before_recognition(tmp_path: Path) -> None:
    row = {"instruction": "Classify", "input": "My lamp", "output": "a", "queue": "b"}
    (found,) = content(tmp_path, lines(row), queue="output", instruction="input").rows
    assert (found.input, found.output) == ("Classify", "b")


@pytest.mark.parametrize("name", ["messages", "conversations", "contents", "segments"])
def test_a_column_of_a_table_may_have_the_name_of_a_nested_key(tmp_path: Path, name: str) -> None:
    found = content(tmp_path, f"text,label,{name}\nMy lamp,a,3\n", "r.csv")
    assert found.format == "CSV with `text` and `label`"
    assert found.rows[0].input == "My lamp"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"messages": []}, "`messages` is empty"),
        ({"messages": None}, "`messages` is empty"),
        ({"messages": [user("Hi")]}, "no assistant answer"),
        ({"messages": [assistant("Hi")]}, "'user' does not come first"),
        ({"messages": [user("Hi"), user("Ho"), assistant("x")]}, "role 'user' follows role 'user'"),
        ({"messages": [user("Hi"), *chat("a", "b")]}, "role 'system' follows"),
        ({"messages": [{"content": "Hi"}]}, "without `role`"),
        ({"messages": [{"role": "user"}]}, "without `content`"),
        ({"messages": [{"role": "customer", "content": "Hi"}]}, "'customer'"),
        ({"messages": [chat("a", "b")]}, "holds a list"),
        ({"messages": [{**user(""), "content": [{"type": "image_url"}]}]}, "image_url"),
        ({"prompt": "a", "completion": "b"}, "another format than the rows above it"),
        ({"messages": chat("a", "b"), "text": "c"}, None),
    ],
)
def test_a_row_that_does_not_fit_is_named_by_its_line(
    tmp_path: Path, row: dict[str, Any], said: str | None
) -> None:
    text = lines({"messages": chat("Open?", "Yes.")}, row)
    if said is None:
        assert len(content(tmp_path, text).rows) == 2
        with pytest.raises(NotReady, match="fits two formats"):
            content(tmp_path, lines(row))
        return
    with pytest.raises(NotReady) as caught:
        content(tmp_path, text)
    assert said in caught.value.problem
    assert "line 2" in caught.value.problem
    assert caught.value.fix


values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["role", "content", "from", "value", "parts", "text", "type", "label"]), inner
        )
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(sorted(TWINS)), st.data())
def test_no_values_under_known_keys_give_anything_but_a_verdict(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    good = TWINS[name][1]("Open?", "Yes.")
    keys = [*good, "system", "systemInstruction", "history", "id", "meta"]
    bad = {**good, **data.draw(st.dictionaries(st.sampled_from(keys), values, max_size=2))}
    try:
        found = content(tmp_path_factory.getbasetemp(), lines(good, bad))
    except NotReady as wrong:
        assert "line 2" in wrong.problem
        return
    assert found.content.rows_in == 2
