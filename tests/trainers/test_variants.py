"""Kinds of adapters and of bases: each trains, and loads again on the untouched base with equal logits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import trainers.fitting
from advisor.engagement.errors import PlanError
from tests.trainers._fits import LABELS, ROWS, SMALL, adapter, fit, furthest, replace
from trainers.language.loading import attach, load_language, load_network, load_tokenizer
from trainers.rows import render_rows

VARIANTS = ("lora", "rslora", "dora", "pissa")
ONCE = replace(SMALL, evaluations=0)


def asked(model: Path) -> torch.Tensor:
    """Ids of one row; [1, tokens]."""
    options = {"instruction": "Sort the message:", "labels": LABELS, "max_length": 512}
    (row,) = render_rows(load_tokenizer(str(model)), ROWS[:1], **options).kept  # type: ignore[arg-type]
    return torch.tensor([row.input_ids])


def logits(network: Any, model: Path) -> torch.Tensor:
    """As the network answers that row."""
    network.eval()
    with torch.no_grad():
        return torch.as_tensor(network(input_ids=asked(model), use_cache=False).logits)


def caught(monkeypatch: pytest.MonkeyPatch, model: Path) -> list[torch.Tensor]:
    """Logits of the network at the end of training, before it is saved."""
    found: list[torch.Tensor] = []
    saving = trainers.fitting.save

    def look(job: Any, network: Any, method: Any) -> None:
        found.append(logits(network, model))
        saving(job, network, method)

    monkeypatch.setattr(trainers.fitting, "save", look)
    return found


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_trains_and_answers_alike_on_the_untouched_base(
    variant: Any, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_end = caught(monkeypatch, tiny_model)
    found = fit(tmp_path, tiny_model, settings=replace(ONCE, variant=variant))
    assert found.last_loss < found.first_loss - 0.5
    (wanted,) = at_the_end
    again = logits(attach(load_network(tiny_model), tmp_path / "weights"), tiny_model)
    torch.testing.assert_close(again, wanted, rtol=1e-4, atol=1e-4)
    assert not torch.allclose(again, logits(load_network(tiny_model), tiny_model), atol=0.1)


@pytest.mark.parametrize("variant", ["pissa", "dora"])
def test_a_variant_resumes_to_the_bit(variant: Any, tiny_model: Path, tmp_path: Path) -> None:
    from tests.trainers._fits import Stopped, stopping

    settings = replace(ONCE, variant=variant, dropout=0.1)
    fit(tmp_path / "once", tiny_model, settings=settings)
    with pytest.raises(Stopped):
        fit(tmp_path / "again", tiny_model, settings=settings, on_progress=stopping(5))
    fit(tmp_path / "again", tiny_model, settings=settings)
    assert furthest(adapter(tmp_path / "once"), adapter(tmp_path / "again")) == 0


def test_pissa_on_a_base_in_four_bits_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="pissa takes its first weights from the base"):
        fit(tmp_path, tiny_model, "qlora", settings=replace(ONCE, variant="pissa"))


def test_opened_once_or_kept_in_four_bits_the_numbers_are_the_same(tiny_model: Path, tmp_path: Path) -> None:
    kept = fit(tmp_path / "kept", tiny_model, "qlora", settings=replace(ONCE, keep_4bit=True))
    opened = fit(tmp_path / "opened", tiny_model, "qlora", settings=ONCE)
    assert kept.quantised_layers == opened.quantised_layers == 14
    assert opened.first_loss == pytest.approx(kept.first_loss, abs=1e-5)
    assert opened.last_loss == pytest.approx(kept.last_loss, abs=1e-3)
    lora = fit(tmp_path / "lora", tiny_model, settings=ONCE)
    assert abs(lora.first_loss - kept.first_loss) > 1e-4


@pytest.mark.parametrize("method", ["qlora", "full"])
def test_what_is_saved_answers_as_at_the_end_of_training(
    method: str, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_end = caught(monkeypatch, tiny_model)
    fit(tmp_path, tiny_model, method, settings=ONCE)
    language = load_language(str(tiny_model), quantised=method == "qlora", adapter=tmp_path / "weights")
    torch.testing.assert_close(logits(language.network, tiny_model), at_the_end[0], rtol=1e-4, atol=1e-4)
