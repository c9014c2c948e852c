"""Instruction tuning: the model learns to give the wanted output for the input."""

from trainers.fitting import fine_tune
from trainers.objectives._kind import Objective

OBJECTIVE = Objective(name="sft", title="instruction tuning", needs=("examples",), train=fine_tune)
