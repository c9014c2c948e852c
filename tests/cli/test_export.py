"""`tunecase export` writes files and sends nothing, says what is missing, and never overwrites by itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from advisor.cli.main import group, run
from advisor.engagement.folder import Engagement
from advisor.engagement.records.settings import Settings
from tests.conftest import environment
from tests.trainers import exporting as made


def export(*arguments: str | Path) -> int:
    """Exit code of the command."""
    return run(group, ["export", *map(str, arguments)], name="tunecase")


def test_it_writes_into_the_engagement_and_prints_what_it_wrote(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client = made.engagement(tmp_path)
    assert export("axolotl", "-C", client.root) == 0
    written = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert {path.parent for path in written} == {client.root / "export" / "axolotl"}
    assert all(path.is_file() for path in written)
    assert export("axolotl", "-C", client.root) == 0


def test_json_names_target_folder_files_and_notes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    client = made.engagement(tmp_path)
    assert export("openai_jsonl", "-C", client.root, "-o", tmp_path / "out", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["target"], answer["folder"]) == ("openai_jsonl", str(tmp_path / "out"))
    assert all(Path(path).is_file() for path in answer["files"])
    assert any("OpenAI is closing" in note for note in answer["notes"])
    assert answer["confined"] is None


def test_a_file_changed_by_hand_is_kept_until_yes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    client = made.engagement(tmp_path)
    assert export("axolotl", "-C", client.root) == 0
    config = client.root / "export" / "axolotl" / "config.yaml"
    original = config.read_text(encoding="utf-8")
    config.write_text("mine\n", encoding="utf-8")
    assert export("axolotl", "-C", client.root) == 3
    said = capsys.readouterr().err
    assert f"error: {config}: there is another version already" in said
    assert "hint: write elsewhere with -o, or pass --yes" in said
    assert config.read_text(encoding="utf-8") == "mine\n"
    assert export("axolotl", "-C", client.root, "--yes") == 0
    assert config.read_text(encoding="utf-8") == original


def test_an_unknown_target_gets_a_suggestion(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    client = made.engagement(tmp_path)
    assert export("olama", "-C", client.root) == 3
    said = capsys.readouterr().err
    assert "unknown target `olama`. Did you mean `ollama`?" in said
    assert "accelerate, axolotl, hf_jobs" in said


@pytest.mark.parametrize("target", ["vllm", "ollama", "model_card"])
def test_nothing_trained_ends_with_3_and_names_compare(
    target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client = made.engagement(tmp_path)
    assert export(target, "-C", client.root) == 3
    said = capsys.readouterr().err
    assert "nothing is trained yet" in said
    assert "hint: run `tunecase compare`" in said
    assert not (client.root / "export").exists()


@pytest.mark.parametrize("target", ["axolotl", "openai_jsonl", "promptfoo", "skypilot"])
def test_no_data_ends_with_3(target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    client = Engagement.create(tmp_path / "empty", Settings(title="Empty"))
    assert export(target, "-C", client.root) == 3
    said = capsys.readouterr().err
    assert "no data yet" in said
    assert "hint: run `tunecase check FILE`" in said


def test_no_plan_ends_with_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    client = made.engagement(tmp_path)
    client.plan_path.unlink()
    assert export("axolotl", "-C", client.root) == 3
    assert "hint: run `tunecase plan`" in capsys.readouterr().err


@pytest.mark.parametrize(
    "target", ["openai_jsonl", "together", "skypilot", "promptfoo", "slurm", "kubernetes", "hf_jobs"]
)
def test_answers_that_keep_data_inside_are_said_aloud_even_when_quiet(
    target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client = made.engagement(tmp_path)
    client.answers_path.write_text('data_leaves = "own_machines"\n', encoding="utf-8")
    assert export(target, "-C", client.root, "-q") == 0
    said = capsys.readouterr().err
    assert "warning: The answers say that data is processed on the client's own machines only." in said
    readme = (client.root / "export" / target / "README.md").read_text(encoding="utf-8")
    assert "own machines only" in readme.split("```")[0]


@pytest.mark.parametrize("answer", ["anywhere", "unknown"])
def test_answers_that_allow_it_or_say_nothing_are_not_warned_of(
    answer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client = made.engagement(tmp_path)
    client.answers_path.write_text(f'data_leaves = "{answer}"\n', encoding="utf-8")
    assert export("together", "-C", client.root) == 0
    assert "warning" not in capsys.readouterr().err


def test_a_target_that_stays_inside_is_not_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client = made.engagement(tmp_path)
    client.answers_path.write_text('data_leaves = "own_machines"\n', encoding="utf-8")
    assert export("axolotl", "-C", client.root) == 0
    assert "warning" not in capsys.readouterr().err


PROBE = """
import sys
from advisor.cli.main import group, run
code = run(group, ["export", sys.argv[1], "-C", sys.argv[2]], name="tunecase")
heavy = sorted({"torch", "transformers", "peft", "sklearn", "numpy", "scipy"} & set(sys.modules))
sys.exit(f"exit {code}, imported {heavy}" if code or heavy else 0)
"""


@pytest.mark.parametrize(
    "target",
    [
        "accelerate",
        "axolotl",
        "llamafactory",
        "openai_jsonl",
        "together",
        "skypilot",
        "promptfoo",
        "slurm",
        "kubernetes",
        "hf_jobs",
    ],
)
def test_exports_of_plan_and_data_need_no_heavy_package_and_no_network(target: str, tmp_path: Path) -> None:
    client = made.engagement(tmp_path, agreed=made.plan(model="Qwen/Qwen3-0.6B"))
    attempts = tmp_path / "attempts"
    done = subprocess.run(
        [sys.executable, "-c", PROBE, target, str(client.root)],
        env=environment(NETWORK_ATTEMPTS=str(attempts)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not attempts.exists()
