"""The task in other words: sentences that often help, what the training rows show, and the model's own."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from advisor.engagement.records.examples import Example, Message
from harness.arms._kind import Work

if TYPE_CHECKING:
    from trainers.language.loading import Language

CAREFUL = "Read the whole input before you answer."
SPECIFIC = "Where several categories fit, choose the most specific one."
PLAIN = "Write the answer only, without any introduction or comment."
ABOUT = "What inputs of each category are often about:"
PROPOSE = (
    "Below are inputs and the outputs that are wanted for them. Write the instruction that a new colleague "
    "needs to give the right output for further inputs. Write the instruction only."
)
WORDS, FEWEST_ROWS = 5, 5
"""Words named for a category, each from so many of its training rows at least."""
MOST_NAMED = 40
"""Categories up to which their words are named."""
PAIRS = 6
"""Rows that a proposal is written from."""
PROPOSAL_TOKENS, LONGEST_PROPOSAL = 160, 1_000
"""Tokens that the model may write, and characters that are kept."""


class Variant(NamedTuple):
    """The task in words."""

    told: str
    """How it differs from what the plan says."""
    instruction: str
    """The words."""


def variants(work: Work, language: Language, *, most: int, proposals: int) -> list[Variant]:
    """The plan's own words first; at most so many in all, of them so many written by the model."""
    own = work.instruction
    labelled = work.data.task == "classification"
    found = [
        Variant("as written", own),
        Variant("with care", f"{own} {CAREFUL}"),
        Variant("the most specific", f"{own} {SPECIFIC}") if labelled else Variant("bare", f"{own} {PLAIN}"),
    ]
    shown = _words_of_labels(work) if labelled else _usual_length(work)
    if shown:
        found.append(Variant("with what rows show", f"{own}\n{shown}\n"))
        found.append(Variant("with care and what rows show", f"{own} {CAREFUL}\n{shown}\n"))
    for number in range(proposals):
        text = _proposed(work, language, number)
        if text and all(text != one.instruction for one in found):
            found.append(Variant(f"the model's own words, draw {number + 1}", text))
    return found[: max(1, most)]


def _words_of_labels(work: Work) -> str:
    """Words that rows of one label hold more often than those of the others, from several rows each."""
    from sklearn.feature_extraction.text import CountVectorizer

    labels = work.data.labels
    if not 1 < len(labels) <= MOST_NAMED:
        return ""
    maker = CountVectorizer(binary=True, token_pattern=r"(?u)\b[^\W\d_]{3,}\b")
    try:
        held = maker.fit_transform([row.input_text() for row in work.data.train]).tocsc()
    except ValueError:  # scikit-learn raises where there is no word
        return ""
    words = maker.get_feature_names_out()
    lines = []
    for label in labels:
        ours = [number for number, row in enumerate(work.data.train) if row.output == label]
        inside = held[ours].sum(axis=0).A1 if ours else None
        if inside is None:
            continue
        outside = held.sum(axis=0).A1 - inside
        lift = (inside + 0.5) / (len(ours) + 1) / ((outside + 0.5) / (held.shape[0] - len(ours) + 1))
        lift[inside < FEWEST_ROWS] = 0.0
        best = [number for number in (-lift).argsort(kind="stable")[:WORDS] if lift[number] > 1]
        if best:
            lines.append(f"- {label}: {', '.join(words[number] for number in best)}")
    return "\n".join([ABOUT, *lines]) if lines else ""


def _usual_length(work: Work) -> str:
    lengths = sorted(len(row.output.split()) for row in work.data.train)
    if not lengths:
        return ""
    low, high = lengths[len(lengths) // 10], lengths[(9 * len(lengths)) // 10]
    return f"An answer has {low} to {high} words." if high > low else f"An answer has about {low} words."


def _proposed(work: Work, language: Language, number: int) -> str:
    """An instruction that the model writes from a few training rows (as in arXiv 2211.01910)."""
    from harness.models.generating import generate
    from trainers.language.rendering import prompt_ids

    rows = random.Random(f"variants/{work.seed}/{number}").sample(
        work.data.train, min(PAIRS, len(work.data.train))
    )
    asked = prompt_ids(language.tokenizer, [Message(role="user", content=_pairs(rows))])
    config = language.network.config.get_text_config()
    room = getattr(config, "max_position_embeddings", None)
    if room is not None and len(asked) + PROPOSAL_TOKENS > room:
        return ""
    made = generate(language.network, language.tokenizer, [asked], max_new_tokens=PROPOSAL_TOKENS)[0]
    return "" if made.cut else made.text.strip()[:LONGEST_PROPOSAL]


def _pairs(rows: Sequence[Example]) -> str:
    shown = [f"Input: {row.input_text()}\nOutput: {row.output}" for row in rows]
    return "\n\n".join([PROPOSE, *shown])
