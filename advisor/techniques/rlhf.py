"""Learn from a reward: for outputs that a program can check, with budget and patience."""

from advisor.questionnaire import sources as s
from advisor.questionnaire.criterion import Criterion, Gate

from ._kind import Technique

TECHNIQUE = Technique(
    name="rlhf",
    title="reinforcement from a reward",
    what="A model is rewarded by a learned or programmed judge for better outputs, after ordinary tuning.",
    objective="rlhf",
    parameters=("lora", "full"),
    prior=-3.0,
    criteria=(
        Criterion(
            "preference_pairs",
            ("n_10000_plus",),
            3.4,
            "ten thousand comparisons can train a reward model",
            s.NEXTDOOR,
        ),
        Criterion(
            "preference_pairs", ("n_1000_9999",), 1, "pairs can train a small reward model", s.DPO_COOKBOOK
        ),
        Criterion("success_measure", ("checker",), 2, "a program can reward every output", s.OPENAI_RFT),
        Criterion(
            "task_kind", ("formal_language",), 1.2, "code and queries can be run and checked", s.OPENAI_RFT
        ),
        Criterion(
            "task_kind",
            ("open_ended", "general_model"),
            1.5,
            "a reward judges outputs that no example foresaw",
            s.OPENAI_RFT,
        ),
        Criterion(
            "task_kind", ("writing",), 0.6, "a reward judges outputs that no example foresaw", s.OPENAI_RFT
        ),
        Criterion(
            "task_kind",
            ("classification", "extraction"),
            -1,
            "one output is right, and examples say which",
            s.DPO_COOKBOOK,
        ),
        Criterion("error_cost", ("harm",), 0.5, "high stakes repay it", s.AMAZON_2026),
        Criterion(
            "hardware", ("several_80gb",), 1, "there are cards for sampling and training at once", s.OWN
        ),
        Criterion("budget", ("over_200k",), 0.6, "the budget covers reward model and policy", s.OPENAI_RFT),
        Criterion(
            "budget", ("under_10k",), -1, "the budget does not cover reward model and policy", s.OPENAI_RFT
        ),
        Criterion("team", ("ml_3_plus",), 0.4, "there is a group to watch the reward", s.OPENAI_RFT),
        Criterion("team", ("nobody", "software"), -1, "nobody can watch the reward", s.OPENAI_RFT),
        Criterion("score_today", ("far",), -1, "a model without any skill finds no reward", s.OPENAI_RFT),
    ),
    gates=(
        Gate("hardware", ("none", "one_16gb", "one_24gb"), "sampling and training need more memory", s.OWN),
        Gate("success_measure", ("undefined", "disagreement"), "the reward would be ambiguous", s.OPENAI_RFT),
    ),
    arms=("lora", "dpo", "rlhf"),
    risk="The model learns the reward, not the intention: read outputs with the highest reward.",
)
