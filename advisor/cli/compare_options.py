"""The options of `tunecase compare`, handed to the command as one record."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import click

from advisor.cli.session import Session


class Asked(NamedTuple):
    """What the flags say; None says nothing."""

    data: Path | None
    """File to check first."""
    test: Path | None
    """Held-out rows for it."""
    documents: Path | None
    """Documents for it."""
    pairs: tuple[str, ...]
    """Its columns, each as `COL=FIELD`."""
    out: Path | None
    """Engagement to make for it."""
    arms: str | None
    """Arms, parted by commas."""
    model: str | None
    """Base model."""
    limit: int | None
    """Rows of each split at most."""
    seeds: int | None
    """How many."""
    seed: int | None
    """The first."""
    metric: str | None
    """Primary metric."""
    minimum_effect: float | None
    """Smallest difference worth paying for."""
    search: int | None
    """Settings to try for each tuned arm."""
    begin_with: str | None
    """Earlier training to go on from."""
    keep_4bit: bool
    """Hold the base of qlora in 4-bit during training too."""
    tracker: str | None
    """Who else is told of losses and settings."""
    allow_upload: tuple[str, ...]
    """Hosts that client data may go to."""
    allow_execution: bool
    """Execute SQL that models write, where a metric needs it."""
    learning_curve: bool
    """Train on parts of the rows too."""
    executor: str | None
    """Where the jobs run: local or ray."""
    slots: int | None
    """Jobs at once on this machine."""
    results: str | None
    """Second place of trainings and runs."""
    exploratory: bool
    """Run although the test split is too small for a decision."""
    dry_run: bool
    """Show what it would take, and run nothing."""
    gate: bool
    """Fail unless the verdict is confirmed."""


def _executor_options(function: Callable[..., None]) -> Callable[..., None]:
    """Where the jobs run."""

    @click.option(
        "--executor",
        type=click.Choice(["local", "ray"]),
        help="Several jobs at once: local (one for each GPU of this machine) or ray (a cluster)",
    )
    @click.option(
        "--slots", type=click.IntRange(min=1), metavar="N", help="Jobs at once  [default: GPUs, else 1]"
    )
    @click.option(
        "--results", metavar="URL", help="Keep models and runs there too, and go on from them: s3://..."
    )
    @functools.wraps(function)
    def wrapped(*arguments: Any, **options: Any) -> None:
        function(*arguments, **options)

    return wrapped


def compare_options(function: Callable[[Session, Asked], None]) -> Callable[..., None]:
    """Add the options of `compare` and hand the command what was asked."""

    @click.option(
        "--data", type=click.Path(path_type=Path), metavar="FILE", help="Check this file first, with --out"
    )
    @click.option("--test", type=click.Path(path_type=Path), metavar="FILE", help="Held-out rows for --data")
    @click.option(
        "--documents",
        type=click.Path(path_type=Path),
        metavar="PATH",
        help="Documents for --data, as in check",
    )
    @click.option("--map", "pairs", multiple=True, metavar="COL=FIELD", help="Columns of --data, as in check")
    @click.option(
        "--out", type=click.Path(path_type=Path), metavar="DIR", help="Engagement for --data, made if absent"
    )
    @click.option("--arms", metavar="A,B,C", help="Arms to run  [default: the plan's]")
    @click.option(
        "--model", metavar="ID_OR_PATH", help="Hub id, local folder, or starter  [default: the plan's]"
    )
    @click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Use at most N rows of each split")
    @click.option("--seeds", type=click.IntRange(min=1), metavar="N", help="Number of seeds for trained arms")
    @click.option("--seed", type=int, metavar="N", help="First seed  [default: the plan's]")
    @click.option(
        "--metric",
        metavar="NAME",
        help="Primary metric: accuracy, bleu, chrf, corpus_chrf, exact_match, field_f1, json_valid, judge, "
        "macro_f1, mcc, normalised_match, placeholders, rouge_l, schema_valid, slot_f1, "
        "sql_match, style, terms, token_f1",
    )
    @click.option("--minimum-effect", type=float, metavar="X", help="Smallest difference worth paying for")
    @click.option(
        "--search",
        type=click.IntRange(min=1),
        metavar="N",
        help="Try N settings on validation, per tuned arm",
    )
    @click.option(
        "--begin-with", metavar="DIR", help="Go on from this training, such as models/lora-1a2b3c4d"
    )
    @click.option("--keep-4bit", is_flag=True, help="Train qlora on its 4-bit base, if memory is short")
    @click.option("--tracker", metavar="NAME", help="Tell tensorboard, mlflow or wandb of the losses too")
    @click.option("--allow-upload", multiple=True, metavar="HOST", help="Let client data go to this host")
    @click.option("--allow-execution", is_flag=True, help="Execute SQL that models write, for sql_match")
    @click.option("--learning-curve", is_flag=True, help="Train on 1/8 to all of the rows: would more help?")
    @_executor_options
    @click.option(
        "--exploratory", is_flag=True, help="Run although the test split is too small for a decision"
    )
    @click.option("--dry-run", is_flag=True, help="Show rows, tokens, memory, time and money; run nothing")
    @click.option("--check", "gate", is_flag=True, help="Exit 4 unless the verdict is confirmed")
    @functools.wraps(function)
    def wrapped(session: Session, **options: Any) -> None:
        function(session, Asked(**options))

    return wrapped
