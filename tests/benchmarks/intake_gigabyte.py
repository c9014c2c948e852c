"""One gigabyte of long rows through the whole check: 2 GiB of memory at most, all processes together."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from ._plants_cost import checked
from ._plants_scale import write

SIZE, WORDS = 10**9, (100, 600)
GIB = 2.0


def run() -> dict[str, object]:
    """Costs of the check."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gigabyte.jsonl"
        result = checked(path, write(path, size=SIZE, words=WORDS))
    return {
        **result,
        "words_per_row": list(WORDS),
        "within_memory": result["peak_gib_all_processes"] <= GIB,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(), indent=2) + "\n")
