"""Trainings of the starter model on the demo's rows and pairs, each a function of its kind and folder."""

from __future__ import annotations

from pathlib import Path

import torch

from advisor.engagement import codec
from advisor.engagement.folder import ModelFolder
from advisor.engagement.progress import silent
from advisor.engagement.records.examples import Example, Preference
from advisor.engagement.records.plan import Plan, PreferenceSettings, TrainingSettings
from advisor.engagement.records.runs import TrainingResult
from trainers.objectives._kind import Job
from trainers.training import train, training_spec

TRIAGE = Path(__file__).parents[2] / "advisor" / "examples" / "support-triage"
QUICK = PreferenceSettings(epochs=2, steps=6, prompts=4, generations=4, max_new_tokens=10)


def examples(split: str, count: int) -> list[Example]:
    """The first rows of a split."""
    rows = codec.iter_lines(TRIAGE / "examples.jsonl", Example)
    return [row for row in rows if row.meta.get("split") == split][:count]


def pairs(split: str, count: int) -> list[Preference]:
    """The first pairs of a split."""
    rows = codec.iter_lines(TRIAGE / "preferences.jsonl", Preference)
    return [row for row in rows if row.meta.get("split") == split][:count]


def job_for(
    objective: str,
    folder: Path,
    *,
    settings: TrainingSettings,
    preferences: PreferenceSettings,
    most_pairs: int,
    held_out: int,
) -> Job:
    """LoRA on the starter model; replies for objectives that learn from pairs, categories otherwise."""
    paired = objective != "sft"
    rows = [] if paired else examples("train", 64)
    checks = [] if paired else examples("validation", 16)
    asked = pairs("train", most_pairs) if paired else []
    instruction = "Answer the message." if paired else "Sort the message into its category."
    plan = Plan(arms=["lora"], instruction=instruction, training=settings, preferences=preferences)
    spec = training_spec(
        plan,
        "lora",
        0,
        train=rows,
        validation=checks,
        labels=sorted({row.output for row in rows}),
        weights="0",
        tokenizer="0",
        objective=objective,
        pairs=asked,
    )
    return Job(
        spec=spec,
        folder=ModelFolder(folder),
        model="starter",
        train=rows,
        validation=checks,
        pairs=asked,
        held_out_pairs=pairs("test", held_out) if paired else [],
        on_progress=silent,
    )


def quick(objective: str, folder: Path) -> TrainingResult:
    """A training of some seconds with dropout; asked again, it goes on."""
    torch.set_num_threads(1)
    settings = TrainingSettings(epochs=2, batch_size=8, dropout=0.1, evaluations=3)
    job = job_for(objective, folder, settings=settings, preferences=QUICK, most_pairs=32, held_out=8)
    return train(job)
