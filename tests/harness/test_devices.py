"""Which slots a machine has, from the driver's own lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.engagement.errors import PlanError
from harness.executors import devices
from harness.executors.devices import named, slots_here
from harness.executors.slots import Slot, memories, shared

TOLD = "0, GPU-aa, 81920\n1, GPU-bb, 24576\n"


def test_cards_are_named_so_that_their_order_does_not_matter() -> None:
    assert named(TOLD, None) == [Slot(80.0, "GPU-aa"), Slot(24.0, "GPU-bb")]


def test_only_the_cards_that_the_environment_allows_count() -> None:
    assert named(TOLD, "1") == [Slot(24.0, "1")]
    assert named(TOLD, "GPU-bb, GPU-aa") == [Slot(24.0, "GPU-bb"), Slot(80.0, "GPU-aa")]
    assert named(TOLD, "MIG-cc") == [Slot(0.0, "MIG-cc")]


@pytest.fixture
def two_cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A driver that tells of two cards; rewrite it to tell otherwise."""
    driver = tmp_path / "nvidia-smi"
    driver.write_text(f"#!/bin/sh\necho '{TOLD}'\n", encoding="utf-8")
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return driver


@pytest.mark.usefixtures("two_cards")
def test_more_slots_than_cards_share_the_cards_the_largest_first() -> None:
    assert [slot.card for slot in slots_here(None)] == ["GPU-aa", "GPU-bb"]
    assert [slot.card for slot in slots_here(1)] == ["GPU-aa"]
    three = slots_here(3)
    assert three == [Slot(80.0, "GPU-aa"), Slot(24.0, "GPU-bb"), Slot(80.0, "GPU-aa")]
    assert memories(three) == [0, 1, 0]
    assert shared(three) == {0, 2}


@pytest.mark.usefixtures("two_cards")
def test_cards_of_unknown_memory_are_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "MIG-cc")
    assert slots_here(1) == [Slot(0.0, "MIG-cc")]
    with pytest.raises(PlanError, match="--slots 2: 1 GPUs, and the driver does not tell the memory of each"):
        slots_here(2)


def test_slots_of_a_machine_without_cards_share_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert len(slots_here(None)) == 1
    lanes = slots_here(4)
    assert lanes == [Slot(devices.memory_gib())] * 4
    assert memories(lanes) == [0] * 4
    assert shared(lanes) == set()
