"""A model that has read the client's documents before it learnt the training rows."""

from harness.arms._kind import Arm
from harness.prompted import prepare_trained

ARM = Arm(
    name="continued_pretraining",
    title="continued pre-training, then fine-tuning",
    approach="fine_tuning",
    method="full",
    objective="continued_pretraining",
    needs_model=True,
    tasks=("classification", "generation"),
    version=1,
    prepare=prepare_trained,
)
