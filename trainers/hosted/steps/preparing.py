"""What would be sent where, and for how much: the dry run, and the files for the real one."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from advisor.costing.prices import TrainingPrice, price_table
from advisor.engagement import digests
from advisor.engagement.catalogue import find
from advisor.engagement.errors import DataError, NotReady, PlanError
from advisor.engagement.folder import Engagement
from advisor.engagement.progress import OnProgress, silent
from advisor.engagement.records.examples import Example, Message
from advisor.engagement.records.hosted import HostedFile, HostedPlan, HostedSettings, HostedSpec
from advisor.engagement.records.settings import Prices
from trainers import hosted
from trainers.exports.making import chat
from trainers.exports.openai_jsonl import CLOSING
from trainers.hosted._kind import Provider
from trainers.hosted.steps.calling import host_of
from trainers.language.prompting import task_messages

TOKENS_PER_WORD = 1.4
"""English text and byte-pair vocabularies of 30,000 to 130,000: 1.2 to 1.5; an estimate, said as such."""
OPENAI = "api.openai.com"
CLOSED = dt.date(2027, 1, 6)
"""From when nobody can start a job at OpenAI; see CLOSING for the source."""
PRICED_BILLIONS = 16.0
"""The table's prices are for open models up to this size."""
LOCAL = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True)
class Tuning:
    """One fine-tuning at a vendor, as the caller wants it."""

    engagement: Engagement
    """Where the state is kept: `models/hosted-<digest>/`."""
    provider: str
    """together, fireworks or openai_like."""
    model: str
    """Base model as the vendor calls it."""
    instruction: str
    """Task in words."""
    labels: Sequence[str]
    """Label list shown in the prompt; empty for generation."""
    train: Sequence[Example]
    """Rows to learn from."""
    validation: Sequence[Example] = ()
    """Rows the vendor measures on."""
    settings: HostedSettings = field(default_factory=HostedSettings)
    """Hyperparameters."""
    url: str = ""
    """Base URL instead of the vendor's own."""
    confined: str = ""
    """What says that data must not leave, in a sentence; empty where nothing does."""
    allow_upload: str = ""
    """Host that data may go to all the same."""
    tokenizer: Any = None
    """Counts the tokens, where one is at hand."""
    prices: Prices = field(default_factory=Prices)
    """Price overrides of the engagement."""
    on_progress: OnProgress = silent
    """Where to say how far it is."""


class Prepared(NamedTuple):
    """Files, identity and dry run of one tuning."""

    provider: Provider
    """The vendor."""
    spec: HostedSpec
    """Identity."""
    files: dict[str, bytes]
    """Content by the vendor's role: train, validation."""
    plan: HostedPlan
    """What would be done."""


def dry_run(tuning: Tuning, *, today: dt.date) -> HostedPlan:
    """Rows, tokens, price and destination; nothing is sent and no key is needed.

    Raises DataError with the ids of the rows that break a rule of the vendor.
    """
    return prepare(tuning, today=today).plan


def prepare(tuning: Tuning, *, today: dt.date) -> Prepared:
    """Everything that can be known before the first request."""
    provider = find(hosted, Provider, tuning.provider)
    url = _checked_url(tuning.url or provider.url)
    talks = {
        "train": [(row, _talk(tuning, row)) for row in chat.used(tuning.train)],
        "validation": [(row, _talk(tuning, row)) for row in chat.used(tuning.validation)],
    }
    files = {name: _lines(rows) for name, rows in talks.items() if rows}
    _refuse_broken(provider, talks, files)
    spec = HostedSpec(
        provider=provider.name,
        url=url,
        model=tuning.model,
        train=digests.of_bytes(files["train"]),
        validation=digests.of_bytes(files["validation"]) if "validation" in files else "",
        settings=tuning.settings,
    )
    counts = {name: len(talks[name]) for name in files}
    return Prepared(provider, spec, files, _plan(tuning, provider, spec, files, counts, today=today))


def refuse_forbidden(tuning: Tuning, prepared: Prepared, *, today: dt.date) -> None:
    """Raise NotReady where data must not go there, or where the vendor no longer takes jobs."""
    host = prepared.plan.host
    if tuning.confined and tuning.allow_upload != host:
        raise NotReady(
            f"{tuning.confined} {prepared.plan.said()} would leave",
            fix=f"ask the data owner; then allow the upload to {host} by name",
        )
    if host == OPENAI and today >= CLOSED:
        raise NotReady(
            f"{OPENAI} takes no fine-tuning jobs since {CLOSED.isoformat()}",
            fix="take together or fireworks, or train here",
        )


def _plan(
    tuning: Tuning,
    provider: Provider,
    spec: HostedSpec,
    files: dict[str, bytes],
    rows: dict[str, int],
    *,
    today: dt.date,
) -> HostedPlan:
    tokens = sum(_tokens(tuning, row) for row in chat.used(tuning.train))
    trained = tokens * tuning.settings.epochs
    low, likely, high, source, as_of = _price(tuning, provider)
    counted = "counted with the tokenizer given" if tuning.tokenizer is not None else "at 1.4 tokens a word"
    return HostedPlan(
        provider=provider.title,
        host=host_of(spec.url),
        model=tuning.model,
        files=[
            HostedFile(name=f"{name}.jsonl", rows=rows[name], size_bytes=len(content))
            for name, content in files.items()
        ],
        tokens=tokens,
        trained_tokens=trained,
        counted=counted,
        usd_low=None if low is None else low * trained / 1e6,
        usd_likely=None if likely is None else likely * trained / 1e6,
        usd_high=None if high is None else high * trained / 1e6,
        price_source=source,
        price_as_of=as_of,
        notes=[
            *provider.notes(tuning.settings),
            *chat.weight_note(tuning.train, provider.title),
            *_closing(host_of(spec.url), today),
        ],
    )


def _closing(host: str, today: dt.date) -> list[str]:
    if host != OPENAI:
        return []
    left = (CLOSED - today).days
    said = f"{left} days from {today.isoformat()}" if left > 0 else "that day has passed"
    return [f"{CLOSING} ({said}); a tuned model there lives as long as its base model"]


def _price(tuning: Tuning, provider: Provider) -> tuple[float | None, float | None, float | None, str, str]:
    """Low, likely and high in USD per million training tokens, who says so, and when."""
    own = tuning.prices.training_usd_per_million_tokens
    if own is not None:
        return own, own, own, tuning.prices.source or "engagement.toml", ""
    row: TrainingPrice | None = next(
        (one for one in price_table().hosted_training if one.provider == provider.title), None
    )
    if row is None:
        return None, None, None, f"no training price of {provider.title} is known", ""
    size = billions(tuning.model)
    if size is None or size > PRICED_BILLIONS:
        known = f"{provider.title}'s price is known for {row.model}"
        return None, None, None, f"{known}; the size of {tuning.model} is {_size(size)}", ""
    return row.low, row.likely, row.high, row.source, row.as_of


def billions(model: str) -> float | None:
    """Parameters in billions as the name says them: 8 for `llama-v3p1-8b`, 56 for `8x7b`; else None."""
    found = re.search(r"(?<![a-z0-9.])(?:(\d+)x)?(\d+(?:\.\d+)?)b(?![a-z0-9])", model.lower())
    return float(found[1] or 1) * float(found[2]) if found else None


def _size(size: float | None) -> str:
    return "not in its name" if size is None else f"{size:g} billion"


def _tokens(tuning: Tuning, row: Example) -> int:
    asked = task_messages(tuning.instruction, tuning.labels, row.input)
    if tuning.tokenizer is not None:
        from trainers.language.rendering import training_row

        return len(training_row(tuning.tokenizer, asked, row.output, max_length=1 << 30).input_ids)
    words = sum(len(message.content.split()) for message in asked) + len(row.output.split())
    return math.ceil(TOKENS_PER_WORD * words)


def _talk(tuning: Tuning, row: Example) -> list[Message]:
    asked = task_messages(tuning.instruction, tuning.labels, row.input)
    return [*asked, Message(role="assistant", content=row.output)]


def _lines(rows: Sequence[tuple[Example, list[Message]]]) -> bytes:
    said = ({"messages": [chat.plain(message) for message in talk]} for _, talk in rows)
    return chat.lines(said).encode("utf-8")


def _refuse_broken(
    provider: Provider,
    talks: dict[str, list[tuple[Example, list[Message]]]],
    files: dict[str, bytes],
) -> None:
    count = len(talks["train"])
    if count < provider.fewest:
        raise DataError(
            f"{count} training rows; {provider.title} takes {provider.fewest} or more",
            fix="check a file with more rows",
        )
    every = [(row.id, talk) for rows in talks.values() for row, talk in rows]
    chat.refuse(
        chat.broken_rows(every, provider.rules),
        whose=provider.title,
        fix="correct or remove those rows and run `tunecase check` again",
    )
    for name, content in files.items():
        if len(content) > provider.most_bytes:
            raise DataError(
                f"{name}.jsonl has {len(content):,} bytes; {provider.title} takes {provider.most_bytes:,}",
                fix="check a file with fewer or shorter rows",
            )


def _checked_url(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition(":")[0] or parts.netloc
    if "@" in parts.netloc or parts.query or not parts.netloc:
        raise PlanError(
            f"{parts.scheme}://{host_of(url)}: not the base URL of an API",
            fix="name it as https://host/v1, without a user or a query",
        )
    if parts.scheme != "https" and host not in LOCAL:
        raise PlanError(
            f"{url}: the key and client text would travel unencrypted", fix="name an https address"
        )
    return url.rstrip("/")
