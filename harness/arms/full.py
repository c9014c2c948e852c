"""The same prompt as zero_shot, asked of a model trained with the method full."""

from harness.arms._kind import Arm
from harness.prompted import prepare_trained

ARM = Arm(
    name="full",
    title="Full fine-tuning",
    approach="fine_tuning",
    method="full",
    needs_model=True,
    tasks=("classification", "generation"),
    version=1,
    prepare=prepare_trained,
)
