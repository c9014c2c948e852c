"""How fast this device is: a matrix product, a copy, and steps of a small transformer made on the spot.

Run as `python -m trainers.calibrating [--threads N]`; the answer is one JSON object on standard output.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, NamedTuple

import msgspec
import torch

from advisor.engagement import machine
from advisor.engagement.records.calibration import Calibration
from trainers.language import loading
from trainers.language.threads import choose_threads, set_threads

MOST_SECONDS = 2.5
"""Of each of the five measurements."""
WARM_UP = 2
"""Times that do not count where there are more."""

RANK = 16
PACKAGES = ("torch", "transformers", "peft")


class Size(NamedTuple):
    """What is measured with, large enough to keep the device busy and small enough for any card."""

    matrix: int
    """Rows and columns of the product."""
    copied: int
    """Bytes of the array that is copied."""
    width: int
    """Of the transformer."""
    layers: int
    """Of the transformer."""
    heads: int
    """Of the transformer."""
    vocabulary: int
    """Of the transformer."""
    rows: int
    """Of a step."""
    row_tokens: int
    """Tokens of a row."""


ON_A_CPU = Size(1024, 1 << 27, 192, 6, 6, 4096, 8, 64)
"""As the starter model, with short rows."""

ON_A_CARD = Size(8192, 1 << 30, 1536, 4, 12, 32000, 4, 512)
"""160 million parameters: under 4 GiB with all weights moving."""


def measure(*, threads: int | None = None, most_seconds: float = MOST_SECONDS) -> Calibration:
    """All five figures on the first CUDA card, else on the CPU with as many threads as a run would use."""
    used = threads or choose_threads()
    set_threads(used)
    where = loading.device()
    size = ON_A_CARD if where.type == "cuda" else ON_A_CPU
    started = time.perf_counter()
    timed = _Timer(where, most_seconds)
    matrix, copied = _matrix_seconds(size, where, timed), _copy_seconds(size, where, timed)
    network = _network(size)
    parameters = sum(weight.numel() for weight in network.parameters())
    full = timed(_step(network.to(where), size, where))
    adapted = _adapted(_network(size).to(where, loading.compute_dtype()))
    lora = timed(_step(adapted, size, where))
    forward = timed(_forward(adapted, size, where))
    tokens = size.rows * size.row_tokens
    return Calibration(
        device=loading.device_name(),
        processor=machine.processor(),
        cores=machine.cores(),
        threads=used,
        date=dt.date.today().isoformat(),
        versions={name: version(name) for name in PACKAGES},
        matrix_tflops=2.0 * size.matrix**3 / matrix / 1e12,
        copy_gb_per_second=2.0 * size.copied / copied / 1e9,
        parameters=parameters,
        step_tokens=tokens,
        full_tokens_per_second=tokens / full,
        lora_tokens_per_second=tokens / lora,
        predicting_tokens_per_second=tokens / forward,
        seconds=time.perf_counter() - started,
    )


class _Timer:
    """Median seconds of an action, repeated until the time is up; a slow first time is the measurement."""

    def __init__(self, where: torch.device, most_seconds: float) -> None:
        self._where, self._most = where, most_seconds

    def __call__(self, action: Callable[[], object]) -> float:
        until = time.perf_counter() + self._most
        seconds: list[float] = []
        while not seconds or time.perf_counter() < until:
            seconds.append(self._once(action))
        warm = seconds[WARM_UP:] or seconds[-1:]
        return sorted(warm)[len(warm) // 2]

    def _once(self, action: Callable[[], object]) -> float:
        started = time.perf_counter()
        action()
        if self._where.type == "cuda":
            torch.cuda.synchronize(self._where)
        return time.perf_counter() - started


def _matrix_seconds(size: Size, where: torch.device, timed: _Timer) -> float:
    square = torch.ones(size.matrix, size.matrix, device=where, dtype=loading.compute_dtype())
    return timed(lambda: square @ square)


def _copy_seconds(size: Size, where: torch.device, timed: _Timer) -> float:
    source = torch.ones(size.copied, device=where, dtype=torch.uint8)
    target = torch.zeros_like(source)
    return timed(lambda: target.copy_(source))


def _network(size: Size) -> Any:
    """A causal language model with fresh weights in 32 bits; nothing is fetched."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        hidden_size=size.width,
        intermediate_size=size.width * 8 // 3,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        vocab_size=size.vocabulary,
        tie_word_embeddings=True,
    )
    return LlamaForCausalLM(config).train()


def _adapted(network: Any) -> Any:
    """The network frozen, with adapters on all linear layers."""
    from peft import LoraConfig, get_peft_model

    network.requires_grad_(False)
    config = LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules="all-linear", task_type="CAUSAL_LM")
    return get_peft_model(network, config)


def _batch(size: Size, where: torch.device) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(size.vocabulary, (size.rows, size.row_tokens), generator=generator)
    return ids.to(where)


def _step(network: Any, size: Size, where: torch.device) -> Callable[[], None]:
    """One optimizer step as training takes it: loss, gradients, norm, update."""
    ids = _batch(size, where)
    moving = [weight for weight in network.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(moving, lr=1e-4, fused=True)

    def step() -> None:
        with torch.autocast(where.type, loading.compute_dtype(), enabled=where.type == "cuda"):
            loss = network(input_ids=ids, labels=ids).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(moving, 1.0)
        optimiser.step()
        optimiser.zero_grad()

    return step


def _forward(network: Any, size: Size, where: torch.device) -> Callable[[], object]:
    ids = _batch(size, where)

    def forward() -> object:
        with torch.inference_mode():
            return network(input_ids=ids).logits

    return forward


def main(arguments: list[str] | None = None) -> None:
    """Measure and write the record to standard output."""
    asked = argparse.ArgumentParser(prog="python -m trainers.calibrating", description=__doc__)
    asked.add_argument("--threads", type=int)
    found = measure(threads=asked.parse_args(arguments).threads)
    sys.stdout.write(json.dumps(msgspec.to_builtins(found)) + "\n")


if __name__ == "__main__":
    main()
