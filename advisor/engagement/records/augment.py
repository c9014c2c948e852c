"""Training rows that a model has written: what was asked, what came, what was taken."""

from __future__ import annotations

import msgspec


class AugmentSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What names a round of writing: its digest is the folder `data/augment/<digest>/`."""

    schema: str = "augment/1"
    """Name and number of this record's form."""
    data: str
    """sha256 of the client's frozen rows, as in the splits."""
    model: str
    """Name of the model that writes."""
    base_url: str
    """Endpoint that it stands behind; empty where it runs here."""
    weights: str
    """sha256 of its weights where it runs here."""
    instruction: str
    """The task in words."""
    template: str
    """The request, with its marks."""
    wanted: dict[str, int]
    """Rows to write per label; the empty label for tasks without labels."""
    temperature: float
    """Of the drawn answers."""
    seed: int
    """Of the seed rows shown and, for a model that runs here, of the answers."""
    version: int
    """Hand-raised version of requests and filters."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `replies.jsonl`: an answer as it came."""

    label: str
    """Label that was asked for."""
    call: int
    """Number of the request for that label, from 0."""
    text: str | None
    """The answer; None where the request failed."""
    seeds: list[str]
    """Ids of the rows shown."""
    tokens_in: int | None = None
    """As the model or its server counts."""
    tokens_out: int | None = None
    """As above."""
    usd: float = 0.0
    """What it cost; 0 for a model that runs here."""
    error: str | None = None
    """Why it failed."""


class RefusedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `refused.jsonl`: a written row that is not taken."""

    label: str
    """Label that was asked for."""
    call: int
    """Which request it came from."""
    reason: str
    """Why, in a word or two."""
    text: str
    """The row as it came."""


class Augmented(msgspec.Struct, frozen=True, kw_only=True):
    """What a round has brought: `result.json` there; `data/synthetic.json` while its rows are used."""

    schema: str = "augmented/1"
    """Name and number of this record's form."""
    folder: str
    """Name of the round's folder."""
    data: str
    """sha256 of the client's rows that it was written from."""
    model: str
    """Model that wrote."""
    host: str
    """Where client rows were sent; empty where nothing left this machine."""
    calls: int
    """Requests with an answer."""
    failed: int
    """Requests without one."""
    written: int
    """Rows that the answers held."""
    taken: dict[str, int]
    """Rows taken, by label."""
    short: dict[str, int]
    """Rows still wanted, by label, where the model did not bring enough."""
    refused: dict[str, int]
    """Rows not taken, by reason, most frequent first."""
    rows_shown: int
    """Client rows that were part of requests, each counted once."""
    tokens_in: int
    """Over all answers that were counted."""
    tokens_out: int
    """As above."""
    usd: float
    """What the requests cost."""
    complete: bool
    """Whether nothing more is asked: all wanted rows are there, or the tries are used up."""
