"""How fast one machine is, measured on it: `calibration.json`, written by `tunecase doctor --calibrate`."""

from __future__ import annotations

import msgspec


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """A matrix product, a copy, and steps of a small transformer on one device."""

    schema: str = "calibration/1"
    """Name and number of this record's form."""
    device: str
    """`cpu` or the GPU's name."""
    processor: str
    """Name of the machine's processor; a CPU is recognised by it."""
    cores: int
    """Cores the process may use."""
    threads: int
    """Threads that computed."""
    date: str
    """Day of the measurement."""
    versions: dict[str, str]
    """Packages that computed."""
    matrix_tflops: float
    """A large matrix product in the type that training computes in."""
    copy_gb_per_second: float
    """Bytes read and bytes written by copying a large array, together."""
    parameters: int
    """Of the small transformer."""
    step_tokens: int
    """Tokens of one of its steps."""
    full_tokens_per_second: float
    """Training with all weights moving."""
    lora_tokens_per_second: float
    """Training with adapters on all linear layers."""
    predicting_tokens_per_second: float
    """Forward passes."""
    seconds: float
    """What measuring took, packages loading left out."""
