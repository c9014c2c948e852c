"""`tunecase export`: the plan, the data or the trained winner as files for other tools."""

from __future__ import annotations

from pathlib import Path

import click

from advisor.cli.session import Session, session_options
from advisor.engagement.catalogue import find
from advisor.engagement.folder import Engagement

QUESTION = "data_leaves"
CONFINING = {
    "own_machines": "The answers say that data is processed on the client's own machines only.",
    "approved_cloud": "The answers say that data is processed in approved accounts or regions only.",
}
"""What the answers say of where data may go, where that is not anywhere."""


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

    TARGET: axolotl, llamafactory (training elsewhere), openai_jsonl, together (hosted training), vllm, ollama
    (serving), skypilot (renting a machine), promptfoo (testing), model_card. Nothing is sent anywhere.

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
    confined = _confined(engagement) if wanted.uploads else ""
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


def _confined(engagement: Engagement) -> str:
    """What the answers say against sending data out; empty where they say nothing against it."""
    from advisor.questionnaire.reading import read_answers

    if not engagement.answers_path.exists():
        return ""
    return CONFINING.get(str(read_answers(engagement.answers_path).value(QUESTION)), "")
