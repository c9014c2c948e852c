"""Training speed: physical order, finite everywhere, published facts inside the band, doubts said aloud."""

from __future__ import annotations

import math
from statistics import median

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.costing.cards import card, cards, known_cards
from advisor.costing.prices import price_table
from advisor.costing.setup import TECHNIQUES, Setup, Technique
from advisor.costing.shapes import find_shape, from_params
from advisor.costing.speed import estimate, hours
from advisor.costing.speed.constants import fitted
from advisor.costing.speed.flops import matrix_flops, passes, useful_flops
from advisor.engagement.errors import PlanError

SIZES = st.floats(0.2, 300.0)
SETUPS = st.builds(
    Setup,
    shape=SIZES.map(from_params),
    technique=st.sampled_from(TECHNIQUES),
    gpu=st.sampled_from(sorted(known_cards())),
    gpus=st.sampled_from([1, 2, 4, 8, 16]),
    sharding=st.sampled_from(["none", "zero2", "zero3", "fsdp"]),
    seq_len=st.integers(16, 32_768),
    batch_size=st.integers(1, 32),
    checkpointing=st.booleans(),
    attention=st.sampled_from(["sdpa", "flash", "eager"]),
    loss=st.sampled_from(["plain", "fused"]),
)
SETTINGS = Setup(shape=find_shape("mistral-7b"), technique="lora", gpu="A100-80", seq_len=4096, batch_size=4)


def likely(setup: Setup) -> float:
    """Tokens per second per card."""
    return estimate(setup).tokens_per_second_per_gpu.likely


def changed(setup: Setup, **fields: object) -> Setup:
    """The set-up with other fields."""
    return msgspec.structs.replace(setup, **fields)


@given(setup=SETUPS)
def test_every_estimate_is_finite_and_in_order(setup: Setup) -> None:
    found = estimate(setup)
    for band in (found.tokens_per_second_per_gpu, found.utilisation, hours(setup, 1e6)):
        assert 0 < band.low <= band.likely <= band.high < math.inf
    assert found.utilisation.likely < 1.0
    assert found.sources


@given(setup=SETUPS, more=st.floats(1.0, 20.0))
def test_more_parameters_are_never_faster(setup: Setup, more: float) -> None:
    larger = changed(setup, shape=from_params(setup.shape.params_b * more))
    assert likely(larger) <= likely(setup) * (1 + 1e-9)


@given(setup=SETUPS)
def test_full_training_is_never_faster_than_lora(setup: Setup) -> None:
    assert likely(changed(setup, technique="full")) <= likely(changed(setup, technique="lora"))


@given(setup=SETUPS)
def test_unpacking_recomputing_and_offloading_are_never_faster(setup: Setup) -> None:
    alone = changed(setup, gpus=1, sharding="none")  # over a slow link smaller weights travel faster
    assert likely(changed(alone, technique="qlora")) <= likely(changed(alone, technique="lora"))
    assert likely(changed(setup, checkpointing=True)) <= likely(changed(setup, checkpointing=False))
    assert likely(changed(setup, offload="all")) <= likely(setup)


@given(setup=SETUPS)
def test_a_larger_micro_batch_is_never_slower(setup: Setup) -> None:
    assert likely(changed(setup, batch_size=2 * setup.batch_size)) >= likely(setup) * (1 - 1e-9)


@pytest.mark.parametrize("gpu", sorted(known_cards()))
@pytest.mark.parametrize("technique", TECHNIQUES)
def test_every_card_and_technique_has_a_speed(gpu: str, technique: Technique) -> None:
    assert 0 < likely(changed(SETTINGS, gpu=gpu, technique=technique)) < 1e6


def test_operations_follow_the_said_formulas() -> None:
    shape = SETTINGS.shape
    assert passes(SETTINGS) == 3
    assert passes(changed(SETTINGS, technique="full", checkpointing=False)) == 3
    assert passes(changed(SETTINGS, technique="dpo_lora")) == 4
    looked_up = shape.vocab * shape.hidden
    assert matrix_flops(SETTINGS) == pytest.approx(6 * (shape.active_b * 1e9 - looked_up))
    assert useful_flops(SETTINGS) == 4e9 * shape.active_b


def test_hours_are_tokens_over_speed_and_cards() -> None:
    two = changed(SETTINGS, gpus=2, sharding="fsdp")
    assert hours(two, 1e9).likely == pytest.approx(1e9 / likely(two) / 2 / 3600)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("A100-80", "A100-80"),
        ("a100 80gb", "A100-80"),
        ("NVIDIA A100-SXM4-80GB", "A100-80"),
        ("A100-SXM4-40GB", "A100-40"),
        ("H100-80", "H100"),
        ("NVIDIA H100 80GB HBM3", "H100"),
        ("NVIDIA H100 PCIe", "H100-PCIe"),
        ("h200", "H200"),
        ("RTX 4090", "RTX4090"),
        ("NVIDIA GeForce RTX 4090", "RTX4090"),
        ("RTX4090(est on A100)", "RTX4090"),
        ("Tesla T4", "T4"),
        ("NVIDIA RTX A6000", "A6000"),
    ],
)
def test_cards_are_found_by_any_of_their_names(name: str, meant: str) -> None:
    assert card(name).gpu == meant


def test_an_unknown_card_is_an_error_with_a_suggestion() -> None:
    with pytest.raises(PlanError, match="RTX4090") as caught:
        estimate(changed(SETTINGS, gpu="RTX4900"))
    assert "known cards" in caught.value.fix


def test_every_priced_card_is_known_and_no_alias_means_two() -> None:
    assert set(cards()) == {row.gpu for row in price_table().gpu_usd_per_hour}
    for one in known_cards().values():
        assert one.source and one.peak_tflops > 0 and one.memory_gb_per_second > 0
        assert all(card(alias) is one for alias in [one.gpu, *one.aliases])
    assert {one.gpu for one in known_cards().values() if not one.bf16} == {"T4", "V100", "V100-32"}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"gpu": "B200"}, "B200"),
        ({"gpu": "T4"}, "no bf16"),
        ({"seq_len": 200_000}, "row of"),
        ({"seq_len": 64, "batch_size": 1}, "micro-step of 64 tokens"),
        ({"shape": from_params(0.1)}, "0.1 billion"),
        ({"shape": find_shape("mixtral-8x7b")}, "mixture of experts"),
        ({"technique": "dpo_lora"}, "dpo_lora"),
        ({"gpus": 512, "sharding": "fsdp"}, "512 cards"),
        ({"gpus": 2, "gpu": "L40S", "sharding": "fsdp"}, "PCIe"),
        ({"offload": "optimizer"}, "offloading"),
    ],
)
def test_what_no_published_run_has_is_said_and_widens_the_band(fields: dict[str, object], said: str) -> None:
    usual, other = estimate(SETTINGS), estimate(changed(SETTINGS, **fields))
    assert not usual.warnings
    assert any(said in sentence for sentence in other.warnings)

    def width(speed: float, low: float) -> float:
        return speed / low

    before, after = usual.tokens_per_second_per_gpu, other.tokens_per_second_per_gpu
    assert width(after.likely, after.low) > width(before.likely, before.low)


def test_short_rows_under_a_cap_are_slower_than_full_ones() -> None:
    short = changed(SETTINGS, seq_len=768, length_is_cap=True)
    assert likely(short) < likely(changed(SETTINGS, seq_len=768))
    assert likely(short) == estimate(short, filled=0.35).tokens_per_second_per_gpu.likely


# Utilisation of published runs, tenth percentile and ninetieth, exact lengths and no offloading; 6N for full
# training, 4N for adapters, dense peak.
@pytest.mark.parametrize(
    ("technique", "gpu", "low", "high"),
    [
        ("full", "A100-80", 0.34, 0.51),
        ("lora", "A100-80", 0.22, 0.39),
        ("qlora", "A100-80", 0.22, 0.41),
        ("full", "H100", 0.23, 0.43),
        ("lora", "H100", 0.28, 0.44),
        ("lora", "RTX4090", 0.36, 0.60),
        ("qlora", "RTX4090", 0.37, 0.52),
    ],
)
@pytest.mark.parametrize("framework", ["", "torchtune"])
def test_published_utilisation_meets_the_band(
    technique: Technique, gpu: str, low: float, high: float, framework: str
) -> None:
    setup = changed(SETTINGS, technique=technique, gpu=gpu, framework=framework, batch_size=8)
    found = estimate(setup).utilisation
    assert found.low <= high and found.high >= low


def test_a_published_mixture_in_four_bits_is_a_tenth_of_a_dense_model_and_inside_the_band() -> None:
    shape = find_shape("llama-4-scout-17b-16e")
    found = estimate(
        changed(SETTINGS, shape=shape, technique="qlora", gpu="H100", seq_len=2048, batch_size=1)
    )
    speed = found.tokens_per_second_per_gpu
    assert speed.low <= 519 <= speed.high
    assert any("mixture" in sentence for sentence in found.warnings)


# Published tokens per second per card: (model, technique, card, cards, row, batch, framework, measured)
RUNS: list[tuple[str, Technique, str, int, int, int, str, float]] = [
    ("mistral-7b", "full", "A100-80", 1, 4096, 4, "transformers", 3063),
    ("mistral-7b", "lora", "A100-80", 1, 4096, 4, "transformers", 3324),
    ("llama-2-70b", "qlora", "A100-80", 1, 4096, 4, "foak", 505),
    ("llama-3-8b", "lora", "A100-80", 4, 4096, 4, "foak", 3593),
    ("llama-3.1-70b", "lora", "A100-80", 8, 2048, 2, "torchtune", 437),
    ("qwen-72b", "lora", "A100-80", 4, 4096, 1, "transformers", 393),
    ("llama-2-7b", "lora", "RTX4090", 1, 2048, 4, "torchtune", 2582),
]


def test_published_runs_lie_near() -> None:
    missed = [
        likely(
            Setup(
                shape=find_shape(model),
                technique=technique,
                gpu=gpu,
                gpus=gpus,
                sharding="fsdp" if gpus > 1 else "none",
                seq_len=length,
                batch_size=batch,
                framework=framework,
            )
        )
        / measured
        - 1
        for model, technique, gpu, gpus, length, batch, framework, measured in RUNS
    ]
    assert median(map(abs, missed)) <= 0.25
    assert max(map(abs, missed)) <= 0.5, missed


def test_the_fit_says_what_it_stands_on() -> None:
    fit = fitted()
    assert fit.rows >= 200 and len(fit.groups) >= 5
    assert fit.median_error <= 0.25
    assert fit.unusual.low <= fit.usual.low < 0 < fit.usual.high <= fit.unusual.high
