"""A teacher is asked once for each row, what it says badly is left out, and the student learns the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from advisor.engagement import codec
from advisor.engagement.errors import PlanError, RecordError, RunFailed
from advisor.engagement.folder import ModelFolder
from advisor.engagement.progress import silent
from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import DistillationSettings, Plan
from advisor.engagement.records.runs import TrainingResult
from tests.trainers._fits import CHECKS, LABELS, ROWS, SMALL, Stopped, adapter, fit, furthest, stopping
from tests.trainers.test_continued_pretraining import moved_everything
from trainers.distilling import (
    GROUP,
    LeftOut,
    Taught,
    ask,
    local_teacher,
    teacher_of,
    tokens_paid,
)
from trainers.language.loading import load_language
from trainers.language.prompting import task_messages
from trainers.language.rendering import prompt_ids
from trainers.objectives._kind import Job, Said
from trainers.training import train, training_spec

GOLD = {row.id: row.output for row in ROWS}


class Scripted:
    """Knows the right answer of every row, save where it is told otherwise; counts what it is asked."""

    def __init__(self, **otherwise: str) -> None:
        self.otherwise = otherwise
        self.asked: list[str] = []
        self.groups: list[int] = []
        self.seen: list[str] = []

    def __call__(self, rows: Sequence[Example]) -> list[str]:
        self.asked += [row.id for row in rows]
        self.groups.append(len(rows))
        self.seen += [row.output for row in rows]
        return [self.otherwise.get(row.id, GOLD.get(row.id, LABELS[0])) for row in rows]


def job_for(
    folder: Path,
    model: Path,
    teacher: Any,
    method: str = "lora",
    *,
    rows: Sequence[Example] = ROWS,
    checks: Sequence[Example] = CHECKS,
    labels: Sequence[str] = LABELS,
    named: str = "big",
    on_progress: Any = silent,
) -> Job:
    """A distillation into the tiny model, ready to run."""
    plan = Plan(
        arms=[method],
        model=str(model),
        instruction="Sort the message:",
        training=SMALL,
        distillation=DistillationSettings(teacher=named),
    )
    spec = training_spec(
        plan,
        method,
        0,
        train=rows,
        validation=checks,
        labels=labels,
        weights="w",
        tokenizer="t",
        objective="distillation",
    )
    return Job(
        spec=spec,
        folder=ModelFolder(folder),
        model=str(model),
        train=rows,
        validation=checks,
        on_progress=on_progress,
        teacher=teacher,
    )


def distilled(
    folder: Path, model: Path, teacher: Any, method: str = "lora", **options: Any
) -> TrainingResult:
    """Run it."""
    return train(job_for(folder, model, teacher, method, **options))


@pytest.mark.parametrize("method", ["lora", "qlora", "full"])
def test_a_teacher_that_is_always_right_teaches_as_the_rows_themselves(
    method: str, tiny_model: Path, tmp_path: Path
) -> None:
    blank = [msgspec.structs.replace(row, output="") for row in ROWS]
    found = distilled(tmp_path / "taught", tiny_model, Scripted(), method, rows=blank)
    fit(tmp_path / "plain", tiny_model, method)
    assert furthest(adapter(tmp_path / "taught"), adapter(tmp_path / "plain")) == 0
    assert found.objective == "distillation"
    assert found.measured == {"teacher_rows": 32.0, "teacher_left_out": 0.0}
    moved_everything(job_for(tmp_path / "taught", tiny_model, None, method))


def test_the_student_learns_the_teacher_s_answer_not_the_client_s(tiny_model: Path, tmp_path: Path) -> None:
    wrong = {row.id: LABELS[0] for row in ROWS}
    found = distilled(tmp_path / "taught", tiny_model, Scripted(**wrong))
    assert found.measured["teacher_accuracy"] == 8 / 32
    assert found.measured["teacher_gold_rows"] == 32
    answered = [msgspec.structs.replace(row, output=LABELS[0]) for row in ROWS]
    plain = fit(tmp_path / "plain", tiny_model, rows=answered)
    assert furthest(adapter(tmp_path / "taught"), adapter(tmp_path / "plain")) == 0
    assert found.validation_loss == plain.validation_loss


def test_no_answer_is_asked_for_twice_and_the_teacher_never_sees_the_outputs(
    tiny_model: Path, tmp_path: Path
) -> None:
    teacher = Scripted()

    def gone(rows: Sequence[Example]) -> list[str]:
        if len(teacher.asked) >= 2 * GROUP:
            raise Stopped
        return teacher(rows)

    with pytest.raises(Stopped):
        distilled(tmp_path, tiny_model, gone)
    path = tmp_path / "teacher.jsonl"
    whole = path.read_bytes()
    assert whole.count(b"\n") == 2 * GROUP
    path.write_bytes(whole + b'{"id":"t16","outp')
    with pytest.raises(Stopped):
        distilled(tmp_path, tiny_model, teacher, on_progress=stopping_training(3))
    distilled(tmp_path, tiny_model, teacher)
    assert teacher.asked == [row.id for row in ROWS]
    assert set(teacher.groups) == {GROUP}
    assert set(teacher.seen) == {""}
    lines = list(codec.iter_lines(path, Taught))
    assert [line.id for line in lines] == [row.id for row in ROWS]
    assert path.read_bytes().startswith(whole)
    distilled(tmp_path / "once", tiny_model, Scripted())
    assert furthest(adapter(tmp_path), adapter(tmp_path / "once")) == 0


def stopping_training(step: int) -> Any:
    """The process ends after this training step."""
    stop = stopping(step)
    return lambda progress: None if "teacher" in progress.stage else stop(progress)


def test_a_kill_in_the_middle_of_a_group_asks_for_its_rest_only(tiny_model: Path, tmp_path: Path) -> None:
    teacher = Scripted()
    job = job_for(tmp_path, tiny_model, teacher)
    lines = [Taught(id=row.id, output="card", teacher=job.spec.teacher) for row in ROWS[: GROUP + 3]]
    codec.write_lines(tmp_path / "teacher.jsonl", lines)
    said = ask(job)
    assert teacher.groups == [GROUP - 3, GROUP, GROUP]
    assert len(said) == 32


def test_another_teacher_s_answers_do_not_count(tiny_model: Path, tmp_path: Path) -> None:
    ask(job_for(tmp_path, tiny_model, Scripted()))
    other = Scripted()
    ask(job_for(tmp_path, tiny_model, other, named="bigger"))
    assert len(other.asked) == 32
    digests = {job_for(tmp_path, tiny_model, None, named=name).spec.teacher for name in ("big", "bigger")}
    assert len(digests) == 2


def test_answers_that_cannot_be_learnt_are_left_out_with_their_reason(
    tiny_model: Path, tmp_path: Path
) -> None:
    odd = {
        "t0": " ",
        "t1": "I think it is card",
        "t2": Said("car", unfinished=True),
        "t3": f" {GOLD['t3'].upper()}\n",
    }
    found = distilled(tmp_path, tiny_model, Scripted(**odd))
    left = list(codec.iter_lines(tmp_path / "left_out.jsonl", LeftOut))
    assert [(one.id, one.reason) for one in left] == [
        ("t0", "empty"),
        ("t1", "no label"),
        ("t2", "cut at the teacher's limit"),
    ]
    assert left[1].output == "I think it is card"
    assert found.rows == 29
    assert found.measured["teacher_accuracy"] == 29 / 32
    assert found.measured["teacher_left_out"] == 3
    assert found.notes[-1] == (
        "3 of 32 answers of the teacher are left out: 1 cut at the teacher's limit, 1 empty, 1 no label"
    )


def test_free_answers_are_compared_whole_and_long_ones_left_out(tiny_model: Path, tmp_path: Path) -> None:
    teacher = Scripted(t0="my card " * 800, t1="another thing")
    found = distilled(tmp_path, tiny_model, teacher, labels=[])
    (left,) = codec.iter_lines(tmp_path / "left_out.jsonl", LeftOut)
    assert left.reason == "longer than 1024 tokens with its input"
    assert found.measured["teacher_exact_match"] == 30 / 32


@pytest.mark.parametrize(("bad", "refused"), [(6, False), (7, True)])
def test_more_than_a_fifth_of_bad_answers_is_refused(
    bad: int, refused: bool, tiny_model: Path, tmp_path: Path
) -> None:
    teacher = Scripted(**{f"t{number}": "" for number in range(bad)})
    if not refused:
        assert distilled(tmp_path, tiny_model, teacher).rows == 32 - bad
        return
    with pytest.raises(RunFailed, match="7 of 32 answers of the teacher cannot be used, first row t0: empty"):
        distilled(tmp_path, tiny_model, teacher)
    assert (tmp_path / "left_out.jsonl").read_bytes().count(b"\n") == 7
    assert not (tmp_path / "result.json").exists()


def test_validation_rows_without_an_output_get_the_teacher_s(tiny_model: Path, tmp_path: Path) -> None:
    teacher = Scripted()
    blank = [Example(id=f"v{at}", input=row.input, output="") for at, row in enumerate(CHECKS)]
    found = distilled(tmp_path, tiny_model, teacher, checks=blank)
    assert teacher.asked[32:] == [row.id for row in blank]
    assert found.validation_loss > 0
    short = distilled(tmp_path / "short", tiny_model, Scripted(v1="", v2="?"), checks=blank)
    assert short.notes == ["2 validation rows are left out too: no usable answer"]


def test_a_teacher_that_loses_count_or_is_missing_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match="the teacher gave 1 answers to 8 rows, first t0"):
        distilled(tmp_path / "a", tiny_model, lambda rows: ["card"])
    with pytest.raises(PlanError, match="distillation needs a teacher's answers"):
        distilled(tmp_path / "b", tiny_model, None)


def test_a_local_teacher_answers_a_group_as_each_row_alone(tiny_model: Path) -> None:
    teacher = local_teacher(str(tiny_model), "Sort the message:", LABELS, 12)
    together = teacher(ROWS[:5])
    assert together == [teacher([row])[0] for row in ROWS[:5]]
    language = load_language(str(tiny_model))
    for row, said in zip(ROWS[:5], together, strict=True):
        ids = prompt_ids(language.tokenizer, task_messages("Sort the message:", LABELS, row.input))
        found: list[int] = []
        while len(found) < 12 and language.tokenizer.eos_token_id not in found:
            with torch.no_grad():
                logits = language.network(input_ids=torch.tensor([ids + found])).logits
            found.append(int(logits[0, -1].argmax()))
        ended = language.tokenizer.eos_token_id in found
        assert said.text == language.tokenizer.decode(found, skip_special_tokens=True)
        assert said.unfinished == (not ended)


def test_a_trained_model_teaches_another_and_stops_at_its_end_token(tiny_model: Path, tmp_path: Path) -> None:
    steady = msgspec.structs.replace(SMALL, epochs=20, learning_rate=3e-3, evaluations=0)
    fit(tmp_path / "teacher", tiny_model, "full", settings=steady)
    settings = DistillationSettings(teacher=str(tmp_path / "teacher" / "weights"), max_new_tokens=24)
    teacher = teacher_of(settings, instruction="Sort the message:", labels=LABELS)
    found = distilled(tmp_path / "student", tiny_model, teacher)
    assert found.measured["teacher_accuracy"] > 0.8
    assert teacher._language is None  # type: ignore[attr-defined]
    lines = list(codec.iter_lines(tmp_path / "student" / "teacher.jsonl", Taught))
    assert sum(line.output in LABELS and not line.unfinished for line in lines) > 25


def test_what_a_teacher_will_never_answer_is_left_out_and_its_tokens_are_counted(
    tiny_model: Path, tmp_path: Path
) -> None:
    teacher = Scripted(t0=Said("", refused="refused: status 400"), t1=Said("card", tokens_in=5, tokens_out=2))  # type: ignore[arg-type]
    job = job_for(tmp_path, tiny_model, teacher)
    train(job)
    (left,) = codec.iter_lines(tmp_path / "left_out.jsonl", LeftOut)
    assert left.reason == "refused: status 400"
    assert tokens_paid(job.folder, job.spec.teacher) == (5, 2)
    assert tokens_paid(job.folder, "another") == (0, 0)


def test_a_changed_cap_or_deadline_keeps_the_answers(tiny_model: Path, tmp_path: Path) -> None:
    plan = Plan(arms=["lora"], instruction="x", distillation=DistillationSettings(teacher="big"))
    asked: dict[str, Any] = {"train": ROWS, "validation": [], "labels": [], "weights": "w", "tokenizer": "t"}

    def digest(**changes: Any) -> str:
        settings = DistillationSettings(**({"teacher": "big"} | changes))
        changed = msgspec.structs.replace(plan, distillation=settings)
        return training_spec(changed, "lora", 0, objective="distillation", **asked).teacher

    assert digest() == digest(max_usd=3.0, deadline=9.0, tries=2, at_once=1, usd_in=1.0, usd_out=2.0)
    assert len({digest(), digest(base_url="http://x/v1"), digest(max_new_tokens=9)}) == 3


def test_the_plan_names_the_teacher(tmp_path: Path) -> None:
    text = 'arms = ["lora"]\ninstruction = "Sort"\n[distillation]\nteacher = "m"\nmax_new_tokens = 9\n'
    path = tmp_path / "plan.toml"
    path.write_text(text, encoding="utf-8")
    assert codec.read_toml(path, Plan).distillation == DistillationSettings(teacher="m", max_new_tokens=9)
    path.write_text(text + "tokens = 3\n", encoding="utf-8")
    with pytest.raises(RecordError, match="tokens"):
        codec.read_toml(path, Plan)


def test_old_rows_are_replayed_with_the_outputs_they_have(tiny_model: Path, tmp_path: Path) -> None:
    old = [Example(id="o1", input="what is the price of that", output="card fee")]
    job = job_for(tmp_path, tiny_model, Scripted())
    settings = msgspec.structs.replace(SMALL, replay=1.0)
    job = replace(job, old=old, spec=msgspec.structs.replace(job.spec, settings=settings))
    found = train(job)
    assert found.rows == 33
    assert "o1" not in job.teacher.asked  # type: ignore[union-attr]
    assert any(note.startswith("replay: 1 of 1 old rows") for note in found.notes)
