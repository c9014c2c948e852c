"""What `pip install` brings: every data file of the four packages, no tests, and few dependencies."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from tests.source import PACKAGES, ROOT, tracked

LIGHT = {"babel", "click", "filelock", "jinja2", "msgspec", "rich", "tomlkit"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """A wheel of the tracked files."""
    folder = tmp_path_factory.mktemp("wheel")
    for path in tracked():
        target = folder / "source" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, target)
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "-w", str(folder), str(folder / "source")], check=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def metadata(wheel: zipfile.ZipFile, name: str) -> str:
    """One file of the wheel's `.dist-info`."""
    return wheel.read(next(n for n in wheel.namelist() if n.endswith(f".dist-info/{name}"))).decode()


def test_every_file_of_the_packages_is_inside_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    inside = {Path(name) for name in wheel.namelist() if ".dist-info/" not in name}
    assert inside == {path for path in tracked() if path.parts[0] in PACKAGES}


def test_a_light_install_brings_seven_packages(wheel: zipfile.ZipFile) -> None:
    required = Parser().parsestr(metadata(wheel, "METADATA")).get_all("Requires-Dist") or []
    light = {re.split(r"[<>=~!;\[( ]", line)[0].lower() for line in required if "extra ==" not in line}
    assert light == LIGHT


def test_both_commands_are_installed(wheel: zipfile.ZipFile) -> None:
    scripts = metadata(wheel, "entry_points.txt")
    assert "tunecase = advisor.cli.main:main" in scripts
    assert "advise = advisor.cli.main:advise_main" in scripts


def test_the_licence_is_named_and_inside(wheel: zipfile.ZipFile) -> None:
    assert Parser().parsestr(metadata(wheel, "METADATA"))["License-Expression"] == "Apache-2.0"
    assert "Apache License" in metadata(wheel, "licenses/LICENSE")
