"""A model small enough to build in a second, and a client whose tickets name their own queue."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from advisor.engagement.folder import Engagement
from advisor.engagement.records.settings import Settings

TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
WORDS = {
    "card": ["card", "plastic", "chip", "stripe"],
    "card fee": ["fee", "charge", "price", "cost"],
    "transfer": ["transfer", "wire", "sent", "payee"],
    "lost phone": ["phone", "lost", "stolen", "sim"],
}
FILLER = ["my", "the", "please", "is", "when", "why", "today", "again", "about", "help"]


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random two-layer Llama and a byte-level tokenizer, saved as any model folder."""
    return build_tiny_model(tmp_path_factory.mktemp("tiny"))


def build_tiny_model(folder: Path) -> Path:
    """The same, into a folder that is there."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    special = ["<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    inner.train_from_iterator(
        [" ".join([*FILLER, *WORDS])],
        trainers.BpeTrainer(vocab_size=300, special_tokens=special, initial_alphabet=alphabet),
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, eos_token="<|end|>", pad_token="<|pad|>", chat_template=TEMPLATE
    )
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        initializer_range=0.2,
        pad_token_id=0,
        bos_token_id=None,
        eos_token_id=1,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def tickets(count: int, *, seed: int = 0) -> list[dict[str, str]]:
    """Rows whose text holds two words of their label."""
    draw = random.Random(seed)
    rows = []
    for number in range(count):
        label = sorted(WORDS)[number % len(WORDS)]
        words = draw.sample(FILLER, 5) + draw.sample(WORDS[label], 2)
        draw.shuffle(words)
        rows.append({"id": f"t{number}", "input": " ".join([*words, str(number)]), "output": label})
    return rows


def write_rows(path: Path, rows: list[dict[str, str]]) -> Path:
    """JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def engagement_with(root: Path, rows: list[dict[str, str]]) -> Engagement:
    """An engagement whose data is checked and frozen."""
    from harness.intake.checking import check_files
    from harness.intake.freezing import freeze

    engagement = Engagement.create(root / "client", Settings(title="A client"))
    freeze(engagement, check_files(write_rows(root / "rows.jsonl", rows)))
    return engagement


@pytest.fixture
def triage(tmp_path: Path) -> Engagement:
    """Sixty labelled tickets, frozen."""
    return engagement_with(tmp_path, tickets(60))


@pytest.fixture
def answering(tmp_path: Path) -> Engagement:
    """Forty questions with free answers, frozen."""
    rows = [
        {"input": f"when is the help about {number}", "output": f"the help is about {number} today"}
        for number in range(40)
    ]
    return engagement_with(tmp_path, rows)
