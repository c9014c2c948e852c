"""A million generated rows through keys and clusters: seconds, memory of all processes, plants found."""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from pathlib import Path

import psutil

from advisor.engagement.records.examples import Example
from harness.intake.near_copies import clusters, keys
from harness.intake.store import Rows

from ._plants import TUNED, planted

ROWS, COPIED, SIDE_BY_SIDE = 1_000_000, 1_000, 50_000
WORDS_PER_ROW, VOCABULARY = 10, 20_000
SECONDS, GIB = 70, 2.0


def run() -> dict[str, object]:
    """Time and peak memory, and what an in-memory MinHashLSH takes for a part of the rows."""
    texts, originals = generated(ROWS)
    rows = Rows()
    rows.begin(Path("million.jsonl"))
    for number, text in enumerate(texts):
        rows.add(Example(id=str(number), input=text, output="x"), line=number + 1)
    rows.seal()
    part = texts[:SIDE_BY_SIDE]
    del texts
    peak = Peak()
    start = time.perf_counter()
    inputs, _, _ = keys(rows)
    after_keys = time.perf_counter() - start
    cluster = clusters(rows, inputs)
    seconds = time.perf_counter() - start
    most = peak.stop()
    first = ROWS - len(originals)
    hits = sum(bool(cluster[first + n] == cluster[original]) for n, original in enumerate(originals))
    library = in_memory(part)
    return {
        "rows": ROWS,
        "keys_seconds": round(after_keys, 1),
        "seconds": round(seconds, 1),
        "peak_gib": round(most / 2**30, 2),
        "plants_found": f"{hits} of {len(originals)}",
        "lsh_seconds_for_50000": round(library, 1),
        "seconds_per_row_ratio": round((library / SIDE_BY_SIDE) / (seconds / ROWS), 1),
        "within_budget": seconds <= SECONDS and most <= GIB * 2**30,
    }


def generated(count: int) -> tuple[list[str], list[int]]:
    """Random rows, then near-copies of some; the places of their originals."""
    draw = random.Random(0)
    letters = "abcdefghijklmnoprstuvw"
    words = ["".join(draw.choices(letters, k=draw.randint(3, 9))) for _ in range(VOCABULARY)]
    words += ["the", "my", "is", "to"] * (VOCABULARY // 20)
    kinds = {name: kind for name, kind in TUNED.items() if name != "expanded"}
    each = COPIED // len(kinds)
    texts = [" ".join(draw.choices(words, k=WORDS_PER_ROW)) for _ in range(count - each * len(kinds))]
    plants = planted(texts[:50_000], kinds, each=each, seed=0)
    return texts + [copy for _, _, copy in plants], [original for _, original, _ in plants]


class Peak:
    """Largest resident memory of this process and its children, sampled five times a second."""

    def __init__(self) -> None:
        self._most = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """Bytes."""
        self._done.set()
        self._thread.join()
        return self._most

    def _watch(self) -> None:
        own = psutil.Process()
        while not self._done.wait(0.2):
            total = 0
            for process in (own, *own.children(recursive=True)):
                try:
                    total += process.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            self._most = max(self._most, total)


def in_memory(texts: list[str]) -> float:
    """Seconds of datasketch's own index over the same shingles."""
    from datasketch import MinHash, MinHashLSH

    start = time.perf_counter()
    index = MinHashLSH(num_perm=80, params=(16, 5))
    for number, text in enumerate(texts):
        signature = MinHash(80)
        signature.update_batch([text[at : at + 3].encode() for at in range(len(text) - 2)])
        index.query(signature)
        index.insert(str(number), signature)
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(), indent=2) + "\n")
