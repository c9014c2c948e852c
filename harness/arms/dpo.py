"""A model whose adapter has learnt from preference pairs which answers people like better."""

from harness.arms._kind import Arm
from harness.prompted import prepare_trained

ARM = Arm(
    name="dpo",
    title="direct preference optimisation",
    approach="fine_tuning",
    method="lora",
    objective="dpo",
    needs_model=True,
    tasks=("generation",),
    version=1,
    prepare=prepare_trained,
)
