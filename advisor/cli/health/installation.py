"""This installation: versions from package metadata at once, then imports in processes of their own."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from advisor.cli.environment import python
from advisor.costing.prices import STALE_DAYS, TABLES, age_note
from advisor.engagement.machine import cores

from .card import Card
from .line import Line, fail, note, ok

INSTALL = "pip install 'tunecase[run]'"
MOST_SECONDS = 15.0
"""All import checks together."""

HEAVY = (
    "torch",
    "transformers",
    "peft",
    "bitsandbytes",
    "accelerate",
    "scikit-learn",
    "scipy",
    "statsmodels",
)
"""Packages whose import can fail although they are installed."""

MODULES = {"scikit-learn": "sklearn"}
"""Where the module has another name than the package."""

TORCH = """
import json, torch
print(json.dumps([torch.cuda.is_available(), torch.version.cuda]))
"""


def lines(card: Card | None, today: dt.date) -> Iterator[Line]:
    """Versions, prices and completion first, then each import as it ends."""
    found, absent, old = installed()
    yield ok(f"tunecase {_version('tunecase') or 'from a checkout'}: " + _listed(found))
    yield from old
    if absent:
        yield _absent(absent, [name for name in HEAVY if name in found])
    yield price_line(today)
    yield completion_line()
    yield from import_lines([name for name in HEAVY if name in found], card)


def installed() -> tuple[dict[str, str], list[str], list[Line]]:
    """Versions of what tunecase asks for, what is absent, and what is too old."""
    found, absent, old = {}, [], []
    for name, least in _asked().items():
        have = _version(name)
        if have is None:
            absent.append(name)
            continue
        found[name] = have
        if _numbers(have) < _numbers(least):
            old.append(
                fail(f"{name} {have} is older than {least}", fix=f"pip install --upgrade '{name}>={least}'")
            )
    return found, absent, old


def import_lines(
    names: list[str], card: Card | None, *, most_seconds: float = MOST_SECONDS
) -> Iterator[Line]:
    """Each package imported in a process of its own, several at a time; a hang is a line too."""
    until = time.monotonic() + most_seconds
    with ThreadPoolExecutor(max_workers=max(2, min(len(names) or 1, cores()))) as pool:
        waiting = [pool.submit(_import, name, until, card) for name in names]
        for done in as_completed(waiting):
            yield done.result()


def price_line(today: dt.date) -> Line:
    """Age of the oldest price that has a day or a month."""
    dates = sorted(
        date
        for path in TABLES.glob("*price*.json")
        for date in _dates(json.loads(path.read_text(encoding="utf-8")))
    )
    if not dates:
        return note("prices have no date", fix="set [prices] in engagement.toml")
    told = f"prices of {dates[0]} to {dates[-1]}"
    aged = age_note(dates[0], today)
    if aged:
        return note(f"{told}: the oldest is {aged}, over {STALE_DAYS}", fix="set [prices] in engagement.toml")
    return ok(told)


def completion_line() -> Line:
    """The line that turns on completion in this shell."""
    shell = Path(os.environ.get("SHELL", "")).stem
    known = {
        "bash": 'eval "$(_TUNECASE_COMPLETE=bash_source tunecase)"',
        "zsh": 'eval "$(_TUNECASE_COMPLETE=zsh_source tunecase)"',
        "fish": "_TUNECASE_COMPLETE=fish_source tunecase | source",
    }
    name = shell if shell in known else "bash"
    return ok(f"to complete commands in {name}: {known[name]}")


def _import(name: str, until: float, card: Card | None) -> Line:
    left = until - time.monotonic()
    if left <= 0:
        return note(f"{name}: import not checked, time was up", fix="tunecase doctor")
    module = MODULES.get(name, name)
    started = time.monotonic()
    try:
        done = python("-c", TORCH if name == "torch" else f"import {module}", seconds=left)
    except (subprocess.TimeoutExpired, OSError):
        return note(f"{name}: import did not end within {left:.0f} s", fix="tunecase doctor")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
        return fail(f"{name}: {last[:200]}", fix=f"pip install --force-reinstall '{name}'")
    told = f"import {module}, {time.monotonic() - started:.1f} s"
    return _torch(done.stdout, told, card) if name == "torch" else ok(told)


def _torch(said: str, told: str, card: Card | None) -> Line:
    sees, cuda = json.loads(said.strip().splitlines()[-1])
    if sees:
        return ok(f"{told}, sees the card through CUDA {cuda}")
    if card is None:
        return ok(f"{told}, for the CPU")
    built = f"built for CUDA {cuda}" if cuda else "built for the CPU only"
    return fail(
        f"torch does not see {card.name}: {built}",
        fix="pip install --force-reinstall torch --index-url https://download.pytorch.org/whl/cu128",
    )


def _absent(absent: list[str], present: list[str]) -> Line:
    """Nothing heavy at all is a light installation; some of it is a broken one."""
    named = ", ".join(absent)
    if present:
        return fail(f"not installed: {named}", fix=INSTALL)
    return note(f"light installation: check, plan and compare need {named}", fix=INSTALL)


def _asked() -> dict[str, str]:
    """What tunecase and its extra `run` ask for, with the least version."""
    try:
        listed = requires("tunecase") or []
    except PackageNotFoundError:
        return dict.fromkeys(HEAVY, "0")
    wanted = [one for one in listed if "extra ==" not in one or re.search(r"extra == .run.", one)]
    return {_name(one): least[1] if (least := re.search(r">=\s*([\d.]+)", one)) else "0" for one in wanted}


def _name(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _numbers(text: str) -> tuple[int, ...]:
    """`2.13.0+cpu` as (2, 13, 0)."""
    return tuple(int(part) for part in re.findall(r"\d+", text.partition("+")[0])[:3])


def _listed(found: dict[str, str]) -> str:
    return ", ".join(f"{name} {found[name]}" for name in found)


def _dates(table: object) -> Iterator[str]:
    if isinstance(table, dict):
        date = table.get("as_of")
        if isinstance(date, str) and re.fullmatch(r"\d{4}-\d{2}(-\d{2})?", date):
            yield date
        for value in table.values():
            yield from _dates(value)
    elif isinstance(table, list):
        for value in table:
            yield from _dates(value)
