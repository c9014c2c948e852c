"""An arm killed anywhere ends as if it had not been killed; every row is written once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from advisor.engagement.errors import NotReady, RunFailed
from advisor.engagement.folder import Engagement, ModelFolder, RunFolder
from advisor.engagement.progress import silent
from advisor.engagement.records.plan import Plan, TrainingSettings
from advisor.engagement.records.runs import Prediction, RunResult
from harness.arms._kind import ArmData
from harness.decoding import answer_limit
from harness.running import arm_data, run_arm, run_spec

PROMPTED = ("zero_shot", "few_shot", "optimised_prompt")


def plan_for(model: Path | str, arm: str, **changes: object) -> Plan:
    settings = TrainingSettings(epochs=1, batch_size=8, rank=4, learning_rate=1e-2, max_length=512)
    plan = Plan(arms=[arm], model=str(model), instruction="Name the queue.", training=settings)
    return msgspec.structs.replace(plan, **changes)


def run(
    engagement: Engagement,
    arm: str,
    model: Path,
    *,
    data: ArmData | None = None,
    prompted: bool = True,
    plan: Plan | None = None,
) -> RunFolder:
    plan = plan or plan_for(model, arm)
    data = data or arm_data(engagement, plan)
    digest = "w" if prompted else None
    spec = run_spec(arm, plan, data, engagement, seed=0, weights=digest, tokenizer=digest, adapter=None)
    folder = engagement.run_folder(spec)
    run_arm(
        spec,
        folder,
        data=data,
        plan=plan,
        engagement=engagement,
        model=str(model) if prompted else None,
        trained=None,
        on_progress=silent,
    )
    return folder


def untimed(rows: list[Prediction]) -> list[Prediction]:
    return [msgspec.structs.replace(row, seconds=0.0) for row in rows]


def quality(folder: RunFolder) -> RunResult:
    result = folder.result()
    assert result is not None
    timings = {"seconds": None, "p50_seconds": None, "p95_seconds": None, "peak_memory_gib": None}
    return msgspec.structs.replace(result, **timings)


@pytest.mark.parametrize("arm", PROMPTED)
def test_killed_after_any_byte_a_run_ends_the_same(arm: str, triage: Engagement, tiny_model: Path) -> None:
    folder = run(triage, arm, tiny_model)
    whole, rows, result = folder.predictions_path.read_bytes(), folder.predictions(), quality(folder)
    for share in (0.0, 0.31, 0.77, 1.0):
        folder.result_path.unlink()
        folder.predictions_path.write_bytes(whole[: int(share * len(whole))])
        run(triage, arm, tiny_model)
        assert untimed(folder.predictions()) == untimed(rows)
        assert quality(folder) == result


def test_a_process_killed_with_signal_nine_resumes(
    triage: Engagement, tiny_model: Path, tmp_path: Path
) -> None:
    script = tmp_path / "child.py"
    script.write_text(
        "import sys, time\n"
        "from pathlib import Path\n"
        "from advisor.engagement.folder import Engagement\n"
        "from harness.models import scoring\n"
        "from tests.harness.test_running import run\n"
        "scoring.PACK_TOKENS = {'cpu': 60, 'cuda': 60}\n"
        "fast = scoring.Scorer.score\n"
        "def slow(self, prompts):\n"
        "    time.sleep(0.1)\n"
        "    return fast(self, prompts)\n"
        "scoring.Scorer.score = slow\n"
        "run(Engagement(Path(sys.argv[1])), 'zero_shot', Path(sys.argv[2]))\n",
        encoding="utf-8",
    )
    root = Path(__file__).parents[2]
    child = subprocess.Popen(
        [sys.executable, str(script), str(triage.root), str(tiny_model)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stderr=subprocess.DEVNULL,
    )
    begun: list[Path] = []
    deadline = time.monotonic() + 60
    while not (begun and begun[0].stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.02)
        begun = list(triage.root.glob("runs/zero_shot-*/predictions.jsonl"))
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not list(triage.root.glob("runs/*/result.json"))
    left = begun[0].read_bytes().count(b"\n")
    folder = run(triage, "zero_shot", tiny_model)
    splits = triage.splits()
    assert 0 < left < len(splits.validation) + len(splits.test)
    assert sorted(row.id for row in folder.predictions()) == sorted([*splits.validation, *splits.test])


def test_a_finished_run_is_not_touched_again(triage: Engagement, tiny_model: Path) -> None:
    folder = run(triage, "floor", tiny_model, prompted=False)
    before = folder.result_path.stat().st_mtime_ns
    run(triage, "floor", tiny_model, prompted=False)
    assert folder.result_path.stat().st_mtime_ns == before


@pytest.mark.parametrize("arm", ["floor", "classical", "zero_shot", "few_shot", "optimised_prompt"])
def test_every_arm_answers_validation_and_test_once(arm: str, triage: Engagement, tiny_model: Path) -> None:
    folder = run(triage, arm, tiny_model, prompted=arm in PROMPTED)
    rows, splits = folder.predictions(), triage.splits()
    assert sorted(row.id for row in rows if row.split == "test") == sorted(splits.test)
    assert sorted(row.id for row in rows if row.split == "validation") == sorted(splits.validation)
    result = quality(folder)
    assert result.metrics["accuracy"].n == len(splits.test)
    assert set(result.per_class) == {"card", "card fee", "lost phone", "transfer"}
    assert result.failed == result.unparsed == 0


def test_classical_learns_words_and_floor_learns_nothing(triage: Engagement, tiny_model: Path) -> None:
    classical = quality(run(triage, "classical", tiny_model, prompted=False))
    floor = quality(run(triage, "floor", tiny_model, prompted=False))
    assert classical.metrics["accuracy"].value == 1.0
    assert (floor.metrics["accuracy"].value or 0) < 0.5
    assert "validation" in classical.choices["C"]


def test_few_shot_compares_ways_to_choose_and_shows_no_client_text(
    triage: Engagement, tiny_model: Path
) -> None:
    result = quality(run(triage, "few_shot", tiny_model))
    told = result.choices["examples"]
    for way in ("one of each label (4), draw 1", "draw 2", "4 at random", "the 4 nearest", "the 8 nearest"):
        assert way in told
    assert "accuracy on" in told
    assert result.prompt.count("{example}") in (4, 8)
    assert result.prompt.count("{input}") == 1
    assert not any(row.input in result.prompt for row in triage.examples().values())


def test_the_searched_prompt_is_one_of_the_wordings_and_shows_no_client_text(
    triage: Engagement, tiny_model: Path
) -> None:
    result = quality(run(triage, "optimised_prompt", tiny_model))
    assert "as written" in result.choices["wording"]
    assert "with what rows show" in result.choices["wording"]
    assert "no examples" in result.choices["examples"]
    assert not any(row.input in result.prompt for row in triage.examples().values())


def test_examples_are_dropped_aloud_until_the_prompt_fits(
    triage: Engagement, tiny_model: Path, tmp_path: Path
) -> None:
    short = shortened(tiny_model, tmp_path, context=150)
    result = quality(run(triage, "few_shot", short))
    assert result.choices["examples left out"].endswith("to fit the context")
    assert result.failed == 0


def test_a_prompt_longer_than_the_context_fails_alone(
    triage: Engagement, tiny_model: Path, tmp_path: Path
) -> None:
    data = arm_data(triage, plan_for(tiny_model, "zero_shot"))
    long = msgspec.structs.replace(data.test[0], input="help " * 400)
    data = ArmData(data.train, data.validation, [long, *data.test[1:]], data.task, data.labels, "other")
    folder = run(triage, "zero_shot", tiny_model, data=data)
    row = next(row for row in folder.predictions() if row.id == long.id)
    assert (row.output, row.finish_reason, row.scores) == (None, "error", {})
    assert row.error is not None
    assert "context" in row.error
    result = quality(folder)
    assert (result.failed, result.metrics["accuracy"].n) == (1, len(data.test) - 1)


def test_generation_runs_score_text_and_count_cut_answers(answering: Engagement, tiny_model: Path) -> None:
    folder = run(answering, "few_shot", tiny_model)
    result, rows = quality(folder), folder.predictions()
    assert {"bleu", "chrf", "corpus_chrf", "exact_match", "rouge_l", "token_f1"} <= set(result.metrics)
    assert not {"accuracy", "macro_f1", "field_f1", "slot_f1", "terms"} & set(result.metrics)
    cut = [row for row in rows if row.finish_reason == "length"]
    assert all(set(row.scores.values()) == {0.0} for row in cut)
    assert result.truncated == sum(row.split == "test" for row in cut)


def test_the_answer_limit_follows_the_training_answers(answering: Engagement, tiny_model: Path) -> None:
    data = arm_data(answering, plan_for(tiny_model, "zero_shot"))
    assert answer_limit(data.train) == 32
    longer = [msgspec.structs.replace(row, output="word " * 60) for row in data.train]
    assert answer_limit(longer) == 150


def test_the_limit_takes_from_every_label(triage: Engagement, tiny_model: Path) -> None:
    data = arm_data(triage, plan_for(tiny_model, "floor", limit=8))
    assert len(data.train) == 8
    assert {row.output for row in data.train} == set(data.labels)
    assert data == arm_data(triage, plan_for(tiny_model, "floor", limit=8))


def test_rows_changed_after_the_freeze_are_refused(triage: Engagement, tiny_model: Path) -> None:
    text = triage.examples_path.read_text(encoding="utf-8")
    triage.examples_path.write_text(text.replace("please", "kindly", 1), encoding="utf-8")
    with pytest.raises(NotReady, match="changed after the splits were frozen"):
        arm_data(triage, plan_for(tiny_model, "floor"))


def test_the_spec_changes_with_what_is_asked(triage: Engagement, tiny_model: Path) -> None:
    plan = plan_for(tiny_model, "zero_shot")
    data = arm_data(triage, plan)

    def digest(plan: Plan, **parts: str) -> str:
        given = {"weights": "w", "tokenizer": "t", "adapter": "a", **parts}
        return triage.run_folder(run_spec("zero_shot", plan, data, triage, seed=0, **given)).name

    base = digest(plan)
    others = [
        digest(plan, weights="x"),
        digest(plan, adapter="x"),
        digest(plan, tokenizer="x"),
        digest(msgspec.structs.replace(plan, instruction="Other words.")),
    ]
    assert len({base, *others}) == 5
    assert digest(msgspec.structs.replace(plan, minimum_effect=0.1)) == base


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_trained_arm_answers_with_what_was_trained(
    method: str, triage: Engagement, tiny_model: Path
) -> None:
    folder, trained = trained_run(triage, method, tiny_model)
    result = quality(folder)
    assert result.training == trained.name
    plain = {row.id: row for row in run(triage, "zero_shot", tiny_model).predictions()}
    assert any(row.logprobs != plain[row.id].logprobs for row in folder.predictions())
    assert result.prompt == quality(run(triage, "zero_shot", tiny_model)).prompt


def test_an_adapter_that_changes_nothing_is_refused(triage: Engagement, tiny_model: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder, trained = trained_run(triage, "lora", tiny_model)
    file = trained.weights_path / "adapter_model.safetensors"
    save_file({name: 0 * value for name, value in load_file(file).items()}, file)
    folder.result_path.unlink()
    with pytest.raises(RunFailed, match="exactly like its base"):
        trained_run(triage, "lora", tiny_model)


def trained_run(engagement: Engagement, method: str, model: Path) -> tuple[RunFolder, ModelFolder]:
    from trainers.objectives._kind import Job
    from trainers.training import train, training_spec

    plan = plan_for(model, method)
    data = arm_data(engagement, plan)
    rows = {"train": data.train, "validation": data.validation}
    asked = training_spec(plan, method, 0, **rows, labels=data.labels, weights="w", tokenizer="t")
    trained = engagement.model_folder(asked)
    done = train(Job(spec=asked, folder=trained, model=str(model), **rows, on_progress=silent))
    spec = run_spec(method, plan, data, engagement, seed=0, weights="w", tokenizer="t", adapter=done.weights)
    folder = engagement.run_folder(spec)
    run_arm(
        spec,
        folder,
        data=data,
        plan=plan,
        engagement=engagement,
        model=str(model),
        trained=trained,
        on_progress=silent,
    )
    return folder, trained


def shortened(model: Path, root: Path, *, context: int) -> Path:
    """The same model, said to have a shorter context."""
    import shutil

    folder = root / "short"
    shutil.copytree(model, folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["max_position_embeddings"] = context
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder
