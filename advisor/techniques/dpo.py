"""Learn from better-and-worse pairs: for taste, after ordinary tuning."""

from advisor.questionnaire import sources as s
from advisor.questionnaire.criterion import Criterion, Gate

from ._kind import Technique

TECHNIQUE = Technique(
    name="dpo",
    title="DPO after supervised tuning",
    what="The model learns from pairs of a better and a worse output, after ordinary tuning.",
    objective="dpo",
    parameters=("lora", "qlora"),
    prior=-2.0,
    criteria=(
        Criterion(
            "preference_pairs",
            ("n_1000_9999", "n_10000_plus"),
            2.8,
            "a thousand consistent pairs or more exist",
            s.DPO_COOKBOOK,
        ),
        Criterion(
            "preference_pairs",
            ("under_1000",),
            1.2,
            "some pairs exist and more can be collected",
            s.DPO_CASES,
        ),
        Criterion(
            "task_kind",
            ("writing", "open_ended", "general_model"),
            1.6,
            "several outputs are right and taste decides",
            s.DPO_CASES,
        ),
        Criterion(
            "task_kind",
            ("classification", "extraction"),
            -2,
            "one output is right: pairs add little",
            s.DPO_COOKBOOK,
        ),
    ),
    gates=(
        Gate("preference_pairs", ("none",), "there are no pairs", s.DPO_COOKBOOK),
        Gate("hardware", ("none",), "there is no card to train on", s.OWN),
    ),
    arms=("lora", "dpo"),
    risk="Most of the gain usually comes from supervised tuning before it: measure that step alone.",
)
