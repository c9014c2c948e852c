"""The client's logo and colour: checked before they are let onto a page."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from advisor.engagement.errors import FileError

MOST_BYTES = 200_000
"""Of a logo, so that a report with it stays a file for mail."""
LEAST_CONTRAST = 4.5
"""WCAG 2.2, success criterion 1.4.3, level AA, text of usual size."""
PAPER, WASH = "#ffffff", "#f3f5f8"
"""What coloured text stands on in light and in print; as in style.css."""
DARK_PAPER, DARK_WASH = "#14171b", "#1d2228"
"""The same in dark."""
PNG, PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
SVG = "http://www.w3.org/2000/svg"
DRAWING = frozenset(
    "svg g defs symbol use path rect circle ellipse line polyline polygon text tspan textPath title desc "
    "metadata linearGradient radialGradient stop pattern clipPath mask marker style switch view filter "
    "feBlend feColorMatrix feComposite feFlood feGaussianBlur feMerge feMergeNode feOffset".split()
)
"""Elements that only draw. Others can run, fetch or embed, and are refused."""
EDITORS = (
    "http://www.inkscape.org/",
    "http://sodipodi.",
    "http://purl.org/",
    "http://creativecommons.org/",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns",
    "http://ns.adobe.com/",
)
"""Notes that drawing programs leave in a file; nothing draws or runs them."""
_OUTWARD = re.compile(r"url\(\s*['\"]?\s*(?!['\"\s#])|@[i]mport|javascript:|expression\(|\\", re.IGNORECASE)
"""Addresses elsewhere, also where a backslash would hide one."""
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class Accent(NamedTuple):
    """A colour for links and the winner's mark."""

    light: str
    """As given, on white and on paper."""
    dark: str
    """Lightened until it can be read on the dark page."""


class Look(NamedTuple):
    """What a client adds to a page."""

    logo: str = ""
    """A data URI; empty: none."""
    accent: Accent | None = None
    """None: ours."""


def logo(path: Path) -> str:
    """A PNG or SVG as data URI. Raises FileError for other or big files and SVG that not only draws."""
    try:
        content = path.read_bytes()
    except OSError as wrong:
        raise FileError(f"{path}: {wrong.strerror}", fix="name a PNG or SVG file") from None
    if len(content) > MOST_BYTES:
        raise FileError(
            f"{path}: {len(content):,} bytes, at most {MOST_BYTES:,}",
            fix="save the logo smaller, 600 pixels wide",
        )
    if content.startswith(PNG) and content.endswith(PNG_END):
        return _uri("image/png", content)
    if b"<svg" in content:
        _check_drawing(path, content)
        return _uri("image/svg+xml", content)
    raise FileError(f"{path}: neither a whole PNG nor an SVG in UTF-8", fix="save the logo as PNG or SVG")


def accent(colour: str) -> Accent:
    """The colour for light and dark pages. Raises FileError where nobody could read it on white."""
    if not _COLOUR.fullmatch(colour):
        raise FileError(f"accent {colour!r}: expected six hex digits", fix="write it as '#0b5a8c'")
    given = colour.lower()
    found = contrast(given, WASH)
    if found < LEAST_CONTRAST:
        darker = _mixed(given, "#000000", (PAPER, WASH))
        raise FileError(
            f"accent {given}: contrast {found:.1f} on white paper, at least {LEAST_CONTRAST} (WCAG 2.2 AA)",
            fix=f"take a darker shade, such as '{darker}'",
        )
    return Accent(given, _mixed(given, "#ffffff", (DARK_PAPER, DARK_WASH)))


def contrast(one: str, other: str) -> float:
    """From 1 to 21, of two colours written #rrggbb (WCAG 2.2, contrast ratio)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _mixed(colour: str, towards: str, grounds: tuple[str, ...]) -> str:
    """The first of twenty steps towards the other colour that can be read on all grounds."""
    for step in range(21):
        mixed = "#" + "".join(
            f"{round(here + (there - here) * step / 20):02x}"
            for here, there in zip(_channels(colour), _channels(towards), strict=True)
        )
        if all(contrast(mixed, ground) >= LEAST_CONTRAST for ground in grounds):
            return mixed
    return towards


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))


def _check_drawing(path: Path, content: bytes) -> None:
    """Refuse what an SVG may hold beside a drawing. No entities either: they can blow up a parser."""
    fix = "save it as plain SVG with its text as paths, or as PNG"
    if re.search(rb"<!DOCTYPE[^>]*\[|<!ENTITY|<\?xml-stylesheet", content, re.IGNORECASE):
        raise FileError(f"{path}: an SVG with entities or a style sheet from elsewhere", fix=fix)
    try:
        root = ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError) as wrong:
        raise FileError(f"{path}: not SVG ({wrong})", fix=fix) from None
    for element in root.iter():
        if (problem := _more_than_drawing(element)) is not None:
            raise FileError(f"{path}: {problem}", fix=fix)


def _more_than_drawing(element: ElementTree.Element) -> str | None:
    space, _, name = str(element.tag).rpartition("}")
    space = space.removeprefix("{")
    if space.startswith(EDITORS):
        return None
    if space != SVG or name not in DRAWING:
        return f"<{name}> is not allowed in a logo"
    if _OUTWARD.search(element.text or ""):
        return f"<{name}> names something outside of the file"
    for attribute, value in element.attrib.items():
        plain = attribute.rpartition("}")[2].lower()
        if plain.startswith("on"):
            return f"{plain}=... runs script"
        if (plain == "href" and not value.strip().startswith("#")) or _OUTWARD.search(value):
            return f"{plain}={value[:60]!r} names something outside of the file"
    return None


def _uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
