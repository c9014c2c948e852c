"""What `check` found in a client's file: the verdict, the findings, and the data in numbers."""

from __future__ import annotations

from typing import Literal

import msgspec

from .examples import Task

Severity = Literal["serious", "warning"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something in the data that its owner should know."""

    code: str
    """Stable word, such as `duplicate` or `leak`."""
    message: str
    """One sentence with the count."""
    count: int
    """Rows concerned; all of them are listed in `data/findings.jsonl`."""
    lines: list[int] = []
    """First lines, at most ten, 1-based."""
    severity: Severity = "warning"
    """Serious ones can make a comparison worthless, or a client liable."""
    places: list[str] = []
    """The same lines with the names of their files, where two files were given."""
    do: str = ""
    """What to do about it, in one sentence."""


class Affected(msgspec.Struct, frozen=True, kw_only=True):
    """All rows of a finding: a line of `data/findings.jsonl`."""

    code: str
    """As in the finding."""
    message: str
    """As in the finding."""
    ids: list[str]
    """Ids of the canonical rows."""
    places: list[str]
    """File and line of each."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why data was rejected, with the way out."""

    message: str
    """What is wrong and where."""
    line: int | None
    """1-based line, where one is to blame."""
    fix: str
    """What to do."""


class Lengths(msgspec.Struct, frozen=True, kw_only=True):
    """How long texts are, as numbers and as a histogram."""

    unit: str
    """tokens, with how they were counted where that is not the model's tokenizer."""
    mean: float
    """Mean."""
    p50: int
    """Median."""
    p95: int
    """95th percentile."""
    longest: int
    """Largest."""
    edges: list[int]
    """Borders of the histogram's bins, one more than there are bins."""
    counts: list[int]
    """Texts per bin."""
    limit: int | None = None
    """Length that training cuts at, where one is known."""
    over: int = 0
    """Rows whose input and output together are longer than `limit`."""
    sampled: int = 0
    """Texts counted, where not all were; 0 means all."""


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """One of the four things that good training data does, with the evidence."""

    name: Literal["represents", "covers", "consistent", "balanced"]
    """Stable word."""
    question: str
    """In words."""
    met: bool | None
    """None where the data cannot say."""
    evidence: str
    """What was counted."""


class Threshold(msgspec.Struct, frozen=True, kw_only=True):
    """How much data others needed, and whether there is as much."""

    what: str
    """What the amount buys."""
    needed: int
    """Rows, or rows per class."""
    there: int
    """What the training split holds."""
    source: str
    """Who says so."""

    @property
    def met(self) -> bool:
        """Whether there is enough."""
        return self.there >= self.needed


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """How well a classifier tells training rows from test rows: 0.5 is chance."""

    auc: float
    """Area under the ROC curve, out of fold."""
    low: float
    """Lower end of the 95 % interval."""
    high: float
    """Upper end."""
    rows: int
    """Rows it was measured on."""

    @property
    def matters(self) -> bool:
        """Whether the difference is worth acting on, and shown to be: above 0.6, and surely above 0.55."""
        return self.auc > 0.6 and self.low > 0.55


class DocumentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The documents for retrieval."""

    documents: int
    """Documents with text."""
    chunks: int
    """Pieces they were cut into."""
    kinds: dict[str, int]
    """Documents per kind of file."""
    words: int
    """Words in all of them."""
    questions_with_gold: int
    """Rows that name the documents that hold their answer."""
    gold_absent: int
    """Rows that name a document that is not there."""


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What the data looks like, in numbers: `data/profile.json`."""

    schema: str = "profile/1"
    """Name and number of this record's form."""
    task: Task
    """What kind of answer is wanted."""
    rows: dict[str, int]
    """Rows per split."""
    labels: dict[str, int] = {}
    """Rows per label over all splits, largest first."""
    input_words_mean: float
    """Mean words per input."""
    input_words_p95: float
    """95th percentile of words per input."""
    output_words_mean: float
    """Mean words per output."""
    minimum_detectable: float | None
    """Smallest paired accuracy difference the test split can show (power 0.8, 20 % discordant), or None."""
    notes: list[str] = []
    """Advice on size and balance, in sentences."""
    inputs: Lengths | None = None
    """Lengths of inputs."""
    outputs: Lengths | None = None
    """Lengths of outputs."""
    languages: dict[str, float] = {}
    """Share of rows per language (ISO 639-1), largest first, where texts are long enough to tell."""
    scripts: dict[str, float] = {}
    """Share of letters per writing system, largest first."""
    output_form: str = ""
    """What most outputs parse as: a label, a number, JSON, a list, or text."""
    output_form_share: float | None = None
    """Share of the outputs that do."""
    demands: list[Demand] = []
    """The four demands on training data."""
    thresholds: list[Threshold] = []
    """Enough data?"""
    drift: Drift | None = None
    """Between training and test rows, where a test file was given or rows name their split."""
    label_noise: float | None = None
    """Share of the labels that a classifier contradicts with confidence."""
    duplicates: int = 0
    """Rows that repeat an earlier input."""
    near_duplicates: int = 0
    """Rows in clusters of near-copies, exact repeats aside."""
    documents: DocumentFacts | None = None
    """Where documents were given."""

    @property
    def scored_as(self) -> Task | None:
        """How arms are scored: pairs by their better answer; None where no answer can be scored."""
        if self.task == "preference":
            return "generation"
        return self.task if self.task in ("classification", "generation") else None


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """What `check` prints."""

    schema: str = "intake/1"
    """Name and number of this record's form."""
    status: Literal["accepted", "accepted_with_warnings", "rejected"]
    """The verdict on the file."""
    format: str
    """What the file was taken for."""
    task: str
    """What kind of answer is wanted, such as classification or generation."""
    rows_in: int
    """Rows read."""
    rows_kept: int
    """Rows in canonical form after those left out and those that leak."""
    warnings: list[Finding] = []
    """Things to look at, serious ones first."""
    errors: list[Refusal] = []
    """Why it was rejected."""
    profile: Profile | None = None
    """Absent when rejected."""
    splits: dict[str, int] = {}
    """Rows per split."""
    masked: dict[str, int] = {}
    """Values masked by --redact, by kind."""
    copy: str = ""
    """The mended or masked copy, where one was written."""
