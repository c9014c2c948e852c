"""LoRA over 4-bit weights: for when memory is the limit, at the price of speed."""

from advisor.questionnaire import sources as s
from advisor.questionnaire.criterion import Criterion, Gate

from ._kind import Technique

TECHNIQUE = Technique(
    name="qlora",
    title="QLoRA",
    what="The frozen weights are kept in 4 bits, and an adapter beside them is trained.",
    objective="sft",
    parameters=("qlora",),
    prior=0.3,
    criteria=(
        Criterion(
            "labelled_examples",
            ("n_50_99", "n_100_999", "n_1000_9999"),
            0.4,
            "adapters over 4-bit weights did well across thirty narrow tasks",
            s.LORA_LAND,
        ),
        Criterion("hardware", ("one_16gb",), 2, "16 GB holds a 7-8B model only with 4-bit weights", s.OWN),
        Criterion("hardware", ("one_24gb",), 1.2, "4-bit weights leave room for batches on 24 GB", s.OWN),
        Criterion("hardware", ("one_48gb",), 0.9, "a 65B model was tuned on one 48 GB card", s.QLORA),
        Criterion(
            "data_leaves",
            ("own_machines",),
            0.3,
            "on the client's own cards memory is the first limit",
            s.QLORA,
        ),
        Criterion("latency", ("under_1s",), -0.2, "4-bit weights are slower to compute with", s.QLORA),
    ),
    gates=(Gate("hardware", ("none",), "there is no card to train on", s.OWN),),
    arms=("qlora", "lora"),
    risk="What is shipped must be what was measured: merging an adapter into 16-bit weights changes outputs.",
)
