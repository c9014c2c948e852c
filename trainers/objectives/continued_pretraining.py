"""The model reads raw text first, every token of it, and is then taught the rows, if there are any."""

from trainers.objectives._kind import Objective
from trainers.pretraining import pretrain

OBJECTIVE = Objective(
    name="continued_pretraining",
    title="continued pre-training",
    needs=("texts",),
    train=pretrain,
)
