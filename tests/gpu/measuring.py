"""Training, scoring and memory of a random model on whatever device is there, beside our own estimates."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from advisor.costing.prices import find_card
from advisor.costing.running import training_memory_gib, training_seconds
from advisor.engagement.folder import ModelFolder
from advisor.engagement.progress import silent
from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import Plan, TrainingSettings

LABELS = ["billing", "delivery", "technical fault", "other"]
WORDS = (
    "card fee parcel late phone broken refund invoice screen lost number today again when why where".split()
)
METHODS = ("lora", "qlora")


def build_model(folder: Path, *, width: int, layers: int) -> int:
    """A random Llama with the starter's tokenizer and template; returns its number of parameters."""
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    from trainers.starter import STARTER_PATH

    tokenizer = AutoTokenizer.from_pretrained(STARTER_PATH)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=layers,
        num_attention_heads=width // 64,
        num_key_value_heads=width // 64,
        max_position_embeddings=2048,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    network = LlamaForCausalLM(config)
    network.save_pretrained(folder, safe_serialization=True)
    return sum(weight.numel() for weight in network.parameters())


def rows(count: int, *, words: int) -> list[Example]:
    """Messages that name their label somewhere."""
    dice = random.Random(7)
    made = []
    for number in range(count):
        label = LABELS[number % len(LABELS)]
        text = " ".join([*dice.choices(WORDS, k=words), label, *dice.choices(WORDS, k=words)])
        made.append(Example(id=f"r{number}", input=text, output=label, label=label))
    return made


def measure(
    folder: Path,
    *,
    width: int,
    layers: int,
    examples: int,
    words: int,
    keep: Callable[[dict[str, Any]], None] = lambda _: None,
) -> dict[str, Any]:
    """Throughput, peak memory and loss of each method, and the fast scorer against the slow one.

    `keep` is given what is known after each part, so that a later one that fails takes nothing along.
    """
    from trainers.language.loading import device, device_name

    model = folder / "model"
    parameters = build_model(model, width=width, layers=layers)
    made = rows(examples, words=words)
    card = find_card(device_name())
    found: dict[str, Any] = {"device": device_name(), "type": device().type, "parameters": parameters}
    found["training"] = {}
    for method in METHODS:
        found["training"][method] = _train(
            method, folder, model, made, parameters / 1e9, card.gpu if card else None
        )
        keep(found)
    found["scoring"] = _score(model, made[:64])
    keep(found)
    return found


def _train(
    method: str, folder: Path, model: Path, made: list[Example], params_b: float, gpu: str | None
) -> dict[str, Any]:
    from trainers.objectives._kind import Job
    from trainers.training import train, training_spec

    plan = Plan(
        arms=[method],
        model=str(model),
        instruction="Sort the message:",
        training=TrainingSettings(epochs=2, learning_rate=1e-3, batch_size=16),
    )
    spec = training_spec(
        plan, method, 0, train=made, validation=made[:32], labels=LABELS, weights="0", tokenizer="0"
    )
    done = train(
        Job(
            spec=spec,
            folder=ModelFolder(folder / method),
            model=str(model),
            train=made,
            validation=made[:32],
            on_progress=silent,
        )
    )
    parameters: Any = method
    memory = training_memory_gib(params_b, parameters=parameters, gpu=gpu)
    seconds = training_seconds(params_b, done.tokens, parameters=parameters, gpu=gpu)
    return {
        "tokens": done.tokens,
        "seconds": round(done.seconds, 2),
        "tokens_per_second": round(done.tokens / done.seconds),
        "estimated_seconds": [round(seconds.low, 2), round(seconds.high, 2)],
        "peak_memory_gib": round(done.peak_memory_gib, 3),
        "estimated_memory_gib": [round(memory.low, 3), round(memory.high, 3)],
        "first_loss": round(done.first_loss, 4),
        "last_loss": round(done.last_loss, 4),
        "quantised_layers": done.quantised_layers,
        "device": done.device,
    }


def _score(model: Path, made: list[Example]) -> dict[str, Any]:
    """Labels of the same prompts by one packed pass and by one pass per label."""
    from harness.models.naive import label_logprobs
    from harness.models.scoring import Scorer
    from trainers.language.loading import load_language
    from trainers.language.prompting import task_messages
    from trainers.language.rendering import answer_ids, prompt_ids

    language = load_language(str(model))
    messages = [task_messages("Sort the message:", LABELS, row.input) for row in made]
    prompts = [prompt_ids(language.tokenizer, one) for one in messages]
    labels = [answer_ids(language.tokenizer, messages[0], label) for label in LABELS]
    scorer = Scorer(language.network, prompts, labels, on_progress=silent)
    fast, fast_seconds = _timed(
        lambda: [
            score
            for pack in scorer.packs(prompts)
            for score in scorer.score([prompts[number] for number in pack])
        ]
    )
    slow, slow_seconds = _timed(lambda: label_logprobs(language.network, prompts, labels))
    gap = max(abs(a - b) for one, two in zip(fast, slow, strict=True) for a, b in zip(one, two, strict=True))
    best = [max(range(len(LABELS)), key=scores.__getitem__) for scores in fast]
    plain = [max(range(len(LABELS)), key=scores.__getitem__) for scores in slow]
    return {
        "prompts": len(prompts),
        "largest_gap_nats": round(gap, 6),
        "same_label": sum(a == b for a, b in zip(best, plain, strict=True)),
        "times_faster": round(slow_seconds / fast_seconds, 1),
        "fallback": scorer.fallback,
        "dtype": str(scorer.dtype).removeprefix("torch."),
    }


def _timed(work: Any) -> tuple[list[list[float]], float]:
    """The second of two runs: the first one warms the device."""
    work()
    started = time.perf_counter()
    return work(), time.perf_counter() - started
