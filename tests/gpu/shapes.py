"""Our own fine-tuning on random weights of known shapes: tokens per second, share of the peak, memory."""

from __future__ import annotations

import random
import statistics
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import torch

from advisor.costing.cards import cards
from advisor.costing.memory.estimating import estimate
from advisor.costing.prices import find_card
from advisor.costing.setup import Setup, Shape
from advisor.engagement import codec
from advisor.engagement.folder import ModelFolder
from advisor.engagement.progress import silent
from advisor.engagement.records.plan import Plan, TrainingSettings
from trainers import fitting
from trainers.language import attention
from trainers.language.loading import device, device_name, load_network, load_tokenizer, tidy_memory
from trainers.objectives._kind import Job
from trainers.packing import answer_loss, collate
from trainers.rows import Rows, TrainingRow
from trainers.training import training_spec
from trainers.watching import Step

FLOPS_PER_PARAMETER = {"lora": 4, "qlora": 4, "full": 6}
"""Of one token: forward 2, backward to activations 2, backward to weights 2 where all of them move."""
WARMING = 2
_prepare = fitting.prepare
"""First steps that are not timed."""


class Case(NamedTuple):
    """One training to measure."""

    shape: str
    """Name in SHAPES."""
    method: str
    """lora, qlora or full."""
    length: int
    """Tokens of a row; every token but the first is trained."""
    batch_size: int
    """Rows of an optimizer step."""
    keep_4bit: bool = False
    """Whether the base stays in 4-bit, as on cards where 16 bits do not fit."""
    compiled: bool = False
    """Whether each layer is compiled by torch first: what it would bring; our training does not."""

    @property
    def title(self) -> str:
        """As its measurement is kept."""
        marks = ["4-bit"] * self.keep_4bit + ["compiled"] * self.compiled
        return "-".join([self.shape, self.method, *marks])


SHAPES = {
    # Llama 3.2 1B and Llama 3.1 8B
    "1B": Shape(
        params_b=1.236,
        active_b=1.236,
        hidden=2048,
        intermediate=8192,
        layers=16,
        vocab=128_256,
        heads=32,
        kv_heads=8,
        head_dim=64,
        tied=True,
    ),
    "8B": Shape(
        params_b=8.03,
        active_b=8.03,
        hidden=4096,
        intermediate=14_336,
        layers=32,
        vocab=128_256,
        heads=32,
        kv_heads=8,
        head_dim=128,
    ),
}
CASES = (
    Case("1B", "lora", 2048, 8),
    Case("1B", "qlora", 2048, 8),
    Case("1B", "full", 2048, 8),
    Case("8B", "lora", 4096, 4),
    Case("8B", "qlora", 4096, 4),
    Case("8B", "qlora", 4096, 4, keep_4bit=True),
    Case("8B", "lora", 4096, 4, compiled=True),
)
RATES = {"lora": 1e-3, "qlora": 1e-3, "full": 1e-4}
"""High for adapters: ten steps on random weights have to show a fall."""
AIM = 0.40
"""Share of the peak for LoRA on 8B at 4,096 tokens; best published for one H100: 0.406 (NeMo AutoModel)."""


def build(folder: Path, shape: Shape) -> int:
    """Random weights of this shape with the starter's tokenizer; returns the parameters that multiply."""
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = load_tokenizer("starter")
    tokenizer.save_pretrained(folder)
    config = LlamaConfig(
        vocab_size=shape.vocab,
        hidden_size=shape.hidden,
        intermediate_size=shape.intermediate,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        head_dim=shape.head_dim,
        tie_word_embeddings=shape.tied,
        max_position_embeddings=8192,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        dtype="bfloat16",
    )
    torch.manual_seed(0)
    with torch.device(device()):
        network = LlamaForCausalLM(config).to(torch.bfloat16)
    network.save_pretrained(folder, safe_serialization=True)
    embedding = 0 if shape.tied else shape.vocab * shape.hidden
    count = sum(weight.numel() for weight in network.parameters()) - embedding
    del network
    tidy_memory(device())
    return count


def measure(
    folder: Path, model: Path, case: Case, *, multiplying: int, steps: int = 10, backend: str = "inductor"
) -> dict[str, Any]:
    """Median over the steps after the first, as `steps.jsonl` has them; memory beside our own band.

    `backend` compiles the layers of a compiled case.
    """
    job = job_for(folder, model, case)
    rows = Rows(_rows(case, steps), 0, 0)
    prepare = partial(_compiled, backend=backend) if case.compiled else fitting.prepare
    with patch.object(fitting, "SAVES_PER_RUN", 1), patch.object(fitting, "prepare", prepare):
        done = fitting.fit_rows(job, load_tokenizer(str(model)), rows, Rows([], 0, 0))
    timed = [one.tokens_per_second for one in codec.iter_lines(job.folder.steps_path, Step)][WARMING:]
    speed = statistics.median(timed)
    foreseen = estimate(_setup(case, done.pack_tokens, checkpointing=done.checkpointing)).allocated
    flops = FLOPS_PER_PARAMETER[case.method] * multiplying * speed
    peak = _peak_flops()
    return {
        **case._asdict(),
        "device": done.device,
        "steps_timed": len(timed),
        "tokens_per_second": round(speed),
        "flops_per_parameter": FLOPS_PER_PARAMETER[case.method],
        "tflops": float(f"{flops / 1e12:.3g}"),
        "mfu": round(flops / peak, 3) if peak else None,
        "peak_memory_gib": round(done.peak_memory_gib, 2),
        "estimated_memory_gib": [
            float(f"{one:.3g}") for one in (foreseen.low, foreseen.likely, foreseen.high)
        ],
        "pass_tokens": done.pack_tokens,
        "checkpointing": done.checkpointing,
        "first_loss": round(done.first_loss, 3),
        "last_loss": round(done.last_loss, 3),
        "quantised_layers": done.quantised_layers,
        "notes": done.notes,
    }


def _compiled(*arguments: Any, backend: str, **options: Any) -> tuple[Any, int]:
    """The prepared network with each of its layers compiled in place; names and weights stay."""
    network, four_bit = _prepare(*arguments, **options)
    for layer in network.get_submodule("base_model.model.model.layers"):
        layer.compile(backend=backend)
    return network, four_bit


def parity(model: Path) -> dict[str, Any]:
    """Rows end to end and rows behind a shared prefix against rows alone, in the dtype of training."""
    network = load_network(model, training=True)
    found: dict[str, Any] = {
        "attention": network.config._attn_implementation,
        "dtype": str(network.dtype).removeprefix("torch."),
    }
    for name, prefix in (("end to end", 0), ("shared prefix", 96)):
        rows = _uneven(prefix)
        together = collate(rows, 0, share=True, isolate=True)
        assert ("shared_prefix" in together) == (prefix > 0)
        loss, gradient = _learnt(network, [together])
        wanted, along = _learnt(network, [collate([row], 0, share=False) for row in rows])
        cosine = torch.nn.functional.cosine_similarity(gradient, along, dim=0)
        found[name] = {"loss_gap": abs(loss - wanted) / wanted, "gradient_cosine": float(cosine)}
    return found


def _learnt(network: Any, batches: list[dict[str, torch.Tensor]]) -> tuple[float, torch.Tensor]:
    """Loss, and the gradient of the first layer's projections as one vector."""
    network.zero_grad(set_to_none=True)
    total = 0.0
    where = next(network.parameters()).device
    for batch in batches:
        loss = answer_loss(network, {name: value.to(where) for name, value in batch.items()})
        loss.backward()  # type: ignore[no-untyped-call]
        total += float(loss.detach())
    layer = network.model.layers[0].self_attn
    parts = [layer.q_proj.weight.grad, layer.k_proj.weight.grad, layer.v_proj.weight.grad]
    return total, torch.cat([part.float().flatten() for part in parts])


def _uneven(prefix: int) -> list[TrainingRow]:
    draw = random.Random(1)
    opening = [draw.randrange(250) for _ in range(prefix)]
    rows = []
    for number, length in enumerate((7, 33, 64, 5, 48, 21)):
        own = [draw.randrange(250) for _ in range(length)]
        rows.append(TrainingRow(str(number), [*opening, *own], [-100] * prefix + own))
    return rows


def _rows(case: Case, steps: int) -> list[TrainingRow]:
    draw = random.Random(2)
    made = []
    for number in range(case.batch_size * steps):
        ids = [draw.randrange(250) for _ in range(case.length)]
        made.append(TrainingRow(str(number), ids, ids))
    return made


def job_for(folder: Path, model: Path, case: Case) -> Job:
    """One training of a case, ready to run; its rows come separately."""
    settings = TrainingSettings(
        epochs=1,
        learning_rate=RATES[case.method],
        keep_4bit=case.keep_4bit,
        batch_size=case.batch_size,
        max_length=case.length,
        evaluations=0,
    )
    plan = Plan(arms=[case.method], model=str(model), instruction="", training=settings)
    spec = training_spec(plan, case.method, 0, train=[], validation=[], labels=[], weights="0", tokenizer="0")
    folder.mkdir(parents=True, exist_ok=True)
    return Job(
        spec=spec,
        folder=ModelFolder(folder),
        model=str(model),
        train=[],
        validation=[],
        on_progress=silent,
    )


def _setup(case: Case, pass_tokens: int, *, checkpointing: bool) -> Setup:
    """As the cost model is asked: rows of one pass, opened 4-bit weights counted as 16 bits."""
    held: Any = "qlora" if case.keep_4bit else "lora"
    technique: Any = "full" if case.method == "full" else held
    return Setup(
        shape=SHAPES[case.shape],
        technique=technique,
        seq_len=case.length,
        batch_size=max(1, min(case.batch_size, pass_tokens // case.length)),
        rank=16,
        checkpointing=checkpointing,
        attention="flash" if attention.available() else "sdpa",
        dtype="fp32" if case.method == "full" else "bf16",
    )


def _peak_flops() -> float | None:
    found = find_card(device_name())
    return cards()[found.gpu].peak_tflops * 1e12 if found else None
