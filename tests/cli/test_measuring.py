"""Metrics from the command line: what needs leave, what needs a file, what does not apply."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from advisor.cli.main import group, run
from advisor.engagement.folder import Engagement


def tunecase(*line: str) -> int:
    return run(group, list(line), name="tunecase")


@pytest.fixture
def asking(tmp_path: Path) -> Engagement:
    """Sixty questions with the SQL that answers them, checked and planned, and the database."""
    engagement = Engagement(tmp_path / "shop")
    folder = str(engagement.root)
    rows = [
        {"input": f"how many of part {place}?", "output": f"SELECT amount FROM parts WHERE id = {place}"}
        for place in range(60)
    ]
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert tunecase("init", folder) == tunecase("check", str(data), "-C", folder) == 0
    assert tunecase("plan", "-C", folder, "--arms", "floor") == 0
    with sqlite3.connect(engagement.root / "data" / "parts.sqlite") as connection:
        connection.execute("CREATE TABLE parts (id INTEGER, amount INTEGER)")
        connection.executemany(
            "INSERT INTO parts VALUES (?, ?)", [(place, place // 20) for place in range(60)]
        )
    connection.close()
    return engagement


def test_sql_is_run_only_with_leave(asking: Engagement, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(asking.root)
    text = asking.plan_path.read_text(encoding="utf-8")
    text = text.replace('database = ""', 'database = "data/parts.sqlite"')
    asking.plan_path.write_text(text, encoding="utf-8")
    line = ("compare", "-C", folder, "--metric", "sql_match", "--exploratory")
    assert tunecase(*line) == 3
    assert "--allow-execution" in capsys.readouterr().err
    assert not asking.comparison_path.exists()
    assert tunecase(*line, "--allow-execution") == 0
    comparison = asking.comparison()
    assert comparison is not None
    (floor,) = comparison.arms
    score = floor.metrics["sql_match"]
    rows = asking.examples()
    test = [rows[id].output for id in asking.splits().test]
    given = asking.run(floor.runs[0]).predictions()[0].output or ""
    number = int(given.rsplit(" ", 1)[1])
    same = [int(output.rsplit(" ", 1)[1]) // 20 == number // 20 for output in test]
    assert score.value == pytest.approx(sum(same) / len(test))
    assert score.n == len(test)


def test_a_metric_that_does_not_apply_is_refused_before_anything_runs(
    asking: Engagement, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, told in (("field_f1", "mostly JSON"), ("accuracy", "does not suit generation data")):
        assert tunecase("compare", "-C", str(asking.root), "--metric", name, "--exploratory") == 3
        assert told in capsys.readouterr().err
    assert not list(asking.root.glob("runs/*"))
