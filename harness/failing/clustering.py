"""Wrong rows grouped by their inputs: TF-IDF, its main directions, k-means with k by silhouette."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

from advisor.engagement.records.examples import Example
from harness.intake.audits.language import told
from harness.retrieval.words import words

FEWEST = 12
"""Wrong rows below which they are one group: our choice."""
MOST_CLUSTERS = 8
EACH = 4
"""Wrong rows per cluster on average at least."""
LEAST = 0.1
"""Silhouette below which no groups are seen: our choice."""
DIRECTIONS = 20
READ = 2_000
"""Rows that the silhouette is computed on, and that are read for their language, at most."""
AT_ONCE = 20_000_000
"""Cosines that are held at once."""
SEED = 20261125


class Clusters(NamedTuple):
    """Groups of ids, largest first, the most typical id first."""

    groups: list[list[str]]
    """Ids."""
    silhouette: float | None
    """Of the grouping; None where there is one group."""


class Texts:
    """TF-IDF vectors of all inputs, of whatever script, weighed by training and test rows together."""

    def __init__(self, train: Sequence[Example], test: Sequence[Example]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self.train, self.test = list(train), list(test)
        texts = [row.input_text() for row in (*train, *test)]
        vectors: Any = None
        if any(words(text) for text in texts):
            vectors = TfidfVectorizer(analyzer=words, sublinear_tf=True).fit_transform(texts).tocsr()
        self.vectors = vectors
        self._place = {row.id: len(self.train) + at for at, row in enumerate(self.test)}

    def of(self, ids: Sequence[str]) -> Any:
        """Rows of the matrix for test rows."""
        return self.vectors[[self._place[id] for id in ids]]

    @cached_property
    def nearest(self) -> dict[str, tuple[float, int]]:
        """By test row the cosine to the nearest training row, and that row's place; empty without either."""
        if self.vectors is None or not self.train:
            return {}
        found: dict[str, tuple[float, int]] = {}
        taught = self.vectors[: len(self.train)].T.tocsc()
        ids = [row.id for row in self.test]
        step = max(1, AT_ONCE // len(self.train))
        for start in range(0, len(ids), step):
            part = ids[start : start + step]
            near = (self.of(part) @ taught).toarray()
            places = near.argmax(axis=1)
            found |= {id: (float(row[at]), int(at)) for id, row, at in zip(part, near, places, strict=True)}
        return found

    @cached_property
    def tongues(self) -> tuple[dict[str, str], dict[str, str]]:
        """Language and writing system by test row, of at most 2,000 rows that are long enough to tell."""
        rows = self.test[:: max(1, -(-len(self.test) // READ))]
        found = list(zip(rows, told([row.input_text() for row in rows]), strict=True))
        languages = {row.id: language for row, (language, _) in found if language}
        scripts = {row.id: script for row, (_, script) in found if script}
        return languages, scripts


def grouped(texts: Texts, ids: Sequence[str]) -> Clusters:
    """One group where rows are few or no grouping has a silhouette that is worth the name."""
    most = min(MOST_CLUSTERS, len(ids) // EACH)
    if len(ids) < FEWEST or most < 2 or texts.vectors is None:
        return Clusters([list(ids)] if ids else [], None)
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    points = _directions(texts.of(ids))
    kinds = len({point.tobytes() for point in points.round(6)})
    best: tuple[float, Any] | None = None
    for count in range(2, min(most, kinds - 1) + 1):
        fitted = KMeans(count, n_init=5, random_state=SEED).fit(points)
        if len(set(fitted.labels_)) < 2:
            continue
        sample = READ if len(ids) > READ else None
        score = float(silhouette_score(points, fitted.labels_, sample_size=sample, random_state=SEED))
        if best is None or score > best[0]:
            best = (score, fitted)
    if best is None or best[0] < LEAST:
        return Clusters([list(ids)], None)
    return Clusters(_by_cluster(points, best[1], ids), best[0])


def _directions(vectors: Any) -> Any:
    """Unit vectors along the main directions, so that Euclidean distance follows the cosine."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.preprocessing import normalize

    count = min(DIRECTIONS, min(vectors.shape) - 1)
    if count < 2:
        return normalize(vectors.toarray())
    return normalize(TruncatedSVD(count, random_state=SEED).fit_transform(vectors))


def _by_cluster(points: Any, fitted: Any, ids: Sequence[str]) -> list[list[str]]:
    away = fitted.transform(points)
    groups = []
    for number in range(len(fitted.cluster_centers_)):
        inside = [at for at, label in enumerate(fitted.labels_) if label == number]
        inside.sort(key=lambda at: (away[at, number], ids[at]))
        groups.append([ids[at] for at in inside])
    return sorted((group for group in groups if group), key=lambda group: (-len(group), group[0]))
