"""Chosen replies keep the house voice, rejected ones break it, the voice guide agrees with the program."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from advisor.engagement.records.examples import Example, Preference
from advisor.examples.preference_grammar import BREAKS, LONGEST_REPLY, SIGNATURE, voice_breaks
from advisor.examples.support_triage import NEAR_COPY, PAIRS
from advisor.examples.ticket_grammar import Seen, shingles


def test_there_are_three_hundred_pairs_with_sixty_held_out(preferences: list[Preference]) -> None:
    assert Counter(pair.meta["split"] for pair in preferences) == dict(PAIRS) == {"train": 240, "test": 60}
    assert len({pair.id for pair in preferences}) == len(preferences)


def test_every_chosen_reply_is_in_the_house_voice(preferences: list[Preference]) -> None:
    assert not [(pair.id, voice_breaks(pair.chosen)) for pair in preferences if voice_breaks(pair.chosen)]


def test_every_rejected_reply_breaks_it(preferences: list[Preference]) -> None:
    assert not [pair.id for pair in preferences if not voice_breaks(pair.rejected)]


@pytest.mark.parametrize("rule", BREAKS)
def test_every_rule_is_broken_in_both_splits(rule: str, preferences: list[Preference]) -> None:
    broken = {pair.meta["split"] for pair in preferences if rule in voice_breaks(pair.rejected)}
    assert broken == set(PAIRS)


@pytest.mark.parametrize(
    ("reply", "broken"),
    [
        (f"We call you by 9:30.\n{SIGNATURE}", []),
        (f"We come on 4 May.\n{SIGNATURE}", []),
        (f"We call you soon.\n{SIGNATURE}", ["names no time"]),
        (f"Sorry, we call you by noon.\n{SIGNATURE}", ["apologises"]),
        (f"We call you by noon!\n{SIGNATURE}", ["exclaims"]),
        ("We come between 8 and 11.", ["signs otherwise"]),
        (f"{'word ' * LONGEST_REPLY}by noon.\n{SIGNATURE}", ["is long"]),
    ],
)
def test_a_rule_sees_what_it_is_named_after(reply: str, broken: list[str]) -> None:
    assert voice_breaks(reply) == broken


def test_a_pair_is_about_a_ticket_of_its_own(preferences: list[Preference], examples: list[Example]) -> None:
    seen = Seen(2.0)
    for row in examples:
        seen.add(row.input_text())
    for pair in preferences:
        assert seen.similarity(shingles(pair.prompt)) < NEAR_COPY, pair.id
        seen.add(pair.prompt)


def test_no_reply_repeats_another_one(preferences: list[Preference]) -> None:
    seen = Seen(NEAR_COPY)
    assert all(seen.add(pair.chosen) for pair in preferences)


def test_nothing_is_left_of_a_template(preferences: list[Preference]) -> None:
    texts = [text for pair in preferences for text in (pair.prompt, pair.chosen, pair.rejected)]
    assert not [text for text in texts if re.search(r"[\[\]{}|#]", text)]


def test_the_examples_in_the_voice_guide_are_what_the_guide_says(documents: dict[str, str]) -> None:
    quoted = re.findall(r"(?:^> .*\n)+", documents["house-voice"], re.MULTILINE)
    good, bad = (re.sub("^> ", "", quote, flags=re.MULTILINE).strip() for quote in quoted)
    assert voice_breaks(good) == []
    assert voice_breaks(bad) == ["apologises", "exclaims", "names no time", "signs otherwise"]


def test_the_voice_guide_states_the_limits_of_the_program(documents: dict[str, str]) -> None:
    guide = documents["house-voice"]
    assert f"At most {LONGEST_REPLY} words" in guide
    assert f'"{SIGNATURE}"' in guide
    assert len(re.findall(r"^\d\. \*\*", guide, re.MULTILINE)) == len(BREAKS)
