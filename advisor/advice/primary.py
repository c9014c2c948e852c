"""Which metric decides where nobody has named one: by what the wanted outputs look like, with the reason."""

from __future__ import annotations

from typing import NamedTuple

from advisor.engagement.records.intake import Profile

MOSTLY = 0.6
"""Share of the outputs that makes a form theirs."""
SKEWED = 0.7
"""Share of one label from which accuracy flatters a constant answer."""
SHORT, PHRASE = 4, 12
"""Mean words up to which outputs have one spelling, or a few."""
ALIKE = (0.5, 2.0)
"""Outputs as long as their inputs, within these factors, are translations or rewritings."""
WITHOUT_BLANKS = ("Chinese and Japanese", "Khmer", "Lao", "Myanmar", "Thai")
"""Writing systems whose words cannot be counted."""


class Choice(NamedTuple):
    """A metric and why."""

    name: str
    """A file in `harness/metrics/`."""
    why: str
    """As a clause."""


def primary_metric(profile: Profile) -> Choice:
    """What to decide by; people may name another one in plan.toml before the first run."""
    if profile.task == "classification":
        return _of_labels(profile)
    form = profile.output_form if (profile.output_form_share or 0.0) > MOSTLY else ""
    if form.startswith("a JSON"):
        return Choice("field_f1", "most outputs are JSON, so each value counts by itself")
    if form.startswith("a call such as name(key["):
        return Choice("slot_f1", "most outputs are calls with slots, so each slot counts by itself")
    if form == "a number":
        return Choice("normalised_match", "most outputs are numbers, which may be written in several ways")
    if form == "code":
        return Choice("chrf", "most outputs are code, where letters tell more than words")
    return _of_text(profile)


def _of_labels(profile: Profile) -> Choice:
    largest = max(profile.labels.values(), default=0)
    share = largest / max(1, sum(profile.labels.values()))
    if len(profile.labels) > 1 and share >= SKEWED:
        label = max(profile.labels, key=profile.labels.__getitem__)
        return Choice(
            "macro_f1", f"{share:.0%} of the rows are `{label}`, so always saying that would look accurate"
        )
    return Choice("accuracy", "every row has one right label")


def _of_text(profile: Profile) -> Choice:
    words = profile.output_words_mean
    if any(name in WITHOUT_BLANKS for name in list(profile.scripts)[:1]):
        return Choice("chrf", "the writing puts no blanks between words, so letters are compared")
    if words <= SHORT:
        return Choice("exact_match", "outputs are short enough to be right or wrong as a whole")
    if words <= PHRASE:
        return Choice("token_f1", f"outputs of {words:.0f} words on average may be right in other words")
    low, high = ALIKE
    if low <= words / max(1.0, profile.input_words_mean) <= high:
        return Choice("chrf", "outputs are about as long as inputs, as translations and rewritings are")
    return Choice("rouge_l", f"outputs of {words:.0f} words on average are right in many wordings")
