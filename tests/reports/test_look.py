"""A client's logo and colour: what draws is let in, what runs, fetches or cannot be read is not."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.engagement.errors import FileError
from reports import look
from reports.rendering import Wanted, document
from tests.conftest import tunecase
from tests.reports import engagements as made

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">'
    "{}</svg>"
)
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def refusal(path: Path, content: bytes) -> str:
    """Why the logo is refused."""
    path.write_bytes(content)
    with pytest.raises(FileError) as refused:
        look.logo(path)
    assert str(path) in refused.value.problem
    return refused.value.problem


def test_png_and_plain_svg_become_data_addresses(tmp_path: Path) -> None:
    drawing = SVG.format(
        '<defs><linearGradient id="a"><stop offset="0"/></linearGradient></defs>'
        '<style>.b{fill:url(#a)}</style><path class="b" d="M0 0h9v9z" style="stroke: url( \'#a\' )"/>'
        '<use xlink:href="#a"/><i:layer xmlns:i="http://www.inkscape.org/namespaces/inkscape"/>'
    )
    for content, kind in ((PNG, "image/png"), (drawing.encode("utf-8"), "image/svg+xml")):
        path = tmp_path / "logo"
        path.write_bytes(content)
        head, _, body = look.logo(path).partition(",")
        assert head == f"data:{kind};base64"
        assert base64.b64decode(body) == content


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<path onload="alert(1)"/>',
        '<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>',
        '<image href="https://192.0.2.1/x.png"/>',
        '<image href="data:image/png;base64,AAAA"/>',
        '<use xlink:href="https://192.0.2.1/x.svg#a"/>',
        '<a href="javascript:alert(1)"><path/></a>',
        "<style>@import 'https://192.0.2.1/x.css';</style>",
        "<style>path{fill:url(https://192.0.2.1/x)}</style>",
        '<path fill="url(  &quot;//192.0.2.1/x&quot;)"/>',
        '<path style="fill:u\\72l(//192.0.2.1/x)"/>',
        '<animate attributeName="href"/>',
        '<set attributeName="href" to="x"/>',
        '<h:iframe xmlns:h="http://www.w3.org/1999/xhtml"/>',
        "<path",
    ],
)
def test_an_svg_that_does_more_than_draw_is_refused(tmp_path: Path, inside: str) -> None:
    refusal(tmp_path / "logo.svg", SVG.format(inside).encode("utf-8"))


def test_entities_other_formats_big_and_cut_files_are_refused(tmp_path: Path) -> None:
    bomb = b'<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + SVG.format("<text>&a;</text>").encode("utf-8")
    assert "entities" in refusal(tmp_path / "bomb.svg", bomb)
    assert "style sheet" in refusal(
        tmp_path / "styled.svg", b'<?xml-stylesheet href="x"?>' + SVG.encode("utf-8")
    )
    assert "neither" in refusal(tmp_path / "logo.gif", b"GIF89a")
    assert "neither" in refusal(tmp_path / "utf16.svg", SVG.format("<script/>").encode("utf-16"))
    assert "neither" in refusal(tmp_path / "cut.png", PNG[:-8])
    assert "at most 200,000" in refusal(tmp_path / "big.png", PNG + bytes(200_000) + PNG[-12:])
    with pytest.raises(FileError, match="No such file"):
        look.logo(tmp_path / "absent.png")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#767676", "#ffffff", 4.54)],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert look.contrast(one, other) == look.contrast(other, one) == pytest.approx(ratio, abs=0.01)


@given(colour=COLOURS)
def test_an_accent_can_be_read_in_light_and_dark_or_is_refused_with_one_that_can(colour: str) -> None:
    try:
        found = look.accent(colour)
    except FileError as refused:
        assert look.contrast(colour, look.WASH) < 4.5
        darker = re.findall("#[0-9a-f]{6}", refused.fix)[0]
        found = look.accent(darker)
    assert min(look.contrast(found.light, ground) for ground in (look.PAPER, look.WASH)) >= 4.5
    assert min(look.contrast(found.dark, ground) for ground in (look.DARK_PAPER, look.DARK_WASH)) >= 4.5


@pytest.mark.parametrize("colour", ["red", "#fff", "#12345g", "#0b5a8c;}", "0b5a8c"])
def test_an_accent_is_six_hex_digits(colour: str) -> None:
    with pytest.raises(FileError, match="six hex digits"):
        look.accent(colour)


def test_the_grounds_are_those_of_the_style_sheet() -> None:
    style = (Path(look.__file__).parent / "templates" / "style.css").read_text(encoding="utf-8")
    papers = re.findall(r"--paper: (#\w{6})", style)
    washes = re.findall(r"--wash: (#\w{6})", style)
    assert papers[:2] == [look.PAPER, look.DARK_PAPER]
    assert washes[:2] == [look.WASH, look.DARK_WASH]


def test_logo_and_accent_are_on_the_page(tmp_path: Path) -> None:
    path = tmp_path / "logo.png"
    path.write_bytes(PNG)
    wanted = Wanted(look=look.Look(look.logo(path), look.accent("#7a1f5c")))
    page = document(made.scoping(tmp_path / "acme"), today=made.TODAY, wanted=wanted).page
    assert '<img class="logo" src="data:image/png;base64,iVBOR' in page
    assert 'alt="Acme"' in page
    assert "--accent: #7a1f5c;" in page


def test_the_command_refuses_a_pale_accent_and_writes_nothing(tmp_path: Path) -> None:
    engagement = made.scoping(tmp_path / "acme")
    done = tunecase("report", "-C", engagement.root, "--accent", "#ffcc00")
    assert done.returncode == 3
    assert "contrast 1.4" in done.stderr
    assert not engagement.report_path.exists()
