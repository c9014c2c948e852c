"""`tunecase serve`: the winner behind an OpenAI-compatible API on this machine."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from advisor.cli.serve_request import question
from advisor.cli.session import Session, session_options
from advisor.engagement import codec
from advisor.engagement.catalogue import find
from advisor.engagement.codec import suggestion
from advisor.engagement.errors import FAILED, NotReady, PlanError
from advisor.engagement.folder import Engagement, ModelFolder
from advisor.engagement.records.examples import Message
from advisor.engagement.records.runs import TrainingSpec

if TYPE_CHECKING:
    from harness.served import Reply
    from trainers.serving import Server

MERGED = "merged"
SMOKE_TOKENS = 32
HALVES = ("bfloat16", "float16")


@dataclass(frozen=True)
class Served:
    """What is behind the API."""

    title: str
    """In words."""
    model: str
    """Base model as the plan names it."""
    arm: str = ""
    """Arm that it answers for; empty for a model that was named."""
    retrieves: bool = False
    """Whether the arm puts passages before each question."""
    trained: ModelFolder | None = None
    """The trained model, for arms that have one."""
    whole: bool = False
    """Whether its weights are those of a whole model, which needs no merging."""
    quantised: bool = False
    """Whether it was trained on a 4-bit base."""
    notes: list[str] = field(default_factory=list)
    """What the API does not do that the arm did."""


@click.command()
@click.option("--arm", default="", metavar="NAME", help="Arm to serve  [default: the winner]")
@click.option("--model", default="", metavar="MODEL", help="Serve this model, untrained, instead of an arm")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any free one"
)
@click.option(
    "--engine",
    type=click.Choice(["auto", "transformers", "vllm"]),
    default="auto",
    show_default=True,
    help="Server; auto takes vllm where it is installed",
)
@click.option("--smoke", is_flag=True, help="Ask one question, compare with the answer measured here, stop")
@click.option("--dry-run", is_flag=True, help="Say what would be started")
@session_options
def command(
    session: Session,
    arm: str,
    model: str,
    host: str,
    port: int,
    engine: str,
    smoke: bool,
    dry_run: bool,
) -> int | None:
    """Serve the winner behind an OpenAI-compatible API, on this machine only.

    An adapter is merged into its base first. The server is offline: it fetches and sends nothing by itself.
    Its log is runs/serve.log. Ctrl-C stops it.

    \b
    Examples:
      tunecase serve
      tunecase serve --arm lora --port 0 --smoke
    """
    from trainers.serving import LOCAL, Server, engine_for, free_port, habits

    engagement = session.engagement()
    served = _of_model(model) if model else _of_arm(engagement, arm)
    from advisor.cli.environment import quiet_libraries

    quiet_libraries(served.model)
    folder = _folder(served, present=not dry_run)
    server = Server(
        engine=engine_for(engine),
        folder=folder,
        name=_name(served, folder),
        host=host,
        port=port,
        dtype="",
    )
    served.notes.extend(habits(server))
    asked = question(engagement, arm=served.arm, retrieves=served.retrieves)
    served.notes.extend(asked.notes)
    if host not in LOCAL:
        click.echo(f"warning: anyone who reaches {host} can use the model: the server asks no key", err=True)
    if dry_run:
        _say_plan(session, served, server, asked.messages)
        return None
    server = server._replace(port=free_port(host, port), dtype=_dtype())
    return _serve(session, engagement, served, server, asked.messages, smoke=smoke)


def _serve(
    session: Session,
    engagement: Engagement,
    served: Served,
    server: Server,
    messages: list[Message],
    *,
    smoke: bool,
) -> int | None:
    from trainers.serving import started

    log = engagement.serve_log_path
    if served.trained is not None and not served.whole:
        _merge(session, engagement, served, server)
    here = _answer_here(served, messages) if smoke else None
    session.say(f"starting {server.engine} with {served.title}; log: {log}")
    with started(server, log) as child:
        request = engagement.serve_request_path
        codec.write_json(request, _request(server, messages))
        if here is not None:
            return _compared(session, server, messages, here)
        _say_address(session, served, server, request, messages)
        child.wait()
    raise NotReady(f"the server ended with exit code {child.returncode}", fix=f"read {log}")


def _compared(session: Session, server: Server, messages: list[Message], here: Reply) -> int | None:
    """Exit 0 where the server gives the tokens that were measured, 1 where it does not."""
    from harness.served import ask

    there = ask(server.url, server.name, messages, max_new_tokens=SMOKE_TOKENS)
    same = there == here
    verdict = "the same" if same else _difference(server, there, here)
    if session.as_json:
        found = {"url": server.url, "model": server.name, "engine": server.engine, "same": same}
        session.emit(found | {"served": there._asdict(), "here": here._asdict(), "verdict": verdict})
    else:
        click.echo(f"served: {there.text!r} ({there.tokens_in} tokens in, {there.tokens_out} out)")
        click.echo(f"here:   {here.text!r} ({here.tokens_in} tokens in, {here.tokens_out} out)")
        click.echo(verdict)
    return None if same else FAILED


def _difference(server: Server, there: Reply, here: Reply) -> str:
    """What two unequal answers mean."""
    if there.tokens_in != here.tokens_in:
        return "not the same prompt: the server uses another chat template; do not ship this server"
    if server.dtype not in HALVES or there.text[:1] != here.text[:1]:
        return "not the same: do not ship this server"
    return (
        f"the same prompt, and answers that part later: rounding to {server.dtype} can do that. "
        "Measure this server as the arm `endpoint` before you ship it"
    )


def _of_model(model: str) -> Served:
    return Served(title=f"{model}, untrained", model=model)


def _of_arm(engagement: Engagement, arm: str) -> Served:
    from harness import arms
    from harness.arms._kind import Arm

    plan = engagement.plan()
    name = arm or _winner(engagement)
    chosen = find(arms, Arm, name)
    if chosen.remote:
        raise PlanError(
            f"{name}: another server answers in this arm", fix="ask that one, or name another --arm"
        )
    if not chosen.needs_model:
        raise PlanError(f"{name}: no language model answers in this arm", fix="name another with --arm")
    notes = []
    if chosen.method is None:
        if name not in ("zero_shot", "rag"):
            notes.append(
                f"{name} puts more into its prompt than the task; the request file holds the task only"
            )
        return Served(
            title=f"{chosen.title} ({plan.model})",
            model=plan.model,
            arm=name,
            retrieves=chosen.retrieves,
            notes=notes,
        )
    trained = _trained(engagement, chosen)
    spec = codec.read_json(trained.spec_path, TrainingSpec)
    whole = (trained.weights_path / "config.json").is_file()
    return Served(
        title=f"{chosen.title} ({trained.name})",
        model=plan.model,
        arm=name,
        retrieves=chosen.retrieves,
        trained=trained,
        whole=whole,
        quantised=spec.method == "qlora",
        notes=notes,
    )


def _winner(engagement: Engagement) -> str:
    verdict = engagement.verdict()
    if verdict is None:
        raise NotReady(f"{engagement.root}: no verdict yet", fix="run `tunecase compare`, or name an --arm")
    if verdict.winner is None:
        raise NotReady(f"{engagement.root}: no arm has won", fix="name one, such as --arm lora")
    return verdict.winner


def _trained(engagement: Engagement, chosen: Any) -> ModelFolder:
    """The arm's finished model: that of the comparison's first seed, else the only one of its kind."""
    comparison = engagement.comparison()
    summary = next((one for one in comparison.arms if one.name == chosen.name), None) if comparison else None
    names = list(summary.models) if summary else []
    # without a comparison nothing tells a model that learnt with passages from one that did not
    others = [] if names or chosen.retrieves else sorted(engagement.models_path.glob(f"{chosen.method}-*"))
    found = []
    for folder in map(ModelFolder, [*(engagement.models_path / name for name in names), *others]):
        result = folder.result() if folder.result_path.exists() else None
        if result is not None and (result.method, result.objective) == (chosen.method, chosen.objective):
            found.append(folder)
    if len(found) == 1 or (names and found):
        return found[0]
    if found:
        raise NotReady(
            f"{len(found)} models could be the arm `{chosen.name}`: {', '.join(one.name for one in found)}",
            fix="run `tunecase compare`, which says which one it is",
        )
    known = [one.name for one in comparison.arms if one.models] if comparison else []
    raise NotReady(
        f"no trained model of the arm `{chosen.name}`.{suggestion(chosen.name, known)}",
        fix="run `tunecase compare`" if not known else f"trained: {', '.join(known)}",
    )


def _folder(served: Served, *, present: bool) -> Path:
    """Where the files that are served lie, or will lie; `present` fetches a hub model that is not here."""
    if served.trained is not None:
        return served.trained.weights_path if served.whole else served.trained.root / MERGED
    from trainers.language.resolving import resolve, snapshot

    return snapshot(served.model) if present else Path(resolve(served.model))


def _name(served: Served, folder: Path) -> str:
    """What requests call the model: the last parts of its path."""
    return f"{folder.parent.name}/{folder.name}" if served.trained is not None else folder.name


def _dtype() -> str:
    from trainers.language.loading import compute_dtype

    return str(compute_dtype()).removeprefix("torch.")


def _merge(session: Session, engagement: Engagement, served: Served, server: Server) -> None:
    from trainers.merging import merge

    assert served.trained is not None
    precision: Any = "fp32" if server.dtype == "float32" else "bf16"
    with engagement.lock():
        merged = merge(served.trained, served.model, server.folder, precision=precision)
    session.say(merged.said())


def _answer_here(served: Served, messages: list[Message]) -> Reply:
    from harness.served import answer_here

    return answer_here(
        served.model,
        messages,
        quantised=served.quantised,
        adapter=served.trained.weights_path if served.trained else None,
        max_new_tokens=SMOKE_TOKENS,
    )


def _request(server: Server, messages: list[Message]) -> dict[str, Any]:
    said = [{"role": message.role, "content": message.content} for message in messages]
    return {"model": server.name, "temperature": 0, "max_tokens": SMOKE_TOKENS, "messages": said}


def _curl(server: Server, request: Path) -> str:
    where = shlex.quote(f"@{request}")
    return f"curl {server.url}/chat/completions -H 'Content-Type: application/json' -d {where}"


def _system(messages: list[Message]) -> str:
    return next((message.content for message in messages if message.role == "system"), "")


def _say_address(
    session: Session, served: Served, server: Server, request: Path, messages: list[Message]
) -> None:
    if session.as_json:
        found = {"url": server.url, "model": server.name, "engine": server.engine, "request": str(request)}
        session.emit(found | {"system": _system(messages), "notes": served.notes})
    else:
        click.echo(f"{server.url}  model {server.name}")
        click.echo(_curl(server, request))
        if _system(messages):
            session.say(f"the task goes before every question, as a system message:\n{_system(messages)}")
        for note in served.notes:
            session.say(f"note: {note}")
    sys.stdout.flush()


def _say_plan(session: Session, served: Served, server: Server, messages: list[Message]) -> None:
    ready = (server.folder / "config.json").is_file()
    merging = served.trained is not None and not served.whole
    if session.as_json:
        session.emit(
            {
                "serves": served.title,
                "folder": str(server.folder),
                "merge": merging and not ready,
                "engine": server.engine,
                "url": server.url,
                "model": server.name,
                "system": _system(messages),
                "notes": served.notes,
            }
        )
        return
    click.echo(f"serves {served.title} with {server.engine} at {server.url} as model {server.name}")
    click.echo(
        f"from {server.folder}{'' if ready or not merging else ', once the adapter is merged into it'}"
    )
    if _system(messages):
        click.echo(f"system message: {json.dumps(_system(messages), ensure_ascii=False)}")
    for note in served.notes:
        click.echo(f"note: {note}")
