"""What may be shared by wrong rows: each thing with the rows that have it, and those of which it can be told.

Things that hold for right rows too (class, length, language, what was retrieved) can be tested as causes.
Things that make an answer wrong by themselves (no label, cut, empty) need no test to be its cause.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from advisor.engagement.records.failures import CauseKind, Outside
from harness.arms._kind import ArmData
from harness.failing.clustering import Texts
from harness.failing.judged import Judged
from harness.marking import Markers
from harness.retrieval.words import words

FORMS = ("json_valid", "schema_valid")
"""Metrics of the form alone: below 1 the answer is wrong whatever it says."""
NEAR = 0.3
"""Cosine from which a training row is near: our choice."""


class Feature(NamedTuple):
    """Something that rows have or have not."""

    kind: CauseKind
    """What sort of thing."""
    what: str
    """Which one; empty where the kind says it all."""
    words: str
    """In words."""
    has: set[str]
    """Ids of the rows with it."""
    known: set[str]
    """Ids of the rows of which it can be told."""
    outside: Outside = "right rows"
    """Whom wrong rows are compared with."""
    group: set[str] | None = None
    """Wrong rows that it is asked of; None for all."""
    by_itself: bool = False
    """Whether it makes an answer wrong."""


def features(
    judged: Judged, data: ArmData, texts: Texts, ready: Markers, *, retrieves: bool
) -> list[Feature]:
    """Everything that is looked for, in a fixed order; what no row has is left out."""
    found = [
        *_classes(judged, data),
        *_pairs(judged, data),
        *_forms(judged, data, ready),
        *_lengths(judged, data),
        *_tongues(judged, texts),
        *(_retrieval(judged) if retrieves else []),
        *_neighbours(judged, data, texts),
    ]
    return [one for one in found if one.has]


def _classes(judged: Judged, data: ArmData) -> list[Feature]:
    """Each class, and the classes with fewer training rows than the median class."""
    if data.task != "classification":
        return []
    ids = {row.id for row in judged.rows}
    counts = class_counts(data)
    usual = float(np.median(list(counts.values())))
    rare = {label for label, count in counts.items() if count < usual}
    found = [
        Feature(
            "class", label, f"the wanted class is `{label}`",
            {row.id for row in judged.rows if row.output == label}, ids,
        )
        for label in data.labels
    ]  # fmt: skip
    if rare:
        told = f"the class has fewer than {usual:g} training rows, the median of the classes"
        found.append(
            Feature("rare class", "", told, {row.id for row in judged.rows if row.output in rare}, ids)
        )
    return found


def _pairs(judged: Judged, data: ArmData) -> list[Feature]:
    """Class A answered as B: more often than wrong rows of other classes are answered as B."""
    if data.task != "classification":
        return []
    wanted = {row.id: row.output for row in judged.rows if row.id in judged.wrong}
    said = {id: judged.said[id].output or "" for id in wanted}
    pairs = sorted({(wanted[id], said[id]) for id in wanted if said[id] in data.labels})
    return [
        Feature(
            "class pair", f"{a} → {b}", f"`{a}` is answered as `{b}`",
            {id for id in wanted if said[id] == b},
            # rows of class b itself cannot be wrong by being answered b
            {id for id in wanted if wanted[id] != b},
            "other wrong rows",
            {id for id in wanted if wanted[id] == a},
        )
        for a, b in pairs
    ]  # fmt: skip


def _forms(judged: Judged, data: ArmData, ready: Markers) -> list[Feature]:
    """Answers that are wrong whatever they say."""
    examples = {row.id: row for row in judged.rows}
    said = judged.said
    labels = set(data.labels)
    cut = {id for id in judged.wrong if said[id].finish_reason == "length"}
    empty = {id for id in judged.wrong if not (said[id].output or "").strip()} - cut
    found = [
        _itself("cut", "", "the answer was cut at the length limit", cut, judged),
        _itself("empty", "", "the answer is empty", empty, judged),
    ]
    if labels:
        other = {id for id in judged.wrong if said[id].output not in labels} - cut - empty
        found.append(_itself("no label", "", "the answer is none of the labels", other, judged))
    for name in FORMS:
        score = ready[name].score if name in ready else None
        if score is not None:
            off = {id for id in judged.wrong if (score(said[id].output or "", examples[id]) or 0.0) < 1}
            title = ready[name].metric.title
            found.append(_itself("form", name, f"the answer is no {title}", off - cut - empty, judged))
    return found


def _itself(kind: CauseKind, what: str, told: str, has: set[str], judged: Judged) -> Feature:
    return Feature(kind, what, told, has, set(judged.wrong), "other wrong rows", None, True)


def _lengths(judged: Judged, data: ArmData) -> list[Feature]:
    """The longest and the shortest quarter of the inputs, the longest quarter of the wanted answers."""
    ids = {row.id for row in judged.rows}
    read = {row.id: len(words(row.input_text())) for row in judged.rows}
    found = []
    if read:
        low, high = (float(edge) for edge in np.quantile(list(read.values()), (0.25, 0.75)))
        long = {id for id, count in read.items() if count > high}
        short = {id for id, count in read.items() if count < low}
        found = [
            Feature("long input", "", f"the input has more than {high:g} words", long, ids),
            Feature("short input", "", f"the input has fewer than {low:g} words", short, ids),
        ]
    if data.task != "classification" and judged.rows:
        wanted = {row.id: len(words(row.output)) for row in judged.rows}
        high = float(np.quantile(list(wanted.values()), 0.75))
        told = f"the wanted answer has more than {high:g} words"
        found.append(
            Feature("long answer", "", told, {id for id, count in wanted.items() if count > high}, ids)
        )
    return found


def _tongues(judged: Judged, texts: Texts) -> list[Feature]:
    """Languages and writing systems other than the most frequent one, of rows long enough to tell."""
    ids = {row.id for row in judged.rows}
    languages, scripts = ({id: name for id, name in named.items() if id in ids} for named in texts.tongues)
    return [
        *_others("language", "the input is in language `{}`", languages),
        *_others("script", "the input is written in {} letters", scripts),
    ]


def _others(kind: CauseKind, told: str, named: Mapping[str, str]) -> list[Feature]:
    names = [name for name, _ in Counter(named.values()).most_common()][1:]
    return [
        Feature(kind, name, told.format(name), {id for id in named if named[id] == name}, set(named))
        for name in names
    ]


def _retrieval(judged: Judged) -> list[Feature]:
    """No gold document among as many of the first documents as the prompt held passages."""
    known = {row.id: set(row.gold_doc_ids) for row in judged.rows if row.gold_doc_ids}
    missed = {
        id for id, gold in known.items() if not gold & set(judged.said[id].retrieved[: judged.said[id].shown])
    }
    told = "no document that holds the answer was in the prompt"
    return [Feature("not retrieved", "", told, missed, set(known))]


def _neighbours(judged: Judged, data: ArmData, texts: Texts) -> list[Feature]:
    """Inputs unlike all training rows; for labels, inputs whose nearest training row has another one."""
    near = {row.id: texts.nearest[row.id] for row in judged.rows if row.id in texts.nearest}
    if not near:
        return []
    low = float(np.quantile([cosine for cosine, _ in near.values()], 0.25))
    unlike = {id for id, (cosine, _) in near.items() if cosine < low}
    told = f"the input is like no training row (cosine below {low:.2f}, the lowest quarter)"
    found = [Feature("unlike", "", told, unlike, set(near))]
    if data.task == "classification":
        close = {id: data.train[at] for id, (cosine, at) in near.items() if cosine >= NEAR}
        against = {row.id for row in judged.rows if row.id in close and close[row.id].output != row.output}
        told = f"the nearest training row (cosine {NEAR:g} or more) has another label"
        found.append(Feature("contradicted", "", told, against, set(close)))
    return found


def contradicting(ids: Sequence[str], data: ArmData, texts: Texts) -> list[str]:
    """Ids of the nearest training rows of these test rows, each once."""
    return list(dict.fromkeys(data.train[texts.nearest[id][1]].id for id in ids))


def class_counts(data: ArmData) -> dict[str, int]:
    """Training rows of each class, absent ones too."""
    counted = Counter(row.output for row in data.train)
    return {label: counted[label] for label in data.labels}
