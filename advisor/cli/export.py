"""`tunecase export`: the plan, the data or the trained winner as files for other tools."""

from __future__ import annotations

from pathlib import Path

import click

from advisor.cli import uploads
from advisor.cli.session import Session, session_options
from advisor.engagement.catalogue import find


@click.command()
@click.argument("target", metavar="TARGET")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder to write to  [default: export/TARGET in the engagement]",
)
@click.option(
    "--arm", default="", metavar="NAME", help="Trained arm, or method  [default: the winner, the plan's]"
)
@click.option("--yes", is_flag=True, help="Replace files that were changed")
@session_options
def command(session: Session, target: str, output: Path | None, arm: str, yes: bool) -> None:
    """Write the plan, the data or the trained winner for another tool.

    TARGET: axolotl, llamafactory (training elsewhere), accelerate (on several GPUs), openai_jsonl, together
    (hosted training), vllm, ollama (serving), skypilot, hf_jobs (renting a machine), slurm, kubernetes (a
    cluster), promptfoo (testing), model_card. Nothing is sent anywhere.

    \b
    Examples:
      tunecase export axolotl
      tunecase export vllm --arm lora -o serve/
    """
    from trainers import exports
    from trainers.exports._kind import Target
    from trainers.exports.making.gathering import gather
    from trainers.exports.making.writing import write_all

    wanted = find(exports, Target, target)
    engagement = session.engagement()
    out = output if output is not None else engagement.root / "export" / wanted.name
    confined = uploads.confined(engagement) if wanted.uploads else ""
    if "trained" in wanted.needs:
        from advisor.cli.environment import quiet_libraries

        quiet_libraries(engagement.plan().model)
    rendered = wanted.render(gather(engagement, wanted, out=out, arm=arm, confined=confined))
    paths = write_all(out, rendered.files, replace=yes)
    if confined:
        click.echo(f"warning: {confined} These files hold client text: do not send them elsewhere.", err=True)
    for note in rendered.notes:
        session.say(f"note: {note}")
    if session.as_json:
        session.emit(
            {
                "target": wanted.name,
                "folder": str(out),
                "files": [str(path) for path in paths],
                "notes": rendered.notes,
                "confined": confined or None,
            }
        )
        return
    for path in paths:
        click.echo(path)
