"""`advise` as scripts and people meet it: JSON, exit codes, what is written, and a real terminal."""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import msgspec
import pytest

from advisor.cli.main import group, run
from advisor.engagement.folder import Engagement
from advisor.engagement.records.advice import Recommendation
from advisor.engagement.records.settings import Settings
from advisor.questionnaire.asking import all_questions
from advisor.questionnaire.reading import read_answers

DEMO = Path(__file__).parents[2] / "advisor" / "examples" / "support-triage" / "answers.toml"
HEAVY = ("torch", "transformers", "sklearn", "numpy", "rich", "jinja2", "babel")
FIELDS = set(
    "schema approach technique objective parameters not_ready_because base_model_b base_models confidence "
    "tied_with ranking reasons_for reasons_against flips find_out risks cost next_steps".split()
)


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without an engagement."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def engagement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engagement:
    """A new engagement, and the current folder."""
    made = Engagement.create(tmp_path / "acme", Settings(title="Acme"))
    monkeypatch.chdir(made.root)
    return made


def advise(*arguments: str) -> int:
    """Run the command in this process."""
    return run(group, ["advise", *arguments], name="tunecase")


def test_json_holds_every_field_of_the_contract(nowhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert advise("--answers", str(DEMO), "--no-input", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert FIELDS <= set(shown)
    assert shown["approach"] == "fine_tuning"
    assert set(shown["flips"][0]) >= {"question", "from", "to", "becomes"}
    assert list(nowhere.iterdir()) == []
    msgspec.convert(shown, Recommendation)


def test_the_screen_gives_the_decision_first_then_reasons_cost_flips_and_the_next_command(
    nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert advise("--answers", str(DEMO), "--set", "latency=unknown") == 0
    out = capsys.readouterr().out
    parts = ["Fine-tune", "Why", "Margin", "Cost", "What would change it", "Find out", "next: "]
    places = [out.index(part) for part in parts]
    assert places == sorted(places)


def test_the_screen_shows_the_first_year_the_volume_from_which_it_pays_and_what_moves_it(
    nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = ("--set", "requests_per_month=400000", "--set", "data_leaves=anywhere")
    assert advise("--answers", str(DEMO), "--no-input", *outside) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert any(line.startswith("first year USD") and "8 of 10 draws" in line for line in lines)
    assert any(re.match(r"cheaper than prompting .* from [\d,]+ requests a month \(", line) for line in lines)
    [moved] = [line for line in lines if line.startswith("moved most by")]
    assert moved.count(";") == 1


def test_what_if_says_now_and_then_and_saves_nothing(
    engagement: Engagement, capsys: pytest.CaptureFixture[str]
) -> None:
    assert advise("--answers", str(DEMO)) == 0
    before = engagement.recommendation_path.read_bytes(), engagement.answers_path.read_bytes()
    capsys.readouterr()
    assert advise("--what-if", "labelled_examples=none", "--json") == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["approach"] == "prompting"
    assert "now: Fine-tune" in shown.err
    assert (engagement.recommendation_path.read_bytes(), engagement.answers_path.read_bytes()) == before


def test_in_an_engagement_answers_advice_and_history_are_kept(engagement: Engagement) -> None:
    assert advise("--answers", str(DEMO), "-q", "--json") == 0
    assert advise("--set", "labelled_examples=none", "--json") == 0
    advice = engagement.recommendation()
    assert advice is not None and advice.approach == "prompting"
    assert read_answers(engagement.answers_path).value("labelled_examples") == "none"
    lines = engagement.history_path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["approach"] for line in lines] == ["fine_tuning", "prompting"]


def test_without_answers_nothing_runs_and_the_way_out_is_said(
    nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert advise("--no-input") == 3
    assert "--blank" in capsys.readouterr().err


def test_an_empty_file_is_advice_with_everything_to_find_out(
    nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (nowhere / "answers.toml").write_text("", encoding="utf-8")
    assert advise("--answers", "answers.toml", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["find_out"]) >= 12


@pytest.mark.parametrize(
    "arguments",
    [
        ["--answers", "absent.toml"],
        ["--set", "nothing=1"],
        ["--set", "score_today=140"],
        ["--set", "latency=slow"],
        ["--set", "citations=maybe"],
    ],
)
def test_wrong_answers_exit_3(
    nowhere: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert advise(*arguments, "--json") == 3
    assert set(json.loads(capsys.readouterr().out)["error"]) == {"problem", "fix", "code"}


def test_blank_prints_a_form_that_can_be_used_at_once(
    nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert advise("--blank") == 0
    form = capsys.readouterr().out
    tomllib.loads(form)
    (nowhere / "form.toml").write_text(form, encoding="utf-8")
    assert advise("--answers", "form.toml", "--json") == 0


def test_advice_from_a_file_imports_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom advisor.cli.main import group, run\n"
        f"code = run(group, ['advise', '--answers', {str(DEMO)!r}, '--json'], name='tunecase')\n"
        f"sys.stderr.write(','.join(sorted(set({HEAVY!r}) & set(sys.modules))))\nsys.exit(code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")
def test_the_interview_in_a_real_terminal_saves_goes_back_and_resumes(engagement: Engagement) -> None:
    screen = Terminal(engagement.root)
    screen.expect("What does the system produce")
    screen.type("n", expect="note>")
    screen.type("the desk lead", expect="What does the system produce")
    screen.type("1", expect="Could a rule")
    screen.type("<", expect="<- last time")
    screen.type("", expect="Could a rule")
    screen.type("?", expect="Why: ")
    screen.type("q")
    assert screen.end() == 0
    answers = read_answers(engagement.answers_path)
    assert answers.by_question["task_kind"].note == "the desk lead"

    again = Terminal(engagement.root)
    again.expect("Could a rule")
    for _ in range(6):
        again.type("u", expect="> ")
    again.type("u", expect="So far: ")
    for _ in range(len(all_questions())):
        if again.shows("Check your answers"):
            break
        again.type("s" if again.shows("s = stop and check") else "u", expect="> ")
    assert again.shows("Check your answers")
    again.type("", expect="next: ")
    assert again.end() == 0
    advice = engagement.recommendation()
    assert advice is not None and advice.answered[0].note == "the desk lead"


class Terminal:
    """The command behind a pseudo-terminal."""

    def __init__(self, folder: Path) -> None:
        import pty

        self._master, slave = pty.openpty()
        environment = {name: value for name, value in os.environ.items() if name != "CI"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "advisor", "advise"],
            cwd=folder,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**environment, "NO_COLOR": "1", "TERM": "dumb"},
        )
        os.close(slave)
        self._seen = ""

    def type(self, line: str, expect: str | None = None) -> None:
        """Type a line; wait until something is shown after it."""
        self._seen = ""
        os.write(self._master, f"{line}\n".encode())
        if expect is not None:
            self.expect(expect)

    def expect(self, text: str) -> None:
        """Read the screen until the text is on it and a prompt or the end follows."""
        deadline = time.monotonic() + 20
        while text not in self._seen or not self._settled():
            assert time.monotonic() < deadline, f"{text!r} not in {self._seen!r}"
            if not self._read():
                break
        assert text in self._seen, self._seen

    def shows(self, text: str) -> bool:
        """Whether the text came after the last line typed."""
        return text in self._seen

    def end(self) -> int:
        """The exit code, once everything has been read."""
        while self._read():
            pass
        os.close(self._master)
        return self._process.wait(20)

    def _settled(self) -> bool:
        return self._seen.rstrip("\r\n").endswith("> ") or "next: " in self._seen

    def _read(self) -> bool:
        if not select.select([self._master], [], [], 20)[0]:
            self._process.kill()
            raise AssertionError(f"nothing more was shown after {self._seen!r}")
        try:
            piece = os.read(self._master, 4096)
        except OSError:
            # Linux reports the closed other end as an input/output error
            return False
        self._seen += piece.decode("utf-8", "replace")
        return bool(piece)
