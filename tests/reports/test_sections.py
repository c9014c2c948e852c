"""Sections of the comparison report: each number read back from the page is the record's."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from advisor.engagement import codec
from advisor.engagement.folder import Engagement
from advisor.engagement.records.comparison import Limits
from reports.bill import Spread, break_even
from reports.losses import joined
from reports.rendering import render
from tests.reports import engagements as made
from tests.reports import golden
from tests.reports.measurements import curve, forgetting, trained
from tests.reports.page import Page

MINUS = "\N{MINUS SIGN}"
TITLES = {"zero_shot": "Prompting without examples", "lora": "LoRA fine-tuning"}


class Read:
    """A written engagement with its page."""

    def __init__(self, engagement: Engagement) -> None:
        self.engagement = engagement
        self.text = render(engagement, today=made.TODAY)
        self.page = Page(self.text)

    def record(self, name: str) -> Any:
        """A record as JSON, read without our types."""
        return json.loads((self.engagement.root / "runs" / f"{name}.json").read_text(encoding="utf-8"))

    def heading(self, topic: str) -> str:
        """The title of a section."""
        return next(text for text in self.page.headings if text.startswith(topic)).removeprefix(topic)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    """The engagement that has every section."""
    yield Read(golden.everything(tmp_path_factory.mktemp("sections") / "acme"))


def points(value: float) -> str:
    """A share as the page writes it, worked out here anew."""
    return f"{100 * value:.1f}".replace("-", MINUS)


def signed(value: float) -> str:
    """The same with its sign."""
    return f"{100 * value:+.1f}".replace("-", MINUS)


def dollars(cell: str) -> float:
    """The amount of a cell."""
    return float(re.sub(r"[$,]", "", cell))


def two_digits(amount: float) -> float:
    """As amounts are shown."""
    return float(f"{amount:.2g}")


def test_retrieval_is_shown_by_measure_with_interval_and_n(everything: Read) -> None:
    table = everything.page.table("Search alone")
    arms = [arm for arm in everything.record("comparison")["arms"] if arm["retrieval"]]
    assert table.columns == ["Measure", *(arm["title"] for arm in arms)]
    shown = {row[0].lower(): row[1:] for row in table.rows}
    assert shown.keys() == arms[0]["retrieval"]["found"].keys()
    for number, arm in enumerate(arms):
        for name, one in arm["retrieval"]["found"].items():
            told = f"{points(one['value'])} (n={one['n']}) {points(one['low'])} to {points(one['high'])}"
            assert shown[name][number] == told
    best = max(arms, key=lambda arm: arm["retrieval"]["found"]["hit@5"]["value"])
    told = f"For {points(best['retrieval']['found']['hit@5']['value'])} of 100 questions"
    assert everything.heading("Retrieval").startswith(told)


def test_automation_shows_each_level_with_share_bound_and_word(everything: Read) -> None:
    rows = everything.page.table("What may be answered alone").rows
    assert [row[1] for row in rows[5:]] == ["80 %", "90 %", "95 % to 99 %"]
    arms = {one["arm"]: one for one in reversed(everything.record("automation")["arms"])}
    wanted = [(TITLES[name], one) for name in ("lora", "zero_shot") for one in arms[name]["points"]]
    for row, (title, one) in zip(rows, wanted, strict=False):
        share = f"{points(one['share'])} {points(one['share_low'])} to {points(one['share_high'])}"
        right = f"{points(one['precision'] or 0)} at least {points(one['precision_low'] or 0)}"
        assert row == [
            title,
            row[1] if " to " in row[1] else f"{100 * one['required']:.0f} %",
            "none reaches it" if one["threshold"] is None else points(one["threshold"]),
            share,
            f"{one['automated']} of {one['n']}",
            right if one["automated"] else "none answered",
            "holds" if one["holds"] else "not shown",
        ]
    held = max((one for one in arms["lora"]["points"] if one["holds"]), key=lambda one: one["required"])
    assert f"{points(held['share'])} of 100 inputs alone, 95 %" in everything.heading("Automation")
    assert f"about {40_000 * held['share']:,.0f} (" in everything.text
    trusted = everything.page.table("Every run that gives probabilities").rows
    assert [row[3:6] for row in trusted] == [["0.412", "1.620", "0.377"]] * 4


def test_nothing_is_promised_where_no_bound_holds(tmp_path: Path) -> None:
    read = Read(golden.inconclusive(tmp_path / "acme"))
    assert "is shown to be right often enough to answer alone" in read.heading("Automation")
    assert [row[1] for row in read.page.table("What may be answered alone").rows] == ["80 % to 99 %"]
    assert 'id="automation-title"' not in read.text
    assert 'id="reliability-title"' in read.text
    assert "requests a month that is about" not in read.text


def test_what_may_be_answered_alone_is_not_the_winners_where_it_gives_no_confidence(tmp_path: Path) -> None:
    read = Read(golden.overturned(tmp_path / "acme"))
    assert read.heading("Automation").startswith("LoRA fine-tuning may answer")
    assert "Retrieval (RAG) gives no confidence with its answers" in read.text


def test_the_bill_is_volume_times_price_and_the_winners_is_the_verdicts(everything: Read) -> None:
    comparison, money = everything.record("comparison"), everything.record("verdict")["money"]
    volume = comparison["limits"]["requests_per_month"]
    rows = {row[0]: row for row in everything.page.table("Every option at the client's volume").rows}
    for arm in comparison["arms"]:
        row, monthly = rows[arm["title"]], volume * arm["cost_usd_per_1000"] / 1000
        once = arm["train_cost_usd"] or 0.0
        assert dollars(row[1]) == two_digits(arm["cost_usd_per_1000"])
        assert dollars(row[2]) == two_digits(monthly)
        assert row[3] == "none" if arm["train_cost_usd"] is None else dollars(row[3]) == two_digits(once)
        assert dollars(row[4]) == two_digits(once + 12 * monthly)
        assert dollars(row[5]) == two_digits(once + 36 * monthly)
    assert dollars(rows["LoRA fine-tuning"][2]) == two_digits(money["usd_per_month"])
    assert dollars(rows["LoRA fine-tuning"][5]) == two_digits(money["three_years_usd"])
    title = everything.heading("The bill")
    assert [dollars(found) for found in re.findall(r"\$[\d,.]+\d", title)] == [
        two_digits(money["usd_per_month"]),
        two_digits(money["baseline_usd_per_month"]),
    ]
    pays = f"{two_digits(money['break_even_requests']):,.0f}"
    assert f"earn the training back after about {pays} requests (" in everything.text
    assert [row[6] for row in rows.values()].count("set aside") == len(comparison["aside"])
    for one in comparison["aside"]:
        assert one["why"] in dict(everything.page.terms).values()


def test_a_training_pays_where_both_lines_meet_and_never_where_nothing_is_saved() -> None:
    mine = Spread(rate=(0.0009, 0.001, 0.0011), once=(40.0, 50.0, 60.0), runs=3)
    theirs = Spread(rate=(0.0018, 0.002, 0.0022), once=(0.0, 0.0, 0.0), runs=3)
    fewest, middle, most = break_even(mine, theirs)
    assert middle == pytest.approx(50_000)
    assert fewest == pytest.approx(40 / 0.0013)
    assert most == pytest.approx(60 / 0.0007)
    assert break_even(theirs, mine) == (None, None, None)
    dearer = Spread(rate=(0.0009, 0.0019, 0.0029), once=(50.0, 50.0, 50.0), runs=3)
    assert break_even(dearer, theirs)[2] is None


def test_without_volume_or_limits_the_bill_counts_requests(tmp_path: Path) -> None:
    read = Read(golden.everything(tmp_path / "acme", golden.measured(limits=Limits(), aside=[])))
    assert "how many there are a month is not known" in read.heading("The bill")
    assert not [table for table in read.page.tables if table.caption.startswith("Every option at")]
    assert "earn the training back" in read.text
    assert "at this volume" not in read.text


def test_forgetting_names_each_regression(everything: Read) -> None:
    found = everything.record("comparison")["forgetting"]
    rows = everything.page.table("General tasks before and after").rows
    for row, one in zip(rows, found, strict=True):
        change = (one["after"] - one["before"]) / one["n"]
        told = f"{signed(change)} {signed(one['low'])} to {signed(one['high'])}"
        assert row[1:4] == [f"{one['before']} of {one['n']}", f"{one['after']} of {one['n']}", told]
        assert row[5].startswith(one["word"])
    terms = [told for name, told in everything.page.terms if "seed" in name]
    for one in found:
        assert ", ".join(one["lost"]) in terms
    assert "forgets: it does 31 of 54 general tasks after training, 40 before" in everything.heading(
        "Forgetting"
    )


def test_a_loss_within_the_margin_is_called_not_worse(tmp_path: Path) -> None:
    kept = made.changed(forgetting("lora", 0, lost=[], gained=[]), low=-0.015)
    read = Read(golden.everything(tmp_path / "acme", golden.measured(forgetting=[kept])))
    assert read.page.table("General tasks before and after").rows[0][5] == "not worse (margin 2.0 points)"
    assert "worse at general tasks by more than 2.0 points" in read.heading("Forgetting")


@pytest.mark.parametrize(
    ("target", "title"),
    [
        (None, "Twice the training rows would bring about +4.9 points"),
        (0.6, "300 training rows reach the target of 60.0 points already"),
        (0.66, "About 120 more training rows would reach the target of 66.0 points"),
        (0.75, "Twice the training rows would not reach the target of 75.0 points"),
    ],
)
def test_the_curve_answers_how_many_more_rows(tmp_path: Path, target: float | None, title: str) -> None:
    engagement = golden.everything(tmp_path / "acme")
    codec.write_json(engagement.curve_path, curve(target))
    read = Read(engagement)
    assert read.heading("More training rows") == title
    record = read.record("learning_curve")
    for row, one in zip(read.page.table("Measured: accuracy").rows, record["points"], strict=True):
        score = one["score"]
        assert row == [
            str(one["rows"]),
            f"{points(score['value'])} {points(score['low'])} to {points(score['high'])}",
            str(score["n"]),
            ", ".join(map(points, one["by_seed"])),
        ]
    ahead = {str(one["rows"]): one for one in record["ahead"]}
    predicted = read.page.table("Accuracy by training rows").rows
    assert predicted[-1][0] == "600"
    for rows, told in predicted:
        one = ahead[rows]
        assert told == f"{points(one['value'])} {points(one['low'])} to {points(one['high'])}"


def test_runs_by_seed_are_those_of_their_results(everything: Read) -> None:
    rows = {row[0]: row for row in everything.page.table("Every run by its seed").rows}
    assert rows["LoRA fine-tuning"][1:] == [
        points(sum(golden.SEED_SCORES) / 3),
        f"{points(golden.SEED_SCORES[0])} to {points(golden.SEED_SCORES[2])}",
        ", ".join(f"{points(score)} (seed {seed})" for seed, score in enumerate(golden.SEED_SCORES)),
    ]
    assert "From seed to seed LoRA fine-tuning moves by 3.3 points at most" in everything.page.headings


def test_the_frontier_holds_what_nothing_beats_in_both(everything: Read) -> None:
    arms = everything.record("comparison")["arms"]
    known = [(arm["title"], arm["cost_usd_per_1000"], arm["metrics"]["accuracy"]["value"]) for arm in arms]
    rows = everything.page.table("Accuracy by the cost").rows
    for row, (title, cost, value) in zip(rows, known, strict=True):
        beaten = any(c <= cost and v >= value and (c, v) != (cost, value) for _, c, v in known)
        assert row[0].endswith(title)
        assert dollars(row[1]) == two_digits(cost)
        assert row[2].startswith(points(value))
        assert row[3] == ("no" if beaten else "yes")


def test_what_costs_nothing_is_on_the_chart_too(tmp_path: Path) -> None:
    arms = [made.changed(arm, cost_usd_per_1000=0.0) if arm.name == "floor" else arm for arm in golden.arms()]
    read = Read(
        made.compared(tmp_path / "acme", golden.measured(arms=arms, limits=Limits(requests_per_month=0)))
    )
    assert read.page.table("Accuracy by the cost").rows[0][1:] == ["$0", "34.2 29.2 to 39.2", "yes"]
    assert "What costs $0.0001 or less stands at $0.0001." in read.text
    assert read.page.table("Every option at the client's volume").rows[0][2] == "$0"


def test_confusions_are_counted_from_the_predictions(everything: Read) -> None:
    counted = []
    for name in ("zero_shot", "lora"):
        path = everything.engagement.root / "runs" / f"{name}-0000" / "predictions.jsonl"
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        counted.append(Counter((row["target"], row["output"]) for row in rows))
    changed = {pair for pair in (*counted[0], *counted[1]) if counted[0][pair] != counted[1][pair]}
    table = everything.page.table("Changed pairs").rows
    assert {(row[0], row[1]) for row in table} == changed
    for wanted, answered, before, after, change in table:
        pair = (wanted, answered)
        assert (int(before), int(after)) == (counted[0][pair], counted[1][pair])
        assert change.replace(MINUS, "-") == f"{counted[1][pair] - counted[0][pair]:+d}"


def test_losses_are_those_of_the_training(everything: Read) -> None:
    result = trained(0)
    rows = everything.page.table("LoRA fine-tuning, seed 0: loss by step").rows
    assert rows == [[str(one.step), f"{one.loss:.3f}"] for one in result.evaluations]
    assert "validation loss is lowest at step 72, 0.810" in everything.text
    assert joined([(step, float(step)) for step in range(1, 121)], 60)[:2] == [(1.5, 1.5), (3.5, 3.5)]


def test_what_was_not_measured_has_no_section(tmp_path: Path) -> None:
    page = Page(render(golden.tiny(tmp_path / "tiny"), today=made.TODAY))
    topics = ("Retrieval", "Automation", "The bill", "Forgetting", "More training rows")
    assert not [text for text in page.headings if text.startswith(topics)]


def test_an_arm_without_numbers_and_without_folders_leaves_the_others_whole(tmp_path: Path) -> None:
    read = Read(golden.missing_arm(tmp_path / "acme"))
    rows = {row[0]: row for row in read.page.table("Every option at the client's volume").rows}
    assert rows["Full fine-tuning"][1:6] == ["no price", "no price", "none", "no price", "no price"]
    assert read.page.table("Points of 100").rows[7][1] == "no result"
    assert "None" not in read.text
    assert "nan" not in read.text.lower().split()


def test_labels_stand_once_where_the_winner_is_the_best_prompting_option(tmp_path: Path) -> None:
    found = made.verdict(winner="zero_shot", winner_approach="prompting", decision="overturned")
    table = Page(render(made.compared(tmp_path / "acme", None, found), today=made.TODAY)).table("F1 by label")
    assert table.columns == ["Label", "Items", "Prompting without examples"]
    assert [len(row) for row in table.rows] == [3] * len(made.LABELS)
