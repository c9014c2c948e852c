"""Several processes that train one model: as one would, and in parts where that was asked for."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from accelerate.commands.launch import (
    _validate_launch_command,
    launch_command_parser,
    prepare_multi_gpu_env,
)
from safetensors.torch import load_file

from advisor.engagement import codec
from advisor.engagement.folder import Engagement
from advisor.engagement.records.plan import Plan, TrainingSettings
from advisor.engagement.toml_out import to_toml
from tests.conftest import environment
from tests.harness.conftest import engagement_with, tickets, tiny_model
from tests.source import ROOT
from tests.trainers import exporting as made
from trainers.exports.accelerate import ddp, fsdp2

__all__ = ["tiny_model"]
# accelerate itself starts one process on a CPU, whatever the configuration says
TWO = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
SMALL = TrainingSettings(epochs=2, learning_rate=5e-3, rank=4, batch_size=5, evaluations=2)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """An engagement whose plan trains an adapter."""
    engagement = engagement_with(tmp_path_factory.mktemp("crew"), tickets(48))
    plan = Plan(arms=["floor", "lora", "full"], model=str(tiny_model), instruction="Sort:", training=SMALL)
    codec.write_text(engagement.plan_path, to_toml(plan))
    return engagement.root


@pytest.fixture(scope="module")
def crewed(fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same trained by two processes."""
    root = Path(shutil.copytree(fresh, tmp_path_factory.mktemp("crewed") / "client"))
    done = launched(root, ddp(2))
    assert done.returncode == 0, done.stderr
    assert "lora: " in done.stdout
    return root


def launched(root: Path, config: dict[str, Any], *, arm: str = "lora") -> subprocess.CompletedProcess[str]:
    """The training by two processes on this CPU, to its end."""
    process = started(root, config, arm=arm)
    said, complained = process.communicate(timeout=120)
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


def adapter(root: Path) -> dict[str, torch.Tensor]:
    """What was learnt."""
    (path,) = root.glob("models/*/weights/*model.safetensors")
    return load_file(path)


def test_two_processes_learn_what_one_does(fresh: Path, crewed: Path, tmp_path: Path) -> None:
    alone = Path(shutil.copytree(fresh, tmp_path / "client"))
    trained(alone)
    one, two = steps(alone), steps(crewed)
    assert [step["step"] for step in one] == [step["step"] for step in two]
    for name in ("loss", "grad_norm"):
        assert [step[name] for step in two] == pytest.approx([step[name] for step in one], rel=1e-4, abs=1e-4)
    learnt, also = adapter(alone), adapter(crewed)
    assert learnt.keys() == also.keys()
    assert max(float((learnt[name] - also[name]).abs().max()) for name in learnt) < 1e-4
    results = [next(root.glob("models/*/result.json")) for root in (alone, crewed)]
    assert results[0].parent.name == results[1].parent.name
    assert "trained by 2 processes with DDP" in results[1].read_text(encoding="utf-8")
    said = [json.loads(result.read_text(encoding="utf-8"))["evaluations"] for result in results]
    assert [one["loss"] for one in said[1]] == pytest.approx([one["loss"] for one in said[0]], rel=1e-4)


def trained(root: Path, arm: str = "lora") -> None:
    """The same by one process."""
    from advisor.cli.jobs import Work
    from advisor.engagement.progress import silent
    from harness.executors.local import Job

    engagement = Engagement(root)
    Work(engagement, engagement.plan(), on_progress=silent).train(Job("train", arm, 0))


def test_a_crew_that_was_stopped_goes_on_from_its_checkpoint(
    fresh: Path, crewed: Path, tmp_path: Path
) -> None:
    whole, cut = crewed, Path(shutil.copytree(fresh, tmp_path / "client"))
    begun = started(cut, ddp(2))
    while begun.poll() is None and not list(cut.glob("models/*/checkpoint/checkpoint-*/complete")):
        time.sleep(0.01)
    begun.send_signal(signal.SIGTERM)
    assert begun.wait(60) != 0
    assert not list(cut.glob("models/*/result.json"))
    before = len(steps(cut))
    assert 0 < before < len(steps(whole))
    assert launched(cut, ddp(2)).returncode == 0
    assert [step["loss"] for step in steps(cut)] == [step["loss"] for step in steps(whole)]
    one, other = adapter(whole), adapter(cut)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_sharding_that_is_not_on_ends_the_training(fresh: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(fresh, tmp_path / "client"))
    done = launched(root, fsdp2(2))
    assert done.returncode != 0
    assert "FSDP was asked for, and 100% of the weights lie whole in every process" in done.stderr
    assert "on a CPU accelerate takes DDP instead" in done.stderr
    assert not list(root.glob("models/*/result.json"))


@pytest.mark.parametrize(
    ("arm", "said"), [("floor", "`floor` is not trained"), ("lora", "for several processes, and it is alone")]
)
def test_what_no_crew_can_do_is_refused(arm: str, said: str, fresh: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(fresh, tmp_path / "client"))
    refused = subprocess.run(
        [sys.executable, "-m", "advisor.cli.crew", "-C", str(root), "--arm", arm],
        env=environment(),
        timeout=120,
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 3
    assert said in refused.stderr


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


@pytest.mark.parametrize("arm", ["lora", "full"])
def test_fsdp2_learns_what_one_process_does(arm: str, fresh: Path, tmp_path: Path) -> None:
    """accelerate is told that this CPU is a card: what follows is its own FSDP2."""
    alone, crew = (Path(shutil.copytree(fresh, tmp_path / name / "client")) for name in ("alone", "crew"))
    script = tmp_path / "pretending.py"
    script.write_text(PRETENDING, encoding="utf-8")
    process = started(crew, fsdp2(2), arm=arm, program=[str(script)])
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    trained(alone, arm)
    losses = [[step["loss"] for step in steps(root)] for root in (alone, crew)]
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)
    learnt, also = adapter(alone), adapter(crew)
    assert learnt.keys() == also.keys()
    assert max(float((learnt[name] - also[name]).abs().max()) for name in learnt) < 1e-4
    (result,) = crew.glob("models/*/result.json")
    assert "trained by 2 processes with FSDP2" in result.read_text(encoding="utf-8")


PARTED = """
import os, sys, torch, torch.distributed as dist
from pathlib import Path
from transformers import AutoModelForCausalLM
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from trainers import sharding
from trainers.weights import keep_trained, load_trained
dist.init_process_group("gloo")
torch.manual_seed(0)
model, out = AutoModelForCausalLM.from_pretrained(sys.argv[1]), Path(sys.argv[2])
ids = torch.arange(24).reshape(2, 12)
whole = model(ids, labels=ids).loss
mesh = init_device_mesh("cpu", (2,))
os.environ["ACCELERATE_USE_FSDP"] = "true"
try:
    sharding.refuse_unparted(model)
    raise SystemExit("a whole model was taken for a parted one")
except sharding.RunFailed:
    pass
for layer in model.model.layers:
    fully_shard(layer, mesh=mesh)
fully_shard(model, mesh=mesh)
sharding.refuse_unparted(model)
assert sharding.parted(model) == 1.0
before = {name: value.clone() for name, value in sharding.whole_state(model).items()}
mine = out / str(dist.get_rank())
mine.mkdir()
keep_trained(model, mine)
loss = model(ids, labels=ids).loss
assert abs(float(loss) - float(whole)) < 1e-5
loss.backward()
torch.optim.SGD(model.parameters(), 0.1).step()
moved = sharding.whole_state(model)
assert any(not torch.equal(moved[name], before[name]) for name in before)
load_trained(model, mine)
again = sharding.whole_state(model)
assert all(torch.equal(again[name], before[name]) for name in before)
dist.destroy_process_group()
"""


def test_weights_in_parts_are_written_whole_and_read_back(tiny_model: Path, tmp_path: Path) -> None:
    script = tmp_path / "parted.py"
    script.write_text(PARTED, encoding="utf-8")
    done = subprocess.run(
        [*TWO, str(script), str(tiny_model), str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        timeout=120,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    one, two = (load_file(tmp_path / str(rank) / "trained.safetensors") for rank in range(2))
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_accelerate_reads_what_is_written(tmp_path: Path) -> None:
    from accelerate.commands.config.config_args import load_config_from_file

    client = made.engagement(tmp_path, agreed=made.plan(model="Qwen/Qwen3-32B", arms=["lora", "full"]))
    files = made.render(client, "accelerate").files
    for name, kind in (("fsdp2.yaml", "FSDP"), ("ddp.yaml", "MULTI_GPU")):
        path = tmp_path / name
        path.write_text(files[name], encoding="utf-8")
        read = load_config_from_file(str(path))
        assert read.distributed_type == kind
        assert read.num_processes >= 2
        assert read.mixed_precision == "bf16"
    asked = load_config_from_file(str(tmp_path / "fsdp2.yaml")).fsdp_config
    assert asked["fsdp_version"] == 2
    lines = [line for line in files["train.sh"].splitlines() if line.startswith("accelerate launch")]
    assert [line.split("--arm ")[1] for line in lines] == ["lora --seed 7", "full --seed 7"]
    shell = subprocess.run(
        ["bash", "-n"], input=files["train.sh"], text=True, capture_output=True, check=False
    )
    assert shell.returncode == 0, shell.stderr


def test_fsdp2_options_are_those_that_the_plugin_knows() -> None:
    from accelerate.utils import FullyShardedDataParallelPlugin

    known = {name.removeprefix("fsdp_") for name in fsdp2(2)["fsdp_config"]}  # type: ignore[union-attr]
    fields = {field.removeprefix("fsdp_") for field in FullyShardedDataParallelPlugin.__dataclass_fields__}
    assert known - {"offload_params"} <= fields
    assert "cpu_offload" in fields
