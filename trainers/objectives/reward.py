"""A model that gives each answer a number, the better one of each pair the higher."""

from trainers.objectives._kind import Objective
from trainers.preferring import train_reward

OBJECTIVE = Objective(name="reward", title="reward model", needs=("pairs",), train=train_reward)
