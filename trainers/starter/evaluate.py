"""The probes: does the model pick the right label, extract the right fields, find the right words?

`python -m trainers.starter.evaluate --shared DIR --model DIR [--final]` writes them into record and card.
"""

import argparse
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from pathlib import Path
from random import Random
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerFast

from . import sources
from .card import write_card
from .facts import Chat, extraction, reading
from .invented import invented_name
from .word_tables import UNSEEN_NAMES

LOG = logging.getLogger("starter")
Classes = dict[str, tuple[str, ...]]
INSTRUCTION = (
    "Classify the message into exactly one of these categories. Answer with the category name only.\n"
    "Categories:\n"
)


@dataclass(frozen=True)
class Probe:
    """One accuracy with everything needed to judge it."""

    name: str
    """What was asked."""
    correct: int
    """Right answers."""
    n: int
    """Questions."""
    chance: float
    """Accuracy of guessing."""
    low: float
    """Lower end of the Wilson 95 % interval."""
    high: float
    """Upper end of the Wilson 95 % interval."""

    @property
    def accuracy(self) -> float:
        """Share of right answers."""
        return self.correct / self.n


def wilson(correct: int, n: int) -> tuple[float, float]:
    """The Wilson 95 % interval of a share."""
    z, share = 1.959964, correct / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return middle - half, middle + half


@torch.no_grad()
def label_scores(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    messages: list[dict[str, str]],
    labels: Sequence[str],
) -> list[float]:
    """Sum of log-probabilities of each label and the end token, right after the generation prompt."""
    prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    prefix = tokenizer(prompt, add_special_tokens=False).input_ids
    endings = [
        [*tokenizer(label, add_special_tokens=False).input_ids, tokenizer.eos_token_id] for label in labels
    ]
    width = max(map(len, endings))
    rows = torch.tensor([ending + [tokenizer.pad_token_id] * (width - len(ending)) for ending in endings])
    first = model(torch.tensor([prefix]), use_cache=True, logits_to_keep=1)
    cache = first.past_key_values
    cache.batch_repeat_interleave(len(labels))
    later = model(rows[:, :-1], past_key_values=cache).logits
    logits = torch.cat([first.logits.expand(len(labels), -1, -1), later], dim=1).float().log_softmax(-1)
    picked = logits.gather(2, rows[:, :, None])[:, :, 0]
    return [float(picked[i, : len(ending)].sum()) for i, ending in enumerate(endings)]


def measure(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    classes: Classes,
    *,
    name: str,
    labels: int,
    shots: int,
    invented: int = 0,
    seeds: Sequence[int] = (1, 2, 3, 4, 5),
    items: int = 80,
    queries: Classes | None = None,
) -> Probe:
    """Accuracy over several drawn label sets; examples come from `classes`, questions from `queries`."""
    correct = total = 0
    model.eval()
    for seed in seeds:
        rng = Random(seed)
        chosen = rng.sample(sorted(classes), labels)
        hidden = rng.sample(chosen, invented)
        shown = {c: invented_name(rng) if c in hidden else c.replace(" ", "_") for c in chosen}
        listing = "\n".join(f"- {shown[c]}" for c in chosen)
        drawn = {c: rng.sample(classes[c], shots) for c in chosen}
        turns = [{"role": "system", "content": INSTRUCTION + listing}]
        for label, text in rng.sample([(c, t) for c in chosen for t in drawn[c]], labels * shots):
            turns += [{"role": "user", "content": text}, {"role": "assistant", "content": shown[label]}]
        asked = [(c, t) for c in chosen for t in (queries or classes)[c] if t not in drawn[c]]
        for label, text in rng.sample(asked, min(items, len(asked))):
            question = [*turns, {"role": "user", "content": text}]
            scores = label_scores(model, tokenizer, question, [shown[c] for c in chosen])
            correct += chosen[max(range(labels), key=scores.__getitem__)] == label
            total += 1
    low, high = wilson(correct, total)
    return Probe(name, correct, total, 1 / labels, low, high)


def own_probes(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    data: Path,
    *,
    items: int = 80,
    seeds: Sequence[int] = (1, 2, 3, 4, 5),
) -> list[Probe]:
    """Intents kept out of training: meaningful names, invented names, and a mixed set of ten."""
    held = {name: sources.intents(data, name, held_out=True) for name in sources.HELD_OUT}
    classes = {label: texts for group in held.values() for label, texts in group.items()}
    plan = (
        ("held-out, 8 labels, zero-shot", 8, 0, 0),
        ("held-out, 8 labels, 1 example each", 8, 1, 0),
        ("held-out, 8 invented names, 1 example each", 8, 1, 8),
        ("held-out, 10 labels, 4 invented, 2 examples each", 10, 2, 4),
    )
    return [
        measure(
            model,
            tokenizer,
            classes,
            name=name,
            labels=k,
            shots=shots,
            invented=hidden,
            seeds=seeds,
            items=items,
        )
        for name, k, shots, hidden in plan
    ]


def banking_probes(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, data: Path) -> list[Probe]:
    """Eight of the banking77 labels by each of five seeds. For the final measurement only."""
    classes, queries = _by_label(data / "banking77/train.jsonl"), _by_label(data / "banking77/test.jsonl")
    return [
        measure(
            model,
            tokenizer,
            classes,
            name=f"banking77, 8 labels, {text}",
            labels=8,
            shots=shots,
            items=100,
            queries=queries,
        )
        for shots, text in ((0, "zero-shot"), (1, "1 example each"))
    ]


def _by_label(path: Path) -> Classes:
    found: dict[str, list[str]] = {}
    with path.open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            found.setdefault(sources.plain(row["label"]), []).append(row["input"])
    return {label: tuple(texts) for label, texts in found.items()}


@torch.no_grad()
def answer(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, messages: Chat, *, limit: int = 96
) -> str:
    """What the model writes after these messages, the likeliest token each time."""
    prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    prefix = tokenizer(prompt, add_special_tokens=False, return_tensors="pt")
    made = model.generate(**prefix, max_new_tokens=limit, do_sample=False)
    text: str = tokenizer.decode(made[0, prefix.input_ids.shape[1] :], skip_special_tokens=True)
    return text.strip()


def same_fields(output: str, target: str) -> bool:
    """True for JSON with exactly the fields and values of the target, in any order."""
    try:
        found: Any = json.loads(output)
    except ValueError:
        return False
    return bool(found == json.loads(target))


def fact_probes(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, *, items: int = 200, seed: int = 77
) -> list[Probe]:
    """Fields as JSON and words from a passage, on names and things that no exercise has."""
    model.eval()
    plan: tuple[tuple[str, Callable[[Random], Chat], Callable[[str, str], bool]], ...] = (
        (
            "fields of a message as exact JSON, unseen names",
            lambda rng: extraction(rng, UNSEEN_NAMES),
            same_fields,
        ),
        (
            "words from a passage, exact, unseen names",
            lambda rng: reading(rng, UNSEEN_NAMES, unsaid=0.0),
            str.__eq__,
        ),
    )
    found = []
    for name, make, right in plan:
        rng = Random(seed)
        chats = [make(rng) for _ in range(items)]
        correct = sum(right(answer(model, tokenizer, one[:-1]), one[-1]["content"]) for one in chats)
        found.append(Probe(name, correct, items, 0.0, *wilson(correct, items)))
    return found


def write_probes(folder: Path, probes: Sequence[Probe]) -> None:
    """Into the record, and the card anew."""
    path = folder / "training.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["probes"] = [{**asdict(probe), "accuracy": probe.accuracy} for probe in probes]
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    write_card(folder)


def main() -> None:
    """Measure, and write what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, required=True, help="folder that holds data/")
    parser.add_argument("--model", type=Path, required=True, help="model folder with its training.json")
    parser.add_argument("--final", action="store_true", help="also read banking77")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(1)
    model = AutoModelForCausalLM.from_pretrained(arguments.model, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(arguments.model)
    data = arguments.shared / "data"
    probes = own_probes(model, tokenizer, data) + fact_probes(model, tokenizer)
    probes += banking_probes(model, tokenizer, data) if arguments.final else []
    for probe in probes:
        LOG.info("%s: %d/%d", probe.name, probe.correct, probe.n)
    write_probes(arguments.model, probes)


if __name__ == "__main__":
    main()
