"""The data on a screen: verdict first, serious before the rest, 80 columns, words beside every sign."""

from __future__ import annotations

import io
import math

import pytest
from rich.console import Console
from rich.text import Text

from advisor.cli.profile_screen import draw
from advisor.engagement.records.intake import Drift, Intake
from tests.reports import intakes as made

BOXES = "\u2500\u2502\u2501\u2503\u250c\u2514"
MANY = [made.finding(f"kind-{number}") for number in range(14)]
SCREENS = {
    "rich": made.intake(made.profile(), *MANY, made.finding("leak", "serious")),
    "bare": made.intake(made.bare()),
    "no profile": made.intake(None),
    "preference": made.intake(made.bare(task="preference", inputs=made.lengths())),
    "documents": made.intake(
        made.bare(task="documents", rows={}, documents=made.profile().documents), splits={}
    ),
    "one label": made.intake(made.bare(task="classification", labels={"yes": 10})),
    "hostile": made.intake(
        made.profile(labels={made.HOSTILE: 3, "W" * 900: 2, "\u554f" * 60: 1, "": 1}),
        made.finding(made.HOSTILE, do="W" * 200 + made.HOSTILE),
    ),
}


def drawn(intake: Intake, *, quiet: bool = False, terminal: bool = False) -> str:
    """What a pipe, or a terminal of 200 columns, receives."""
    out = io.StringIO()
    console = Console(
        file=out,
        highlight=False,
        soft_wrap=not terminal,
        force_terminal=terminal,
        width=200 if terminal else None,
        color_system="standard" if terminal else None,
    )
    draw(console, intake, quiet=quiet)
    return out.getvalue()


def block(text: str, start: str) -> list[str]:
    """Lines under a heading."""
    return next(part for part in text.split("\n\n") if part.startswith(start)).splitlines()


def test_the_first_lines_are_verdict_splits_and_what_the_test_rows_can_show() -> None:
    lines = drawn(SCREENS["rich"]).splitlines()
    assert lines[0] == ("accepted with warnings: OpenAI chat (JSONL), classification, 1,200 of 1,240 rows")
    assert lines[1] == "splits: train 840, validation 120, test 240"
    assert lines[2].startswith("  the 240 test rows can show a difference of 8.1 points or more")


def test_quiet_says_only_that() -> None:
    whole, quiet = drawn(SCREENS["rich"]), drawn(SCREENS["rich"], quiet=True)
    assert whole.startswith(quiet)
    assert len(quiet.splitlines()) == 4
    assert "serious" not in quiet


@pytest.mark.parametrize("name", SCREENS)
def test_it_fits_80_columns_without_boxes_codes_or_absent_numbers(name: str) -> None:
    text = drawn(SCREENS[name])
    assert max(Text(line).cell_len for line in text.splitlines()) <= 80
    assert not set(text) & {*BOXES, "\x1b", "\u202e"}
    assert "None" not in text
    assert "nan" not in text.split()
    assert all(line == line.rstrip() for line in text.splitlines())


def test_serious_findings_come_first_with_the_word_lines_and_what_to_do() -> None:
    lines = block(drawn(SCREENS["rich"]), "Findings:")
    assert lines[0] == "Findings: 1 serious, 14 warnings"
    assert lines[1].split(maxsplit=2)[:2] == ["!!", "serious"]
    assert lines[1].endswith("40 rows of the kind leak stand in the file")
    assert lines[2].strip() == "lines 3, 17, 40, 51, 52, 61, 70, 88, 90, 1,200, ..."
    assert lines[3].strip() == "do: mend the rows of the kind leak"
    assert lines[4].split(maxsplit=2)[:2] == ["!", "warning"]


def test_masked_values_are_counted_by_kind() -> None:
    assert "masked" not in drawn(SCREENS["rich"])
    masked = {"email address": 1200, "telephone number": 3}
    assert "email address 1,200, telephone number 3" in drawn(made.intake(made.profile(), masked=masked))


def test_twelve_findings_are_shown_and_the_others_counted() -> None:
    lines = block(drawn(SCREENS["rich"]), "Findings:")
    assert sum(line.lstrip().startswith("!") for line in lines) == 12
    assert lines[-1].strip() == "and 3 more: see data/findings.jsonl, or --json"


def test_places_stand_in_for_lines_where_two_files_were_given() -> None:
    found = made.finding("leak", count=2, lines=[4, 9], places=["a.csv line 4", "b.csv line 9"], do="")
    lines = block(drawn(made.intake(None, found)), "Findings:")
    assert [line.strip() for line in lines[2:]] == ["a.csv line 4, b.csv line 9"]


def test_demands_are_answered_yes_no_or_cannot_say_with_the_evidence() -> None:
    lines = [line.strip() for line in block(drawn(SCREENS["rich"]), "Good training data?")[1:]]
    assert [line.split("  ")[0] for line in lines[::2]] == ["cannot say", "no", "yes", "no"]
    assert lines[1::2] == ["no test file", "17 rare classes", "1,196 labels", "16 to 1"]


def test_thresholds_have_aligned_numbers_a_word_and_their_source() -> None:
    lines = block(drawn(SCREENS["rich"]), "Enough data?")
    head, few, enough = lines[0], lines[1], lines[3]
    assert few[: head.index("needed") + 6].split() == ["too", "few", "6", "50"]
    assert enough[: head.index("needed") + 6].split() == ["enough", "840", "500"]
    assert few.endswith("rows per class to fine-tune")
    assert lines[2].strip() == "source: a paper, 2023"


def test_lengths_are_summed_up_and_drawn_with_eight_bars_at_most() -> None:
    lines = block(drawn(SCREENS["rich"]), "Lengths")
    assert lines[1].split() == ["inputs", "30", "220", "2,400"]
    assert "  3 rows are longer than 2,048 tokens, input and output together: training would" in lines
    start = lines.index("  inputs, texts per length:")
    end = lines.index("  outputs, texts per length:")
    bars = lines[start + 1 : end]
    assert 2 <= len(bars) <= 8
    assert sum(int(line.rstrip("# ").rsplit(maxsplit=1)[-1].replace(",", "")) for line in bars) == 1200


def test_of_many_classes_the_largest_and_the_rarest_are_drawn() -> None:
    lines = block(drawn(SCREENS["rich"]), "151 classes, from 160 to 10 rows")
    names = [" ".join(line.split()[:2]) for line in lines[1:]]
    assert names[:8] == [f"intent {number:03}" for number in range(8)]
    assert names[-3:] == ["intent 148", "intent 149", "intent 150"]
    assert lines[9].strip() == "... 140 more classes"
    assert lines[1].count("#") > lines[-1].count("#") >= 1


def test_what_else_was_counted_has_its_numbers_and_intervals() -> None:
    text = " ".join(drawn(SCREENS["rich"]).split())
    for told in (
        "languages: en 91 %, de 7 %, fr 2 %",
        "scripts: Latin over 99 %, Han under 1 %",
        "copies: 12 rows repeat an earlier input",
        "near-copies: 41 rows",
        "AUC 0.56 (95 % interval 0.52 to 0.60, 480 rows)",
        "documents: 12 (pdf 5, md 7), 23,000 words in 140 pieces",
        "- a note of the profile",
    ):
        assert told in text, told


def test_a_narrow_terminal_is_not_overrun() -> None:
    out = io.StringIO()
    draw(Console(file=out, width=60, force_terminal=True, color_system=None), SCREENS["rich"])
    assert max(Text.from_ansi(line).cell_len for line in out.getvalue().splitlines()) <= 60


def test_words_stand_in_for_lengths_that_were_not_counted() -> None:
    lines = block(drawn(SCREENS["bare"]), "Lengths")
    assert lines[1:] == ["  words per input: mean 4, 95 % up to 9", "  words per output: mean 2"]
    nothing = made.bare(task="documents", rows={}, input_words_mean=0.0, output_words_mean=0.0)
    assert "Lengths" not in drawn(made.intake(nothing))


def test_what_is_no_number_is_left_out() -> None:
    lost = made.profile(
        input_words_mean=math.nan,
        inputs=None,
        outputs=None,
        minimum_detectable=math.nan,
        label_noise=math.nan,
        drift=Drift(auc=math.nan, low=math.nan, high=math.nan, rows=0),
    )
    text = drawn(made.intake(lost)).lower()
    assert "nan" not in text
    assert "lengths" not in text
    assert "drift" not in text


def test_labels_are_shown_as_they_are_written_and_long_ones_cut() -> None:
    lines = block(drawn(SCREENS["hostile"]), "4 classes")
    assert lines[1].startswith("    [bold]</text><script>")
    assert any("W..." in line for line in lines)
    assert any("(empty)" in line for line in lines)


def test_a_terminal_gets_colour_beside_the_same_words() -> None:
    text = drawn(SCREENS["rich"], terminal=True)
    assert "\x1b[" in text
    assert Text.from_ansi(text).plain.split() == drawn(SCREENS["rich"]).split()


def test_a_terminal_that_lacks_a_letter_shows_a_question_mark() -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    draw(Console(file=out, soft_wrap=True), SCREENS["hostile"])
    out.flush()
    assert b"???" in out.buffer.getvalue()  # type: ignore[attr-defined]


def test_rejected_data_has_no_screen() -> None:
    assert drawn(made.intake(None, status="rejected")) == ""
