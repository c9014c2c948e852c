"""`tunecase doctor --calibrate`: measure this device in a process of its own, and keep the figures."""

from __future__ import annotations

import subprocess
import sys

import msgspec

from advisor.cli.environment import python
from advisor.cli.session import Session
from advisor.engagement import codec, machine
from advisor.engagement.errors import RunFailed, missing_run_packages
from advisor.engagement.folder import Engagement
from advisor.engagement.records.calibration import Calibration

MOST_SECONDS = 60.0
"""Loading packages and measuring, on a slow machine; usual ones take a third of it."""


def calibrate(session: Session) -> None:
    """Measure, store where there is an engagement, and print."""
    engagement = session.optional_engagement()
    session.say("measuring the speed of this machine: up to 30 seconds")
    if engagement is None:
        found = measure(None)
    else:
        with engagement.lock():
            found = measure(_threads(engagement))
            codec.write_json(engagement.calibration_path, found)
    stored = str(engagement.calibration_path) if engagement else None
    if session.as_json:
        session.emit({"calibration": msgspec.to_builtins(found), "stored": stored})
        return
    sys.stdout.write(figures(found) + "\n")
    if stored:
        session.say(f"stored in {stored}; next: tunecase plan")
    else:
        session.say("not stored: no engagement here; name one with -C")


def figures(found: Calibration) -> str:
    """The measurement in a few lines."""
    name = found.processor if found.device == "cpu" else found.device
    return "\n".join(
        [
            f"{name}, {found.threads} of {found.cores} cores, {found.date}",
            f"  matrix product  {found.matrix_tflops:.3g} TFLOPS",
            f"  copy            {found.copy_gb_per_second:.3g} GB/s",
            f"  a transformer of {found.parameters / 1e6:.1f} million parameters, in tokens per second:",
            f"  full training   {found.full_tokens_per_second:,.0f}",
            f"  lora training   {found.lora_tokens_per_second:,.0f}",
            f"  predicting      {found.predicting_tokens_per_second:,.0f}",
        ]
    )


def measure(threads: int | None) -> Calibration:
    """Ask `trainers.calibrating` in a process of its own.

    Raises MissingPackage where a package is absent, RunFailed where measuring failed or did not end.
    """
    command = ["-m", "trainers.calibrating"]
    command += ["--threads", str(threads)] if threads else []
    try:
        done = python(*command, seconds=MOST_SECONDS)
    except subprocess.TimeoutExpired:
        raise RunFailed(
            f"measuring did not end within {MOST_SECONDS:.0f} s", fix="stop other work here and try again"
        ) from None
    if done.returncode:
        raise _failed(done.stderr.strip().splitlines())
    return msgspec.json.decode(done.stdout.strip().splitlines()[-1], type=Calibration)


def _failed(said: list[str]) -> Exception:
    last = said[-1] if said else "no message"
    if last.startswith("ModuleNotFoundError"):
        return missing_run_packages("doctor --calibrate", last.partition("'")[2].rstrip("'"))
    return RunFailed(f"measuring failed: {last}", fix="run `tunecase doctor`")


def _threads(engagement: Engagement) -> int | None:
    """As many threads as the engagement's runs use on this machine; None lets the probe choose."""
    known = engagement.machine()
    return known.threads if known is not None and known.cores == machine.cores() else None
