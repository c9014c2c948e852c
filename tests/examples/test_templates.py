"""Templates are starting points: they read, they say only what is typical, and a plan begins with them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from advisor import templates
from advisor.advice.planning import CLASSIFY, gaps, make_plan
from advisor.cli.check import column_map
from advisor.cli.main import group, run
from advisor.engagement.catalogue import find, stems
from advisor.engagement.folder import Engagement
from advisor.engagement.records.examples import Task
from advisor.engagement.records.intake import Profile
from advisor.questionnaire.reading import read_answers
from advisor.templates import TEMPLATES
from harness import metrics
from harness.metrics._kind import Metric
from tests.conftest import environment

NAMES = templates.names()
FILES = {"README.md", "answers.toml", "prompt.txt", "template.toml"}
CLIENTS_OWN = set(
    "failure score_today score_target labelled_examples requests_per_month".split()
    + "data_leaves hardware budget team weeks".split()
)
"""Questions that no use case answers: they depend on the client, or on a trial."""
PLAN = "--- plan ---"
"""Printed between what `check` prints and the plan."""


def folder(name: str) -> Path:
    """Where a template lies."""
    return TEMPLATES / name


def readme(name: str) -> str:
    """The page that goes into the engagement."""
    return (folder(name) / "README.md").read_text(encoding="utf-8")


def init(*words: str | Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Exit code, standard output and talk of `tunecase init`."""
    capsys.readouterr()
    code = run(group, ["init", *map(str, words)], name="tunecase")
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_ten_use_cases_are_on_offer() -> None:
    assert len(NAMES) == 10
    inside = {path.name for path in TEMPLATES.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert inside == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_template_has_its_four_files_and_says_what_it_is(name: str) -> None:
    assert {path.name for path in folder(name).iterdir()} == FILES
    one = templates.template(name)
    assert one.summary.endswith(".")
    assert one.summary.count(". ") == 0
    assert "judge" in one.metric_why
    assert one.metric_why.count(". ") == 0
    assert one.minimum_examples >= 50
    assert one.minimum_examples_why
    assert one.sources
    assert one.columns.input
    assert one.columns.output


@pytest.mark.parametrize("name", NAMES)
def test_answers_are_typical_assumed_and_leave_the_client_to_speak(name: str) -> None:
    answers = read_answers(folder(name) / "answers.toml").by_question
    assert 12 <= len(answers) <= 20
    assert not CLIENTS_OWN & set(answers)
    for question, answer in answers.items():
        assert answer.is_known, question
        assert answer.certainty == "assumed", question
        assert re.fullmatch(r"typical of .+: .+; confirm", answer.note), question


@pytest.mark.parametrize("name", NAMES)
def test_the_prompt_has_places_for_the_client_and_the_read_me_names_them(name: str) -> None:
    prompt = templates.instruction(name)
    assert 8 <= len(prompt.splitlines()) <= 25
    assert prompt == prompt.strip()
    assert gaps(prompt)
    assert [gap for gap in gaps(prompt) if f"`{gap}`" not in readme(name)] == []
    assert not re.search(r"[{}]", prompt), "braces are marks of the report"


@pytest.mark.parametrize("name", NAMES)
def test_the_metric_is_known_and_suits_the_task(name: str) -> None:
    chosen = templates.template(name).metric
    assert chosen in stems(metrics)
    kind = read_answers(folder(name) / "answers.toml").value("task_kind")
    task = "classification" if kind == "classification" else "generation"
    assert task in find(metrics, Metric, chosen).tasks


@pytest.mark.parametrize("name", NAMES)
def test_the_read_me_counts_right_and_its_commands_exist(name: str) -> None:
    text = readme(name)
    assert 10 <= len(text.splitlines()) <= 25
    answers = read_answers(folder(name) / "answers.toml").by_question
    assert f"holds {len(answers)} answers" in text
    assert f"`{templates.template(name).metric}`" in text
    commands = re.findall(r"^tunecase (.+)$", text, re.MULTILINE)
    assert [line.split()[0] for line in commands] == ["advise", "check", "plan", "compare", "report"]
    fields = column_map(tuple(re.findall(r"--map (\S+)", commands[1])))
    wanted = {"input", "label"} if templates.template(name).metric in ("accuracy", "macro_f1") else None
    assert set(fields.values()) == (wanted or {"input", "output"})


@pytest.mark.parametrize("name", NAMES)
def test_init_makes_an_engagement_of_it(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "acme"
    code, out, err = init(target, "--template", name, capsys=capsys)
    assert (code, out) == (0, f"{target}\n")
    assert f"next: cd {target} && tunecase advise" in err
    assert sorted(path.name for path in target.iterdir()) == ["README.md", "answers.toml", "engagement.toml"]
    assert (target / "answers.toml").read_bytes() == (folder(name) / "answers.toml").read_bytes()
    settings, one = Engagement(target).settings(), templates.template(name)
    assert (settings.title, settings.client, settings.metric) == (one.title, "", one.metric)
    assert settings.instruction == templates.instruction(name)
    assert 'instruction = """' in (target / "engagement.toml").read_text(encoding="utf-8")


def test_title_and_client_are_the_consultants(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = (tmp_path / "a", "--title", "Parcel desk", "--client", "Acme", "--json")
    for beginning in (("--template", "support-tickets"), ("--example", "support-triage")):
        target = tmp_path / beginning[0].strip("-")
        code, out, _ = init(target, *beginning, *words[1:], capsys=capsys)
        assert code == 0
        assert json.loads(out) == {"engagement": str(target)}
        settings = Engagement(target).settings()
        assert (settings.title, settings.client) == ("Parcel desk", "Acme")


def test_status_says_what_is_assumed_and_goes_on_to_advise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init(tmp_path / "acme", "--template", "brand-voice", capsys=capsys)
    assert run(group, ["status", "-C", str(tmp_path / "acme"), "--json"], name="tunecase") == 0
    shown = json.loads(capsys.readouterr().out)
    answers = read_answers(folder("brand-voice") / "answers.toml").by_question
    assert shown["state"]["answers"] == f"0 known, {len(answers)} assumed"
    assert shown["next"] == "tunecase advise"


@pytest.mark.parametrize("words", [("--templates",), ("--template",)])
def test_the_list_needs_no_folder(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = init(*words, capsys=capsys)
    assert code == 0
    lines = out.splitlines()
    for name, line in zip(NAMES, lines[1:], strict=True):
        one = templates.template(name)
        assert re.split(r"\s{2,}", line.strip()) == [name, one.title, one.summary]


def test_the_list_as_json_holds_everything(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = init("--templates", "--json", capsys=capsys)
    assert code == 0
    listed = json.loads(out)["templates"]
    assert [one["name"] for one in listed] == NAMES
    assert all(set(one) == {"name", *templates.Template.__struct_fields__} for one in listed)


def test_the_help_names_every_template(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = init("--help", capsys=capsys)
    assert code == 0
    assert not [name for name in NAMES if name not in re.sub(r"-\s+", "-", out)]


def test_wrong_uses_exit_2_and_make_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "acme"
    code, _, err = init(target, "--template", "support-ticket", capsys=capsys)
    assert code == 2
    assert "Did you mean `support-tickets`?" in err
    assert not [name for name in NAMES if name not in err]
    both = ("--template", "support-tickets", "--example", "support-triage")
    assert init(target, *both, capsys=capsys)[0] == 2
    assert init("--title", "x", capsys=capsys)[0] == 2
    assert list(tmp_path.iterdir()) == []


def test_a_full_folder_is_refused_and_a_failure_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine", encoding="utf-8")
    code, _, err = init(tmp_path / "full", "--template", "brand-voice", capsys=capsys)
    assert code == 3
    assert "is not empty" in err

    def breaks(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("advisor.cli.init._write_settings", breaks)
    code, _, err = init(tmp_path / "acme", "--template", "brand-voice", capsys=capsys)
    assert code == 3
    assert "No space left on device" in err
    assert [path.name for path in tmp_path.iterdir()] == ["full"]


def test_the_folder_one_stands_in_may_be_filled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert init(".", "--template", "brand-voice", capsys=capsys)[0] == 0
    assert Path("engagement.toml").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


def profile(task: Task) -> Profile:
    """A profile of which only the task counts here."""
    return Profile(
        task=task,
        rows={"train": 70, "validation": 10, "test": 20},
        input_words_mean=5,
        input_words_p95=9,
        output_words_mean=1,
        minimum_detectable=None,
    )


def test_a_plan_takes_instruction_and_metric_or_the_tasks_own() -> None:
    plain = make_plan(None, profile("classification"))
    assert (plain.instruction, plain.metric) == (CLASSIFY, "accuracy")
    assert make_plan(None, profile("generation")).metric == "exact_match"
    given = make_plan(None, profile("generation"), instruction="Translate.", metric="chrf")
    assert (given.instruction, given.metric) == ("Translate.", "chrf")


def planned(target: Path, rows: list[dict[str, str]], *more: str) -> subprocess.CompletedProcess[str]:
    """`check` and `plan` over these rows; the last line of talk says which heavy modules came."""
    (target / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    lines = [["check", str(target / "rows.jsonl"), "-C", str(target), "-q"]]
    lines += [["plan", "-C", str(target), "--json", *more]]
    code = (
        "import sys\nfrom advisor.cli.main import group, run\n"
        f"run(group, {lines[0]!r}, name='tunecase')\nprint({PLAN!r})\n"
        f"code = run(group, {lines[1]!r}, name='tunecase')\n"
        "came = [name for name in ('torch', 'sacrebleu', 'transformers') if name in sys.modules]\n"
        "print(f'heavy: {came}', file=sys.stderr)\nsys.exit(code)\n"
    )
    return subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=False
    )


PAIRS = [{"input": f"check valve {n}", "output": f"Ventil {n} wird heute geprüft"} for n in range(40)]
LABELLED = [{"input": f"machine {n} is broken", "label": "ab"[n % 2]} for n in range(40)]


def test_tunecase_plan_begins_with_the_template_and_stays_light(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "acme"
    init(target, "--template", "terminology-translation", capsys=capsys)
    done = planned(target, PAIRS)
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout.partition(PLAN)[2])["plan"]
    assert plan["metric"] == "chrf"
    assert plan["instruction"] == templates.instruction("terminology-translation")
    assert Engagement(target).plan().instruction == plan["instruction"]
    assert "fill in SOURCE LANGUAGE HERE, TARGET LANGUAGE HERE, TERM LIST HERE" in done.stderr
    assert "heavy: []" in done.stderr


def test_a_metric_for_another_task_is_said_and_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "acme"
    init(target, "--template", "terminology-translation", capsys=capsys)
    done = planned(target, LABELLED)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.partition(PLAN)[2])["plan"]["metric"] == "accuracy"
    assert "metric chrf does not suit classification data" in done.stderr


def test_an_unknown_metric_in_the_settings_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "acme"
    init(target, "--template", "terminology-translation", capsys=capsys)
    path = target / "engagement.toml"
    text = path.read_text(encoding="utf-8").replace('metric = "chrf"', 'metric = "chrff"')
    path.write_text(text, encoding="utf-8")
    done = planned(target, PAIRS)
    assert done.returncode == 3
    assert "Did you mean `chrf`?" in done.stdout
