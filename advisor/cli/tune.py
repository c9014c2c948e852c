"""`tunecase tune`: fine-tuning at a vendor, with rows, tokens and price said before anything is sent."""

from __future__ import annotations

import datetime as dt
import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
import msgspec

from advisor.cli.progress import reporter
from advisor.cli.session import Session, session_options
from advisor.cli.uploads import confined, host_of, is_here, refuse_upload
from advisor.engagement import codec
from advisor.engagement.catalogue import find
from advisor.engagement.errors import NotReady
from advisor.engagement.folder import Engagement
from advisor.engagement.records.hosted import HostedPlan, HostedResult, HostedSettings
from advisor.engagement.records.plan import Plan

if TYPE_CHECKING:
    from advisor.engagement.progress import OnProgress
    from trainers.hosted._kind import Provider
    from trainers.hosted.steps.preparing import Prepared, Tuning

VENDORS = {"openai": "openai_like", "together": "together", "fireworks": "fireworks"}
"""Files of `trainers/hosted/` by the vendor's name."""
RUNS_THERE = "the job runs at the vendor: stopping this command does not stop it; run it again to find it"
ARM = "tuned_endpoint"
OPENAI = "api.openai.com"


class Asked(NamedTuple):
    """What the flags say."""

    vendor: str
    """Who trains."""
    model: str
    """Base model; empty takes the plan's, where the vendor takes such names."""
    url: str
    """Base URL instead of the vendor's own."""
    epochs: int | None
    """Passes over the rows; None takes the plan's."""
    max_usd: float | None
    """Cap on the estimate."""
    again: bool
    """Whether a failed job, or one that is nowhere to be found, may be followed by a new one."""
    add_to_plan: bool
    """Whether the tuned model is written into the plan."""
    poll: float
    """Seconds between looks."""


@click.command()
@click.option("--vendor", type=click.Choice(list(VENDORS)), required=True, help="Who trains")
@click.option("--model", default="", metavar="NAME", help="Base model as the vendor calls it")
@click.option("--url", default="", metavar="URL", help="Another server that speaks the vendor's API")
@click.option(
    "--epochs", type=click.IntRange(min=1), metavar="N", help="Passes over the rows  [default: the plan's]"
)
@click.option("--max-usd", type=click.FloatRange(min=0), metavar="X", help="Do not start what may cost more")
@click.option("--allow-upload", multiple=True, metavar="HOST", help="Let client data go to this host")
@click.option("--dry-run", is_flag=True, help="Show rows, tokens and price; send and write nothing")
@click.option("--again", is_flag=True, help="Start a new job where the last one failed, or was lost")
@click.option(
    "--add-to-plan", is_flag=True, help="Write the tuned model into plan.toml as the arm tuned_endpoint"
)
@click.option(
    "--poll",
    type=click.FloatRange(min=0, min_open=True),
    default=20.0,
    show_default=True,
    metavar="SECONDS",
    help="Time between looks at the job",
)
@session_options
def command(session: Session, allow_upload: tuple[str, ...], dry_run: bool, **options: Any) -> None:
    """Fine-tune at a vendor: upload, start the job, follow it, and name the tuned model.

    The training and validation rows of the frozen splits are sent, with the settings of plan.toml. Stopped
    at any moment, the same command finds the job again and never starts a second one. The key comes from
    OPENAI_API_KEY, TOGETHER_API_KEY or FIREWORKS_API_KEY (with FIREWORKS_ACCOUNT_ID).

    \b
    Examples:
      tunecase tune --vendor together --model Qwen/Qwen3-4B --dry-run
      tunecase tune --vendor fireworks --model accounts/fireworks/models/qwen3-8b --max-usd 20
      tunecase tune --vendor openai --model gpt-4.1-mini-2025-04-14 --allow-upload api.openai.com
    """
    from trainers.hosted.steps.preparing import prepare

    engagement, asked = session.engagement(), Asked(**options)
    today = dt.datetime.now(dt.UTC).date()
    with reporter(session) as on_progress:
        tuning = _tuning(engagement, asked, on_progress)
        prepared = prepare(tuning, today=today)
        result = engagement.hosted_folder(prepared.spec).result()
        if dry_run:
            _dry(session, engagement, asked, prepared, allowed=allow_upload)
            return
        if result is None:
            result = _tuned(session, tuning, asked, prepared, allowed=allow_upload, today=today)
    _tell(session, engagement, asked, prepared, result)


def _tuning(engagement: Engagement, asked: Asked, on_progress: OnProgress) -> Tuning:
    from harness.intake.token_lengths import count
    from harness.running import arm_data
    from trainers import hosted
    from trainers.hosted._kind import Provider
    from trainers.hosted.steps.preparing import Tuning

    engagement.splits()
    plan = engagement.plan()
    provider = find(hosted, Provider, VENDORS[asked.vendor])
    data = arm_data(engagement, plan)
    return Tuning(
        engagement=engagement,
        provider=provider.name,
        model=_model(asked, plan, provider),
        instruction=plan.instruction,
        labels=data.labels,
        train=data.train,
        validation=data.validation,
        settings=HostedSettings(
            epochs=asked.epochs or max(1, round(plan.training.epochs)),
            learning_rate=plan.training.learning_rate,
            rank=plan.training.rank,
            batch_size=plan.training.batch_size,
            seed=plan.seeds[0],
        ),
        turns=plan.training.turns,
        url=asked.url,
        count=functools.partial(count, folder=None),
        prices=engagement.settings().prices,
        on_progress=on_progress,
    )


def _model(asked: Asked, plan: Plan, provider: Provider) -> str:
    """The one named, else the plan's where the vendor calls models as the hub does."""
    if asked.model:
        return asked.model
    if provider.hub_names and plan.model.count("/") == 1 and not Path(plan.model).exists():
        return plan.model
    raise click.UsageError(f"name the base model as {provider.title} calls it: --model {provider.example}")


def _tuned(
    session: Session,
    tuning: Tuning,
    asked: Asked,
    prepared: Prepared,
    *,
    allowed: tuple[str, ...],
    today: dt.date,
) -> HostedResult:
    """Refused where it must not be; else said, begun or found again, and followed."""
    from trainers.hosted.steps.preparing import refuse_closed
    from trainers.hosted.steps.tuning import tune_hosted

    plan = prepared.plan
    refuse_upload(tuning.engagement, plan.host, f"tune ({_sent(plan)})", allowed=allowed)
    job = tuning.engagement.hosted_folder(prepared.spec).job()
    there = job.job if job is not None else ""
    if not there or asked.again:
        refuse_closed(prepared, today=today)
        _refuse_dear(plan, asked.max_usd)
    for line in _words(prepared):
        session.say(line)
    session.say(f"job {there} is there already: following it" if there else RUNS_THERE)
    return tune_hosted(tuning, prepared, again=asked.again, poll_seconds=asked.poll)


def _refuse_dear(plan: HostedPlan, cap: float | None) -> None:
    if cap is None:
        return
    if plan.usd_high is None:
        raise NotReady(
            f"--max-usd {cap:g} cannot be held: {plan.price_source}",
            fix="set training_usd_per_million_tokens under [prices] in engagement.toml",
        )
    if plan.usd_high > cap:
        raise NotReady(
            f"it may cost {_usd(plan.usd_high)}, above --max-usd {cap:g}",
            fix="raise --max-usd, or take fewer --epochs or fewer rows",
        )


def _dry(
    session: Session, engagement: Engagement, asked: Asked, prepared: Prepared, *, allowed: tuple[str, ...]
) -> None:
    plan = prepared.plan
    _refuse_dear(plan, asked.max_usd)
    against = confined(engagement)
    free = not against or is_here(plan.host) or plan.host in {one.lower() for one in allowed}
    if session.as_json:
        session.emit(plan)
    else:
        for line in _words(prepared):
            click.echo(line)
    if not free:
        click.echo(f"warning: {against} It would be refused without --allow-upload {plan.host}", err=True)
    session.say(f"nothing was sent; a run needs {prepared.provider.key_variable}")


def _words(prepared: Prepared) -> list[str]:
    """Rows, settings, tokens and price, as they are said before it starts."""
    plan, asked = prepared.plan, prepared.spec.settings
    values = {"rank": asked.rank, "learning rate": asked.learning_rate, "rows a step": asked.batch_size}
    settings = [f"{name} {value:g}" for name, value in values.items() if value]
    price = f"USD unknown: {plan.price_source}"
    if plan.usd_per_million is not None and plan.usd_likely is not None:
        rate = plan.usd_per_million
        band = "" if rate.low == rate.high else f" ({_usd(plan.usd_low)} to {_usd(plan.usd_high)})"
        dated = f", {plan.price_as_of}" if plan.price_as_of else ""
        price = f"about {_usd(plan.usd_likely)}{band}, at USD {rate.likely:g} per million tokens: "
        price += f"{plan.price_source}{dated}"
    return [
        f"vendor:  {plan.provider}, base model {plan.model}",
        f"sent:    {_sent(plan)}, to {plan.host}",
        f"asked:   {', '.join([f'{asked.epochs} epochs', *settings, f'seed {asked.seed}'])}",
        f"tokens:  {plan.tokens:,} a pass, {plan.trained_tokens:,} billed; {plan.counted}",
        f"price:   {price}",
        *(f"note:    {note}" for note in plan.notes),
    ]


def _sent(plan: HostedPlan) -> str:
    return " and ".join(f"{file.rows} rows in {file.name} ({file.size_bytes:,} bytes)" for file in plan.files)


def _usd(amount: float | None) -> str:
    return (
        "USD unknown" if amount is None else f"USD {amount:.2f}" if amount >= 0.01 else "less than USD 0.01"
    )


def _tell(
    session: Session, engagement: Engagement, asked: Asked, prepared: Prepared, result: HostedResult
) -> None:
    """The tuned model, what it cost, and how it comes into the comparison."""
    plan = engagement.plan()
    added = asked.add_to_plan and _add(engagement, plan, result)
    record = engagement.hosted_folder(prepared.spec).result_path
    if session.as_json:
        lines = _lines(plan, result)
        session.emit({"result": msgspec.to_builtins(result), "record": str(record), "plan_lines": lines})
        return
    click.echo(f"tuned model: {result.model}")
    click.echo(f"at:          {result.url} (job {result.job})")
    click.echo(f"cost:        {_cost(result)}")
    click.echo(f"record:      {record}")
    if prepared.provider.before_asking:
        session.say(f"note: {prepared.provider.before_asking}")
    if host_of(result.url) != OPENAI:
        session.say(f"key for asking it: export TUNECASE_ENDPOINT_KEY=${prepared.provider.key_variable}")
    if asked.add_to_plan:
        session.say("plan.toml: " + (f"the arm {ARM} asks it" if added else "it was there already"))
    else:
        click.echo("\nTo compare it, put this into plan.toml, or run the command again with --add-to-plan:\n")
        click.echo("\n".join(_lines(plan, result)))
    session.say("next: tunecase compare")


def _cost(result: HostedResult) -> str:
    """The vendor's word before ours."""
    billed = (
        "" if result.billed_tokens is None else f", {result.billed_tokens:,} tokens by the vendor's count"
    )
    if result.usd_billed is not None:
        return f"{_usd(result.usd_billed)}{billed}"
    if result.usd_likely is not None:
        return f"about {_usd(result.usd_likely)} by {result.price_source}{billed}"
    return f"USD unknown ({result.price_source}){billed}"


def _lines(plan: Plan, result: HostedResult) -> list[str]:
    """What belongs into plan.toml."""
    from advisor.engagement.toml_out import quoted

    arms = ", ".join(map(quoted, [*(arm for arm in plan.arms if arm != ARM), ARM]))
    return [
        f"arms = [{arms}]",
        "",
        f"[{ARM}]",
        f"base_url = {quoted(result.url)}",
        f"model = {quoted(result.model)}",
    ]


def _add(engagement: Engagement, plan: Plan, result: HostedResult) -> bool:
    """Whether plan.toml had to be changed; a price of another model is not kept."""
    from advisor.engagement.toml_out import with_listed, with_tables

    fields: dict[str, str | int | float] = {"base_url": result.url, "model": result.model}
    if plan.tuned_endpoint is not None and plan.tuned_endpoint.model != result.model:
        fields |= {"usd_in": 0.0, "usd_out": 0.0}
    before = codec.read_text(engagement.plan_path)
    text = with_tables(with_listed(before, "arms", ARM), {ARM: fields})
    if text != before:
        codec.write_text(engagement.plan_path, text)
    return text != before
