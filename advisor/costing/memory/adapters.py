"""Parameters that adapters add, and the embeddings trained beside them."""

from __future__ import annotations

from ..setup import Setup, Shape
from .weights import embedding_params, is_full

MATRICES = ("q", "k", "v", "o", "gate", "up", "down")


def target_set(setup: Setup) -> frozenset[str]:
    """Adapted matrices; `all-linear` means all of them. A model without a gate has none to adapt."""
    named = MATRICES if "all-linear" in setup.targets else setup.targets
    return frozenset(one for one in named if one in MATRICES and (setup.shape.gated or one != "gate"))


def sizes(shape: Shape) -> dict[str, tuple[int, int]]:
    """Input and output width of every adaptable matrix of one block (of one expert)."""
    queries, keys = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    h, inner = shape.hidden, shape.intermediate
    return {
        "q": (h, queries),
        "k": (h, keys),
        "v": (h, keys),
        "o": (queries, h),
        "gate": (h, inner),
        "up": (h, inner),
        "down": (inner, h),
    }


def adapter_params(setup: Setup) -> float:
    """r (in + out) for every adapted matrix of every block (LoRA, arXiv 2106.09685); of every expert.

    DoRA adds one magnitude per output (arXiv 2402.09353).
    """
    if is_full(setup):
        return 0.0
    total, extra = 0.0, 1 if setup.technique == "dora" else 0
    widths = sizes(setup.shape)
    for name in target_set(setup):
        into, out = widths[name]
        copies = max(1, setup.shape.experts) if name in ("gate", "up", "down") else 1
        total += copies * (setup.rank * (into + out) + extra * out)
    return total * setup.shape.layers


def trained_embedding_params(setup: Setup) -> float:
    """Embedding and head trained whole beside the adapters: PEFT keeps a second copy (`modules_to_save`)."""
    return embedding_params(setup.shape) if setup.technique == "lora_embeddings" else 0.0


def adapter_input_bytes(setup: Setup, *, per_element: float) -> float:
    """Bytes per token and layer of the copies of adapted matrices' inputs.

    Each adapted matrix keeps its input once more for its own gradient: 4 bytes per element where PEFT casts
    it to 32 bits. Measured: MLP targets add 2.2 GiB on Llama-3.2-3B; DoRA keeps 6 bytes per output besides,
    2.1 GiB over LoRA (PEFT method comparison).
    """
    widths = sizes(setup.shape)
    active = max(1, setup.shape.experts_active)
    per_output = 6.0 if setup.technique == "dora" else 0.0
    return sum(
        (per_element * widths[name][0] + per_output * widths[name][1])
        * (active if name in ("gate", "up", "down") else 1)
        for name in target_set(setup)
    )
