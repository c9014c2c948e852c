"""Which labels are taken for which, beside the best prompting option."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from advisor.engagement import codec
from advisor.engagement.folder import Engagement
from advisor.engagement.records.comparison import ArmSummary, Comparison
from advisor.engagement.records.runs import Answered

from .lettering import fitting, wide
from .numbers import MINUS, count

MOST_LABELS = 7
"""Labels of the grid: those with the most changes."""
MOST_ROWS = 20
OTHER = "another answer"
LETTERS = 18
"""Letters of a label in a sentence."""
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
WIDTH = 360
NAMES = 150
"""Pixels for the names beside the grid."""
CELL = 44
"""Most pixels of a cell's side."""
TOP = 24
STRONGEST = 0.45
"""Opacity of the largest change: the number above it stays legible."""

Pair = tuple[str, str]


class Cell(NamedTuple):
    """One wanted label with one answer."""

    x: float
    """Left end."""
    y: float
    """Upper end."""
    text: str
    """Change in items, signed; empty where there is none."""
    kind: str
    """more or fewer."""
    strength: float
    """Opacity, 0 to 0.45."""
    right: bool
    """Whether the answer is the wanted one."""


class Grid(NamedTuple):
    """Everything the macro needs."""

    title: str
    """What the chart shows."""
    description: str
    """What one sees in it."""
    width: int
    """Pixels."""
    height: float
    """Pixels."""
    left: float
    """Where the cells begin."""
    cell: int
    """Pixels of a cell's side."""
    names: list[tuple[float, str]]
    """Base line and wanted label, numbered."""
    heads: list[tuple[float, str]]
    """Middle and number of the answer."""
    cells: list[Cell]
    """Row by row."""


class Confusions(NamedTuple):
    """The change of the table of confusions."""

    title: str
    """The largest change."""
    grid: Grid
    """Labels with the most changes."""
    rows: list[tuple[str, str, str, str, str]]
    """Wanted, answered, items before, items after, change."""
    left_out: int
    """Changed pairs that are not listed."""
    arms: tuple[str, str]
    """Before and after, in words."""


def confusions(
    engagement: Engagement, comparison: Comparison, leading: ArmSummary | None
) -> Confusions | None:
    """From the test rows of both arms' first seed; None where they are not there or nothing changes."""
    baseline = next((arm for arm in comparison.arms if arm.name == comparison.baseline), None)
    if not comparison.labels or baseline is None or leading is None or leading is baseline:
        return None
    before, after = (_counted(engagement, arm, set(comparison.labels)) for arm in (baseline, leading))
    if not before or not after:
        return None
    change = {pair: after[pair] - before[pair] for pair in (*before, *after)}
    changed = sorted((pair for pair, by in change.items() if by), key=lambda p: (-abs(change[p]), p))
    if not changed:
        return None
    title = _title(changed, change)
    n = sum(after.values())
    return Confusions(
        title=title,
        grid=_grid(comparison, change, changed, f"{title} (n={count(n)})."),
        rows=[
            (*pair, count(before[pair]), count(after[pair]), signed(change[pair]))
            for pair in changed[:MOST_ROWS]
        ],
        left_out=max(0, len(changed) - MOST_ROWS),
        arms=(baseline.title, leading.title),
    )


def signed(change: int) -> str:
    """`+12`, or with a real minus sign."""
    return f"{'+' if change > 0 else MINUS}{count(abs(change))}"


def _counted(engagement: Engagement, arm: ArmSummary, labels: set[str]) -> Counter[Pair]:
    """Items by wanted label and answer; answers that are no label are one."""
    path = engagement.run(arm.runs[0]).predictions_path if arm.runs else None
    if path is None or not path.exists():
        return Counter()
    return Counter(
        (row.target, row.output if row.output in labels else OTHER)
        for row in codec.iter_lines(path, Answered)
        if row.split == "test"
    )


def _title(changed: list[Pair], change: dict[Pair, int]) -> str:
    """Of mistakes where any changed, else of right answers."""
    wrong = [pair for pair in changed if pair[0] != pair[1]]
    wanted, answered = (fitting_name(name) for name in (wrong or changed)[0])
    by = change[(wrong or changed)[0]]
    one = abs(by) == 1
    items = f"{count(abs(by))} {'more' if by > 0 else 'fewer'} {'item' if one else 'items'} of {wanted}"
    if not wrong:
        return f"{items} {'is' if one else 'are'} found"
    return f"{items} {'is' if one else 'are'} taken for {answered}"


def fitting_name(label: str) -> str:
    """A label in a sentence."""
    if label == OTHER:
        return label
    kept = label.strip() or "(empty)"
    return f"\u201c{kept if len(kept) <= LETTERS else kept[:LETTERS] + ELLIPSIS}\u201d"


def _grid(comparison: Comparison, change: dict[Pair, int], changed: list[Pair], described: str) -> Grid:
    weight: Counter[str] = Counter()
    for pair in changed:
        for label in set(pair):
            weight[label] += abs(change[pair])
    chosen = {label for label, _ in weight.most_common() if label != OTHER}
    ranked = sorted(chosen, key=lambda label: (-weight[label], label))[:MOST_LABELS]
    shown = [label for label in comparison.labels if label in ranked]
    answers = [*shown, OTHER] if any(pair[1] == OTHER for pair in changed) else shown
    most = max((abs(by) for pair, by in change.items() if pair[0] in shown and pair[1] in answers), default=1)
    names = [fitting(f"{number} {label}", NAMES) for number, label in enumerate(shown, start=1)]
    left = round(max((wide(name) for name in names), default=0.0) + 10)
    side = min(CELL, (WIDTH - left) // max(1, len(answers)))
    cells = [
        _cell((left, side), (row, column), change.get((wanted, answer), 0), most or 1, wanted == answer)
        for row, wanted in enumerate(shown)
        for column, answer in enumerate(answers)
    ]
    heads = [
        (left + side * (number + 0.5), "?" if answer == OTHER else str(number + 1))
        for number, answer in enumerate(answers)
    ]
    return Grid(
        title="Change in items by wanted label (rows) and answer (columns)",
        description=described,
        width=WIDTH,
        height=TOP + side * len(shown) + 4,
        left=left,
        cell=side,
        names=[(TOP + side * (number + 0.5) + 5, name) for number, name in enumerate(names)],
        heads=heads,
        cells=cells,
    )


def _cell(grid: tuple[float, int], place: tuple[int, int], by: int, most: int, right: bool) -> Cell:
    return Cell(
        x=grid[0] + grid[1] * place[1],
        y=TOP + grid[1] * place[0],
        text=_short(by) if by else "",
        kind="more" if by > 0 else "fewer",
        strength=round(STRONGEST * abs(by) / most, 2),
        right=right,
    )


def _short(by: int) -> str:
    """What a cell holds: thousands as `k`."""
    if abs(by) < 1000:
        return signed(by)
    return f"{'+' if by > 0 else MINUS}{abs(by) // 1000}k"
