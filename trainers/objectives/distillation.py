"""A teacher's answers become the outputs, and a small model learns to give the same."""

from trainers.distilling import distill
from trainers.objectives._kind import Objective

OBJECTIVE = Objective(
    name="distillation",
    title="distillation",
    needs=("examples", "teacher"),
    train=distill,
)
