"""Four arms, three seeds of the demo on a Ray cluster that loses a node: the numbers of one process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from advisor.engagement.folder import Engagement
from tests.conftest import tunecase
from tests.harness.clusters import Cluster, cluster
from tests.killing import STEPS, judged, lines, predictions

ARMS, SEEDS, LIMIT = "floor,zero_shot,lora,full", "3", "24"
COMPARE = ("compare", "--exploratory", "--seeds", SEEDS)
BEFORE_THE_KILL = 20
"""Optimizer steps on disk when the second node goes away."""


def run() -> dict[str, object]:
    """The same engagement twice, then every prediction, the comparison and the verdict side by side."""
    with tempfile.TemporaryDirectory() as folder:
        one = _prepared(Path(folder) / "one")
        other = Path(shutil.copytree(one, Path(folder) / "other"))
        started = time.perf_counter()
        _succeed(tunecase(*COMPARE, "-C", one))
        alone = time.perf_counter() - started
        started = time.perf_counter()
        with cluster(nodes=2, cpus=1) as ray:
            steps = _on_cluster(other, ray)
        apart = time.perf_counter() - started
        here, there = Engagement(one), Engagement(other)
        return {
            "arms": ARMS.split(","),
            "seeds": int(SEEDS),
            "runs": len(predictions(there)),
            "steps_before_the_kill": steps,
            "predictions_equal": predictions(here) == predictions(there),
            "comparison_and_verdict_equal": judged(here) == judged(there),
            "seconds_one_process": round(alone, 1),
            "seconds_cluster_with_its_start_and_the_loss": round(apart, 1),
        }


def _on_cluster(root: Path, ray: Cluster) -> int:
    """Steps on disk when the node was killed."""
    command = [sys.executable, "-m", "advisor", *COMPARE, "-C", str(root), "--executor", "ray"]
    # the example keeps data on the client's own machines, and Ray has put itself on an address of this one
    command += ["--allow-upload", ray.address.rpartition(":")[0]]
    environment = os.environ | ray.environment
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as compare:
        while compare.poll() is None and lines(root, STEPS) < BEFORE_THE_KILL:
            time.sleep(0.01)
        steps = lines(root, STEPS)
        ray.nodes[1].kill()
        said = compare.communicate()[1]
    if compare.returncode:
        raise SystemExit(said)
    return steps


def _prepared(root: Path) -> Path:
    """The bundled example, checked and planned."""
    _succeed(tunecase("init", root, "--example", "support-triage"))
    _succeed(tunecase("check", root / "examples.jsonl", "-C", root))
    _succeed(tunecase("plan", "-C", root, "--arms", ARMS, "--limit", LIMIT))
    return root


def _succeed(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode:
        raise SystemExit(done.stderr)
