"""Keys and passwords: what issuers print in front of theirs, and values beside a word such as `password`."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from ._kind import Pattern, Span, spans_of

# Prefixes are cut in two so that scanners of repositories see no key here. Sources are the issuers' pages:
# AWS IAM "unique identifiers"; GitHub "behind GitHub's new authentication token formats"; GitLab "token
# prefixes"; Slack "token types" and "incoming webhooks"; Stripe "API keys"; RFC 7519 (JWT), RFC 7468 (PEM)
_FORMS = (
    r"(?:AK|AS|AB|AC)" "IA[A-Z0-9]{16}(?![A-Za-z0-9])",
    "ACCA[A-Z0-9]{16}(?![A-Za-z0-9])",
    "gh[pousr]_[A-Za-z0-9]{30,255}",
    "github" r"_pat_\w{22,255}",
    "gl" r"(?:pat|dt|rt|ptt|soat|ft|cbt|imt|agent|oas)-[\w.-]{20,}",
    "xox[abceoprs]-[A-Za-z0-9-]{10,}",
    "xapp-[A-Za-z0-9-]{20,}",
    r"https://hooks\.sl" r"ack\.com/(?:services|workflows)/[A-Za-z0-9+/]{20,}",
    r"https://(?:ptb\.|canary\.)?discord(?:app)?\.com/api/web" r"hooks/[0-9]{10,}/[\w-]{40,}",
    "AI" r"za[\w-]{35}(?![\w-])",
    "ya" r"29\.[\w-]{20,}",
    "GOC" r"SPX-[\w-]{20,}",
    "1" r"//0[\w-]{35,}",
    "[sr]k_(?:live|test)_[A-Za-z0-9]{16,}",
    "whsec_[A-Za-z0-9+/=]{24,}",
    "sk" r"-(?:proj|svcacct|admin|ant|or|lf)-[\w-]{20,}",
    "sk-[A-Za-z0-9]{32,}",
    "hf_[A-Za-z0-9]{30,}",
    "npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])",
    "py" r"pi-(?=[\w-]{0,60}[0-9])(?=[\w-]{0,60}[A-Z])[\w-]{40,}",
    "S" r"G\.[\w-]{16,32}\.[\w-]{16,64}",
    "SK[0-9a-f]{32}(?![A-Za-z0-9])",
    "do[opr]_v1_[0-9a-f]{64}",
    "shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",
    "dapi[0-9a-f]{32}(?:-[0-9])?(?![A-Za-z0-9])",
    "ntn_[A-Za-z0-9]{40,}",
    "gsk_[A-Za-z0-9]{40,}",
    "xai-[A-Za-z0-9]{60,}",
    "r8_[A-Za-z0-9]{37,}",
    "pplx-[A-Za-z0-9]{40,}",
    "lin_api_[A-Za-z0-9]{40}",
    "glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}",
    "hv" r"[sb]\.[\w-]{24,}",
    "PMAK-[0-9a-f]{24}-[0-9a-f]{34}",
    "dc" r"kr_[po]at_[\w-]{20,}",
    "AT" r"(?:ATT|CTT|BB)3[\w=-]{24,}",
    "sq" r"0(?:atp|csp|idp)-[\w-]{22,}",
    "NRAK-[A-Z0-9]{27}",
    r"[0-9a-f]{32}-us" r"[0-9]{1,2}(?!\w)",
    r"[0-9]{8,10}:A" r"A[\w-]{33}(?![\w-])",
    "ey" r"J[\w-]{8,}\.ey" r"J[\w-]{8,}\.[\w-]{10,}",
    "AGE-SECRET-KEY-1[A-Z0-9]{50,}",
)
_PLACEHOLDER = r"\[[A-Z_]+\]"
_VALUE = rf"(?:(?!{_PLACEHOLDER})[^\s\"'`<>\x00])"
_AFTER = (
    # Azure "connection strings"
    r"(?i:Account|SharedAccess)" r"Key=(?P<azure>[A-Za-z0-9+/]{40,}={0,2})",
    # AWS "access keys": forty characters, which say nothing without a word beside them
    r"(?i:aws|secret)[\w .-]{0,24}(?i:key)\w{0,8}[\"']?[ \t]{0,3}(?:[:=]|is|=>)[ \t]{0,3}[\"']?"
    r"(?P<aws>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
    r"(?i:\bbearer|\bbasic)[ ](?P<bearer>(?=\S{0,40}[A-Z0-9])(?=\S{0,40}[a-z])"
    r"[A-Za-z0-9._~+/-]{24,}={0,2})",
)
_KEY = re.compile(rf"(?<![A-Za-z0-9])(?P<key>{'|'.join(_FORMS)})|{'|'.join(_AFTER)}")
_LONG = re.compile(r"[\w./+=:-]{20}")

# RFC 3986: `user:password@` in front of the host
_URL = re.compile(
    rf"[A-Za-z][A-Za-z0-9+.-]{{1,20}}://[^\s:/@\"'<>\[\]]{{0,64}}:"
    rf"(?P<word>(?:(?!{_PLACEHOLDER})[^\s/@\"'<>]){{3,128}})@[\w\[.-]"
)
_WORD = re.compile(
    r"""
    (?<![A-Za-z]) (?P<name> (?:[A-Za-z0-9]{1,24}[_.-]){0,4}
      (?: (?P<personal>(?i:pass(?:word|wd|phrase|code)?|pwd|pw|passwort|kennwort|mot[ ]de[ ]passe|mdp
            |contraseña|clave))
        | (?i:(?:api|access|secret|auth|private|encryption|signing|service|account|license)[ _-]?(?:key|token)
            |client[ _-]?secret|api[ _-]?secret|auth|token|secret|credentials?|bearer|apikey)))
    ["'`]? [ \t]{0,3} (?P<sign>:=|=>|==?|:|[ ](?:is|was|ist|lautet|est|es)(?=[ ]|:)|\ to(?=[ ]))
    :?[ \t]{0,3} (?P<quote>["'`]?) (?P<value>VALUE{6,200})
    """.replace("VALUE", _VALUE),
    re.VERBOSE,
)
_MARKED = re.compile(r"(?i)pass|pwd|\bpw|kennwort|mdp|clave|contrase|secret|token|key|auth|credential|bearer")
_NO_VALUE = re.compile(
    r"""(?ix)
    [$%@]?\{ | \$\( | \$(?-i:[A-Z_]+)\Z | %\( | \*+\Z | x+\Z | \.{3}   # a variable or a row of stars
    | [a-z_]\w*(?:\.[a-z_]\w*)+ (?:[(\[]|\Z) | (?-i:[a-z_]+[(\[])   # an attribute in code, or a call
    | (?:your|my|the|some|change|example|insert|enter)[\w-]*\Z | [a-z]+://
    """
)
_PEM = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:[^-]{0,20000}(?:-{1,4}[^-]{1,20000}){0,40}?-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    r"|(?:(?:\s|\\n)*[A-Za-z0-9+/=]{16,}){0,400})"
)


def entropy(text: str) -> float:
    """Shannon's, in bits a character, from the counts in the text itself."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


def looks_chosen(value: str, *, short: bool, stated: bool) -> bool:
    """Whether a value beside such a word is a secret rather than prose or code.

    A password (`short`) has 6 characters or more, letters with a digit or with one of !@#$%^&*+?=~, and 2
    bits a character; after `=` or a colon (`stated`), six or more digits do too. Anything else has 16
    characters or more, letters and digits, and 3 bits a character.
    """
    core = value.rstrip(".,;:!?)")
    if len(core) < (6 if short else 16) or _NO_VALUE.match(core):
        return False
    letters, digits = any(map(str.isalpha, core)), any(map(str.isdigit, core))
    if not short:
        return letters and digits and entropy(core) >= 3.0
    if not letters:
        return stated and core.isdigit()
    return (digits or any(c in "!@#$%^&*+?=~" for c in core)) and entropy(core) >= 2.0


def _words(text: str) -> Iterator[Span]:
    for match in _URL.finditer(text):
        if not re.fullmatch(r"(?i)[$%{*].*|x+|\.+|pass(?:word|wd)?|pwd|[0-9]{1,5}", match["word"]):
            yield match.span("word")
    for match in _WORD.finditer(text):
        if looks_chosen(
            match["value"],
            short=bool(match["personal"]),
            stated=match["sign"] in (":", "=", ":=", "=>", "=="),
        ):
            yield match.start("value"), match.start("value") + len(match["value"].rstrip(".,;:?)"))


def _may_word(text: str) -> object:
    signed = "=" in text or ":" in text or " is " in text or " to " in text
    if "://" in text and "@" in text:
        return True
    return (signed or " es" in text or "ist " in text or "lautet" in text) and _MARKED.search(text)


KEY = Pattern("SECRET", _LONG.search, spans_of(_KEY))
WORD = Pattern("SECRET", _may_word, _words)
BLOCK = Pattern("SECRET", lambda text: "PRIVATE KEY" in text, spans_of(_PEM))
SECRETS = (BLOCK, KEY, WORD)
"""In the order of masking."""
