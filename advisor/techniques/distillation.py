"""Teach a small model what a large one already does well: for price and speed, not for quality."""

from advisor.questionnaire import sources as s
from advisor.questionnaire.criterion import Criterion, Gate

from ._kind import Technique

TECHNIQUE = Technique(
    name="distillation",
    title="distillation into a small model",
    objective="distillation",
    parameters=("lora", "qlora", "hosted"),
    prior=-1.5,
    criteria=(
        Criterion(
            "score_today", ("met",), 3.0, "a large model already meets the target and can teach", s.DISTILLED
        ),
        Criterion("score_today", ("near",), 1.0, "a large model is close enough to teach", s.DISTILLED),
        Criterion(
            "requests_per_month", ("over_1m",), 1.0, "at this volume the price per request decides", s.HF_COST
        ),
        Criterion("latency", ("under_1s",), 0.7, "a small model answers sooner", s.NOVA),
    ),
    gates=(Gate("score_today", ("short", "far"), "the teacher itself misses the target", s.DISTILLED),),
    arms=("lora", "qlora"),
    risk="The teacher's licence or terms may forbid training on its outputs: check before generating any.",
)
