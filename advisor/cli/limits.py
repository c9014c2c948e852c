"""What the client's answers ask of a winner besides quality."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from advisor.cli.uploads import QUESTION, host_of, is_here
from advisor.engagement.folder import Engagement
from advisor.engagement.records.answers import Answers
from advisor.engagement.records.comparison import Limits
from advisor.engagement.records.plan import Plan
from advisor.questionnaire.reading import read_answers

if TYPE_CHECKING:
    from harness.arms._kind import Arm

SECONDS = {"under_1s": 1.0, "1s_to_10s": 10.0}
"""Longest that one output may take, by the answer; the third answer sets no limit."""


def limits_of(engagement: Engagement, plan: Plan, arms: Mapping[str, Arm]) -> Limits:
    """From `answers.toml`; without it, or where an answer is unknown, nothing is ruled out."""
    path = engagement.answers_path
    answers = read_answers(path) if path.exists() else Answers()
    return Limits(
        seconds=SECONDS.get(str(answers.value("latency"))),
        may_leave=answers.value(QUESTION) != "own_machines",
        elsewhere=[name for name, arm in arms.items() if arm.remote and _is_elsewhere(plan, name)],
        requests_per_month=answers.number("requests_per_month"),
        budget_usd=answers.number("budget"),
    )


def _is_elsewhere(plan: Plan, arm: str) -> bool:
    server = plan.tuned_endpoint if arm == "tuned_endpoint" else plan.endpoint
    return server is not None and not is_here(host_of(server.base_url))
