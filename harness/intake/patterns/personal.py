"""Personal data by its written form, one pattern a kind; reserved and invalid numbers count like any."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ._kind import Pattern, Span, spans_of
from .places import ADDRESS, may_live

_GAP = r"[ \t\xa0]"
_SAYS = (
    rf"(?:{_GAP}*(?:numbers?|no\b\.?|nr\b\.?|n°|nº|nummer|numéro|número|is|ist|est|es|was|[:=#(-])){{0,4}}"
)
"""What stands between a word and its number: "passport no.: X0000000"."""

_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w@-])")
_ADDRESS_OF_SERVER = re.compile(r"(?i:(?!mailto)\b[a-z][a-z0-9+.]{1,20})://\S{0,200}\Z")


def _emails(text: str) -> Iterator[Span]:
    """`git@host` and the user of `ftp://user:word@host` are log-ins, not addresses of people."""
    for match in _EMAIL.finditer(text):
        before = text[max(0, match.start() - 220) : match.start()]
        if not match.group().startswith("git@") and not _ADDRESS_OF_SERVER.search(before):
            yield match.span()


_PHONE_WORD = (
    r"(?:(?:tele|mobile|cell|home|work)?[ -]?phone|\btel|\bmobile|\bcell|\bfax|whatsapp|telefono?|teléfono"
    r"|téléphone|portable|móvil|handy|rufnummer|(?:call|ring|text|reach|contact)(?:[ ]\w{2,8})?[ ](?:at|on))"
    r"\.?"
)
# ITU-T E.164, annex: codes that are assigned
_COUNTRY = (
    r"(?:1|7|2[07]|21[12368]|2[2346][0-9]|25[0-8]|29[01789]|3[0-469]|35[0-9]|37[0-8]|38[0-35-79]|4[013-9]"
    r"|42[013]"
    r"|5[1-8]|50[0-9]|59[0-9]|6[0-6]|67[02-9]|68[0-35-9]|69[0-2]|8[12469]|80[08]|85[02356]|87[08]|88[0-68]"
    r"|9[0-58]|96[0-8]|97[0-79]|99[2-68])"
)
_PHONE = re.compile(
    rf"""
    (?<![\w+.,:/=*-]) (?:
        # E.164: a plus sign, a country code, at most 15 digits, of which numbers in use have 13 or fewer
        \+ (?={_COUNTRY}) (?=(?:[ \t\xa0().\-/]{{0,2}}[0-9]){{8,13}}(?![0-9]))
        [1-9] (?:[ \t\xa0().\-/]{{0,2}}[0-9]){{7,12}}
        # the same with the prefix 00 of ITU-T E.123
      | 00 (?=(?:[ \-/]?[0-9]){{10,15}}(?![0-9])) [1-9][0-9]{{0,2}} (?:[ \-/][0-9]{{2,10}}){{2,5}}
        # North American Numbering Plan: neither area code nor exchange begins with 0 or 1
      | (?:1[ .\-])? (?: \([2-9][0-9]{{2}}\)[ ]?[2-9][0-9]{{2}}[ .\-]
        | [2-9][0-9]{{2}}([ .\-])[2-9][0-9]{{2}}\1 ) [0-9]{{4}}
        # France: five pairs
      | 0[1-9] (?:[ ][0-9]{{2}}){{4}} | 0[1-9] (?:\.[0-9]{{2}}){{4}} | 0[1-9] (?:-[0-9]{{2}}){{4}}
        # United Kingdom
      | (?:\(0[1-9][0-9]\)|0[1-9][0-9])[ ][0-9]{{4}}[ ][0-9]{{4}}
      | (?:\(0[1-9][0-9]{{2}}\)|0[1-9][0-9]{{2}})[ ][0-9]{{3}}[ ][0-9]{{4}}
      | 0[1-9][0-9]{{3}}[ ][0-9]{{3}}[ ][0-9]{{3}}
        # Germany and others: area code, then one block
      | (?:\(0[1-9][0-9]{{1,4}}\)|0[1-9][0-9]{{1,4}}) (?:[ ]|[ ]?[/\-][ ]?) [0-9]{{5,9}}
    ) (?![\w]|[.,:/-][0-9])
  | (?i:{_PHONE_WORD}) (?i:{_SAYS.replace("(-]", "-]")}) {_GAP}*
    (?P<called> (?=(?:[ ().\-/]{{0,2}}[0-9]){{7,15}}(?![0-9]))
        (?:\((?=[0-9]{{1,5}}\)))?[0-9] (?:[ ().\-/]{{0,2}}[0-9]){{6,14}} ) (?![\w]|[.,:/-][0-9])
    """,
    re.VERBOSE,
)
_FIGURE_BEFORE = re.compile("[0-9][ -]$")
_FIGURE_AFTER = re.compile("[ -][0-9]+(?![0-9/])")
_DATE = re.compile(
    r"(?:[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}|[0-9]{4}[./-][0-9]{1,2}[./-][0-9]{1,2})(?![./-]?[0-9])"
)


def _phones(text: str) -> Iterator[Span]:
    """Groups with spaces alone between them are a column of figures where more figures stand beside them."""
    for match in _PHONE.finditer(text):
        begin, end = match.span("called" if match["called"] else 0)
        grouped = text[begin:end].replace(" ", "").isdigit() and not match["called"]
        if not _DATE.match(text, begin) and not (grouped and _beside_figures(text, begin, end)):
            yield begin, end


def _beside_figures(text: str, begin: int, end: int) -> bool:
    return bool(_FIGURE_BEFORE.search(text[max(0, begin - 2) : begin]) or _FIGURE_AFTER.match(text, end))


# SWIFT IBAN registry: letters and digits in all, by country
_IBAN_LENGTHS = {
    15: "NO", 16: "BE", 18: "DK FI FO GL NL", 19: "MK SI", 20: "AT BA EE KZ LT LU XK", 21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ TL", 24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "PT ST", 26: "IS TR", 27: "FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HU LB PL SV",
    29: "BR EG PS QA UA", 30: "JO KW MU", 31: "MT SC", 32: "LC",
}  # fmt: skip
_IBAN = re.compile(
    "(?<![A-Za-z0-9])(?:"
    + "|".join(
        rf"(?:{countries.replace(' ', '|')})[0-9]{{2}}(?:[ -]?[A-Z0-9]){{{length - 4}}}"
        for length, countries in _IBAN_LENGTHS.items()
    )
    + ")(?![A-Za-z0-9])"
)
_NUMBERED = re.compile("[A-Z]{2}[0-9]{2}")


def _ibans(text: str) -> Iterator[Span]:
    return (m.span() for m in _IBAN.finditer(text) if sum(map(str.isdigit, m.group())) >= 10)


# ISO/IEC 7812: the first digits name the issuer; 4 Visa, 51-55 and 2221-2720 Mastercard, 34 and 37 American
# Express, 36 and 38 Diners Club, 35 JCB, 6 Discover, UnionPay and Maestro
_CARD = re.compile(
    r"(?<![\w.-])(?:(?P<grouped>[0-9]{4}([ -])[0-9]{4}\2[0-9]{4}\2[0-9]{4}"
    r"|3[47][0-9]{2}([ -])[0-9]{6}\3[0-9]{5})"
    r"|(?P<run>(?:4|5[0-8]|2[2-7]|3[4-8]|6)[0-9]{11,17}))(?![\w]|[.-][0-9])"
)


def _cards(text: str) -> Iterator[Span]:
    """Grouped as on the plastic, whatever the check digit; in a run or beside figures only a valid one."""
    accounts: list[Span] | None = None
    for match in _CARD.finditer(text):
        digits = re.sub("[ -]", "", match.group())
        sure = _luhn(digits) and digits[0] in "23456"
        if not sure and (match["run"] or _beside_figures(text, *match.span())):
            continue
        if match["run"] and (len(digits) < 13 or _article(digits)):
            continue
        if accounts is None:
            accounts = list(_ibans(text))
        if not any(begin <= match.start() < end for begin, end in accounts):
            yield match.span()


def _luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B: every second digit from the right doubled, the sum a multiple of ten."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def _article(digits: str) -> bool:
    """GS1 General Specifications: thirteen digits with weights 1 and 3 are the number of an article."""
    weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return len(digits) == 13 and weighed % 10 == 0


_ID = re.compile(
    rf"""
    # Social Security number: the Social Security Administration prints 3-2-4
    (?<![\w-]) [0-9]{{3}}-[0-9]{{2}}-[0-9]{{4}} (?![\w-])
  | (?i:\bssn|social[ ]security) (?i:{_SAYS}) {_GAP}*
        (?P<social>[0-9]{{3}}[ ]?[0-9]{{2}}[ ]?[0-9]{{4}}) (?![\w-])
    # National Insurance number: two letters, six digits, A to D
  | (?<![\w-]) [A-Z]{{2}}(?:[ ]?[0-9]{{2}}){{3}}[ ]?[A-D] (?![\w-])
    # INSEE number: sex, year, month, department, commune, order, key
  | (?<![\w-]) [12][ ][0-9]{{2}}[ ][0-9]{{2}}[ ]
        (?:[0-9]{{2}}|2[AB])[ ][0-9]{{3}}[ ][0-9]{{3}}(?:[ ][0-9]{{2}})? (?![\w-])
  | (?i:sécurité[ ]sociale|numéro[ ]de[ ]sécu|\binsee|\bnir) (?i:{_SAYS}) {_GAP}*
        (?P<insee>[12][0-9]{{12}}(?:[0-9]{{2}})?) (?!\w)
    # German tax identification number: eleven digits
  | (?i:steuer-?id(?:entifikationsnummer|nr|-nr)?|\bidnr|\btax[ ]id(?:entification)?) (?i:{_SAYS}) {_GAP}*
        (?P<tax>[0-9]{{2}}[ ]?[0-9]{{3}}[ ]?[0-9]{{3}}[ ]?[0-9]{{3}}) (?![\w-])
  | (?i:passport|reisepass|passeport|pasaporte|personalausweis|ausweis|identity[ ]card|\bid[ ]card|\bdni|\bnie
        |driv(?:er'?s|ing)[ ]licen[cs]e) (?i:{_SAYS}) {_GAP}*
        (?P<papers>(?=(?:[A-Z]*[0-9]){{4}})(?:[A-Z0-9]{{7,12}}|[A-Z0-9]{{2,9}}-[A-Z])) (?![\w-])
    """,
    re.VERBOSE,
)


def _ids(text: str) -> Iterator[Span]:
    return (match.span(match.lastgroup or 0) for match in _ID.finditer(text))


_IPV4 = re.compile(
    r"(?<![\w.-])(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})(?:\.(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})){3}(?![\w-]"
    r"|\.[0-9])"
)
# RFC 1918, 1122, 3927, 5771: private, this host, link-local, multicast and above; then public resolvers
_NOBODYS = re.compile(
    r"(?:0|10|127|22[4-9]|23[0-9]|24[0-9]|25[0-5])\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2[0-9]|3[01])\."
    r"|(?:8\.8\.8\.8|8\.8\.4\.4|1\.1\.1\.1|1\.0\.0\.1|9\.9\.9\.9)\Z"
)
_VERSION = re.compile(
    r"(?i)\bv\Z|(?:version|\bver\.|release|build|firmware|section|chapter|clause|kernel|update"
    r"|driver)\b[^.;]{0,30}\Z"
)
_HOST = re.compile(r"(?i)\bips?\b|address|adresse|dirección|\bhost|server")
# RFC 4291: what is routed worldwide begins with 2 or 3
_IPV6 = re.compile(r"(?<![\w:.])[23][0-9A-Fa-f]{3}(?::[0-9A-Fa-f]{0,4}){3,7}(?![\w:])")


def _ips(text: str) -> Iterator[Span]:
    """Four small numbers are as likely a version or a section: they need a word such as `IP` before them."""
    from ipaddress import AddressValueError, IPv6Address

    for match in _IPV4.finditer(text):
        line = text[max(text.rfind("\n", 0, match.start()) + 1, match.start() - 40) : match.start()]
        small = all(int(part) < 32 for part in match.group().split("."))
        if not _NOBODYS.match(match.group()) and not _VERSION.search(line):
            if not small or _HOST.search(line):
                yield match.span()
    for match in _IPV6.finditer(text):
        try:
            IPv6Address(match.group())
        except AddressValueError:
            continue
        yield match.span()


_MONTH = (
    r"(?:jan|feb|fév|mar|mär|apr|abr|avr|may|mai|jun|juin|jul|juil|aug|ago|août|sep|oct|okt|nov|dec|dez"
    r"|déc|dic"
    r"|ene|enero)[^\W\d_]{0,7}\.?"
)
_NUMERIC = r"[0-9]{1,2}[./-][0-9]{1,2}[./-](?:19|20)?[0-9]{2}|(?:19|20)[0-9]{2}[./-][0-9]{1,2}[./-][0-9]{1,2}"
_DAY = r"[0-9]{1,2}(?:st|nd|rd|th|\.|er)?"
_WORDED = (
    rf"{_DAY}[ ](?:of[ ]|de[ ])?{_MONTH}[ ,]{{1,2}}(?:de[ ])?(?:19|20)[0-9]{{2}}"
    rf"|{_MONTH}[ ]{_DAY}[ ,]{{1,2}}(?:19|20)[0-9]{{2}}"
)
_BIRTH = re.compile(
    rf"""(?i)
    (?:\bd\.?o\.?b\b\.?|date[ ]of[ ]birth|birth[ ]?date|\bmy[ ]birthday|\bi(?:[ ]was|'m)[ ]born(?:[ ]on)?
      |geburtsdatum|date[ ]de[ ]naissance|je[ ]suis[ ]née?[ ]le|fecha[ ]de[ ]nacimiento|\bnací[ ]el
      |ich[ ]bin[ ]am)
    (?:{_GAP}*(?:is|ist|est|es|was|on|[:=(-])){{0,3}} {_GAP}* (?P<said>{_WORDED}|{_NUMERIC}) (?![0-9])
  | \b(?:born(?:[ ]on)?|geb(?:oren|\.)(?:[ ]am)?|née?[ ]le|nacid[oa][ ]el)
    (?:{_GAP}*[:=(-])? {_GAP}* (?P<noted>{_NUMERIC}) (?![0-9])
    """,
    re.VERBOSE,
)


def _births(text: str) -> Iterator[Span]:
    """Only beside a word for it; "born on 5 May 1818" is history unless somebody speaks of himself."""
    return (match.span(match.lastgroup or 0) for match in _BIRTH.finditer(text))


EMAIL = Pattern("EMAIL", lambda text: "@" in text, _emails)
PHONE = Pattern("PHONE", re.compile(r"[0-9](?:[ \t\xa0().\-/]{0,3}[0-9]){6}").search, _phones)
CARD = Pattern("CARD", re.compile(r"[0-9]{4}[ -]?[0-9]{4}").search, _cards)
IBAN = Pattern("IBAN", _NUMBERED.search, _ibans)
ID = Pattern("ID", re.compile("[0-9][A-Z0-9 -]{5,}[0-9A-Z]").search, _ids)
IP = Pattern("IP", re.compile(r"[0-9]\.[0-9]{1,3}\.[0-9]|[0-9A-Fa-f]:[0-9A-Fa-f]{0,4}:").search, _ips)
STREET = Pattern("ADDRESS", may_live, spans_of(ADDRESS))
BIRTH_DATE = Pattern("BIRTH_DATE", re.compile("[0-9][./-][0-9]|(?:19|20)[0-9]{2}").search, _births)
PERSONAL = (EMAIL, IBAN, CARD, ID, BIRTH_DATE, STREET, IP, PHONE)
"""In the order of masking: what is longer and surer comes first."""
