"""The README is tested: its commands run, its output is what they print, its help is the real help."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from advisor.cli.main import COMMANDS, group
from tests import readme
from tests.conftest import environment
from tests.source import ROOT

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"(<!-- not run here: [^\n]+ -->\n)?```console\n(.*?)```", re.DOTALL)


class Step(NamedTuple):
    """One `$ ` line and what the README shows under it."""

    command: str
    """As typed."""
    shown: str
    """Lines up to the next command; `...` stands for any text."""
    runs: bool
    """Whether the test can run it."""


def steps() -> list[Step]:
    """Every command of the README in order."""
    found = []
    for skipped, body in BLOCK.findall(TEXT):
        for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            found.append(Step(command.partition("  #")[0].strip(), shown.strip(), not skipped))
    return found


def test_commands_run_in_order_and_print_what_is_shown(tmp_path: Path) -> None:
    folder = tmp_path
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    for step in steps():
        if not step.runs:
            continue
        if step.command.startswith("cd "):
            folder = folder / step.command.removeprefix("cd ")
            continue
        done = subprocess.run(
            ["/bin/sh", "-c", f"{step.command} 2>&1"],
            cwd=folder,
            env=environment(PATH=path),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{step.command}\n{done.stdout}"
        pattern = ".*".join(re.escape(part) for part in step.shown.split("..."))
        assert re.fullmatch(pattern, done.stdout.strip(), re.DOTALL), (
            f"{step.command} prints:\n{done.stdout}\nREADME shows:\n{step.shown}"
        )


def command_lines() -> list[str]:
    """Every line of the README that calls tunecase."""
    return sorted({step.command for step in steps() if step.command.split()[0] in ("tunecase", "advise")})


@pytest.mark.parametrize("line", command_lines())
def test_every_command_and_option_exists(line: str) -> None:
    name, *words = shlex.split(line.partition(" | ")[0].partition(" > ")[0])
    commands = []
    if name == "advise" or (words and not words[0].startswith("-")):
        chosen = "advise" if name == "advise" else words[0]
        assert chosen in COMMANDS
        found = group.get_command(click.Context(group), chosen)
        assert found is not None
        commands.append(found)
    known = {"-h", "--help"} | {o for c in [group, *commands] for p in c.params for o in p.opts}
    assert {word.partition("=")[0] for word in words if word.startswith("-")} <= known


def test_make_targets_exist() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"`make ([a-z-]+)", TEXT)) <= set(targets)


def test_the_help_in_the_readme_is_the_real_help() -> None:
    assert readme.with_help(TEXT) == TEXT, "run `python -m tests.readme` to renew it"


def test_paths_named_in_the_readme_exist() -> None:
    for path in re.findall(r"\]\((?!https?:|#)([^)]+)\)", TEXT):
        assert (ROOT / path).exists(), path
