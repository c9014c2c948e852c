"""Read billions of tokens of own text first: for a language or field that the base model barely knows."""

from advisor.questionnaire import sources as s
from advisor.questionnaire.criterion import Criterion, Gate

from ._kind import Technique

TECHNIQUE = Technique(
    name="continued_pretraining",
    title="continued pre-training",
    what="A model reads billions of tokens of your raw text before it is taught the task.",
    objective="continued_pretraining",
    parameters=("full",),
    prior=-3.6,
    criteria=(
        Criterion("unlabelled_text", ("over_1b",), 5, "billions of tokens of own text exist", s.HARVEY),
        Criterion(
            "task_kind", ("general_model",), 1.5, "several later systems share the cost", s.EBAY_SWALLOW
        ),
        Criterion(
            "task_kind",
            ("classification", "extraction"),
            -2,
            "a narrow task does not need a new field of knowledge",
            s.ANYSCALE,
        ),
        Criterion(
            "weak_ground",
            ("language", "jargon"),
            0.7,
            "the base model barely knows this language or field",
            s.EBAY_SWALLOW,
        ),
        Criterion("hardware", ("several_80gb",), 1.5, "there are several large cards", s.EBAY_SWALLOW),
    ),
    gates=(
        Gate(
            "unlabelled_text", ("under_10m", "10m_to_1b"), "there is too little text for it", s.EBAY_SWALLOW
        ),
        Gate(
            "hardware",
            ("none", "one_16gb", "one_24gb", "one_48gb", "one_80gb"),
            "one card would take months",
            s.OWN,
        ),
    ),
    arms=("full", "continued_pretraining"),
    risk="General abilities shrink: mix general text in and measure them before and after.",
)
