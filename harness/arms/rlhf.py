"""A model optimised against a reward that was learnt from preference pairs."""

from harness.arms._kind import Arm
from harness.prompted import prepare_trained

ARM = Arm(
    name="rlhf",
    title="RLHF",
    approach="fine_tuning",
    method="lora",
    objective="rlhf",
    needs_model=True,
    tasks=("generation",),
    version=1,
    prepare=prepare_trained,
)
