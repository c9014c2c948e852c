"""A Ray cluster of two nodes on this machine: every job once, deaths mended, errors told, a node lost."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.engagement.errors import PlanError, RunFailed
from advisor.engagement.progress import Progress
from harness.executors.local import Job
from harness.executors.ray import Lost, Share, execute, run_chain
from harness.executors.scheduling import Task
from harness.executors.slots import Worker
from tests.harness.clusters import Cluster, cluster, skip_without_ray
from tests.harness.sleeping import COMMAND
from tests.harness.test_slots import begun, gone

skip_without_ray()


@pytest.fixture(scope="module")
def nodes() -> Iterator[Cluster]:
    """Two nodes with one CPU each."""
    with cluster(nodes=2, cpus=1) as found:
        yield found


@pytest.fixture
def joined(nodes: Cluster, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """The cluster is the one that Ray finds; that it asks for a token is left to be found out."""
    for name, value in nodes.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("RAY_AUTH_MODE")
    return nodes


def done(folder: Path, jobs: list[Job], *, after: dict[int, tuple[int, ...]] | None = None) -> list[Progress]:
    """Run the jobs and return what was told."""
    told: list[Progress] = []
    tasks = [Task(1.0, 0.1, (after or {}).get(number, ())) for number in range(len(jobs))]
    worker = Worker(COMMAND, f"{folder}\n".encode())
    execute(jobs, tasks, worker=worker, share=Share(1, []), on_progress=told.append)
    return told


@pytest.mark.usefixtures("joined")
def test_an_arm_and_seed_is_one_task_in_one_worker_and_begins_after_what_it_waits_for(tmp_path: Path) -> None:
    jobs = [Job(kind, "wait", seed, 200) for seed in range(2) for kind in ("train", "run")]
    told = done(tmp_path, [*jobs, Job("run", "die", 0)], after={1: (0,), 2: (0,), 3: (2,)})
    assert told[-1] == Progress("arms and seeds", 3, 3)
    for seed in range(2):
        first, second = begun(tmp_path, f"wait-{seed}")
        assert (first[0], second[0]) == ("train", "run")
        assert first[1] == second[1]
        assert gone(int(first[1]))
    times = [(tmp_path / f"wait-{seed}").stat().st_mtime for seed in range(2)]
    assert times[1] - times[0] >= 0.2
    # its worker died the first time, and the cluster began it again
    assert len(begun(tmp_path, "die-0")) == 2


@pytest.mark.usefixtures("joined")
def test_a_task_that_always_dies_is_told_and_the_others_save(tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match="always, seed 7: lost on the cluster 4 times"):
        done(tmp_path, [Job("run", "wait", 1, 60_000), Job("run", "always", 7)])
    assert len(begun(tmp_path, "always-7")) == 4
    assert (tmp_path / "saved-1").exists()


def test_a_lost_node_loses_no_job(joined: Cluster, tmp_path: Path) -> None:
    jobs = [Job("run", "wait", seed, 2500) for seed in range(2)]
    names = [tmp_path / f"wait-{seed}" for seed in range(2)]

    def cut() -> None:
        while not all(name.exists() and name.read_text(encoding="utf-8") for name in names):
            time.sleep(0.02)
        joined.nodes[1].kill()

    breaker = threading.Thread(target=cut)
    breaker.start()
    done(tmp_path, jobs)
    breaker.join()
    began = [len(begun(tmp_path, f"wait-{seed}")) for seed in range(2)]
    assert sorted(began) == [1, 2]


DRIVER = """
from harness.executors import ray
from advisor.engagement.errors import RunFailed
try:
    ray.execute([], [], worker=None, share=None, on_progress=None)
except RunFailed as wrong:
    print(wrong.problem, wrong.fix, sep=" / ")
"""


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ({}, "it asks for a token, and there is none here / set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN to"),
        (
            {"RAY_AUTH_TOKEN": "0" * 64},
            "the token in RAY_AUTH_TOKEN is not its own / set RAY_AUTH_MODE=token",
        ),
    ],
)
def test_a_cluster_that_asks_for_another_token_is_told_in_a_line(
    token: dict[str, str], said: str, nodes: Cluster, tmp_path: Path
) -> None:
    own = {name: value for name, value in nodes.environment.items() if not name.startswith("RAY_AUTH")}
    # Ray asks once rather than twenty times
    asked = own | token | {"HOME": str(tmp_path), "RAY_NUM_REDIS_GET_RETRIES": "1"}
    told = subprocess.run(
        [sys.executable, "-c", DRIVER], env=asked, capture_output=True, text=True, timeout=120, check=False
    )
    assert said in told.stdout, told.stderr
    assert told.stdout.count("\n") == 1


def test_a_users_mistake_ends_the_task_and_a_death_is_raised_for_ray_to_begin_again(tmp_path: Path) -> None:
    greeting = f"{tmp_path}\n".encode()
    failed = run_chain(COMMAND[1:], greeting, [("run", "refuse", 0), ("run", "wait", 0, 10)])
    assert failed == (PlanError.__name__, "no such thing", "ask for another")
    assert not (tmp_path / "wait-0").exists()
    assert run_chain(COMMAND[1:], greeting, [("run", "wait", 0, 10)], failed) is None
    assert not (tmp_path / "wait-0").exists()
    with pytest.raises(Lost, match="ended by -9"):
        run_chain(COMMAND[1:], greeting, [("run", "always", 0)])
