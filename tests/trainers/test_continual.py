"""Going on from an earlier training: what is forgotten, what replay keeps, which rows are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from advisor.engagement.errors import PlanError
from advisor.engagement.folder import ModelFolder
from advisor.engagement.progress import silent
from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import Plan, TrainingSettings
from advisor.engagement.records.runs import TrainingResult
from tests.harness.conftest import tickets
from tests.trainers._fits import LABELS, Stopped, adapter, furthest, stopping
from tests.trainers.test_continued_pretraining import moved_everything
from trainers.language.loading import load_language
from trainers.language.prompting import task_messages
from trainers.language.rendering import training_row
from trainers.objectives._kind import Job
from trainers.pairs import answer_logprobs
from trainers.replaying import replayed, row_notes
from trainers.rows import TrainingRow, render_rows, row_weight
from trainers.training import train, training_spec

EARLIER, LATER = LABELS[:2], LABELS[2:]
SETTINGS = TrainingSettings(
    epochs=10, learning_rate=1e-2, rank=8, batch_size=8, max_length=160, evaluations=0
)


def rows_of(labels: Sequence[str], count: int, *, seed: int = 0) -> list[Example]:
    """Tickets of these queues."""
    drawn = [row for row in tickets(4 * count, seed=seed) if row["output"] in labels]
    return [Example(id=row["id"], input=row["input"], output=row["output"]) for row in drawn][:count]


OLD, NEW = rows_of(EARLIER, 32), rows_of(LATER, 32, seed=1)


def job_for(
    folder: Path,
    model: Path,
    method: str = "lora",
    *,
    rows: Sequence[Example] = NEW,
    old: Sequence[Example] = (),
    settings: TrainingSettings = SETTINGS,
    begin_with: Path | None = None,
    on_progress: Any = silent,
) -> Job:
    """A training of the tiny model on queues of today."""
    plan = Plan(arms=[method], model=str(model), instruction="Sort:", training=settings)
    spec = training_spec(
        plan,
        method,
        0,
        train=rows,
        validation=[],
        labels=LABELS,
        weights="w",
        tokenizer="t",
        begins_with=str(begin_with or ""),
        old=old,
    )
    return Job(
        spec=spec,
        folder=ModelFolder(folder),
        model=str(model),
        train=rows,
        validation=[],
        on_progress=on_progress,
        begin_with=begin_with,
        old=old,
    )


def accuracy(model: Path, folder: Path, rows: Sequence[Example]) -> float:
    """Share of rows whose own label is the likeliest of all."""
    language = load_language(str(model), adapter=folder / "weights")
    right = 0
    for row in rows:
        sides = []
        for label in LABELS:
            side = training_row(
                language.tokenizer, task_messages("Sort:", LABELS, row.input), label, max_length=512
            )
            sides.append(TrainingRow(label, side.input_ids, side.labels))
        scores = answer_logprobs(language.network, sides, pad=0)
        right += LABELS[int(torch.argmax(scores))] == row.output
    return right / len(rows)


@pytest.mark.parametrize("method", ["lora", "full"])
def test_new_labels_alone_make_it_forget_the_old_ones_and_replay_keeps_some(
    method: str, tiny_model: Path, tmp_path: Path
) -> None:
    passes, rate = {"lora": (20, 1e-2), "full": (16, 3e-3)}[method]
    settings = msgspec.structs.replace(SETTINGS, epochs=passes, learning_rate=rate)
    train(job_for(tmp_path / "first", tiny_model, method, rows=OLD, settings=settings))
    start = tmp_path / "first" / "weights"
    unseen = rows_of(EARLIER, 16, seed=5)
    first = accuracy(tiny_model, tmp_path / "first", unseen)
    train(job_for(tmp_path / "alone", tiny_model, method, settings=settings, begin_with=start))
    alone = accuracy(tiny_model, tmp_path / "alone", unseen)
    sharing = msgspec.structs.replace(settings, replay=0.5)
    found = train(job_for(tmp_path / "both", tiny_model, method, settings=sharing, begin_with=start, old=OLD))
    both = accuracy(tiny_model, tmp_path / "both", unseen)
    assert alone < 0.25 < 0.75 < first
    assert both > 0.75
    # one of four labels would be right by chance
    assert accuracy(tiny_model, tmp_path / "both", rows_of(LATER, 16, seed=6)) > 0.4
    assert found.rows == 32 + 16
    assert found.model == str(tiny_model)
    assert found.notes[-1].startswith("replay: 16 of 32 old rows are learnt again beside 32 new ones, 2 of 2")


@pytest.mark.parametrize("method", ["lora", "qlora", "full"])
def test_it_goes_on_from_the_given_weights_and_resumes_to_the_bit(
    method: str, tiny_model: Path, tmp_path: Path
) -> None:
    short = msgspec.structs.replace(SETTINGS, epochs=2, replay=0.25)
    early = msgspec.structs.replace(SETTINGS, epochs=1)
    train(job_for(tmp_path / "first", tiny_model, method, rows=OLD, settings=early))
    start = tmp_path / "first" / "weights"
    options: dict[str, Any] = {"settings": short, "begin_with": start, "old": OLD}
    once = train(job_for(tmp_path / "once", tiny_model, method, **options))
    fresh = train(job_for(tmp_path / "fresh", tiny_model, method, settings=short, old=OLD))
    assert once.first_loss != pytest.approx(fresh.first_loss, abs=1e-3)
    began, ended = adapter(tmp_path / "first"), adapter(tmp_path / "once")
    assert began.keys() == ended.keys()
    assert all(not torch.equal(began[name], ended[name]) for name in began)
    moved_everything(job_for(tmp_path / "fresh", tiny_model, method))
    with pytest.raises(Stopped):
        train(job_for(tmp_path / "again", tiny_model, method, on_progress=stopping(7), **options))
    again: TrainingResult = train(job_for(tmp_path / "again", tiny_model, method, **options))
    assert again.weights == once.weights
    assert furthest(adapter(tmp_path / "again"), ended) == 0


def test_a_whole_model_is_no_start_for_an_adapter_nor_the_other_way_round(
    tiny_model: Path, tmp_path: Path
) -> None:
    with pytest.raises(PlanError, match="holds a whole model, and lora goes on from an adapter"):
        train(job_for(tmp_path / "a", tiny_model, "lora", begin_with=tiny_model))
    with pytest.raises(PlanError, match="holds no whole model, and full goes on from one"):
        train(job_for(tmp_path / "b", tiny_model, "full", begin_with=tmp_path))


def drawing(old: Sequence[Example], share: float, **more: Any) -> tuple[list[Example], list[str]]:
    """The old rows that a job replays, and what is said of them."""
    settings = msgspec.structs.replace(SETTINGS, replay=share)
    job = replace(job_for(Path("nowhere"), Path("starter"), settings=settings, old=old), **more)
    mixed, notes = replayed(job)
    return list(mixed.train)[len(job.train) :], notes


def test_the_draw_is_a_function_of_the_seed_and_covers_every_label() -> None:
    rare = [*rows_of(EARLIER[:1], 60), *rows_of(EARLIER[1:], 2)]
    drawn, _ = drawing(rare, 0.1)
    assert drawn == drawing(rare, 0.1)[0]
    assert len(drawn) == 7
    assert {row.output for row in drawn} == set(EARLIER)
    other = msgspec.structs.replace(job_for(Path("nowhere"), Path("starter")).spec, seed=1)
    settings = msgspec.structs.replace(SETTINGS, replay=0.1)
    other = msgspec.structs.replace(other, settings=settings)
    assert drawing(rare, 0.1, spec=other)[0] != drawn


def test_no_row_of_a_new_split_is_drawn_whatever_its_id_case_and_spaces() -> None:
    twins = [
        Example(id=f"other{at}", input=f"  {row.input.upper()} ", output=row.output)
        for at, row in enumerate(OLD)
        if isinstance(row.input, str)
    ]
    drawn, notes = drawing(OLD, 1.0, validation=twins[:8], test=twins[8:20])
    assert {row.id for row in drawn} == {f"old/{row.id}" for row in OLD[20:]}
    assert "12 of 32 old rows" in notes[0]
    assert "20 may not be" in notes[0]


def test_old_rows_of_weight_zero_are_not_drawn() -> None:
    silent_rows = [msgspec.structs.replace(row, meta={"weight": 0}) for row in OLD[:30]]
    assert {row.id for row in drawing([*silent_rows, *OLD[30:]], 1.0)[0]} == {
        f"old/{row.id}" for row in OLD[30:]
    }


def test_what_cannot_be_replayed_is_refused() -> None:
    with pytest.raises(PlanError, match="there are none"):
        drawing([], 0.2)
    with pytest.raises(PlanError, match=r"replay is 1\.5"):
        drawing(OLD, 1.5)
    with pytest.raises(PlanError, match=r"old row x: its label `gone` is not among the 4 labels"):
        drawing([*OLD, Example(id="x", input="what", output="gone")], 0.2)


def test_synthetic_rows_and_weights_are_said() -> None:
    rows = [msgspec.structs.replace(row, meta={"synthetic": True}) for row in NEW[:3]]
    heavy = msgspec.structs.replace(NEW[3], meta={"weight": 2})
    none = msgspec.structs.replace(NEW[4], meta={"weight": 0})
    assert row_notes(NEW) == []
    assert row_notes([*rows, heavy, none, *NEW[5:]]) == [
        "3 of 32 training rows are synthetic",
        "2 of 32 training rows carry a weight other than 1, 1 of them 0",
    ]


def weighted(weight: Any, row: Example = NEW[0]) -> Example:
    """The row with this weight."""
    return msgspec.structs.replace(row, meta={"weight": weight})


@pytest.mark.parametrize("wrong", ["2", -1, True, None, float("nan"), float("inf"), [1]])
def test_a_weight_that_is_no_number_of_zero_or_more_is_refused(wrong: Any) -> None:
    with pytest.raises(PlanError, match=rf"row {NEW[0].id}: meta\.weight is"):
        row_weight(weighted(wrong))


def test_a_row_of_weight_two_learns_as_two_rows_and_one_of_zero_as_none(
    tiny_model: Path, tmp_path: Path
) -> None:
    from trainers.language.loading import load_tokenizer

    options: dict[str, Any] = {"instruction": "Sort:", "labels": LABELS, "max_length": 160}
    rows = [*NEW[:99], *rows_of(LATER, 100, seed=2), weighted(0)]
    assert render_rows(load_tokenizer(str(tiny_model)), rows, **options).dropped == 1
    one_step = msgspec.structs.replace(SETTINGS, epochs=1, batch_size=4)
    pair = [NEW[1], NEW[1], NEW[2], NEW[3]]
    twice = train(job_for(tmp_path / "twice", tiny_model, rows=pair, settings=one_step))
    heavy = [weighted(2, NEW[1]), NEW[2], NEW[3]]
    settings = msgspec.structs.replace(one_step, batch_size=3)
    once = train(job_for(tmp_path / "once", tiny_model, rows=heavy, settings=settings))
    assert once.first_loss == pytest.approx(twice.first_loss, abs=1e-5)
    assert furthest(adapter(tmp_path / "once"), adapter(tmp_path / "twice")) < 1e-5
    assert once.notes == ["1 of 3 training rows carry a weight other than 1, 0 of them 0"]
