"""Training speed from operations, bytes and fixed costs per step; how far to trust it is measured."""

from .estimating import SpeedEstimate, estimate, hours

__all__ = ["SpeedEstimate", "estimate", "hours"]
