"""Characters that are not what they seem are found by kind; honest writing in any script is not odd."""

from __future__ import annotations

import pytest

from advisor.engagement.records.examples import Example
from harness.intake.audits.characters import ROW_AUDITS


def codes(text: str) -> set[str]:
    """Every audit of characters that holds of the text as an input."""
    example = Example(id="r", input=text, output="refund")
    return {audit.code for audit in ROW_AUDITS if audit.holds(example)}


ODD = {
    "odd_characters": ["nul\x00", "bell\x07", "\x1b[31mred", "a\x9bb", "a\x7f"],
    "bidi": ["refund \u202eyreviled\u202c", "file\u2066name\u2069.txt"],
    "invisible": [
        "zero\u200bwidth",
        "\ufeffstart",
        "a\u200db",
        "soft\u00adhyphen",
        "hi\U000e0068\U000e0069",
        "word\u2060joiner",
        "smuggled\ufe01\ufe02\ufe03",
    ],
    "mojibake": [
        "K\u00fcche".encode().decode("latin-1"),
        "don\u2019t".encode().decode("cp1252"),
        "\u00e9t\u00e9".encode().decode("cp1252"),
        "5 \u00a3".encode().decode("latin-1"),
        "voil\u00e0 !".encode().decode("latin-1"),
        "\u043f\u0440\u0438\u0432\u0435\u0442".encode().decode("cp1252", "replace").replace("\ufffd", "\x90"),
    ],
    "homoglyph": ["pay\u0440al", "my p\u0430ssword", "\u0410pple store", "\u039dike"],
    "replacement": ["I\ufffdd rather"],
    "very_long": ["a" * 100_001],
    "only_punctuation": ["???", "...", "\u2014", "\u3000", " \n", "\u2026!"],
}


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in ODD.items() for text in texts])
def test_odd_characters_are_found_by_kind(code: str, text: str) -> None:
    assert code in codes(text)


@pytest.mark.parametrize(
    "text",
    [
        "tab\tline\nreturn\rnel\u0085 paragraph\u2029 separator\u2028",
        "\U0001f6b2\U0001f469\U0001f3fd\u200d\U0001f527\U0001f468\u200d\U0001f469\u200d\U0001f467 my bike",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "\U0001f44d",
        "\u2764\ufe0f\u200d\U0001f525 \u0031\ufe0f\u20e3",
        "Z\u0338\u0327a\u0337l\u0336g\u0335o\u0334 text",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u0915\u094d\u200d\u0937 \u0d28\u0d4d\u200d",
        "\u0e2a\u0e27\u0e31\u200b\u0e2a\u0e14\u0e35",
        "\u05e9\u05dc\u05d5\u05dd\u200f!",
        "S\u00e3o Paulo, \u00c2ngela, \u00c2 \u00e2 \u00c3",
        "S\u00c3O PAULO N\u00c3O MANH\u00c3\u2026 \u00abIRM\u00c3\u00bb \u201cAMANH\u00c3\u201d",
        "d\u00e9j\u00e0 vu, \u00e0 \u00e9t\u00e9 \u00ab l'\u00e2me \u00bb 5 \u20ac",
        "\u0110\u00e3 g\u1eedi h\u00e0ng \u1edf H\u00e0 N\u1ed9i, \u00c2U C\u01a0",
        "\u041f\u0440\u0438\u0432\u0435\u0442, SMS\u043a\u0430 \u0438 iPhone-\u043e\u043c",
        "TNF\u03b1, IFN\u03b3, \u03bcg, k\u03a9 and \u0394t",
        "\u4f60\u597d\uff0c\u4e16\u754c\u3002\u3053\u3093\u306b\u3061\u306f",
        "{",
        "```",
        "~~~",
        "***",
        "$$",
        "a" * 100_000,
    ],
)
def test_honest_writing_in_any_script_is_not_odd(text: str) -> None:
    assert codes(text) == set()
