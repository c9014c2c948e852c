"""Where somebody lives: house number and street beside a postcode, or after words such as "ship to"."""

from __future__ import annotations

import re

_GAP = r"[ \t\xa0]"
_SPACE = rf"(?:,?{_GAP}{{0,3}}(?:\r?\n)?{_GAP}{{0,3}})"
"""Between street and town: a comma, spaces, one end of a line."""
_NAME = r"[^\W\d_][\w'\u2019.-]{0,24}"
_TITLED = r"(?:[A-ZÀ-Þ][\w'\u2019.-]{0,24}|[0-9]{1,3}(?:st|nd|rd|th))"
_WAYS = (
    r"(?:street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|place|pl|square|terrace|way"
    r"|close|crescent|parkway|pkwy|gardens|grove|mews|row|hill|highway|hwy|circle|cir|trail)\b\.?"
)
_UNIT = rf"(?:,?{_GAP}(?:apt|apartment|unit|suite|ste|flat|floor|\#)\.?{_GAP}?[\w-]{{1,6}})?"
_ENGLISH = rf"[0-9]{{1,5}}[A-Za-z]?,?{_GAP}(?:[NSEW]\.?{_GAP})?(?:{_TITLED}{_GAP}){{1,4}}(?i:{_WAYS}){_UNIT}"
_ENGLISH_LOW = rf"[0-9]{{1,5}}[a-z]?,?{_GAP}(?:{_NAME}{_GAP}){{1,3}}{_WAYS}{_UNIT}"
_TOWN = rf"(?:{_TITLED}{_GAP}?){{1,3}}"
# United States: state and ZIP code; United Kingdom: 5 to 7 characters; elsewhere five digits and a town
_POSTCODE = (
    rf"(?:[0-9]{{5}}(?:-[0-9]{{4}})?(?:{_GAP}{_TITLED})?"
    rf"|(?:{_TOWN},?{_GAP})?(?:[A-Z]{{2}},?{_GAP})?[0-9]{{5}}"
    rf"(?:-[0-9]{{4}})?|(?:{_TOWN},?{_GAP}?)?[A-Z]{{1,2}}[0-9][0-9A-Z]?{_GAP}?[0-9][A-Z]{{2}})(?!\w)"
)
_GERMAN = (
    rf"(?:[A-ZÄÖÜ][\wäöüß.-]{{1,30}}(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer|graben)"
    rf"|(?:{_TITLED}{_GAP}){{1,2}}(?:Straße|Strasse|Str\.|Weg|Platz|Allee|Gasse|Ring|Damm|Ufer))"
    rf"{_GAP}[0-9]{{1,4}}{_GAP}?[a-zA-Z]?(?!\w)"
)
_FRENCH = (
    rf"[0-9]{{1,4}}(?:{_GAP}?(?:bis|ter))?,?{_GAP}(?i:rue|avenue|boulevard|place|chemin|allée|impasse|quai"
    rf"|route|cours)"
    rf"(?:{_GAP}{_NAME}){{1,5}}"
)
_SPANISH = (
    rf"(?i:calle|c/|avenida|avda\.?|plaza|paseo|camino)(?:{_GAP}{_NAME}){{1,5}},?{_GAP}"
    rf"(?:n[ºo°]\.?{_GAP}?)?[0-9]{{1,4}}(?!\w)"
)
_STREETS = rf"(?:{_ENGLISH}|{_GERMAN}|{_FRENCH}|{_SPANISH})"
_CUE = (
    r"(?:\b(?:ships?|deliver(?:ed|y)?|send|sent|mail|post)(?:[ ](?:it|this|them|that|(?:my|the)[ ]\w+))?[ ]to"
    r"|\b(?:i|we)(?:'m|[ ]am|[ ]are)?[ ](?:now[ ]|currently[ ])?(?:live|living|reside|stay|moved)[ ](?:at|to)"
    r"|\b(?:my|our|home|billing|shipping|postal|mailing|delivery|street|his|her)[ ](?:new[ ])?address"
    r"(?:[ ]is)?|\baddress[ ]?:|\bresid(?:es|ing)[ ]at|\blives[ ]at|\bwohnen?(?:[ ]in)?(?:[ ]der)?"
    r"|\b(?:adresse|anschrift)[ ]?(?:ist|:|est)?|\bliefer\w{1,4}[ ]an|j'habite(?:[ ]au)?|domicile[ ]?:"
    r"|livrer[ ](?:à|au)|\bvivo[ ]en(?:[ ]la)?|dirección(?:[ ]es)?|domicilio)"
)
ADDRESS = re.compile(
    rf"(?<![\w.,:/$€£#-])(?:{_STREETS}{_SPACE}{_POSTCODE})"
    rf"|(?i:{_CUE}):?{_GAP}{{0,3}}(?P<value>{_STREETS}(?:{_SPACE}{_POSTCODE})?|(?i:{_ENGLISH_LOW}))"
)
"""The group `value` where words lead up to it, the whole match where a postcode follows."""

_NUMBER_FIRST = re.compile(
    rf"[0-9][a-z]?,?{_GAP}[^\n]{{0,80}}?\b{_WAYS}"
    rf"|[0-9],?{_GAP}(?:(?:bis|ter),? )?(?:rue|av|bou|pla|che|all|imp|quai|route|cours)"
)
_NUMBER_LAST = re.compile(
    r"(?:stra(?:ß|ss)e|str\.|weg|platz|allee|gasse|ring|damm|ufer|graben)[ \t\xa0][0-9]"
    r"|(?:calle|c/|avenida|avda|plaza|paseo|camino)[ .]"
)


def may_live(text: str) -> object:
    """Whether a number and a word for a street stand near each other."""
    lowered = text.lower()
    return _NUMBER_FIRST.search(lowered) or _NUMBER_LAST.search(lowered)
