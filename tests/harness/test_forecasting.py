"""What a comparison will take: counted where it can be counted, in bands where it cannot, and no torch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from advisor.costing.running import params_from_name, predicting_seconds, training_seconds
from advisor.engagement.folder import Engagement
from advisor.engagement.records.forecast import ArmForecast
from advisor.engagement.records.plan import Plan, TrainingSettings
from harness.forecasting import EPOCHS_TRIED, forecast
from harness.intake.token_lengths import count, shape
from tests.conftest import Demo, tunecase

ARMS = ["floor", "classical", "zero_shot", "few_shot", "lora", "qlora"]


def plan(**changes: object) -> Plan:
    """All arms on the starter model."""
    fields: dict[str, object] = {"arms": ARMS, "instruction": "Sort the message:", **changes}
    return Plan(**fields)  # type: ignore[arg-type]


def by_name(engagement: Engagement, agreed: Plan, device: str = "cpu") -> dict[str, ArmForecast]:
    """The arms of a forecast."""
    return {arm.name: arm for arm in forecast(engagement, agreed, device=device).arms}


def test_arms_without_a_model_take_no_tokens_memory_or_money(demo: Demo) -> None:
    found = by_name(demo.engagement, plan())
    for name in ("floor", "classical"):
        assert (found[name].tokens, found[name].memory_gib, found[name].seconds) == (0, None, None)
    for name in ("zero_shot", "few_shot", "lora", "qlora"):
        band = found[name].seconds
        assert band is not None
        assert 0 < band.low < band.likely < band.high
        assert found[name].cost_usd is not None


def test_training_reads_more_than_prompting_and_epochs_count(demo: Demo) -> None:
    once, thrice = (
        by_name(demo.engagement, plan(training=TrainingSettings(epochs=epochs)))["lora"] for epochs in (1, 3)
    )
    read = by_name(demo.engagement, plan())["zero_shot"].tokens
    assert thrice.tokens - read == pytest.approx(3 * (once.tokens - read), rel=0.01)
    assert once.rows_train == len(demo.engagement.splits().train)


def test_seeds_multiply_trained_arms_only(demo: Demo) -> None:
    one, three = by_name(demo.engagement, plan()), by_name(demo.engagement, plan(seeds=[0, 1, 2]))
    assert three["lora"].tokens == 3 * one["lora"].tokens
    assert three["few_shot"].tokens == one["few_shot"].tokens


def test_rows_over_the_limit_are_counted(demo: Demo) -> None:
    whole = by_name(demo.engagement, plan(training=TrainingSettings(max_length=1024)))["lora"]
    cut = by_name(demo.engagement, plan(training=TrainingSettings(max_length=8)))["lora"]
    assert whole.truncated == 0
    assert cut.truncated == cut.rows_train


def test_a_listed_card_has_memory_and_a_price_and_an_unlisted_one_says_so(demo: Demo) -> None:
    known = forecast(demo.engagement, plan(), device="NVIDIA H200")
    assert known.hourly_usd is not None
    assert known.hourly_usd > 1
    unknown = forecast(demo.engagement, plan(), device="Acme 9000")
    assert unknown.seconds is None
    assert any("Acme 9000 is not a listed card" in told for told in unknown.assumptions)


def test_a_hub_id_is_sized_by_its_name_and_nothing_is_fetched(demo: Demo) -> None:
    found = forecast(demo.engagement, plan(model="Qwen/Qwen3-8B"), device="NVIDIA H200")
    assert found.arms[-1].memory_gib is not None
    assert any("tokens per word" in told for told in found.assumptions)
    nameless = forecast(demo.engagement, plan(model="acme/secret"), device="cpu")
    assert nameless.seconds is None
    assert any("size of acme/secret is not known" in told for told in nameless.assumptions)


@pytest.mark.parametrize(
    ("model", "size"),
    [
        ("Qwen/Qwen3-0.6B", 0.6),
        ("acme/thing-13b-chat", 13.0),
        ("acme/tiny-135M", 0.135),
        ("acme/gpt2", None),
        ("acme/v2-base", None),
    ],
)
def test_sizes_read_from_names(model: str, size: float | None) -> None:
    assert params_from_name(model) == size


def test_time_grows_with_tokens_and_falls_with_the_card() -> None:
    slow = training_seconds(1.0, 1e6, parameters="lora", gpu="T4").likely
    fast = training_seconds(1.0, 1e6, parameters="lora", gpu="H100").likely
    assert slow / fast == pytest.approx(989 / 65)
    assert predicting_seconds(1.0, 2e6, gpu=None).likely == 2 * predicting_seconds(1.0, 1e6, gpu=None).likely


def test_parameters_and_tokens_are_the_networks_own(tiny_model: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    network = AutoModelForCausalLM.from_pretrained(tiny_model)
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    known = shape(tiny_model)
    assert known.parameters == sum(weight.numel() for weight in network.parameters())
    assert known.context == network.config.max_position_embeddings
    texts = ["my card is lost", ""]
    assert count(texts, tiny_model)[0] == [len(tokenizer(text).input_ids) for text in texts]


def test_plan_and_dry_run_import_no_torch_and_write_no_run(demo: Demo, tmp_path: Path) -> None:
    out = tmp_path / "acme"
    assert tunecase("init", out, "--example", "support-triage").returncode == 0
    assert tunecase("check", out / "examples.jsonl", "-C", out).returncode == 0
    code = (
        "import sys\nfrom advisor.cli.main import group, run\n"
        f"for words in (['plan'], ['compare', '--dry-run']):\n"
        f"    assert run(group, [*words, '--json', '-C', {str(out)!r}], name='tunecase') == 0\n"
        "sys.exit('torch' in sys.modules or 'transformers' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first, second = json.JSONDecoder(), done.stdout.strip()
    shown, _ = first.raw_decode(second)
    assert [arm["name"] for arm in shown["arms"]] == shown["plan"]["arms"]
    assert not (out / "runs").exists()


def test_the_estimate_holds_for_the_demo_that_ran(demo: Demo) -> None:
    found = by_name(demo.engagement, demo.engagement.plan())
    for arm in ("lora", "qlora"):
        name = next(one.models[0] for one in demo.engagement.comparison().arms if one.name == arm)  # type: ignore[union-attr]
        measured = demo.engagement.training_result(name)
        band = found[arm].memory_gib
        assert measured is not None
        assert band is not None
        assert band.low / 2 <= measured.peak_memory_gib <= 2 * band.high


def test_the_search_is_forecast_over_the_epochs_that_it_tries() -> None:
    from trainers.searching import space_around

    assert space_around(TrainingSettings(learning_rate=1e-4)).epochs == EPOCHS_TRIED
