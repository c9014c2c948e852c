"""`tunecase init`: a new engagement folder, empty or copied from a bundled example."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from advisor import examples
from advisor.cli.session import Session, session_options
from advisor.engagement.errors import FileError
from advisor.engagement.folder import Engagement
from advisor.engagement.records.settings import Settings


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--example", type=click.Choice(examples.names()), help="Copy a complete runnable engagement")
@click.option("--title", help="Title on the report  [default: the folder's name]")
@click.option("--client", default="", help="Client named on the report")
@session_options
def command(session: Session, directory: Path, example: str | None, title: str | None, client: str) -> None:
    """Create an engagement folder.

    \b
    Examples:
      tunecase init acme-support
      tunecase init try-it --example support-triage
    """
    if example:
        engagement = copy_example(example, directory)
        following = f"cd {directory} && tunecase advise --no-input && tunecase check examples.jsonl"
    else:
        engagement = Engagement.create(directory, Settings(title=title or directory.name, client=client))
        following = f"cd {directory} && tunecase advise"
    if session.as_json:
        session.emit({"engagement": str(engagement.root)})
    else:
        click.echo(engagement.root)
        session.say(f"next: {following}")


def copy_example(name: str, target: Path) -> Engagement:
    """A bundled engagement at `target`: its client file at the top, documents and preferences in `data/`."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise FileError(f"{target} exists and is not empty", fix="name a new folder")
    source = examples.EXAMPLES / name
    engagement = Engagement(target)
    staging = target.with_name(f".{target.name}.part")
    shutil.rmtree(staging, ignore_errors=True)
    staged = Engagement(staging)
    staging.mkdir(parents=True)
    for file in ("answers.toml", "examples.jsonl", "README.md", "engagement.toml"):
        shutil.copyfile(source / file, staging / file)
    shutil.copytree(source / "documents", staged.documents_path)
    shutil.copyfile(source / "preferences.jsonl", staged.preferences_path)
    shutil.copyfile(source / "questions.jsonl", staged.documents_path.parent / "questions.jsonl")
    if target.exists():
        target.rmdir()
    staging.rename(target)
    return engagement
