"""Where arms fail: planted causes are found, chance is not, and what to add follows from it."""

from __future__ import annotations

import json
import random
from pathlib import Path

import msgspec
import pytest

from advisor.cli.main import group, run
from advisor.engagement import afterwards, codec
from advisor.engagement.folder import Engagement
from advisor.engagement.records.curve import CurvePoint, LearningCurve, PowerLaw
from advisor.engagement.records.examples import Example
from advisor.engagement.records.failures import Cause, Failures
from advisor.engagement.records.plan import Plan
from advisor.engagement.records.runs import Estimate
from harness.arms._kind import ArmData
from harness.comparing import compare
from harness.failing.advising import additions, more_rows
from harness.failing.analysing import analyse
from harness.failing.causes import in_clusters, over_all
from harness.failing.clustering import Texts, grouped
from harness.failing.features import features
from harness.judging import judge
from harness.marking import basis_of, markers
from harness.running import arm_data
from harness.statistics.exact import Answered, Table, corrected, fisher
from tests.harness.answered import answered, judged_as
from tests.harness.conftest import WORDS, engagement_with, tickets

PLAN = Plan(arms=["zero_shot", "classical"], instruction="Name the queue.")
LABELS = sorted(WORDS)


def rows_of(count: int, *, first: int = 0) -> list[Example]:
    """Tickets as examples."""
    made = [Example(**row, label=row["output"]) for row in tickets(first + count)]  # type: ignore[arg-type]
    return made[first:]


def data_of(train: list[Example], test: list[Example]) -> ArmData:
    """Splits for a classification."""
    return ArmData(train, [], test, "classification", LABELS, "of these rows")


def looked_for(data: ArmData, outputs: list[str], **more: dict[str, object]) -> list[Cause]:
    """Causes over the arm."""
    judged = judged_as(data.test, outputs, **more)
    found = features(judged, data, Texts(data.train, data.test), {}, retrieves=bool(more))
    return over_all(found, judged)


def shown(causes: list[Cause]) -> dict[tuple[str, str], Cause]:
    """Those shown, by kind and name."""
    return {(one.kind, one.what): one for one in causes if one.shown}


@pytest.fixture
def confusing(tmp_path: Path) -> tuple[Engagement, Failures]:
    """240 tickets; one class is mostly answered as another, and so is nothing else."""
    made = engagement_with(tmp_path, tickets(240))
    data = arm_data(made, PLAN)

    def answer(row: Example) -> str:
        return "card" if row.output == "card fee" and int(row.id[1:]) % 5 else row.output

    folders = [
        answered(made, PLAN, data, "zero_shot", lambda row: "transfer"),
        answered(made, PLAN, data, "classical", answer),
    ]
    comparison = compare(made, PLAN, data, folders, provenance={"data": data.digest})
    ready = markers(basis_of(data, PLAN, made))
    return made, analyse(made, data, comparison, judge(comparison, None), ready=ready)


def test_a_planted_confusion_is_named_with_counts_rates_and_rows(
    confusing: tuple[Engagement, Failures],
) -> None:
    made, found = confusing
    leading, baseline = found.arms
    assert (leading.arm, baseline.arm) == ("classical", "zero_shot")
    splits, rows = made.splits(), made.examples()
    fees = [id for id in splits.test if rows[id].output == "card fee"]
    failing = {id for id in fees if int(id[1:]) % 5}
    assert {id for one in leading.clusters for id in one.rows} == failing
    by_name = shown(leading.causes)
    assert set(by_name) >= {("class", "card fee")}
    assert {kind for kind, _ in by_name} <= {"class", "class pair", "contradicted"}
    cause = by_name["class", "card fee"]
    assert (cause.count, cause.n) == (len(failing), len(failing))
    assert (cause.outside_count, cause.outside_n) == (
        len(fees) - len(failing), len(splits.test) - len(failing),
    )  # fmt: skip
    assert cause.p is not None and cause.p_adjusted is not None and cause.p <= cause.p_adjusted < 0.05
    first = found.additions[0]
    assert (first.kind, first.what, first.basis) == ("class", "card fee", "as many again")
    assert first.rows == sum(rows[id].output == "card fee" for id in splits.train)
    assert set(first.like) <= failing
    assert any("no learning curve of these rows" in note for note in found.notes)
    # the baseline says one label to everything: each wrong row of three classes
    assert baseline.wrong == sum(rows[id].output != "transfer" for id in splits.test)


def test_the_record_holds_ids_and_no_client_text(confusing: tuple[Engagement, Failures]) -> None:
    made, found = confusing
    kept = afterwards.failures_path(made).read_text(encoding="utf-8")
    assert afterwards.failures(made) == found
    assert not any(row.input_text() in kept for row in made.examples().values())


def test_by_chance_a_cause_is_shown_in_few_of_many_arms() -> None:
    """Wrong rows drawn without regard to anything: one arm in twenty may show a cause, at most."""
    draw = random.Random(11)
    data = data_of(rows_of(160), rows_of(120, first=160))
    texts = Texts(data.train, data.test)
    alarms = 0
    for _ in range(40):
        outputs = [
            draw.choice([label for label in LABELS if label != row.output])
            if draw.random() < 0.3
            else row.output
            for row in data.test
        ]
        judged = judged_as(data.test, outputs)
        found = features(judged, data, texts, {}, retrieves=False)
        causes = over_all(found, judged)
        clusters = grouped(texts, [row.id for row in data.test if row.id in judged.wrong])
        named = in_clusters(clusters.groups, found, causes, judged)
        alarms += any(one.shown for one in causes)
        assert any(one.shown for one in causes) or not any(one.causes for one in named)
    assert alarms <= 5  # 2 expected at most; binomial(40, 0.05) exceeds 5 once in a hundred


def test_missing_passages_long_inputs_and_other_letters_are_told_apart() -> None:
    plain = [
        Example(id=f"q{at}", input=f"when is the office open in district {at}", output=LABELS[at // 7 % 4])
        for at in range(60)
    ]
    long = [
        msgspec.structs.replace(row, input=f"{row.input} {'and further ' * 30}") if at % 4 == 0 else row
        for at, row in enumerate(plain)
    ]
    other = [
        msgspec.structs.replace(row, input=f"когда открыто отделение {at}") if at % 5 == 0 else row
        for at, row in enumerate(plain)
    ]
    gold = [msgspec.structs.replace(row, gold_doc_ids=["d1"]) for row in plain]
    for rows, bad, kind in (
        (long, lambda at: at % 4 == 0, ("long input", "")),
        (other, lambda at: at % 5 == 0, ("script", "Cyrillic")),
        (gold, lambda at: at % 3 == 0, ("not retrieved", "")),
    ):
        outputs = ["wrong" if bad(at) else row.output for at, row in enumerate(rows)]
        seen = {
            row.id: {"retrieved": ["d9", "d1"] if bad(at) else ["d1"], "shown": 1}
            for at, row in enumerate(rows)
        }
        found = shown(looked_for(data_of([], rows), outputs, **(seen if rows is gold else {})))
        assert kind in found
        assert found[kind].count == sum(map(bad, range(60)))
        assert found[kind].outside_count == 0
        assert ("no label", "") in found, "an answer that is no label needs no test"
        kinds = {one for one, _ in found} - {"no label", kind[0]}
        assert kinds <= {"unlike", "short input"}, "nothing but what goes with it"


def test_answers_cut_at_the_limit_are_no_matter_of_more_rows() -> None:
    data = data_of(rows_of(80), rows_of(40, first=80))
    cut = {row.id: {"finish_reason": "length"} for row in data.test[:9]}
    outputs = ["nothing" if row.id in cut else row.output for row in data.test]
    judged = judged_as(data.test, outputs, **cut)
    texts = Texts(data.train, data.test)
    found = features(judged, data, texts, {}, retrieves=False)
    causes = over_all(found, judged)
    assert shown(causes)["cut", ""].count == 9
    assert ("no label", "") not in shown(causes)
    (mend,) = [
        one
        for one in additions(causes, found, judged, data, texts, more_rows(None, data))
        if one.kind == "cut"
    ]
    assert (mend.rows, mend.basis) == (None, "none")


def test_the_learning_curve_says_how_many_and_one_of_other_rows_says_nothing() -> None:
    data = data_of(rows_of(80), rows_of(80, first=80))
    outputs = ["card" if row.output == "card fee" else row.output for row in data.test]
    judged, texts = judged_as(data.test, outputs), Texts(data.train, data.test)
    found = features(judged, data, texts, {}, retrieves=False)
    causes = over_all(found, judged)
    score = Estimate(value=0.7, low=0.6, high=0.8, n=80)
    curve = LearningCurve(
        arm="lora", metric="accuracy", law=PowerLaw(floor=0, scale=1, exponent=0.5), ahead=[], target=0.8,
        points=[CurvePoint(rows=80, seeds=[0], score=score, by_seed=[0.7], runs=[])],
        needed=120, needed_low=100, needed_high=None, answer="About 120 rows.", data=data.digest,
    )  # fmt: skip
    said = additions(causes, found, judged, data, texts, more_rows(curve, data))
    counted = [one for one in said if one.rows is not None]
    assert counted and all(one.basis == "learning curve" for one in counted)
    assert sum(one.rows or 0 for one in counted) == pytest.approx(40, abs=len(counted))
    stale = msgspec.structs.replace(curve, data="of other rows")
    assert more_rows(stale, data).rows is None
    assert "rules of thumb" in more_rows(stale, data).told


def test_wrong_rows_fall_into_their_topics_and_noise_into_one_group() -> None:
    topics = (["invoice", "vat", "tax", "receipt"], ["router", "wifi", "signal", "modem"])
    draw = random.Random(3)
    rows = [
        Example(id=f"{topic}-{at}", input=" ".join(draw.sample(topics[topic], 3)), output="x")
        for at in range(20)
        for topic in (0, 1)
    ]
    found = grouped(Texts([], rows), [row.id for row in rows])
    assert found.silhouette is not None
    assert all(len({id[0] for id in ids}) == 1 for ids in found.groups)
    words = [f"w{number}" for number in range(2000)]
    noise = [Example(id=str(at), input=" ".join(draw.sample(words, 30)), output="x") for at in range(40)]
    assert grouped(Texts([], noise), [row.id for row in noise]).silhouette is None
    few = grouped(Texts([], rows), [row.id for row in rows[:8]])
    assert (len(few.groups), few.silhouette) == (1, None)
    assert grouped(Texts([], []), []).groups == []


def test_tables_that_cannot_be_significant_are_not_paid_for() -> None:
    tested = fisher(Table(3, 3, 0, 3))
    assert tested is not None
    assert tested.p == pytest.approx(1 / 20)
    assert fisher(Table(3, 3, 0, 0)) is None
    strong, hopeless = Answered(0.01, 0.001), Answered(0.5, 0.3)
    assert corrected([strong] + 30 * [hopeless]) == [pytest.approx(0.01)] + 30 * [0.5]
    assert corrected(3 * [strong]) == 3 * [pytest.approx(0.03)]


def test_compare_says_where_the_leading_arm_fails_and_keeps_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the command line, with two arms that take no model; every fourth ticket is without its words."""
    rows = [
        row | {"input": f"please help me about this today {at}"} if at % 16 < 4 else row
        for at, row in enumerate(tickets(120))
    ]
    triage = engagement_with(tmp_path, rows)
    folder = str(triage.root)
    line = ["compare", "-C", folder, "--exploratory", "--arms", "floor,classical"]
    assert run(group, line, name="tunecase") == 0
    said = capsys.readouterr().out
    found = afterwards.failures(triage)
    assert found is not None
    leading = found.arms[0]
    assert leading.wrong
    assert f"{leading.arm} is wrong on {leading.wrong} of {leading.n} test rows (accuracy):" in said
    assert run(group, [*line, "--json"], name="tunecase") == 0
    emitted = json.loads(capsys.readouterr().out)
    assert emitted["failures"] == json.loads(codec.encode(found))
    assert emitted["iteration"]["number"] == 1


def test_a_cluster_is_not_named_after_what_few_of_its_rows_share() -> None:
    rows = rows_of(60)
    data = data_of([], rows)
    wrong = {label: LABELS[(at + 1) % len(LABELS)] for at, label in enumerate(LABELS)}
    outputs = ["I cannot say" if at % 10 == 0 else wrong[row.output] for at, row in enumerate(rows)]
    judged = judged_as(rows, outputs)
    found = features(judged, data, Texts([], rows), {}, retrieves=False)
    causes = over_all(found, judged)
    assert "no label" in {one.kind for one in causes if one.shown}
    ids = [row.id for row in rows]
    few, most = in_clusters([ids[1:31], ids[0::10]], found, causes, judged)
    assert "no label" not in {one.kind for one in few.causes}
    assert most.causes[0].kind == "no label"
