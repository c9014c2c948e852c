"""Teach a small model what a large one already does well: for price and speed, not for quality."""

from advisor.questionnaire import sources as s
from advisor.questionnaire.criterion import Criterion, Gate

from ._kind import Technique

TECHNIQUE = Technique(
    name="distillation",
    title="distillation into a small model",
    what="A large model writes the outputs, and a small one is trained to give the same.",
    objective="distillation",
    parameters=("lora", "qlora", "hosted"),
    prior=-1.5,
    criteria=(
        Criterion("failure", ("cost",), 2.6, "a large model is right and can teach a small one", s.DISTILLED),
        Criterion(
            "score_today", ("met",), 1.2, "a large model already meets the target and can teach", s.DISTILLED
        ),
        Criterion("score_today", ("near",), 0.4, "a large model is close enough to teach", s.DISTILLED),
        Criterion(
            "labelled_examples",
            ("n_10000_plus",),
            0.3,
            "a large model can write examples by the ten thousand",
            s.HF_COST,
        ),
        Criterion(
            "requests_per_month", ("over_1m",), 0.6, "at this volume the price per request decides", s.HF_COST
        ),
        Criterion("latency", ("under_1s",), 0.5, "a small model answers sooner", s.NOVA),
        Criterion("distinct_tasks", ("n_10_99",), -0.8, "each task would need its own teacher run", s.OWN),
    ),
    gates=(Gate("score_today", ("short", "far"), "the teacher itself misses the target", s.DISTILLED),),
    arms=("lora", "distillation"),
    risk="The teacher's licence or terms may forbid training on its outputs: check before generating any.",
)
