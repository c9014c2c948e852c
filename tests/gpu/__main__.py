"""`make gpu-check`: no card is a refusal, not a pass."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from advisor.engagement.errors import NOT_READY


def main() -> int:
    """Run the GPU tests with every skip named; exit 3 where nothing can be checked."""
    import torch

    if not torch.cuda.is_available():
        sys.stderr.write("no CUDA device: nothing was checked\n")
        return NOT_READY
    sys.stdout.write(f"{torch.cuda.get_device_name()}, torch {torch.__version__}\n")
    sys.stdout.flush()
    return int(pytest.main([str(Path(__file__).parent), "-rs", "-v", *sys.argv[1:]]))


sys.exit(main())
