"""What a vendor of fine-tuning is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from advisor.engagement.records.hosted import HostedEvent, HostedSettings, Stage
from trainers.exports.making.chat import Rule
from trainers.hosted.steps.calling import Api


class Order(NamedTuple):
    """A job to be started."""

    tag: str
    """Ours, of letters, digits and hyphens, at most 18: the same for the same spec and attempt."""
    model: str
    """Base model as the vendor calls it."""
    files: dict[str, str]
    """The vendor's id of each uploaded file: train, and validation where there is one."""
    settings: HostedSettings
    """Hyperparameters."""


class Seen(NamedTuple):
    """A job as the vendor shows it."""

    job: str
    """Its id."""
    stage: Stage
    """How far, in our words."""
    status: str
    """In the vendor's word."""
    error: str = ""
    """Why it failed."""
    tuned: str = ""
    """Name of the tuned model."""
    billed_tokens: int | None = None
    """Tokens counted by the vendor."""
    billed_usd: float | None = None
    """Price by the vendor, where it tells it."""
    percent: int = 0
    """Progress, where the vendor tells it."""


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """One vendor's job API, as five requests."""

    name: str
    """As its file."""
    title: str
    """In words; as in the price table."""
    url: str
    """Base URL of the API; empty: the caller must name it."""
    example: str
    """A base model as the vendor calls it."""
    asks: Callable[[str], str]
    """From that URL to the one that chat requests to a tuned model go to."""
    before_asking: str
    """What must be done before a tuned model answers; empty where it answers at once."""
    key_variable: str
    """Environment variable that holds the API key."""
    fewest: int
    """Training rows at least."""
    most_bytes: int
    """Size of one file at most."""
    rules: tuple[Rule, ...]
    """Of one conversation."""
    hub_names: bool = False
    """Whether it calls base models as the hub does."""
    names_jobs: bool = False
    """Whether our tag is the job's id there: the vendor itself refuses a second start."""
    bills_validation: bool = False
    """Whether each look at the validation rows is billed as a pass over them."""
    source: str
    """Where the API and the limits are described."""
    upload: Callable[[Api, Path, str], str]
    """Send a file under a tag; the vendor's id of it, once it may be used."""
    start: Callable[[Api, Order], Seen]
    """Start the job."""
    find: Callable[[Api, Order], Seen | None]
    """The job started earlier by the same order, if there is one."""
    look: Callable[[Api, str], Seen]
    """The job as it is now."""
    events: Callable[[Api, str], list[HostedEvent]]
    """What the vendor said so far, oldest first; empty where it says nothing."""
    notes: Callable[[HostedSettings], list[str]]
    """Which settings the vendor does not take."""
