"""The task in words, nothing else."""

from harness.arms._kind import Arm
from harness.prompted import prepare_prompted

ARM = Arm(
    name="zero_shot",
    title="Prompting without examples",
    approach="prompting",
    method=None,
    needs_model=True,
    tasks=("classification", "generation"),
    version=1,
    prepare=prepare_prompted,
)
