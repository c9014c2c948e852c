"""One boundary: every problem becomes one message, one fix and the right exit code."""

from __future__ import annotations

import errno
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from advisor.cli.main import COMMANDS, Terminated, group, run
from advisor.engagement.errors import GateClosed, NotReady, RunFailed


def refused_by_a_library() -> Exception:
    """What becomes of a full disk in safetensors, raised again on the way."""
    wrong = RuntimeError("could not save")
    wrong.__cause__ = ValueError("I/O error: No space left on device (os error 28)")
    return wrong


@click.command()
@click.argument("what")
@click.option("--json", "as_json", is_flag=True)
def fails(what: str, as_json: bool) -> None:
    """Fail as told."""
    problems = {
        "not-ready": NotReady("no data", fix="run check"),
        "failed": RunFailed("out of memory", fix="smaller batch"),
        "gate": GateClosed("overturned", fix="read the report"),
        "ctrl-c": KeyboardInterrupt(),
        "sigterm": Terminated(),
        "full": OSError(errno.ENOSPC, "No space left on device"),
        "saving": refused_by_a_library(),
        "bug": ZeroDivisionError("oops"),
    }
    raise problems[what]


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("not-ready", 3),
        ("failed", 1),
        ("gate", 4),
        ("ctrl-c", 130),
        ("sigterm", 143),
        ("full", 1),
        ("saving", 1),
        ("bug", 1),
    ],
)
def test_each_problem_has_its_exit_code_and_a_hint(
    what: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(fails, [what], name="fails") == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "error: " in shown.err
    assert "\nhint: " in shown.err
    assert ("Traceback" in shown.err) == (what == "bug")


def test_with_json_the_error_is_one_object_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(fails, ["not-ready", "--json"], name="fails") == 3
    assert json.loads(capsys.readouterr().out) == {
        "error": {"problem": "no data", "fix": "run check", "code": 3}
    }


@pytest.mark.parametrize(
    "arguments", [["frobnicate"], ["init"], ["init", "x", "--nope"], ["check", "f", "--map", "x"]]
)
def test_usage_errors_exit_2_and_point_to_help(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(group, arguments, name="tunecase") == 2
    assert "--help`" in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(group, [command, "-h"], name="tunecase") == 0
    shown = capsys.readouterr().out
    assert "Examples:" in shown
    assert f"tunecase {command}" in shown


def test_no_arguments_outside_an_engagement_show_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(group, [], name="tunecase") == 0
    assert "working order" in capsys.readouterr().out


def test_no_arguments_inside_an_engagement_show_the_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(group, ["init", str(tmp_path / "acme")], name="tunecase") == 0
    monkeypatch.chdir(tmp_path / "acme")
    assert run(group, [], name="tunecase") == 0
    assert "next: tunecase advise" in capsys.readouterr().out


def test_init_copies_a_complete_example_and_refuses_a_full_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["init", str(tmp_path / "try"), "--example", "support-triage"]
    assert run(group, arguments, name="tunecase") == 0
    for part in (
        "engagement.toml",
        "answers.toml",
        "examples.jsonl",
        "data/documents",
        "data/preferences.jsonl",
    ):
        assert (tmp_path / "try" / part).exists()
    before = sorted(p.name for p in tmp_path.iterdir())
    assert run(group, arguments, name="tunecase") == 3
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_python_m_advisor_is_tunecase() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "advisor", "--version"], capture_output=True, text=True, check=True
    ).stdout
    assert shown.startswith("tunecase ")


@pytest.mark.skipif(not hasattr(signal, "SIGTERM") or sys.platform == "win32", reason="POSIX signals")
def test_sigterm_ends_with_143(tmp_path: Path) -> None:
    code = (
        "import time, click\nfrom advisor.cli.main import run\n"
        "@click.command()\ndef waits():\n    print('up', flush=True)\n    time.sleep(30)\n"
        "raise SystemExit(run(waits, [], name='waits'))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 143


@pytest.mark.parametrize(("words", "module"), [(["plan"], "numpy"), (["compare"], "torch")])
def test_a_light_install_asked_for_heavy_work_says_what_to_install(
    words: list[str], module: str, tmp_path: Path
) -> None:
    acme = str(tmp_path / "acme")
    assert run(group, ["init", acme, "--example", "support-triage"], name="tunecase") == 0
    assert run(group, ["check", f"{acme}/examples.jsonl", "-C", acme], name="tunecase") == 0
    code = (
        f"import sys\nsys.modules[{module!r}] = None\nfrom advisor.cli.main import group, run\n"
        f"sys.exit(run(group, {[*words, '-C', acme]!r}, name='tunecase'))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    assert done.stderr.startswith(f"error: `tunecase {words[0]}` needs the package `{module}`")
    assert "hint: pip install 'tunecase[run]'" in done.stderr
    assert "Traceback" not in done.stderr
