"""A million rows like a help desk's through the whole check: 120 s on two cores and 2 GiB at most."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from ._plants_cost import checked
from ._plants_scale import write

ROWS, WORDS = 1_000_000, (5, 40)
SECONDS, GIB = 120, 2.0
SIDE_BY_SIDE = 20_000
"""Rows given to an in-memory index for comparison."""


def run() -> dict[str, object]:
    """Costs of the check, and what an in-memory MinHashLSH takes for near-copies of a part of the rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "million.jsonl"
        written = write(path, rows=ROWS, words=WORDS)
        result = checked(path, written)
        with path.open(encoding="utf-8") as file:
            part = [json.loads(next(file))["input"] for _ in range(SIDE_BY_SIDE)]
    library = in_memory(part)
    return {
        **result,
        "words_per_row": list(WORDS),
        "lsh_cpu_seconds_for_20000": round(library, 1),
        "within_seconds": result["wall_seconds"] <= SECONDS,
        "within_memory": result["peak_gib_all_processes"] <= GIB,
    }


def in_memory(texts: list[str]) -> float:
    """Processor seconds of datasketch's own index over the same shingles."""
    from datasketch import MinHash, MinHashLSH  # type: ignore[import-untyped]

    start = time.process_time()
    index = MinHashLSH(num_perm=80, params=(16, 5))
    for number, text in enumerate(texts):
        signature = MinHash(80)
        signature.update_batch([text[at : at + 3].encode() for at in range(len(text) - 2)])
        index.query(signature)
        index.insert(str(number), signature)
    return time.process_time() - start


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(), indent=2) + "\n")
