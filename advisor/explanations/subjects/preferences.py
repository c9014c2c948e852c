"""Words around learning from comparisons and rewards."""

from advisor.questionnaire import sources as s

from .._kind import Entry, Figure, Subject

SUBJECT = Subject(
    name="preferences",
    entries=(
        Entry(
            name="preference_pairs",
            title="preference pairs (better and worse)",
            what="Two outputs for the same input, with a judgement which one is better. They say what good "
            "is where several outputs are right.",
            paragraphs=(
                "Edited drafts are pairs already: the draft is the worse, what was sent is the better one.",
                "The judgement must be consistent. Let two people order the same 50 pairs before collecting "
                "thousands.",
            ),
            figures=(
                Figure(
                    "Thousands to tens of thousands are advised, consistently ordered, after supervised "
                    "tuning.",
                    s.DPO_COOKBOOK,
                ),
            ),
            see_also=("dpo", "reward_model", "agreement"),
            aliases=("preferences", "comparisons", "chosen and rejected"),
        ),
        Entry(
            name="dpo",
            title="DPO (direct preference optimisation)",
            what="The model learns from preference pairs directly: the better output becomes likelier, the "
            "worse one less so, without a reward model.",
            paragraphs=(
                "It comes after supervised tuning, which brings most of the gain. Measure that step alone.",
                "It suits taste: tone, length, policy, helpfulness. It does not teach a new task.",
            ),
            figures=(
                Figure("Adherence to a policy rose from 45 % to 90 %.", s.DPO_CASES),
                Figure("Supervised tuning gave most of the gain, pairs a little more.", s.DPO_CASES),
            ),
            see_also=("preference_pairs", "kl_penalty", "instruction_tuning"),
            aliases=("direct preference optimisation", "direct preference optimization", "kto"),
        ),
        Entry(
            name="rlhf",
            title="RLHF and RFT (learning from a reward)",
            what="The model writes outputs, a judge scores them, and training makes high-scoring ones "
            "likelier. The judge is a learned reward model or a program.",
            paragraphs=(
                "A program as judge, such as a test that passes or a total that matches, is cheaper and "
                "harder to fool than a learned one.",
                "The model must solve the task now and then before it starts; without any success there is "
                "no reward to learn from.",
                "It learns the reward and not the intention: read the outputs with the highest reward.",
            ),
            figures=(
                Figure(
                    "Near misses fell by 33 %.",
                    "Amazon Pharmacy, in the ZenML LLMOps Database",
                ),
            ),
            see_also=("reward_model", "kl_penalty", "success_measure"),
            aliases=(
                "reinforcement learning from human feedback",
                "reinforcement fine-tuning",
                "reinforcement learning",
                "rft",
                "grpo",
                "ppo",
            ),
        ),
        Entry(
            name="reward_model",
            title="reward model (a learned judge)",
            what="A model trained on preference pairs to give each output a score, which training then "
            "raises.",
            paragraphs=(
                "Before using it, test it on pairs it has not seen: a judge that agrees with people in six "
                "of ten cases teaches noise.",
                "Its blind spots are found and used by the model it teaches. Check it again after training.",
            ),
            figures=(
                Figure(
                    "A reward model was trained on 50,000 pairs.", "Nextdoor, in the ZenML LLMOps Database"
                ),
            ),
            see_also=("rlhf", "preference_pairs", "kl_penalty"),
            aliases=("reward", "reward models"),
        ),
        Entry(
            name="kl_penalty",
            title="KL penalty (the leash on a tuned model)",
            what="A cost for moving away from the model one started from; it keeps learning from pairs or "
            "rewards from bending the language out of shape.",
            paragraphs=(
                "KL divergence measures how differently two models would go on with the same text. The model "
                "one started from is called the reference.",
                "Too strong, and nothing is learned; too weak, and the model finds odd outputs that the "
                "judge likes. In DPO the setting is called beta.",
            ),
            see_also=("dpo", "rlhf", "reward_model"),
            aliases=("kl", "kl divergence", "reference model", "beta"),
        ),
    ),
)
