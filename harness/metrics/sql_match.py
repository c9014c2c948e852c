"""The output is SQL that gives the rows which the wanted SQL gives, on every database at hand: 1 or 0.

Both are run on SQLite files for reading only, within three seconds each, in a process of its own, and only
with `--allow-execution`: the text is a model's. Rows are compared by position of their columns; their order
counts where the wanted statement ends in ORDER BY. The whole output has to be one SELECT: a fence or a
sentence around it breaks the program that runs it. An item whose wanted SQL fails, or gives no row anywhere,
has no score: any wrong statement without rows would match it. Right rows on one small database may be chance,
so give several.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from advisor.engagement.errors import FileError
from advisor.engagement.records.examples import Example
from harness.metrics._files import inside
from harness.metrics._kind import Basis, ItemScore, Metric
from harness.metrics._sql import Runner

ENDINGS = (".sqlite", ".sqlite3", ".db")
_ORDERED = re.compile(r"\border\s+by\b[^()]*$", re.IGNORECASE)


def sql_match(output: str, target: str, databases: Sequence[Path], runner: Runner) -> float | None:
    """1.0 or 0.0; None where the wanted statement tells nothing on these databases."""
    wanted = [runner.rows(database, _statement(target)) for database in databases]
    if None in wanted or not any(rows.size for rows in wanted if rows is not None):
        return None
    if not output.strip():
        return 0.0
    given = (runner.rows(database, _statement(output)) for database in databases)
    ordered = _ORDERED.search(_statement(target)) is not None
    return float(
        all(
            one is not None
            and other is not None
            and (one.sequence == other.sequence if ordered else one.bag == other.bag)
            for one, other in zip(given, wanted, strict=True)
        )
    )


def _statement(text: str) -> str:
    return text.strip().rstrip(";").rstrip()


def databases_of(example: Example, place: Path) -> list[Path]:
    """The file itself; of a folder, the files named by the row's `meta.db_id`, or all of its files."""
    if place.is_file():
        return [place]
    named = example.meta.get("db_id")
    if named is None:
        return _files(place)
    if not isinstance(named, str) or not re.fullmatch(r"\w[\w.-]*", named):
        return []
    return [path for end in ENDINGS if (path := place / f"{named}{end}").is_file()] or _files(place / named)


def _files(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.glob("*")
        if path.suffix in ENDINGS and path.is_file() and not path.is_symlink()
    )


def fit(basis: Basis) -> ItemScore | None:
    """Where the plan names a database and the command line allows execution."""
    name = basis.settings.database
    if not name or basis.root is None or not basis.may_execute:
        return None
    place = inside(basis, name, field="metrics.database")
    if not place.exists():
        raise FileError(f"{place}: no such file", fix="put the database there, or correct metrics.database")
    runner = Runner()

    def score(output: str, example: Example) -> float | None:
        found = databases_of(example, place)
        return sql_match(output, example.output, found, runner) if found else None

    return score


METRIC = Metric(
    name="sql_match",
    title="same rows from SQL",
    tasks=("generation",),
    fit=fit,
    needs="database under [metrics] in plan.toml, and --allow-execution",
    binary=True,
)
