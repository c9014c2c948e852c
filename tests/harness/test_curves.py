"""A learning curve: nested parts, a fit that knows its law again, and an answer that promises nothing."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from advisor.engagement import codec
from advisor.engagement.errors import NotReady, RunFailed
from advisor.engagement.records.curve import Ahead, CurvePoint
from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import Plan, TrainingSettings
from advisor.engagement.records.runs import Estimate
from advisor.engagement.toml_out import to_toml
from harness.curves import Runs, amounts, answer, draw_curve, nested
from harness.marking import basis_of, markers
from harness.running import arm_data
from harness.statistics import power_law
from tests.conftest import tunecase
from tests.harness.answered import answered
from tests.harness.conftest import engagement_with, tickets, tiny_model

__all__ = ["tiny_model"]
ROWS = [100, 200, 400, 800]


def rows(count: int) -> list[Example]:
    """Four labels in turn, the first of them twice as often."""
    labels = ["a", "a", "b", "c", "d"]
    return [
        Example(id=f"r{at}", input=f"text {at}", output=labels[at % 5], label=labels[at % 5])
        for at in range(count)
    ]


def test_parts_lie_in_each_other_and_keep_every_label_in_its_share() -> None:
    whole = rows(400)
    parts = [nested(whole, count) for count in (50, 100, 200, 400)]
    for smaller, larger in itertools.pairwise(parts):
        assert {row.id for row in smaller} < {row.id for row in larger}
    assert [len(part) for part in parts] == [50, 100, 200, 400]
    for part in parts:
        share = sum(row.label == "a" for row in part) / len(part)
        assert share == pytest.approx(0.4, abs=0.02)
        assert [row.id for row in part] == [row.id for row in whole if row in part]
    assert parts[-1] == whole


@pytest.mark.parametrize("count", [3, 40])
def test_few_rows_have_no_curve(count: int) -> None:
    with pytest.raises(NotReady, match="too few for a learning curve"):
        amounts(count)


def test_amounts_halve() -> None:
    assert amounts(800) == [100, 200, 400, 800]


@pytest.mark.parametrize(
    ("floor", "scale", "exponent"), [(0.1, 2.0, 0.5), (0.0, 1.0, 0.3), (0.25, 0.0, 0.05)]
)
def test_a_law_is_known_again_from_its_own_points(floor: float, scale: float, exponent: float) -> None:
    errors = [floor + scale * count**-exponent for count in ROWS]
    found = power_law.fit(ROWS, errors)
    for count in (*ROWS, 1600):
        assert found.score(count) == pytest.approx(1 - floor - scale * count**-exponent, abs=1e-6)


def test_a_curve_never_falls_although_a_point_does() -> None:
    found = power_law.fit(ROWS, [0.2, 0.25, 0.22, 0.3])
    assert found.score(1600) >= found.score(800) >= found.score(100)


def test_the_band_holds_the_true_score_nineteen_times_in_twenty() -> None:
    """At the largest amount, for 0/1 scores of 300 items and three trainings with noise of their own."""
    draw = np.random.default_rng(7)
    held = 0
    simulations = 60
    for _ in range(simulations):
        ease = draw.normal(0, 0.15, size=300)
        scores = np.zeros((4, 3, 300))
        for at, count in enumerate(ROWS):
            for seed in range(3):
                chance = np.clip(1 - 0.1 - 2.0 * count**-0.5 + ease + draw.normal(0, 0.01), 0, 1)
                scores[at, seed] = draw.random(300) < chance
        low, high = power_law.band(power_law.resampled(ROWS, scores), 800)
        held += low <= 1 - 0.1 - 2.0 * 800**-0.5 <= high
    assert held >= 0.85 * simulations


def point(count: int, value: float) -> CurvePoint:
    """A point of one training."""
    score = Estimate(value=value, low=value - 0.05, high=value + 0.05, n=100)
    return CurvePoint(rows=count, seeds=[0], score=score, by_seed=[value], runs=["x"])


AHEAD = [Ahead(rows=800 + 40 * at, value=0.8 + 0.005 * at, low=0.78, high=0.9) for at in range(21)]


def test_the_answer_names_no_number_beyond_twice_the_rows() -> None:
    points = [point(400, 0.7), point(800, 0.8)]
    said = answer(points, AHEAD, target=0.95, reached=(None, None, None))
    assert "95 % is not reached within twice the rows at hand" in said
    assert "1,600 rows would give 90.0 %" in said
    said = answer(points, AHEAD, target=0.85, reached=(1200, 820, None))
    assert said == ("About 1,200 rows would reach 85 % (820 to more than 1,600), 400 more than today.")
    assert "reach 75 % already" in answer(points, AHEAD, target=0.75, reached=(800, 800, None))
    assert "1,600 rows would give" in answer(points, AHEAD, target=None, reached=(None, None, None))


def test_scores_are_those_of_today_and_runs_on_other_rows_are_refused(tmp_path: Path) -> None:
    """Stored scores say 0.5 for every row; half of the labels are answered right."""
    made = engagement_with(tmp_path, tickets(120))
    plan = Plan(arms=["zero_shot"], instruction="Sort:")
    data = arm_data(made, plan)
    folder = answered(made, plan, data, "zero_shot", lambda row: "card" if "card" in row.output else "none")
    ready = markers(basis_of(data, plan, made))
    runs = [Runs(count, [folder]) for count in (10, 20, 40, 80)]
    curve = draw_curve(made, "zero_shot", runs, metric="accuracy", target=None, data=data, ready=ready)
    right = sum(row.output == "card" for row in data.test) / len(data.test)
    assert {point.score.value for point in curve.points} == {right}
    assert curve.data == data.digest
    other = replace(data, digest="of other rows")
    with pytest.raises(RunFailed, match="answered other rows"):
        draw_curve(made, "zero_shot", runs, metric="accuracy", target=None, data=other, ready=ready)


def test_compare_draws_the_curve_of_a_trained_arm_and_resumes_it(tiny_model: Path, tmp_path: Path) -> None:
    """The whole command, twice: the second time nothing is trained or asked again."""
    made = engagement_with(tmp_path, tickets(120))
    settings = TrainingSettings(epochs=1, learning_rate=5e-3, rank=4, batch_size=8, evaluations=1)
    plan = Plan(arms=["zero_shot", "lora"], model=str(tiny_model), instruction="Sort:", training=settings)
    codec.write_text(made.plan_path, to_toml(plan))
    codec.write_text(made.answers_path, "score_target = 99\n")
    first = tunecase("compare", "-C", made.root, "--exploratory", "--learning-curve")
    assert first.returncode == 0, first.stderr
    curve = made.curve()
    assert curve is not None
    assert [len(point.seeds) for point in curve.points] == [3, 3, 3, 3]
    assert curve.target == 0.99
    assert curve.answer in first.stdout
    folders = sorted(made.models_path.glob("lora-*"))
    assert len(folders) == 12
    before = {path: path.read_bytes() for path in made.curve_path.parent.glob("*/predictions.jsonl")}
    again = tunecase("compare", "-C", made.root, "--exploratory", "--learning-curve", "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["learning_curve"]["answer"] == curve.answer
    assert sorted(made.models_path.glob("lora-*")) == folders
    assert {path: path.read_bytes() for path in made.curve_path.parent.glob("*/predictions.jsonl")} == before
    assert made.curve() == curve
