"""Crews of two processes on this CPU, launched as accelerate launches its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from advisor.engagement import codec
from advisor.engagement.folder import Engagement
from advisor.engagement.records.plan import Plan, TrainingSettings
from advisor.engagement.toml_out import to_toml
from tests.harness.conftest import engagement_with, tickets
from tests.source import ROOT

# accelerate itself starts one process on a CPU, whatever the configuration says
TWO = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
SMALL = TrainingSettings(epochs=2, learning_rate=5e-3, rank=4, batch_size=5, evaluations=2, keep_4bit=True)


PRETENDING = """
import sys
from accelerate.state import DistributedType, PartialState
begin = PartialState.__init__
def pretend(self, *arguments, **named):
    known = self.initialized
    begin(self, *arguments, **named)
    if not known:
        self.distributed_type = DistributedType.MULTI_GPU
PartialState.__init__ = pretend
from advisor.cli.crew import command
from advisor.cli.main import run
sys.exit(run(command, sys.argv[1:], name="crew"))
"""


def prepared(folder: Path, model: Path) -> Path:
    """An engagement below the folder whose plan trains two kinds of adapter and the whole model."""
    engagement = engagement_with(folder, tickets(48))
    arms = ["floor", "lora", "qlora", "full"]
    plan = Plan(arms=arms, model=str(model), instruction="Sort:", training=SMALL)
    codec.write_text(engagement.plan_path, to_toml(plan))
    return engagement.root


def launched(root: Path, config: dict[str, Any], *, arm: str = "lora") -> subprocess.CompletedProcess[str]:
    """The training by two processes on this CPU, to its end."""
    return _ended(started(root, config, arm=arm))


def pretended(root: Path, config: dict[str, Any], *, arm: str = "lora") -> subprocess.CompletedProcess[str]:
    """The same where accelerate is told that this CPU is a card: what follows is its own FSDP2."""
    script = root.parent / "pretending.py"
    script.write_text(PRETENDING, encoding="utf-8")
    return _ended(started(root, config, arm=arm, program=[str(script)]))


def _ended(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    said, complained = process.communicate(timeout=300)
    return subprocess.CompletedProcess(process.args, process.returncode, said, complained)


def started(
    root: Path,
    config: dict[str, Any],
    *,
    arm: str = "lora",
    program: Sequence[str] = ("-m", "advisor.cli.crew"),
) -> subprocess.Popen[str]:
    """Two processes, told of the configuration as accelerate tells its own."""
    path = root.parent / "config.yaml"
    path.write_text(yaml.safe_dump(config | {"mixed_precision": "no"}), encoding="utf-8")
    from accelerate.commands.launch import (
        _validate_launch_command,
        launch_command_parser,
        prepare_multi_gpu_env,
    )

    args = launch_command_parser().parse_args(["--config_file", str(path), "a script"])
    args, _, _ = _validate_launch_command(args)
    told = {
        name: value
        for name, value in prepare_multi_gpu_env(args).items()
        if name.startswith(("ACCELERATE_", "FSDP_"))
    }
    here = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.Popen(
        [*TWO, *program, "-C", str(root), "--arm", arm],
        env=os.environ | told | here | {"ACCELERATE_USE_CPU": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def steps(root: Path) -> list[dict[str, Any]]:
    """Lines of the only training."""
    (path,) = root.glob("models/*/steps.jsonl")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def furthest(one: Path, other: Path) -> float:
    """The largest difference between what the two have learnt; the weights are of the same names."""
    from safetensors.torch import load_file

    files = [next(root.glob("models/*/weights/*model.safetensors")) for root in (one, other)]
    learnt, also = (load_file(path) for path in files)
    assert learnt.keys() == also.keys()
    return max(float((learnt[name] - also[name]).abs().max()) for name in learnt)


def trained(root: Path, arm: str = "lora") -> None:
    """The same by one process."""
    from advisor.cli.jobs import Work
    from advisor.engagement.progress import silent
    from harness.executors.local import Job

    engagement = Engagement(root)
    Work(engagement, engagement.plan(), on_progress=silent).train(Job("train", arm, 0))
