"""A Ray cluster of two nodes on this machine: every job once, deaths mended, errors told, a node lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.engagement.errors import PlanError, RunFailed
from advisor.engagement.progress import Progress
from harness.executors.local import Job
from harness.executors.ray import Share, execute
from harness.executors.scheduling import Task
from harness.executors.slots import Worker
from tests.harness.clusters import QUIET, Cluster, cluster
from tests.harness.sleeping import COMMAND
from tests.harness.test_slots import begun, gone

pytest.importorskip("ray")


@pytest.fixture(scope="module")
def nodes() -> Iterator[Cluster]:
    """Two nodes with two CPUs each."""
    with cluster(nodes=2, cpus=2) as found:
        yield found


@pytest.fixture(autouse=True)
def joined(nodes: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cluster is the one that Ray finds."""
    for name, value in {**QUIET, "RAY_ADDRESS": nodes.address}.items():
        monkeypatch.setenv(name, value)


def done(folder: Path, jobs: list[Job], *, after: dict[int, tuple[int, ...]] | None = None) -> list[Progress]:
    """Run the jobs and return what was told."""
    told: list[Progress] = []
    tasks = [Task(1.0, 0.1, (after or {}).get(number, ())) for number in range(len(jobs))]
    worker = Worker(COMMAND, f"{folder}\n".encode())
    execute(jobs, tasks, worker=worker, share=Share(1, []), on_progress=told.append)
    return told


def test_an_arm_and_seed_is_one_task_in_one_worker(tmp_path: Path) -> None:
    jobs = [Job(kind, "wait", seed, 50) for seed in range(3) for kind in ("train", "run")]
    told = done(tmp_path, jobs, after={1: (0,), 3: (2,), 5: (4,)})
    assert told[-1] == Progress("arms and seeds", 3, 3)
    for seed in range(3):
        first, second = begun(tmp_path, f"wait-{seed}")
        assert (first[0], second[0]) == ("train", "run")
        assert first[1] == second[1]
        assert gone(int(first[1]))


def test_a_dead_worker_is_replaced_and_one_that_always_dies_is_told(tmp_path: Path) -> None:
    done(tmp_path, [Job("run", "die", 0), Job("run", "wait", 0, 10)])
    assert len(begun(tmp_path, "die-0")) == 2
    with pytest.raises(RunFailed, match="always, seed 7: lost on the cluster 4 times"):
        done(tmp_path, [Job("run", "always", 7)])
    assert len(begun(tmp_path, "always-7")) == 4


def test_a_users_mistake_is_told_at_once_and_the_others_save(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="no such thing") as told:
        jobs = [Job("run", "wait", 1, 60_000), Job("run", "wait", 2, 2000), Job("run", "refuse", 0)]
        done(tmp_path, jobs, after={2: (1,)})
    assert told.value.fix == "ask for another"
    assert (tmp_path / "saved-1").exists()


def test_what_waits_begins_after_what_it_waits_for(tmp_path: Path) -> None:
    jobs = [Job("train", "wait", 0, 500), Job("train", "wait", 1, 10)]
    done(tmp_path, jobs, after={1: (0,)})
    times = [(tmp_path / f"wait-{seed}").stat().st_mtime for seed in range(2)]
    assert times[1] - times[0] >= 0.5


def test_a_lost_node_loses_no_job(nodes: Cluster, tmp_path: Path) -> None:
    jobs = [Job("run", "wait", seed, 3000) for seed in range(4)]
    names = [tmp_path / f"wait-{seed}" for seed in range(4)]

    def cut() -> None:
        while not all(name.exists() and name.read_text(encoding="utf-8") for name in names):
            time.sleep(0.02)
        nodes.nodes[1].kill()

    breaker = threading.Thread(target=cut)
    breaker.start()
    done(tmp_path, jobs)
    breaker.join()
    began = [len(begun(tmp_path, f"wait-{seed}")) for seed in range(4)]
    assert sorted(began) == [1, 1, 2, 2]
