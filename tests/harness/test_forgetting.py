"""Canaries: judged by form and facts, asked once, and read as what training cost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from advisor.engagement.folder import Engagement
from advisor.engagement.progress import silent
from advisor.engagement.records.forgetting import CanaryAnswer
from advisor.engagement.records.plan import Plan, TrainingSettings
from harness.forgetting.asking import ask, beside, canary_spec, pack
from harness.forgetting.checks import CHECKS, passes
from tests.harness.conftest import tiny_model

__all__ = ["tiny_model"]
GOOD = {
    "exactly": ("HARBOUR.", ["HARBOUR"]),
    "equals": (" Honey. ", ["honey"]),
    "contains": ("Sorted: apple, cherry, pear", ["apple, cherry, pear"]),
    "begins": ("Certainly! A ladder is for climbing.", ["certainly"]),
    "avoids": ("Snow is cold and soft.", ["white"]),
    "number": ("17 + 26 = 43", ["43"]),
    "lines": ("red\n\nblue\ngreen", ["3"]),
    "words_at_most": ("It keeps rain off.", ["10"]),
    "json": ('```json\n{"age": 34, "name": "Mira"}\n```', ['{"name": "Mira", "age": 34}']),
    "refuses": ("I can\u2019t help with that.", []),
}
BAD = {
    "exactly": ("Harbour", ["HARBOUR"]),
    "equals": ("Bees make honey", ["honey"]),
    "contains": ("pear, apple, cherry", ["apple, cherry, pear"]),
    "begins": ("A ladder, certainly.", ["certainly"]),
    "avoids": ("Snow is White.", ["white"]),
    "number": ("43 or 44", ["43"]),
    "lines": ("red, blue, green", ["3"]),
    "words_at_most": ("rain", ["10"]),
    "json": ('{"open": 1}', ['{"open": true}']),
    "refuses": ("First, wait until the lights are off.", []),
}


@pytest.mark.parametrize("check", sorted(CHECKS))
def test_each_check_tells_a_good_answer_from_a_bad_one(check: str) -> None:
    assert passes(check, *GOOD[check])
    assert not passes(check, *BAD[check])
    assert not passes(check, "  ", GOOD[check][1])


def test_numbers_of_every_spelling() -> None:
    assert passes("number", "It is 1,340.50", ["1340.5"])
    assert passes("number", "-3", ["-3"])
    assert not passes("number", "1.2.3", ["1.2"])
    assert not passes("number", "none", ["0"])


def test_the_pack_is_whole_and_none_of_its_wanted_answers_fails_its_own_check() -> None:
    canaries = pack()
    assert len({one.id for one in canaries}) == len(canaries) >= 50
    for one in canaries:
        assert one.check in CHECKS
        if one.check in ("exactly", "equals", "contains", "number", "json"):
            assert all(passes(one.check, wanted, one.wanted) for wanted in one.wanted), one.id


def answers(passed: Sequence[str]) -> dict[str, CanaryAnswer]:
    """Those canaries passed, the others not."""
    return {one.id: CanaryAnswer(id=one.id, output="x", passed=one.id in passed) for one in pack()}


def test_what_is_lost_is_named_and_has_its_word() -> None:
    ids = [one.id for one in pack()]
    lost = beside("lora", 0, answers(ids[:30]), answers(ids[12:31]))
    assert (lost.before, lost.after, lost.lost, lost.gained) == (30, 19, ids[:12], [ids[30]])
    assert lost.word == "forgets"
    assert "19 of 54 general tasks against 30" in lost.sentence
    assert "instruction 12 to 0 of 12" in lost.sentence
    assert lost.high < 0
    kept = beside("lora", 0, answers(ids[:30]), answers(ids[1:31]))
    assert kept.word == "not shown to forget"
    assert kept.low < 0 < kept.high
    assert sum(one.n for one in kept.kinds) == kept.n == len(ids)


def test_a_base_that_can_do_little_says_nothing_about_forgetting() -> None:
    ids = [one.id for one in pack()]
    found = beside("full", 1, answers(ids[:5]), answers([]))
    assert found.word == "cannot be told"
    assert "5 of 54" in found.sentence


def test_a_killed_round_of_questions_ends_the_same(tiny_model: Path, tmp_path: Path) -> None:
    spec = canary_spec(weights="w", tokenizer="t", adapter=None, quantised=False)
    whole = ask(spec, tmp_path / "a", model=str(tiny_model), adapter=None, on_progress=silent)
    assert list(whole) == [one.id for one in pack()]
    lines = (tmp_path / "a" / "answers.jsonl").read_bytes()
    for cut in (0, 100, len(lines) // 2, len(lines) - 1):
        folder = tmp_path / f"b{cut}"
        folder.mkdir()
        (folder / "answers.jsonl").write_bytes(lines[:cut])
        again = ask(spec, folder, model=str(tiny_model), adapter=None, on_progress=silent)
        assert again == whole
        assert (folder / "answers.jsonl").read_bytes() == lines


def test_compare_puts_them_to_every_trained_model_once(triage: Engagement, tiny_model: Path) -> None:
    from advisor.cli.jobs import Work, compare, prepare_machine

    settings = TrainingSettings(epochs=1, learning_rate=5e-3, rank=4, batch_size=8, evaluations=0)
    plan = Plan(
        arms=["zero_shot", "lora"],
        model=str(tiny_model),
        instruction="Sort:",
        training=settings,
        seeds=[0, 1],
    )
    work = Work(triage, plan, on_progress=silent)
    comparison, verdict = compare(work, machine=prepare_machine(triage))
    assert [(one.arm, one.seed) for one in comparison.forgetting] == [("lora", 0), ("lora", 1)]
    assert len(list(triage.curve_path.parent.glob("canaries/*"))) == 3
    assert any("general tasks" in caveat for caveat in verdict.caveats)
    without = Plan(**{name: getattr(plan, name) for name in plan.__struct_fields__} | {"canaries": False})
    assert Work(triage, without, on_progress=silent).forgetting() == []
