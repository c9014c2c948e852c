"""What a rented machine must have for the plan, how long it may run, and what that costs at most."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from typing import Any, NamedTuple

import msgspec

from advisor.costing.renting import Offer, offers
from advisor.costing.setup import Setup, Technique
from advisor.engagement import digests
from trainers.exports._kind import Material
from trainers.exports.making import chat
from trainers.language.resolving import STARTER

CHARACTERS_PER_TOKEN = 3
"""Fewer than English has, so that there are rather too many tokens than too few: assumption."""
TEMPLATE_TOKENS = 16
"""Marks around the messages of a row."""
LEAST_HOURS, UNKNOWN_HOURS = 2, 12
"""Shortest ceiling, and the ceiling where the size of the model is not known."""
LOADING_HOURS = 0.1
"""Of every training with its run, beside the work itself: assumption."""
PREDICTING_SHARE = 1.0
"""Prediction beside training, in its time: assumption, on the high side."""


class Rented(NamedTuple):
    """A machine for the plan."""

    offer: Offer | None
    """The cheapest single card on which the method fits; None where it is not known or none is needed."""
    needs_card: bool
    """Whether a card is asked for at all."""
    hours: int
    """After so many the job is stopped."""
    notes: list[str]
    """What is not known, in sentences."""

    @property
    def usd(self) -> float | None:
        """The most that these hours cost at the card's usual price."""
        return None if self.offer is None else self.hours * self.offer.usd_per_hour.likely

    def words(self, material: Material) -> dict[str, Any]:
        """What the instructions beside the files speak of."""
        return {
            "title": material.title,
            "confined": material.confined,
            "engagement": material.engagement,
            "base_is_folder": material.base_is_folder,
            "name": name_of(material),
            "gpu": self.offer.gpu if self.offer else "",
            "usd_per_hour": self.offer.usd_per_hour.likely if self.offer else None,
            "hours": self.hours,
            "usd": self.usd,
            "notes": self.notes,
        }


def rented(material: Material, cards: Collection[str]) -> Rented:
    """The cheapest of these cards that holds the plan's method, and a ceiling on its hours."""
    offer, notes = offer_of(material, cards)
    needs_card = material.plan.model != STARTER
    if offer is None or offer.hours is None:
        hours = UNKNOWN_HOURS if needs_card else LEAST_HOURS
    else:
        times = len(material.plan.arms) * len(material.plan.seeds)
        each = (1 + PREDICTING_SHARE) * offer.hours.high + LOADING_HOURS
        hours = max(LEAST_HOURS, math.ceil(times * each))
    return Rented(offer, needs_card, hours, notes)


def offer_of(material: Material, cards: Collection[str]) -> tuple[Offer | None, list[str]]:
    """The cheapest single card on which the method fits, and what is not known about that."""
    if material.plan.model == STARTER:
        return None, []
    if material.base_is_folder:
        return None, [
            "the base model is a folder of this machine: copy it into the engagement and name it in plan.toml"
        ]
    if material.shape is None:
        return None, [
            f"the size of {material.plan.model} is not known: L4 is a guess, see `tunecase estimate`"
        ]
    asked = material.plan.training
    technique: Technique = msgspec.convert(material.method.name, Technique)
    setup = Setup(shape=material.shape, technique=technique, seq_len=asked.max_length, rank=asked.rank)
    found = offers(setup, material.prices, tokens=tokens(material))
    fitting = [one for one in found if one.gpus == 1 and one.gpu in cards]
    if not fitting:
        return None, [f"{technique} on {material.plan.model} fits on no single card: L4 is a placeholder"]
    return min(fitting, key=lambda one: one.usd_per_hour.likely), []


def tokens(material: Material) -> float:
    """Tokens of one training, by the length of the texts."""
    prompt = len(material.plan.instruction) + sum(len(label) + 2 for label in material.labels)
    rows = chat.used(material.train)
    texts = sum(prompt + len(row.input_text()) + len(row.output) for row in rows)
    return material.plan.training.epochs * (texts / CHARACTERS_PER_TOKEN + TEMPLATE_TOKENS * len(rows))


def name_of(material: Material) -> str:
    """A name that a bucket or job may have: lower case, with a digest so that it is nobody else's."""
    words = re.sub(r"[^a-z0-9]+", "-", material.title.lower()).strip("-")[:30].strip("-")
    return "-".join(
        ["tunecase", *([words] if words else []), digests.of_record(material.plan)[: digests.SHORT]]
    )
