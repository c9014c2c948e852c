"""Set-up on machines we do not have: fake Pythons, cards and systems, and a log of what pip was asked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.source import ROOT

TOOLS = ("sh", "dirname", "id", "uname", "cat", "sed", "grep", "rm", "find", "tr", "env", "mkdir", "cp")
PIN = next(
    line.removeprefix("torch==")
    for line in (ROOT / ".ci/constraints.txt").read_text(encoding="utf-8").splitlines()
    if line.startswith("torch==")
)
FAKE_PYTHON = """#!/bin/sh
case "$1 $2" in
  "-c import ensurepip"*) [ ! -f "{root}/no-ensurepip" ] ;;
  *'version("torch")'*) cat "{root}/torch" 2>/dev/null ;;
  "-m venv") mkdir -p .venv/bin && cp "{root}/bin/python3" .venv/bin/python ;;
  "-m pip") shift 2; echo "$*" >>"{root}/pip.log"
            case "$*" in *"$(cat "{root}/fails" 2>/dev/null || echo nothing-fails)"*) exit 1 ;; esac ;;
  "-m playwright") : ;;
  *) exec "{python}" "$@" ;;
esac
"""


class FakeMachine:
    """A checkout and a PATH that hold only what a test puts there."""

    def __init__(self, root: Path) -> None:
        self.root, self.bin, self.checkout = root, root / "bin", root / "checkout"
        self.bin.mkdir()
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found is not None
            (self.bin / tool).symlink_to(found)
        (self.checkout / ".ci").mkdir(parents=True)
        for name in (".ci/setup", ".ci/constraints.txt", "pyproject.toml"):
            shutil.copyfile(ROOT / name, self.checkout / name)

    def script(self, name: str, text: str) -> None:
        """Put a program on the PATH."""
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)

    def python(self) -> None:
        """A Python that answers like ours and only logs what pip is asked."""
        self.script("python3", FAKE_PYTHON.format(root=self.root, python=sys.executable))

    def setup(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run .ci/setup here."""
        return subprocess.run(
            [str(self.bin / "sh"), str(self.checkout / ".ci/setup"), *(arguments or ("run",))],
            env={"PATH": str(self.bin), "HOME": str(self.root)},
            capture_output=True,
            text=True,
            check=False,
        )

    def asked(self) -> list[str]:
        """What pip was asked since the last look, without `--version`."""
        log = self.root / "pip.log"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [line for line in lines if line != "--version"]


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    """A Linux machine without a card."""
    if os.name != "posix":
        pytest.skip("set-up is a POSIX shell script")
    made = FakeMachine(tmp_path)
    made.script("uname", "#!/bin/sh\necho Linux\n")
    return made


def test_without_python_it_says_how_to_get_one(machine: FakeMachine) -> None:
    done = machine.setup()
    assert done.returncode == 3
    assert done.stderr.startswith("error: no Python 3.11 or newer found")
    assert "hint: apt-get install python3" in done.stderr


def test_an_old_python_does_not_count(machine: FakeMachine) -> None:
    machine.script("python3", "#!/bin/sh\nexit 1\n")
    assert "no Python 3.11" in machine.setup().stderr


def test_a_python_without_ensurepip_names_the_missing_package(machine: FakeMachine) -> None:
    machine.python()
    (machine.root / "no-ensurepip").touch()
    done = machine.setup()
    assert done.returncode == 3
    assert "ensurepip is missing" in done.stderr
    assert f"python3.{sys.version_info.minor}-venv" in done.stderr


def test_without_a_card_only_cpu_builds_of_torch_are_asked_for(machine: FakeMachine) -> None:
    machine.python()
    (machine.root / "fails").write_text("--no-index", encoding="utf-8")
    assert machine.setup().returncode == 0
    local, index, rest = machine.asked()
    assert f"--no-index --no-deps torch=={PIN}+cpu" in local
    assert f"--no-deps --index-url https://download.pytorch.org/whl/cpu torch=={PIN}+cpu" in index
    assert rest.endswith("-e .[run]")


def test_a_local_wheel_of_torch_is_enough(machine: FakeMachine) -> None:
    machine.python()
    assert machine.setup().returncode == 0
    assert len(machine.asked()) == 2


def test_with_a_card_the_cuda_build_replaces_a_cpu_build(machine: FakeMachine) -> None:
    machine.python()
    machine.script("nvidia-smi", "#!/bin/sh\necho 'GPU 0: a card'\n")
    (machine.root / "torch").write_text(f"{PIN}+cpu", encoding="utf-8")
    assert machine.setup().returncode == 0
    assert machine.asked()[0].endswith(f"torch==={PIN}")


def test_on_a_mac_torch_comes_from_the_package_index(machine: FakeMachine) -> None:
    machine.python()
    machine.script("uname", "#!/bin/sh\necho Darwin\n")
    assert machine.setup().returncode == 0
    assert machine.asked()[0].endswith(f"torch=={PIN}")


def test_a_second_run_asks_for_nothing_and_a_changed_pin_asks_again(machine: FakeMachine) -> None:
    machine.python()
    assert machine.setup("dev").returncode == 0
    assert machine.asked()[-1].endswith("-e .[run,dev]")
    assert machine.setup("dev").returncode == 0
    assert machine.setup("run").returncode == 0
    assert machine.asked() == []
    with (machine.checkout / ".ci/constraints.txt").open("a", encoding="utf-8") as pins:
        pins.write("another==1.0\n")
    assert machine.setup("dev").returncode == 0
    assert machine.asked()


def test_a_failed_install_is_tried_again(machine: FakeMachine) -> None:
    machine.python()
    fails = machine.root / "fails"
    fails.write_text("-e .[run]", encoding="utf-8")
    done = machine.setup()
    assert done.returncode == 3
    assert "error: packages could not be installed" in done.stderr
    fails.unlink()
    machine.asked()
    assert machine.setup().returncode == 0
    assert machine.asked()


def test_every_requirement_is_pinned() -> None:
    import re
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(r for e in project["optional-dependencies"].values() for r in e)]
    pins = (ROOT / ".ci/constraints.txt").read_text(encoding="utf-8").lower().replace("_", "-").splitlines()
    pinned = {line.partition("==")[0] for line in pins}
    names = {re.split(r"[<>=~!;\[ ]", requirement)[0].lower() for requirement in wanted}
    assert names - pinned == set()
