"""What would be sent where, and for how much: the dry run, and the files for the real one."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from advisor.costing.prices import TrainingPrice, price_table
from advisor.engagement import digests
from advisor.engagement.catalogue import find
from advisor.engagement.errors import DataError, NotReady, PlanError
from advisor.engagement.folder import Engagement
from advisor.engagement.progress import OnProgress, silent
from advisor.engagement.records.advice import Range
from advisor.engagement.records.examples import Example, Message
from advisor.engagement.records.hosted import HostedFile, HostedPlan, HostedSettings, HostedSpec
from advisor.engagement.records.plan import Turns
from advisor.engagement.records.settings import Prices
from trainers import hosted
from trainers.exports.making import chat
from trainers.exports.openai_jsonl import CLOSING
from trainers.hosted._kind import Provider
from trainers.hosted.steps.calling import host_of
from trainers.language.prompting import task_messages

Count = Callable[[Sequence[str]], tuple[list[int], str]]
"""Tokens of each text, and how they were counted, in words."""
Talks = Mapping[str, Sequence[tuple[Example, list[Message]]]]
"""Rows as conversations by the vendor's role: train, validation."""
TOKENS_PER_WORD = 1.4
"""English text and byte-pair vocabularies of 30,000 to 130,000: 1.2 to 1.5; an estimate, said as such."""
TOKENS_PER_MESSAGE = 4
"""Marks around a message, role included; OpenAI's cookbook on counting tokens: 3, and 3 more a reply."""
OPENAI = "api.openai.com"
CLOSED = dt.date(2027, 1, 6)
"""From when nobody can start a job at OpenAI; see CLOSING for the source."""
PRICED_BILLIONS = 16.0
"""The table's prices are for open models up to this size."""
HIGHEST_RATE = 1e-3
"""Rate above which a setting was made for a tiny model: twice the highest of published LoRA recipes."""
LOCAL = ("127.0.0.1", "localhost", "::1")


def by_words(texts: Sequence[str]) -> tuple[list[int], str]:
    """Tokens by a share per word."""
    counts = [math.ceil(TOKENS_PER_WORD * len(text.split())) for text in texts]
    return counts, f"at {TOKENS_PER_WORD} tokens per word"


@dataclass(frozen=True)
class Tuning:
    """One fine-tuning at a vendor, as the caller wants it; whether data may go there is the caller's care."""

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
    turns: Turns = "last"
    """Which answers of a conversation are learnt."""
    url: str = ""
    """Base URL instead of the vendor's own."""
    count: Count = by_words
    """Counts the tokens."""
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


class Rate(NamedTuple):
    """What a million tokens cost."""

    usd: Range | None
    """None where no price is known."""
    source: str
    """Who says so; why it is unknown where it is."""
    as_of: str = ""
    """Date as far as it is known."""


def prepare(tuning: Tuning, *, today: dt.date) -> Prepared:
    """Rows, tokens, price and destination; nothing is sent or written, and no key is needed.

    Raises DataError with the ids of the rows that break a rule of the vendor.
    """
    provider = find(hosted, Provider, tuning.provider)
    url = _checked_url(tuning.url or provider.url)
    talks = {
        "train": [(row, _talk(tuning, row)) for row in chat.used(tuning.train)],
        "validation": [(row, _talk(tuning, row)) for row in chat.used(tuning.validation)],
    }
    files = {name: _lines(rows, tuning.turns) for name, rows in talks.items() if rows}
    _refuse_broken(provider, talks, files)
    spec = HostedSpec(
        provider=provider.name,
        url=url,
        model=tuning.model,
        train=digests.of_bytes(files["train"]),
        validation=digests.of_bytes(files["validation"]) if "validation" in files else "",
        settings=tuning.settings,
    )
    return Prepared(provider, spec, files, _plan(tuning, provider, spec, files, talks, today=today))


def refuse_closed(prepared: Prepared, *, today: dt.date) -> None:
    """Raise NotReady where the vendor no longer takes jobs."""
    if prepared.plan.host == OPENAI and today >= CLOSED:
        raise NotReady(
            f"{OPENAI} takes no fine-tuning jobs since {CLOSED.isoformat()}",
            fix="take together or fireworks, or train here",
        )


def _plan(
    tuning: Tuning,
    provider: Provider,
    spec: HostedSpec,
    files: dict[str, bytes],
    talks: Talks,
    *,
    today: dt.date,
) -> HostedPlan:
    host, epochs, rate = host_of(spec.url), tuning.settings.epochs, _rate(tuning, provider)
    tokens, counted = _tokens(tuning, talks["train"])
    billed = tokens * epochs
    if provider.bills_validation:
        billed += _tokens(tuning, talks["validation"])[0] * epochs
    return HostedPlan(
        provider=provider.title,
        host=host,
        model=tuning.model,
        files=[
            HostedFile(name=f"{name}.jsonl", rows=len(talks[name]), size_bytes=len(content))
            for name, content in files.items()
        ],
        tokens=tokens,
        trained_tokens=billed,
        counted=counted,
        usd_per_million=rate.usd,
        usd_low=None if rate.usd is None else rate.usd.low * billed / 1e6,
        usd_likely=None if rate.usd is None else rate.usd.likely * billed / 1e6,
        usd_high=None if rate.usd is None else rate.usd.high * billed / 1e6,
        price_source=rate.source,
        price_as_of=rate.as_of,
        notes=[
            *provider.notes(tuning.settings),
            *chat.weight_note(tuning.train, provider.title),
            *_high_rate(tuning.settings.learning_rate),
            *_closing(host, today),
        ],
    )


def _high_rate(rate: float) -> list[str]:
    if rate <= HIGHEST_RATE:
        return []
    return [
        f"learning rate {rate:g} is far above what models of a vendor's size learn with (1e-5 to 5e-4): "
        "learning_rate = 0 under [training] in plan.toml takes the vendor's own"
    ]


def _closing(host: str, today: dt.date) -> list[str]:
    if host != OPENAI:
        return []
    left = (CLOSED - today).days
    said = f"{left} days from {today.isoformat()}" if left > 0 else "that day has passed"
    return [f"{CLOSING} ({said}); a tuned model there lives as long as its base model"]


def _rate(tuning: Tuning, provider: Provider) -> Rate:
    own = tuning.prices.training_usd_per_million_tokens
    if own is not None:
        return Rate(Range(low=own, likely=own, high=own), tuning.prices.source or "engagement.toml")
    if tuning.url and host_of(tuning.url) != host_of(provider.url):
        return Rate(None, f"no price of {host_of(tuning.url)} is known")
    row: TrainingPrice | None = next(
        (one for one in price_table().hosted_training if one.provider == provider.title), None
    )
    if row is None:
        return Rate(None, f"no training price of {provider.title} is known")
    size = billions(tuning.model)
    if size is None or size > PRICED_BILLIONS:
        known = f"{provider.title}'s price is known for {row.model}"
        return Rate(None, f"{known}; the size of {tuning.model} is {_size(size)}")
    return Rate(Range(low=row.low, likely=row.likely, high=row.high), row.source, row.as_of)


def billions(model: str) -> float | None:
    """Parameters in billions as the name says them: 8 for `llama-v3p1-8b`, 56 for `8x7b`; else None."""
    found = re.search(r"(?<![a-z0-9.])(?:(\d+)x)?(\d+(?:\.\d+)?)b(?![a-z0-9])", model.lower())
    return float(found[1] or 1) * float(found[2]) if found else None


def _size(size: float | None) -> str:
    return "not in its name" if size is None else f"{size:g} billion"


def _tokens(tuning: Tuning, talks: Sequence[tuple[Example, list[Message]]]) -> tuple[int, str]:
    """Of one pass over these rows, and how they were counted."""
    counts, how = tuning.count([message.content for _, talk in talks for message in talk])
    return sum(counts) + TOKENS_PER_MESSAGE * len(counts), how


def _talk(tuning: Tuning, row: Example) -> list[Message]:
    asked = task_messages(tuning.instruction, tuning.labels, row.input)
    return [*asked, Message(role="assistant", content=row.output)]


def _lines(rows: Sequence[tuple[Example, list[Message]]], turns: Turns) -> bytes:
    return chat.lines({"messages": chat.weighted(talk, turns)} for _, talk in rows).encode("utf-8")


def _refuse_broken(
    provider: Provider,
    talks: Talks,
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
    try:
        parts, host = urlsplit(url), host_of(url)
        usable = parts.port != 0 and parts.scheme in ("http", "https") and bool(host)
    except ValueError:
        raise PlanError("the base URL is no address", fix="name it as https://host/v1") from None
    if not usable or "@" in parts.netloc or parts.query:
        raise PlanError(
            f"{parts.scheme}://{host}: not the base URL of an API",
            fix="name it as https://host/v1, without a user or a query",
        )
    if parts.scheme != "https" and host not in LOCAL:
        raise PlanError(
            f"{url}: the key and client text would travel unencrypted", fix="name an https address"
        )
    return url.rstrip("/")
