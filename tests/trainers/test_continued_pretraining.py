"""Raw text is read whole, in windows that do not see each other; then the rows are learnt on top."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from peft import get_peft_model_state_dict

from advisor.engagement.catalogue import find
from advisor.engagement.errors import PlanError
from advisor.engagement.folder import ModelFolder
from advisor.engagement.progress import silent
from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import Plan, PretrainingSettings
from advisor.engagement.records.runs import TrainingResult
from tests.harness.conftest import FILLER, WORDS
from tests.trainers._fits import CHECKS, LABELS, ROWS, SMALL, Stopped, adapter, furthest, stopping
from trainers import methods
from trainers.language.loading import load_network, load_tokenizer
from trainers.language.rendering import IGNORED, text_row
from trainers.methods._kind import Method
from trainers.objectives._kind import Job
from trainers.packing import answer_loss, collate
from trainers.pretraining import TEXT_RATE, Text, windows
from trainers.training import train, training_spec
from trainers.weights import prepare

SETTINGS = msgspec.structs.replace(SMALL, max_length=160, evaluations=2)
READING = PretrainingSettings(learning_rate=5e-3, epochs=3)


def story(number: int) -> str:
    """A text with words of one label."""
    words = [*FILLER, *WORDS[sorted(WORDS)[number % len(WORDS)]]]
    return " ".join(words[(number + step * 3) % len(words)] for step in range(12 + number % 9))


TEXTS = [story(number) for number in range(24)]
UNSEEN = [story(number) for number in range(24, 30)]


def job_for(
    folder: Path,
    model: Path,
    method: str = "lora",
    *,
    texts: Sequence[str] = TEXTS,
    unseen: Sequence[str] = UNSEEN,
    rows: Sequence[Example] = (),
    reading: PretrainingSettings = READING,
    on_progress: Any = silent,
) -> Job:
    """A reading of the tiny model, ready to run."""
    plan = Plan(arms=[method], model=str(model), instruction="Sort:", training=SETTINGS, pretraining=reading)
    checks = CHECKS if rows else []
    spec = training_spec(
        plan,
        method,
        0,
        train=rows,
        validation=checks,
        labels=LABELS if rows else [],
        weights="w",
        tokenizer="t",
        objective="continued_pretraining",
        texts=[*texts, *unseen],
    )
    return Job(
        spec=spec,
        folder=ModelFolder(folder),
        model=str(model),
        train=rows,
        validation=checks,
        on_progress=on_progress,
        texts=texts,
        held_out_texts=unseen,
    )


def read(folder: Path, model: Path, method: str = "lora", **options: Any) -> TrainingResult:
    """Run it."""
    return train(job_for(folder, model, method, **options))


@pytest.mark.parametrize("longest", [2, 3, 7, 50, 500])
def test_every_token_but_a_text_s_first_is_learnt_once_and_the_end_token_too(
    longest: int, tiny_model: Path
) -> None:
    tokenizer = load_tokenizer(str(tiny_model))
    for text in TEXTS[:4]:
        whole = text_row(tokenizer, text)
        assert whole[-1] == tokenizer.eos_token_id
        rows = windows(tokenizer, [Text("a", text)], longest=longest)
        assert max(len(row.input_ids) for row in rows) <= longest
        assert [label for row in rows for label in row.labels if label != IGNORED] == whole[1:]
        for row in rows:
            assert row.labels == [IGNORED, *row.input_ids[1:]]


def test_a_start_token_opens_each_text_once(tiny_model: Path) -> None:
    tokenizer = load_tokenizer(str(tiny_model))
    tokenizer.bos_token = "<|system|>"
    rows = windows(tokenizer, [Text("a", TEXTS[0]), Text("b", TEXTS[1])], longest=9)
    opening = [row for row in rows if tokenizer.bos_token_id in row.input_ids]
    assert [row.id for row in opening] == ["a", "b"]
    assert all(row.input_ids.index(tokenizer.bos_token_id) == 0 for row in opening)


def test_texts_in_one_pass_do_not_see_each_other(tiny_model: Path) -> None:
    tokenizer = load_tokenizer(str(tiny_model))
    rows = windows(tokenizer, [Text(str(at), text) for at, text in enumerate(TEXTS[:4])], longest=64)
    network = load_network(tiny_model, training=True).eval()
    with torch.no_grad():
        together = float(answer_loss(network, collate(rows, 0, share=True, isolate=True)))
        alone = sum(float(answer_loss(network, collate([row], 0, share=False))) for row in rows)
    assert together == pytest.approx(alone, rel=1e-5)


@pytest.mark.parametrize("method", ["lora", "qlora", "full"])
def test_reading_lowers_perplexity_moves_what_it_should_and_resumes_to_the_bit(
    method: str, tiny_model: Path, tmp_path: Path
) -> None:
    once = read(tmp_path / "once", tiny_model, method)
    assert once.measured["perplexity_after"] < 0.8 * once.measured["perplexity_before"]
    assert once.measured["perplexity_after"] == pytest.approx(math.exp(once.validation_loss))
    assert once.model == str(tiny_model)
    assert once.notes[0].startswith("24 texts are read in")
    moved_everything(job_for(tmp_path / "once", tiny_model, method))
    with pytest.raises(Stopped):
        read(tmp_path / "again", tiny_model, method, on_progress=stopping(5))
    again = read(tmp_path / "again", tiny_model, method)
    assert again.weights == once.weights
    assert again.measured == once.measured


def moved_everything(job: Job) -> None:
    """Every trainable parameter differs from how it began, and nothing else is saved."""
    network, _ = prepare(job, find(methods, Method, job.spec.method))
    began = get_peft_model_state_dict(network) if job.spec.method != "full" else network.state_dict()
    saved = adapter(job.folder.root)
    assert saved.keys() == began.keys()
    assert all(not torch.equal(began[name].float().cpu(), weight) for name, weight in saved.items())


@pytest.mark.parametrize("method", ["lora", "full"])
def test_rows_are_learnt_on_top_and_a_stop_in_either_stage_changes_nothing(
    method: str, tiny_model: Path, tmp_path: Path
) -> None:
    once = read(tmp_path / "once", tiny_model, method, rows=ROWS)
    stage = ModelFolder(tmp_path / "once" / "stages" / "texts").result()
    assert stage is not None
    assert (once.objective, once.rows, once.model) == ("continued_pretraining", 32, str(tiny_model))
    assert once.measured["perplexity_after"] == pytest.approx(math.exp(stage.validation_loss))
    assert once.measured["perplexity_after_tuning"] > 1
    assert once.measured["perplexity_after_tuning"] != once.measured["perplexity_after"]
    read_only = adapter(tmp_path / "once" / "stages" / "texts")
    assert furthest(adapter(tmp_path / "once"), read_only) > 1e-3
    steps = {"reading": [], "tuning": []}  # type: ignore[var-annotated]

    def stop(stage: str, at: int) -> Any:
        def told(progress: Any) -> None:
            reading = "(reading)" in progress.stage
            steps["reading" if reading else "tuning"].append(progress.done)
            if reading == (stage == "reading") and progress.done == at:
                raise Stopped

        return told

    for place in (("reading", 4), ("tuning", 5)):
        with pytest.raises(Stopped):
            read(tmp_path / "again", tiny_model, method, rows=ROWS, on_progress=stop(*place))
    again = read(tmp_path / "again", tiny_model, method, rows=ROWS)
    assert again.weights == once.weights
    assert again.measured == once.measured
    assert max(steps["tuning"]) == 5


def test_without_held_out_texts_a_share_is_held_out_and_said(tiny_model: Path, tmp_path: Path) -> None:
    found = read(tmp_path / "some", tiny_model, unseen=())
    assert found.measured["held_out_tokens"] > 0
    assert any("1 of these texts are held out, drawn with the seed" in note for note in found.notes)
    alone = read(tmp_path / "one", tiny_model, texts=[" ".join(TEXTS * 3)], unseen=())
    assert any("of these windows are held out" in note for note in alone.notes)


def test_rows_without_outputs_are_texts(tiny_model: Path, tmp_path: Path) -> None:
    rows = [Example(id=f"d{at}", input=text, output="") for at, text in enumerate(TEXTS)]
    job = job_for(tmp_path / "rows", tiny_model, texts=())
    from_rows = train(replace(job, train=rows))
    from_texts = read(tmp_path / "texts", tiny_model)
    assert from_rows.weights == from_texts.weights


def test_too_little_text_and_none_at_all_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"windows of text to learn and \d+ held out, and needs both"):
        read(tmp_path / "one", tiny_model, texts=["my card"], unseen=())
    with pytest.raises(PlanError, match="continued pre-training needs texts"):
        read(tmp_path / "none", tiny_model, texts=(), unseen=())


def test_the_rate_is_that_of_reading_and_the_folder_s_name_follows_texts_and_settings(
    tiny_model: Path, tmp_path: Path
) -> None:
    job = job_for(tmp_path / "m", tiny_model, reading=PretrainingSettings())
    train(job)
    first = (tmp_path / "m" / "steps.jsonl").read_text(encoding="utf-8").splitlines()
    rates = [float(line.split('"learning_rate":')[1].split(",")[0]) for line in first]
    assert max(rates) == pytest.approx(TEXT_RATE[True])
    specs = [
        job.spec,
        job_for(tmp_path, tiny_model).spec,
        job_for(tmp_path, tiny_model, texts=TEXTS[1:]).spec,
    ]
    assert len({msgspec.json.encode(spec) for spec in specs}) == 3
