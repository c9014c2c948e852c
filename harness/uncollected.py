"""Work on very many records without the collector of reference cycles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Hold the collector back, as a context or a decorator; records free themselves, having no cycles.

    CPython walks every live object of the oldest generation again as their number grows: a quarter of the
    time that 600,000 predictions take to compare (`make bench NAME=comparison_rows`).
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
