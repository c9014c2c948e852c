"""Move every weight: for narrow, strict tasks with plenty of data and cards."""

from advisor.questionnaire import sources as s
from advisor.questionnaire.criterion import Criterion, Gate

from ._kind import Technique

TECHNIQUE = Technique(
    name="full",
    title="full fine-tuning",
    objective="sft",
    parameters=("full",),
    prior=-0.8,
    criteria=(
        Criterion(
            "labelled_examples",
            ("n_10000_plus",),
            1.6,
            "adapters fall behind when there is much to learn",
            s.LEARNS_LESS,
        ),
        Criterion(
            "task_kind", ("answers",), 0.4, "answering from passages was trained with all weights", s.RAFT
        ),
        Criterion(
            "task_kind", ("open_ended",), -0.8, "all weights forget more than adapters do", s.LEARNS_LESS
        ),
        Criterion(
            "hardware", ("several_80gb",), 1.2, "several 80 GB cards hold weights and optimiser", s.OWN
        ),
        Criterion("requirements", ("over_3_months",), 0.2, "a strict, settled task repays it", s.MET_OFFICE),
    ),
    gates=(
        Gate(
            "hardware",
            ("none", "one_16gb", "one_24gb", "one_48gb"),
            "weights, gradients and optimiser state of a 7B model do not fit",
            s.OWN,
        ),
        Gate(
            "labelled_examples",
            ("n_50_99", "n_100_999"),
            "hundreds of examples do not use all weights",
            s.LORA_REGRET,
        ),
    ),
    arms=("full", "lora"),
    risk="All weights forget more than an adapter does: test general abilities before and after.",
)
