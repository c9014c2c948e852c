"""Let a provider train its own model: no machines, and a model that lives as long as its base.

Self-serve fine-tuning at OpenAI closes to everybody in January 2027, so it is not named here.
"""

from advisor.questionnaire import sources as s
from advisor.questionnaire.criterion import Criterion, Gate

from ._kind import Technique

TECHNIQUE = Technique(
    name="sft_api",
    title="hosted fine-tuning (Gemini, Bedrock, or open weights at a provider)",
    what="A provider trains a copy of its own model on your examples and rents it to you.",
    objective="sft",
    parameters=("hosted",),
    prior=0.0,
    criteria=(
        Criterion("hardware", ("none",), 2, "a provider trains without a card of one's own", s.BEDROCK),
        Criterion(
            "hardware",
            ("one_16gb", "one_24gb", "one_48gb", "one_80gb", "several_80gb"),
            -0.8,
            "a card at hand makes the durable form cheap: an adapter on open weights",
            s.OWN,
        ),
        Criterion("data_leaves", ("anywhere",), 0.4, "the data may go to a provider", s.GEMINI),
        Criterion("data_leaves", ("approved_cloud",), 0.2, "the approved cloud may offer tuning", s.BEDROCK),
        Criterion(
            "team", ("nobody", "software"), 0.8, "no skill to train and serve a model is needed", s.AZURE
        ),
        Criterion("team", ("ml_1_2", "ml_3_plus"), -0.3, "the skill to train open weights is there", s.OWN),
        Criterion(
            "labelled_examples",
            ("n_50_99", "n_100_999"),
            0.4,
            "strong hosted models learn a form from a hundred examples",
            s.GEMINI,
        ),
        Criterion("tried", ("hosted_model",), 0.4, "training at a provider has been done before", s.OWN),
        Criterion("distinct_tasks", ("n_10_99",), -0.6, "each hosted model is rented by itself", s.LORA_LAND),
    ),
    gates=(Gate("data_leaves", ("own_machines",), "the data may not leave the client's machines", s.OWN),),
    arms=("lora",),
    risk="A hosted tune is rented: it ends when its base model is retired. Ask for that date first.",
)
