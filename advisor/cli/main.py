"""`tunecase`: commands in working order, loaded when called, and one place where errors become exit codes."""

from __future__ import annotations

import importlib
import json
import os
import platform
import signal
import sys
from types import FrameType
from typing import Any, NoReturn

import click

from advisor.engagement.errors import (
    FAILED,
    INTERRUPTED,
    TERMINATED,
    USAGE,
    TunecaseError,
    full_disk,
    missing_run_packages,
)

OURS = ("advisor", "harness", "trainers", "reports")
COMMANDS = {
    "init": "Create an engagement folder",
    "advise": "Recommend an approach, with reasons and cost",
    "check": "Validate and profile a data file, and freeze the splits",
    "augment": "Let a model write more training rows, filtered, for training only",
    "plan": "Show what compare would run, and what it would take",
    "tune": "Fine-tune at a vendor (OpenAI, Together, Fireworks), priced before it starts",
    "compare": "Train and evaluate every arm of the plan, then give the verdict",
    "report": "Write one file for the client: HTML, Word, PDF, Markdown, CSV or JSON",
    "estimate": "Estimate memory, speed and cost of one fine-tune",
    "export": "Write the plan, the data or the winner for other tools",
    "demo": "Run all of the above on a bundled engagement, offline, on a CPU",
    "serve": "Serve the winner behind an OpenAI-compatible API on this machine",
    "status": "Say where the engagement stands and what comes next",
    "doctor": "Check this machine, this installation and this engagement",
    "explain": "Explain a technique, question, metric or term",
}


class WorkingOrder(click.Group):
    """Commands in the order of an engagement, each imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Working order, not the alphabet."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the one module that the command needs."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"advisor.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands, in working order"):
            formatter.write_dl(list(COMMANDS.items()))


def _show_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        from importlib.metadata import version

        click.echo(
            f"tunecase {version('tunecase')}, Python {platform.python_version()}, {platform.platform()}"
        )
        ctx.exit()


CONTEXT: dict[str, Any] = {"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "TUNECASE"}


@click.command(cls=WorkingOrder, invoke_without_command=True, context_settings=CONTEXT)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Show versions"
)
@click.pass_context
def group(ctx: click.Context) -> None:
    """Scope a client project: prompting, RAG, fine-tuning, both, or not ready.

    \b
    Examples:
      tunecase init acme-support
      tunecase advise
      tunecase demo
    """
    if ctx.invoked_subcommand is None:
        from advisor.cli.session import Session

        if Session(folder=None, as_json=False, verbosity=0).optional_engagement() is None:
            click.echo(ctx.get_help())
        else:
            ctx.invoke(group.get_command(ctx, "status"))  # type: ignore[arg-type]


def main() -> NoReturn:
    """Entry point of `tunecase`."""
    sys.exit(run(group, sys.argv[1:], name="tunecase"))


def advise_main() -> NoReturn:
    """Entry point of `advise`."""
    from advisor.cli.advise import command

    sys.exit(run(command, sys.argv[1:], name="advise"))


class Terminated(BaseException):
    """SIGTERM arrived; what is on disk is whole."""


def run(command: click.Command, arguments: list[str], *, name: str) -> int:
    """The one boundary: run a command and return its exit code."""
    signal.signal(signal.SIGTERM, on_sigterm)
    as_json = "--json" in arguments
    try:
        returned = command.main(arguments, prog_name=name, standalone_mode=False, **CONTEXT)
        return returned if isinstance(returned, int) else 0
    except TunecaseError as problem:
        return _report(problem.problem, problem.fix, problem.exit_code, as_json=as_json)
    except click.UsageError as wrong:
        where = wrong.ctx.command_path if wrong.ctx else name
        return _report(wrong.format_message(), f"run `{where} --help`", USAGE, as_json=as_json)
    except click.ClickException as wrong:
        return _report(wrong.format_message(), f"run `{name} --help`", wrong.exit_code, as_json=as_json)
    except (KeyboardInterrupt, click.Abort):
        return _report(
            "interrupted; what was finished is saved",
            "run the same command again",
            INTERRUPTED,
            as_json=as_json,
        )
    except Terminated:
        return _report(
            "terminated; what was finished is saved",
            "run the same command again",
            TERMINATED,
            as_json=as_json,
        )
    except ModuleNotFoundError as absent:
        if (absent.name or "advisor").split(".")[0] in OURS:
            return _bug(as_json=as_json)
        missing = missing_run_packages(_asked(name, arguments), absent.name or "")
        return _report(missing.problem, missing.fix, missing.exit_code, as_json=as_json)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as wrong:
        full = full_disk(wrong)
        if full is None:
            return _bug(as_json=as_json)
        return _report(full.problem, full.fix, full.exit_code, as_json=as_json)


def _asked(name: str, arguments: list[str]) -> str:
    """`compare` for `tunecase compare ...`, `advise` for `advise ...`."""
    return next((word for word in arguments if word in COMMANDS), name)


def _bug(*, as_json: bool) -> int:
    sys.excepthook(*sys.exc_info())
    return _report("this is a bug in tunecase", "report it with the lines above", FAILED, as_json=as_json)


def _report(problem: str, fix: str, code: int, *, as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps({"error": {"problem": problem, "fix": fix, "code": code}}, ensure_ascii=False))
    else:
        click.echo(f"error: {problem}\n\nhint: {fix}", err=True)
    return code


def on_sigterm(_signal: int, _frame: FrameType | None) -> NoReturn:
    """Listen to SIGTERM by an exception, so that what is open is closed."""
    raise Terminated
