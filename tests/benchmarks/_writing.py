"""Fitted weights into the files of the approaches: only the numbers change, in place."""

from __future__ import annotations

import ast
from pathlib import Path

from advisor import approaches
from advisor.engagement.records.advice import APPROACHES
from tests.benchmarks import _cases


def write_weights(factors: dict[str, float], priors: list[float]) -> None:
    """Published weight x factor of its question, two decimals; the criteria stand in the published order."""
    for approach, prior in zip(APPROACHES, priors, strict=True):
        path = Path(approaches.__path__[0]) / f"{approach}.py"
        published = _cases.published()[approach]["criteria"]
        numbers = [f"{weight * factors[question]:.2f}" for question, _, weight in published]
        path.write_text(
            with_numbers(path.read_text(encoding="utf-8"), f"{prior:.2f}", numbers, published),
            encoding="utf-8",
        )


def with_numbers(text: str, prior: str, numbers: list[str], published: list[list[object]]) -> str:
    """The file's text with other weights and prior; refused where its criteria are not the published ones."""
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    found = [node for node in calls if getattr(node.func, "id", "") == "Criterion"]
    found.sort(key=lambda node: node.lineno)
    said = [[ast.literal_eval(node.args[0]), list(ast.literal_eval(node.args[1]))] for node in found]
    if said != [row[:2] for row in published]:
        raise SystemExit("criteria and published_weights.json differ: renew the published weights first")
    places = [(node.args[2], number) for node, number in zip(found, numbers, strict=True)]
    item = next(node for node in calls if getattr(node.func, "id", "") == "Approach")
    places.append((next(one.value for one in item.keywords if one.arg == "prior"), prior))
    lines = text.splitlines(keepends=True)
    for node, number in sorted(places, key=lambda place: (-place[0].lineno, -place[0].col_offset)):
        line, end = lines[node.lineno - 1], node.end_col_offset
        lines[node.lineno - 1] = line[: node.col_offset] + number + line[end:]
    return "".join(lines)
