"""`check`: what is this file, what is wrong with it, and which rows are for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from advisor.engagement import digests
from advisor.engagement.errors import DataError
from advisor.engagement.records.examples import Example, Splits, Task
from advisor.engagement.records.intake import Intake, Profile, Refusal

from . import noticing, profiling, splitting
from .auditing import audit
from .corpus import SPLITS, TEST, Corpus, Found, Training
from .decoding import LineError
from .delimited import shell
from .documents import Documents, read_documents
from .documents import facts as document_facts
from .gold import check_gold, counted, is_beir
from .near_copies import clusters, keys, leaking
from .pairing import Pairs, read_pairs
from .rows import Asked, Content, read_content
from .store import Rows
from .surveying import Survey, classes, survey, task_of

PLAIN = Asked()
UNSETTLED = Training()
OWN = "the rows' own meta.split"
SCORED: tuple[Task, ...] = ("classification", "generation", "preference", "retrieval")
"""Tasks whose rows are held out; the others have nothing to score."""


class Checked(NamedTuple):
    """A file's verdict and, where accepted, its rows."""

    intake: Intake
    """What `check` prints."""
    splits: Splits | None = None
    """None when rejected."""
    corpus: Corpus | None = None
    """None when rejected."""
    found: Sequence[Found] = ()
    """Findings with all of their rows."""
    documents: Documents | None = None
    """Where they were given."""
    pairs: Pairs | None = None
    """Preference pairs beside the rows, where they were given."""

    @property
    def examples(self) -> list[Example]:
        """Canonical rows of all splits, in the order of the files."""
        return [] if self.corpus is None else list(self.corpus.rows.take(self.corpus.numbers().tolist()))


class Wanted(NamedTuple):
    """What is to be made of rows once they are read."""

    task: Task | None
    """What they are for; None where they tell."""
    seed: int
    """Of the split."""
    preferences: Path | None
    """A file of pairs beside them."""
    asked: Asked
    """How that file is read."""
    training: Training
    """What they will be learnt with."""


def check_files(
    path: Path,
    *,
    test: Path | None = None,
    documents: Path | None = None,
    preferences: Path | None = None,
    asked: Asked = PLAIN,
    task: Task | None = None,
    seed: int = 0,
    training: Training = UNSETTLED,
) -> Checked:
    """Read, audit and split. Content that cannot be used gives a rejected Intake; a missing file raises."""
    rows = Rows()
    try:
        contents = [read_content(rows, path, asked)]
        if test is not None:
            contents.append(read_content(rows, test, asked))
        rows.seal()
        if documents is None and is_beir(path):
            documents = path
        corpora = read_documents(documents, asked.reading.tell) if documents is not None else None
        training = training._replace(reads_context=corpora is None)
        wanted = Wanted(task, seed, preferences, asked, training)
        return _accept(rows, contents, corpora, wanted)
    except DataError as wrong:
        rows.close()
        return _reject(wrong, path, test)
    except BaseException:
        rows.close()
        raise


def _reject(wrong: DataError, path: Path, test: Path | None) -> Checked:
    """Why nothing is accepted; --fix is advised where it was tried and leaves rows."""
    line = wrong.line if isinstance(wrong, LineError) else None
    fix = wrong.fix
    if isinstance(wrong, LineError) and wrong.mendable:
        command = f"tunecase check {shell(path)}{f' --test {shell(test)}' if test is not None else ''} --fix"
        count = wrong.mendable
        rows = "that row" if count == 1 else f"the {count:,} rows that cannot be read"
        fix += f"; or run `{command}` to leave out {rows}"
    refusal = Refusal(message=wrong.problem, line=line, fix=fix)
    return Checked(
        Intake(status="rejected", format="unknown", task="unknown", rows_in=0, rows_kept=0, errors=[refusal])
    )


def _accept(
    rows: Rows,
    contents: Sequence[Content],
    documents: Documents | None,
    wanted: Wanted,
) -> Checked:
    seed = wanted.seed
    seen = survey(rows)
    inputs, outputs, names = keys(rows)
    noticing.refuse_repeated_ids(rows, names)
    task = wanted.task or contents[0].task or task_of(seen, outputs)
    noticing.refuse_unfit_task(contents, seen, task)
    labels, label = classes(rows, outputs) if task == "classification" else ((), _none(len(rows)))
    rows.task = task
    cluster = clusters(rows, inputs)
    split, how = _split(rows, seen, cluster, labels, label, seed=seed)
    split, leaks = leaking(rows, split, inputs, cluster)
    split, shared = noticing.shared_groups(rows, split, seen.group)
    given = len(contents) > 1 or how == OWN
    corpus = Corpus(rows, task, split, inputs, outputs, cluster, labels, label, given, wanted.training)
    told = [*noticing.about_files(rows, contents, seen, split, task), *leaks, *shared]
    if documents is not None:
        held_out = set(np.flatnonzero(split == TEST).tolist()) if given else None
        told += check_gold(rows, documents, test=held_out)
    pairs = None
    if wanted.preferences is not None:
        held = set(inputs[split == TEST].tolist())
        unmapped = wanted.asked._replace(column_map={})
        pairs = read_pairs(wanted.preferences, unmapped, held_out=held, seed=seed)
        told += pairs.found
    told, facts = audit(corpus, told)
    told = sorted(told, key=lambda one: one.finding.severity != "serious")
    if documents is not None:
        facts["documents"] = document_facts(documents, **counted(rows, documents)._asdict())
    profile = profiling.profile(corpus, seen, contents, facts)
    splits = _splits(corpus, how, seed=seed)
    return Checked(_intake(corpus, contents, told, profile), splits, corpus, told, documents, pairs)


def _none(count: int) -> NDArray[np.int32]:
    return np.full(count, -1, dtype=np.int32)


def _split(
    rows: Rows,
    seen: Survey,
    cluster: NDArray[np.int64],
    labels: Sequence[str],
    label: NDArray[np.int32],
    *,
    seed: int,
) -> tuple[NDArray[np.uint8], str]:
    """The split of every row, and how it came about in words."""
    together = splitting.joined(cluster, seen.group)
    stratum = [labels[code] for code in label.tolist()] if len(labels) else []
    if rows.task not in SCORED:
        split = np.zeros(len(rows), dtype=np.uint8)
        if rows.task == "text":
            split = splitting.validated(split, together, stratum, seed=seed)
        return split, "nothing is held out: there is nothing to score"
    if len(rows.paths) > 1:
        return splitting.given_test(rows.files(), together, stratum, seed=seed), "given test file"
    own = splitting.own_splits(seen.split, together, stratum, seed=seed)
    if own is not None:
        return own, OWN
    grouped = "rows of a group, " if seen.group.any() else ""
    how = f"70/10/20{', stratified by label' if stratum else ''}, {grouped}repeats and near-copies together"
    return splitting.random_splits(together, stratum, seed=seed), how


def _splits(corpus: Corpus, how: str, *, seed: int) -> Splits:
    """Ids per split; the digest is over the rows in this order."""
    ids = [row.id for row in corpus.rows]
    train, validation, test = (corpus.numbers(code).tolist() for code in range(len(SPLITS)))
    return Splits(
        train=[ids[number] for number in train],
        validation=[ids[number] for number in validation],
        test=[ids[number] for number in test],
        seed=seed,
        how=how,
        digest=digests.of_records(corpus.rows.take([*train, *validation, *test])),
    )


def _intake(corpus: Corpus, contents: Sequence[Content], told: Sequence[Found], profile: Profile) -> Intake:
    masked: Counter[str] = Counter()
    for content in contents:
        masked.update(content.masked)
    return Intake(
        status="accepted_with_warnings" if told else "accepted",
        format=contents[0].format,
        task=corpus.task,
        rows_in=sum(content.rows_in for content in contents),
        rows_kept=len(corpus.numbers()) + sum(content.unwanted for content in contents),
        warnings=[one.finding for one in told],
        profile=profile,
        splits=profile.rows,
        masked=dict(sorted(masked.items())),
    )
