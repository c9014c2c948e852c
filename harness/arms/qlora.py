"""The same prompt as zero_shot, asked of a model trained with the method qlora."""

from harness.arms._kind import Arm
from harness.prompted import prepare_trained

ARM = Arm(
    name="qlora",
    title="QLoRA fine-tuning (4-bit base)",
    approach="fine_tuning",
    method="qlora",
    needs_model=True,
    tasks=("classification", "generation"),
    version=1,
    prepare=prepare_trained,
)
