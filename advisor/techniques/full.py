"""Move every weight: for narrow, strict tasks with plenty of data and cards."""

from advisor.questionnaire import sources as s
from advisor.questionnaire.criterion import Criterion, Gate

from ._kind import Technique

TECHNIQUE = Technique(
    name="full",
    title="full fine-tuning",
    what="Every weight of the model is trained on your examples.",
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
            "task_kind",
            ("general_model",),
            0.8,
            "a model for many later uses has much to learn",
            s.LEARNS_LESS,
        ),
        Criterion(
            "task_kind", ("open_ended",), -0.8, "all weights forget more than adapters do", s.LEARNS_LESS
        ),
        Criterion(
            "weak_ground",
            ("script_or_image",),
            1.6,
            "adapters did not learn a new script; all weights did",
            s.MET_OFFICE,
        ),
        Criterion(
            "weak_ground", ("language",), 0.6, "a language is much to learn for an adapter", s.MET_OFFICE
        ),
        Criterion(
            "hardware", ("several_80gb",), 1.2, "several 80 GB cards hold weights and optimiser", s.OWN
        ),
        Criterion(
            "distinct_tasks",
            ("n_10_99", "per_user"),
            -1.5,
            "a whole model per task fills a card with each",
            s.LORA_LAND,
        ),
        Criterion(
            "tried", ("changed_model",), 0.8, "an adapter has been tried and more is wanted", s.MET_OFFICE
        ),
        Criterion("stage", ("settled",), 0.2, "a strict, settled task repays it", s.MET_OFFICE),
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
