"""The shipped weights: small enough, shaped for 4-bit loading, and able to follow a short instruction."""

from __future__ import annotations

import json
from random import Random

from tests.starter.conftest import Shipped
from trainers.starter import STARTER_PATH
from trainers.starter.evaluate import INSTRUCTION, answer, label_scores, same_fields
from trainers.starter.facts import extraction, reading
from trainers.starter.word_tables import UNSEEN_NAMES

# Written for this test: no class and no sentence is in the exercises.
CLASSES = {
    "library fine": (
        "I got a fine from the library",
        "why is the library fine so high",
        "pay a fine for books",
    ),
    "dog training": ("my dog needs training", "is there a training for young dogs", "the dog does not obey"),
    "cinema tickets": ("two tickets for the cinema", "which film is in the cinema tonight", "cinema seats"),
    "swimming pool": (
        "when is the pool open for swimming",
        "the water in the pool is cold",
        "can I swim today",
    ),
    "piano lessons": (
        "I want to learn the piano",
        "how much is a piano lesson",
        "lessons for piano beginners",
    ),
    "bus timetable": (
        "when does the next bus leave",
        "the bus timetable is wrong",
        "is there a bus on sunday",
    ),
    "tree planting": ("we want to plant a tree", "who may plant trees in the park", "planting of new trees"),
    "passport photo": (
        "I need a photo for my passport",
        "is this photo fine for a passport",
        "passport picture",
    ),
}
PROBES = 40
FACTS = 30


def test_the_folder_is_small_and_complete() -> None:
    names = {path.name for path in STARTER_PATH.iterdir()}
    assert names == {
        "README.md",
        "chat_template.jinja",
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "training.json",
    }
    assert (STARTER_PATH / "model.safetensors").stat().st_size <= 16_000_000


def test_widths_fit_blocks_of_64_and_the_context_is_long(shipped: Shipped) -> None:
    config = json.loads((STARTER_PATH / "config.json").read_text(encoding="utf-8"))
    heads = config["num_attention_heads"] * config["head_dim"]
    for width in (config["hidden_size"], config["intermediate_size"], config["vocab_size"], heads):
        assert width % 64 == 0
    assert config["max_position_embeddings"] >= 2048
    count = sum(parameter.numel() for parameter in shipped.model.parameters())
    assert 2_000_000 <= count <= 8_000_000
    record = json.loads((STARTER_PATH / "training.json").read_text(encoding="utf-8"))
    assert record["parameters"] == count


def test_it_picks_the_right_label_well_above_chance(shipped: Shipped) -> None:
    rng = Random(21)
    right = 0
    for _ in range(PROBES):
        names = rng.sample(sorted(CLASSES), len(CLASSES))
        wanted = rng.choice(names)
        messages = [
            {"role": "system", "content": INSTRUCTION + "\n".join(f"- {name}" for name in names)},
            {"role": "user", "content": rng.choice(CLASSES[wanted])},
        ]
        scores = label_scores(shipped.model, shipped.tokenizer, messages, names)
        right += names[scores.index(max(scores))] == wanted
    assert right >= 2 * PROBES / len(CLASSES), f"{right} of {PROBES}"


def test_it_writes_json_with_the_fields_asked_for(shipped: Shipped) -> None:
    rng = Random(22)
    shaped = exact = 0
    for _ in range(FACTS):
        *asked, target = extraction(rng, UNSEEN_NAMES)
        said = answer(shipped.model, shipped.tokenizer, asked)
        exact += same_fields(said, target["content"])
        try:
            found = json.loads(said)
        except ValueError:
            continue
        shaped += isinstance(found, dict) and set(found) == set(json.loads(target["content"]))
    assert shaped >= 0.7 * FACTS, f"{shaped} of {FACTS} with the right fields"
    assert exact >= 0.3 * FACTS, f"{exact} of {FACTS} exact"


def test_it_copies_the_right_words_of_a_passage(shipped: Shipped) -> None:
    rng = Random(23)
    right = 0
    for _ in range(FACTS):
        *asked, target = reading(rng, UNSEEN_NAMES, unsaid=0.0)
        right += answer(shipped.model, shipped.tokenizer, asked) == target["content"]
    assert right >= 0.5 * FACTS, f"{right} of {FACTS}"
