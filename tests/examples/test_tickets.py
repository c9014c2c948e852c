"""The tickets are what the read-me says: noisy by a known amount, without copies, learnable, not trivial."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from advisor.engagement.records.examples import Example
from advisor.examples import support_triage
from advisor.examples.support_triage import COUNTS, NEAR_COPY, NEIGHBOURS, SEED, Counts
from advisor.examples.ticket_grammar import CATEGORIES, TABLES, UNSEEN, Seen, shingles

from .conftest import FOLDER

GENERATED = ("examples.jsonl", "noise.json", "preferences.jsonl")


def generated(folder: Path, seed: int) -> dict[str, bytes]:
    support_triage.write(folder, seed=seed)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_files_in_the_repository_are_what_the_generator_writes(tmp_path: Path) -> None:
    written = generated(tmp_path, SEED)
    assert tuple(written) == GENERATED
    for name, content in written.items():
        assert (FOLDER / name).read_bytes() == content, f"{name}: run the generator again"


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    one, again = generated(tmp_path / "one", 1), generated(tmp_path / "again", 1)
    other = generated(tmp_path / "other", 2)
    assert one == again
    assert all(one[name] != other[name] for name in GENERATED)


def test_the_command_line_writes_where_it_is_told(tmp_path: Path) -> None:
    support_triage.main(["--out", str(tmp_path / "new"), "--seed", "1"])
    assert (tmp_path / "new/examples.jsonl").read_bytes() == generated(tmp_path / "one", 1)["examples.jsonl"]


def test_there_are_enough_tickets_of_ten_uneven_categories_in_three_splits(
    examples: list[Example], tickets: dict[str, list[Example]]
) -> None:
    assert len(examples) >= 600
    assert len({row.id for row in examples}) == len(examples)
    for split in Counts._fields:
        counted = Counter(row.label for row in tickets[split])
        assert counted == {name: getattr(counts, split) for name, counts in COUNTS.items()}
        assert max(counted.values()) >= 3 * min(counted.values())
    assert len(COUNTS) == 10
    assert set(tickets) == set(Counts._fields)


def test_the_wanted_output_is_the_label(examples: list[Example]) -> None:
    assert all(row.output == row.label for row in examples)


def test_some_tickets_are_misfiled_and_only_among_neighbours(
    examples: list[Example], tickets: dict[str, list[Example]], noise: dict[str, str]
) -> None:
    filed = {row.id: row.label for row in examples}
    assert 0.01 <= len(noise) / len(examples) <= 0.08
    for rows in tickets.values():
        assert 0.01 <= sum(row.id in noise for row in rows) / len(rows) <= 0.08
    neighbours = {frozenset(pair) for pair in NEIGHBOURS}
    for id, belongs in noise.items():
        assert frozenset({str(filed[id]), belongs}) in neighbours, f"{id}: {filed[id]}, not {belongs}"


def test_the_answer_key_is_right_about_every_ticket(examples: list[Example], noise: dict[str, str]) -> None:
    """What a ticket says decides where it belongs, found from the tables alone, unless somebody mistyped."""
    told = 0
    for row in examples:
        said = [name for name, pattern in situations().items() if pattern.search(row.input_text())]
        assert said in ([], [noise.get(row.id, row.output)]), f"{row.id} reads like {said}"
        told += bool(said)
    assert told > 0.75 * len(examples)


@cache
def situations() -> dict[str, re.Pattern[str]]:
    """Category -> whatever its situations can say."""
    return {
        name: re.compile("|".join(map(spoken, phrases.situations)), re.IGNORECASE)
        for name, phrases in CATEGORIES.items()
    }


def spoken(template: str) -> str:
    """A template as a pattern: `[a|b]` is a choice already, a slot is one of its values."""
    escaped = re.sub(r"[.?]", r"\\\g<0>", template.rstrip(".?")).replace("[", "(?:").replace("]", ")")
    return re.sub(r"\{(\w+)\}", lambda match: slot_values(match[1]), escaped)


def slot_values(slot: str) -> str:
    """Any value of a slot."""
    values = TABLES["slots"][slot.rstrip("23")]
    return f"(?:{'|'.join(re.escape(value).replace(re.escape('#'), '[1-9]+') for value in values)})"


def _starts(templates: tuple[str, ...]) -> set[str]:
    """Plain runs of a template, long enough to be told from all others; mistyped ones are not found."""
    plain = (part.strip(" ,.?").lower() for said in templates for part in re.split(r"[\[\]{}|]", said))
    return {part for part in plain if len(part.split()) >= 4}


def test_some_held_out_wording_never_occurs_in_training(tickets: dict[str, list[Example]]) -> None:
    said = {split: " ".join(row.input_text() for row in rows).lower() for split, rows in tickets.items()}
    kept = set[str]()
    for phrases in CATEGORIES.values():
        kept |= _starts(phrases.situations[-UNSEEN:]) - _starts(phrases.situations[:-UNSEEN])
    assert not [start for start in kept if start in said["train"]]
    assert sum(start in said["test"] for start in kept) >= len(CATEGORIES)


def test_no_held_out_ticket_is_a_near_copy_of_a_training_ticket(tickets: dict[str, list[Example]]) -> None:
    for held_out, earlier in (("validation", ["train"]), ("test", ["train", "validation"])):
        seen = Seen(2.0)
        for split in earlier:
            for row in tickets[split]:
                seen.add(row.input_text())
        for row in tickets[held_out]:
            assert seen.similarity(shingles(row.input_text())) < NEAR_COPY, row.input_text()


def test_the_near_copy_rule_catches_a_changed_word_and_passes_another_ticket() -> None:
    text = "The grinder of the Fennick Duo rattles and then stops and no drink comes since Monday morning"
    seen = Seen(NEAR_COPY)
    assert seen.add(text)
    assert not seen.add(text.upper() + "!")
    assert not seen.add(text.replace("morning", "evening"))
    assert seen.add("The milk fridge below the Fennick Duo is warm inside and smells")


@pytest.mark.parametrize("name", COUNTS)
def test_no_ticket_names_a_category(name: str, examples: list[Example]) -> None:
    """Not its own and, for house terms, no other: a label in the text would be an answer in the question."""
    word = re.compile(rf"\b{name}s?\b", re.IGNORECASE)
    assert not [row.id for row in examples if word.search(row.input_text())]


def test_a_linear_model_learns_the_task_and_does_not_solve_it(tickets: dict[str, list[Example]]) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=10))
    train, test = tickets["train"], tickets["test"]
    model.fit([row.input_text() for row in train], [row.output for row in train])
    accuracy = model.score([row.input_text() for row in test], [row.output for row in test])
    assert 0.70 <= accuracy <= 0.92
