"""The parts of a report that come from the runs: scores, effort, training, labels, provenance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from advisor.engagement.folder import Engagement
from advisor.engagement.records.advice import Recommendation
from advisor.engagement.records.comparison import ArmSummary, Comparison, Difference, Verdict

from .advised import PER_THOUSAND, running_period, volume
from .numbers import (
    Shown,
    count,
    estimate,
    gib,
    in_words,
    loss,
    milliseconds,
    money,
    p_value,
    percent,
    points,
    span,
    whole_seconds,
)

HASH_SHOWN = 16
KEEPING_UP = ("upkeep", "retraining", "checking retrained models", "embedding of changes")
"""Lines of the monthly bill that are not about answering requests."""
WORDS = {"baseline": "the best prompting option"}


class QualityRow(NamedTuple):
    """One option in the table of scores."""

    title: str
    """In words."""
    mark: str
    """winner, baseline or nothing."""
    scores: list[Shown]
    """One per metric, with interval."""
    n: str
    """Items."""
    difference: Shown
    """To the best prompting option, with interval."""
    p: str
    """Adjusted for the number of contrasts."""
    moved: str
    """Items fixed and broken against the best prompting option."""
    word: str
    """In the fixed vocabulary."""


class EffortRow(NamedTuple):
    """One option in the table of cost and speed."""

    title: str
    """In words."""
    cost: str
    """Of 1,000 requests."""
    p50: str
    """Median milliseconds."""
    p95: str
    """95th percentile of milliseconds."""
    train: str
    """Seconds of training."""
    train_cost: str
    """Of one training run."""
    memory: str
    """Peak GiB."""
    failed: str
    """Requests without an answer, outputs that are no label, and outputs cut at the limit."""


class TrainingRow(NamedTuple):
    """One trained model."""

    title: str
    """Arm and seed."""
    rows: str
    """Training rows."""
    moved: str
    """Parameters that moved, of all."""
    held: str
    """How the base was held."""
    steps: str
    """Optimizer steps."""
    losses: str
    """First and last training loss."""
    validation: str
    """Loss per token on the validation rows."""


def quality_rows(
    comparison: Comparison, verdict: Verdict, advice: Recommendation | None, metrics: Sequence[str]
) -> list[QualityRow]:
    """Every option, and doing nothing."""
    against = {one.b: one for one in comparison.differences if one.a == comparison.baseline}
    rows = [
        QualityRow(
            title=arm.title,
            mark=_mark(arm, comparison, verdict),
            scores=[estimate(arm.metrics.get(name)) for name in metrics],
            n=_n(arm, comparison),
            difference=_difference(against.get(arm.name)),
            p=p_value(against[arm.name].p_adjusted) if arm.name in against else "",
            moved=_moved(against.get(arm.name)),
            word=WORDS.get(arm.word, arm.word),
        )
        for arm in comparison.arms
    ]
    return [*rows, _nothing_done(advice, len(metrics))]


def effort_rows(comparison: Comparison) -> list[EffortRow]:
    """Cost, latency, training and memory of every option."""
    return [
        EffortRow(
            title=arm.title,
            cost=money(arm.cost_usd_per_1000, "USD") or "no price",
            p50=milliseconds(arm.p50_seconds),
            p95=milliseconds(arm.p95_seconds),
            train=whole_seconds(arm.train_seconds) or "none",
            train_cost=money(arm.train_cost_usd, "USD") or "none",
            memory=gib(arm.peak_memory_gib) or "not measured",
            failed=f"{arm.failed} / {arm.unparsed} / {arm.truncated}",
        )
        for arm in comparison.arms
    ]


def money_compared(
    comparison: Comparison, leading: ArmSummary | None, advice: Recommendation | None
) -> list[tuple[str, str, str]]:
    """What, as estimated in the advice, as measured here."""
    if leading is None:
        return []
    estimated = {item.name: item for item in advice.cost.items} if advice else {}
    currency = advice.cost.currency if advice else "USD"
    rows = []
    if leading.train_cost_usd is not None:
        item = estimated.get("training runs")
        told = f"{money(item.low, currency)} to {money(item.high, currency)}, all runs" if item else ""
        rows.append(("training", told, f"{money(leading.train_cost_usd, 'USD')} for one run"))
    if leading.cost_usd_per_1000 is not None:
        told = _running(advice, currency) if advice else ""
        rows.append(
            (
                "answering",
                told,
                f"{money(leading.cost_usd_per_1000, 'USD')} per {in_words(PER_THOUSAND)}, busy time only",
            )
        )
        monthly = volume(advice) if advice else None
        if monthly is not None:
            spent = money(leading.cost_usd_per_1000 * monthly / 1000, "USD")
            rows.append((f"answering {count(monthly)} requests a month", "", f"{spent}, busy time only"))
    return rows


def training_rows(engagement: Engagement, comparison: Comparison) -> list[TrainingRow]:
    """How each model was trained, from its own result."""
    rows = []
    for arm in comparison.arms:
        for seed, name in zip(arm.seeds, arm.models, strict=False):
            done = engagement.training_result(name)
            if done is None:
                continue
            rows.append(
                TrainingRow(
                    title=arm.title if len(arm.models) == 1 else f"{arm.title}, seed {seed}",
                    rows=f"{count(done.rows)} ({count(done.trained_tokens)} trained tokens)",
                    moved=f"{count(done.trainable_parameters)} of {count(done.total_parameters)} "
                    f"({percent(done.trainable_parameters / done.total_parameters)})",
                    held=f"{done.quantised_layers} layers in 4-bit"
                    if done.quantised_layers
                    else "full precision",
                    steps=count(done.steps),
                    losses=f"{loss(done.first_loss)} to {loss(done.last_loss)}",
                    validation=loss(done.validation_loss),
                )
            )
    return rows


def class_rows(comparison: Comparison, leading: ArmSummary | None) -> list[list[str]]:
    """Per label: items, F1 of the best prompting option, F1 of the leader, and the change.

    Where the two are one, or one has no such table, there is one F1 and no change.
    """
    arms = class_arms(comparison, leading)
    if not arms:
        return []
    rows = []
    for label in comparison.labels:
        entries = [arm.per_class.get(label, {}) for arm in arms]
        if not any(entry.get("support") for entry in entries):
            continue
        values = [entry.get("f1") for entry in entries]
        change = []
        if len(values) == 2:
            before, after = values
            change = ["" if before is None or after is None else points(after - before, signed=True)]
        rows.append([label, count(entries[0].get("support", 0.0)), *map(points, values), *change])
    return rows


def class_arms(comparison: Comparison, leading: ArmSummary | None) -> list[ArmSummary]:
    """The best prompting option and the leader, as far as they have a table by label; each once."""
    baseline = next((arm for arm in comparison.arms if arm.name == comparison.baseline), None)
    arms = [baseline] if leading is baseline else [baseline, leading]
    return [arm for arm in arms if arm is not None and arm.per_class]


def confusing(leading: ArmSummary | None) -> str:
    """The label that the leading option finds hardest."""
    if leading is None:
        return ""
    known = {label: e["f1"] for label, e in leading.per_class.items() if e.get("support") and "f1" in e}
    if not known:
        return ""
    worst = min(known, key=known.__getitem__)
    support = leading.per_class[worst]["support"]
    return f"{leading.title} does worst on {worst}: F1 {points(known[worst])} on {count(support)} items."


def provenance_rows(comparison: Comparison) -> list[tuple[str, str]]:
    """Where the numbers come from, as names and values."""
    told: dict[str, Any] = comparison.provenance
    machine, price = told.get("machine") or {}, told.get("hourly_price")
    rows = [
        (
            "machine",
            f"{machine.get('device')}, {machine.get('threads')} of {machine.get('cores')} cores used",
        ),
        ("base model", str(told.get("model") or "none")),
        ("seeds", ", ".join(map(str, told.get("seeds") or []))),
        ("versions", ", ".join(f"{name} {found}" for name, found in (told.get("versions") or {}).items())),
    ]
    if price:
        dated = f", {price['as_of']}" if price.get("as_of") else ""
        rows.append(("price of an hour", f"{money(price['usd'], 'USD')}: {price['source']}{dated}"))
    digests = ("weights", "tokenizer", "data", "plan")
    rows += [(f"sha256 of {name}", str(told[name])[:HASH_SHOWN]) for name in digests if told.get(name)]
    rows.append(("sha256 of the agreed plan", comparison.plan_digest[:HASH_SHOWN]))
    return rows


def _mark(arm: ArmSummary, comparison: Comparison, verdict: Verdict) -> str:
    if arm.name == verdict.winner:
        return "winner"
    return "baseline" if arm.name == comparison.baseline else ""


def _n(arm: ArmSummary, comparison: Comparison) -> str:
    score = arm.metrics.get(comparison.metric)
    return count(score.n) if score else "0"


def _difference(one: Difference | None) -> Shown:
    if one is None or one.value is None:
        return Shown("")
    return Shown(points(one.value, signed=True), span(one.low, one.high, signed=True))


def _moved(one: Difference | None) -> str:
    if one is None or one.fixed is None or one.broken is None:
        return ""
    return f"{one.fixed} / {one.broken}"


def _nothing_done(advice: Recommendation | None, metrics: int) -> QualityRow:
    """The client's own number, where the answers hold one: it was not measured here."""
    answered = advice.answered if advice else []
    today = next((one for one in answered if one.question == "score_today"), None)
    known = today is not None and today.certainty != "unknown"
    told = f"{today.answer} ({today.certainty})" if today is not None and known else "not known"
    return QualityRow(
        title="Do nothing: as today",
        mark="",
        scores=[Shown(told), *[Shown("")] * (metrics - 1)],
        n="",
        difference=Shown(""),
        p="",
        moved="",
        word="not measured here",
    )


def _running(advice: Recommendation, currency: str) -> str:
    monthly = [item for item in advice.cost.items if item.period == "per_month"]
    items = [item for item in monthly if item.name not in KEEPING_UP]
    low, high = sum(item.low for item in items), sum(item.high for item in items)
    return f"{money(low, currency)} to {money(high, currency)} {running_period(advice)}" if items else ""
