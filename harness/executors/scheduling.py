"""Which job goes to which slot next, and a simulation of where that leads: a grid without running it.

A slot runs one job at a time. Slots may share a memory, such as lanes of one card: a job begins in one where
its estimate fits beside those of the jobs that run there.
"""

from __future__ import annotations

import bisect
import heapq
import math
import random
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple


class Task(NamedTuple):
    """A job as the scheduler sees it."""

    seconds: float
    """How long it is expected to run."""
    memory_gib: float = 0.0
    """Memory that its slot must have; 0 fits anywhere."""
    after: tuple[int, ...] = ()
    """Numbers of the tasks that must be done before; smaller than its own."""
    slots: int = 1
    """How many slots it takes at once, each with its part of the memory."""


class Failures(NamedTuple):
    """How slots are lost in a simulation."""

    mean_seconds: float
    """Mean time between two failures of one slot, exponentially spread."""
    repair_seconds: float = 0.0
    """How long a lost slot is away."""
    save_seconds: float = 0.0
    """Work since the last multiple of this is lost; 0 loses all that the task had done."""
    seed: int = 0
    """Of the draws."""


class Schedule(NamedTuple):
    """How a simulation went."""

    seconds: float
    """When the last task was done."""
    began: tuple[float, ...]
    """First start of each task."""
    slots: int
    """How many there were."""
    useful_seconds: float
    """Work that did not have to be done again, over all slots."""
    lost_seconds: float
    """Work that a failure undid."""
    failures: int
    """Tasks that a failure interrupted."""

    @property
    def utilisation(self) -> float | None:
        """Share of the slots' time that went into useful work; None where there was none to do."""
        return self.useful_seconds / (self.slots * self.seconds) if self.seconds else None


class Queue:
    """Tasks in the order of the longest way from their start to the end of the grid."""

    def __init__(
        self, tasks: Sequence[Task], slots: Sequence[float], memories: Sequence[int] | None = None
    ) -> None:
        """`slots` in GiB; `memories` says for each slot which memory is its own, or shared with others."""
        self.tasks = tasks
        # an estimate above every slot is still only an estimate: the largest slot tries it
        self.needs = [min(task.memory_gib / task.slots, max(slots)) for task in tasks]
        self.ways = longest_ways(tasks)
        self._slots = slots
        self._memories = list(range(len(slots))) if memories is None else memories
        self._taken: dict[int, list[int]] = {}
        self._at: dict[int, list[int]] = {}
        self._waits = [len(task.after) for task in tasks]
        self._next: list[list[int]] = [[] for _ in tasks]
        for number, task in enumerate(tasks):
            for before in task.after:
                self._next[before].append(number)
        self._ready: list[tuple[float, int]] = []
        self.left = len(tasks)
        """Tasks that are not done."""
        for number, waits in enumerate(self._waits):
            if not waits:
                self.put_back(number)

    def take(self, free: Collection[int]) -> tuple[int, int] | None:
        """The next task and its slot, that with the least room that holds it; None where none does.

        A task that takes several has the others in `held`. One that finds no room keeps the memory with the
        most room free for itself, or small ones that go past it would hold it up for ever.
        """
        rooms = {slot: self._room(slot) for slot in free}
        for place, (_, number) in enumerate(self._ready):
            if not rooms:
                return None
            wide = self.tasks[number].slots
            need = self.needs[number]
            fitting = self._apart(sorted((room, slot) for slot, room in rooms.items() if room >= need))
            if len(fitting) >= wide:
                del self._ready[place]
                self._at[number] = fitting[:wide]
                for slot in fitting[:wide]:
                    self._taken.setdefault(self._memories[slot], []).append(number)
                return number, fitting[0]
            large = [(room, slot) for slot, room in rooms.items() if self._slots[slot] >= need]
            kept = {self._memories[slot] for slot in self._apart(sorted(large, reverse=True))[:wide]}
            rooms = {slot: room for slot, room in rooms.items() if self._memories[slot] not in kept}
        return None

    def held(self, number: int) -> list[int]:
        """The slots that a task which was taken has."""
        return self._at[number]

    def _apart(self, slots: Sequence[tuple[float, int]]) -> list[int]:
        """Of slots with one memory the first."""
        first: dict[int, int] = {}
        for _, slot in slots:
            first.setdefault(self._memories[slot], slot)
        return list(first.values())

    def _room(self, slot: int) -> float:
        """What is left in the slot's memory; nothing where one task holds it beyond what it has."""
        taken = sum(self.needs[number] for number in self._taken.get(self._memories[slot], ()))
        return self._slots[slot] - taken

    def put_back(self, number: int) -> None:
        """The task may be taken, for the first time or again."""
        self._leave(number)
        bisect.insort(self._ready, (-self.ways[number], number))

    def _leave(self, number: int) -> None:
        for slot in self._at.pop(number, ()):
            self._taken[self._memories[slot]].remove(number)

    def finish(self, number: int) -> None:
        """The task is done; what waited for it may be taken."""
        self._leave(number)
        self.left -= 1
        for following in self._next[number]:
            self._waits[following] -= 1
            if not self._waits[following]:
                self.put_back(following)


def longest_ways(tasks: Sequence[Task]) -> list[float]:
    """Seconds from each task's start to the end of the longest chain that it begins."""
    after = [0.0] * len(tasks)
    ways = [0.0] * len(tasks)
    for number in range(len(tasks) - 1, -1, -1):
        ways[number] = tasks[number].seconds + after[number]
        for before in tasks[number].after:
            after[before] = max(after[before], ways[number])
    return ways


def lower_bound(tasks: Sequence[Task], slots: Sequence[float]) -> float:
    """Seconds that no schedule beats, failures left out: the longest chain, or work that few slots can do."""
    needs = [min(task.memory_gib / task.slots, max(slots)) for task in tasks]
    shares = [
        sum(task.seconds * task.slots for task, need in zip(tasks, needs, strict=True) if need >= level)
        / sum(slot >= level for slot in slots)
        for level in set(needs)
    ]
    return max([*longest_ways(tasks), *shares], default=0.0)


def simulate(tasks: Sequence[Task], slots: Sequence[float], failures: Failures | None = None) -> Schedule:
    """Run the queue without running the jobs; `slots` are the memories of the cards in GiB."""
    return _Simulation(tasks, slots, failures).run()


class _Simulation:
    """Slots, what runs on them, and the events to come."""

    def __init__(self, tasks: Sequence[Task], slots: Sequence[float], failures: Failures | None) -> None:
        self.queue, self.slots, self.failures = Queue(tasks, slots), slots, failures
        self.left = [task.seconds for task in tasks]
        self.began: list[float | None] = [None] * len(tasks)
        self.free = set(range(len(slots)))
        self.running: dict[int, tuple[int, float]] = {}
        self.useful, self.lost, self.interrupted = 0.0, 0.0, 0
        self._fails = [self._lives(slot) for slot in range(len(slots))] if failures else []

    def _lives(self, slot: int) -> Iterator[float]:
        assert self.failures is not None
        draw = random.Random(self.failures.seed * len(self.slots) + slot)
        now = 0.0
        while True:
            now += draw.expovariate(1 / self.failures.mean_seconds)
            yield now
            now += self.failures.repair_seconds

    def run(self) -> Schedule:
        """Until every task is done."""
        ends: list[tuple[float, int, int]] = []
        breaks = [(next(life), slot) for slot, life in enumerate(self._fails)]
        repaired: list[tuple[float, int]] = []
        heapq.heapify(breaks)
        now = 0.0
        while self.queue.left:
            while (taken := self.queue.take(self.free)) is not None:
                heapq.heappush(ends, self._start(*taken, now))
            heads = [heap[0][0] if heap else math.inf for heap in (ends, repaired, breaks)]
            now = min(heads)
            events = heads.index(now)
            if events == 0:
                self._end(*heapq.heappop(ends))
            elif events == 1:
                self.free.add(heapq.heappop(repaired)[1])
            else:
                slot = heapq.heappop(breaks)[1]
                self._break(slot, now)
                ends = [event for event in ends if event[2] in self.running]
                heapq.heapify(ends)
                assert self.failures is not None
                heapq.heappush(repaired, (now + self.failures.repair_seconds, slot))
                heapq.heappush(breaks, (next(self._fails[slot]), slot))
        began = tuple(start or 0.0 for start in self.began)
        return Schedule(now, began, len(self.slots), self.useful, self.lost, self.interrupted)

    def _start(self, number: int, slot: int, now: float) -> tuple[float, int, int]:
        for one in self.queue.held(number):
            self.free.discard(one)
            self.running[one] = (number, now)
        if self.began[number] is None:
            self.began[number] = now
        return now + self.left[number], number, slot

    def _end(self, now: float, number: int, slot: int) -> None:
        for one in self.queue.held(number):
            del self.running[one]
            self.free.add(one)
        self.useful += self.left[number] * self.queue.tasks[number].slots
        self.queue.finish(number)

    def _break(self, slot: int, now: float) -> None:
        """The slot goes away, and with it what its task has done since the last save."""
        assert self.failures is not None
        self.free.discard(slot)
        if slot not in self.running:
            return
        number, started = self.running[slot]
        for one in self.queue.held(number):
            del self.running[one]
            self.free.add(one)
        self.free.discard(slot)
        done = now - started
        every = self.failures.save_seconds
        kept = done - done % every if every else 0.0
        self.left[number] -= kept
        self.useful += kept * self.queue.tasks[number].slots
        self.lost += (done - kept) * self.queue.tasks[number].slots
        self.interrupted += 1
        self.queue.put_back(number)
