"""`compare --executor`: the same numbers wherever the jobs ran, whoever was killed meanwhile."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from advisor.engagement import codec
from advisor.engagement.folder import Engagement
from advisor.engagement.records.plan import Plan, TrainingSettings
from advisor.engagement.toml_out import to_toml
from tests.conftest import environment, tunecase
from tests.harness.clusters import children
from tests.harness.conftest import engagement_with, tickets, tiny_model
from tests.killing import STEPS, judged, lines, predictions

__all__ = ["tiny_model"]
SMALL = TrainingSettings(epochs=3, learning_rate=5e-3, rank=4, batch_size=4, evaluations=2)


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """An engagement with data and a plan of two trained arms with two seeds; copy it."""
    engagement = engagement_with(tmp_path_factory.mktemp("fresh"), tickets(60))
    plan = Plan(
        arms=["floor", "lora", "full"],
        model=str(tiny_model),
        instruction="Sort the message:",
        seeds=[0, 1],
        training=SMALL,
    )
    codec.write_text(engagement.plan_path, to_toml(plan))
    return engagement.root


@pytest.fixture(scope="session")
def serial(fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> Engagement:
    """The same compared in one process."""
    return compared(shutil.copytree(fresh, tmp_path_factory.mktemp("serial") / "client"))


def compared(root: Path, *options: str) -> Engagement:
    """Compare to the end."""
    done = tunecase("compare", "-C", root, "--exploratory", *options)
    assert done.returncode == 0, done.stderr
    return Engagement(root)


def alike(one: Engagement, other: Engagement) -> bool:
    """Whether predictions, comparison and verdict are the same but for times."""
    return predictions(one) == predictions(other) and judged(one) == judged(other)


def test_two_slots_give_the_numbers_of_one_process(fresh: Path, serial: Engagement, tmp_path: Path) -> None:
    root = shutil.copytree(fresh, tmp_path / "client")
    done = tunecase("compare", "-C", root, "--exploratory", "--executor", "local", "--slots", "2")
    assert done.returncode == 0, done.stderr
    assert "jobs 13/13" in done.stderr
    assert "full: training, seed 1" in done.stderr
    assert alike(serial, Engagement(root))


def test_stopped_and_killed_it_resumes_in_one_process(
    fresh: Path, serial: Engagement, tmp_path: Path
) -> None:
    root = shutil.copytree(fresh, tmp_path / "client")
    command = [sys.executable, "-m", "advisor", "compare", "-C", str(root), "--exploratory", "--slots", "2"]
    before = 0
    for number, code in ((signal.SIGTERM, 143), (signal.SIGKILL, -9)):
        with subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, text=True) as run:
            while run.poll() is None and lines(root, STEPS) < before + 8:
                time.sleep(0.01)
            run.send_signal(number)
            said = run.communicate(timeout=120)[1]
        assert run.returncode == code, said
        before = lines(root, STEPS)
    assert not (root / "runs" / "verdict.json").exists()
    assert alike(serial, compared(root))


def test_a_worker_killed_in_the_middle_changes_no_number(
    fresh: Path, serial: Engagement, tmp_path: Path
) -> None:
    root = shutil.copytree(fresh, tmp_path / "client")
    command = [sys.executable, "-m", "advisor", "compare", "-C", str(root), "--exploratory", "--slots", "2"]
    with subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, text=True) as run:
        while run.poll() is None and lines(root, STEPS) < 8:
            time.sleep(0.01)
        os.kill(children(run.pid)[0], signal.SIGKILL)
        said = run.communicate(timeout=120)[1]
    assert run.returncode == 0, said
    assert alike(serial, Engagement(root))


def test_a_cluster_elsewhere_is_refused_where_data_must_stay(fresh: Path, tmp_path: Path) -> None:
    root = shutil.copytree(fresh, tmp_path / "client")
    (root / "answers.toml").write_text('[data_leaves]\nvalue = "own_machines"\n', encoding="utf-8")
    command = ("compare", "-C", root, "--exploratory", "--executor", "ray")
    refused = tunecase(*command, RAY_ADDRESS="ray://head.example.org:10001")
    assert refused.returncode == 3
    assert "the Ray cluster would send client data to head.example.org" in refused.stderr


def test_ray_takes_no_slots(fresh: Path) -> None:
    refused = tunecase("compare", "-C", fresh, "--executor", "ray", "--slots", "2")
    assert refused.returncode == 3
    assert "--slots says nothing to ray" in refused.stderr


def test_ray_that_is_not_installed_is_said_with_the_way_out(fresh: Path, tmp_path: Path) -> None:
    root = shutil.copytree(fresh, tmp_path / "client")
    (tmp_path / "ray.py").write_text("raise ModuleNotFoundError('no ray', name='ray')\n", encoding="utf-8")
    lacking = os.pathsep.join([str(tmp_path), environment()["PYTHONPATH"]])
    told = tunecase("compare", "-C", root, "--exploratory", "--executor", "ray", PYTHONPATH=lacking)
    assert told.returncode == 3
    assert "hint: pip install 'tunecase[ray]' on every node" in told.stderr
