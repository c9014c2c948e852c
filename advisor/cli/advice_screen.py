"""The recommendation on a screen, in the order a client asks: what, why, why not, how much, what if."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

from advisor.advice.wording import FIRST, percent
from advisor.engagement.records.advice import BreakEven, Cost, Flip, Measured, Range, Reason, Recommendation

SHOWN = 5
MISSING = {
    "no_measure": "there is no agreed measure of success",
    "no_data": "there are no examples of the wanted output",
    "wrong_data": "the examples do not show the wanted output",
    "not_a_language_problem": "this is not a problem for a language model",
}


def draw(
    console: Console, advice: Recommendation, *, following: str, before: Recommendation | None = None
) -> None:
    """All of it, one block after the other; `before` is the advice of the answers alone."""
    console.print(f"[bold]{escape(advice.sentence)}[/bold]")
    if advice.not_ready_because:
        console.print(f"Because: {MISSING[advice.not_ready_because]}.")
        console.print(f"First: {escape(FIRST[advice.not_ready_because])}")
    _measured(console, advice, before)
    _why(console, advice)
    _runner_up(console, advice)
    _cost(console, advice)
    _flips(console, advice.flips)
    _unknown(console, advice)
    if advice.base_models:
        console.print("\n[bold]Models to start from[/bold]")
        for model in advice.base_models:
            console.print(f"  {model.hub_id}  {model.licence}; {escape(model.why)}")
    console.print(f"\nnext: {following}")


def _measured(console: Console, advice: Recommendation, before: Recommendation | None) -> None:
    """Advice before and after, what moved it, and all that was measured."""
    if not advice.evidence:
        return
    console.print("\n[bold]Measured[/bold]")
    if before is not None:
        console.print(f"  before   {escape(before.sentence)}")
        console.print(f"  after    {escape(advice.sentence)}")
        _repriced(console, before, advice)
    moved = [one for one in advice.evidence if one.question or one.replaces]
    for one in moved:
        console.print(f"  moved by {escape(one.what)}; {_instead_of(one)}")
    if not moved:
        console.print("  moved by nothing: no measurement replaces an answer")
    for one in advice.evidence:
        if one not in moved:
            named = f" [{', '.join(one.runs)}]" if one.runs else ""
            console.print(f"  - {escape(one.what + named)}")


def _instead_of(one: Measured) -> str:
    """What stood there before."""
    if one.question:
        return f"the answers said {escape(one.before)}"
    return f"in place of {one.replaces}" + (f" ({escape(one.before)})" if one.before else "")


def _repriced(console: Console, before: Recommendation, advice: Recommendation) -> None:
    """The bill before and after, where the same approach has another one now."""
    if before.approach != advice.approach:
        return
    for name in ("one_off", "per_month"):
        was, now = (getattr(one.cost, name) for one in (before, advice))
        if was != now:
            said = "once" if name == "one_off" else "running"
            console.print(
                f"  {said:<8} {money(before.cost.currency, was)}; now {money(advice.cost.currency, now)}"
            )


def _why(console: Console, advice: Recommendation) -> None:
    console.print("\n[bold]Why[/bold]")
    for reason in advice.reasons_for[:3]:
        _reason(console, "for", reason)
    for reason in advice.reasons_against[:1]:
        _reason(console, "against", reason)
    if not advice.reasons_against:
        console.print("  against  nothing in the answers")


def _reason(console: Console, side: str, reason: Reason) -> None:
    console.print(f"  {side:<7}  {escape(reason.because)}")
    console.print(f"           {escape(reason.question_text)} {escape(reason.answer)}")
    console.print(f"           source: {escape(reason.source)}")


def _runner_up(console: Console, advice: Recommendation) -> None:
    first, second = advice.ranking[0], advice.ranking[1]
    margin = first.probability - second.probability
    names = [name.replace("_", " ") for name in (second.approach, *advice.tied_with)]
    word = f"a tie with {', '.join(dict.fromkeys(names))}" if advice.tied_with else f"runner-up {names[0]}"
    console.print(f"\n[bold]Margin[/bold]\n  {word}, {100 * margin:.0f} points behind")
    shares = ", ".join(
        f"{one.approach.replace('_', ' ')} {percent(one.probability)}" for one in advice.ranking
    )
    console.print(f"  {shares}")


def _cost(console: Console, advice: Recommendation) -> None:
    cost = advice.cost
    console.print("\n[bold]Cost[/bold]")
    per = "per 1,000 requests" if any("1,000 requests" in one for one in cost.assumptions) else "per month"
    console.print(f"  once       {money(cost.currency, cost.one_off)}")
    console.print(f"  {per:<9}  {money(cost.currency, cost.per_month)}")
    for other in cost.alternatives:
        console.print(f"  or {money(cost.currency, other.per_month)} {per}: {escape(other.name)}")
    if cost.first_year is not None:
        console.print(f"  first year {money(cost.currency, cost.first_year)} (8 of 10 draws)")
    _break_even(console, advice)
    _moved_by(console, cost)
    for item in cost.items:
        dated = f", {item.as_of}" if item.as_of else ""
        plural = "" if item.quantity == 1 or item.unit.endswith("s") else "s"
        priced = f"{item.quantity:,g} {item.unit}{plural} at {item.unit_price:,g}"
        console.print(f"  - {item.name}: {priced} ({escape(item.source)}{dated})")
    for sentence in cost.assumptions:
        console.print(f"  - {escape(sentence)}")


def _break_even(console: Console, advice: Recommendation) -> None:
    """The volume of the recommended approach with its band, against prompting and cheaper prompting."""
    for one in advice.cost.break_even:
        if one.approach == advice.approach and one.running_only and one.low is not None:
            console.print(f"  cheaper than {escape(one.against)} from {_volume(one)}")


def _volume(one: BreakEven) -> str:
    """`176,000 requests a month (100,000-340,000)`; a missing end is `no volume`."""
    low, likely, high = (
        "no volume" if end is None else two_digits(end) for end in (one.low, one.likely, one.high)
    )
    return f"{likely} requests a month ({low}-{high})"


def _moved_by(console: Console, cost: Cost) -> None:
    """The two inputs that move the bill most."""
    if not cost.tornado:
        return
    named = "; ".join(
        f"{swing.input} ({two_digits(swing.low)}-{two_digits(swing.high)})" for swing in cost.tornado[:2]
    )
    console.print(f"  moved most by {escape(named)}")


def money(currency: str, band: Range) -> str:
    """`USD 40-90, likely 60`: a range, two significant digits."""
    low, likely, high = (two_digits(amount) for amount in (band.low, band.likely, band.high))
    return f"{currency} {low}-{high}, likely {likely}"


def two_digits(amount: float) -> str:
    """`14,000`, `0.85`."""
    rounded = float(f"{amount:.2g}")
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:g}"


def _flips(console: Console, flips: list[Flip]) -> None:
    console.print("\n[bold]What would change it[/bold]")
    if not flips:
        console.print("  no single answer")
    for flip in flips[: 2 * SHOWN]:
        becomes = flip.becomes.replace("_", " ")
        console.print(f"  {escape(flip.question_text)} {escape(flip.now)} -> {escape(flip.to)}: {becomes}")
    if len(flips) > 2 * SHOWN:
        console.print(f"  and {len(flips) - 2 * SHOWN} more (--json lists them)")


def _unknown(console: Console, advice: Recommendation) -> None:
    if not advice.find_out:
        return
    console.print("\n[bold]Find out[/bold]")
    for one in advice.find_out[:SHOWN]:
        could = ", ".join(name.replace("_", " ") for name in one.could_become)
        ending = f" (could become {could})" if could else ""
        console.print(
            f"  {escape(one.question_text)}{ending}\n     {escape(one.why)} Ask: {escape(one.who)}."
        )
    if len(advice.find_out) > SHOWN:
        console.print(f"  and {len(advice.find_out) - SHOWN} more (--json lists them)")
