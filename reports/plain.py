"""Client and model text made fit for a page: it can neither turn the direction of text nor send controls."""

from __future__ import annotations

from typing import Any

# Marks that turn the direction of text: shown as what they are, they cannot reorder a page.
_DIRECTIONS = (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)
_CONTROLS = [code for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\r\t"]
_SHOWN_AS = dict.fromkeys((*_DIRECTIONS, *_CONTROLS), "\N{REPLACEMENT CHARACTER}")


def plain(value: Any) -> Any:
    """The text without such marks; what is no text stays as it is. Escaped text stays escaped."""
    return value.translate(_SHOWN_AS) if isinstance(value, str) else value
