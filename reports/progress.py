"""The progress report: one row per iteration, with its change against the last one."""

from __future__ import annotations

from typing import NamedTuple

from advisor.engagement.records.advice import FindOut, Given, Recommendation
from advisor.engagement.records.comparison import Verdict
from advisor.engagement.records.iterations import Change, Iterated, IteratedArm

from . import roadmap, titles
from .advised import UnknownRow, unknown_rows
from .charts import Chart, Kind, Spot, dot_plot
from .figures import Figure
from .numbers import NOTHING, Shown, count, estimate, in_words, money, points, span

MOST_COLUMNS = 6
"""Iterations in the table of all options: as many as a page is wide, the latest."""
MOST_UNKNOWN = 6
"""Open questions, most useful first; the report itself lists all."""
FIRST = "first"


class IterationRow(NamedTuple):
    """One iteration as shown."""

    title: str
    """Number and date."""
    rows: str
    """Training and held-out items."""
    leading: str
    """The option that led."""
    score: Shown
    """Its score, with interval."""
    n: str
    """Items the score rests on."""
    baseline: str
    """Score of the best prompting option."""
    change: Shown
    """Against the last iteration, with interval."""
    word: str
    """In the fixed vocabulary, or why there is none."""
    decision: str
    """The verdict."""


class Altered(NamedTuple):
    """What was changed before one iteration."""

    title: str
    """Number and date."""
    changes: list[str]
    """In sentences."""
    method: str
    """How the change in score was measured."""


class View(NamedTuple):
    """Everything the progress template shows."""

    headline: str
    """How the latest iteration stands to the last one."""
    decision: str
    """The latest verdict in words."""
    sentence: str
    """The latest verdict itself."""
    next_step: str
    """What to do now; empty without a verdict on file."""
    glance: list[tuple[str, str]]
    """Name and value."""
    titles: dict[str, str]
    """Section titles by name."""
    metric: str
    """Name of the primary metric."""
    scores: Chart | None
    """The leading option of every iteration with its interval."""
    iterations: list[IterationRow]
    """Oldest first."""
    altered: list[Altered]
    """From the second on."""
    columns: list[str]
    """Iterations of the table of all options."""
    options: list[tuple[str, list[Shown]]]
    """Title and score in each of these."""
    given: list[tuple[str, str, str, str]]
    """Advice over time: date, recommendation, basis, change."""
    steps: list[roadmap.Step]
    """What the advice plans."""
    unknowns: list[UnknownRow]
    """Open questions with whom to ask."""


def view(
    lines: list[Iterated], given: list[Given], advice: Recommendation | None, verdict: Verdict | None
) -> View:
    """What the template needs; there is at least one line."""
    latest = lines[-1]
    return View(
        headline=_headline(lines),
        decision=titles.DECISIONS[latest.decision],
        sentence=latest.sentence,
        next_step=verdict.next_step if verdict else "",
        glance=_glance(lines),
        titles={
            "scores": _course(lines),
            "altered": _alterations(lines),
            "options": f"{count(len(_known(lines)))} options were measured in all",
            "given": _advice_title(given),
            "next": titles.open_questions(advice) if advice else "What the verdict says to do",
        },
        metric=titles.METRICS[latest.metric],
        scores=_scores(lines),
        iterations=[_row(number, line) for number, line in enumerate(lines, start=1)],
        altered=[
            Altered(_title(number, line), line.differs, line.incomparable or _method(line.change))
            for number, line in enumerate(lines, start=1)
            if number > 1
        ],
        columns=[_title(number, line) for number, line in _latest(lines)],
        options=_options(lines),
        given=_given(given),
        steps=roadmap.steps(advice.roadmap) if advice else [],
        unknowns=unknown_rows(_turning(advice)[:MOST_UNKNOWN]) if advice else [],
    )


def figures(lines: list[Iterated]) -> list[Figure]:
    """Every score of every iteration, and each change."""
    found = []
    for number, line in enumerate(lines, start=1):
        item = _title(number, line)
        found += [
            Figure(item, arm.title, line.metric, arm.score.value, arm.score.low, arm.score.high, arm.score.n)
            for arm in line.arms
        ]
        found.append(Figure(item, "verdict", "decision", line.decision, note=line.sentence))
        if (one := line.change) is not None:
            told = f"{one.word}; {one.method}"
            ends = (one.value, one.low, one.high)
            found.append(Figure(item, "change", line.metric, *ends, one.n, "share", told))
    return found


def _headline(lines: list[Iterated]) -> str:
    latest, number = lines[-1], len(lines)
    arm = leading(latest)
    if arm is None or arm.score.value is None:
        return f"Iteration {number}: no option has a result"
    name = titles.METRICS[latest.metric]
    now = f"{arm.title} reaches {name} {points(arm.score.value)} of 100"
    if number == 1:
        return f"Iteration 1: {now}"
    change = latest.change
    if change is None or change.value is None:
        return f"Iteration {number}: {now}; it cannot be held against the last one"
    gap = f"{points(change.value, signed=True)} points"
    if change.word == "better":
        return f"Iteration {number} is better than the last one by {gap}: {now}"
    if change.word == "worse":
        return f"Iteration {number} is worse than the last one by {gap}: {now}"
    if change.word == "not worse":
        return f"Iteration {number} is not worse than the last one ({gap}): {now}"
    return f"Iteration {number} is not shown to differ from the last one ({gap}): {now}"


def _glance(lines: list[Iterated]) -> list[tuple[str, str]]:
    latest, arm = lines[-1], leading(lines[-1])
    told = [("Iterations", count(len(lines))), ("Since", lines[0].as_of)]
    if arm is not None and arm.score.value is not None:
        shown = estimate(arm.score)
        told.append(("Score now", f"{shown.value} ({shown.interval}, n={count(arm.score.n)})"))
    if latest.change is not None and latest.change.value is not None:
        gap, basis = _change(latest.change), f"n={count(latest.change.n)}"
        told.append(("Change", f"{gap.value} ({', '.join(filter(None, (gap.interval, basis)))})"))
    if arm is not None and arm.cost_usd_per_1000 is not None:
        told.append((in_words("Computing per 1,000 requests"), money(arm.cost_usd_per_1000, "USD")))
    return told


def _course(lines: list[Iterated]) -> str:
    changes = [line.change for line in lines if line.change is not None]
    better = sum(change.word == "better" for change in changes)
    worse = sum(change.word == "worse" for change in changes)
    if not changes:
        return "There is nothing yet to hold it against"
    return f"{better or 'None'} of {len(changes)} changes shown to be better, {worse or 'none'} to be worse"


def _alterations(lines: list[Iterated]) -> str:
    if len(lines) == 1:
        return "Nothing was changed yet"
    return f"Before iteration {len(lines)}: {'; '.join(one.rstrip('.') for one in lines[-1].differs)}"


def _advice_title(given: list[Given]) -> str:
    kinds = list(dict.fromkeys(one.approach for one in given))
    if not kinds:
        return "No advice was given yet"
    last = titles.APPROACHES[given[-1].approach]
    if len(kinds) == 1:
        return f"The advice has been the same all along: {last}"
    return f"The advice changed, and is {last} now"


def _row(number: int, line: Iterated) -> IterationRow:
    arm = leading(line)
    prompting = next((one for one in line.arms if one.name == line.baseline), None)
    change = line.change
    return IterationRow(
        title=_title(number, line),
        rows=f"{count(line.n_train)} / {count(line.n_test)}",
        leading=arm.title if arm else NOTHING,
        score=estimate(arm.score if arm else None),
        n=count(arm.score.n) if arm else "0",
        baseline=points(prompting.score.value) if prompting else "",
        change=_change(change) if change else Shown(FIRST if number == 1 else NOTHING),
        word=line.incomparable or (change.word if change else ""),
        decision=titles.DECISIONS[line.decision],
    )


def _change(change: Change) -> Shown:
    return Shown(points(change.value, signed=True), span(change.low, change.high, signed=True))


def _method(change: Change | None) -> str:
    if change is None:
        return ""
    if change.paired:
        return f"Pairs of answers to the same {count(change.n)} items: {change.method}."
    return f"Other items than before ({count(change.n)}, before {count(change.n_before)}): {change.method}."


def leading(line: Iterated) -> IteratedArm | None:
    """The arm that led in this iteration, if any had a result."""
    return next((arm for arm in line.arms if arm.name == line.leading), None)


def _title(number: int, line: Iterated) -> str:
    return f"{number}. {line.as_of}"


def _latest(lines: list[Iterated]) -> list[tuple[int, Iterated]]:
    return list(enumerate(lines, start=1))[-MOST_COLUMNS:]


def _known(lines: list[Iterated]) -> dict[str, str]:
    """Titles of all arms by name, the latest title of each."""
    return {arm.name: arm.title for line in lines for arm in line.arms}


def _turning(advice: Recommendation) -> list[FindOut]:
    """Open questions whose answer could turn the advice."""
    return [one for one in advice.find_out if one.could_become]


def _options(lines: list[Iterated]) -> list[tuple[str, list[Shown]]]:
    shown = [line for _, line in _latest(lines)]
    scores = [{arm.name: arm.score for arm in line.arms} for line in shown]
    return [
        (title, [estimate(by_name[name]) if name in by_name else Shown("not run") for by_name in scores])
        for name, title in _known(shown).items()
    ]


def _given(given: list[Given]) -> list[tuple[str, str, str, str]]:
    rows, before = [], ""
    for one in given:
        basis = f"{len(one.evidence)} measured facts" if one.evidence else "answers alone"
        moved = "" if not before else "as before" if before == one.approach else "changed"
        rows.append((one.as_of, one.sentence, basis, moved))
        before = one.approach
    return rows


def _scores(lines: list[Iterated]) -> Chart | None:
    spots = []
    for number, line in _latest(lines):
        arm = leading(line)
        if arm is None or arm.score.value is None:
            continue
        ends = [None if end is None else 100 * end for end in (arm.score.low, arm.score.high)]
        kind: Kind = "winner" if number == len(lines) else "other"
        label = f"{number}. {arm.title}"
        spots.append(Spot(label, 100 * arm.score.value, ends[0], ends[1], points(arm.score.value), kind))
    if not spots:
        return None
    name = titles.METRICS[lines[-1].metric]
    return dot_plot(
        spots,
        id="course",
        title="The leading option of each iteration with its 95 % interval",
        description=_course(lines) + ".",
        unit=f"{name}, points of 100",
        reach=(0.0, 100.0),
    )
