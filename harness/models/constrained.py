"""Answers held to a form: one of the labels, or JSON that meets a schema.

Tokens that lead out of the form are ruled out before the largest logit is taken. The form is part of an arm's
identity: held and free answers are never read from each other's rows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from advisor.engagement.errors import MissingPackage, PlanError, RunFailed
from harness.models.generating import Constraint

BLANKS = r"\n?[ \t]{0,8}"
"""Between the parts of a JSON text, as a pattern: without a bound weak models go on forever."""


class OneOf:
    """Only sequences of tokens from a list, each with its end token."""

    def __init__(self, choices: Sequence[Sequence[int]], width: int) -> None:
        self._width = width
        self._after: dict[tuple[int, ...], list[int]] = {}
        for choice in choices:
            for place, token in enumerate(choice):
                allowed = self._after.setdefault(tuple(choice[:place]), [])
                if token not in allowed:
                    allowed.append(token)

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Rule out what no choice goes on with; rows that are at their end are left alone."""
        held = torch.full_like(scores, -torch.inf)
        for row, said in enumerate(input_ids[:, self._width :].tolist()):
            allowed = self._after.get(tuple(said))
            if allowed is None:
                held[row] = scores[row]
            else:
                held[row, allowed] = scores[row, allowed]
        return held


class Grammar:
    """Only texts that a grammar of llguidance takes; one matcher for each row."""

    def __init__(self, matchers: Sequence[Any], width: int, *, ends: Sequence[int]) -> None:
        self._matchers, self._width, self._ends = list(matchers), width, list(ends)

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Go one token on with every row, then rule out what the grammar does not take next."""
        from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

        size = scores.shape[1]
        bits = allocate_token_bitmask(len(self._matchers), size)
        for row, matcher in enumerate(self._matchers):
            if input_ids.shape[1] > self._width and not matcher.is_stopped():
                matcher.consume_token(int(input_ids[row, -1]))
                if matcher.is_error():
                    raise RunFailed(
                        f"an answer left its form: {matcher.get_error()}",
                        fix='set constrain = "" under [generation] in plan.toml, and tell us of the model',
                    )
            if not matcher.is_stopped():
                fill_next_token_bitmask(matcher, bits, row)
        allowed = np.unpackbits(bits.view(np.uint8), axis=1, bitorder="little")[:, :size]
        # a matcher stops where a text is whole and nothing can follow, before the end token is there
        for row in (row for row, matcher in enumerate(self._matchers) if matcher.is_stopped()):
            allowed[row] = 0
            allowed[row, self._ends] = 1
        ruled_out = torch.from_numpy(allowed == 0).to(scores.device)
        return scores.masked_fill(ruled_out, -torch.inf)


def one_of(choices: Sequence[Sequence[int]]) -> Constraint:
    """Holds answers to these sequences of tokens."""
    return lambda width, rows: OneOf(choices, width)


def json_like(schema: Mapping[str, Any], network: Any, tokenizer: Any, *, ends: Sequence[int]) -> Constraint:
    """Holds answers to JSON that meets the schema; PlanError where the schema says what cannot be held to."""
    llguidance = _package()
    size = int(network.get_output_embeddings().weight.shape[0])
    inner = llguidance.LLTokenizer(_described(tokenizer), n_vocab=size, eos_token=list(ends))
    grammar = grammar_of(schema)
    refused = llguidance.LLMatcher.validate_grammar(grammar, inner)
    if refused:
        raise PlanError(
            f"no answer can be held to the JSON schema: {refused.splitlines()[0]}",
            fix='simplify the schema, or set constrain = "" under [generation] in plan.toml',
        )

    def holder(width: int, rows: int) -> Grammar:
        matchers = [llguidance.LLMatcher(inner, grammar, log_level=0) for _ in range(rows)]
        return Grammar(matchers, width, ends=ends)

    return holder


def _described(tokenizer: Any) -> str:
    """The tokenizer as JSON.

    A byte-level one without its normaliser: one that puts a blank in front of every text would put it in
    front of the pieces that llguidance cuts into tokens too.
    """
    described = json.loads(tokenizer.backend_tokenizer.to_str())
    described["padding"] = described["truncation"] = None
    if "ByteLevel" in json.dumps(described["decoder"]):
        described["normalizer"] = None
    return json.dumps(described)


def grammar_of(schema: Mapping[str, Any]) -> str:
    """The schema as a grammar of llguidance, with a blank in front, as many tokenizers have one there."""
    text = json.dumps({**schema, "x-guidance": {"whitespace_pattern": BLANKS}})
    grammar: str = _package().LLMatcher.grammar_from_lark(f"start: /[ \\n]?/ held\nheld: %json {text}")
    return grammar


def require() -> None:
    """MissingPackage where JSON cannot be held to."""
    _package()


def _package() -> Any:
    try:
        import llguidance
    except ImportError:
        raise MissingPackage(
            'constrain = "json" needs the package `llguidance`', fix="pip install 'tunecase[constrained]'"
        ) from None
    return llguidance
