"""Arms side by side, and what follows from it: `runs/comparison.json`, `runs/verdict.json`."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from advisor.engagement.records.forgetting import Forgetting
from advisor.engagement.records.judged import JudgeResult
from advisor.engagement.records.runs import Estimate, Retrieval

Word = Literal["better", "worse", "not worse", "not shown to differ", "baseline", "not ranked"]
Decision = Literal["confirmed", "overturned", "inconclusive", "no_advice"]


class ArmSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the options table."""

    name: str
    """Arm."""
    title: str
    """In words."""
    seeds: list[int]
    """Seeds that ran."""
    metrics: dict[str, Estimate]
    """Test metrics, averaged over seeds."""
    validation: float | None
    """Primary metric on validation, averaged over seeds."""
    failed: int
    """Requests without an answer."""
    unparsed: int
    """Whole outputs that are no label."""
    tokens_estimated: int = 0
    """Answers whose tokens are estimated, because the server did not count them."""
    cost_usd_per_1000: float | None
    """Compute cost of 1,000 requests at the stated hourly price; None where no price applies."""
    p50_seconds: float | None
    """Median seconds per item."""
    p95_seconds: float | None
    """95th percentile."""
    train_seconds: float | None
    """Training time, mean over seeds; None for untrained arms."""
    train_cost_usd: float | None
    """Training time at the stated hourly price, or what a vendor took."""
    peak_memory_gib: float | None
    """Larger of training and prediction."""
    word: Word
    """Against the baseline, in the fixed vocabulary."""
    per_class: dict[str, dict[str, float]] = {}
    """precision, recall, f1, support by label, first seed."""
    prompt: str = ""
    """Prompt as rendered, `{input}` in place of client text."""
    choices: dict[str, str] = {}
    """What was chosen on validation."""
    runs: list[str] = []
    """Folder names under `runs/`, one per seed."""
    models: list[str] = []
    """Folder names under `models/`, one per seed; empty for untrained arms."""
    retrieval: Retrieval | None = None
    """How well its passages were found, for arms that search documents, first seed."""
    answered: int = 0
    """Outputs over all seeds."""
    truncated: int = 0
    """Of them cut at the limit, or still thinking there: scored as wrong."""
    thought: int = 0
    """Of them with thinking in front, which is not scored."""
    near_ties: int | None = None
    """Of them those that another batch size may change; None where that is not seen."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Paired difference b minus a on the same items."""

    metric: str
    """Which metric."""
    a: str
    """The baseline arm."""
    b: str
    """The other arm."""
    value: float | None
    """Mean of b minus a."""
    low: float | None
    """Lower end of the 95 % interval."""
    high: float | None
    """Upper end."""
    p: float | None
    """Two-sided p-value."""
    p_adjusted: float | None
    """After Holm's correction over the declared contrasts."""
    n: int
    """Paired items."""
    clusters: int | None = None
    """Groups and passages that the items were drawn with; n where each stands for itself."""
    items_error: float | None = None
    """Standard error for the items drawn, where arms were trained several times."""
    seeds_error: float | None = None
    """Standard error for the seeds drawn, beside it."""
    discordant: int | None
    """Items that exactly one of the two got right; None for graded metrics."""
    fixed: int | None
    """a wrong, b right."""
    broken: int | None
    """a right, b wrong."""
    method: str
    """Interval and test, by name."""
    minimum_detectable: float | None
    """Smallest true difference found with power 0.8 at this n and discordance; None: not detectable."""
    word: Word
    """In the fixed vocabulary."""


class SliceDifference(msgspec.Struct, frozen=True, kw_only=True):
    """Paired difference b minus a on some of the test rows: exploratory."""

    kind: str
    """What the rows share: label, length, language, script, group or source."""
    name: str
    """Which value of it; lengths are quarters by words of the input."""
    a: str
    """The baseline arm."""
    b: str
    """The other arm."""
    n: int
    """Paired rows."""
    value_a: float
    """Score of a on these rows, averaged over seeds."""
    value_b: float
    """Score of b."""
    value: float
    """Mean of b minus a."""
    low: float
    """Lower end of the 95 % interval."""
    high: float
    """Upper end."""
    p: float
    """Two-sided p-value."""
    p_adjusted: float
    """After Benjamini and Hochberg's correction over all slices and arms."""
    word: Word
    """better or worse where the adjusted p is below 0.05 and the interval leaves 0 out."""


class Slices(msgspec.Struct, frozen=True, kw_only=True):
    """Each arm against the baseline on parts of the test rows; nothing of it reaches the verdict."""

    metric: str
    """The primary metric, or one of single items where that is defined over all items at once."""
    note: str
    """What has to be said beside every number of it."""
    differences: list[SliceDifference]
    """By arm, then by kind, largest slice first."""
    too_small: int
    """Slices with too few rows to test."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What the client's answers ask of a winner besides quality; None where they say nothing."""

    seconds: float | None = None
    """Longest that one output may take."""
    may_leave: bool = True
    """Whether data may be processed on machines of others at all."""
    elsewhere: list[str] = []
    """Arms that machines of others answer."""
    requests_per_month: float | None = None
    """Volume."""
    budget_usd: float | None = None
    """For the first year, people and machines together."""


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """What the winner costs at the client's volume, by measured prices; people are not in it."""

    requests_per_month: float
    """Volume, as answered."""
    usd_per_month: float
    """Answering with the winner."""
    baseline_usd_per_month: float | None
    """Answering with the best prompting arm; None where the winner is that arm, or its cost is not known."""
    training_usd: float | None
    """Training the winner once; None for untrained arms."""
    break_even_requests: float | None
    """Requests after which the training is earned back; None where the winner saves nothing per request."""
    usd_per_extra_right: float | None
    """USD for each further right answer, training left out, where the winner is better and dearer."""
    three_years_usd: float
    """Training once and answering for 36 months."""
    baseline_three_years_usd: float | None
    """The same of the best prompting arm."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """All arms under one protocol."""

    schema: str = "comparison/1"
    """Name and number of this record's form."""
    metric: str
    """Primary metric."""
    baseline: str | None
    """Best prompting arm on validation."""
    arms: list[ArmSummary]
    """In plan order."""
    differences: list[Difference]
    """Each contrast against the baseline, and the winner's rivals against the best arm."""
    excluded: list[dict[str, str]]
    """Arms not ranked: `name` and `why`."""
    minimum_effect: float
    """From the plan."""
    margin: float
    """From the plan."""
    labels: list[str]
    """Label list."""
    n_test: int
    """Held-out items."""
    n_train: int
    """Training items."""
    n_validation: int
    """Validation items."""
    plan_digest: str
    """sha256 of the decision rule as it stood at the first prediction."""
    deviations: list[str]
    """What changed in the plan after that."""
    provenance: dict[str, Any]
    """Versions, device, threads, seeds, digests, prices with date."""
    judge: JudgeResult | None = None
    """How the judge did, where the plan has one."""
    forgetting: list[Forgetting] = []
    """Each trained model beside its base on general tasks."""
    limits: Limits = Limits()
    """What the client's answers ask besides quality."""
    aside: list[dict[str, str]] = []
    """Ranked arms that those limits keep from winning: `name` and `why`."""
    slices: Slices | None = None
    """Exploratory: parts of the test rows; None where there is nothing to slice."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the evidence says of the advice."""

    schema: str = "verdict/1"
    """Name and number of this record's form."""
    decision: Decision
    """confirmed, overturned, inconclusive or no_advice."""
    winner: str | None
    """Arm, or none."""
    winner_approach: str | None
    """Approach the winner belongs to, or none."""
    advised: str | None
    """Approach the advice named, or none."""
    sentence: str
    """The decision in one sentence with one number and its interval."""
    because: str
    """Why, in one or two sentences."""
    needed_n: int | None
    """Held-out items that would settle it, when inconclusive."""
    caveats: list[str]
    """What to keep in mind."""
    next_step: str
    """What to do now."""
    money: Money | None = None
    """What the winner costs at the client's volume; None without a winner, a volume or a price."""
