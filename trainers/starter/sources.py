"""Where the training text comes from, under which licence, and how its rows are read. Train splits only."""

import gzip
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Source:
    """One body of text that went into the model."""

    name: str
    """Short name, used as the `kind` of its documents."""
    paths: tuple[str, ...]
    """Files below the data folder."""
    licences: tuple[str, ...]
    """Licence of the text; with two, either."""
    attribution: str
    """Whom to name, and where the text lives."""
    used_for: str
    """What the model practises on it."""


PROSE = (
    "us_government",
    "company_policy_handbooks",
    "textbooks_business_economics",
    "dynamics365_business_central",
    "sap_btp_docs",
)
EVERYDAY = ("fiction_humour_and_novels", "fiction_short_stories_1")
CHATS = ("dialogues", "faq_answers", "persona_chat", "small_talk_and_service_rules")
ALLOWED = frozenset({"CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", "MIT", "Apache-2.0"})
MEASURED_ONLY = ("banking77", "mts_dialog", "viggo_mr", "xquad_en", "llmbar")
"""Data sets that no training text may come from."""
CITED = (
    "18F/",
    "GSA",
    "MicrosoftDocs/",
    "SAP-docs/",
    "asappresearch/abcd",
    "basecamp/policies",
    "department-of-veterans-affairs/",
    "github/",
    "google-research-datasets/Synthetic-Persona-Chat",
    "microsoft/",
    "nmrksic/neural-belief-tracker",
    "ntulsi/BotBuilder-PersonalityChat",
    "openstax/",
    "rust-lang/book",
    "sourcegraph/handbook",
)
"""Beginnings of `source` in rows that we use; a row from elsewhere is left out."""

SOURCES: tuple[Source, ...] = tuple(
    Source(row["name"], tuple(row["paths"]), tuple(row["licences"]), row["attribution"], row["used_for"])
    for row in tomllib.loads(Path(__file__).with_name("sources.toml").read_text(encoding="utf-8"))["source"]
)

# Never trained on: the label sets of our own hold-out are drawn from these.
HELD_OUT: dict[str, tuple[str, ...]] = {
    "clinc150": (
        "report_lost_card",
        "pin_change",
        "exchange_rate",
        "credit_limit",
        "routing",
        "insurance_change",
        "gas",
        "jump_start",
        "book_flight",
        "lost_luggage",
        "plug_type",
        "recipe",
        "timezone",
        "pto_request_status",
        "translate",
        "vaccines",
        "w2",
        "calories",
        "schedule_meeting",
        "order_checks",
    ),
    "hwu64": (
        "alarm_set",
        "cooking_recipe",
        "email_sendemail",
        "iot_cleaning",
        "iot_coffee",
        "music_likeness",
        "news_query",
        "play_radio",
        "takeaway_order",
        "transport_ticket",
    ),
}

Row = dict[str, Any]


def rows(data: Path, name: str) -> Iterator[Row]:
    """The rows of one JSON-lines file, compressed or not."""
    path = data / name
    text = gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")
    with text as lines:
        for line in lines:
            yield json.loads(line)


def plain(label: str) -> str:
    """`iot_hue_lighton` or `BookRestaurant` as lower-case words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label).replace("_", " ").lower()


def intents(data: Path, name: str, *, held_out: bool = False) -> dict[str, tuple[str, ...]]:
    """Class -> texts of clinc150 or hwu64; either the classes trained on or the held-out ones."""
    classes: dict[str, list[str]] = {}
    for row in rows(data, f"{name}/train.jsonl"):
        label = row["label"]
        if label != "oos" and (label in HELD_OUT[name]) == held_out:
            classes.setdefault(plain(label), []).append(row["input"])
    return {label: tuple(texts) for label, texts in classes.items()}


def snips_intents(data: Path) -> dict[str, tuple[str, ...]]:
    """The seven assistant skills."""
    classes: dict[str, list[str]] = {}
    for row in rows(data, "snips_slots/train.jsonl.gz"):
        classes.setdefault(plain(row["meta"]["intent"]), []).append(row["input"])
    return {label: tuple(texts) for label, texts in classes.items()}


def requested_slots(data: Path) -> dict[str, tuple[str, ...]]:
    """Caller turns that hold one kind of fact, by kind."""
    classes: dict[str, list[str]] = {}
    for row in rows(data, "restaurant8k/train.jsonl"):
        if len(row["meta"]["slots"]) == 1:
            classes.setdefault(plain(row["meta"]["slots"][0]), []).append(strip_hint(row["input"]))
    return {label: tuple(texts) for label, texts in classes.items()}


def tagged(data: Path) -> list[tuple[str, tuple[str, ...]]]:
    """NLU++ texts with all their tags of at most three words."""
    found = []
    for row in rows(data, "nlupp/train.jsonl"):
        tags = tuple(plain(tag) for tag in json.loads(row["output"])["intents"] if tag.count("_") < 3)
        found.append((row["input"], tags))
    return found


def strip_hint(text: str) -> str:
    """A restaurant8k turn without the note on what was asked."""
    return re.sub(r"^\[requested: [^\]]*\] *", "", text)


def slot_rows(data: Path) -> list[tuple[str, dict[str, str]]]:
    """Texts with the slots to extract, from three sources."""
    found: list[tuple[str, dict[str, str]]] = []
    for row in rows(data, "restaurant8k/train.jsonl"):
        found.append((strip_hint(row["input"]), json.loads(row["output"])))
    for name in ("snips_slots/train.jsonl.gz", "nlupp/train.jsonl"):
        found += [(row["input"], json.loads(row["output"])["slots"]) for row in rows(data, name)]
    return [(text, slots) for text, slots in found if slots]


def prose(data: Path) -> list[str]:
    """All prose documents."""
    return [row["text"] for name in PROSE for row in rows(data, f"open_text/prose/{name}.jsonl.gz")]


def everyday_prose(data: Path) -> list[str]:
    """Stories, for the statistics of everyday words only."""
    return [row["text"] for name in EVERYDAY for row in rows(data, f"open_text/prose/{name}.jsonl.gz")]


def headings(documents: list[str]) -> dict[str, tuple[str, ...]]:
    """Headings of the prose -> two to four short pieces of the paragraph below: free labels."""
    found: dict[str, tuple[str, ...]] = {}
    seen: Counter[str] = Counter()
    for text in documents:
        lines = [line for line in text.split("\n") if line.strip()]
        for heading, below in pairwise(lines):
            if re.fullmatch(r"[A-Z][A-Za-z]+(?: [A-Za-z]+){0,4}", heading) and len(below) > 80:
                seen[heading.lower()] += 1
                found[heading.lower()] = pieces(below)
    return {heading: texts for heading, texts in found.items() if texts and seen[heading] <= 2}


def pieces(paragraph: str) -> tuple[str, ...]:
    """The first sentences of a paragraph, each cut to 22 words."""
    sentences = re.split(r"(?<=[.!?]) +", paragraph)
    return tuple(" ".join(s.split()[:22]) for s in sentences[:4] if len(s.split()) >= 5)


def glossary(data: Path) -> dict[str, tuple[str, ...]]:
    """Business terms -> definitions."""
    terms: dict[str, list[str]] = {}
    for row in rows(data, "open_text/tasks/business_glossary.jsonl.gz"):
        if row["task"] == "choose_term":
            terms.setdefault(row["output"], []).append(row["input"].split("\nOptions:")[0])
    return {term: tuple(texts) for term, texts in terms.items()}


def chats(data: Path, *, limit: int = 600) -> list[list[dict[str, str]]]:
    """Short exchanges in a plain voice: questions, small talk, dialogues, passages."""
    found: list[list[dict[str, str]]] = []
    for name in CHATS:
        for row in rows(data, f"open_text/tasks/{name}.jsonl.gz"):
            if not row["source"].startswith(CITED):
                continue
            messages = row.get("messages") or _exchange(row["instruction"], row["input"], row["output"])
            found.append([{"role": m["role"], "content": m["content"]} for m in messages])
    for row in rows(data, "self_instruct/train.jsonl"):
        found.append(_exchange("", row["input"], row["output"]))
    short = [_shorten(messages) for messages in found]
    return [m for m in short if len(m) > 1 and sum(len(x["content"]) for x in m) < limit]


def _exchange(instruction: str, body: str, answer: str) -> list[dict[str, str]]:
    parts = [("system", instruction if body else ""), ("user", body or instruction), ("assistant", answer)]
    return [{"role": role, "content": content} for role, content in parts if content]


def _shorten(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    """At most five messages, ending with the assistant."""
    cut = messages[:5]
    while cut and cut[-1]["role"] != "assistant":
        cut = cut[:-1]
    return cut
