"""A fine-tuning at a vendor: what was asked, what it would cost, how far it is, what came of it."""

from __future__ import annotations

from typing import Literal

import msgspec

from advisor.engagement.records.advice import Range

Stage = Literal["waiting", "running", "succeeded", "failed", "cancelled"]
FINAL: tuple[Stage, ...] = ("succeeded", "failed", "cancelled")


class HostedSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the vendor trains; what is 0 is left to the vendor."""

    epochs: int = 3
    """Passes over the rows."""
    learning_rate: float = 0.0
    """Peak learning rate, where the vendor takes one."""
    rank: int = 0
    """Rank of the adapter, where the vendor takes one."""
    batch_size: int = 0
    """Rows per optimizer step."""
    seed: int = 0
    """Seed, where the vendor takes one."""


class HostedSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Identity of one hosted fine-tuning: its digest names `models/hosted-<digest>/`."""

    schema: str = "hosted-spec/1"
    """Name and number of this record's form."""
    provider: str
    """together, fireworks or openai_like."""
    url: str
    """Base URL of the API."""
    model: str
    """Base model as the vendor calls it."""
    train: str
    """sha256 of the training file."""
    validation: str
    """sha256 of the validation file; empty without one."""
    settings: HostedSettings
    """Hyperparameters."""


class HostedFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file that would be uploaded."""

    name: str
    """As the vendor will see it."""
    rows: int
    """Conversations."""
    size_bytes: int
    """Its size."""


class HostedPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The dry run: nothing was sent."""

    schema: str = "hosted-plan/1"
    """Name and number of this record's form."""
    provider: str
    """Vendor in words."""
    host: str
    """Where the files would go."""
    model: str
    """Base model as the vendor calls it."""
    files: list[HostedFile]
    """What would be uploaded."""
    tokens: int
    """Tokens of the training rows, one pass."""
    trained_tokens: int
    """Tokens that the vendor bills: over all epochs, and those of validation where they are billed too."""
    counted: str
    """How tokens were counted."""
    usd_low: float | None
    """Cheapest, USD; None where no price is known."""
    usd_likely: float | None
    """Likely, USD."""
    usd_high: float | None
    """Dearest, USD."""
    price_source: str
    """Who says so; why it is unknown where it is."""
    price_as_of: str
    """Date of the price; empty where there is none."""
    notes: list[str]
    """What its owner should hear."""
    usd_per_million: Range | None = None
    """What a million tokens cost, USD; None where no price is known."""


class HostedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something the vendor said of the job."""

    at: str
    """The vendor's time, as given."""
    level: str
    """info, warning or error, as given."""
    message: str
    """In the vendor's words."""


class HostedJob(msgspec.Struct, frozen=True, kw_only=True):
    """How far it is: `job.json`, written after every change, so that a killed follower goes on."""

    schema: str = "hosted-job/1"
    """Name and number of this record's form."""
    spec: HostedSpec
    """What was asked."""
    attempt: int = 1
    """1, and one more each time it is started anew: after a failure, or where no job was found."""
    files: dict[str, str] = {}
    """The vendor's id of each uploaded file: train, validation."""
    asked: bool = False
    """Whether a request to start the job is or was under way, so that there may be one."""
    asked_at: str = ""
    """UTC, when the latest such request was sent."""
    job: str = ""
    """The vendor's id of the job; empty before it is started."""
    stage: Stage = "waiting"
    """How far, in our words."""
    status: str = ""
    """How far, in the vendor's word."""
    error: str = ""
    """Why it failed, in the vendor's words."""
    tuned: str = ""
    """Name of the tuned model, once there is one."""
    billed_tokens: int | None = None
    """Tokens the vendor counts, where it says."""
    billed_usd: float | None = None
    """Price by the vendor, where it says."""
    started_at: str = ""
    """UTC, when the job was started."""
    events: list[HostedEvent] = []
    """The latest events, at most 200."""


class HostedResult(msgspec.Struct, frozen=True, kw_only=True):
    """What hosted training did: `hosted_result.json`, written last."""

    schema: str = "hosted-result/1"
    """Name and number of this record's form."""
    provider: str
    """together, fireworks or openai_like."""
    host: str
    """Where the model lives and the files went."""
    base: str
    """Base model as the vendor calls it."""
    model: str
    """Name of the tuned model: what requests ask for."""
    job: str
    """The vendor's id of the job."""
    rows: int
    """Training rows sent."""
    rows_validation: int
    """Validation rows sent."""
    trained_tokens: int
    """Our count over all epochs."""
    billed_tokens: int | None
    """The vendor's count, where it says."""
    usd_likely: float | None
    """Price by our table and count; None where no price is known."""
    seconds: float | None
    """From the start of the job to its end as seen here."""
    settings: HostedSettings
    """Hyperparameters asked for."""
    notes: list[str] = []
    """What its owner should hear."""
    url: str = ""
    """Base URL that chat requests to the tuned model go to."""
    usd_billed: float | None = None
    """What the vendor says it cost, or its count of tokens at our price; None where neither is known."""
    price_source: str = ""
    """Who says our price; why it is unknown where it is."""
    price_as_of: str = ""
    """Date of that price; empty where there is none."""
    data: str = ""
    """sha256 of the training and validation rows, as the specs of trained arms have it."""
    finished_at: str = ""
    """UTC, when the end was seen here."""
