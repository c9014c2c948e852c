"""The folder of one fine-tuning at a vendor."""

from __future__ import annotations

from pathlib import Path

from advisor.engagement import codec
from advisor.engagement.records.hosted import HostedJob, HostedResult


class HostedFolder:
    """Files that were sent, the job as last seen, and what came of it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.job_path = root / "job.json"
        self.result_path = root / "hosted_result.json"

    def file_path(self, name: str) -> Path:
        """A file as it was uploaded."""
        return self.root / f"{name}.jsonl"

    def job(self) -> HostedJob | None:
        """The job as last seen, or None before it is begun."""
        return codec.read_json(self.job_path, HostedJob) if self.job_path.exists() else None

    def result(self) -> HostedResult | None:
        """What came of it, or None while it is not done."""
        return codec.read_json(self.result_path, HostedResult) if self.result_path.exists() else None
