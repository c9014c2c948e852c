"""The memory model: published facts hold, more never needs less, and every model has an answer."""

from __future__ import annotations

import math
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.costing.memory import MemoryEstimate, estimate, fits, usable_gib
from advisor.costing.setup import TECHNIQUES, Setup, Shape, Technique
from advisor.costing.shapes import find_shape, from_params, parameters_b, shape_table
from advisor.engagement.records.advice import Range

GIB = 2.0**30
PARTS = ["weights", "adapters", "gradients", "optimizer", "activations", "logits", "buffers", "context"]
METRICS = ["allocated", "reserved", "active", "capacity", "unspecified"]


def setup(model: str = "mistral-7b", technique: Technique = "lora", **more: object) -> Setup:
    """A published run: packed rows of 4096 tokens, recomputed layers, adapters on the attention."""
    plain = Setup(
        shape=find_shape(model),
        technique=technique,
        seq_len=4096,
        batch_size=4,
        targets=("q", "k", "v", "o"),
        framework="fms",
        attention="flash",
    )
    return msgspec.structs.replace(plain, **more)  # type: ignore[arg-type]


def likely(one: Setup) -> float:
    """Allocated GiB."""
    return estimate(one).allocated.likely


def slope(one: Setup) -> float:
    """Bytes per further token, between 4 and 16 rows."""
    more = msgspec.structs.replace(one, batch_size=16)
    return (likely(more) - likely(one)) * GIB / (12 * one.seq_len)


def named(gpu: str, gib: float) -> MemoryEstimate:
    """Some estimate with this likely allocated memory."""
    found = estimate(msgspec.structs.replace(setup(), gpu=gpu))
    band = Range(low=gib, likely=gib, high=gib * 1.5)
    return msgspec.structs.replace(found, allocated=band, capacity=band)


# Published facts


@pytest.mark.parametrize(("model", "measured"), [("mistral-7b", 67.46), ("llama-3-8b", 74.80)])
@pytest.mark.parametrize("rows", [1, 4])
def test_full_training_in_16_bits_peaks_in_the_step_at_ten_bytes_per_parameter(
    model: str, measured: float, rows: int
) -> None:
    found = likely(setup(model, "full", batch_size=rows, loss="fused"))
    assert found == pytest.approx(measured, rel=0.002)


@pytest.mark.parametrize(("cards", "measured"), [(2, 67.46), (4, 33.74)])
def test_sharded_mixed_precision_holds_trained_weights_in_32_bits(cards: int, measured: float) -> None:
    one = setup("mistral-7b", "full", gpus=cards, sharding="fsdp", loss="fused")
    assert likely(one) == pytest.approx(measured, rel=0.01)
    pure = msgspec.structs.replace(one, master_fp32=False)
    assert likely(pure) < 0.75 * likely(one)


def test_deepspeed_needs_eighteen_bytes_per_parameter_on_two_cards_and_more_on_one() -> None:
    two = likely(setup("qwen-7b", "full", gpus=2, sharding="zero3", seq_len=256, batch_size=1))
    assert two == pytest.approx(69.6, rel=0.05)
    one = likely(setup("qwen-1.8b", "full", framework="transformers+deepspeed", batch_size=1, seq_len=512))
    assert one == pytest.approx(43.5, rel=0.08)


@pytest.mark.parametrize(
    ("more", "kilobytes"),
    [
        ({"framework": "foak", "loss": "fused"}, 541),
        ({"framework": "foak", "loss": "fused", "gpus": 2, "sharding": "fsdp"}, 787),
        ({}, 735),
    ],
)
def test_bytes_per_token_of_lora_are_those_measured(more: dict[str, object], kilobytes: float) -> None:
    assert slope(setup(**more)) / 1e3 == pytest.approx(kilobytes, rel=0.08)  # type: ignore[arg-type]


def test_logits_of_a_large_vocabulary_outweigh_the_layer() -> None:
    fast = setup("llama-3-8b", framework="foak")
    assert slope(fast) / 1e3 == pytest.approx(1304, rel=0.03)
    assert estimate(fast).breakdown_gib["logits"] > estimate(fast).breakdown_gib["activations"]


def test_rank_barely_matters() -> None:
    plain = setup("qwen-7b", targets=("q", "k", "v"), batch_size=1, seq_len=2048)
    low, high = (likely(msgspec.structs.replace(plain, rank=rank)) for rank in (2, 64))
    assert 0 < high - low < 0.03 * low


def test_quantised_weights_keep_embedding_and_head_in_16_bits() -> None:
    found = estimate(setup("llama-3.1-8b", "qlora", quantisation="nf4_double")).breakdown_gib["weights"]
    blocks, kept = 8.03e9 - 2 * 128256 * 4096, 2 * 128256 * 4096
    assert found == pytest.approx((0.516 * blocks + 2 * kept) / GIB, rel=0.001)


def test_a_run_that_filled_its_card_needs_about_that_card() -> None:
    one = Setup(
        shape=find_shape("llama-3.1-8b"), technique="qlora", seq_len=28454, rank=32, quantisation="nf4"
    )
    assert estimate(one).in_metric("capacity").likely == pytest.approx(80, rel=0.08)


def test_four_bit_seventy_billion_fits_one_large_card_and_16_bits_do_not() -> None:
    small = setup("llama-2-70b", "qlora", gpu="A100-80", batch_size=1)
    assert fits(estimate(small), "A100-80")[0]
    assert not fits(estimate(setup("llama-2-70b", gpu="A100-80", batch_size=1)), "A100-80")[0]


# Bands and what the card shows


@pytest.mark.parametrize("gpu", ["", "A100-80", "T4"])
def test_the_parts_add_up_and_the_bands_are_in_order(gpu: str) -> None:
    found = estimate(setup(gpu=gpu))
    assert list(found.breakdown_gib) == PARTS
    parts = sum(found.breakdown_gib.values())
    assert parts == pytest.approx(found.device.likely)
    assert parts - found.breakdown_gib["context"] == pytest.approx(found.allocated.likely)
    for metric in METRICS:
        band = found.in_metric(metric)
        assert 0 < band.low < band.likely < band.high
    assert found.device.low > found.allocated.low
    assert found.sources


def test_a_guessed_shape_and_a_cap_on_the_length_widen_the_band() -> None:
    known = estimate(setup()).allocated
    guessed = estimate(setup(shape=from_params(7.2))).allocated
    cap = estimate(setup(length_is_cap=True)).allocated
    assert guessed.high / guessed.low > known.high / known.low
    assert cap.high / cap.low > known.high / known.low


def test_the_card_shows_no_more_than_it_has_while_the_run_fits() -> None:
    found = estimate(setup("mistral-7b", "full", gpu="A100-80", loss="fused"))
    assert found.device.likely <= usable_gib("A100-80") < 1.2 * found.allocated.likely


@pytest.mark.parametrize(
    ("gib", "answer"), [(40.0, (True, True)), (70.0, (True, False)), (90.0, (False, False))]
)
def test_fitting_is_said_for_the_likely_need_and_for_the_high_end(
    gib: float, answer: tuple[bool, bool]
) -> None:
    assert fits(named("A100-80", gib), "A100-80") == answer


def test_a_card_shows_less_than_its_vendor_says() -> None:
    assert 78.5 < usable_gib("A100-80") < 80
    assert 14 < usable_gib("T4") < 15
    assert usable_gib("H100") < usable_gib("A100-80")


# More is never less


SHAPES = st.builds(
    lambda hidden, layers, inner, vocab, tied: _counted(
        Shape(
            params_b=1.0,
            active_b=1.0,
            hidden=hidden * 128,
            intermediate=hidden * 128 * inner,
            layers=layers,
            vocab=vocab,
            heads=hidden,
            kv_heads=max(1, hidden // 4),
            head_dim=128,
            tied=tied,
        )
    ),
    hidden=st.integers(4, 64),
    layers=st.integers(4, 80),
    inner=st.integers(2, 5),
    vocab=st.integers(8_000, 260_000),
    tied=st.booleans(),
)


def _counted(shape: Shape) -> Shape:
    total = parameters_b(shape)
    return msgspec.structs.replace(shape, params_b=total, active_b=total)


SETUPS = st.builds(
    Setup,
    shape=SHAPES,
    technique=st.sampled_from(TECHNIQUES),
    gpu=st.sampled_from(["", "T4", "A100-80"]),
    gpus=st.sampled_from([1, 2, 8]),
    sharding=st.sampled_from(["none", "fsdp", "zero2", "zero3"]),
    seq_len=st.integers(16, 16_384),
    batch_size=st.integers(1, 16),
    rank=st.integers(1, 256),
    targets=st.sampled_from([("all-linear",), ("q", "v"), ("gate", "up", "down")]),
    checkpointing=st.booleans(),
    attention=st.sampled_from(["sdpa", "flash", "eager"]),
    loss=st.sampled_from(["plain", "chunked", "fused"]),
    optimizer=st.sampled_from(["adamw", "adamw8bit", "paged_adamw", "sgd"]),
    dtype=st.sampled_from(["bf16", "fp32"]),
    quantisation=st.sampled_from([None, "nf4", "int4", "int8"]),
    framework=st.sampled_from(["", "foak", "litgpt", "torchtune", "unsloth", "deepspeed"]),
    offload=st.sampled_from(["none", "activations", "optimizer", "all"]),
    length_is_cap=st.booleans(),
)


def assert_not_less(smaller: Setup, larger: Setup) -> None:
    """Low, likely and high, allocated and shown."""
    a, b = estimate(smaller), estimate(larger)
    for name in ("allocated", "device", "capacity"):
        for end in ("low", "likely", "high"):
            one, other = getattr(getattr(a, name), end), getattr(getattr(b, name), end)
            assert one <= other * (1 + 1e-9), (name, end, one, other)


@settings(max_examples=200, deadline=None)
@given(one=SETUPS, field=st.sampled_from(["seq_len", "batch_size", "rank"]), factor=st.floats(1.0, 8.0))
def test_more_tokens_or_rank_never_need_less(one: Setup, field: str, factor: float) -> None:
    larger = msgspec.structs.replace(one, **{field: math.ceil(getattr(one, field) * factor)})
    assert_not_less(one, larger)


@settings(max_examples=200, deadline=None)
@given(
    one=SETUPS,
    field=st.sampled_from(["vocab", "layers", "hidden", "intermediate"]),
    factor=st.floats(1.0, 4.0),
)
def test_more_parameters_never_need_less(one: Setup, field: str, factor: float) -> None:
    changes = {field: math.ceil(getattr(one.shape, field) * factor)}
    shape = _counted(msgspec.structs.replace(one.shape, **changes))
    assert_not_less(one, msgspec.structs.replace(one, shape=shape))


@settings(max_examples=100, deadline=None)
@given(one=SETUPS, vocab=st.integers(8_000, 260_000))
def test_a_larger_vocabulary_of_the_same_total_never_needs_less(one: Setup, vocab: int) -> None:
    small, large = sorted((one.shape.vocab, vocab))
    assert_not_less(
        msgspec.structs.replace(one, shape=msgspec.structs.replace(one.shape, vocab=small)),
        msgspec.structs.replace(one, shape=msgspec.structs.replace(one.shape, vocab=large)),
    )


@settings(max_examples=150, deadline=None)
@given(one=SETUPS, size=st.floats(0.05, 400.0), factor=st.floats(1.0, 10.0))
def test_more_billions_of_an_unknown_model_never_need_less(one: Setup, size: float, factor: float) -> None:
    assert_not_less(
        msgspec.structs.replace(one, shape=from_params(size)),
        msgspec.structs.replace(one, shape=from_params(size * factor)),
    )


@settings(max_examples=200, deadline=None)
@given(
    one=SETUPS,
    names=st.sampled_from(
        [("qlora", "lora", "full"), ("dpo_qlora", "dpo_lora", "dpo_full"), ("grpo_qlora", "grpo_lora")]
    ),
)
def test_qlora_needs_no_more_than_lora_and_lora_no_more_than_full(
    one: Setup, names: tuple[Technique, ...]
) -> None:
    ordered = [msgspec.structs.replace(one, technique=name) for name in names]
    for smaller, larger in pairwise(ordered):
        assert_not_less(smaller, larger)


@settings(max_examples=200, deadline=None)
@given(one=SETUPS)
def test_checkpointing_never_needs_more(one: Setup) -> None:
    assert_not_less(
        msgspec.structs.replace(one, checkpointing=True), msgspec.structs.replace(one, checkpointing=False)
    )


# Every model


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_every_model_has_a_finite_estimate(technique: Technique) -> None:
    for row in shape_table():
        for loss in ("plain", "chunked", "fused"):
            found = estimate(setup(row.hub_id, technique, loss=loss))
            assert math.isfinite(found.device.high) and found.allocated.low > 0, row.hub_id


def test_a_mixture_holds_all_experts_and_computes_with_few() -> None:
    dense, mixture = estimate(setup("mistral-7b")), estimate(setup("mixtral-8x7b"))
    assert mixture.breakdown_gib["weights"] > 6 * dense.breakdown_gib["weights"]
    assert mixture.breakdown_gib["activations"] < 2.5 * max(
        dense.breakdown_gib["activations"], dense.breakdown_gib["logits"]
    )


def test_pairs_and_a_reference_model_cost_what_they_are() -> None:
    plain, paired = setup(), setup(technique="dpo_lora")
    tokens = estimate(paired).breakdown_gib["logits"] / estimate(plain).breakdown_gib["logits"]
    assert tokens == pytest.approx(2.0)
    full = estimate(setup(technique="dpo_full")).breakdown_gib["weights"]
    assert full == pytest.approx(2 * estimate(plain).breakdown_gib["weights"], rel=0.01)
    assert estimate(setup(technique="reward_lora")).breakdown_gib["logits"] == 0.0
