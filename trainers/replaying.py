"""Going on from an earlier training: its weights, and which of its rows are learnt again."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from advisor.engagement.catalogue import find
from advisor.engagement.errors import PlanError
from advisor.engagement.records.examples import Example
from trainers import methods
from trainers.methods._kind import Method
from trainers.objectives._kind import Job
from trainers.rows import row_weight


def started(job: Job) -> Job:
    """A job whose weights all move begins with the earlier weights as its model; adapters stay as asked."""
    if job.begin_with is None:
        return job
    whole = (job.begin_with / "config.json").is_file()
    if find(methods, Method, job.spec.method).adapter:
        if whole:
            raise PlanError(
                f"{job.begin_with} holds a whole model, and {job.spec.method} goes on from an adapter",
                fix="name that folder as `model` in plan.toml, and start a fresh adapter on it",
            )
        return job
    if not whole:
        raise PlanError(
            f"{job.begin_with} holds no whole model, and {job.spec.method} goes on from one",
            fix="go on from a model trained with the method full",
        )
    return replace(job, model=str(job.begin_with), begin_with=None)


def replayed(job: Job) -> tuple[Job, list[str]]:
    """The job with a share of the old rows among its own, drawn with its seed; and what has to be said.

    A row whose input is among the new rows of any split is never drawn. Where there are labels, each old
    label is drawn in its share, and at least once.
    """
    share = job.spec.settings.replay
    if not share:
        return job, []
    if not 0 < share <= 1:
        raise PlanError(
            f"replay is {share:g}, expected 0 to 1", fix="correct it under [training] in plan.toml"
        )
    if not job.old:
        raise PlanError(
            "replay asks for rows of an earlier training, and there are none",
            fix="go on from an earlier training, or set replay = 0 under [training] in plan.toml",
        )
    known = {_key(row) for row in (*job.train, *job.validation, *job.test)}
    free = [row for row in job.old if row_weight(row) > 0 and _key(row) not in known]
    _refuse_unlisted(free, job.spec.labels)
    drawn = _drawn(free, round(share * len(job.old)), labelled=bool(job.spec.labels), seed=job.spec.seed)
    note = (
        f"replay: {len(drawn)} of {len(job.old)} old rows are learnt again beside {len(job.train)} new ones"
    )
    if job.spec.labels:
        note += f", {len({row.output for row in drawn})} of {len({row.output for row in free})} old labels"
    kept_out = len(job.old) - len(free)
    if kept_out:
        note += f"; {kept_out} may not be: their input is among the new rows, or their weight is 0"
    renamed = [msgspec.structs.replace(row, id=f"old/{row.id}") for row in drawn]
    return replace(job, train=[*job.train, *renamed]), [note]


def row_notes(rows: Sequence[Example]) -> list[str]:
    """How many of the rows are synthetic, and how many count more or less than once."""
    notes = []
    synthetic = sum(row.meta.get("synthetic") is True for row in rows)
    if synthetic:
        notes.append(f"{synthetic} of {len(rows)} training rows are synthetic")
    weights = [row_weight(row) for row in rows]
    if any(weight != 1 for weight in weights):
        notes.append(
            f"{sum(weight != 1 for weight in weights)} of {len(rows)} training rows carry a weight other "
            f"than 1, {weights.count(0.0)} of them 0"
        )
    return notes


def _key(row: Example) -> str:
    """Inputs that differ in case and spaces only count as the same."""
    return " ".join(row.input_text().casefold().split())


def _refuse_unlisted(rows: Sequence[Example], labels: Sequence[str]) -> None:
    for row in rows:
        if labels and row.output not in labels:
            raise PlanError(
                f"old row {row.id}: its label `{row.output}` is not among the {len(labels)} labels of today",
                fix="keep the old labels in the new data, or leave that row out of the replay",
            )


def _drawn(rows: Sequence[Example], count: int, *, labelled: bool, seed: int) -> list[Example]:
    """So many rows, in their old order; with labels, each label in its share and at least once."""
    generator = random.Random(f"{seed}/replay")
    groups: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        groups.setdefault(row.output if labelled else "", []).append(place)
    taken = _parted(Counter({name: len(places) for name, places in groups.items()}), min(count, len(rows)))
    chosen = [place for name in groups for place in generator.sample(groups[name], taken[name])]
    return [rows[place] for place in sorted(chosen)]


def _parted(sizes: Counter[str], count: int) -> dict[str, int]:
    """`count` parted by size with largest remainders; a group that would get nothing gets one."""
    total = sizes.total()
    exact = {name: count * size / max(total, 1) for name, size in sizes.items()}
    taken = {name: int(part) for name, part in exact.items()}
    short = count - sum(taken.values())
    for name in sorted(exact, key=lambda name: (taken[name] - exact[name], name))[:short]:
        taken[name] += 1
    return {name: max(1, part) for name, part in taken.items()}
