"""Jobs on slots: nothing starts too early, nothing is lost to a failure, and the time is near the least."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from harness.executors.grid import Chain, chains_of, waits
from harness.executors.local import Job
from harness.executors.scheduling import Failures, Queue, Task, lower_bound, simulate
from tests.benchmarks import schedule


def grid(count: int, seed: int = 0) -> list[Task]:
    """Trainings, each followed by its run."""
    draw = random.Random(seed)
    tasks: list[Task] = []
    for _ in range(count):
        memory = draw.choice((10.0, 30.0, 60.0))
        tasks.append(Task(draw.uniform(100, 1000), memory))
        tasks.append(Task(draw.uniform(10, 100), memory / 2, (len(tasks) - 1,)))
    return tasks


def test_one_slot_takes_the_sum_and_many_take_the_longest_chain() -> None:
    tasks = grid(8)
    assert simulate(tasks, [80.0]).seconds == pytest.approx(sum(task.seconds for task in tasks))
    chains = [a.seconds + b.seconds for a, b in list(pairwise(tasks))[::2]]
    assert simulate(tasks, [80.0] * 16).seconds == pytest.approx(max(chains))
    assert lower_bound(tasks, [80.0] * 16) == pytest.approx(max(chains))


def test_the_longest_chain_goes_first() -> None:
    short, long, end = Task(5), Task(4), Task(9, after=(1,))
    assert simulate([short, long, end], [1.0]).began == (13.0, 0.0, 4.0)


def test_no_task_begins_before_those_it_waits_for() -> None:
    tasks = grid(40)
    began = simulate(tasks, [80.0] * 7, Failures(2000.0, repair_seconds=60.0, seed=3)).began
    for number, task in enumerate(tasks):
        for before in task.after:
            assert began[number] >= began[before] + tasks[before].seconds


def test_a_task_waits_for_a_card_that_holds_it() -> None:
    queue = Queue([Task(9, 40.0), Task(1, 10.0)], [24.0, 80.0])
    assert queue.take({0}) == (1, 0)
    assert queue.take({0}) is None
    assert queue.take({0, 1}) == (0, 1)


def test_a_small_task_leaves_the_large_card_free() -> None:
    assert Queue([Task(9, 10.0)], [80.0, 24.0]).take({0, 1}) == (0, 1)


def test_a_task_above_every_card_is_tried_on_the_largest() -> None:
    assert Queue([Task(9, 200.0)], [24.0, 80.0]).take({0, 1}) == (0, 1)


def test_tasks_share_a_memory_only_where_their_estimates_fit() -> None:
    queue = Queue([Task(9, 50.0), Task(8, 40.0), Task(7, 30.0), Task(1, 20.0)], [80.0] * 3, [0, 0, 0])
    assert queue.take({0, 1, 2}) == (0, 0)
    # the second does not fit beside the first, and what is left is kept for it
    assert queue.take({1, 2}) is None
    queue.finish(0)
    assert [queue.take({0, 1, 2}), queue.take({1, 2}), queue.take({2})] == [(1, 0), (2, 1), None]
    queue.put_back(1)
    assert [queue.take({0, 2}), queue.take({2})] == [(1, 0), None]
    queue.finish(2)
    assert queue.take({1, 2}) == (3, 1)


def test_a_task_that_waits_for_room_keeps_one_memory_and_leaves_the_others() -> None:
    tasks = [Task(9, 70.0), Task(8, 70.0), Task(7, 60.0), Task(1, 5.0), Task(1, 5.0)]
    queue = Queue(tasks, [80.0, 80.0, 80.0, 80.0], [0, 1, 0, 1])
    assert [queue.take({0, 1, 2, 3}), queue.take({1, 2, 3})] == [(0, 0), (1, 1)]
    assert [queue.take({2, 3}), queue.take({2})] == [(3, 2), None]


def test_a_wide_task_waits_for_slots_and_keeps_those_that_are_free() -> None:
    tasks = [Task(9, slots=3), Task(6), Task(5), Task(1)]
    queue = Queue(tasks, [1.0] * 4)
    assert queue.take({0, 1}) is None
    assert queue.take({0, 1, 2}) == (0, 0)
    assert queue.held(0) == [0, 1, 2]
    assert queue.take({3}) == (1, 3)
    done = simulate(tasks, [1.0] * 4)
    assert done.began == (0.0, 0.0, 6.0, 9.0)
    assert done.seconds == 11.0
    assert done.utilisation == pytest.approx((27 + 6 + 5 + 1) / 44)
    failing = simulate([Task(9, slots=3)] * 4, [1.0] * 4, Failures(30.0, seed=1))
    assert failing.failures > 0
    assert failing.useful_seconds == pytest.approx(4 * 27)


def test_work_that_only_one_card_can_hold_bounds_the_whole() -> None:
    tasks = [Task(10, 60.0)] * 4 + [Task(1, 1.0)] * 4
    assert lower_bound(tasks, [80.0, 24.0, 24.0]) == 40
    assert simulate(tasks, [80.0, 24.0, 24.0]).seconds == 40


def test_failures_cost_time_and_lose_no_task() -> None:
    tasks = grid(60)
    calm = simulate(tasks, [80.0] * 4)
    failing = simulate(tasks, [80.0] * 4, Failures(4000.0, repair_seconds=100.0))
    saving = simulate(tasks, [80.0] * 4, Failures(4000.0, repair_seconds=100.0, save_seconds=50.0))
    work = sum(task.seconds for task in tasks)
    assert failing.failures > 0
    assert calm.seconds < saving.seconds < failing.seconds
    assert saving.lost_seconds < failing.lost_seconds
    assert [one.useful_seconds for one in (calm, failing, saving)] == pytest.approx([work] * 3)


def test_the_same_seed_fails_alike() -> None:
    failures = Failures(3000.0, seed=7)
    assert simulate(grid(30), [80.0] * 3, failures) == simulate(grid(30), [80.0] * 3, failures)


def test_a_model_is_run_after_its_training() -> None:
    jobs = [
        Job(kind, arm, seed)
        for arm in ("lora", "full")
        for seed in (0, 1)
        for kind in ("train", "run", "canaries")
    ]
    after = waits(jobs)
    assert after == [(), (0,), (0,), (), (3,), (3,), (), (6,), (6,), (), (9,), (9,)]
    assert chains_of(jobs, after) == [Chain((n, n + 1, n + 2), ()) for n in (0, 3, 6, 9)]


def test_the_search_of_the_first_seed_is_waited_for() -> None:
    jobs = [Job("train", arm, seed) for arm in ("lora", "full") for seed in (0, 1, 2)]
    assert waits(jobs, searched=True) == [(), (0,), (0,), (), (3,), (3,)]
    assert waits(jobs) == [()] * 6
    found = chains_of(jobs, waits(jobs, searched=True))
    assert [chain.after for chain in found] == [(), (0,), (0,), (), (3,), (3,)]


def test_a_thousand_jobs_on_failing_cards_end_near_the_lower_bound() -> None:
    tasks = schedule.grid(5)
    failing = simulate(tasks, schedule.CARDS, Failures(6 * 3600.0, 900.0, 300.0, seed=5))
    assert failing.failures > 50
    assert failing.seconds <= 1.15 * lower_bound(tasks, schedule.CARDS)
