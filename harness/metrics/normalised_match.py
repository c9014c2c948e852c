"""Equal after SQuAD's normalisation, with numbers written alike: the exact match of reading comprehension.

Case, punctuation, the articles a, an and the, and blanks do not count (Rajpurkar et al. 2016). Unlike there,
"1,200.0" is "1200", "-3" is not "3", and "12 %" is not "12". Numbers are read with a decimal point: "1.200,5"
is left as it stands.
"""

import re
import unicodedata
from decimal import Decimal

from harness.metrics._forms import is_call, is_json
from harness.metrics._kind import Basis, ItemScore, Metric
from harness.metrics._targets import best
from harness.metrics._text import read, sample, words_each

MOST_WORDS = 12
"""Words of an output on average beyond which hardly any output equals its target."""

_NUMBER = re.compile(r"(?<![\w.,])[-+−]?(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?![\w]|[.,]\d)")  # noqa: RUF001
_ARTICLE = re.compile(r"\b(?:a|an|the)\b")


def normalised(text: str) -> str:
    """The text as it is compared."""
    plain = _NUMBER.sub(_plain_number, read(text).casefold())
    kept = "".join(
        " " if unicodedata.category(char).startswith(("P", "Sc")) and char != "%" else char for char in plain
    )
    return " ".join(_ARTICLE.sub(" ", kept.replace("%", " % ")).split())


def _plain_number(match: re.Match[str]) -> str:
    """A number with neither thousands nor needless zeros, its point and sign out of punctuation's reach."""
    text = match[0].replace("−", "-").replace(",", "")  # noqa: RUF001
    value = f"{Decimal(text):f}"
    value = value.rstrip("0").rstrip(".") if "." in value else value
    value = value.lstrip("+")
    if value.lstrip("-0.") == "":
        value = "0"
    return value.replace("-", "\x01").replace(".", "\x02")


def normalised_match(output: str, target: str) -> float:
    """1.0 or 0.0."""
    return float(normalised(output) == normalised(target))


def fit(basis: Basis) -> ItemScore | None:
    """For short answers in words; structured outputs and long texts have metrics of their own."""
    if is_json(basis) or is_call(basis) or words_each(sample(basis)) > MOST_WORDS:
        return None
    return best(normalised_match)


METRIC = Metric(
    name="normalised_match",
    title="normalised exact match",
    tasks=("generation",),
    fit=fit,
    needs="outputs of twelve words or fewer on average, neither JSON nor calls",
    binary=True,
)
