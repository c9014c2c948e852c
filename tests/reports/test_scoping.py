"""The scoping report shows every part of the typed advice: options, gates, owners, sources, licences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from advisor.engagement.folder import Engagement
from advisor.engagement.records.advice import BaseModel, Flip, Iteration, Range, Recommendation
from reports import numbers
from reports.rendering import render
from tests.reports import engagements as made
from tests.reports.page import Page

HOSTILE = "</style><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}\u202eevil\x07"
BARRED = "7 billion parameters; commercial use is not allowed without another licence"


def told(engagement: Engagement) -> tuple[Recommendation, Page, str]:
    """The record, the page parsed and the page as text."""
    advice = engagement.recommendation()
    assert advice is not None
    text = render(engagement, today=made.TODAY)
    return advice, Page(text), " ".join(text.split())


def band(low: float, likely: float, high: float) -> Range:
    """A range by position."""
    return Range(low=low, likely=likely, high=high)


def test_every_option_is_a_row_with_its_band_and_doing_nothing_is_the_last(tmp_path: Path) -> None:
    advice, page, _ = told(made.scoping(tmp_path / "acme", requests_per_month=40000))
    table = page.table("The five approaches, and doing nothing")
    assert table.columns[-2:] == ["Cost once", "Cost per month"]
    assert len(table.rows) == len(advice.options) == 6
    for row, option in zip(table.rows, advice.options, strict=True):
        assert row[0].lower().startswith(option.title.lower())
        assert row[1] == option.what
        if option.one_off is not None:
            low, likely, high = (
                numbers.money(one, "USD")
                for one in (option.one_off.low, option.one_off.likely, option.one_off.high)
            )
            assert row[5] == f"{likely} {low} to {high}"
    assert "recommended" in table.rows[0][0]
    assert table.rows[-1][0] == "Do nothing"
    assert table.rows[-1][4:] == ["\N{EN DASH}", "as today", "as today"]


def test_without_a_volume_running_costs_are_those_of_1000_requests(tmp_path: Path) -> None:
    """Also where the bill has no assumption that says so, as with advice not to build."""
    engagement = made.scoping(tmp_path / "acme")
    nothing = band(0, 0, 0)
    cost = made.changed(told(engagement)[0].cost, assumptions=[], per_month=nothing)
    _, page, _ = told(made.advised(engagement, cost=cost))
    assert page.table("The five approaches").columns[-1] == "Cost per 1,000 requests"
    assert ("Cost to run", "nothing") in page.terms
    assert any("once, within a wide band, and nothing to run" in one for one in page.headings)


def test_a_tie_is_marked_in_the_options(tmp_path: Path) -> None:
    second = told(made.scoping(tmp_path / "a"))[0].options[1].name
    _, page, _ = told(made.advised(made.scoping(tmp_path / "b"), tied_with=[second]))
    assert page.table("The five approaches").rows[1][0].endswith("tied")


def test_the_roadmap_shows_weeks_work_gates_and_ways_out(tmp_path: Path) -> None:
    roadmap = [
        Iteration(
            title="Measure", weeks=band(0.5, 1, 2), work=["Run `tunecase check`."], gate="A", otherwise="B"
        ),
        Iteration(title="Pilot", weeks=band(3, 6, 12), work=["Go live."], gate="C", otherwise="D"),
        Iteration(title="Hand over", weeks=band(0.5, 0.5, 1), work=["Leave."], gate="E", otherwise="F"),
    ]
    _, page, text = told(made.advised(made.scoping(tmp_path / "acme"), roadmap=roadmap))
    assert [one for one in page.headings if re.match(r"\d\. ", one)] == [
        "1. Measure",
        "2. Pilot",
        "3. Hand over",
    ]
    assert any("3 iterations in 4 to 15 weeks, likely 7.5" in one for one in page.headings)
    gates = [(name, value) for name, value in page.terms if name in ("Gate", "Otherwise")]
    assert gates == [
        ("Gate", "A"),
        ("Otherwise", "B"),
        ("Gate", "C"),
        ("Otherwise", "D"),
        ("Gate", "E"),
        ("Otherwise", "F"),
    ]
    assert "0.5 to 2 weeks, likely 1<" in text
    assert "0.5 to 1 week, likely 0.5<" in text
    assert "Run <code>tunecase check</code>." in text
    assert "Each gate may end the project." in text


def test_each_bar_of_the_timeline_begins_where_the_one_before_ends(tmp_path: Path) -> None:
    advice, _, text = told(made.scoping(tmp_path / "acme"))
    timeline = text[text.index('id="timeline-title"') :].split("</svg>")[0]
    bars = re.findall(r'<rect class="bar" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', timeline)
    assert len(bars) == len(advice.roadmap)
    ends = [float(x) + float(width) for x, width in bars]
    assert [float(x) for x, _ in bars][1:] == pytest.approx(ends[:-1], abs=0.2)


def test_every_open_question_names_whom_to_ask_and_leaves_room_for_a_name(tmp_path: Path) -> None:
    for engagement in (made.scoping(tmp_path / "a"), made.compared(tmp_path / "b")):
        advice, page, _ = told(engagement)
        table = page.table("What to find out")
        assert table.columns[-2:] == ["Owner", "Name"]
        assert [row[0] for row in table.rows] == [one.question_text for one in advice.find_out]
        assert [row[3] for row in table.rows] == [f"ask: {one.who}" for one in advice.find_out]
        assert {row[4] for row in table.rows} == {""}


def test_flips_of_one_question_are_one_row(tmp_path: Path) -> None:
    for engagement in (made.scoping(tmp_path / "a"), made.compared(tmp_path / "b")):
        advice, page, _ = told(engagement)
        rows = {row[0]: row for row in page.table("One answer changed").rows}
        assert list(rows) == list(dict.fromkeys(one.question_text for one in advice.flips))
        assert len(rows) < len(advice.flips)
        for flip in advice.flips:
            assert f"“{flip.to}”" in rows[flip.question_text][2]


def test_answers_that_lead_to_the_same_approach_stand_together_and_an_assumed_one_says_so(
    tmp_path: Path,
) -> None:
    engagement = made.scoping(tmp_path / "acme")
    advice = told(engagement)[0]
    first = made.changed(advice.answered[0], certainty="assumed")
    flips = [
        Flip(question=first.question, question_text=first.text, now="old", to=to, becomes=becomes)
        for to, becomes in (("one", "rag"), ("two", "prompting"), ("three", "rag"))
    ]
    changed = made.advised(made.scoping(tmp_path / "b"), flips=flips, answered=[first, *advice.answered[1:]])
    _, page, text = told(changed)
    [row] = page.table("One answer changed").rows
    assert row[1] == "old (assumed)"
    assert row[2] == "retrieval (RAG) if “one” or “three”prompting if “two”"
    assert f"<li>{first.text} Assumed: {first.answer}.</li>" in text
    assert any("Another answer to 1 question would change" in one for one in page.headings)


def test_every_source_is_listed_once_and_prices_have_their_dates(tmp_path: Path) -> None:
    advice, page, _ = told(made.scoping(tmp_path / "acme", requests_per_month=40000))
    rows = page.table("Sources cited").rows
    cited = {one.source for one in (*advice.reasons_for, *advice.reasons_against)}
    prices = {(item.source, item.as_of) for item in advice.cost.items}
    assert sorted((row[0], row[2]) for row in rows) == sorted([(one, "") for one in cited] + list(prices))
    assert any(as_of for _, as_of in prices)


def test_reasons_near_zero_need_no_row_and_the_strongest_five_stand_out(tmp_path: Path) -> None:
    advice = told(made.scoping(tmp_path / "a"))[0]
    sizes = [2.0, 1.5, 1.0, 0.9, 0.8, 0.7, 0.06, 0.049, 0.0]
    reasons = [made.changed(advice.reasons_for[0], weight=size, because=f"reason {size}") for size in sizes]
    against = [made.changed(advice.reasons_for[0], weight=-0.04, because="next to nothing")]
    _, page, text = told(
        made.advised(made.scoping(tmp_path / "b"), reasons_for=reasons, reasons_against=against)
    )
    assert [row[3] for row in page.table("Reasons for, strongest first").rows] == [
        "+2.00",
        "+1.50",
        "+1.00",
        "+0.90",
        "+0.80",
    ]
    assert [row[0] for row in page.table("Further reasons for").rows] == ["Reason 0.7", "Reason 0.06"]
    assert "ext to nothing" not in text
    assert any("7 reasons speak for it, none against" in one for one in page.headings)


def test_a_model_that_may_not_be_used_commercially_is_marked(tmp_path: Path) -> None:
    models = [
        BaseModel(hub_id="a/free", licence="MIT", why="7 billion parameters; licence allows commercial use"),
        BaseModel(hub_id="b/barred", licence="CC-BY-NC-4.0", why=BARRED),
    ]
    _, page, _ = told(made.advised(made.scoping(tmp_path / "acme"), base_models=models))
    rows = {row[0]: row[1] for row in page.table("Candidates to start from").rows}
    assert rows == {"a/free": "MIT", "b/barred": "CC-BY-NC-4.0 Risk: no commercial use"}
    assert any("2 open models to start from; the licence of 1 does not" in one for one in page.headings)


def test_answers_stand_under_their_sections(tmp_path: Path) -> None:
    advice, page, _ = told(made.scoping(tmp_path / "acme"))
    rows = page.table("The answers").rows
    sections = [row[0] for row in rows if len(row) == 1]
    assert sections == list(dict.fromkeys(one.section for one in advice.answered))
    assert [row for row in rows if len(row) > 1] == [
        [one.text, one.answer, one.certainty, one.note] for one in advice.answered
    ]


@pytest.mark.parametrize(
    ("because", "words"),
    [
        ("no_measure", "there is no agreed measure of success"),
        ("no_data", "there are no examples that show the wanted output"),
        ("wrong_data", "the examples at hand show something else than the wanted output"),
        ("not_a_language_problem", "something simpler than a language model does it, or can"),
    ],
)
def test_what_is_missing_is_said_in_plain_words_with_what_to_do_first(
    tmp_path: Path, because: str, words: str
) -> None:
    steps = ["Do this.", "Then run `tunecase advise` again."]
    _, _, text = told(
        made.advised(made.scoping(tmp_path / "acme"), not_ready_because=because, next_steps=steps)
    )
    assert f"Why not yet: {words}." in text
    assert "<li>Do this.</li> <li>Then run <code>tunecase advise</code> again.</li>" in text
    assert because not in text


def test_without_a_reason_nothing_is_claimed_to_be_missing(tmp_path: Path) -> None:
    changes = {"not_ready_because": "no_measure", "reasons_for": [], "reasons_against": []}
    advice, page, text = told(made.advised(made.scoping(tmp_path / "acme"), **changes))
    unknown = sum(one.certainty == "unknown" for one in advice.answered)
    assert f"Why not yet: too little is known: {unknown} of {len(advice.answered)} answers" in text
    assert any("No answer speaks for it or against it yet" in one for one in page.headings)


def test_hostile_text_stays_text_in_every_part(tmp_path: Path) -> None:
    advice = told(made.scoping(tmp_path / "a"))[0]
    gated = {"gate": f"`{HOSTILE}`", "otherwise": f"{HOSTILE}`", "work": [HOSTILE]}
    changes = {
        "answered": [made.changed(one, note=HOSTILE, answer=HOSTILE) for one in advice.answered],
        "reasons_for": [made.changed(one, source=HOSTILE, answer=HOSTILE) for one in advice.reasons_for],
        "flips": [made.changed(one, to=HOSTILE, now=HOSTILE) for one in advice.flips],
        "find_out": [made.changed(one, who=HOSTILE, why=HOSTILE) for one in advice.find_out],
        "options": [made.changed(one, title=HOSTILE, what=HOSTILE) for one in advice.options],
        "roadmap": [made.changed(one, title=HOSTILE, **gated) for one in advice.roadmap],
        "base_models": [BaseModel(hub_id=HOSTILE, licence=HOSTILE, why=HOSTILE + BARRED)],
        "risks": [HOSTILE],
        "next_steps": [HOSTILE],
    }
    _, page, text = told(made.advised(made.scoping(tmp_path / "b"), **changes))
    assert not {"script", "img", "link", "iframe", "object"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert page.tags.count("style") == 1
    assert "\u202e" not in text
    assert "\x07" not in text
    shown = HOSTILE.replace("\u202e", "\ufffd").replace("\x07", "\ufffd")
    assert all(row[3] == shown for row in page.table("The answers").rows if len(row) > 1)
    assert page.terms.count(("Gate", shown)) == len(advice.roadmap)


def test_the_volume_is_the_number_of_the_answer_and_not_its_words(tmp_path: Path) -> None:
    engagement = made.compared(tmp_path / "acme")
    answered = [
        made.changed(one, answer="some forty thousand", number=40_000.0)
        if one.question == "requests_per_month"
        else one
        for one in told(engagement)[0].answered
    ]
    made.advised(engagement, answered=answered)
    rows = told(engagement)[1].table("The estimate of the advice beside").rows
    assert ["answering 40,000 requests a month", "", "$0.49, busy time only"] in rows
