"""Run one benchmark or all: every sibling with a `run() -> dict` is one; results carry date and machine."""

from __future__ import annotations

import datetime as dt
import importlib
import json
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE / "results"
PACKAGES = ("tunecase", "torch", "transformers", "trl", "peft", "bitsandbytes", "scikit-learn", "click")


def names() -> list[str]:
    """Benchmarks by file name."""
    files = (path for path in HERE.glob("*.py") if not path.stem.startswith("_"))
    return sorted(path.stem for path in files if "\ndef run(" in path.read_text(encoding="utf-8"))


def machine() -> dict[str, object]:
    """Processor, cores this process may use, memory in GiB."""
    allowed = getattr(os, "sched_getaffinity", None)
    cores = len(allowed(0)) if allowed else os.cpu_count()
    system = f"{platform.system()} {platform.machine()}"
    return {"system": system, "cpu": _cpu(), "cores": cores, "memory_gib": _memory_gib()}


def _cpu() -> str:
    described = Path("/proc/cpuinfo")
    if described.exists():
        for line in described.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, ValueError, OSError):
        return None


def versions() -> dict[str, str]:
    """Versions of what decides the numbers."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def measure(name: str) -> None:
    """Run one benchmark and keep its result."""
    sys.stderr.write(f"{name} ...\n")
    result = importlib.import_module(f"tests.benchmarks.{name}").run()
    record = {
        "benchmark": name,
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "result": result,
        "machine": machine(),
        "versions": versions(),
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    sys.stdout.write(f"{name}: {json.dumps(result, ensure_ascii=False)}\n")


def main(arguments: list[str]) -> int:
    """`NAME ...` or `all`; an unknown name lists the known ones."""
    known = names()
    wanted = known if arguments in ([], ["all"]) else arguments
    unknown = [name for name in wanted if name not in known]
    if unknown:
        sys.stderr.write(f"error: no benchmark {', '.join(unknown)}\n\nhint: known: {', '.join(known)}\n")
        return 2
    for name in wanted:
        measure(name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
