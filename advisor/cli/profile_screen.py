"""A client's data on a screen: the verdict, what is wrong, whether there is enough; 80 columns at most."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

    from advisor.engagement.records.intake import Finding, Intake, Lengths, Profile

COLUMNS = 80
LEAST_COLUMNS = 40
FINDINGS_SHOWN = 12
BARS = 8
RAREST = 3
BAR = 24
LEAST_BAR = 4
NAME = 32
SHARES_SHOWN = 6
SIGNS = {"serious": ("!! serious", "bold red"), "warning": ("!  warning", "yellow")}
ANSWERS = {True: "yes", False: "no", None: "cannot say"}


def draw(console: Console, intake: Intake, *, quiet: bool = False) -> None:
    """All of it, or the verdict and the splits; nothing of rejected data, which has no rows."""
    if intake.status == "rejected":
        return
    _verdict(console, intake)
    if quiet:
        return
    if intake.masked:
        masked = ", ".join(f"{kind} {number:,}" for kind, number in intake.masked.items())
        _say(console, f"masked values: {masked}")
    _findings(console, intake.warnings)
    profile = intake.profile
    if profile is None:
        return
    _demands(console, profile)
    _enough(console, profile)
    _lengths(console, profile)
    _classes(console, profile.labels)
    _others(console, profile)
    if profile.notes:
        _head(console, "Notes")
    for note in profile.notes:
        _say(console, note, first="  - ")


def _verdict(console: Console, intake: Intake) -> None:
    word = intake.status.replace("_", " ")
    rows = f"{intake.rows_kept:,} of {intake.rows_in:,} rows"
    _say(console, f"{word}: {intake.format}, {intake.task}, {rows}", style="bold")
    profile = intake.profile
    splits = intake.splits or (profile.rows if profile else {})
    if splits:
        _say(console, "splits: " + ", ".join(f"{name} {rows:,}" for name, rows in splits.items()))
    least = profile.minimum_detectable if profile else None
    if splits.get("test") and least is not None and math.isfinite(least):
        _say(
            console,
            f"the {splits['test']:,} test rows can show a difference of {100 * least:.1f} points or more "
            "between two options, four times in five, if the two differ on a fifth of the rows",
            first="  ",
        )


def _findings(console: Console, found: list[Finding]) -> None:
    """Serious ones first, as many as a screen holds."""
    ordered = sorted(found, key=lambda one: one.severity != "serious")
    if ordered:
        serious = sum(one.severity == "serious" for one in ordered)
        others = len(ordered) - serious
        _head(console, f"Findings: {serious} serious, {others} warning{'s' * (others != 1)}")
    for one in ordered[:FINDINGS_SHOWN]:
        sign, style = SIGNS[one.severity]
        _say(console, one.message, first=f"  {sign}  ", first_style=style)
        if where := _where(one):
            _say(console, where, first=" " * 14, style="dim")
        if one.do:
            _say(console, f"do: {one.do}", first=" " * 14)
    if len(ordered) > FINDINGS_SHOWN:
        more = len(ordered) - FINDINGS_SHOWN
        _say(console, f"and {more} more: see data/findings.jsonl, or --json", first="  ")


def _where(one: Finding) -> str:
    if not one.places and not one.lines:
        return ""
    named = one.places or [f"{line:,}" for line in one.lines]
    more = ", ..." if one.count > len(named) else ""
    noun = "" if one.places else "line " if len(named) == 1 else "lines "
    return f"{noun}{', '.join(named)}{more}"


def _demands(console: Console, profile: Profile) -> None:
    if profile.demands:
        _head(console, "Good training data?")
    for one in profile.demands:
        _say(console, one.question, first=f"  {ANSWERS[one.met]:<10}  ")
        _say(console, one.evidence, first=" " * 14, style="dim")


def _enough(console: Console, profile: Profile) -> None:
    if not profile.thresholds:
        return
    _head(console, f"{'Enough data?':<14}{'there':>9}{'needed':>9}")
    for one in profile.thresholds:
        word = "enough" if one.met else "too few"
        _say(console, one.what, first=f"  {word:<12}{one.there:>9,}{one.needed:>9,}  ")
        _say(console, f"source: {one.source}", first=" " * 34, style="dim")


def _lengths(console: Console, profile: Profile) -> None:
    """Tokens of inputs and outputs; words where tokens were not counted."""
    told = [(name, one) for name, one in (("inputs", profile.inputs), ("outputs", profile.outputs)) if one]
    if not told:
        _words(console, profile)
        return
    _head(console, f"{'Lengths':<14}{'median':>9}{'95 % up to':>12}{'longest':>9}")
    for name, one in told:
        _line(console, Text(f"  {name:<12}{one.p50:>9,}{one.p95:>12,}{one.longest:>9,}"))
    for unit in dict.fromkeys(one.unit for _, one in told):
        _say(console, f"in {unit}", first="  ")
    for name, one in told:
        if one.sampled:
            _say(console, f"{name}: counted on a sample of {one.sampled:,}", first="  ")
    for one in [one for _, one in told if one.limit is not None][:1]:
        rows = f"{one.over:,} row{'s are' if one.over != 1 else ' is'}" if one.over else "no row is"
        cut = ": training would cut them there" if one.over else ""
        reach = f"{one.limit:,} {one.unit.split(',')[0].split()[0]}"
        _say(console, f"{rows} longer than {reach}, input and output together{cut}", first="  ")
    for name, one in told:
        _histogram(console, name, one)


def _words(console: Console, profile: Profile) -> None:
    """Mean words, for a profile without lengths; documents alone have no rows to count."""
    mean, high, answer = profile.input_words_mean, profile.input_words_p95, profile.output_words_mean
    if not all(map(math.isfinite, (mean, high, answer))) or not mean:
        return
    _head(console, "Lengths")
    _say(console, f"words per input: mean {mean:,.0f}, 95 % up to {high:,.0f}", first="  ")
    if answer:
        _say(console, f"words per output: mean {answer:,.0f}", first="  ")


def _histogram(console: Console, name: str, lengths: Lengths) -> None:
    from reports.bins import fewer

    bins = fewer(lengths.edges, lengths.counts, BARS)
    if len(bins) < 2:
        return
    _say(console, f"{name}, texts per length:", first="  ")
    labels = [f"{low:,} to {high:,}" for low, high, _ in bins]
    _bars(console, list(zip(labels, (number for _, _, number in bins), strict=True)))


def _classes(console: Console, labels: dict[str, int]) -> None:
    """The largest and the rarest, with how many lie between."""
    if not labels:
        return
    ordered = sorted(labels.items(), key=lambda entry: (-entry[1], entry[0]))
    span = f"from {ordered[0][1]:,} to {ordered[-1][1]:,} rows" if len(ordered) > 1 else "every row has it"
    _head(console, f"{len(ordered):,} class{'es' * (len(ordered) != 1)}, {span}")
    if len(ordered) <= BARS + RAREST:
        _bars(console, ordered)
        return
    between = len(ordered) - BARS - RAREST
    gap = f"... {between:,} more class{'es' * (between != 1)}"
    _bars(console, ordered[:BARS], ordered[-RAREST:], gap=gap)


def _bars(console: Console, *groups: list[tuple[str, int]], gap: str = "") -> None:
    """Names, numbers and bars of plain characters; `gap` stands between groups."""
    rows = [(_short(console, name), number) for group in groups for name, number in group]
    wide = max(Text(name).cell_len for name, _ in rows)
    digits = max(len(f"{number:,}") for _, number in rows)
    most = max(number for _, number in rows)
    longest = max(LEAST_BAR, min(BAR, _columns(console) - wide - digits - 8))
    for place, (name, number) in enumerate(rows):
        if gap and place == len(groups[0]):
            _say(console, gap, first="    ", style="dim")
        room = " " * (wide - Text(name).cell_len)
        bar = "#" * max(round(longest * number / most), 1 if number else 0) if most else ""
        _line(console, Text(f"    {name}{room}  {number:>{digits},}  {bar}".rstrip()))


def _others(console: Console, profile: Profile) -> None:
    """Whatever else was counted, one line each."""
    told = [*_mix(profile), *_copies(profile), *_drift(profile), *_documents(profile)]
    if told:
        _head(console, "Also counted")
    for line in told:
        _say(console, line, first="  ")


def _mix(profile: Profile) -> list[str]:
    told = []
    for name, shares in (("languages", profile.languages), ("scripts", profile.scripts)):
        if len(shares) > 1:
            told.append(f"{name}: {_shares(shares)}")
    share = profile.output_form_share
    if profile.output_form and share is not None and math.isfinite(share):
        told.append(f"outputs: {percent(share)} are of one form: {profile.output_form}")
    return told


def _copies(profile: Profile) -> list[str]:
    told = []
    if profile.duplicates:
        told.append(f"copies: {profile.duplicates:,} rows repeat an earlier input")
    if profile.near_duplicates:
        told.append(f"near-copies: {profile.near_duplicates:,} rows resemble another one closely")
    noise = profile.label_noise
    if noise is not None and math.isfinite(noise):
        told.append(f"labels: a classifier confidently contradicts {percent(noise)} of them")
    return told


def _drift(profile: Profile) -> list[str]:
    drift = profile.drift
    if drift is None or not all(map(math.isfinite, (drift.auc, drift.low, drift.high))):
        return []
    apart = "training and test rows differ" if drift.matters else "no drift that matters is shown"
    measured = f"AUC {drift.auc:.2f} (95 % interval {drift.low:.2f} to {drift.high:.2f}, {drift.rows:,} rows)"
    return [f"drift: {apart}; a classifier tells them apart with {measured}, 0.5 is chance"]


def _documents(profile: Profile) -> list[str]:
    found = profile.documents
    if found is None:
        return []
    kinds = ", ".join(f"{kind} {number:,}" for kind, number in found.kinds.items())
    told = [
        f"documents: {found.documents:,}{f' ({kinds})' if kinds else ''}, "
        f"{found.words:,} words in {found.chunks:,} pieces"
    ]
    if found.questions_with_gold or found.gold_absent:
        told.append(
            f"questions: {found.questions_with_gold:,} name the documents that hold their answer, "
            f"{found.gold_absent:,} name one that is not there"
        )
    return told


def percent(share: float) -> str:
    """`92 %`, and never 0 or 100 for what is neither."""
    if 0 < share < 0.005:
        return "under 1 %"
    if 0.995 <= share < 1:
        return "over 99 %"
    return f"{100 * share:.0f} %"


def _shares(shares: dict[str, float]) -> str:
    kept = [(name, share) for name, share in shares.items() if math.isfinite(share)]
    told = [f"{name} {percent(share)}" for name, share in kept[:SHARES_SHOWN]]
    more = len(kept) - SHARES_SHOWN
    return ", ".join([*told, *([f"{more} more"] if more > 0 else [])])


def _short(console: Console, name: str) -> str:
    """A label as one clean piece that fits its column; an empty one is named."""
    whole = Text(_clean(console, name) or "(empty)")
    if whole.cell_len <= NAME:
        return whole.plain
    whole.truncate(NAME - 3, overflow="crop")
    return f"{whole.plain}..."


def _head(console: Console, title: str) -> None:
    _line(console, Text(""))
    _line(console, Text(title, style="bold"))


def _say(console: Console, text: str, *, first: str = "", first_style: str = "", style: str = "") -> None:
    """A paragraph that hangs under its beginning, in columns of the terminal and 80 at most."""
    room = _columns(console) - len(first)
    lines: Iterable[Text] = Text(_clean(console, text), style=style).wrap(console, room, overflow="fold")
    start = Text(first, style=first_style)
    for line in lines:
        line.rstrip()
        _line(console, Text.assemble(start, line))
        start = Text(" " * len(first))


def _columns(console: Console) -> int:
    return max(LEAST_COLUMNS, min(COLUMNS, console.width))


def _line(console: Console, text: Text) -> None:
    text.rstrip()
    console.print(text, soft_wrap=True)


def _clean(console: Console, text: str) -> str:
    """One line without marks that move the cursor, colour the screen or turn the direction of text.

    What the terminal's encoding lacks becomes a question mark.
    """
    from reports.plain import plain

    line = " ".join(str(plain(text)).split())
    return line.encode(console.encoding, "replace").decode(console.encoding)
