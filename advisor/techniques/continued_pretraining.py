"""Read billions of tokens of own text first: for a language or field that the base model barely knows."""

from advisor.questionnaire import sources as s
from advisor.questionnaire.criterion import Criterion, Gate

from ._kind import Technique

TECHNIQUE = Technique(
    name="continued_pretraining",
    title="continued pre-training",
    objective="continued_pretraining",
    parameters=("full",),
    prior=-4.0,
    criteria=(
        Criterion(
            "knowledge_size", ("over_5_million_pages",), 5.0, "billions of tokens of own text exist", s.HARVEY
        ),
        Criterion("hardware", ("several_80gb",), 1.5, "there are several large cards", s.EBAY_SWALLOW),
        Criterion(
            "task_kind",
            ("classification", "extraction"),
            -2.0,
            "a narrow task does not need a new field of knowledge",
            s.ANYSCALE,
        ),
    ),
    gates=(
        Gate(
            "knowledge_size",
            ("none", "up_to_500_pages", "500_to_10000_pages", "over_10000_pages"),
            "there is too little text for it",
            s.EBAY_SWALLOW,
        ),
        Gate(
            "hardware",
            ("none", "one_16gb", "one_24gb", "one_48gb", "one_80gb"),
            "one card would take months",
            s.OWN,
        ),
    ),
    arms=("full",),
    risk="General abilities shrink: mix general text in and measure them before and after.",
)
