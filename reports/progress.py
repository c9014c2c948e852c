"""The progress report: one row per iteration of the data, with its change against the last one."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from advisor.engagement.records.advice import FindOut, Given, Recommendation
from advisor.engagement.records.comparison import Comparison, Verdict
from advisor.engagement.records.iterations import Change, Iteration, IterationArm

from . import roadmap, titles
from .advised import UnknownRow, unknown_rows
from .charts import Chart, Kind, Spot, dot_plot
from .figures import Figure
from .numbers import NOTHING, Shown, count, estimate, points, span

MOST_COLUMNS = 6
"""Iterations in the table of all options: as many as a page is wide, the latest."""
MOST_UNKNOWN = 6
"""Open questions, most useful first; the report itself lists all."""
FIRST = "first"
SPLITS = {"train": "Training rows", "validation": "Validation rows", "test": "Held-out rows"}


class IterationRow(NamedTuple):
    """One iteration as shown."""

    title: str
    """Number and date."""
    rows: str
    """Training and held-out rows."""
    leading: str
    """The option that led."""
    score: Shown
    """Its score, with interval."""
    n: str
    """Items the score rests on."""
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
    lines: list[Iteration],
    given: list[Given],
    advice: Recommendation | None,
    comparison: Comparison | None,
    verdict: Verdict | None,
) -> View:
    """What the template needs; there is at least one iteration."""
    latest, names = lines[-1], _names(lines, comparison)
    altered = [
        Altered(_title(now), _differs(last, now, names), _method(last, now)) for last, now in pairwise(lines)
    ]
    return View(
        headline=_headline(lines, names),
        decision=titles.DECISIONS[latest.decision],
        sentence=latest.sentence,
        next_step=verdict.next_step if verdict else "",
        glance=_glance(lines),
        titles={
            "scores": _course(lines),
            "altered": _alterations(altered),
            "options": f"{count(len(names))} option{'s' * (len(names) != 1)} measured in all",
            "given": _advice_title(given),
            "next": titles.open_questions(advice) if advice else "What the verdict says to do",
        },
        metric=titles.METRICS[latest.metric],
        scores=_scores(lines, names),
        iterations=[_row(line, names) for line in lines],
        altered=altered,
        columns=[_title(line) for line in lines[-MOST_COLUMNS:]],
        options=_options(lines[-MOST_COLUMNS:], names),
        given=_given(given),
        steps=roadmap.steps(advice.roadmap) if advice else [],
        unknowns=unknown_rows(_turning(advice)[:MOST_UNKNOWN]) if advice else [],
    )


def figures(lines: list[Iteration]) -> list[Figure]:
    """Every score of every iteration, and each change."""
    found = []
    for line in lines:
        item = _title(line)
        for arm in line.arms:
            ends = (arm.score.value, arm.score.low, arm.score.high)
            found.append(Figure(item, arm.name, line.metric, *ends, arm.score.n, "share"))
        found.append(Figure(item, "verdict", "decision", line.decision, note=line.sentence))
        if (one := line.leading_change) is not None:
            told = f"{one.after} against {one.before}: {_word(one)}; {one.method}"
            change = (one.value, one.low, one.high)
            found.append(Figure(item, "change", line.metric, *change, one.n_after, "share", told))
    return found


def _names(lines: list[Iteration], comparison: Comparison | None) -> dict[str, str]:
    """Every option that ever ran, by the title that the latest comparison gives it."""
    known = {arm.name: arm.title for arm in comparison.arms} if comparison else {}
    return {
        arm.name: known.get(arm.name, titles.capital(arm.name.replace("_", " ")))
        for line in lines
        for arm in line.arms
    }


def _headline(lines: list[Iteration], names: dict[str, str]) -> str:
    latest, arm = lines[-1], _leading(lines[-1])
    if arm is None or arm.score.value is None:
        return f"Iteration {latest.number}: no option has a result"
    metric = titles.METRICS[latest.metric]
    now = f"{names[arm.name]} reaches {metric} {points(arm.score.value)} of 100"
    if len(lines) == 1:
        return f"Iteration {latest.number}: {now}"
    change = latest.leading_change
    if change is None or change.value is None:
        return f"Iteration {latest.number}: {now}; it cannot be held against the last one"
    gap = f"{points(change.value, signed=True)} points"
    told = {
        "better": f"is better than the last one by {gap}",
        "worse": f"is worse than the last one by {gap}",
    }
    word = told.get(_word(change), f"is not shown to differ from the last one ({gap})")
    return f"Iteration {latest.number} {word}: {now}"


def _glance(lines: list[Iteration]) -> list[tuple[str, str]]:
    latest, arm = lines[-1], _leading(lines[-1])
    told = [("Iterations", count(len(lines))), ("Since", lines[0].date)]
    if arm is not None and arm.score.value is not None:
        told.append(("Score now", _with_basis(estimate(arm.score), arm.score.n)))
    change = latest.leading_change
    if change is not None and change.value is not None:
        told.append(("Change", _with_basis(_change(change), change.n_after)))
    return told


def _with_basis(shown: Shown, n: int) -> str:
    return f"{shown.value} ({', '.join(filter(None, (shown.interval, f'n={count(n)}')))})"


def _course(lines: list[Iteration]) -> str:
    words = [_word(line.leading_change) for line in lines if line.leading_change is not None]
    better, worse = words.count("better"), words.count("worse")
    if not words:
        return "There is nothing yet to hold it against"
    return f"{better or 'None'} of {len(words)} changes shown to be better, {worse or 'none'} to be worse"


def _alterations(altered: list[Altered]) -> str:
    if not altered:
        return "Nothing was changed yet"
    told = "; ".join(one.rstrip(".") for one in altered[-1].changes)
    return f"Before the latest iteration: {told}"


def _advice_title(given: list[Given]) -> str:
    kinds = {one.approach for one in given}
    if not kinds:
        return "No advice was given yet"
    last = titles.APPROACHES[given[-1].approach]
    if len(kinds) == 1:
        return f"The advice has been the same all along: {last}"
    return f"The advice changed, and is {last} now"


def _row(line: Iteration, names: dict[str, str]) -> IterationRow:
    arm, change = _leading(line), line.leading_change
    return IterationRow(
        title=_title(line),
        rows=f"{count(line.rows.get('train', 0))} / {count(line.rows.get('test', 0))}",
        leading=names[arm.name] if arm else NOTHING,
        score=estimate(arm.score if arm else None),
        n=count(arm.score.n) if arm else "0",
        change=_change(change) if change else Shown(FIRST if line.number == 1 else NOTHING),
        word=_word(change) if change else "",
        decision=titles.DECISIONS[line.decision],
    )


def _change(change: Change) -> Shown:
    return Shown(points(change.value, signed=True), span(change.low, change.high, signed=True))


def _word(change: Change) -> str:
    """By the interval alone, as two iterations are one contrast."""
    if change.low is None or change.high is None:
        return "cannot be said"
    return "better" if change.low > 0 else "worse" if change.high < 0 else "not shown to differ"


def _differs(last: Iteration, now: Iteration, names: dict[str, str]) -> list[str]:
    """What was changed in between, as far as the records know."""
    told = [
        f"{name}: {count(now.rows.get(split, 0))}, before {count(last.rows.get(split, 0))}."
        for split, name in SPLITS.items()
        if now.rows.get(split) != last.rows.get(split)
    ]
    if last.test != now.test:
        told.append("Other held-out rows.")
    pairs = (
        ("Base model", last.model, now.model),
        ("Metric", titles.METRICS[last.metric], titles.METRICS[now.metric]),
        ("Limit of rows", _limit(last), _limit(now)),
    )
    told += [f"{name}: {after}, before {before}." for name, before, after in pairs if before != after]
    then, today = ({arm.name for arm in line.arms} for line in (last, now))
    new = [names[arm.name] for arm in now.arms if arm.name not in then]
    gone = [names[arm.name] for arm in last.arms if arm.name not in today]
    told += [f"New: {', '.join(new)}."] if new else []
    told += [f"No longer run: {', '.join(gone)}."] if gone else []
    return told or ["Other rows, as many as before."]


def _limit(line: Iteration) -> str:
    return "none" if line.limit is None else count(line.limit)


def _method(last: Iteration, now: Iteration) -> str:
    change = now.leading_change
    if last.metric != now.metric:
        return "Scores by two metrics cannot be held against each other."
    if change is None or change.value is None:
        return "One of the two iterations has no result."
    if change.paired:
        return f"Pairs of answers to the same {count(change.n_after)} items: {change.method}."
    basis = f"{count(change.n_after)}, before {count(change.n_before)}"
    return f"Other items than before ({basis}): {change.method}."


def _leading(line: Iteration) -> IterationArm | None:
    """The arm that led in this iteration, if any had a result."""
    return next((arm for arm in line.arms if arm.name == line.leading), None)


def _title(line: Iteration) -> str:
    return f"{line.number}. {line.date}"


def _turning(advice: Recommendation) -> list[FindOut]:
    """Open questions whose answer could turn the advice."""
    return [one for one in advice.find_out if one.could_become]


def _options(shown: list[Iteration], names: dict[str, str]) -> list[tuple[str, list[Shown]]]:
    scores = [{arm.name: arm.score for arm in line.arms} for line in shown]
    return [
        (title, [estimate(by_name[name]) if name in by_name else Shown("not run") for by_name in scores])
        for name, title in names.items()
        if any(name in by_name for by_name in scores)
    ]


def _given(given: list[Given]) -> list[tuple[str, str, str, str]]:
    rows, before = [], ""
    for one in given:
        basis = f"{len(one.evidence)} measured facts" if one.evidence else "answers alone"
        moved = "" if not before else "as before" if before == one.approach else "changed"
        rows.append((one.as_of, one.sentence, basis, moved))
        before = one.approach
    return rows


def _scores(lines: list[Iteration], names: dict[str, str]) -> Chart | None:
    spots = []
    for line in lines[-MOST_COLUMNS:]:
        arm = _leading(line)
        if arm is None or arm.score.value is None or line.metric != lines[-1].metric:
            continue
        ends = [None if end is None else 100 * end for end in (arm.score.low, arm.score.high)]
        kind: Kind = "winner" if line is lines[-1] else "other"
        label = f"{line.number}. {names[arm.name]}"
        spots.append(Spot(label, 100 * arm.score.value, ends[0], ends[1], points(arm.score.value), kind))
    if not spots:
        return None
    return dot_plot(
        spots,
        id="course",
        title="The leading option of each iteration with its 95 % interval",
        description=_course(lines) + ".",
        unit=f"{titles.METRICS[lines[-1].metric]}, points of 100",
        reach=(0.0, 100.0),
    )
