"""From a setup to bytes on one card: terms added up for each phase of a step, the largest phase counts."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from advisor.engagement.records.advice import Range

from ..setup import Setup, Technique
from . import activations, context, preference, sharding
from .adapters import adapter_params, trained_embedding_params
from .frameworks import habits, uses_deepspeed
from .logits import logit_bytes
from .measured import (
    FITTED,
    LONGEST_ROW,
    RESERVED_OVER_ALLOCATED,
    UNSPECIFIED_OVER_ALLOCATED,
    Fitted,
)
from .optimizer import EIGHT_BIT, Cost, cost_per_parameter, deepspeed_cost
from .weights import BYTES, autocast_bytes, dequantised_bytes, frozen_bytes, is_full, is_quantised

Metric = Literal["allocated", "reserved", "active", "capacity", "unspecified"]
GIB = 2.0**30
SOURCES = (
    "weights, states and sharding: arXiv 1910.02054, 2305.14314, 2106.09685",
    "activations: arXiv 2205.05198 and the modelling code of transformers",
    "checked against 328 published runs: fms-acceleration, Qwen, ms-swift, torchtune, litgpt, PEFT, unsloth",
)


class Parts(NamedTuple):
    """Bytes on one card at the peak of a step, by what they are for."""

    weights: float
    """Base model, reference model."""
    adapters: float
    """Adapters and trained copies of embeddings."""
    gradients: float
    """Of what is trained."""
    optimizer: float
    """States, and temporaries if the peak is in the step."""
    activations: float
    """Stored for and live in the backward pass; the cache while completions are sampled."""
    logits: float
    """Logits and loss."""
    buffers: float
    """Gathered layers, unpacked matrices."""

    def total(self) -> float:
        """All of them."""
        return sum(self)


class MemoryEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """Memory of one card in GiB, with 80 % bands."""

    allocated: Range
    """Peak of what tensors take: `torch.cuda.max_memory_allocated`."""
    device: Range
    """What the card shows: with the CUDA context and what the allocator keeps."""
    breakdown_gib: dict[str, float]
    """Parts of the likely figure; all but `context` add up to `allocated`, with it to `device`."""
    sources: list[str]
    """Where the terms come from."""
    reserved: Range
    """What the allocator holds: `torch.cuda.max_memory_reserved`."""
    capacity: Range
    """What a card must have for the run to fit: tensors, fragments and context, nothing kept for later."""
    unspecified: Range
    """A figure that does not say what it counts, as tables often give it."""

    def in_metric(self, metric: str) -> Range:
        """The band in the measure a figure was taken in; an unknown one counts as unspecified."""
        return {
            "allocated": self.allocated,
            "active": self.allocated,
            "reserved": self.reserved,
            "capacity": self.capacity,
        }.get(metric, self.unspecified)


def estimate(setup: Setup, *, fitted: Fitted = FITTED) -> MemoryEstimate:
    """Memory of one card while the setup trains, without loading anything."""
    parts = peak(setup)
    likely = parts.total() / GIB
    low, high = context.band(setup, fitted)
    allocated = Range(low=likely * low, likely=likely, high=likely * high)
    device = context.device(allocated, setup.gpu)
    breakdown = {name: value / GIB for name, value in parts._asdict().items()}
    return MemoryEstimate(
        allocated=allocated,
        device=device,
        breakdown_gib={**breakdown, "context": device.likely - allocated.likely},
        sources=[*SOURCES, *(["shape guessed from the number of parameters"] if setup.shape.guessed else [])],
        reserved=context.scaled(allocated, RESERVED_OVER_ALLOCATED),
        capacity=context.need(allocated),
        unspecified=context.scaled(allocated, UNSPECIFIED_OVER_ALLOCATED),
    )


def fits(found: MemoryEstimate, gpu: str) -> tuple[bool, bool]:
    """Whether the likely need is within the card's usable memory, and whether the band's high end is.

    On a named card `device` never exceeds the card unless the need does, so both say the same of it.
    """
    room = context.usable_gib(gpu)
    return found.capacity.likely <= room, found.capacity.high <= room


def peak(setup: Setup) -> Parts:
    """The largest phase of a step, at most what the run needs without quantisation or without adapters.

    LoRA can store more than full training where PEFT's copies of inputs outgrow the optimizer's states; one
    would then train fully, so the cap keeps QLoRA <= LoRA <= full.
    """
    return min(map(largest_phase, (setup, *_heavier(setup))), key=Parts.total)


def _heavier(setup: Setup) -> list[Setup]:
    plain: dict[Technique, Technique] = {
        "qlora": "lora",
        "dpo_qlora": "dpo_lora",
        "grpo_qlora": "grpo_lora",
    }
    full: dict[Technique, Technique] = {"lora": "full", "dora": "full", "dpo_lora": "dpo_full"}
    adapted = plain.get(setup.technique, setup.technique)
    found = [] if adapted == setup.technique else [msgspec.structs.replace(setup, technique=adapted)]
    if adapted in full:
        found.append(msgspec.structs.replace(setup, technique=full[adapted]))
    return [msgspec.structs.replace(one, quantisation=None) for one in found]


def largest_phase(setup: Setup) -> Parts:
    """Start of the backward pass, its end, the optimizer's step: the one that needs most."""
    if not setup.checkpointing:
        checkpointed = msgspec.structs.replace(setup, checkpointing=True)
        return max(_largest(setup), _largest(checkpointed), key=Parts.total)
    return _largest(setup)


def tokens_per_pass(setup: Setup) -> float:
    """Tokens one card holds at once: rows x length, twice for pairs."""
    length = min(setup.seq_len, LONGEST_ROW) if setup.length_is_cap else setup.seq_len
    return float(length * setup.batch_size * preference.rows_per_example(setup))


def _largest(setup: Setup) -> Parts:
    held, tokens = _held(setup), tokens_per_pass(setup)
    one_layer, stored = (tokens * each for each in _live(setup))
    logits = logit_bytes(setup, tokens=tokens)
    in_flight = one_layer if setup.checkpointing else tokens * activations.backward_bytes(setup.shape)
    at_loss = logits >= in_flight
    start = held._replace(
        gradients=0.0,
        activations=stored + (0.0 if at_loss else in_flight),
        logits=logits if at_loss else 0.0,
    )
    end = held._replace(activations=one_layer if setup.checkpointing else one_layer + in_flight)
    rollout = held._replace(gradients=0.0, activations=preference.rollout_bytes(setup, tokens=tokens))
    return max(start, end, rollout, _step(setup, held), _load(setup, held), key=Parts.total)


def _live(setup: Setup) -> tuple[float, float]:
    """Bytes per token: one layer at work, everything stored."""
    shape, own = setup.shape, habits(setup)
    layer = activations.layer_bytes(setup, adapter_copies=own.adapter_copies)
    if not setup.checkpointing:
        return layer, layer * shape.layers
    upcast = is_quantised(setup) and own.upcasts_nf4 and setup.quantisation not in ("int4", "int8")
    stored = activations.stored_bytes(shape, width=4.0 if upcast else BYTES[setup.dtype])
    if setup.offload in ("activations", "all"):
        stored *= min(1.0, 2.0 / shape.layers)  # the layer in use and the one fetched ahead
    work = layer + activations.backward_bytes(shape)
    return work * sharding.working_layers(setup, whole=not own.per_parameter_fsdp), stored


def _held(setup: Setup) -> Parts:
    """What lies on the card in every phase of the backward pass."""
    shape, own = setup.shape, habits(setup)
    share, states = sharding.weight_share(setup), sharding.state_share(setup)
    base = frozen_bytes(setup, upcasts=own.upcasts_nf4)
    gathered = (
        sharding.gather_bytes(setup, whole=not own.per_parameter_fsdp)
        + dequantised_bytes(setup)
        + autocast_bytes(setup)
    )
    if is_full(setup):
        cost, count = full_cost(setup), shape.params_b * 1e9
        weights = count * cost.weights * share if setup.offload != "all" else 0.0
        return Parts(
            weights=weights + preference.reference_bytes(setup) * share,
            adapters=0.0,
            gradients=count * cost.gradients * states,
            optimizer=count * cost.states * states,
            activations=0.0,
            logits=0.0,
            buffers=gathered,
        )
    trained, width = adapter_params(setup), 4.0 if own.adapters_fp32 else BYTES[setup.dtype]
    small = _adapter_cost(setup, width=width)
    copied = trained_embedding_params(setup)
    large = _embedding_cost(setup)
    return Parts(
        weights=base * share if setup.offload != "all" else 0.0,
        adapters=(trained * small.weights + copied * large.weights) * share,
        gradients=(trained * small.gradients + copied * large.gradients) * states,
        optimizer=(trained * small.states + copied * large.states) * states,
        activations=0.0,
        logits=0.0,
        buffers=gathered,
    )


def _load(setup: Setup, held: Parts) -> Parts:
    """Where a framework splits the model on the card: the whole beside the share."""
    if not (habits(setup).loads_whole and sharding.divides_weights(setup)):
        return held
    whole = frozen_bytes(setup, upcasts=False)
    return held._replace(gradients=0.0, optimizer=0.0, buffers=held.buffers + whole)


def full_cost(setup: Setup) -> Cost:
    """Bytes per parameter of full training."""
    if uses_deepspeed(setup):
        return deepspeed_cost(setup, one_card=setup.gpus == 1)
    up = setup.master_fp32 if setup.master_fp32 is not None else sharding.divides_weights(setup)
    return cost_per_parameter(setup, width=4.0 if up else BYTES[setup.dtype])


def _adapter_cost(setup: Setup, *, width: float) -> Cost:
    if uses_deepspeed(setup):
        return deepspeed_cost(setup, one_card=False)
    return cost_per_parameter(setup, width=width)


def _embedding_cost(setup: Setup) -> Cost:
    """Of an embedding trained beside adapters, in 16 bits.

    DeepSpeed: 2 copy + 2 gradient + 8 moments = 12; measured 11.4 to 12 on Qwen 1.8B to 14B (Qwen README).
    """
    if not uses_deepspeed(setup):
        return cost_per_parameter(setup, width=BYTES[setup.dtype])
    states = {"adamw8bit": EIGHT_BIT, "sgd": 0.0}.get(setup.optimizer, 8.0)
    return Cost(weights=2.0, gradients=2.0, states=states, step=0.0)


def _step(setup: Setup, held: Parts) -> Parts:
    """The optimizer's step: no activations, no gathered layers, its temporaries besides."""
    states = sharding.state_share(setup)
    if is_full(setup):
        extra = setup.shape.params_b * 1e9 * full_cost(setup).step
    else:
        width = 4.0 if habits(setup).adapters_fp32 else BYTES[setup.dtype]
        extra = adapter_params(setup) * _adapter_cost(setup, width=width).step
        extra += trained_embedding_params(setup) * _embedding_cost(setup).step
    return held._replace(optimizer=held.optimizer + extra * states, buffers=0.0)
