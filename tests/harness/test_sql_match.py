"""SQL that a model wrote is run, and can do nothing but read."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from advisor.engagement.catalogue import find
from advisor.engagement.errors import NotReady
from advisor.engagement.records.examples import Example
from advisor.engagement.records.plan import MetricSettings
from harness import metrics
from harness.marking import ready
from harness.metrics._kind import Basis, ItemScore, Metric
from harness.metrics._sql import Runner


def make(path: Path, rows: list[tuple[str, float]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE orders (item TEXT, amount REAL)")
        connection.executemany("INSERT INTO orders VALUES (?, ?)", rows)
    connection.close()
    return path


ROWS = [("pump", 3.0), ("valve", 1.5), ("seal", 1.5), ("pump", 2.0)]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return make(tmp_path / "data" / "shop.sqlite", ROWS)


def scorer(root: Path, database: str, *, may_execute: bool = True) -> ItemScore | None:
    basis = Basis("generation", [], [], [], MetricSettings(database=database), root, may_execute)
    found = ready(find(metrics, Metric, "sql_match"), basis)
    return None if found is None else found.score


def score(
    root: Path, output: str, target: str, database: str = "data/shop.sqlite", **meta: str
) -> float | None:
    found = scorer(root, database)
    assert found is not None
    return found(output, Example(id="1", input="x", output=target, meta=meta))


@pytest.mark.parametrize(
    ("output", "target", "expected"),
    [
        ("SELECT item FROM orders WHERE amount > 1.7;", "select item from orders where amount >= 2", 1),
        ("SELECT 5", "SELECT COUNT(*) + 1.0 FROM orders", 1),
        ("SELECT item FROM orders ORDER BY item DESC", "SELECT item FROM orders", 1),
        ("SELECT item FROM orders ORDER BY item DESC", "SELECT item FROM orders ORDER BY item", 0),
        ("SELECT DISTINCT item FROM orders", "SELECT item FROM orders", 0),
        ("SELECT amount, item FROM orders", "SELECT item, amount FROM orders", 0),
        ("WITH t AS (SELECT item FROM orders) SELECT * FROM t", "SELECT item FROM orders", 1),
        ("SELECT '5'", "SELECT 5", 0),
        ("```sql\nSELECT item FROM orders\n```", "SELECT item FROM orders", 0),
        ("SELECT nothing FROM orders", "SELECT item FROM orders", 0),
        ("", "SELECT item FROM orders", 0),
        ("SELECT item FROM orders WHERE 0", "SELECT item FROM orders WHERE amount > 99", None),
        ("SELECT item FROM orders", "SELECT oops", None),
    ],
)
def test_statements_match_by_their_rows(output: str, target: str, expected: float | None, shop: Path) -> None:
    assert score(shop.parents[1], output, target) == expected


HOSTILE = [
    "DELETE FROM orders",
    "DROP TABLE orders",
    "INSERT INTO orders VALUES ('x', 1)",
    "CREATE TEMP TABLE t AS SELECT 1",
    "ATTACH DATABASE '{root}/made.sqlite' AS made",
    "VACUUM INTO '{root}/made.sqlite'",
    "PRAGMA writable_schema = 1",
    "SELECT load_extension('{root}/made')",
    "SELECT writefile('{root}/made', 'x')",
    "SELECT 1; DROP TABLE orders",
    "SELECT randomblob(900000000)",
    "SELECT 1 FROM orders" + ", orders" * 60,
    "SELECT 'a\x00b\ud800'",
    "SELECT " + "(" * 5_000 + "1" + ")" * 5_000,
    "x" * 1_000_000,
    "\n\n",
]


@pytest.mark.parametrize("output", HOSTILE, ids=lambda text: text[:20])
def test_nothing_but_reading_is_done(output: str, shop: Path) -> None:
    root = shop.parents[1]
    before = shop.read_bytes()
    assert score(root, output.replace("{root}", str(root)), "SELECT item FROM orders") == 0
    assert shop.read_bytes() == before
    assert [path.name for path in root.rglob("*") if path.is_file()] == ["shop.sqlite"]


def test_a_statement_without_end_is_stopped_and_the_next_one_answered(shop: Path) -> None:
    runner = Runner(seconds=0.2)
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT COUNT(*) FROM n"
    started = time.monotonic()
    assert runner.rows(shop, endless) is None
    assert time.monotonic() - started < 3
    found = runner.rows(shop, "SELECT item FROM orders")
    assert found is not None and found.size == 4


def test_a_worker_that_dies_or_hangs_is_begun_anew(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.metrics._sql.GRACE", -0.2)
    runner = Runner(seconds=0.2)
    assert runner.rows(shop, "SELECT 1") is None
    monkeypatch.undo()
    assert runner.rows(shop, "SELECT 2") is not None
    assert runner._worker is not None
    runner._worker.kill()
    runner._worker.wait()
    assert runner.rows(shop, "SELECT 3") is not None


def test_several_databases_all_have_to_agree(tmp_path: Path) -> None:
    make(tmp_path / "db" / "a.sqlite", ROWS)
    make(tmp_path / "db" / "b.sqlite", [("pump", 1.0)])
    target = "SELECT item FROM orders WHERE amount >= 2"
    lucky = "SELECT item FROM orders WHERE item = 'pump'"
    assert score(tmp_path, lucky, target, "db/a.sqlite") == 1
    assert score(tmp_path, lucky, target, "db") == 0
    assert score(tmp_path, lucky, target, "db", db_id="a") == 1
    assert score(tmp_path, lucky, target, "db", db_id="absent") is None
    assert score(tmp_path, lucky, target, "db", db_id="../db/a") is None


def test_nothing_is_run_without_leave_or_outside_the_engagement(shop: Path) -> None:
    root = shop.parents[1]
    assert scorer(root, "data/shop.sqlite", may_execute=False) is None
    assert scorer(root, "") is None
    with pytest.raises(NotReady, match="outside the engagement"):
        scorer(root / "data", "../shop.sqlite")
    with pytest.raises(NotReady, match="no such file"):
        scorer(root, "absent.sqlite")
