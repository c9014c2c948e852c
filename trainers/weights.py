"""The network before training, its moving weights during it, and the files after it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from advisor.engagement import codec
from advisor.engagement.errors import PlanError, RunFailed
from advisor.engagement.folder import ModelFolder
from advisor.engagement.records.plan import TrainingSettings
from advisor.engagement.records.runs import Evaluation
from trainers.language import loading
from trainers.language.resolving import TOKENIZER_FILES, snapshot
from trainers.methods._kind import Method
from trainers.objectives._kind import Job
from trainers.sharding import like, whole, whole_state

TRAINED = "trained.safetensors"
FIRST = "first_adapter"


def prepare(
    job: Job, method: Method, *, alike: bool = False, place: torch.device | None = None
) -> tuple[Any, int]:
    """The base with a fresh or given adapter, or the whole base; and how many layers were held in 4-bit.

    A 4-bit base is opened once where memory allows: the numbers are those of the 4-bit weights, the speed
    is that of 16 bits (same logits to the bit, measured with bitsandbytes 0.50). `alike` keeps the attention
    that answers will be given with, for trainers that pad. `place` is for the base, if not the device.
    """
    settings = job.spec.settings
    network = loading.load_network(
        snapshot(job.model),
        quantised=method.quantised,
        full_precision=not method.adapter,
        training=not alike,
        place=place,
    )
    four_bit = loading.four_bit_layers(network)
    if four_bit and not settings.keep_4bit and loading.has_room_for_16_bits(network):
        network = loading.opened(network)
    if not method.adapter:
        return network.requires_grad_(True), four_bit
    network.requires_grad_(False)
    if job.begin_with is not None:
        return loading.attach(network, job.begin_with, trainable=True), four_bit
    return _with_adapter(job, network, method), four_bit


def attached(job: Job, method: Method, start: Path) -> tuple[Any, int]:
    """The network as an earlier training left it, its adapter or all its weights free to move."""
    if not method.adapter:
        return loading.load_network(start, full_precision=True).requires_grad_(True), 0
    return prepare(replace(job, begin_with=start), method, alike=True)


def prepare_reward(job: Job, method: Method, *, pad: int) -> tuple[Any, int]:
    """The base with a number at its end, drawn from the job's seed, and the method's adapter."""
    torch.manual_seed(job.spec.seed)
    network = loading.load_reward_network(
        snapshot(job.model), quantised=method.quantised, full_precision=not method.adapter
    )
    network.config.get_text_config().pad_token_id = pad
    four_bit = loading.four_bit_layers(network)
    if four_bit and not job.spec.settings.keep_4bit and loading.has_room_for_16_bits(network):
        network = loading.opened(network)
    if not method.adapter:
        return network.requires_grad_(True), four_bit
    from peft import get_peft_model

    network.requires_grad_(False)
    config = adapter_config(job.spec.settings, method, task_type="SEQ_CLS")
    return get_peft_model(network, config), four_bit


def _with_adapter(job: Job, network: Any, method: Method) -> Any:
    """A fresh adapter; its first weights have their own seed."""
    from peft import get_peft_model

    settings = job.spec.settings
    if settings.variant == "pissa" and method.quantised:
        raise PlanError(
            "pissa takes its first weights from the base, which qlora holds in 4-bit",
            fix='set variant = "lora" under [training] in plan.toml, or take the arm lora',
        )
    torch.manual_seed(job.spec.seed)
    wrapped = get_peft_model(network, adapter_config(settings, method))
    if settings.variant == "pissa":
        # peft turns it into an adapter on the untouched base at the end, by the difference to this one
        wrapped.peft_config["default"].init_lora_weights = True
        wrapped.save_pretrained(job.folder.root / FIRST, safe_serialization=True)
        wrapped.peft_config["default"].init_lora_weights = "pissa"
    return wrapped


def adapter_config(settings: TrainingSettings, method: Method, *, task_type: str = "CAUSAL_LM") -> Any:
    """peft's configuration of the adapter; alpha is twice the rank."""
    from peft import LoraConfig

    return LoraConfig(
        r=settings.rank,
        lora_alpha=2 * settings.rank,
        lora_dropout=settings.dropout,
        target_modules=method.target_modules,
        use_rslora=settings.variant == "rslora",
        use_dora=settings.variant == "dora",
        init_lora_weights="pissa" if settings.variant == "pissa" else True,
        task_type=task_type,
    )


def keep_trained(network: Any, folder: Path) -> None:
    """The moving weights as they are now."""
    from safetensors.torch import save_file

    moving = {
        name: whole(weight).detach().cpu().contiguous().clone()
        for name, weight in network.named_parameters()
        if weight.requires_grad
    }
    save_file(moving, folder / TRAINED)


def load_trained(network: Any, folder: Path) -> None:
    """Back to the weights that `keep_trained` wrote; every moving weight must be there."""
    from safetensors.torch import load_file

    kept = load_file(folder / TRAINED)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if weight.requires_grad:
                weight.copy_(like(weight, kept[name]))


def settle(
    network: Any, folder: ModelFolder, evaluations: Sequence[Evaluation], best: Evaluation | None
) -> None:
    """Back to the best weights where later ones were worse; raises RunFailed where a weight is not finite."""
    if best is not None and best.step != evaluations[-1].step:
        load_trained(network, folder.best_path)
    for name, weight in network.named_parameters():
        if weight.requires_grad and not torch.isfinite(whole(weight)).all():
            raise RunFailed(f"{name} is not finite after training", fix="lower learning_rate in plan.toml")


def answer_plainly(network: Any, *, end: int | None) -> None:
    """Greedy answers that end at the tokenizer's end token, as they are measured: servers read it here."""
    for name in ("temperature", "top_p", "top_k", "repetition_penalty", "no_repeat_ngram_size"):
        setattr(network.generation_config, name, None)
    network.generation_config.do_sample = False
    network.generation_config.eos_token_id = end


def save(job: Job, network: Any, method: Method) -> None:
    """Adapter in peft's format, or the whole model with the base's own tokenizer files; then renamed."""
    target = job.folder.weights_path
    staging = target.with_name(f"{target.name}.part")
    shutil.rmtree(staging, ignore_errors=True)
    if not method.adapter and getattr(network, "generation_config", None) is not None:
        answer_plainly(network, end=loading.load_tokenizer(job.model).eos_token_id)
    first = job.folder.root / FIRST
    if method.adapter and job.spec.settings.variant == "pissa" and job.begin_with is None:
        network.save_pretrained(
            staging, safe_serialization=True, path_initial_model_for_weight_conversion=str(first)
        )
        shutil.rmtree(first, ignore_errors=True)
    else:
        network.save_pretrained(staging, safe_serialization=True, state_dict=whole_state(network))
    _order_targets(staging / "adapter_config.json")
    if not method.adapter:
        for name in TOKENIZER_FILES:
            if (snapshot(job.model) / name).is_file():
                shutil.copyfile(snapshot(job.model) / name, staging / name)
    shutil.rmtree(target, ignore_errors=True)
    staging.rename(target)


def _order_targets(path: Path) -> None:
    """peft writes the set of target modules in an order that changes from process to process."""
    if path.exists():
        config = json.loads(path.read_text(encoding="utf-8"))
        config["target_modules"] = sorted(config["target_modules"])
        codec.write_text(path, json.dumps(config, indent=2, sort_keys=True) + "\n")


def parameters(network: Any) -> int:
    """Parameters of the model; a 4-bit tensor holds two in each byte."""
    count = 0
    for weight in network.parameters():
        state = getattr(weight, "quant_state", None)
        count += state.shape.numel() if state is not None else weight.numel()
    return count
