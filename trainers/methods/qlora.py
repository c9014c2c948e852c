"""LoRA on a base held in 4-bit: the memory of a quarter, nearly the quality of LoRA."""

from trainers.methods._kind import Method

METHOD = Method(
    name="qlora",
    adapter=True,
    quantised=True,
    target_modules="all-linear",
    learning_rate=2e-4,
    source="nf4 with double quantisation, adapters on all linear layers, 2e-4: QLoRA, arXiv 2305.14314",
)
