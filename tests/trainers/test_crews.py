"""Several processes that train one model: as one would, and in parts where that was asked for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file

from advisor.cli.crew import command
from advisor.engagement.errors import TunecaseError
from tests.harness.conftest import tiny_model
from tests.source import ROOT
from tests.trainers import exporting as made
from tests.trainers.crewing import TWO, furthest, launched, prepared, steps, trained
from trainers.exports.accelerate import ddp, fsdp2
from trainers.language.loading import load_network

__all__ = ["tiny_model"]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """An engagement whose plan trains an adapter; copy it."""
    return prepared(tmp_path_factory.mktemp("crew"), tiny_model)


def test_two_processes_learn_what_one_does(fresh: Path, tmp_path: Path) -> None:
    alone, crewed = (Path(shutil.copytree(fresh, tmp_path / name / "client")) for name in ("alone", "crew"))
    trained(alone)
    done = launched(crewed, ddp(2))
    assert done.returncode == 0, done.stderr
    assert "lora: " in done.stdout
    one, two = steps(alone), steps(crewed)
    assert [step["step"] for step in one] == [step["step"] for step in two]
    for name in ("loss", "grad_norm"):
        assert [step[name] for step in two] == pytest.approx([step[name] for step in one], rel=1e-4, abs=1e-4)
    assert furthest(alone, crewed) < 1e-4
    results = [next(root.glob("models/*/result.json")) for root in (alone, crewed)]
    assert results[0].parent.name == results[1].parent.name
    assert "trained by 2 processes with DDP" in results[1].read_text(encoding="utf-8")
    said = [json.loads(result.read_text(encoding="utf-8"))["evaluations"] for result in results]
    assert [one["loss"] for one in said[1]] == pytest.approx([one["loss"] for one in said[0]], rel=1e-4)


@pytest.mark.parametrize(
    ("arm", "said"), [("floor", "`floor` is not trained"), ("lora", "for several processes, and it is alone")]
)
def test_what_no_crew_can_do_is_refused(arm: str, said: str, fresh: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(fresh, tmp_path / "client"))
    refused = CliRunner().invoke(command, ["-C", str(root), "--arm", arm])
    assert isinstance(refused.exception, TunecaseError)
    assert said in refused.exception.problem


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
dist.barrier()
dist.destroy_process_group()
# threads of gloo that are still there when C++ is torn down abort a process that has done all it should
os._exit(0)
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


def test_the_4_bit_base_of_a_crew_lies_in_numbers_that_fsdp2_parts(tiny_model: Path) -> None:
    for place, parted in ((torch.device("cpu"), True), (None, False)):
        network = load_network(tiny_model, quantised=True, place=place)
        packed = [one for one in network.parameters() if type(one).__name__ == "Params4bit"]
        assert packed
        assert {weight.is_floating_point() for weight in packed} == {parted}


def test_accelerate_reads_what_is_written(tmp_path: Path) -> None:
    from accelerate.commands.config.config_args import load_config_from_file

    client = made.engagement(
        tmp_path, agreed=made.plan(model="Qwen/Qwen3-32B", arms=["lora", "qlora", "full"])
    )
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
    assert [line.split("--arm ")[1] for line in lines] == [
        "lora --seed 7",
        "qlora --seed 7",
        "full --seed 7",
    ]
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
