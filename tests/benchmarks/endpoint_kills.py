"""Twenty kill -9 at random moments of the endpoint arm against the worst of servers: nothing lost or doubled.

Three requests of ten meet a 429, a 500, a timeout, a cut connection, an answer that drips, malformed JSON, an
empty answer, or wrong counts or none. A row that a kill caught in the middle of its tries is tried anew; one
whose answer was on its way is asked for again (answers_sent_again).
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from advisor.engagement import codec
from advisor.engagement.folder import Engagement
from advisor.engagement.records.plan import EndpointSettings, Plan
from advisor.engagement.toml_out import to_toml
from tests.harness.conftest import WORDS, engagement_with, tickets
from tests.harness.servers import DRIPS, TROUBLES, Log, serving

ENGAGEMENTS, KILLS_EACH, ROWS, SEED = 4, 5, 400, 20
TRIES, HOSTILE, DEADLINE, RETRY_AFTER = 2, 0.3, 1.0, 1.0
KEY = "sk-planted-for-the-kill-campaign"
LABELS = sorted(WORDS)
IN_FLIGHT = 0.5
"""Seconds left of a wait: what comes with more left was on its way when the server asked for it."""


def run() -> dict[str, object]:
    """Kill, go on, count."""
    draw = random.Random(SEED)
    began = time.monotonic()
    totals: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(ENGAGEMENTS):
            troubles = (*TROUBLES, *DRIPS, "uncounted")
            hostility = {"hostile": HOSTILE, "troubles": troubles, "retry_after": RETRY_AFTER}
            with serving(_label, **hostility, seed=number, slow=0.05) as (url, log):  # type: ignore[arg-type]
                made = _engagement(Path(folder) / str(number), url)
                totals["kills"] += sum(_killed(made, draw) for _ in range(KILLS_EACH))
                if _started(made).wait():
                    raise SystemExit("the run did not end well")
                totals += _counted(made, log)
    kept = {name: totals[name] for name in NAMES}
    return {"tries": TRIES, "hostile": HOSTILE, **kept, "seconds": round(time.monotonic() - began, 1)}


NAMES = (
    "kills", "items", "answered", "failed_after_all_tries", "failed_otherwise", "wrong", "lost", "doubled",
    "tokens_estimated", "requests", "answers_sent_again", "early_requests", "files_with_the_key",
)  # fmt: skip


def _engagement(root: Path, url: str) -> Engagement:
    root.mkdir()
    made = engagement_with(root, tickets(ROWS))
    server = EndpointSettings(
        base_url=url, model="m", tries=TRIES, deadline=DEADLINE, usd_in=1.0, usd_out=2.0
    )
    plan = Plan(arms=["endpoint"], instruction="Sort the message:", endpoint=server)
    codec.write_text(made.plan_path, to_toml(plan))
    return made


def _started(made: Engagement) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "advisor", "compare", "-C", str(made.root), "--exploratory", "-v"]
    log = (made.root / "said.txt").open("ab")
    with log:
        return subprocess.Popen(
            command,
            env=os.environ | {"TUNECASE_ENDPOINT_KEY": KEY, "OMP_NUM_THREADS": "1"},
            stdout=log,
            stderr=log,
        )


def _killed(made: Engagement, draw: random.Random) -> int:
    """Kill -9 some rows after the start; 1 where it hit a run that was not done."""
    goal = _lines(made) + draw.randint(0, ROWS * 3 // 10 // KILLS_EACH)
    delay = draw.uniform(0, 0.4)
    child = _started(made)
    while child.poll() is None and _lines(made) <= goal:
        time.sleep(0.005)
    time.sleep(delay)
    unfinished = child.poll() is None
    child.kill()
    child.wait()
    return int(unfinished)


def _lines(made: Engagement) -> int:
    return sum(path.read_bytes().count(b"\n") for path in made.root.glob("runs/*/predictions.jsonl"))


def _counted(made: Engagement, log: Log) -> Counter[str]:
    (path,) = made.root.glob("runs/endpoint-*/predictions.jsonl")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    splits = made.splits()
    wanted = [*splits.validation, *splits.test]
    seen = Counter(row["id"] for row in rows)
    failed = [row for row in rows if row["error"]]
    tried = [row for row in failed if f"{TRIES} of {TRIES} tries" in row["error"]]
    return Counter(
        items=len(wanted),
        answered=len(rows) - len(failed),
        failed_after_all_tries=len(tried),
        failed_otherwise=len(failed) - len(tried),
        wrong=sum(row["output"] != row["target"] for row in rows if not row["error"]),
        lost=len(set(wanted) - set(seen)),
        doubled=len(rows) - len(seen),
        tokens_estimated=sum(row["tokens_estimated"] for row in rows),
        requests=log.asked.total(),
        answers_sent_again=sum(count - 1 for count in log.answered.values() if count > 1),
        early_requests=sum(left <= IN_FLIGHT for left in log.early),
        files_with_the_key=sum(
            KEY.encode() in path.read_bytes() for path in made.root.rglob("*") if path.is_file()
        ),
    )


def _label(asked: str) -> str:
    return next(label for label in LABELS if any(word in asked.split() for word in WORDS[label]))
