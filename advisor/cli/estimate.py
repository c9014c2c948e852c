"""`tunecase estimate`: memory, speed and money of one fine-tune, without weights, torch or an engagement."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from advisor.cli.session import Session, session_options
from advisor.costing.setup import TECHNIQUES
from advisor.engagement.errors import PlanError

if TYPE_CHECKING:
    from advisor.costing.setup import Setup, Shape
    from advisor.engagement.records.settings import Prices

TOKENS_PER_EXAMPLE = 500
"""Where nobody says: an assumption, shown in the help."""
SHAPE_FLAGS = {
    "hidden_size": "hidden",
    "layers": "layers",
    "intermediate_size": "intermediate",
    "vocab_size": "vocab",
    "heads": "heads",
    "kv_heads": "kv_heads",
}


@click.command()
@click.option("--model", metavar="HUB_ID", help="Base model of the built-in table")
@click.option("--params-b", type=click.FloatRange(min=0.001), metavar="N", help="Billions of parameters")
@click.option(
    "--technique", type=click.Choice(TECHNIQUES), default="lora", show_default=True, help="How it is changed"
)
@click.option("--gpu", metavar="NAME", help="Card; without one, cards are suggested")
@click.option("--gpus", type=click.IntRange(min=1), default=1, show_default=True, metavar="N", help="Cards")
@click.option(
    "--sharding",
    type=click.Choice(["none", "zero2", "zero3", "fsdp"]),
    default="none",
    show_default=True,
    help="How the model is spread over the cards",
)
@click.option(
    "--seq-len", type=click.IntRange(min=1), default=1024, show_default=True, metavar="TOKENS", help="Row"
)
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Rows per card",
)
@click.option(
    "--rank", type=click.IntRange(min=1), default=16, show_default=True, metavar="N", help="Of the adapter"
)
@click.option("--targets", default="all-linear", show_default=True, metavar="A,B", help="Adapted matrices")
@click.option(
    "--checkpointing/--no-checkpointing", default=True, show_default=True, help="Recompute activations"
)
@click.option("--attention", type=click.Choice(["sdpa", "flash", "eager"]), default="sdpa", show_default=True)
@click.option("--loss", type=click.Choice(["plain", "chunked", "fused"]), default="plain", show_default=True)
@click.option(
    "--optimizer",
    type=click.Choice(["adamw", "adamw8bit", "paged_adamw", "paged_adamw8bit", "sgd"]),
    default="adamw",
    show_default=True,
)
@click.option(
    "--examples", type=click.IntRange(min=1), metavar="N", help="Examples to train on; gives hours and USD"
)
@click.option(
    "--tokens-per-example", type=click.IntRange(min=1), metavar="N", help="[default: the row, at most 500]"
)
@click.option(
    "--epochs", type=click.FloatRange(min=0.01), default=3.0, show_default=True, metavar="N", help="Passes"
)
@click.option("--hidden-size", type=click.IntRange(min=8), metavar="N", help="Width, in place of the table's")
@click.option("--layers", type=click.IntRange(min=1), metavar="N", help="Blocks")
@click.option(
    "--intermediate-size", type=click.IntRange(min=8), metavar="N", help="Width of the feed-forward layer"
)
@click.option("--vocab-size", type=click.IntRange(min=2), metavar="N", help="Rows of the embedding")
@click.option("--heads", type=click.IntRange(min=1), metavar="N", help="Query heads")
@click.option("--kv-heads", type=click.IntRange(min=1), metavar="N", help="Key and value heads")
@click.option(
    "--batch",
    "batch_path",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help="One estimate per row of FILE, as CSV on stdout",
)
@session_options
def command(session: Session, batch_path: Path | None, **said: Any) -> None:
    """Estimate memory, speed and cost of one fine-tune.

    \b
    Examples:
      tunecase estimate --model Qwen/Qwen3-8B --technique qlora --gpu RTX4090 --seq-len 2048
      tunecase estimate --params-b 7 --technique full --gpu A100-80 --gpus 4 --sharding fsdp
      tunecase estimate --model meta-llama/Llama-3.1-8B --examples 3000 --json
    """
    if batch_path is not None:
        from advisor.cli.estimate_rows import write_rows

        write_rows(batch_path, sys.stdout, warn=lambda line: click.echo(line, err=True))
        return
    setup = _setup(said)
    prices = _prices(session)
    found = _estimate(setup, prices, _tokens(said))
    _use_measured_speed(session, setup, found, prices)
    if session.as_json:
        session.emit(found)
        return
    from advisor.cli.estimate_screen import draw

    draw(session.console(), setup, found)


def _setup(said: dict[str, Any]) -> Setup:
    from advisor.costing.cards import card
    from advisor.costing.setup import Setup

    return Setup(
        shape=_shape(said),
        technique=said["technique"],
        gpu=card(said["gpu"]).gpu if said["gpu"] else "",
        gpus=said["gpus"],
        sharding=said["sharding"],
        seq_len=said["seq_len"],
        batch_size=said["batch_size"],
        rank=said["rank"],
        targets=tuple(one.strip() for one in said["targets"].split(",") if one.strip()),
        checkpointing=said["checkpointing"],
        attention=said["attention"],
        loss=said["loss"],
        optimizer=said["optimizer"],
    )


def _shape(said: dict[str, Any]) -> Shape:
    from advisor.costing.shapes import find_shape, from_params, parameters_b

    if said["model"] is None and said["params_b"] is None:
        raise PlanError("no model is named", fix="give --model HUB_ID, or --params-b N with or without sizes")
    named = {field: said[flag] for flag, field in SHAPE_FLAGS.items() if said[flag] is not None}
    shape = from_params(said["params_b"]) if said["params_b"] is not None else find_shape(said["model"])
    if not named:
        return shape
    if "hidden" in named or "heads" in named:
        named["head_dim"] = named.get("hidden", shape.hidden) // named.get("heads", shape.heads)
    changed = msgspec.structs.replace(shape, **named)
    if said["params_b"] is None:
        total = parameters_b(changed)
        changed = msgspec.structs.replace(
            changed, params_b=total, active_b=total * shape.active_b / shape.params_b
        )
    return msgspec.structs.replace(changed, guessed=changed.guessed and len(named) < len(SHAPE_FLAGS))


def _prices(session: Session) -> Prices:
    """Prices of the engagement where there is one, else those of the table."""
    from advisor.engagement.records.settings import Prices

    engagement = session.optional_engagement()
    return engagement.settings().prices if engagement is not None else Prices()


def _tokens(said: dict[str, Any]) -> float | None:
    if said["examples"] is None:
        return None
    each = said["tokens_per_example"] or min(said["seq_len"], TOKENS_PER_EXAMPLE)
    return float(said["examples"] * each * said["epochs"])


def _estimate(setup: Setup, prices: Prices, tokens: float | None) -> dict[str, Any]:
    """The object of the contract."""
    from advisor.costing import renting
    from advisor.costing.memory.estimating import estimate as memory
    from advisor.costing.memory.estimating import fits
    from advisor.costing.speed.estimating import estimate as speed
    from advisor.costing.speed.estimating import hours

    used = memory(setup)
    likely, safe = fits(used, setup.gpu) if setup.gpu else (None, None)
    fast = speed(setup) if setup.gpu else None
    took = hours(setup, tokens) if setup.gpu and tokens is not None else None
    return {
        "peak_memory_gib": used.allocated,
        "device_memory_gib": used.device,
        "breakdown_gib": used.breakdown_gib,
        "fits": likely,
        "fits_safely": safe,
        "tokens_per_second_per_gpu": fast.tokens_per_second_per_gpu if fast else None,
        "tokens": tokens,
        "hours": took,
        "usd": renting.run_price(setup, prices, took) if took else None,
        "warnings": list(fast.warnings) if fast else [],
        "smallest_card": renting.smallest(setup),
        "cheapest_by_technique": renting.by_technique(setup, prices, tokens=tokens),
        "offers": renting.offers(setup, prices, tokens=tokens)[:5],
        "remedies": [_remedy(one) for one in renting.remedies(setup)] if setup.gpu and not safe else [],
        "sources": [*used.sources, *(fast.sources if fast else [])],
    }


def _use_measured_speed(session: Session, setup: Setup, found: dict[str, Any], prices: Prices) -> None:
    """Where `doctor --calibrate` has measured this very card, its speed takes the place of the prior."""
    from advisor.costing import renting
    from advisor.costing.measured import training_seconds
    from advisor.costing.prices import find_card
    from advisor.engagement.records.advice import Range

    engagement = session.optional_engagement()
    measured = engagement.calibration() if engagement is not None else None
    listed = find_card(measured.device) if measured is not None else None
    if measured is None or listed is None or listed.gpu != setup.gpu:
        return
    kind: Any = next((one for one in ("full", "qlora") if one in setup.technique), "lora")
    whole = 1e6 * setup.gpus
    took = training_seconds(measured, setup.shape.active_b, 1e6, parameters=kind)
    found["tokens_per_second_per_gpu"] = Range(
        low=1e6 / took.high, likely=1e6 / took.likely, high=1e6 / took.low
    )
    found["warnings"] = [f"speed measured on {measured.device} on {measured.date}"]
    if found["tokens"] is not None:
        share = found["tokens"] / whole / 3600
        hours = Range(low=share * took.low, likely=share * took.likely, high=share * took.high)
        found["hours"], found["usd"] = hours, renting.run_price(setup, prices, hours)


def _remedy(one: Any) -> dict[str, Any]:
    return {
        "change": one.change,
        "device_memory_gib": round(one.likely_gib, 2),
        "fits": one.fits,
        "fits_safely": one.fits_safely,
    }
