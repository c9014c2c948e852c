"""Label scoring beside lm-eval's HF loglikelihood: same model, prompts, labels and thread, processor seconds.

Targets: 10 times with 20 labels of several tokens, 40 times where prompts share 800 tokens of worked
examples, both against lm-eval's best batch size; equal choices, log-probabilities equal to 1e-4. Needs
`pip install lm-eval`, which nothing else here does.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Sequence
from typing import Any

import torch

from advisor.engagement.progress import silent
from advisor.engagement.records.examples import Message
from harness.models.scoring import Scorer
from trainers.language.loading import Language, load_language
from trainers.language.rendering import IGNORED, prompt_ids, training_row

ROUNDS = 2
ITEMS, SHARED_ITEMS = 48, 24
SHARED_TOKENS = 800
BATCHES: tuple[int | str, ...] = (8, 32, "auto")
KINDS = "late missing doubled wrong broken".split()
THINGS = "parcel delivery report|monthly invoice line|lease contract change|portal access request".split("|")
LABELS = sorted(f"{kind} {thing}" for kind in KINDS for thing in THINGS)
TARGETS = {"several_tokens": 10.0, "shared_examples": 40.0}


class Case:
    """Prompts and labels as token ids."""

    def __init__(self, language: Language, *, shots: int, items: int) -> None:
        draw = random.Random(0)
        listed = "\n".join(f"- {label}" for label in LABELS)
        task = [
            Message(role="system", content=f"Name the category.\n{listed}\nAnswer with the category only.")
        ]
        for _ in range(shots):
            label = draw.choice(LABELS)
            task += [
                Message(role="user", content=_asked(draw, label)),
                Message(role="assistant", content=label),
            ]
        asked = [Message(role="user", content=_asked(draw, draw.choice(LABELS))) for _ in range(items)]
        self.prompts = [prompt_ids(language.tokenizer, [*task, one]) for one in asked]
        rows = [
            training_row(language.tokenizer, [*task, asked[0]], label, max_length=1 << 30) for label in LABELS
        ]
        self.labels = [
            [token for token, kept in zip(row.input_ids, row.labels, strict=True) if kept != IGNORED]
            for row in rows
        ]


def run() -> dict[str, object]:
    """Both cases, medians over rounds in which each way has its turn."""
    torch.set_num_threads(1)
    language = load_language("starter")
    shots = 1
    while len(Case(language, shots=shots, items=2).prompts[0]) < SHARED_TOKENS:
        shots += 1
    found: dict[str, object] = {"labels": len(LABELS), "rounds": ROUNDS, "threads": 1}
    for name, count, items in (("several_tokens", 0, ITEMS), ("shared_examples", shots, SHARED_ITEMS)):
        case = Case(language, shots=count, items=items)
        found[name] = _compared(language, case, target=TARGETS[name])
    return found


def _compared(language: Language, case: Case, *, target: float) -> dict[str, Any]:
    times: dict[str, list[float]] = {}
    scores: dict[str, list[list[float]]] = {}
    for _ in range(ROUNDS):
        for name, score in _ways(language):
            began = time.process_time()
            scores[name] = score(case)
            times.setdefault(name, []).append(time.process_time() - began)
    seconds = {name: sorted(each)[len(each) // 2] for name, each in times.items()}
    theirs = {name: value for name, value in seconds.items() if name != "ours"}
    best = min(theirs, key=lambda name: theirs[name])
    gaps = [
        abs(a - b)
        for one, other in zip(scores["ours"], scores[best], strict=True)
        for a, b in zip(one, other, strict=True)
    ]
    same = [
        max(range(len(one)), key=one.__getitem__) == max(range(len(other)), key=other.__getitem__)
        for one, other in zip(scores["ours"], scores[best], strict=True)
    ]
    ratio = theirs[best] / seconds["ours"]
    return {
        "items": len(case.prompts),
        "prompt_tokens": len(case.prompts[0]),
        "label_tokens": [min(map(len, case.labels)), max(map(len, case.labels))],
        "cpu_seconds": {name: round(value, 2) for name, value in seconds.items()},
        "best_of_theirs": best,
        "times_faster": round(ratio, 1),
        "largest_gap_nats": float(f"{max(gaps):.2g}"),
        "same_choice": sum(same) / len(same),
        "within_target": ratio >= target and max(gaps) <= 1e-4 and all(same),
    }


def _ways(language: Language) -> list[tuple[str, Any]]:
    from lm_eval.models.huggingface import HFLM  # type: ignore[import-not-found]

    def ours(case: Case) -> list[list[float]]:
        scorer = Scorer(language.network, case.prompts, case.labels, on_progress=silent)
        if scorer.fallback is not None:
            sys.exit(f"the fast scorer was not used: {scorer.fallback}")
        found: list[list[float]] = []
        for pack in scorer.packs(case.prompts):
            found += scorer.score([case.prompts[number] for number in pack])
        return found

    def theirs(size: int | str) -> Any:
        model = HFLM(
            pretrained=language.network, tokenizer=language.tokenizer, batch_size=size, max_batch_size=64
        )

        def score(case: Case) -> list[list[float]]:
            # the form that HFLM.loglikelihood hands on after it has tokenised context and continuation
            asked = [
                (("", ""), list(prompt), list(label)) for prompt in case.prompts for label in case.labels
            ]
            answers: Sequence[tuple[float, bool]] = model._loglikelihood_tokens(asked, disable_tqdm=True)
            width = len(case.labels)
            flat = [float(value) for value, _ in answers]
            return [flat[at : at + width] for at in range(0, len(flat), width)]

        return score

    return [("ours", ours), *((f"lm_eval_{size}", theirs(size)) for size in BATCHES)]


def _asked(draw: random.Random, label: str) -> str:
    kind, _, thing = label.partition(" ")
    ending = draw.choice(("please look", "again today", "since Monday", "for our office", "twice now"))
    return f"The {thing} is {kind} {ending}, number {draw.randrange(10_000)}."


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(), indent=2) + "\n")
