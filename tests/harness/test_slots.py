"""Workers on slots: every job once, each card to itself, deaths mended once, nothing left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from advisor.engagement.errors import PlanError, RunFailed
from advisor.engagement.progress import Progress, silent
from harness.executors.local import Job
from harness.executors.scheduling import Task
from harness.executors.slots import Slot, Worker, execute
from tests.harness.sleeping import COMMAND

TWO = [Slot(card="3"), Slot(card="5")]


def waiting(count: int, milliseconds: int) -> list[Job]:
    """Jobs that sleep."""
    return [Job("run", "wait", seed, milliseconds) for seed in range(count)]


def done(
    folder: Path, jobs: list[Job], *, slots: list[Slot] = TWO, told: list[Progress] | None = None
) -> None:
    """Run the jobs, none waiting for another."""
    worker = Worker(COMMAND, f"{folder}\n".encode())
    listen = silent if told is None else told.append
    execute(jobs, [Task(1.0)] * len(jobs), slots=slots, worker=worker, on_progress=listen)


def begun(folder: Path, name: str) -> list[list[str]]:
    """Kind, process and card of each beginning of a job."""
    return [line.split() for line in (folder / name).read_text(encoding="utf-8").splitlines()]


def gone(process: int) -> bool:
    """Whether the process has ended, given some seconds."""
    for _ in range(200):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_every_job_runs_once_and_each_card_has_one_process(tmp_path: Path) -> None:
    told: list[Progress] = []
    done(tmp_path, waiting(6, 200), told=told)
    lines = [begun(tmp_path, f"wait-{seed}") for seed in range(6)]
    assert all(len(one) == 1 for one in lines)
    assert {(process, card) for [(_, process, card)] in lines} == {
        (process, card) for [(_, process, card)] in lines[:2]
    }
    assert {card for [(_, _, card)] in lines} == {"3", "5"}
    assert all(gone(int(process)) for [(_, process, _)] in lines[:2])
    assert told[-1] == Progress("jobs", 6, 6)
    assert Progress("wait: waiting, seed 4", 0, 1) in told


def test_a_dead_worker_is_replaced_once(tmp_path: Path) -> None:
    done(tmp_path, [Job("train", "die", 0), *waiting(2, 50)])
    assert len(begun(tmp_path, "die-0")) == 2
    with pytest.raises(RunFailed, match="run always, seed 7: its worker died 2 times, at last by signal 9"):
        done(tmp_path, [Job("run", "always", 7)])
    assert len(begun(tmp_path, "always-7")) == 2


def test_a_bug_is_tried_twice_and_a_users_mistake_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(RunFailed, match="by exit 1"):
        done(tmp_path, [Job("run", "bug", 0)])
    assert "ZeroDivisionError" in capfd.readouterr().err
    with pytest.raises(PlanError, match="no such thing") as told:
        done(tmp_path, [Job("run", "refuse", 0)])
    assert told.value.fix == "ask for another"
    assert len(begun(tmp_path, "refuse-0")) == 1


def test_a_full_disk_is_told_and_not_tried_again(tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match="no space left on the disk") as told:
        done(tmp_path, [Job("run", "wait", 1, 60_000), Job("run", "full", 0)])
    assert "run the same command again" in told.value.fix
    assert len(begun(tmp_path, "full-0")) == 1


def test_a_failure_stops_the_others_who_save(tmp_path: Path) -> None:
    with pytest.raises(PlanError):
        jobs = [Job("run", "wait", 1, 60_000), Job("run", "refuse", 0)]
        worker = Worker(COMMAND, f"{tmp_path}\n".encode())
        # the refusal waits for a short job, so that the long one is under way
        jobs.insert(0, Job("run", "wait", 2, 500))
        tasks = [Task(2.0), Task(9.0), Task(1.0, after=(0,))]
        execute(jobs, tasks, slots=TWO, worker=worker, on_progress=silent)
    assert (tmp_path / "saved-1").exists()


def test_a_job_goes_to_the_card_that_holds_it(tmp_path: Path) -> None:
    jobs = waiting(4, 10)
    worker = Worker(COMMAND, f"{tmp_path}\n".encode())
    slots = [Slot(24.0, "0"), Slot(80.0, "1")]
    execute(jobs, [Task(1.0, 60.0)] * 4, slots=slots, worker=worker, on_progress=silent)
    assert {begun(tmp_path, f"wait-{seed}")[0][2] for seed in range(4)} == {"1"}


@pytest.mark.parametrize(
    ("needs", "wait", "together"),
    [((30.0, 40.0), 60_000, True), ((30.0, 60.0), 500, False), ((0.0, 10.0), 500, False)],
)
def test_two_jobs_share_a_card_only_where_their_estimates_fit(
    tmp_path: Path, needs: tuple[float, float], wait: int, together: bool
) -> None:
    worker = Worker(COMMAND, f"{tmp_path}\n".encode())
    jobs = [Job("run", "meet", seed, wait) for seed in range(2)]
    tasks = [Task(2.0, needs[0]), Task(1.0, needs[1])]
    execute(jobs, tasks, slots=[Slot(80.0, "7")] * 2, worker=worker, on_progress=silent)
    assert (tmp_path / "met-0").exists() == together
    lines = [begun(tmp_path, f"meet-{seed}")[0] for seed in range(2)]
    assert {card for _, _, card in lines} == {"7"}
    # a worker ends with its job, and with it what it held of the card
    assert len({process for _, process, _ in lines}) == 2
    shares = [(tmp_path / f"share-{seed}").read_text(encoding="utf-8") for seed in range(2)]
    assert shares == [f"{need or 80.0:.2f}" for need in needs]


PARENT = """
import sys
from pathlib import Path
from tests.harness.test_slots import done, waiting
done(Path(sys.argv[1]), waiting(2, 60_000))
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_workers_save_and_end_when_their_parent_does(tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], stderr=subprocess.DEVNULL) as parent:
        names = [tmp_path / f"wait-{seed}" for seed in range(2)]
        while not all(name.exists() and name.read_text(encoding="utf-8") for name in names):
            assert parent.poll() is None
            time.sleep(0.02)
        time.sleep(0.2)
        parent.send_signal(number)
        parent.wait(20)
    for seed in range(2):
        assert gone(int(begun(tmp_path, f"wait-{seed}")[0][1]))
        assert (tmp_path / f"saved-{seed}").exists()
