"""Twenty kill -9 at random moments over four demos: afterwards every result equals an uninterrupted run's."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from advisor.engagement.folder import Engagement
from tests.conftest import DEMO_LIMIT, tunecase
from tests.killing import PREDICTIONS, STEPS, judged, kill, lines, predictions

DEMOS, KILLS_EACH, SEED = 4, 5, 20


def run() -> dict[str, object]:
    """Kill, rerun, compare; moments are drawn among the lines that training and prediction write."""
    draw = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        once = _finished(Path(folder) / "once")
        totals = {kind: lines(once.root, kind) for kind in (PREDICTIONS, STEPS)}
        kills, doubled, equal = 0, 0, 0
        for number in range(DEMOS):
            out = Path(folder) / f"killed-{number}"
            kills += _kill_often(out, totals, draw)
            again = _finished(out)
            rows = predictions(again)
            doubled += sum(len(run) - len({row["id"] for row in run}) for run in rows.values())
            equal += rows == predictions(once) and judged(again) == judged(once)
    return {"kills": kills, "demos": DEMOS, "demos_equal": equal, "rows_doubled": doubled}


def _kill_often(out: Path, totals: dict[str, int], draw: random.Random) -> int:
    """Kills in the order of progress; returns how many hit a run that was not done."""
    shares = sorted(draw.random() for _ in range(KILLS_EACH))
    hit = 0
    for share in shares:
        kind = draw.choice(list(totals))
        kill(out, at=max(1, int(share * totals[kind])), of=kind, delay=draw.uniform(0, 0.5))
        hit += not (out / "runs" / "verdict.json").exists()
    return hit


def _finished(out: Path) -> Engagement:
    done = tunecase("demo", "--out", out, "--limit", DEMO_LIMIT)
    if done.returncode:
        raise SystemExit(done.stderr)
    return Engagement(out)
