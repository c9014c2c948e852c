"""Every weight moves."""

from trainers.methods._kind import Method

METHOD = Method(
    name="full",
    adapter=False,
    quantised=False,
    target_modules="",
    learning_rate=2e-5,
    source="a tenth of the LoRA rate: Thinking Machines, LoRA Without Regret (2025)",
)
