"""A process of its own that runs SQL on SQLite files and answers with digests of the rows.

A line of JSON in, `[database, statement, seconds]`, a line out: `{"size", "bag", "sequence"}` or `{"error"}`.
It imports nothing of ours. Files are opened for reading only; statements other than SELECT are refused by
SQLite's authorizer before they run, and so is ATTACH. Memory, written files and open files are limited by the
system where it has such limits.
"""

import hashlib
import json
import sqlite3
import sys
import time
from pathlib import Path

MEMORY = 1 << 30
MOST_ROWS = 20_000
STEPS = 5_000
LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 1_000_000,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1_000,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
FORBIDDEN = {"load_extension", "readfile", "writefile", "fts3_tokenizer"}


def limit() -> None:
    """Hold this process to little memory and no written file, on systems that can."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def allowed(action: int, first: str | None, second: str | None, *_: object) -> int:
    """What a statement may do."""
    if action not in READING or (action == sqlite3.SQLITE_FUNCTION and second in FORBIDDEN):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def run(database: str, statement: str, seconds: float) -> dict[str, object]:
    """The rows of a statement as digests, in their order and without."""
    connection = sqlite3.connect(Path(database).as_uri() + "?mode=ro&immutable=1", uri=True)
    try:
        connection.execute("PRAGMA query_only = 1")
        connection.execute("PRAGMA temp_store = 2")
        for name, most in LIMITS.items():
            connection.setlimit(name, most)
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        connection.set_authorizer(allowed)
        until = time.monotonic() + seconds
        connection.set_progress_handler(lambda: time.monotonic() > until, STEPS)
        rows = connection.execute(statement).fetchmany(MOST_ROWS + 1)
    finally:
        connection.close()
    if len(rows) > MOST_ROWS:
        raise ValueError(f"more than {MOST_ROWS} rows")
    plain = [json.dumps([value(cell) for cell in row], ensure_ascii=True) for row in rows]
    return {"size": len(rows), "bag": digest(sorted(plain)), "sequence": digest(plain)}


def value(cell: object) -> object:
    """A cell as it is compared: 3 and 3.0 are the same, and so are numbers that differ by rounding."""
    if isinstance(cell, int | float):
        return f"{cell:.9g}" if abs(cell) < 1e15 else str(cell)
    return (
        ["bytes", cell.hex()]
        if isinstance(cell, bytes)
        else ["text", cell]
        if isinstance(cell, str)
        else None
    )


def digest(lines: list[str]) -> str:
    """Of rows."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def main() -> None:
    """Answer until there is no more to read."""
    limit()
    for line in sys.stdin:
        try:
            found = run(*json.loads(line))
        except (sqlite3.Error, sqlite3.Warning, ValueError, MemoryError, RecursionError) as error:
            found = {"error": f"{type(error).__name__}: {error}"[:300]}
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
