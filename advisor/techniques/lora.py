"""Train a small adapter beside frozen weights: the default on open models."""

from advisor.questionnaire import sources as s
from advisor.questionnaire.criterion import Criterion, Gate

from ._kind import Technique

TECHNIQUE = Technique(
    name="lora",
    title="LoRA",
    what="A small adapter beside the frozen weights is trained on your examples.",
    objective="sft",
    parameters=("lora",),
    prior=1.0,
    criteria=(
        Criterion(
            "labelled_examples",
            ("n_50_99", "n_100_999", "n_1000_9999"),
            0.4,
            "equals full tuning on small and medium sets",
            s.LORA_REGRET,
        ),
        Criterion(
            "task_kind",
            ("classification", "extraction"),
            0.6,
            "labels and fields need only a small model, which fits without quantising",
            s.OWN,
        ),
        Criterion(
            "distinct_tasks",
            ("n_10_99",),
            1,
            "dozens of adapters share one base model and one card",
            s.LORA_LAND,
        ),
        Criterion(
            "hardware",
            ("one_80gb", "several_80gb"),
            0.6,
            "80 GB holds a 7-8B model with room for batches",
            s.OWN,
        ),
        Criterion("hardware", ("one_48gb",), 0.3, "40-48 GB holds a 7-8B model without quantising", s.OWN),
    ),
    gates=(Gate("hardware", ("none",), "there is no card to train on", s.OWN),),
    arms=("lora", "qlora"),
    risk="Adapters of one base model do not move to another: keep the training data and the recipe.",
)
