"""The four demands on training data, answered with what was counted: yes, no, or the data cannot say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from advisor.engagement.records.intake import Demand, Drift, Lengths

from .corpus import TRAIN, Corpus, Found

UNEVEN = 10.0
"""Rows of the largest class per row of the smallest from which classes are called unbalanced."""
FEW = 20
"""Training rows under which a class is called rare."""
MOST_REPEATS = 0.1
"""Share of repeats above which the rows say little about the real inputs."""
STEADY = 0.995
"""Share of outputs in one form from which the form is called consistent."""
_OTHER = re.compile(r"\b(oos|other|others|none|unknown|out of scope|misc|miscellaneous|not applicable)\b")


def demands(corpus: Corpus, seen: Sequence[Found], facts: Mapping[str, Any]) -> list[Demand]:
    """Represents, covers, consistent, balanced."""
    counts = {one.finding.code: one.finding.count for one in seen}
    return [
        _represents(corpus, facts),
        _covers(corpus, facts),
        _consistent(corpus, counts, facts),
        _balanced(corpus),
    ]


def _represents(corpus: Corpus, facts: Mapping[str, Any]) -> Demand:
    """Only test rows from the real world can tell; a split drawn from the same file cannot."""
    met: bool | None = None
    repeats, rows = _repeats(corpus), len(corpus.numbers())
    said = [f"{repeats:,} of {rows:,} rows repeat an input"]
    drift = facts.get("drift")
    if isinstance(drift, Drift):
        told_apart = drift.matters
        met = not told_apart
        said.insert(
            0,
            f"a classifier tells test rows from training rows with AUC {drift.auc:.2f} "
            f"({drift.low:.2f}-{drift.high:.2f}; 0.5 is chance)",
        )
        said.append("this holds for real inputs as far as the test rows come from production")
    else:
        said.append("a --test file of recent production inputs would tell")
    if rows and repeats > MOST_REPEATS * rows:
        met = False
    question = "Do the rows represent the real inputs?"
    return Demand(name="represents", question=question, met=met, evidence="; ".join(said))


def _repeats(corpus: Corpus) -> int:
    used = corpus.inputs[corpus.numbers()]
    return len(used) - len(np.unique(used))


def _covers(corpus: Corpus, facts: Mapping[str, Any]) -> Demand:
    """No where a class is nearly absent; otherwise what the edge cases are is not in the data."""
    said: list[str] = []
    met: bool | None = None
    if corpus.task == "classification" and len(corpus.labels):
        sizes = _sizes(corpus)
        rare = int((sizes < FEW).sum())
        met = False if rare else None
        said.append(f"{rare} of {len(sizes)} classes have under {FEW} training rows")
        other = [name for name in corpus.labels if _OTHER.search(name.lower().replace("_", " "))]
        said.append(f"a class for everything else: {other[0]}" if other else "no class for everything else")
    inputs = facts.get("inputs")
    if isinstance(inputs, Lengths):
        said.append(f"inputs have {inputs.p50:,} tokens in the median and {inputs.longest:,} at most")
    languages = facts.get("languages") or {}
    if languages:
        said.append(f"languages seen: {', '.join(list(languages)[:5])}")
    if met is None:
        said.append("which cases are rare and costly, the people who answer today can list")
    return Demand(name="covers", question="Do they cover the edge cases?", met=met, evidence="; ".join(said))


def _sizes(corpus: Corpus) -> np.ndarray[Any, np.dtype[np.int64]]:
    codes = corpus.label[corpus.numbers(TRAIN)]
    return np.bincount(codes[codes >= 0], minlength=len(corpus.labels))


def _consistent(corpus: Corpus, counts: Mapping[str, int], facts: Mapping[str, Any]) -> Demand:
    said: list[str] = []
    met: bool | None = None
    share, form = facts.get("output_form_share"), facts.get("output_form") or "text"
    if isinstance(share, float):
        said.append(f"{100 * share:.1f} % of the outputs are {form}")
        met = None if form == "text" else share >= STEADY
    conflicts, variants = counts.get("conflict", 0), counts.get("label_variants", 0)
    said.append(f"{conflicts:,} rows share an input but not the output")
    if corpus.task == "classification":
        said.append(f"{variants:,} rows have a label that is spelt in two ways")
    if conflicts or variants:
        met = False
    if met is None:
        said.append("whether free texts agree in tone and layout needs a reader")
    return Demand(
        name="consistent", question="Do the outputs keep one format?", met=met, evidence="; ".join(said)
    )


def _balanced(corpus: Corpus) -> Demand:
    """Classes of a classification; for other tasks nothing says what ought to be balanced."""
    question = "Are the classes balanced?"
    if corpus.task != "classification" or not len(corpus.labels):
        evidence = "the rows name no classes: count them by the kinds of request that matter to the client"
        return Demand(name="balanced", question=question, met=None, evidence=evidence)
    sizes = _sizes(corpus)
    least, most = int(sizes.min()), int(sizes.max())
    evidence = (
        f"the largest class has {most:,} training rows ({corpus.labels[int(sizes.argmax())]}), "
        f"the smallest {least:,} ({corpus.labels[int(sizes.argmin())]})"
    )
    met = len(sizes) > 1 and least > 0 and most <= UNEVEN * least
    return Demand(name="balanced", question=question, met=met, evidence=evidence)
