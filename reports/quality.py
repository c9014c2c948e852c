"""What the data are and whether they are good, from the records of `check`."""

from __future__ import annotations

from typing import NamedTuple

from advisor.engagement.folder import Engagement
from advisor.engagement.records.comparison import Comparison
from advisor.engagement.records.intake import Finding, Intake, Lengths, Profile

from . import titles
from .data_charts import DataChart, data_charts, unit_of
from .numbers import count, hundredths, percent, points
from .wording import reworded

FINDINGS_SHOWN = 24
SHARES_SHOWN = 6
ANSWERS = {True: "yes", False: "no", None: "cannot say"}


class FindingRow(NamedTuple):
    """One row of the findings."""

    severity: str
    """serious or warning."""
    message: str
    """What was found."""
    rows: str
    """How many are concerned."""
    where: str
    """The first of them, by line; empty where no line is to blame."""
    do: str
    """What to do about it."""


class DataFacts(NamedTuple):
    """The data section."""

    title: str
    """What the check concluded."""
    glance: str
    """The same in a few words; empty where the verdict is not on file."""
    facts: list[tuple[str, str]]
    """Name and value."""
    findings: list[FindingRow]
    """Serious ones first."""
    findings_left_out: int
    """Findings not listed."""
    demands: list[tuple[str, str, str]]
    """Question, answer, evidence."""
    thresholds: list[tuple[str, str, str, str, str]]
    """What the amount buys, rows there, rows needed, enough or too few, source."""
    charts: list[DataChart]
    """Lengths, classes, languages."""
    notes: list[str]
    """Advice on size and balance."""


def data_facts(engagement: Engagement, comparison: Comparison | None = None) -> DataFacts | None:
    """Verdict, findings and numbers; what is absent is left out. None where nothing is on file."""
    intake = engagement.intake()
    profile = engagement.profile() or (intake.profile if intake else None)
    if intake is None and profile is None and comparison is None:
        return None
    intake, profile = intake and reworded(intake), profile and reworded(profile)
    warnings = sorted(intake.warnings if intake else [], key=lambda one: one.severity != "serious")
    return DataFacts(
        title=titles.data(intake),
        glance=_glance(intake),
        facts=[
            *_files(intake),
            *_rows(engagement, profile, comparison),
            *(_numbers(profile) if profile else []),
        ],
        findings=[_finding(one) for one in warnings[:FINDINGS_SHOWN]],
        findings_left_out=max(0, len(warnings) - FINDINGS_SHOWN),
        demands=[(one.question, ANSWERS[one.met], one.evidence) for one in profile.demands]
        if profile
        else [],
        thresholds=_thresholds(profile) if profile else [],
        charts=data_charts(profile) if profile else [],
        notes=profile.notes if profile else [],
    )


def _glance(intake: Intake | None) -> str:
    if intake is None or intake.status == "rejected":
        return ""
    judged = titles.found(intake.warnings) or "no findings"
    return f"{count(intake.rows_kept)} of {count(intake.rows_in)} rows, {judged}"


def _files(intake: Intake | None) -> list[tuple[str, str]]:
    if intake is None:
        return []
    masked = ", ".join(f"{kind} {count(number)}" for kind, number in intake.masked.items())
    return [
        ("taken for", f"{intake.format}, {intake.task}"),
        ("rows", f"{count(intake.rows_kept)} kept of {count(intake.rows_in)} read"),
        *([("masked values", masked)] if masked else []),
    ]


def _rows(
    engagement: Engagement, profile: Profile | None, comparison: Comparison | None
) -> list[tuple[str, str]]:
    """Rows per split, how they were split, and what the test split can show."""
    told = []
    if comparison is not None:
        used = (comparison.n_train, comparison.n_validation, comparison.n_test)
        told.append(("used here", "train {}, validation {}, held out {}".format(*map(count, used))))
    elif profile is not None and profile.rows:
        told.append(("splits", ", ".join(f"{name} {count(n)}" for name, n in profile.rows.items())))
    if engagement.splits_path.exists():
        told.append(("split", engagement.splits().how))
    if profile is not None and profile.minimum_detectable is not None and profile.rows.get("test"):
        least = f"differences of {points(profile.minimum_detectable)} points or more between two options"
        basis = f"n={count(profile.rows['test'])}; power 0.8 where the two differ on a fifth of the rows"
        told.append(("test rows can show", f"{least} ({basis})"))
    return told


def _numbers(profile: Profile) -> list[tuple[str, str]]:
    """Lengths, mix, copies and drift."""
    told = []
    if profile.inputs is None and profile.input_words_mean:
        high = f"mean {profile.input_words_mean:.0f}, 95 % up to {profile.input_words_p95:.0f}"
        told.append(("words per input", high))
    for name, one in (("input length", profile.inputs), ("output length", profile.outputs)):
        if one is not None:
            told.append((name, _length(one)))
    limited = next((one for one in (profile.inputs, profile.outputs) if one and one.limit is not None), None)
    if limited is not None and limited.limit is not None:
        rows = f"{count(limited.over)} rows are" if limited.over != 1 else "1 row is"
        cut = "; training would cut them there" if limited.over else ""
        reach = f"{count(limited.limit)} {unit_of(limited)}"
        told.append(("over the limit", f"{rows} longer than {reach}, input and output together{cut}"))
    if profile.labels:
        sizes = sorted(profile.labels.values())
        told.append(("classes", f"{count(len(sizes))}, from {count(sizes[-1])} to {count(sizes[0])} rows"))
    return [*told, *_mix(profile), *_copies(profile), *_drift(profile), *_documents(profile)]


def _length(one: Lengths) -> str:
    sample = f", on a sample of {count(one.sampled)}" if one.sampled else ""
    high = f"95 % up to {count(one.p95)}, longest {count(one.longest)}"
    return f"median {count(one.p50)}, {high} ({one.unit}{sample})"


def _mix(profile: Profile) -> list[tuple[str, str]]:
    told = []
    if len(profile.scripts) > 1:
        shown = [f"{name} {percent(share)}" for name, share in profile.scripts.items()]
        more = len(shown) - SHARES_SHOWN
        rest = [f"{more} more"] if more > 0 else []
        told.append(("writing systems, by letters", ", ".join([*shown[:SHARES_SHOWN], *rest])))
    if profile.output_form and profile.output_form_share is not None:
        form = f"{percent(profile.output_form_share)} are of one form: {profile.output_form}{_n(profile)}"
        told.append(("form of outputs", form))
    return told


def _n(profile: Profile) -> str:
    rows = sum(profile.rows.values())
    return f" (n={count(rows)})" if rows else ""


def _copies(profile: Profile) -> list[tuple[str, str]]:
    told = []
    if profile.duplicates:
        told.append(("copies", f"{count(profile.duplicates)} rows repeat an earlier input"))
    if profile.near_duplicates:
        told.append(("near-copies", f"{count(profile.near_duplicates)} rows resemble another one closely"))
    if profile.label_noise is not None:
        doubted = f"a classifier confidently contradicts {percent(profile.label_noise)} of them"
        told.append(("doubtful labels", doubted))
    return told


def _drift(profile: Profile) -> list[tuple[str, str]]:
    drift = profile.drift
    if drift is None:
        return []
    word = "shown" if drift.matters else "not shown"
    auc, low, high = map(hundredths, (drift.auc, drift.low, drift.high))
    measured = f"{auc}, 95 % interval {low} to {high}, n={count(drift.rows)}"
    told = f"{word}: a classifier tells training from test rows with AUC {measured}; 0.5 is chance"
    return [("drift from training to test", told)]


def _documents(profile: Profile) -> list[tuple[str, str]]:
    found = profile.documents
    if found is None:
        return []
    kinds = ", ".join(f"{kind} {count(number)}" for kind, number in found.kinds.items())
    size = f"{count(found.words)} words in {count(found.chunks)} pieces"
    told = [("documents", f"{count(found.documents)}{f' ({kinds})' if kinds else ''}, {size}")]
    if found.questions_with_gold or found.gold_absent:
        gold = f"{count(found.questions_with_gold)} name the documents that hold their answer"
        told.append(("questions", f"{gold}, {count(found.gold_absent)} name one that is not there"))
    return told


def _thresholds(profile: Profile) -> list[tuple[str, str, str, str, str]]:
    return [
        (one.what, count(one.there), count(one.needed), "enough" if one.met else "too few", one.source)
        for one in profile.thresholds
    ]


def _finding(one: Finding) -> FindingRow:
    named = one.places or [count(line) for line in one.lines]
    noun = "" if one.places or not named else "line " if len(named) == 1 else "lines "
    more = " and more" if named and one.count > len(named) else ""
    return FindingRow(one.severity, one.message, count(one.count), f"{noun}{', '.join(named)}{more}", one.do)
