"""Memory of a training run by arithmetic: what is allocated, what the card shows, and whether it fits."""

from .context import usable_gib
from .estimating import MemoryEstimate, estimate, fits

__all__ = ["MemoryEstimate", "estimate", "fits", "usable_gib"]
