"""A comparison on disks that fill up: one error each time, and with more room the numbers of a large disk."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from advisor.engagement.folder import Engagement
from tests.cli.comparing import alike, compared, planned
from tests.conftest import environment
from tests.harness.conftest import build_tiny_model

SHARES = (0.25, 0.5, 0.75, 0.95)
"""Of the space that the comparison adds."""
ON_A_SMALL_DISK = """
set -e
mount -t tmpfs -o size=$1 tmpfs "$2"
cp -r "$3" "$2/client"
shift 3
set +e
"$@" 2> said
echo $? > code
set -e
mount -o remount,size=1g "$DISK"
"$@"
cp -r "$DISK/client" grown
"""


def run() -> dict[str, object]:
    """Each size by a file system in memory that only the child sees; Linux lets any user mount one there."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "model").mkdir()
        fresh = planned(root, build_tiny_model(root / "model"))
        whole = compared(Path(shutil.copytree(fresh, root / "whole")))
        before, after = _size(fresh), _size(whole.root)
        sizes = [int(before + share * (after - before)) for share in SHARES]
        found = [
            _filled(fresh, whole, size, root / str(size), slots=slots) for size in sizes for slots in (1, 2)
        ]
    return {
        "bytes_before_and_after": [before, after],
        "disks": len(found),
        "one_error_and_no_traceback": sum(one for one, _ in found),
        "resumed_equal": sum(equal for _, equal in found),
    }


def _filled(fresh: Path, whole: Engagement, size: int, root: Path, *, slots: int) -> tuple[bool, bool]:
    """Whether it ended with one error, and whether what it came to on the larger disk is the same."""
    here = root / str(slots)
    disk = here / "disk"
    disk.mkdir(parents=True)
    command = [sys.executable, "-m", "advisor", "compare", "-C", str(disk / "client"), "--exploratory"]
    command += ["--slots", str(slots)]
    script = ["unshare", "-rm", "sh", "-c", ON_A_SMALL_DISK, "sh", str(size), str(disk), str(fresh), *command]
    subprocess.run(script, cwd=here, env=environment(DISK=str(disk)), check=True, capture_output=True)
    said = (here / "said").read_text(encoding="utf-8")
    told = said.count("error: ") == 1 and "no space left on the disk" in said and "Traceback" not in said
    ended = (here / "code").read_text(encoding="utf-8").strip() == "1"
    return told and ended, alike(whole, Engagement(here / "grown"))


def _size(root: Path) -> int:
    """Bytes in pages, as a file system in memory counts."""
    return sum(-(-path.stat().st_size // 4096) * 4096 + 4096 for path in root.rglob("*"))
