"""The decision rule is fixed at the first prediction; what changes later is shown, not hidden."""

from __future__ import annotations

import msgspec

from advisor.engagement import codec, digests
from advisor.engagement.folder import Engagement
from advisor.engagement.records.plan import Plan

RULE = (
    *("metric", "minimum_effect", "margin", "seeds", "arms", "contrasts", "limit", "instruction", "metrics"),
    *("generation", "judge"),
)


def agree(engagement: Engagement, plan: Plan) -> tuple[str, list[str]]:
    """Digest of the agreed rule, and what the present plan changes in it, in words."""
    if not engagement.agreed_plan_path.exists():
        codec.write_json(engagement.agreed_plan_path, plan)
    agreed = codec.read_json(engagement.agreed_plan_path, Plan)
    before, now = msgspec.to_builtins(agreed), msgspec.to_builtins(plan)
    changes = [f"{name} was {before[name]}, is {now[name]}" for name in RULE if before[name] != now[name]]
    return digests.of_record(agreed), changes
