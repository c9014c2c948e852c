"""The better answer of each pair becomes likelier than the worse one."""

from trainers.objectives._kind import Objective
from trainers.preferring import optimise_preference

OBJECTIVE = Objective(
    name="dpo", title="direct preference optimisation", needs=("pairs",), train=optimise_preference
)
