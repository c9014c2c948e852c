"""Where the leading arms fail, what such rows share, and which examples would help: `runs/failures.json`."""

from __future__ import annotations

from typing import Literal

import msgspec

Outside = Literal["right rows", "other wrong rows"]
CauseKind = Literal[
    "class",
    "rare class",
    "class pair",
    "no label",
    "form",
    "cut",
    "empty",
    "long input",
    "short input",
    "long answer",
    "language",
    "script",
    "not retrieved",
    "unlike",
    "contradicted",
]


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """Something that wrong rows share, counted among them and outside."""

    kind: CauseKind
    """What sort of thing it is."""
    what: str = ""
    """Which class, pair, language or metric; empty where the kind says it all."""
    words: str
    """In words, without client text but for labels."""
    count: int
    """Wrong rows with it."""
    n: int
    """Wrong rows of which it can be told."""
    outside_count: int
    """Rows outside with it."""
    outside_n: int
    """Rows outside of which it can be told."""
    outside: Outside
    """Whom the wrong rows are compared with: right rows have no wrong answer of any kind."""
    p: float | None
    """Fisher's exact test, one-sided: more frequent among the wrong rows; None where nothing is outside."""
    p_adjusted: float | None
    """Corrected over everything that was looked for (Tarone 1990)."""
    shown: bool
    """Below 0.05 after correction; or the answer is wrong for that very reason, as one that was cut."""


class FailureCluster(msgspec.Struct, frozen=True, kw_only=True):
    """Wrong rows whose inputs are alike."""

    rows: list[str]
    """Ids of the test rows, the most typical first."""
    causes: list[Cause]
    """What is shown of them, the most distinctive first; counts are those within the cluster."""
    words: str
    """The first of them, or that nothing is shown."""


class ArmFailures(msgspec.Struct, frozen=True, kw_only=True):
    """The wrong rows of one arm on the test split."""

    arm: str
    """Which arm."""
    title: str
    """In words."""
    runs: list[str]
    """Folders under `runs/`, one per seed."""
    metric: str
    """What decides whether a row is wrong."""
    wrong_below: float
    """A row is wrong where its score, averaged over seeds, lies below."""
    n: int
    """Answered test rows."""
    wrong: int
    """Of them wrong."""
    missing: int
    """Rows on which a request failed: missing, not wrong."""
    clusters: list[FailureCluster]
    """Largest first."""
    silhouette: float | None
    """Of the clustering, -1 to 1; None where the wrong rows are taken as one group."""
    causes: list[Cause]
    """Over all wrong rows: those shown first, then those that were looked for and occur."""
    tested: int
    """Causes that were looked for; the correction is over them."""
    notes: list[str] = []
    """What has to be said of it."""


class Addition(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to add, or to mend where rows are not what is missing."""

    kind: CauseKind | Literal["any"]
    """The cause that it answers."""
    what: str = ""
    """As in the cause."""
    rows: int | None
    """Training rows to add; None where rows do not help."""
    basis: Literal["learning curve", "median class", "as many again", "none"]
    """Where that number comes from."""
    words: str
    """What to do, in a sentence."""
    like: list[str] = []
    """Ids of test rows that show the kind, which stay held out, or of training rows to check."""


class Failures(msgspec.Struct, frozen=True, kw_only=True):
    """The winner, or the best arm where none wins, and the best prompting arm."""

    schema: str = "failures/1"
    """Name and number of this record's form."""
    data: str
    """sha256 of the rows that were compared on, as in the runs."""
    arms: list[ArmFailures]
    """Leading arm first."""
    additions: list[Addition]
    """For the leading arm, the most wrong rows first."""
    notes: list[str] = []
    """What has to be said of the additions."""
