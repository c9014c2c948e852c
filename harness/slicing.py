"""Where arms differ more or less than on the whole: slices of the test rows, for exploring only.

Nobody agreed on them before the run, so they never reach the verdict; over all of them together the false
discovery rate is held (Benjamini and Hochberg 1995).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from advisor.engagement.records.comparison import SliceDifference, Slices, Word
from advisor.engagement.records.examples import Example
from harness.contrasts import ALPHA, Finished, Scored, gaps_of, item_difference, scored
from harness.intake.audits.language import told
from harness.marking import Marker, Markers
from harness.statistics.clustered import Codes
from harness.statistics.multiplicity import benjamini_hochberg

FEWEST = 20
"""Rows below which a slice is counted, not tested."""
MOST = 20
"""Slices of one kind, largest first."""
MOST_TOLD = 2_000
"""Rows whose language is told."""
QUARTERS = ("shortest quarter", "second quarter", "third quarter", "longest quarter")
INSTEAD = ("accuracy", "token_f1", "chrf")
"""Metrics of single items that stand in for one over all items, first that applies."""


class Part(NamedTuple):
    """Some of the test rows."""

    kind: str
    """What they share: label, length, language, script, group or source."""
    name: str
    """Which value of it."""
    places: Codes
    """Their numbers among the test rows, rising."""


def explore(
    markers: Markers,
    primary: Marker,
    test: Sequence[Example],
    clusters: Codes,
    arms: Mapping[str, Finished],
    baseline: str | None,
) -> Slices | None:
    """Each arm against the baseline on every slice; None without a baseline, a rival or a slice."""
    marker = _of_items(markers, primary)
    rivals = [arm for name, arm in arms.items() if name != baseline]
    if baseline is None or marker is None or not rivals:
        return None
    found, small = parts(test)
    scores = {
        name: arm.scored if marker is primary else scored(marker, arm.rows, test)
        for name, arm in arms.items()
    }
    raw = [
        one for rival in rivals for one in _against(marker, (baseline, rival.name), scores, clusters, found)
    ]
    if not raw:
        return None
    adjusted = benjamini_hochberg([one.p for one in raw])
    return Slices(
        metric=marker.metric.name,
        note=f"exploratory: not agreed before the run and no part of the verdict; false discovery rate held "
        f"over {len(raw)} tests (Benjamini-Hochberg)",
        differences=[_named(one, p) for one, p in zip(raw, adjusted, strict=True)],
        too_small=small,
    )


def parts(rows: Sequence[Example]) -> tuple[list[Part], int]:
    """The slices large enough to test, and how many are not. One that holds every row is none."""
    found: list[Part] = []
    small = 0
    for kind, value in _kinds(rows).items():
        by_name: dict[str, list[int]] = {}
        for place, row in enumerate(rows):
            name = value(place, row)
            if name:
                by_name.setdefault(name, []).append(place)
        large = {name: places for name, places in by_name.items() if FEWEST <= len(places) < len(rows)}
        small += sum(len(places) < FEWEST for places in by_name.values())
        order = sorted(large, key=lambda name: (-len(large[name]), name))[:MOST]
        found += [Part(kind, name, np.array(large[name], dtype=np.int64)) for name in order]
    return found, small


def _kinds(rows: Sequence[Example]) -> dict[str, Callable[[int, Example], str]]:
    """By kind: number and row to the name of the row's slice, empty for none."""
    quarters, written = _quarters(rows), _languages(rows)
    return {
        "label": lambda place, row: row.label or "",
        "length": lambda place, row: quarters[place],
        "language": lambda place, row: _meta(row, "language") or written.get(place, ("", ""))[0],
        "script": lambda place, row: written.get(place, ("", ""))[1],
        "group": lambda place, row: _meta(row, "group"),
        "source": lambda place, row: _meta(row, "source"),
    }


def _meta(row: Example, key: str) -> str:
    value = row.meta.get(key)
    return "" if value is None else str(value)


def _quarters(rows: Sequence[Example]) -> list[str]:
    """By words of the input; equal lengths stay together."""
    words = np.array([len(row.input_text().split()) for row in rows])
    if not len(words) or words.min() == words.max():
        return [""] * len(rows)
    cuts = np.quantile(words, (0.25, 0.5, 0.75), method="lower")
    return [QUARTERS[int(place)] for place in np.searchsorted(cuts, words, side="left")]


def _languages(rows: Sequence[Example]) -> dict[int, tuple[str, str]]:
    """Language and script by number, of rows spread evenly."""
    places = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST_TOLD)).astype(int)).tolist()
    return dict(zip(places, told([rows[place].input_text() for place in places]), strict=True))


def _of_items(markers: Markers, primary: Marker) -> Marker | None:
    """The primary metric where it scores items, else one that does."""
    if primary.score is not None:
        return primary
    return next((markers[name] for name in INSTEAD if name in markers), None)


def _against(
    marker: Marker,
    names: tuple[str, str],
    scores: Mapping[str, Scored],
    clusters: Codes,
    found: Sequence[Part],
) -> list[SliceDifference]:
    """One arm against the baseline on all slices, each with the rows that both answered."""
    one, other = (scores[name] for name in names)
    both, tested = one.has & other.has, []
    for part in found:
        kept = part.places[both[part.places]]
        _, codes = np.unique(clusters[kept], return_inverse=True)
        if len(kept) < FEWEST or not codes.any():
            continue
        a, b = one.values[:, kept], other.values[:, kept]
        result = item_difference(gaps_of(a, b), codes, binary=marker.metric.binary)
        tested.append(
            SliceDifference(
                kind=part.kind,
                name=part.name,
                a=names[0],
                b=names[1],
                n=len(kept),
                value_a=float(a.mean()),
                value_b=float(b.mean()),
                value=result.value,
                low=max(-1.0, result.low),
                high=min(1.0, result.high),
                p=result.p,
                p_adjusted=result.p,
                word="not shown to differ",
            )
        )
    return tested


def _named(found: SliceDifference, adjusted: float) -> SliceDifference:
    """With its adjusted p, and the word that follows from it."""
    word: Word = "not shown to differ"
    if adjusted < ALPHA and found.low > 0:
        word = "better"
    elif adjusted < ALPHA and found.high < 0:
        word = "worse"
    return msgspec.structs.replace(found, p_adjusted=adjusted, word=word)
