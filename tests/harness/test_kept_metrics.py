"""What an answer has to keep: terms, placeholders, the tone of the house."""

from __future__ import annotations

import itertools
import random
import time
from pathlib import Path
from typing import Any

import pytest

from advisor.engagement.catalogue import find
from advisor.engagement.errors import NotReady
from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import MetricSettings
from harness import metrics
from harness.marking import ready
from harness.metrics._kind import Basis, ItemScore, Metric
from harness.metrics.placeholders import placeholders
from harness.metrics.terms import read_glossary


def row(input: str, output: str, place: int = 0, **meta: Any) -> Example:
    return Example(id=f"{place}-{input}", input=input, output=output, meta=meta)


def basis(
    train: list[Example], validation: list[Example] | None = None, root: Path | None = None, **named: str
) -> Basis:
    return Basis("generation", [], train, validation or [], MetricSettings(**named), root)


def scorer(name: str, ground: Basis) -> ItemScore | None:
    found = ready(find(metrics, Metric, name), ground)
    return None if found is None else found.score


def must(name: str, ground: Basis) -> ItemScore:
    found = scorer(name, ground)
    assert found is not None
    return found


GLOSSARY = "source,target\nvalve,Ventil\nshut-off valve,Absperrventil|Absperrhahn\nseal,Dichtung\nTuneX,\n"


@pytest.mark.parametrize(
    ("input", "output", "score"),
    [
        ("close the valve", "Schließen Sie das Ventil", 1),
        ("close the valves", "Schließen Sie die Ventile", 1),
        ("close the valve", "Schließen Sie den Hahn", 0),
        ("close the valve", "das Ventilatorblatt", 0),
        ("the shut-off valve", "der Absperrhahn", 1),
        ("the shut-off valve, the valve", "der Absperrhahn", 0.5),
        ("the valve and its seal", "die DICHTUNG", 0.5),
        ("about tunex", "über TuneX", 1),
        ("about TuneX", "über Tune-X", 0),
        ("nothing of it", "nichts davon", None),
        ("sealing it", "abdichten", None),
    ],
)
def test_terms_of_a_glossary(input: str, output: str, score: float | None, tmp_path: Path) -> None:
    (tmp_path / "terms.csv").write_text(GLOSSARY, encoding="utf-8-sig")
    found = must("terms", basis([row("a", "b")], root=tmp_path, glossary="terms.csv"))
    assert found(output, row(input, "")) == score


@pytest.mark.parametrize(
    ("terms", "output", "score"),
    [
        (["Ventil", "Dichtung|Dichtring"], "Ventil mit Dichtring", 1),
        ({"valve": "Ventil", "seal": "Dichtung"}, "Ventil", 0.5),
        ("Ventil; Dichtung", "Ventil", 0.5),
        (["阀门"], "请检查阀门是否关闭", 1),
        (["e\u0301tanche\u0301ite\u0301"], "l'étanchéité", 1),
        ([], "Ventil", None),
        ([3, None], "Ventil", None),
    ],
)
def test_terms_that_rows_name(terms: object, output: str, score: float | None) -> None:
    found = must("terms", basis([row("a", "b", terms=["x"])]))
    assert found(output, row("a", "b", 1, terms=terms)) == score


def test_terms_are_absent_without_any() -> None:
    assert scorer("terms", basis([row("a", "b")])) is None


def test_glossaries_are_read_as_they_come() -> None:
    tabs = read_glossary("valve\tVentil\r\nseal, rubber\tDichtung\n\n", "g.tsv")
    assert [term.source for term in tabs] == ["seal, rubber", "valve"]
    assert [term.ways for term in read_glossary("Term;Übersetzung\na;b", "g.csv")] == [("b",)]
    alone = read_glossary("TuneX\nAcme GmbH\n", "g.txt")
    assert [term.ways for term in alone] == [("acme gmbh",), ("tunex",)]
    with pytest.raises(NotReady, match="holds no term"):
        read_glossary("\n;\n", "g.csv")
    with pytest.raises(NotReady, match=r"g\.csv"):
        read_glossary('"open\n' * 3, "g.csv")


def test_a_large_glossary_does_not_take_long(tmp_path: Path) -> None:
    lines = [f"word{place} part,Wort{place} Teil" for place in range(4_000)]
    (tmp_path / "terms.csv").write_text("\n".join(lines), encoding="utf-8")
    found = must("terms", basis([], root=tmp_path, glossary="terms.csv"))
    started = time.process_time()
    for place in range(300):
        text = f"some words about word{place} part and more of it " * 4
        assert found(f"Wort{place} Teil", row(text, "", place)) == 1
    assert time.process_time() - started < 4


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Hi {name}, {0} {{ user.id }} ${PATH}", ["{name}", "{0}", "{{ user.id }}", "${PATH}"]),
        ("%s %(count)d %1$s %.2f 50 % sure", ["%s", "%(count)d", "%1$s", "%.2f", "50"]),
        ('<b>bold</b> <a href="x">y</a> a < b', ["<b>", "</b>", '<a href="x">', "</a>"]),
        ("see https://a.example/b?c=1, or me@a.example.", ["https://a.example/b?c=1", "me@a.example"]),
        ("1,200.50 on 2024-05-01 at 10:30.", ["1,200.50", "2024-05-01", "10:30"]),
        ("100% secure", ["100"]),
        ("nothing { here } %", []),
    ],
)
def test_placeholders_are_found(text: str, found: list[str]) -> None:
    assert list(placeholders(text).elements()) == found


PAIR = row("Hello {name}, pay 30 EUR by 1 May, 30 days late", "Hallo {name}, zahlen Sie 30 EUR, 30 Tage")


@pytest.mark.parametrize(
    ("output", "score"),
    [
        ("Hallo {name}, 30 EUR, 30 Tage", 1),
        ("Hallo {name}, 30 EUR", 2 / 3),
        ("Hallo {Name}, 30 EUR, 30 Tage, 7", 2 / 3),
        ("Hallo Ann, 300 EUR", 0),
        ("", 0),
    ],
)
def test_placeholders_that_input_and_target_share_have_to_be_kept(output: str, score: float) -> None:
    assert must("placeholders", basis([PAIR]))(output, PAIR) == pytest.approx(score)


def test_placeholders_are_asked_for_only_where_the_wanted_output_keeps_them() -> None:
    found = must("placeholders", basis([PAIR]))
    assert found("anything 7", row("in 1990 and 2000", "in the nineties")) is None
    assert scorer("placeholders", basis([row("in 1990", "in the nineties")])) is None
    assert scorer("placeholders", basis([row("year 7", '{"year": 7}')])) is None


def curt_to_courteous(count: int, seed: int) -> list[Example]:
    draw = random.Random(seed)
    things = ["pump", "valve", "invoice", "order", "seal", "contract", "filter", "delivery"]
    asks = ["where is my {} ?? need it now", "ur {} broke again", "no {} yet. fix it", "{} wrong. again"]
    kind = [
        "Dear customer, thank you for asking about your {}. We will look into it at once.",
        "Dear customer, we are sorry to hear about your {}. We will get back to you today.",
    ]
    return [
        row(draw.choice(asks).format(thing), draw.choice(kind).format(thing), place)
        for place in range(count)
        for thing in [draw.choice(things)]
    ]


def test_style_tells_the_tone_of_the_house_from_that_of_the_inputs() -> None:
    found = must("style", basis(curt_to_courteous(60, 1), curt_to_courteous(20, 2)))
    item = row("x", "y")
    warm = found("Dear customer, thank you for writing. We will check the boiler today.", item) or 0
    cold = found("boiler broke?? not my problem. wait", item) or 0
    assert warm > 0.8 > 0.4 > cold
    assert found("", item) == 0
    for output in ("\ud800", "x" * 1_000_000):
        assert 0 <= (found(output, item) or 0) <= 1


def test_style_is_absent_where_it_cannot_be_told() -> None:
    many = curt_to_courteous(60, 1)
    assert scorer("style", basis(many)) is None
    assert scorer("style", basis(many[:10], many[10:30])) is None
    mirrored = [row(one.input_text(), other.input_text()) for one, other in itertools.pairwise(many)]
    assert scorer("style", basis(mirrored, mirrored[:20])) is None


@pytest.mark.parametrize(
    "output", ["", "\ud800\x00", "{" * 100_000, "<a " * 50_000, "1" * 100_000, "%(" * 50_000]
)
def test_hostile_answers_are_measured_in_time(output: str) -> None:
    started = time.process_time()
    assert 0 <= (must("placeholders", basis([PAIR]))(output, PAIR) or 0) <= 0.5
    terms = row("a", "b", terms=["Ventil"])
    assert must("terms", basis([terms]))(output, terms) == 0
    assert time.process_time() - started < 5
