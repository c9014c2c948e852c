"""An estimate on a screen: what it takes, whether it fits, what to rent, what to change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.markup import escape

if TYPE_CHECKING:
    from rich.console import Console

    from advisor.costing.renting import Offer
    from advisor.costing.setup import Setup
    from advisor.engagement.records.advice import Range


def draw(console: Console, setup: Setup, found: dict[str, Any]) -> None:
    """All of it, memory first."""
    shape = setup.shape
    guessed = ", sizes guessed from it" if shape.guessed else ""
    console.print(
        f"[bold]{escape(setup.technique)}, {shape.params_b:g} billion parameters{guessed}[/bold], "
        f"{setup.batch_size} x {setup.seq_len:,} tokens a card"
    )
    _memory(console, setup, found)
    _speed(console, setup, found)
    _offers(console, found)
    for warning in found["warnings"]:
        console.print(f"  note: {escape(warning)}")


def _memory(console: Console, setup: Setup, found: dict[str, Any]) -> None:
    console.print("\n[bold]Memory, GiB a card[/bold]  low-high, likely")
    console.print(f"  allocated by the run  {band(found['peak_memory_gib'])}")
    console.print(f"  shown by the card     {band(found['device_memory_gib'])}")
    parts = sorted(found["breakdown_gib"].items(), key=lambda part: -part[1])
    console.print("  of which " + ", ".join(f"{name} {size:.2g}" for name, size in parts if size >= 0.05))
    if found["fits"] is None:
        return
    verdict = (
        "fits"
        if found["fits_safely"]
        else "is likely to fit, without reserve"
        if found["fits"]
        else "does not fit"
    )
    console.print(f"  {verdict} on {setup.gpus} x {escape(setup.gpu)}")
    if found["remedies"]:
        console.print("\n[bold]To make it fit, least harm first, each on top of the ones before[/bold]")
    for one in found["remedies"]:
        ending = "fits" if one["fits_safely"] else "likely fits" if one["fits"] else "not yet"
        console.print(f"  {escape(one['change'])}: {one['device_memory_gib']:.3g} GiB, {ending}")


def _speed(console: Console, setup: Setup, found: dict[str, Any]) -> None:
    if found["tokens_per_second_per_gpu"] is None:
        return
    console.print(
        f"\n[bold]Speed[/bold]  {band(found['tokens_per_second_per_gpu'])} tokens a second and card"
    )
    if found["hours"] is not None:
        console.print(
            f"  {found['tokens']:,.0f} tokens take {band(found['hours'])} hours on {setup.gpus} x {setup.gpu}"
        )
    if found["usd"] is not None:
        console.print(f"  USD {band(found['usd'])} at list prices for rented cards")


def _offers(console: Console, found: dict[str, Any]) -> None:
    console.print("\n[bold]What to rent[/bold]  the fewest cards of a kind on which the high end fits")
    if not found["offers"]:
        console.print("  none of the known cards, up to eight of them")
    for one in found["offers"]:
        console.print(f"  {_offer(one)}")
    if found["smallest_card"]:
        console.print(f"  smallest single card: {found['smallest_card']}")
    console.print("\n[bold]Cheapest for each technique, all else equal[/bold]")
    for technique, one in found["cheapest_by_technique"].items():
        console.print(
            f"  {technique:<6} {_offer(one) if one is not None else 'fits on none of the known cards'}"
        )


def _offer(one: Offer) -> str:
    run = f", this run USD {band(one.usd)}" if one.usd is not None else ""
    return f"{one.gpus} x {one.gpu}: USD {band(one.usd_per_hour)} an hour{run}"


def band(amount: Range) -> str:
    """`14-22, likely 17`."""
    low, likely, high = two(amount.low), two(amount.likely), two(amount.high)
    return likely if low == likely == high else f"{low}-{high}, likely {likely}"


def two(amount: float) -> str:
    """Two significant digits, three from 100 on."""
    rounded = float(f"{amount:.3g}") if amount >= 100 else float(f"{amount:.2g}")
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:g}"
