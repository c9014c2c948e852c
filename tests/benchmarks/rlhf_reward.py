"""RLHF on the demo's preference pairs: reward on held-out prompts before and after, and the way gone."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import torch

from advisor.engagement.records.plan import PreferenceSettings, TrainingSettings
from tests.benchmarks._trainings import job_for
from trainers.training import train

SETTINGS = TrainingSettings(epochs=3, learning_rate=1e-3, evaluations=3)
PREFERENCES = PreferenceSettings(
    epochs=3,
    reward_learning_rate=1e-3,
    policy_learning_rate=1e-3,
    steps=60,
    prompts=8,
    generations=4,
    max_new_tokens=20,
    kl=0.02,
)


def run() -> dict[str, object]:
    """Fine-tuning on the better answers, a reward model, a policy; answers drawn alike before and after."""
    torch.set_num_threads(1)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        job = job_for(
            "rlhf", Path(folder), settings=SETTINGS, preferences=PREFERENCES, most_pairs=1000, held_out=64
        )
        done = train(job)
    measured = done.measured
    return {
        "pairs": len(job.pairs),
        "held_out_prompts": int(measured["prompts"]),
        "steps": done.steps,
        "reward_before": round(measured["reward_before"], 3),
        "reward_after": round(measured["reward_after"], 3),
        "paired_p": float(f"{measured['reward_p']:.2g}"),
        "kl_nats_per_answer": round(measured["divergence"], 2),
        "answer_tokens_before": round(measured["answer_tokens_before"], 1),
        "answer_tokens_after": round(measured["answer_tokens_after"], 1),
        "seconds": round(time.monotonic() - started, 1),
        "gained": measured["reward_after"] > measured["reward_before"] and measured["reward_p"] < 0.05,
    }
