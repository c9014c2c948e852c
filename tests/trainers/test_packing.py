"""Rows packed together have the loss and gradients of rows alone, by every attention; packs keep a budget."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trainers.test_training import ROWS, gradients, rendered
from trainers.language import attention
from trainers.language.loading import load_network
from trainers.packing import Batch, answer_loss, collate, common_prefix, honours_borders, packs
from trainers.passes import Passes
from trainers.rows import TrainingRow

ATTENTIONS = {"sdpa": False, "eager": False, attention.PACKED: True}
"""By transformers' name; whether it is told where rows begin."""


def network_with(model: Path, name: str) -> Any:
    """The tiny model, grouped keys and values, with this attention."""
    attention.register()
    network = load_network(model)
    network.config._attn_implementation = name
    return network


def drawn(count: int, *, prefix: int, seed: int = 0, vocabulary: int = 250) -> list[TrainingRow]:
    """Rows of 3 to 40 tokens after their common ones; two answers in some, none trained at their start."""
    draw = random.Random(seed)
    opening = [draw.randrange(vocabulary) for _ in range(prefix)]
    rows = []
    for number in range(count):
        own = [draw.randrange(vocabulary) for _ in range(draw.randint(3, 40))]
        ids = [*opening, *own]
        labels = [-100] * prefix + [token if draw.random() < 0.6 else -100 for token in own[:-1]] + own[-1:]
        rows.append(TrainingRow(f"r{number}", ids, labels, draw.choice([0.5, 1.0, 2.0])))
    return rows


def compared(network: Any, together: Batch, rows: Sequence[TrainingRow]) -> None:
    """Loss and every gradient as of rows alone, relative to their size."""
    alone = [collate([row], 0, share=False) for row in rows]
    expected = sum(float(answer_loss(network, one).detach()) for one in alone)
    assert float(answer_loss(network, together).detach()) == pytest.approx(expected, rel=1e-5)
    wanted, found = gradients(network, alone), gradients(network, [together])
    assert wanted.keys() == found.keys()
    for name, gradient in wanted.items():
        size = max(1.0, float(gradient.abs().max()))
        assert float((found[name] - gradient).abs().max()) / size < 1e-5, name


@pytest.mark.parametrize("name", ATTENTIONS)
@pytest.mark.parametrize("prefix", [0, 1, 60])
def test_packed_rows_have_the_loss_and_gradients_of_separate_ones(
    name: str, prefix: int, tiny_model: Path
) -> None:
    network, rows = network_with(tiny_model, name), drawn(6, prefix=prefix)
    batch = collate(rows, 0, share=True, isolate=ATTENTIONS[name])
    assert ("shared_prefix" in batch) == (name == attention.PACKED and prefix == 60)
    assert ("attention_mask" in batch) == (name != attention.PACKED)
    if prefix == 60:
        assert batch["input_ids"].numel() == 60 + sum(len(row.input_ids) - 60 for row in rows)
    compared(network, batch, rows)


@pytest.mark.parametrize("name", ATTENTIONS)
def test_padded_rows_have_the_loss_and_gradients_of_separate_ones(name: str, tiny_model: Path) -> None:
    rows = drawn(5, prefix=4)
    batch = collate(rows, 0, share=False)
    assert batch["input_ids"].shape == (5, max(len(row.input_ids) for row in rows))
    compared(network_with(tiny_model, name), batch, rows)


@pytest.mark.parametrize("name", ["sdpa", attention.PACKED])
def test_raw_texts_share_nothing_and_predict_from_their_second_token(name: str, tiny_model: Path) -> None:
    rows = [TrainingRow(row.id, row.input_ids, row.input_ids) for row in drawn(4, prefix=0, seed=3)]
    same = [TrainingRow(row.id, [5, *row.input_ids], [5, *row.input_ids]) for row in rows]
    for texts in (rows, same):
        assert common_prefix(texts) == 0
        network = network_with(tiny_model, name)
        for share in (False, True):
            batch = collate(texts, 0, share=share, isolate=ATTENTIONS[name])
            assert len(batch["labels"]) == sum(len(row.input_ids) - 1 for row in texts)
            compared(network, batch, texts)


def test_a_model_that_drops_the_borders_is_told_apart(tiny_model: Path) -> None:
    assert honours_borders(network_with(tiny_model, attention.PACKED))
    deaf = network_with(tiny_model, "sdpa")
    deaf.config._attn_implementation = "deaf"
    from transformers import AttentionInterface, AttentionMaskInterface

    def hears_nothing(module: Any, query: Any, key: Any, value: Any, mask: Any, **more: Any) -> Any:
        return attention.packed_attention(module, query, key, value, mask, scaling=more.get("scaling"))

    AttentionInterface.register("deaf", hears_nothing)
    AttentionMaskInterface.register("deaf", lambda *_, **__: None)
    assert not honours_borders(deaf)


def test_what_is_measured_in_evaluation_leaves_training_mode_as_it_was(tiny_model: Path) -> None:
    network = network_with(tiny_model, attention.PACKED).train()
    honours_borders(network)
    assert network.training


@st.composite
def row_sets(draw: st.DrawFn) -> list[TrainingRow]:
    """Rows with a prefix in common, of any lengths."""
    opening = [7] * draw(st.integers(0, 12))
    lengths = draw(st.lists(st.integers(1, 30), min_size=1, max_size=20))
    return [
        TrainingRow(
            str(number), [*opening, number + 10, *[1] * length], [*[-100] * len(opening), 1, *[1] * length]
        )
        for number, length in enumerate(lengths)
    ]


@settings(max_examples=200, deadline=None)
@given(rows=row_sets(), tokens=st.integers(1, 200), share=st.booleans())
def test_every_row_is_in_one_pass_within_the_budget(
    rows: list[TrainingRow], tokens: int, share: bool
) -> None:
    found = packs(rows, tokens=tokens, share=share)
    assert sorted(row.id for pack in found for row in pack) == sorted(row.id for row in rows)
    for pack in found:
        prefix = common_prefix(rows) if share and len(rows) > 1 else 0
        held = prefix + sum(len(row.input_ids) - prefix for row in pack)
        assert held <= tokens or len(pack) == 1
    assert found == packs(rows, tokens=tokens, share=share)


def test_passes_part_a_step_without_changing_its_sum(tiny_model: Path) -> None:
    network, rows = load_network(tiny_model, training=True), rendered(tiny_model, ROWS[:8])
    sums = []
    for tokens in (1, 150, 4096):
        passes = Passes(network, pad=0, tokens=tokens, say=lambda _: None)
        batches = list(passes.batches(rows))
        sums.append((len(batches), float(sum(answer_loss(network, batch).detach() for batch in batches))))
    counts = [count for count, _ in sums]
    assert counts[0] == 8 > counts[1] > counts[2] == 1
    assert [total for _, total in sums] == pytest.approx([sums[0][1]] * 3, rel=1e-5)


def test_on_a_cpu_training_takes_the_attention_without_masks(tiny_model: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("a card is there")
    config = load_network(tiny_model, training=True).config
    assert config._attn_implementation == attention.PACKED
    assert load_network(tiny_model).config._attn_implementation == "sdpa"
