"""Rows with invented keys and passwords put into them, so that finding them can be scored."""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable, Sequence

import msgspec

from advisor.engagement.records.examples import Example

WORDS = string.ascii_letters + string.digits
LOWER = string.ascii_lowercase + string.digits
UPPER = string.ascii_uppercase + string.digits
HEX = "0123456789abcdef"
Draw = random.Random


def _of(draw: Draw, alphabet: str, count: int) -> str:
    return "".join(draw.choices(alphabet, k=count))


def _web_token(draw: Draw) -> str:
    parts = [
        {"alg": "HS256", "typ": "JWT"},
        {"sub": _of(draw, string.digits, 10), "iat": draw.randrange(9**9)},
    ]
    written = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*written, _of(draw, WORDS + "-_", 43)])


def _password(draw: Draw) -> str:
    chosen = [
        draw.choice(letters) for letters in (string.ascii_lowercase, string.ascii_uppercase, string.digits)
    ]
    chosen += draw.choices(WORDS + "!#$%*+", k=draw.randint(5, 13))
    draw.shuffle(chosen)
    return "".join(chosen)


def _block(draw: Draw) -> str:
    dashes, name = "-" * 5, draw.choice(["RSA ", "EC ", "OPENSSH ", ""]) + "PRIVATE " + "KEY"
    lines = [_of(draw, WORDS + "+/", 64) for _ in range(draw.randint(3, 24))]
    return "\n".join([f"{dashes}BEGIN {name}{dashes}", *lines, f"{dashes}END {name}{dashes}"])


def _slack(draw: Draw) -> str:
    numbers = [_of(draw, string.digits, 12), _of(draw, string.digits, 12)]
    return "xo" + "xb-" + "-".join([*numbers, _of(draw, WORDS, 24)])


def _slack_hook(draw: Draw) -> str:
    path = f"T{_of(draw, UPPER, 8)}/B{_of(draw, UPPER, 8)}/{_of(draw, WORDS, 24)}"
    return "https://hooks.sl" + f"ack.com/services/{path}"


def _database(draw: Draw) -> str:
    scheme = draw.choice(["postgres", "mysql", "mongodb+srv"])
    return f"{scheme}://shop:{_of(draw, WORDS, 14)}@db.example.com/shop"


def _named(draw: Draw) -> str:
    name, sign = draw.choice(["password", "Password", "pwd", "passwort"]), draw.choice([": ", "=", " = "])
    return f"{name}{sign}{_password(draw)}"


def _assigned(draw: Draw) -> str:
    name = draw.choice(["api_key", "API key", "client_secret", "auth_token"])
    return f"{name} = {_of(draw, WORDS, 32)}"


# Parts of a prefix are joined at run time: no file here holds what a scanner takes for a key
KEYS: dict[str, Callable[[Draw], str]] = {
    "aws id": lambda d: d.choice(["AK", "AS"]) + "IA" + _of(d, string.ascii_uppercase + "234567", 16),
    "aws secret": lambda d: f"aws_secret_access_key = {_of(d, WORDS + '/+', 40)}",
    "github": lambda d: "gh" + d.choice("pousr") + "_" + _of(d, WORDS, 36),
    "github fine": lambda d: "github" + "_pat_" + _of(d, WORDS, 22) + "_" + _of(d, WORDS, 59),
    "gitlab": lambda d: "gl" + "pat-" + _of(d, WORDS + "_-", 20),
    "slack": _slack,
    "slack hook": _slack_hook,
    "google": lambda d: "AI" + "za" + _of(d, WORDS + "_-", 35),
    "google oauth": lambda d: "ya" + "29." + _of(d, WORDS + "_-", 60),
    "stripe": lambda d: d.choice(["s", "r"]) + "k_" + "live_" + _of(d, WORDS, d.choice([24, 99])),
    "openai": lambda d: "s" + "k-" + _of(d, WORDS, 48),
    "openai project": lambda d: "s" + "k-proj-" + _of(d, WORDS + "_-", 80),
    "anthropic": lambda d: "s" + "k-ant-api03-" + _of(d, WORDS + "_-", 93),
    "hugging face": lambda d: "h" + "f_" + _of(d, string.ascii_letters, 34),
    "npm": lambda d: "np" + "m_" + _of(d, WORDS, 36),
    "pypi": lambda d: "py" + "pi-AgEIcHlwaS5vcmc" + _of(d, WORDS + "_-", 120),
    "sendgrid": lambda d: "S" + "G." + _of(d, WORDS + "_-", 22) + "." + _of(d, WORDS + "_-", 43),
    "twilio": lambda d: "S" + "K" + _of(d, HEX, 32),
    "azure": lambda d: f"AccountName=shop;Account{'Key'}={_of(d, WORDS + '+/', 86)}==",
    "web token": _web_token,
}
"""Forms of issuers, by kind."""

PASSWORDS: dict[str, Callable[[Draw], str]] = {
    "database": _database,
    "password": _named,
    "password said": lambda d: f"my password is {_password(d)}",
    "key assigned": _assigned,
}
"""A word and a value, by kind."""

HELD_BACK: dict[str, Callable[[Draw], str]] = {
    "digitalocean": lambda d: "do" + "p_v1_" + _of(d, HEX, 64),
    "shopify": lambda d: "sh" + "pat_" + _of(d, HEX, 32),
    "databricks": lambda d: "da" + "pi" + _of(d, HEX, 32),
    "mailchimp": lambda d: _of(d, HEX, 32) + f"-us{d.randint(1, 21)}",
    "telegram": lambda d: _of(d, "123456789", 10) + ":A" + "A" + _of(d, WORDS + "_-", 33),
    "bearer": lambda d: "Authorization: Bearer " + _of(d, WORDS, 40),
    "env file": lambda d: f"export DB_{'PASSWORD'}='{_password(d)}'",
    "json": lambda d: json.dumps({"user": "shop", "pass" + "word": _password(d)}),
    "french": lambda d: f"mon mot de passe est {_password(d)}",
    "unknown issuer": lambda d: "zq" + "v1_" + _of(d, WORDS, 40),
}
"""Kinds that no pattern was tuned on; the last one no pattern can know."""

BLOCKS: dict[str, Callable[[Draw], str]] = {"private key": _block}
KINDS = {**KEYS, **PASSWORDS, **BLOCKS}


def plant(
    rows: Sequence[Example], seed: int, *, kinds: Sequence[str] = tuple(KINDS), each: int = 200
) -> tuple[list[Example], list[int]]:
    """Copies of the rows with `each` invented secrets of every kind, one a row, and which rows hold one."""
    draw = Draw(seed)
    makers = {**KINDS, **HELD_BACK}
    planted = draw.sample(range(len(rows)), each * len(kinds))
    copies = list(rows)
    for place, number in enumerate(planted):
        words = rows[number].input_text().split(" ")
        words.insert(draw.randint(0, len(words)), makers[kinds[place // each]](draw))
        copies[number] = msgspec.structs.replace(rows[number], input=" ".join(words))
    return copies, sorted(planted)
