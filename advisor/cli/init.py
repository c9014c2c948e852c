"""`tunecase init`: a new engagement folder, empty, from a template, or copied from a bundled example."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec

from advisor import examples, templates
from advisor.cli.session import Session, session_options
from advisor.engagement import codec
from advisor.engagement.errors import FileError
from advisor.engagement.folder import MARKER, Engagement
from advisor.engagement.records.settings import Settings

LISTING = "?"
"""What `--template` without a name stands for; no folder can have this name."""
WIDE = 200
"""Columns of a table that goes into a pipe: one line a row."""


def _known(_context: click.Context, _option: click.Parameter, name: str | None) -> str | None:
    if name is None or name == LISTING or name in templates.names():
        return name
    near = codec.suggestion(name, templates.names())
    raise click.BadParameter(f"no template `{name}`.{near} Known: {', '.join(templates.names())}")


@click.command()
@click.argument("directory", type=click.Path(path_type=Path), required=False)
@click.option("--example", type=click.Choice(examples.names()), help="Copy a complete runnable engagement")
@click.option(
    "--template",
    is_flag=False,
    flag_value=LISTING,
    callback=_known,
    metavar="NAME",
    help=f"Start from typical answers, a prompt and a metric: {', '.join(templates.names())}",
)
@click.option("--templates", "listing", is_flag=True, help="List the templates and stop")
@click.option("--title", help="Title on the report  [default: the template's, else the folder's name]")
@click.option("--client", default="", help="Client named on the report")
@session_options
def command(
    session: Session,
    directory: Path | None,
    example: str | None,
    template: str | None,
    listing: bool,
    title: str | None,
    client: str,
) -> None:
    """Create an engagement folder.

    \b
    Examples:
      tunecase init acme-support
      tunecase init acme-support --template support-tickets
      tunecase init --templates
      tunecase init try-it --example support-triage
    """
    if listing or template == LISTING:
        show_templates(session)
        return
    if directory is None:
        raise click.UsageError("Missing argument 'DIRECTORY'.")
    if example and template:
        raise click.UsageError("--example and --template are two beginnings: choose one")
    following = "tunecase advise"
    if example:
        copy_example(example, directory, title=title, client=client)
        following = "tunecase advise --no-input && tunecase check examples.jsonl"
    elif template:
        from_template(template, directory, title=title, client=client)
    else:
        Engagement.create(directory, Settings(title=title or directory.resolve().name, client=client))
    if session.as_json:
        session.emit({"engagement": str(directory)})
        return
    click.echo(directory)
    if template:
        session.say(f"{directory / 'README.md'} says what to ask first and what to fill in")
    session.say(f"next: cd {directory} && {following}")


def show_templates(session: Session) -> None:
    """Every template with what it is for."""
    found = {name: templates.template(name) for name in templates.names()}
    if session.as_json:
        rows = [{"name": name, **msgspec.to_builtins(one)} for name, one in found.items()]
        session.emit({"templates": rows})
        return
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("name", "title"):
        table.add_column(heading, no_wrap=True)
    table.add_column("summary")
    for name, one in found.items():
        table.add_row(name, one.title, one.summary)
    console = session.console()
    if not console.is_terminal:
        console.width = WIDE
    console.print(table)
    session.say("next: tunecase init DIR --template NAME")


def from_template(name: str, target: Path, *, title: str | None = None, client: str = "") -> Engagement:
    """An engagement at `target` with the template's answers; a plan begins with its prompt and metric."""
    chosen = templates.template(name)
    settings = Settings(
        title=title or chosen.title,
        client=client,
        instruction=templates.instruction(name),
        metric=chosen.metric,
    )
    with _staged(target) as staged:
        for file in templates.COPIED:
            shutil.copyfile(templates.TEMPLATES / name / file, staged.root / file)
        _write_settings(staged, settings)
    return Engagement(target)


def copy_example(name: str, target: Path, *, title: str | None = None, client: str = "") -> Engagement:
    """A bundled engagement at `target`: its client file at the top, documents and preferences in `data/`."""
    source = examples.EXAMPLES / name
    with _staged(target) as staged:
        for file in ("answers.toml", "examples.jsonl", "README.md", MARKER):
            shutil.copyfile(source / file, staged.root / file)
        shutil.copytree(source / "documents", staged.documents_path)
        shutil.copyfile(source / "preferences.jsonl", staged.preferences_path)
        shutil.copyfile(source / "questions.jsonl", staged.documents_path.parent / "questions.jsonl")
        if title or client:
            own = staged.settings()
            changed = msgspec.structs.replace(own, title=title or own.title, client=client or own.client)
            _write_settings(staged, changed)
    return Engagement(target)


def _write_settings(engagement: Engagement, settings: Settings) -> None:
    # imported here: listing templates needs no TOML writer
    from advisor.engagement.toml_out import to_toml

    codec.write_text(engagement.settings_path, to_toml(settings))


@contextmanager
def _staged(target: Path) -> Iterator[Engagement]:
    """A folder beside the target that takes its place when all is written; nothing is left of a failure."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise FileError(f"{target} exists and is not empty", fix="name a new folder")
    whole = target.resolve()
    staging = whole.with_name(f".{whole.name}.part")
    try:
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        yield Engagement(staging)
        _take_place(staging, whole)
    except OSError as wrong:
        raise FileError(
            f"{target}: cannot be written: {wrong.strerror}", fix="check the folder's permissions and space"
        ) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _take_place(staging: Path, target: Path) -> None:
    """A new folder is renamed; an empty one, in which a shell may stand, is filled, its marker last."""
    if not target.exists():
        staging.rename(target)
        return
    for path in sorted(staging.iterdir(), key=lambda path: path.name == MARKER):
        path.rename(target / path.name)
