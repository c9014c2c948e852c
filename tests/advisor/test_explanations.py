"""Every name of the tool is explained, and every explanation can be found and read."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from advisor.cli.explain import draw, draw_list
from advisor.engagement import errors
from advisor.engagement.catalogue import items, stems
from advisor.engagement.records.advice import APPROACHES
from advisor.explanations import subjects
from advisor.explanations._kind import Entry, Kind, Subject
from advisor.explanations.finding import all_entries, beginning_with, find, plain, spellings
from advisor.explanations.weighed import known_approaches, known_techniques
from advisor.questionnaire import sources
from advisor.questionnaire.asking import all_questions, readings
from advisor.questionnaire.criterion import Criterion, Gate
from harness import arms, metrics
from harness.arms._kind import Arm
from harness.metrics._kind import Metric
from tests.conftest import tunecase

ENTRIES = all_entries()
WRITTEN = [entry for subject in items(subjects, Subject).values() for entry in subject.entries]
ZENML = "in the ZenML LLMOps Database"
AVOIDED = re.compile(r"\b(simply|just|please|robust)\b", re.IGNORECASE)


def named(kind: Kind) -> dict[str, Entry]:
    """Entries of one kind by name."""
    return {entry.name: entry for entry in ENTRIES if entry.kind == kind}


def label(entry: Entry) -> str:
    """For the names of tests."""
    return f"{entry.kind}-{entry.name}"


def shown(*entries: Entry, width: int = 80) -> str:
    """The screen of a terminal of that width."""
    screen = io.StringIO()
    draw(Console(file=screen, width=width, highlight=False), entries)
    return screen.getvalue()


def test_every_approach_technique_and_question_has_an_entry() -> None:
    assert tuple(named("approach")) == APPROACHES
    assert set(named("technique")) == {technique.name for technique in known_techniques()}
    assert set(named("question")) == {question.id for question in all_questions()}


def test_every_arm_and_metric_has_an_entry_with_its_own_title() -> None:
    explained = named("arm"), named("metric")
    assert set(stems(arms)) <= set(explained[0]) and set(stems(metrics)) <= set(explained[1])
    for name, arm in items(arms, Arm).items():
        assert explained[0][name].title == arm.title
    for name, metric in items(metrics, Metric).items():
        assert explained[1][name].title == metric.title


def test_every_exit_code_has_an_entry_and_is_found_by_its_number() -> None:
    codes = {str(code) for name, code in vars(errors).items() if name.isupper() and isinstance(code, int)}
    overview, *each = named("errors").values()
    assert codes == {entry.name.removeprefix("exit_") for entry in each}
    assert {line.mark for line in overview.blocks[0].lines} == codes
    for code in codes:
        assert [entry.name for entry in find(code)] == [f"exit_{code}"]


@pytest.mark.parametrize("item", [*known_approaches(), *known_techniques()], ids=lambda item: item.name)
def test_an_approach_or_technique_shows_every_rule_with_reason_and_source(item: object) -> None:
    rules: list[Criterion | Gate] = [*item.criteria, *item.gates]  # type: ignore[attr-defined]
    name = item.name  # type: ignore[attr-defined]
    entry = next(one for one in find(name) if one.kind in ("approach", "technique"))
    told = [note for block in entry.blocks for line in block.lines for note in line.notes]
    assert sorted(told) == sorted(part for rule in rules for part in (rule.because, f"source: {rule.source}"))


@pytest.mark.parametrize("entry", named("question").values(), ids=label)
def test_a_question_says_what_each_answer_moves_and_which_way(entry: Entry) -> None:
    question = next(one for one in all_questions() if one.id == entry.name)
    lines = {line.mark: line for block in entry.blocks for line in block.lines}
    assert tuple(lines) == readings(question)
    for approach in known_approaches():
        for rule in approach.criteria:
            if rule.question == question.id:
                for answer in rule.answers:
                    assert f"{approach.name} {rule.weight:+.1f}" in lines[answer].notes[0]
        for gate in approach.gates:
            if gate.question == question.id:
                assert all("rules out" in lines[answer].notes[0] for answer in gate.answers)


@pytest.mark.parametrize("entry", ENTRIES, ids=label)
def test_an_entry_says_something_and_leads_on(entry: Entry) -> None:
    assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", entry.name)
    assert entry.title and entry.what
    assert entry.see_also and entry.name not in entry.see_also
    assert set(entry.see_also) <= {one.name for one in ENTRIES}


@pytest.mark.parametrize("entry", WRITTEN, ids=label)
def test_what_we_wrote_is_whole_sentences_in_plain_words(entry: Entry) -> None:
    texts = [entry.what, *entry.paragraphs, *(figure.text for figure in entry.figures)]
    for text in texts:
        assert text.endswith((".", "?")) and "  " not in text, text
        assert not AVOIDED.search(text), text


def test_names_are_unique_within_a_kind() -> None:
    pairs = [(entry.kind, entry.name) for entry in ENTRIES]
    assert len(set(pairs)) == len(pairs)


def test_every_spelling_leads_to_one_name() -> None:
    assert not {spelled: names for spelled, names in spellings().items() if len(names) > 1}


def test_every_figure_has_a_source() -> None:
    figures = [figure for entry in ENTRIES for figure in entry.figures]
    assert len(figures) >= 50
    for figure in figures:
        assert figure.source and not figure.source.endswith("."), figure
        assert figure.source != sources.OWN, figure


def test_the_only_date_of_the_closing_is_the_one_that_was_read() -> None:
    told = shown(*find("hosted fine-tuning"))
    assert "2027-01-06" in told
    assert "July 2026" not in told and "14 January" not in told


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("LoRA", "lora"),
        ("prompt caching", "prompt_caching"),
        ("Prompt-Caching", "prompt_caching"),
        ("  few_shot ", "few_shot"),
        ("nf4", "quantisation"),
        ("SFT", "instruction_tuning"),
        ("catastrophic", "catastrophic_forgetting"),
        ("McNemar's test", "mcnemar"),
        ("exit-codes", "exit_codes"),
        ("continued pre-training", "continued_pretraining"),
        ("test split", "held_out"),
        ("teacher", "distillation"),
        ("hosted", "sft_api"),
        ("data agreement", "agreement"),
        ("How often do two reviewers give a case the same verdict?", "agreement"),
    ],
)
def test_lookup_is_generous(typed: str, name: str) -> None:
    assert {entry.name for entry in find(typed)} == {name}


@pytest.mark.parametrize("entry", ENTRIES, ids=label)
def test_every_name_and_alias_leads_to_its_entry(entry: Entry) -> None:
    for spelled in (entry.name, entry.name.replace("_", "-").upper(), entry.title, *entry.aliases):
        assert entry in find(spelled), spelled


def test_a_name_of_several_kinds_shows_all_of_them_the_term_first() -> None:
    assert [entry.kind for entry in find("rag")][:2] == ["term", "approach"]
    assert [entry.kind for entry in find("lora")] == ["technique", "arm"]
    assert [entry.kind for entry in find("few-shot")] == ["term", "arm"]
    assert [entry.kind for entry in find("full")] == ["technique", "arm"]


@pytest.mark.parametrize(
    ("typed", "near"), [("qlroa", "qlora"), ("finetunning", "fine_tuning"), ("fine", "fine_tuning_rag")]
)
def test_an_unknown_name_suggests_the_nearest(typed: str, near: str) -> None:
    with pytest.raises(errors.NotReady) as wrong:
        find(typed)
    assert f"`{near}`" in wrong.value.problem
    assert "tunecase explain" in wrong.value.fix


def test_nothing_near_suggests_nothing() -> None:
    with pytest.raises(errors.NotReady) as wrong:
        find("xyzzyx")
    assert "Did you mean" not in wrong.value.problem


@pytest.mark.parametrize("width", [80, 60, 200])
def test_no_line_is_wider_than_the_screen_or_than_a_page(width: int) -> None:
    screen = io.StringIO()
    draw_list(Console(file=screen, width=width, highlight=False), ENTRIES)
    lines = [*screen.getvalue().splitlines(), *shown(*ENTRIES, width=width).splitlines()]
    assert not [line for line in lines if len(line) > min(width, 100)]


def test_completion_offers_names_with_their_titles() -> None:
    assert "lora" in beginning_with("lo") and "log_odds" in beginning_with("LO")
    assert set(beginning_with("")) == {entry.name for entry in ENTRIES}
    assert all(plain(name) == name for name in beginning_with(""))


def test_the_command_lists_explains_and_speaks_json(tmp_path: Path) -> None:
    listed = tunecase("explain", folder=tmp_path, COLUMNS="80")
    assert listed.returncode == 0
    assert all(re.search(rf"^  {entry.name}\b", listed.stdout, re.MULTILINE) for entry in ENTRIES)
    assert max(map(len, listed.stdout.splitlines())) <= 80

    one = tunecase("explain", "prompt", "caching", folder=tmp_path)
    assert one.returncode == 0 and one.stdout.startswith("prompt caching\nterm, prompt_caching\n")

    told = tunecase("explain", "rag", "--json", folder=tmp_path)
    assert [entry["kind"] for entry in json.loads(told.stdout)["entries"]][:2] == ["term", "approach"]
    assert list(tmp_path.iterdir()) == []


def test_the_command_refuses_an_unknown_name_with_exit_3(tmp_path: Path) -> None:
    wrong = tunecase("explain", "qlroa", folder=tmp_path)
    assert (wrong.returncode, wrong.stdout) == (errors.NOT_READY, "")
    assert wrong.stderr == (
        "error: no entry `qlroa`. Did you mean `qlora`?\n\nhint: `tunecase explain` lists all names\n"
    )
    spoken = json.loads(tunecase("explain", "qlroa", "--json", folder=tmp_path).stdout)
    assert spoken["error"]["code"] == errors.NOT_READY
