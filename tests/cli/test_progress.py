"""Lines of progress: one for each tenth, and the time left is that of the stage at hand."""

from __future__ import annotations

import re

import pytest

from advisor.cli import progress
from advisor.engagement.progress import OnProgress, Progress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that a test moves itself."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def stage(report: OnProgress, clock: list[float], *, seconds: float, begins: int = 1) -> None:
    """Ten steps, as long as this each."""
    for done in range(begins, 11):
        report(Progress("lora: training", done, 10))
        clock[0] += seconds


def left(said: str) -> list[int]:
    """Seconds left, line by line, where they are said."""
    return [int(found) for found in re.findall(r", (\d+) s left", said)]


def test_the_time_left_of_a_second_training_does_not_count_the_first(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    report = progress._lines()
    stage(report, clock, seconds=10)
    first = left(capsys.readouterr().err)
    clock[0] += 1000
    stage(report, clock, seconds=10)
    assert left(capsys.readouterr().err) == first == [80, 70, 60, 50, 40, 30, 20, 10]


def test_a_resumed_stage_is_timed_from_where_it_went_on(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    stage(progress._lines(), clock, seconds=10, begins=6)
    assert left(capsys.readouterr().err) == [30, 20, 10]


def test_a_tenth_is_said_once_and_a_slow_one_every_minute(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    report = progress._lines()
    for done in range(1, 1001):
        report(Progress("x", done, 1000))
    assert len(capsys.readouterr().err.splitlines()) == 11
    for _ in range(3):
        clock[0] += 61
        report(Progress("x", 1000, 1000))
    assert len(capsys.readouterr().err.splitlines()) == 3
