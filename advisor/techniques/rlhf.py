"""Learn from a reward: for outputs that a program can check, with budget and patience."""

from advisor.questionnaire import sources as s
from advisor.questionnaire.criterion import Criterion, Gate

from ._kind import Technique

TECHNIQUE = Technique(
    name="rlhf",
    title="reinforcement from a reward",
    objective="rlhf",
    parameters=("lora", "full"),
    prior=-3.0,
    criteria=(
        Criterion("success_measure", ("checker",), 2.8, "a program can reward every output", s.OPENAI_RFT),
        Criterion(
            "hardware", ("several_80gb",), 1.2, "there are cards for sampling and training at once", s.OWN
        ),
        Criterion(
            "preference_pairs", ("1000_or_more",), 0.8, "pairs can train a reward model", s.DPO_COOKBOOK
        ),
        Criterion(
            "task_kind", ("formal_language",), 1.2, "code and queries can be run and checked", s.OPENAI_RFT
        ),
        Criterion("score_today", ("far",), -1.0, "a model without any skill finds no reward", s.OPENAI_RFT),
    ),
    gates=(
        Gate("hardware", ("none", "one_16gb", "one_24gb"), "sampling and training need more memory", s.OWN),
        Gate("success_measure", ("opinion", "disagreement"), "the reward would be ambiguous", s.OPENAI_RFT),
    ),
    arms=("lora",),
    risk="The model learns the reward, not the intention: read outputs with the highest reward.",
)
