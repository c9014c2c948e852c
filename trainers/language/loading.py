"""Tokenizer, model and adapter into memory: safetensors only, no remote code, adapters checked key by key."""

from __future__ import annotations

import math
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BitsAndBytesConfig,
)

from advisor.engagement import machine
from advisor.engagement.errors import MissingPackage, RunFailed
from trainers.language import attention, holding
from trainers.language.resolving import snapshot

GIB = 1 << 30
FOUR_BIT_BYTES = 0.6
"""Per parameter: nf4 with double quantisation takes 0.52, embeddings and norms stay in 16 bits."""
BESIDES = 1.2
"""What answering takes in all, over the weights: keys and values, logits, fragments. Assumption."""


@dataclass(frozen=True)
class Language:
    """A model ready to predict."""

    network: Any
    """The network in evaluation mode."""
    tokenizer: Any
    """Its tokenizer."""
    device: torch.device
    """Where the network is."""
    name: str
    """As the plan names it."""


def device() -> torch.device:
    """This process's CUDA device, the first where it is not one of several, else the CPU."""
    number = int(os.environ.get("LOCAL_RANK", "0"))
    return torch.device("cuda", number) if torch.cuda.is_available() else torch.device("cpu")


def device_name() -> str:
    """`cpu`, or the GPU's name."""
    return torch.cuda.get_device_name(0) if torch.cuda.is_available() else "cpu"


def compute_dtype() -> torch.dtype:
    """fp32 on a CPU; bf16 on a GPU that has it, else fp16."""
    if not torch.cuda.is_available():
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def load_tokenizer(model: str) -> Any:
    """The model's own tokenizer."""
    return AutoTokenizer.from_pretrained(snapshot(model))


def padding(tokenizer: Any) -> int:
    """Id that fills a batch: the padding token, or the end token where there is none; never trained on."""
    return int(tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id)


def load_language(
    model: str, *, quantised: bool = False, adapter: Path | None = None, held: bool = False
) -> Language:
    """The base model, in 4-bit if asked, with an adapter or fully trained weights if given.

    `held`: the base is taken from memory where it answered last, which ends the use of that one.
    """
    tokenizer = load_tokenizer(model)
    if adapter is not None and (adapter / "config.json").is_file():
        holding.release()
        return Language(load_network(adapter, answering=True).eval(), tokenizer, device(), model)
    folder = snapshot(model)

    def load() -> Any:
        return load_network(folder, quantised=quantised, answering=True).eval()

    if held:
        network = holding.base(holding.key_of(folder, quantised=quantised), load)
    else:
        holding.release()
        network = load()
    if adapter is not None:
        network = attach(network, adapter)
        if held:
            holding.lend(network)
    return Language(network.eval(), tokenizer, device(), model)


def load_network(
    folder: Path,
    *,
    quantised: bool = False,
    full_precision: bool = False,
    training: bool = False,
    answering: bool = False,
    place: torch.device | None = None,
) -> Any:
    """A causal language model from safetensors; 4-bit is nf4 with double quantisation (arXiv 2305.14314, 3).

    Weights that all move are held in fp32: bf16 rounds small updates away. For training on a card, rows
    lie end to end where every layer attends to all that came before. `place` is where it goes, if not to
    this process's device. For answering, layers go to several GPUs where one does not hold them all.
    """
    if not answering:
        holding.release()
    dtype = torch.float32 if full_precision else compute_dtype()
    options: dict[str, Any] = {"dtype": dtype, "use_safetensors": True}
    if training and attention.available() and _attends_fully(folder):
        attention.register()
        options["attn_implementation"] = attention.PACKED
    if quantised:
        # FSDP2 parts floating point numbers only: the 4-bit weights lie in those of the dtype they compute in
        options["quantization_config"] = _nf4(storage=None if place is None else dtype)
        options["device_map"] = {"": device()}
    over_several = several_cards(folder, quantised=quantised) if answering else {}
    network = AutoModelForCausalLM.from_pretrained(folder, **options | over_several)
    if not quantised:
        return network if over_several else network.to(place or device())
    _spare_cpu_repacking(network)
    return network


def load_reward_network(folder: Path, *, quantised: bool = False, full_precision: bool = False) -> Any:
    """The base with one number at its end instead of a vocabulary; that head is drawn from torch's seed."""
    holding.release()
    dtype = torch.float32 if full_precision else compute_dtype()
    options: dict[str, Any] = {"dtype": dtype, "use_safetensors": True, "num_labels": 1}
    if quantised:
        options["quantization_config"] = _nf4(skip=["score"])
        options["device_map"] = {"": device()}
    network = AutoModelForSequenceClassification.from_pretrained(folder, **options)
    if not quantised:
        return network.to(device())
    _spare_cpu_repacking(network)
    return network


def several_cards(folder: Path, *, quantised: bool) -> dict[str, Any]:
    """What transformers is told where one GPU does not hold the weights; nothing where it does.

    Raises RunFailed where all GPUs of this process together do not: transformers would go on with the CPU.
    """
    if not torch.cuda.is_available() or "LOCAL_RANK" in os.environ:
        return {}
    each = FOUR_BIT_BYTES if quantised else compute_dtype().itemsize
    need = int(BESIDES * each * stored_parameters(folder))
    free = {number: int(torch.cuda.mem_get_info(number)[0]) for number in range(torch.cuda.device_count())}
    if need <= free[0]:
        return {}
    if need > sum(free.values()):
        raise RunFailed(
            f"{folder.name} needs {need / GIB:.0f} GiB to answer; free on {len(free)} GPUs of this process: "
            f"{sum(free.values()) / GIB:.0f} GiB",
            fix="run without --executor, which gives each job one GPU; or serve the model and ask it as the "
            "arm endpoint",
        )
    # no CPU among the places: layers there would answer some hundred times slower, without a word
    return {"device_map": "balanced", "max_memory": free}


def stored_parameters(folder: Path) -> int:
    """Numbers in a model's files, by their headers."""
    from safetensors import safe_open

    count = 0
    for path in folder.glob("*.safetensors"):
        with safe_open(path, framework="pt") as saved:
            count += sum(math.prod(saved.get_slice(name).get_shape()) for name in saved.keys())
    return count


def is_spread(network: Any) -> bool:
    """Whether its layers lie in several places."""
    return len(set(getattr(network, "hf_device_map", {}).values())) > 1


def _attends_fully(folder: Path) -> bool:
    from transformers import AutoConfig

    return attention.attends_fully(AutoConfig.from_pretrained(folder).get_text_config())


def has_room_for_16_bits(network: Any) -> bool:
    """Whether the base fits a second time, in the dtype that it computes in, and half as much again."""
    wanted = 0
    for weight in network.parameters():
        state = getattr(weight, "quant_state", None)
        if state is not None:
            wanted += state.shape.numel() * compute_dtype().itemsize
    where = device()
    free = free_on_card(where) if where.type == "cuda" else machine.free_memory_bytes()
    return 1.5 * wanted <= free


def free_on_card(where: torch.device) -> int:
    """Bytes that this process may still take of the GPU: what is free, or what is left of its share."""
    free = int(torch.cuda.mem_get_info(where)[0])
    share = machine.card_share_bytes()
    return free if share is None else max(0, min(free, share - torch.cuda.memory_reserved(where)))


def opened(network: Any) -> Any:
    """A 4-bit base as plain layers with the values of the 4-bit weights."""
    network = network.dequantize()
    # the marks of a quantised model survive (transformers 5.23) and would make libraries treat it as one
    network.is_loaded_in_4bit = network.is_quantized = False
    network.hf_quantizer = None
    if hasattr(network.config, "quantization_config"):
        del network.config.quantization_config
    return network.to(compute_dtype())


def four_bit_layers(network: Any) -> int:
    """How many linear layers hold 4-bit weights."""
    if "bitsandbytes" not in sys.modules:
        return 0
    import bitsandbytes

    return sum(isinstance(module, bitsandbytes.nn.Linear4bit) for module in network.modules())


def attach(network: Any, folder: Path, *, trainable: bool = False) -> Any:
    """A saved peft adapter on the network; a key that finds no place is an error, not a silence."""
    from peft import PeftModel
    from safetensors import safe_open

    with safe_open(folder / "adapter_model.safetensors", framework="pt") as saved:
        wanted = set(saved.keys())
    wrapped = PeftModel.from_pretrained(network, folder, is_trainable=trainable)
    from peft import get_peft_model_state_dict

    present = set(get_peft_model_state_dict(wrapped))
    if wanted != present:
        strange = sorted(wanted ^ present)[0]
        raise RunFailed(
            f"{folder}: the adapter does not fit the base model, first at {strange}",
            fix="name the model it was trained on",
        )
    return wrapped


def peak_memory_gib(where: torch.device) -> float:
    """Peak allocated since the last reset, on all GPUs where the process has several to itself.

    On a CPU the process's peak resident memory.
    """
    if where.type == "cuda":
        return float(sum(torch.cuda.max_memory_allocated(place) for place in _own_cards(where))) / GIB
    import resource

    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / GIB


def tidy_memory(where: torch.device) -> None:
    """Give a card back what earlier work has left there, so that the free memory is told as it is."""
    holding.free_cached()
    reset_peak_memory(where)


def reset_peak_memory(where: torch.device) -> None:
    """Start a new peak on the GPUs; a process's resident peak cannot be reset."""
    if where.type == "cuda":
        for place in _own_cards(where):
            torch.cuda.reset_peak_memory_stats(place)


def _own_cards(where: torch.device) -> list[int | torch.device]:
    """Every GPU where this process has all to itself, its own where it is one of a crew."""
    return [where] if "LOCAL_RANK" in os.environ else list(range(torch.cuda.device_count()))


def _nf4(skip: list[str] | None = None, *, storage: torch.dtype | None = None) -> BitsAndBytesConfig:
    try:
        import bitsandbytes  # noqa: F401
    except ImportError:
        raise MissingPackage("4-bit training needs bitsandbytes", fix="pip install 'tunecase[run]'") from None
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=compute_dtype(),
        bnb_4bit_quant_storage=storage,
        llm_int8_skip_modules=skip,
    )


def _spare_cpu_repacking(network: Any) -> None:
    # bitsandbytes 0.50 repacks weights in place at the first evaluation on CPUs with AVX512-BF16;
    # later training steps then lose the gradient through the frozen base, without a message.
    import bitsandbytes

    for module in network.modules():
        if isinstance(module, bitsandbytes.nn.Linear4bit):
            module.support_avx512bf16_for_cpu = False
