"""Let a provider train its own model: no machines, and a model that lives as long as its base.

Self-serve fine-tuning at OpenAI closes to everybody in January 2027, so it is not named here.
"""

from advisor.questionnaire import sources as s
from advisor.questionnaire.criterion import Criterion, Gate

from ._kind import Technique

TECHNIQUE = Technique(
    name="sft_api",
    title="hosted fine-tuning (Gemini, Bedrock, or open weights at a provider)",
    objective="sft",
    parameters=("hosted",),
    prior=0.0,
    criteria=(
        Criterion("hardware", ("none",), 2.0, "a provider trains without a card of one's own", s.BEDROCK),
        Criterion("data_leaves", ("anywhere",), 0.4, "the data may go to a provider", s.GEMINI),
        Criterion("data_leaves", ("approved_cloud",), 0.2, "the approved cloud may offer tuning", s.BEDROCK),
        Criterion(
            "hardware",
            ("one_24gb", "one_48gb", "one_80gb", "several_80gb"),
            -0.8,
            "a card at hand makes the durable form cheap: an adapter on open weights",
            s.OWN,
        ),
    ),
    gates=(Gate("data_leaves", ("own_machines",), "the data may not leave the client's machines", s.OWN),),
    arms=("lora",),
    risk="A hosted tune is rented: it ends when its base model is retired. Ask for that date first.",
)
