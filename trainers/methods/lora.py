"""Low-rank adapters on every linear layer of a frozen base."""

from trainers.methods._kind import Method

METHOD = Method(
    name="lora",
    adapter=True,
    quantised=False,
    target_modules="all-linear",
    learning_rate=2e-4,
    source="all layers, ten times the full fine-tuning rate: Thinking Machines, LoRA Without Regret (2025)",
)
