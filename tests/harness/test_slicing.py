"""Slices: which rows they hold, what they say of arms, and that they decide nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import pytest
from statsmodels.stats.multitest import multipletests

from advisor.cli.compare import say_slices
from advisor.cli.session import Session
from advisor.engagement.folder import Engagement
from advisor.engagement.records.comparison import Comparison
from advisor.engagement.records.examples import Example
from harness.comparing import compare
from harness.judging import judge
from harness.running import arm_data
from harness.slicing import FEWEST, parts
from tests.harness.conftest import engagement_with, tickets
from tests.harness.test_comparing import PLAN, pretend, rewritten


def rows(count: int, **meta: Sequence[str]) -> list[Example]:
    return [
        Example(
            id=str(place),
            input=" ".join(["word"] * (1 + place % 40)),
            output="a",
            label="ab"[place % 2],
            meta={key: values[place % len(values)] for key, values in meta.items()},
        )
        for place in range(count)
    ]


def test_slices_hold_their_rows_and_neither_all_of_them_nor_few() -> None:
    found, small = parts(
        rows(160, source=["mail", "phone", "mail", "mail"], language=["en"], group=list("abcdefgh"))
    )
    kinds = {part.kind for part in found}
    # every row is in the same language: no slice; scripts alike
    assert kinds == {"label", "length", "group", "source"}
    assert {len(part.places) for part in found if part.kind == "length"} == {40}
    (phone,) = [part.places.tolist() for part in found if part.name == "phone"]
    assert phone == list(range(1, 160, 4))
    assert small == 0
    few, small = parts(rows(160, source=["mail"] * 100 + ["phone"] * 50 + ["fax"] * (FEWEST - 10)))
    assert {part.name for part in few if part.kind == "source"} == {"mail", "phone"}
    assert small == 1


def test_texts_of_two_languages_are_two_slices() -> None:
    said = (
        "The parcel that I ordered last week has still not arrived at my house, where is it now?",
        "Die Lieferung, die ich letzte Woche bestellt habe, ist noch nicht bei mir angekommen, wo ist sie?",
        "Посылка, которую я заказал на прошлой неделе, до сих пор не пришла ко мне домой, где она?",
    )
    mixed = [Example(id=str(n), input=said[n % 3], output="late") for n in range(90)]
    found, _ = parts(mixed)
    assert {("language", "en"), ("language", "de")} <= {(one.kind, one.name) for one in found}
    assert {one.name for one in found if one.kind == "script"} == {"Latin", "Cyrillic"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Engagement:
    return engagement_with(tmp_path_factory.mktemp("sliced"), tickets(400))


@pytest.fixture(scope="module")
def sliced(client: Engagement) -> Comparison:
    """classical is right where few_shot is wrong, but for one label, where it is the other way round."""
    plan = msgspec.structs.replace(PLAN, arms=["few_shot", "classical"])
    data = arm_data(client, plan)
    data = replace(data, test=sorted(data.test, key=lambda row: row.label != "card"))
    runs = [
        pretend(client, plan, data, "few_shot", right=0.5),
        pretend(client, plan, data, "classical", right=1.0),
    ]
    rewritten(
        runs[1],
        lambda row: msgspec.structs.replace(row, output="transfer") if row.target == "card" else row,
    )
    return compare(client, plan, data, runs, provenance={})


def test_an_arm_that_loses_one_label_is_shown_so_beside_its_gain_on_the_whole(sliced: Comparison) -> None:
    assert sliced.slices is not None
    by_label = {one.name: one for one in sliced.slices.differences if one.kind == "label"}
    assert by_label["card"].word == "worse"
    assert (by_label["card"].value_a, by_label["card"].value_b, by_label["card"].value) == (1, 0, -1)
    assert {one.word for name, one in by_label.items() if name in ("lost phone", "transfer")} == {"better"}
    whole = next(one for one in sliced.differences if one.a == "few_shot")
    assert whole.value is not None and whole.value > 0
    raw = [one.p for one in sliced.slices.differences]
    expected = multipletests(raw, method="fdr_bh")[1]
    assert [one.p_adjusted for one in sliced.slices.differences] == pytest.approx(list(expected))


def test_slices_are_no_part_of_the_verdict(sliced: Comparison) -> None:
    assert judge(sliced, None) == judge(msgspec.structs.replace(sliced, slices=None), None)


def test_the_screen_shows_where_the_winner_loses_and_says_that_it_is_exploring(
    sliced: Comparison, capsys: pytest.CaptureFixture[str]
) -> None:
    verdict = msgspec.structs.replace(judge(sliced, None), winner="classical")
    say_slices(Session(None, False, 0), sliced, verdict)
    said = capsys.readouterr().err.splitlines()
    assert "exploratory" in said[0] and "no part of the verdict" in said[0]
    assert said[1].startswith("  label card: classical -100.0 points against few_shot")
    assert len(said) == 4


def test_a_metric_over_all_rows_is_sliced_by_one_of_single_rows(client: Engagement) -> None:
    plan = msgspec.structs.replace(PLAN, metric="macro_f1")
    data = arm_data(client, plan)
    runs = [
        pretend(client, plan, data, arm, right=right)
        for arm, right in (("zero_shot", 0.5), ("classical", 0.9))
    ]
    found = compare(client, plan, data, runs, provenance={})
    assert found.slices is not None
    assert (found.metric, found.slices.metric) == ("macro_f1", "accuracy")
    assert compare(client, plan, data, runs[:1], provenance={}).slices is None
