"""Several contrasts, one error rate: Holm's step-down correction."""

from __future__ import annotations

from collections.abc import Sequence

from statsmodels.stats.multitest import multipletests


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values in the given order (Holm 1979)."""
    return [float(p) for p in multipletests(p_values, method="holm")[1]] if p_values else []
