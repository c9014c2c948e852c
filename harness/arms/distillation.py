"""A model whose adapter has learnt a larger model's answers to the training inputs."""

from harness.arms._kind import Arm
from harness.prompted import prepare_trained

ARM = Arm(
    name="distillation",
    title="distillation from a larger model",
    approach="fine_tuning",
    method="lora",
    objective="distillation",
    needs_model=True,
    tasks=("classification", "generation"),
    version=1,
    prepare=prepare_trained,
)
