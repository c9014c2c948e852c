"""The real measurement, kept short: figures of this device, all of them above zero."""

from __future__ import annotations

import msgspec

from advisor.engagement.machine import cores, processor
from trainers.calibrating import measure
from trainers.language.loading import device_name


def test_a_short_measurement_gives_every_figure() -> None:
    found = measure(threads=1, most_seconds=0.1)
    figures = {name: value for name, value in msgspec.to_builtins(found).items() if isinstance(value, float)}
    assert len(figures) == 6
    assert all(value > 0 for value in figures.values()), figures
    assert (found.device, found.threads) == (device_name(), 1)
    assert (found.processor, found.cores) == (processor(), cores())
    assert found.matrix_tflops * 1e12 > 2 * found.parameters * found.predicting_tokens_per_second / 4
