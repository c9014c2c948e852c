"""Passages are found by words, by meaning or both, put into prompts, cited, and measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from advisor.cli.jobs import Work
from advisor.engagement import codec
from advisor.engagement.errors import NotReady, PlanError
from advisor.engagement.folder import Engagement, RunFolder
from advisor.engagement.progress import silent
from advisor.engagement.records.examples import Example, Message
from advisor.engagement.records.plan import Plan, RetrievalSettings, TrainingSettings
from advisor.engagement.records.runs import Prediction, TrainingSpec
from advisor.engagement.records.settings import Settings
from advisor.engagement.toml_out import to_toml
from harness.executors.local import Job
from harness.retrieval.asking import without_marks
from harness.retrieval.fusing import fused
from harness.retrieval.lexical import DONE, Lexical
from harness.retrieval.ranked import ndcg, recall, reciprocal_rank
from harness.retrieval.scoring import retrieval_of
from harness.retrieval.searching import choose, query_of, retriever
from harness.retrieval.words import words
from trainers.language.prompting import as_asked, with_passages

TOPICS = [
    "amber", "birch", "cobalt", "dune", "ember", "fjord", "garnet", "heath", "indigo", "juniper",
    "kelp", "lagoon", "maple", "nectar", "onyx", "pebble", "quartz", "ridge", "saffron", "tundra",
]  # fmt: skip
SMALL = TrainingSettings(epochs=1, learning_rate=5e-3, rank=4, batch_size=8, evaluations=1, max_length=512)


def library(root: Path, *, gold: bool = True, rows: int = 120) -> Engagement:
    """Twenty short documents, and questions about one each."""
    from harness.intake.checking import check_files
    from harness.intake.freezing import freeze

    folder = root / "documents"
    folder.mkdir(parents=True)
    for number, topic in enumerate(TOPICS):
        text = f"{topic} costs {number} coins. It is kept in hall {number % 7}."
        (folder / f"{topic}.txt").write_text(text, encoding="utf-8")
    lines = []
    for number in range(rows):
        topic = TOPICS[number % len(TOPICS)]
        row: dict[str, Any] = {
            "input": f"{number}: price of {topic}?",
            "output": f"{number % len(TOPICS)} coins, case {number}",
        }
        if gold:
            row["gold_doc_ids"] = [f"{topic}.txt"]
        lines.append(json.dumps(row))
    path = root / "rows.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    engagement = Engagement.create(root / "client", Settings(title="A client"))
    freeze(engagement, check_files(path, documents=folder))
    return engagement


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Engagement:
    """One engagement with documents, for tests that only read or add runs."""
    return library(tmp_path_factory.mktemp("shop"))


def planned(engagement: Engagement, model: Path, *arms: str, **more: Any) -> Plan:
    given: dict[str, Any] = {"training": SMALL, "instruction": "Answer.", "metric": "exact_match"} | more
    plan = Plan(arms=list(arms), model=str(model), limit=12, canaries=False, **given)
    codec.write_text(engagement.plan_path, to_toml(plan))
    return plan


def ran(engagement: Engagement, plan: Plan, arm: str) -> RunFolder:
    work = Work(engagement, plan, on_progress=silent)
    for job in work.jobs():
        if job.arm == arm and job.seed == 0:
            {"train": work.train, "run": work.run}[job.kind](job)
    return engagement.run_folder(work.run_spec(Job("run", arm, 0)))


def test_words_are_folded_and_scripts_without_blanks_come_in_pairs() -> None:
    assert words("Stra\u00dfe, \uff21\uff22\uff23-12!") == ["strasse", "abc", "12"]
    assert words("東京都 X") == ["東京", "京都", "x"]


def test_the_passage_with_the_rare_word_comes_first(tmp_path: Path) -> None:
    passages = ["the fee is due", "the fee is due on transfer", "the card", "nothing"]
    index = Lexical.over(passages, tmp_path / "index")
    assert index.rank(["transfer of the fee"]) == [[1, 0, 2]]
    assert index.rank(["zebra", ""]) == [[], []]


def test_equal_passages_keep_their_order_and_depth_is_kept(tmp_path: Path) -> None:
    index = Lexical.over(["same words"] * 5, tmp_path / "index")
    assert index.rank(["same"], 3) == [[0, 1, 2]]


def test_passages_without_any_word_are_indexed_too(tmp_path: Path) -> None:
    assert Lexical.over(["!!!", "..."], tmp_path / "index").rank(["anything"]) == [[]]


def test_an_index_is_read_back_and_a_damaged_one_is_made_anew(tmp_path: Path) -> None:
    passages = ["red apple", "green pear", "blue plum"]
    place = tmp_path / "index"
    first = Lexical.over(passages, place).rank(["pear", "apple plum"])
    before = {path.name: path.stat().st_mtime_ns for path in place.iterdir()}
    assert Lexical.over(passages, place).rank(["pear", "apple plum"]) == first
    assert {path.name: path.stat().st_mtime_ns for path in place.iterdir()} == before
    for damage in (b"", b"\x80\x04rubbish", b"{}"):
        for path in sorted(place.glob("*")):
            whole = path.read_bytes()
            path.write_bytes(damage)
            assert Lexical.over(passages, place).rank(["pear", "apple plum"]) == first, path.name
            assert path.read_bytes() == whole or path.name == DONE
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".index-")]


def test_an_index_over_other_passages_is_not_used(tmp_path: Path) -> None:
    Lexical.over(["one", "two", "three"], tmp_path / "index")
    assert Lexical.over(["two"], tmp_path / "index").rank(["two"]) == [[0]]


def test_two_rankings_are_fused_by_reciprocal_ranks() -> None:
    # 7: 1/61 + 1/62; 3: 1/62 + 1/61; 9: 1/63
    assert fused([[7, 3, 9], [3, 7]], 5) == [3, 7, 9]
    assert fused([[1, 2], [2, 5]], 2) == [2, 1]


def test_measures_of_a_ranking_are_those_of_their_definitions() -> None:
    found, gold = ["a", "b", "c", "d"], ["b", "d"]
    assert recall(found, gold, 2) == 0.5
    assert recall(found, gold, 4) == 1.0
    assert reciprocal_rank(found, gold) == 0.5
    assert reciprocal_rank(found, ["x"]) == 0.0
    # gains at places 2 and 4, against places 1 and 2: (0.63093 + 0.43068) / (1 + 0.63093)
    assert ndcg(found, gold, 10) == pytest.approx(0.650921, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "plain", "cited"),
    [
        ("42 coins [2]", "42 coins", ("d2",)),
        ("42 [1] coins [2, 1].", "42 coins.", ("d1", "d2")),
        ("a list[0] of [7]", "a list[0] of [7]", ()),
        ("[1]", "", ("d1",)),
        ("no marks", "no marks", ()),
    ],
)
def test_marks_are_taken_out_of_an_answer(text: str, plain: str, cited: tuple[str, ...]) -> None:
    assert without_marks(text, ["d1", "d2", "d2"]) == (plain, cited)


def test_passages_stand_before_the_last_turn() -> None:
    turns = [Message(role="user", content="hello"), Message(role="user", content="which?")]
    asked = with_passages(turns, ["first", "second"], cite=True, abstain="not there")
    assert asked[0] == turns[0]
    assert isinstance(asked[1], Message)
    assert asked[1].content.startswith("Passages:\n\n[1] first\n\n[2] second")
    assert asked[1].content.endswith("say: not there\n\nwhich?")
    assert "numbers" in asked[1].content
    assert with_passages("which?", []) == "No passage was found.\n\nwhich?"


def test_of_a_conversation_all_that_the_user_said_is_searched_for() -> None:
    turns = [
        Message(role="user", content="one"),
        Message(role="assistant", content="two"),
        Message(role="user", content="three"),
    ]
    assert query_of(Example(id="a", input=turns, output="")) == "one\nthree"


def test_a_passage_of_a_row_is_part_of_its_input_unless_there_are_documents(
    tmp_path: Path, shop: Engagement
) -> None:
    row = Example(id="a", input="who?", output="me", context="It was me.")
    bare = Engagement.create(tmp_path / "bare", Settings(title="A client"))
    assert as_asked(bare, row).input == "Context:\nIt was me.\n\nwho?"
    assert as_asked(shop, row) == row


def test_the_fewest_passages_that_find_nearly_all_are_taken(shop: Engagement, tmp_path: Path) -> None:
    rows = [row for id, row in shop.examples().items() if id in set(shop.splits().train)]
    chosen = choose(retriever(shop, RetrievalSettings(), arm="rag"), rows)
    assert chosen.passages == 1
    assert "1: 1.000" in chosen.told
    few = choose(retriever(shop, RetrievalSettings(), arm="rag"), rows[:5])
    assert few.passages == 3
    assert "not settled" in few.told
    asked = choose(retriever(shop, RetrievalSettings(passages=4), arm="rag"), rows)
    assert asked == (4, "as the plan says")


def test_rag_answers_with_the_passages_that_it_found(shop: Engagement, tiny_model: Path) -> None:
    plan = planned(shop, tiny_model, "rag", retrieval=RetrievalSettings(passages=2))
    folder = ran(shop, plan, "rag")
    result = folder.result()
    assert result is not None
    assert result.retrieval is not None
    assert result.retrieval.found["recall@1"].value == 1.0
    assert result.retrieval.found["mrr"].n == 12
    assert "[1] {passage}" in result.prompt
    assert "[2] {passage}" in result.prompt
    assert "{input}" in result.prompt
    assert not any(topic in result.prompt for topic in TOPICS)
    examples = shop.examples()
    for row in folder.predictions():
        assert row.retrieved[0] == examples[row.id].gold_doc_ids[0]
        assert row.shown <= 2
        assert "[1]" not in (row.output or "")


def test_other_documents_are_another_run(tmp_path: Path, tiny_model: Path) -> None:
    shop = library(tmp_path)
    plan = planned(shop, tiny_model, "rag")
    first = Work(shop, plan, on_progress=silent).run_spec(Job("run", "rag", 0))
    chunks = shop.documents_path / "chunks.jsonl"
    chunks.write_text(chunks.read_text(encoding="utf-8").replace("coins", "crowns"), encoding="utf-8")
    second = Work(shop, plan, on_progress=silent).run_spec(Job("run", "rag", 0))
    third = Work(
        shop, msgspec.structs.replace(plan, retrieval=RetrievalSettings(passages=1)), on_progress=silent
    )
    assert shop.run_folder(first).name != shop.run_folder(second).name
    assert shop.run_folder(second).name != shop.run_folder(third.run_spec(Job("run", "rag", 0))).name


def test_passages_that_do_not_fit_are_left_out_and_said(tmp_path: Path, tiny_model: Path) -> None:
    shop = library(tmp_path)
    chunks = shop.documents_path / "chunks.jsonl"
    long = chunks.read_text(encoding="utf-8").replace("It is kept", "Of old it was said " * 12 + "It is kept")
    chunks.write_text(long, encoding="utf-8")
    plan = planned(shop, tiny_model, "rag", retrieval=RetrievalSettings(passages=5))
    result = ran(shop, plan, "rag").result()
    assert result is not None
    assert result.failed == 0
    assert "to fit the context" in result.choices["passages left out"]


def test_a_model_that_retrieves_learns_rows_with_passages_and_marks(tmp_path: Path, tiny_model: Path) -> None:
    shop = library(tmp_path)
    plan = planned(shop, tiny_model, "lora_rag", "lora", retrieval=RetrievalSettings(passages=1))
    work = Work(shop, plan, on_progress=silent)
    data = work.trainings._data(work.arms["lora_rag"])
    first = data.train[0]
    assert str(first.input).startswith("Passages:\n\n[1]")
    assert first.output.endswith(" [1]")
    assert all("Passages:" not in str(row.input) for row in work.data.train)
    folder = ran(shop, plan, "lora_rag")
    result = folder.result()
    assert result is not None
    assert result.retrieval is not None
    assert result.training is not None
    learnt = codec.read_json(shop.root / "models" / result.training / "spec.json", TrainingSpec)
    plain = work.training_spec(Job("train", "lora", 0))
    assert learnt.data != plain.data


def test_arms_that_retrieve_refuse_an_engagement_without_documents(
    answering: Engagement, tiny_model: Path
) -> None:
    plan = planned(answering, tiny_model, "rag")
    with pytest.raises(NotReady, match="rag searches documents"):
        Work(answering, plan, on_progress=silent)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (RetrievalSettings(by="meaning"), "needs a model of sentence embeddings"),
        (RetrievalSettings(passages=-1), "expected 1 or more"),
    ],
)
def test_settings_that_cannot_work_are_refused_before_anything_runs(
    shop: Engagement, tiny_model: Path, settings: RetrievalSettings, told: str
) -> None:
    plan = planned(shop, tiny_model, "rag", retrieval=settings)
    with pytest.raises(PlanError, match=told):
        Work(shop, plan, on_progress=silent)


def test_citations_and_abstentions_are_counted() -> None:
    def row(id: str, output: str, cited: list[str]) -> Prediction:
        return Prediction(
            id=id, split="test", output=output, target="x", scores={}, seconds=0.1, tokens_in=1,
            tokens_out=1, retrieved=["a", "b"], cited=cited,
        )  # fmt: skip

    gold = {
        "1": Example(id="1", input="?", output="x", gold_doc_ids=["a"]),
        "2": Example(id="2", input="?", output="x", gold_doc_ids=["b"]),
        "3": Example(id="3", input="?", output="x"),
    }
    rows = [row("1", "x", ["a", "b"]), row("2", "Not there.", []), row("3", "x", ["a"])]
    found = retrieval_of(rows, gold, abstain="not there", cite=True)
    assert found is not None
    assert (found.found["recall@1"].value, found.found["recall@1"].n) == (0.5, 2)
    assert (found.found["hit@1"].value, found.found["hit@3"].value) == (0.5, 1.0)
    assert (found.cited["precision"].value, found.cited["precision"].n) == (0.5, 1)
    assert (found.cited["recall"].value, found.cited["recall"].n) == (0.5, 2)
    assert found.abstained is not None
    assert (found.abstained.value, found.abstained.n) == (pytest.approx(1 / 3), 3)
    assert retrieval_of(rows, {id: Example(id=id, input="", output="") for id in gold}) is None


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One random vector a word: texts that share words point the same way."""
    pytest.importorskip("sentence_transformers")
    import numpy as np
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    known = {"[UNK]": 0} | {word: number for number, word in enumerate(TOPICS, start=1)}
    tokenizer = Tokenizer(models.WordLevel(known, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    vectors = np.random.default_rng(0).normal(size=(len(known), 32)).astype("float32")
    vectors[0] *= 0.01
    folder = tmp_path_factory.mktemp("embedder")
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=vectors)], device="cpu").save(
        str(folder)
    )
    return folder


def test_passages_are_found_by_meaning_and_by_both(tmp_path: Path, embedder: Path) -> None:
    shop = library(tmp_path)
    for by in ("meaning", "both"):
        settings = RetrievalSettings(by=by, embedder=str(embedder))
        found = retriever(shop, settings, arm="rag").find("the price of garnet please")
        assert found.documents[0] == "garnet.txt", by
    kept = list((shop.documents_path / "index").glob("meaning-*/embeddings.npy"))
    assert len(kept) == 1
    before = kept[0].stat().st_mtime_ns
    retriever(shop, settings, arm="rag").find("onyx")
    assert kept[0].stat().st_mtime_ns == before
    kept[0].write_bytes(b"rubbish")
    assert retriever(shop, settings, arm="rag").find("onyx").documents[0] == "onyx.txt"


def test_an_embedder_that_does_not_load_is_one_error(shop: Engagement, tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    (tmp_path / "empty").mkdir()
    settings = RetrievalSettings(by="meaning", embedder=str(tmp_path / "empty"))
    with pytest.raises(PlanError, match="does not load"):
        retriever(shop, settings, arm="rag").find("onyx")


def test_a_reranker_orders_the_best_anew(tmp_path: Path, shop: Engagement) -> None:
    pytest.importorskip("sentence_transformers")
    from harness.retrieval.dense import reranked

    class Longest:
        """Likes long passages."""

        def predict(self, pairs: list[tuple[str, str]], show_progress_bar: bool) -> list[list[float]]:
            return [[float(len(passage))] for _, passage in pairs]

    assert reranked(Longest(), "q", ["aa", "bbbb", "cc", ""]) == [1, 0, 2, 3]
    assert reranked(Longest(), "q", []) == []
