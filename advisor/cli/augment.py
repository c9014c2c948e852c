"""`tunecase augment`: more training rows, written by a model from the client's and filtered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from advisor.cli.environment import quiet_libraries
from advisor.cli.progress import reporter
from advisor.cli.session import Session, session_options
from advisor.cli.uploads import host_of, refuse_upload
from advisor.engagement import codec, digests
from advisor.engagement.errors import NotReady
from advisor.engagement.folder import Engagement
from advisor.engagement.records.augment import Augmented, AugmentSpec

if TYPE_CHECKING:
    from harness.augmenting.writing import Ground
    from harness.endpoints.purse import Purse


class Asked(NamedTuple):
    """What the flags say."""

    model: str
    """Model that writes."""
    endpoint: str
    """Server that it stands behind; empty where it runs here."""
    rows: int | None
    """Rows to write."""
    balance: bool
    """Whether rare labels are brought up."""
    temperature: float
    """Of the drawn answers."""
    seed: int
    """Of the rows shown."""
    template: Path | None
    """Request of the user's own."""
    max_usd: float | None
    """Cap on the money."""
    usd_in: float | None
    """Price per million input tokens."""
    usd_out: float | None
    """Price per million output tokens."""


@click.command()
@click.option("--model", metavar="ID_OR_PATH", help="Model that writes: a folder, a hub id, or a name")
@click.option("--endpoint", default="", metavar="URL", help="OpenAI-compatible server, http://HOST:PORT/v1")
@click.option(
    "--count", "rows", type=click.IntRange(min=1), metavar="N", help="Rows to write  [default: 100]"
)
@click.option("--balance", is_flag=True, help="Bring rare labels up to the most frequent one")
@click.option("--temperature", type=click.FloatRange(0.1, 2.0), default=0.9, show_default=True, metavar="T")
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Of the rows shown")
@click.option(
    "--template", type=click.Path(path_type=Path), metavar="FILE", help="Request of your own, with its marks"
)
@click.option("--max-usd", type=click.FloatRange(min=0), metavar="X", help="Stop before it costs more")
@click.option("--usd-in", type=click.FloatRange(min=0), metavar="X", help="Price per million input tokens")
@click.option("--usd-out", type=click.FloatRange(min=0), metavar="X", help="Price per million output tokens")
@click.option("--allow-upload", multiple=True, metavar="HOST", help="Let client data go to this host")
@click.option("--dry-run", is_flag=True, help="Show one request, calls, tokens and money; ask nothing")
@click.option("--undo", is_flag=True, help="Take the written rows away again")
@session_options
def command(
    session: Session,
    model: str | None,
    allow_upload: tuple[str, ...],
    dry_run: bool,
    undo: bool,
    **options: Any,
) -> None:
    """Let a model write more training rows, and take those that hold.

    Rows that copy the client's, sit on another label or look like personal data are refused and kept with
    the reason. Written rows are learnt from beside the client's; validation and test stay the client's alone.

    \b
    Examples:
      tunecase augment --model Qwen/Qwen3-4B --balance
      tunecase augment --endpoint https://api.openai.com/v1 --model gpt-6-luna --count 500 --max-usd 2
      tunecase augment --undo
    """
    engagement = session.engagement()
    if undo:
        _undo(session, engagement)
        return
    if not model:
        raise click.UsageError("name the model that writes with --model")
    asked = Asked(model=model, **options)
    if asked.endpoint:
        refuse_upload(engagement, host_of(asked.endpoint), "augment", allowed=allow_upload)
    ground = ground_of(engagement)
    spec = _spec(engagement, asked, ground)
    if dry_run:
        _dry(session, asked, spec, ground)
    else:
        _write(session, engagement, asked, spec, ground)


def ground_of(engagement: Engagement) -> Ground:
    """The client's frozen rows."""
    from harness.augmenting.writing import Ground

    profile = engagement.profile()
    if profile is None:
        raise NotReady(f"{engagement.root}: no data yet", fix="run `tunecase check FILE`")
    if profile.scored_as is None or profile.task == "preference":
        raise NotReady(
            f"{engagement.root}: rows with a wanted output can be written, and the data is {profile.task}",
            fix="check a file with an output on every row",
        )
    examples, splits = engagement.examples(), engagement.splits()
    held_out = [examples[id] for id in (*splits.validation, *splits.test)]
    return Ground([examples[id] for id in splits.train], held_out, profile.output_form)


def _spec(engagement: Engagement, asked: Asked, ground: Ground) -> AugmentSpec:
    """What names the round."""
    from harness.augmenting.requests import AUGMENT_VERSION, template_of, wanted_rows

    task = "classification" if ground.labels else "generation"
    own = codec.read_text(asked.template) if asked.template is not None else None
    return AugmentSpec(
        data=engagement.splits().digest,
        model=asked.model,
        base_url=asked.endpoint,
        weights="" if asked.endpoint else _weights(asked.model),
        instruction=_instruction(engagement, task),
        template=template_of(task, own),
        wanted=wanted_rows(ground.train, asked.rows, balance=asked.balance),
        temperature=asked.temperature,
        seed=asked.seed,
        version=AUGMENT_VERSION,
    )


def _weights(model: str) -> str:
    from trainers.language.resolving import weights_digest

    quiet_libraries(model)
    return weights_digest(model)


def _instruction(engagement: Engagement, task: str) -> str:
    """The task in words, as the plan or the engagement says, else as a first plan would."""
    from advisor.advice.planning import task_in_words

    if engagement.plan_path.exists():
        return engagement.plan().instruction
    return engagement.settings().instruction or task_in_words(labelled=task == "classification")


def _purse(asked: Asked, spent: float) -> Purse | None:
    """None for a model that runs here."""
    from harness.endpoints.purse import Purse, list_price

    if not asked.endpoint:
        if asked.max_usd is not None:
            raise click.UsageError("--max-usd is for --endpoint: a model that runs here has no price")
        return None
    listed = list_price(asked.model)
    usd_in = asked.usd_in if asked.usd_in is not None else listed[0] if listed else None
    usd_out = asked.usd_out if asked.usd_out is not None else listed[1] if listed else None
    if asked.max_usd is not None and (usd_in is None or usd_out is None):
        raise click.UsageError(f"the price of {asked.model} is not known: pass --usd-in and --usd-out")
    return Purse(usd_in=usd_in or 0.0, usd_out=usd_out or 0.0, cap=asked.max_usd, spent=spent)


def _write(session: Session, engagement: Engagement, asked: Asked, spec: AugmentSpec, ground: Ground) -> None:
    """The whole round under the engagement's lock; whatever ends it, the rows so far are joined."""
    from harness.augmenting.joining import join
    from harness.augmenting.writing import endpoint_writer, local_writer, so_far, write
    from harness.endpoints.purse import CapReached

    folder = engagement.augment_path / digests.short(spec)
    with engagement.lock(), reporter(session) as on_progress:
        before = so_far(spec, folder, ground)[0] if folder.exists() else None
        purse = _purse(asked, before.usd if before else 0.0)
        stopped: CapReached | None = None
        try:
            result, rows = write(
                spec,
                folder,
                ground,
                lambda: endpoint_writer(spec, purse) if purse else local_writer(spec),
                on_progress=on_progress,
            )
        except CapReached as reached:
            stopped = reached
            result, rows = so_far(spec, folder, ground)
        join(engagement, result, rows)
    _tell(session, engagement, result)
    if stopped is not None:
        session.say(f"stopped: {stopped.problem}; {stopped.fix}")


def _tell(session: Session, engagement: Engagement, result: Augmented) -> None:
    """Yield, reasons and cost."""
    if session.as_json:
        session.emit(result)
        return
    taken = sum(result.taken.values())
    click.echo(f"{taken} of {result.written} rows are taken, from {result.calls} answers of {result.model}")
    for reason, count in result.refused.items():
        click.echo(f"  {count:>6}  {reason}")
    if result.short:
        short = ", ".join(f"{label or 'rows'} {count}" for label, count in result.short.items())
        click.echo(f"still wanted: {short}")
    if result.failed:
        click.echo(f"{result.failed} requests brought no answer")
    if result.host:
        click.echo(
            f"sent to {result.host}: {result.rows_shown} rows, {result.tokens_in:,} tokens; "
            f"USD {result.usd:.4f} spent"
        )
    train = len(engagement.splits().train)
    click.echo(f"training rows: {train} of the client's, {taken} written; validation and test are unchanged")
    if taken > train:
        click.echo("warning: most training rows are now written by a model: compare with and without them")
    session.say(f"rows: {engagement.synthetic_path}; next: tunecase compare, or tunecase augment --undo")


def _dry(session: Session, asked: Asked, spec: AugmentSpec, ground: Ground) -> None:
    """One request verbatim, and what the round may take."""
    from harness.augmenting.requests import ROWS_PER_CALL, TRIES, request
    from harness.augmenting.writing import LONGEST_REPLY
    from harness.intake.token_lengths import count

    label = next(iter(spec.wanted))
    text = request(spec, label, 0, ground.train, ground.labels).messages[0].content
    calls = sum(-(-rows // ROWS_PER_CALL) for rows in spec.wanted.values())
    tokens = count([text], None)[0][0]
    purse = _purse(asked, 0.0)
    most = None if purse is None else purse.price(tokens, LONGEST_REPLY) * calls * TRIES
    if session.as_json:
        session.emit(
            {
                "wanted": spec.wanted,
                "calls": [calls, calls * TRIES],
                "tokens_per_request": tokens,
                "usd_at_most": most,
                "request": text,
            }
        )
        return
    click.echo(text)
    click.echo(
        f"\n{sum(spec.wanted.values())} rows in {calls} to {calls * TRIES} requests of about {tokens} tokens"
    )
    if purse is not None:
        priced = purse.usd_in or purse.usd_out
        click.echo(f"USD {most:.4f} at most" if priced else "the price of this model is not known")


def _undo(session: Session, engagement: Engagement) -> None:
    from harness.augmenting.joining import leave

    with engagement.lock():
        there = leave(engagement)
    if session.as_json:
        session.emit({"removed": there})
    else:
        click.echo("the written rows are taken away" if there else "there were no written rows")
