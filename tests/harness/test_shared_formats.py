"""The collection of input formats comes out whole, every row counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.intake.checking import check_files

FORMATS = Path(__file__).parents[3] / "shared" / "data" / "formats"

SHARED = {
    "openai_chat.jsonl": "OpenAI chat (JSONL)",
    "openai_chat_tools.jsonl": "OpenAI chat (JSONL)",
    "prompt_completion.jsonl": "JSONL with `prompt` and `completion`",
    "prompt_completion_conversational.jsonl": "prompt and completion turns (JSONL)",
    "alpaca.json": "Alpaca (JSON array)",
    "alpaca.jsonl": "Alpaca (JSONL)",
    "sharegpt.json": "ShareGPT (JSON array)",
    "sharegpt.jsonl": "ShareGPT (JSONL)",
    "dpo_standard.jsonl": "DPO preference (JSONL)",
    "dpo_conversational.jsonl": "DPO preference (JSONL)",
    "dpo_implicit_prompt.jsonl": "DPO preference (JSONL)",
    "openai_dpo.jsonl": "OpenAI preference (JSONL)",
    "alpaca_preference.json": "Alpaca preference (JSON array)",
    "sharegpt_preference.json": "ShareGPT preference (JSON array)",
    "kto_standard.jsonl": "KTO (JSONL)",
    "kto_conversational.jsonl": "KTO (JSONL)",
    "kto_sharegpt.json": "KTO turns (JSON array)",
    "input_output.csv": "CSV with `input` and `output`",
    "text_label.csv": "CSV with `text` and `label`",
    "text_label.tsv": "TSV with `text` and `label`",
    "fasttext.txt": "fastText with `text` and `label`",
    "hub_messages.parquet": "OpenAI chat (Parquet)",
    "text_label.parquet": "Parquet with `text` and `label`",
    "gemini_contents.jsonl": "Gemini contents (JSONL)",
    "bedrock_conversation.jsonl": "Bedrock conversation (JSONL)",
    "axolotl_segments.jsonl": "Axolotl segments (JSONL)",
    "squad.json": "SQuAD (JSON)",
    "ragas.jsonl": "Ragas (JSONL)",
    "promptfoo_tests.csv": "promptfoo tests (CSV)",
    "openai_evals_items.jsonl": "OpenAI evals items (JSONL)",
    "evals_legacy.jsonl": "OpenAI evals (JSONL)",
    "canonical/classification.jsonl": "canonical JSONL",
    "canonical/generation.jsonl": "canonical JSONL",
    "canonical/rag_test.jsonl": "canonical JSONL",
    "canonical/preference.jsonl": "DPO preference (JSONL)",
    "canonical/corpus.jsonl": "documents for retrieval (JSONL)",
    "prompt_only.jsonl": "prompts without answers (JSONL)",
    "text.jsonl": "raw text (JSONL)",
    "beir": "BEIR folder",
}


NOT_DATA = {
    "llamafactory_dataset_info.json": "one JSON object",
    "beir/qrels/test.tsv": "BEIR relevance marks",
    "beir/queries.jsonl": "",
}


@pytest.mark.skipif(not FORMATS.is_dir(), reason="the collection of formats is not at hand")
@pytest.mark.parametrize("name", SHARED)
def test_the_collection_of_formats_is_read_whole(name: str) -> None:
    found = check_files(FORMATS / name).intake
    assert found.status != "rejected", found.errors
    assert found.format.partition(":")[0] == SHARED[name]
    assert (found.rows_in, found.rows_kept) == (5, 5)


@pytest.mark.skipif(not FORMATS.is_dir(), reason="the collection of formats is not at hand")
def test_every_file_of_the_collection_is_tried() -> None:
    there = {str(path.relative_to(FORMATS)) for path in FORMATS.rglob("*") if path.is_file()}
    inside = {name for name in there if name.startswith("beir/")}
    assert there - inside - {"README.md"} == {*SHARED, *NOT_DATA} - {"beir", *inside}


@pytest.mark.skipif(not FORMATS.is_dir(), reason="the collection of formats is not at hand")
@pytest.mark.parametrize("name", [name for name, said in NOT_DATA.items() if said])
def test_what_only_belongs_to_data_is_named_for_what_it_is(name: str) -> None:
    (refusal,) = check_files(FORMATS / name).intake.errors
    assert NOT_DATA[name] in refusal.message
