"""A masked copy holds nothing that the audits find, and masking it again changes nothing."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.engagement.records.examples import Example, Message
from harness.intake.audits import personal, secrets
from harness.intake.redacting import masked, redact
from tests.benchmarks import _plants_secrets as plants

AUDITS = (*personal.ROW_AUDITS, *secrets.ROW_AUDITS)


def after(text: str) -> str:
    return masked(text, Counter())


def test_each_kind_has_its_placeholder() -> None:
    assert after("jane@example.com or +1 202 555 0143") == "[EMAIL] or [PHONE]"
    assert after("card 4111 1111 1111 1111 exp 12/30") == "card [CARD] exp 12/30"
    assert after("IBAN DE00 0000 0000 0000 0000 00.") == "IBAN [IBAN]."
    assert after("SSN 000-00-0000, passport X0000000") == "SSN [ID], passport [ID]"
    assert after("my ip is 203.0.113.7") == "my ip is [IP]"
    assert after("Ship to 1 Example Street, 12345 Sampletown") == "Ship to [ADDRESS]"
    assert after("DOB 1990-01-01") == "DOB [BIRTH_DATE]"
    assert after("password: aB3dE5gH7, thanks") == "password: [SECRET], thanks"
    assert after("Phone: (202) 555-0143") == "Phone: [PHONE]"
    assert after("by phone (1-202-555-0143) or") == "by phone ([PHONE]) or"
    assert after("password=Xy7[a@b.example.com]") == "password=[SECRET]"


def test_only_the_secret_part_goes() -> None:
    word = "aB3dE5gH7"
    assert after(f"postgres://shop:{word}@db.example.com/x") == "postgres://shop:[SECRET]@db.example.com/x"
    block = plants.BLOCKS["private key"](random.Random(1))
    assert after(f"before\n{block}\nafter") == "before\n[SECRET]\nafter"
    assert after(block[: len(block) // 2]) == "[SECRET]"


def test_what_is_nobodys_stays() -> None:
    text = "order 123456 of 2024-03-02 at 10:30 for 1,299.00, version 4.15.3, [EMAIL] and [SECRET]"
    assert after(text) == text


def test_every_field_is_masked_and_counted_by_kind() -> None:
    example = Example(
        id="jane@example.com",
        input=[Message("system", "be brief"), Message("user", "I am jane@example.com")],
        output="Call 202-555-0143",
        context="from 203.0.113.7",
        meta={
            "rejected": "jane@example.com",
            "turns": [{"text": "SSN 000-00-0000"}, 7, None],
            "split": "train",
        },
    )
    copy, counts = redact(example)
    assert counts == {"EMAIL": 2, "PHONE": 1, "IP": 1, "ID": 1}
    assert copy.input == [Message("system", "be brief"), Message("user", "I am [EMAIL]")]
    assert (copy.output, copy.context) == ("Call [PHONE]", "from [IP]")
    assert copy.meta == {"rejected": "[EMAIL]", "turns": [{"text": "SSN [ID]"}, 7, None], "split": "train"}
    assert copy.id == example.id


def test_a_class_stays_and_a_side_label_does_not() -> None:
    label = "team@example.com"
    copy, counts = redact(Example(id="a", input="hello", output=label, label=label))
    assert (copy.output, copy.label, counts.total()) == (label, label, 0)
    copy, counts = redact(Example(id="a", input="hello", output="hi", label=label))
    assert (copy.output, copy.label, counts.total()) == ("hi", "[EMAIL]", 1)


def _number(form: str, draw: random.Random) -> str:
    return "".join(str(draw.randrange(10)) if letter == "#" else letter for letter in form)


FORMS = (
    "jane##@example.com", "+1 202 555 01##", "(202) 555-01##", "020 7946 0###", "call me at 55501##",
    "4111 1111 1111 ####", "4111-1111-1111-####", "378282246310005", "DE00 0000 0000 0000 00## ##",
    "GB00ABCD000000########", "###-##-####", "SSN ### ## ####", "QQ ## ## ## C", "passport X0######",
    "203.0.113.1#", "2001:db8::#:##", "Ship to # Example Street, ##### Sampletown",
    "I live at ## sample road", "Beispielweg #, ##### Musterstadt", "DOB 199#-01-1#", "born 1#/0#/19##",
    "my password is aB3#x#Q#",
    "http://u:aB###x@example.com",
)  # fmt: skip


@st.composite
def values(draw: st.DrawFn) -> str:
    """A value of any kind with reserved digits, or an invented secret."""
    dice = random.Random(draw(st.integers(0, 2**32)))
    if draw(st.booleans()):
        return _number(dice.choice(FORMS), dice)
    makers = {**plants.KINDS, **plants.HELD_BACK}
    return makers[draw(st.sampled_from(sorted(makers)))](dice)


FILLER = st.one_of(
    st.sampled_from(
        [" ", ", ", "\n", "", "-", ".", ":", "=", "[", "]", " is ", "password: ", "at ", "[EMAIL]", "1"]
    ),
    st.text(max_size=6),
    st.from_regex(r"[0-9 .:/@-]{0,8}", fullmatch=True),
)
TEXTS = st.lists(st.one_of(values(), FILLER), max_size=8).map("".join)
METAS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(["rejected", "note", "turns"]),
    st.one_of(TEXTS, st.integers(), st.lists(TEXTS, max_size=2)),
    max_size=2,
)


@st.composite
def examples(draw: st.DrawFn) -> Example:
    """A row with such values anywhere."""
    turns = st.lists(TEXTS, min_size=1, max_size=3).map(lambda said: [Message("user", text) for text in said])
    return Example(
        id="r",
        input=draw(st.one_of(TEXTS, turns)),
        output=draw(TEXTS),
        context=draw(st.none() | TEXTS),
        meta=draw(METAS),
    )


@given(examples())
@settings(max_examples=300, deadline=None)
def test_masking_twice_is_masking_once(example: Example) -> None:
    once, _ = redact(example)
    twice, counts = redact(once)
    assert twice == once
    assert not counts


@given(examples())
@settings(max_examples=300, deadline=None)
def test_no_audit_finds_anything_in_a_masked_row(example: Example) -> None:
    once, _ = redact(example)
    assert not [audit.code for audit in AUDITS if audit.holds(once)]


@given(examples())
@settings(max_examples=200, deadline=None)
def test_masking_is_counted_and_changes_only_rows_that_an_audit_accuses_or_whose_meta_does(
    example: Example,
) -> None:
    copy, counts = redact(example)
    bare = msgspec.structs.replace(example, meta={k: v for k, v in example.meta.items() if k == "rejected"})
    if any(audit.holds(bare) for audit in AUDITS):
        assert counts and copy != example
    if not counts:
        assert copy == example
