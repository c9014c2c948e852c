"""The forecast of a comparison for people, and the device it is made for."""

from __future__ import annotations

import os
import shutil
import subprocess

from advisor.cli.session import Session
from advisor.engagement.folder import Engagement
from advisor.engagement.records.advice import Range
from advisor.engagement.records.forecast import Forecast
from advisor.engagement.records.plan import Plan

PROBE_SECONDS = 10.0


def forecast(engagement: Engagement, plan: Plan) -> Forecast:
    """What the plan will take on the engagement's machine, or on this one before the first run."""
    from harness.executors.fleets import on_fleets
    from harness.forecasting import forecast as expected

    machine = engagement.machine()
    device = machine.device if machine else this_device()
    return on_fleets(plan, expected(engagement, plan, device=device))


def this_device() -> str:
    """The first card that the NVIDIA driver names, else `cpu`; asked without torch."""
    asked = shutil.which("nvidia-smi")
    if asked is None or os.environ.get("CUDA_VISIBLE_DEVICES") == "":
        return "cpu"
    command = [asked, "--query-gpu=name", "--format=csv,noheader"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PROBE_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return "cpu"
    names = [line.strip() for line in told.stdout.splitlines() if line.strip()]
    return names[0] if told.returncode == 0 and names else "cpu"


def draw(session: Session, plan: Plan, expected: Forecast) -> None:
    """The forecast on stdout."""
    from rich.table import Table

    console = session.console()
    splits = ", ".join(f"{name} {count}" for name, count in expected.rows.items())
    console.print(f"model {plan.model} on {expected.device}; rows: {splits}")
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("arm")
    for name in ("train rows", "judged", "tokens", "cut", "memory GiB", "minutes", "USD"):
        table.add_column(name, justify="right", no_wrap=True)
    for arm in expected.arms:
        table.add_row(
            arm.name,
            f"{arm.rows_train:,}" if arm.rows_train else "",
            f"{arm.rows_predicted:,}",
            f"{arm.tokens:,}" if arm.tokens else "",
            str(arm.truncated) if arm.truncated else "",
            band(arm.memory_gib),
            band(arm.seconds, unit=60, least=0.1),
            band(arm.cost_usd),
        )
    console.print(table)
    minutes = band(expected.seconds, unit=60, least=0.1) or "an unknown number of"
    console.print(f"in all: {minutes} minutes, {_money(expected)}")
    _draw_fleets(session, expected)
    console.print(f"a win is: {plan.metric} better by {100 * plan.minimum_effect:g} points or more")
    console.print(_power(expected))
    for sentence in expected.assumptions:
        console.print(f"note: {sentence}")


def _draw_fleets(session: Session, expected: Forecast) -> None:
    """Wall time and money on more machines, and what bounds the time."""
    from rich.table import Table

    if not expected.fleets:
        return
    named = "machines like this" if expected.device == "cpu" else "GPUs"
    table = Table(box=None, header_style="bold", pad_edge=False)
    lacking = any(fleet.too_small_for for fleet in expected.fleets)
    for name in (named, "minutes", "USD", *(["too few for"] if lacking else [])):
        table.add_column(name, justify="right", no_wrap=True)
    for fleet in expected.fleets:
        minutes = band(fleet.seconds, unit=60, least=0.1)
        table.add_row(
            str(fleet.slots),
            minutes,
            band(fleet.cost_usd),
            *([", ".join(fleet.too_small_for)] if lacking else []),
        )
    console = session.console()
    console.print(table)
    chain = band(expected.longest_chain, unit=60, least=0.1)
    console.print(f"the longest chain of jobs takes {chain} minutes on any number of them")


def band(range_: Range | None, *, unit: float = 1.0, least: float = 0.01) -> str:
    """`0.4-3`: both ends at two significant digits, nothing finer than `least`; empty for None."""
    if range_ is None:
        return ""
    low, high = (_two(end / unit, least) for end in (range_.low, range_.high))
    return low if low == high else f"{low}-{high}"


def _two(value: float, least: float) -> str:
    return f"<{least:g}" if value < least else f"{float(f'{value:.2g}'):,.10g}"


def _power(expected: Forecast) -> str:
    n, least = expected.rows["test"], expected.minimum_detectable
    if least is None:
        return f"{n} held-out rows cannot support a decision"
    return f"{n} held-out rows can show a difference of {100 * least:.1f} points or more (power 0.8)"


def _money(expected: Forecast) -> str:
    if expected.cost_usd is None:
        return "no price known"
    parts = [f"at {expected.hourly_usd:.2f} an hour"] if expected.hourly_usd is not None else []
    if expected.servers_usd is not None:
        parts.append(f"USD {band(expected.servers_usd)} of it to servers")
    return f"USD {band(expected.cost_usd)} {', '.join(parts)}"
