"""Slots of a call such as `inform(name[Far Cry 3], genres[action, shooter])` that are right: F1, 0 to 1.

What counts is the call's own name and each pair of slot and value, in any order; a value that lists several
things counts once for each. Case and blanks do not count. An output that is no such call has no slot right.
"""

from __future__ import annotations

from collections import Counter

from advisor.engagement.records.examples import Example
from harness.metrics._forms import Call, call, is_call
from harness.metrics._kind import Basis, ItemScore, Metric


def slot_f1(given: Call, wanted: Call) -> float:
    """0.0 to 1.0."""
    one, other = _parts(given), _parts(wanted)
    return 2 * (one & other).total() / (one.total() + other.total())


def _parts(found: Call) -> Counter[tuple[str, str]]:
    name, slots = found
    listed = [(slot, part.strip()) for slot, value in slots for part in value.split(",")]
    return Counter((slot.casefold(), value.casefold()) for slot, value in [("", name), *listed])


def score(output: str, example: Example) -> float | None:
    """None where the wanted output itself is no such call."""
    wanted = call(example.output)
    if wanted is None:
        return None
    given = call(output)
    return 0.0 if given is None else slot_f1(given, wanted)


def fit(basis: Basis) -> ItemScore | None:
    """Where most training outputs are calls with slots."""
    return score if is_call(basis) else None


METRIC = Metric(
    name="slot_f1",
    title="slot F1",
    tasks=("generation",),
    fit=fit,
    needs="training outputs that are mostly calls such as name(slot[value], ...)",
)
