"""Which slots a machine has, from the driver's own lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.engagement.errors import PlanError
from harness.executors import devices
from harness.executors.devices import holding, named, slots_here
from harness.executors.slots import Slot

TOLD = "0, GPU-aa, 81920\n1, GPU-bb, 24576\n"


def test_cards_are_named_so_that_their_order_does_not_matter() -> None:
    assert named(TOLD, None) == [Slot(80.0, "GPU-aa"), Slot(24.0, "GPU-bb")]


def test_only_the_cards_that_the_environment_allows_count() -> None:
    assert named(TOLD, "1") == [Slot(24.0, "1")]
    assert named(TOLD, "GPU-bb, GPU-aa") == [Slot(24.0, "GPU-bb"), Slot(80.0, "GPU-aa")]
    assert named(TOLD, "MIG-cc") == [Slot(0.0, "MIG-cc")]


def test_more_slots_than_cards_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = tmp_path / "nvidia-smi"
    driver.write_text(f"#!/bin/sh\necho '{TOLD}'\n", encoding="utf-8")
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert [slot.card for slot in slots_here(None)] == ["GPU-aa", "GPU-bb"]
    assert [slot.card for slot in slots_here(1)] == ["GPU-aa"]
    with pytest.raises(PlanError, match="this machine has 2 GPUs"):
        slots_here(3)


def test_a_machine_without_cards_shares_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert len(slots_here(None)) == 1
    shares = slots_here(4)
    assert sum(slot.memory_gib for slot in shares) == pytest.approx(devices.memory_gib())


def test_shares_that_would_not_hold_the_largest_job_become_fewer() -> None:
    shares = [Slot(4.0)] * 4
    assert holding(shares, [3.0, 1.0]) == shares
    assert holding(shares, [5.0, 1.0]) == [Slot(16 / 3)] * 3
    assert holding(shares, [99.0]) == [Slot(16.0)]
    cards = [Slot(24.0, "0"), Slot(24.0, "1")]
    assert holding(cards, [40.0]) == cards
