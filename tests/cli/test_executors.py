"""`compare --executor`: the same numbers wherever the jobs ran, whoever was killed meanwhile."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from advisor.cli.compare import command
from advisor.engagement.errors import NotReady
from advisor.engagement.folder import Engagement
from tests.cli.comparing import alike, compared, planned, started
from tests.conftest import environment, tunecase
from tests.harness.clusters import children
from tests.harness.conftest import tiny_model
from tests.killing import STEPS, lines

__all__ = ["tiny_model"]


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """An engagement with data and a plan of a trained arm with two seeds; copy it."""
    return planned(tmp_path_factory.mktemp("fresh"), tiny_model)


def test_two_slots_give_the_numbers_of_one_process_although_a_worker_is_killed(
    fresh: Path, tmp_path: Path
) -> None:
    root = shutil.copytree(fresh, tmp_path / "client")
    with started(root) as run:
        while run.poll() is None and lines(root, STEPS) < 8:
            time.sleep(0.01)
        os.kill(children(run.pid)[0], signal.SIGKILL)
        said = run.communicate(timeout=300)[1]
    assert run.returncode == 0, said
    assert "jobs 7/7" in said
    assert "lora: training, seed 1" in said
    serial = compared(shutil.copytree(fresh, tmp_path / "serial"))
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


def test_another_machine_goes_on_from_the_results_of_a_first(fresh: Path, tmp_path: Path) -> None:
    roots = [Path(shutil.copytree(fresh, tmp_path / name)) for name in ("first", "second")]
    for root in roots:
        options = ["-C", str(root), "--exploratory", "--arms", "floor", "--results", str(tmp_path / "store")]
        done = CliRunner().invoke(command, options)
        assert done.exception is None, done.exception
    # with its timings: it was not run again
    first, second = (next(root.glob("runs/floor-*/predictions.jsonl")).read_bytes() for root in roots)
    assert first == second
    assert (tmp_path / "store" / "runs" / "verdict.json").exists()


def test_results_are_not_sent_where_data_must_stay(fresh: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(fresh, tmp_path / "client"))
    (root / "answers.toml").write_text('[data_leaves]\nvalue = "own_machines"\n', encoding="utf-8")
    refused = CliRunner().invoke(
        command, ["-C", str(root), "--exploratory", "--results", "s3://bucket/client"]
    )
    assert isinstance(refused.exception, NotReady)
    assert "--results would send client data to bucket" in refused.exception.problem
