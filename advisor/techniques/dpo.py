"""Learn from better-and-worse pairs: for taste, after ordinary tuning."""

from advisor.questionnaire import sources as s
from advisor.questionnaire.criterion import Criterion, Gate

from ._kind import Technique

TECHNIQUE = Technique(
    name="dpo",
    title="DPO after supervised tuning",
    objective="dpo",
    parameters=("lora", "qlora"),
    prior=-2.0,
    criteria=(
        Criterion(
            "preference_pairs",
            ("1000_or_more",),
            2.6,
            "a thousand consistent pairs or more exist",
            s.DPO_COOKBOOK,
        ),
        Criterion(
            "task_kind",
            ("writing", "open_ended"),
            1.6,
            "several outputs are right and taste decides",
            s.DPO_CASES,
        ),
        Criterion(
            "task_kind",
            ("classification", "extraction"),
            -2.0,
            "one output is right: pairs add little",
            s.DPO_COOKBOOK,
        ),
    ),
    gates=(
        Gate("preference_pairs", ("none", "under_1000"), "there are too few pairs", s.DPO_COOKBOOK),
        Gate("hardware", ("none",), "there is no card to train on", s.OWN),
    ),
    arms=("lora", "qlora"),
    risk="Most of the gain usually comes from supervised tuning before it: measure that step alone.",
)
