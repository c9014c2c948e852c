"""Fine-tuning, a reward model on preference pairs, and a policy that is optimised against it on a leash."""

from trainers.aligning import align
from trainers.objectives._kind import Objective

OBJECTIVE = Objective(name="rlhf", title="RLHF", needs=("pairs",), train=align)
