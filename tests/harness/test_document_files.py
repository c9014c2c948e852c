"""Files of every kind are read, and every one that is not read is named with its reason."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.engagement.errors import DataError, NotReady
from advisor.engagement.records.documents import Document, LeftOut
from harness.intake import document_files
from harness.intake.documents import read_documents

from .document_makers import locked, pdf, put, rezipped, word


def one(folder: Path, name: str, content: str | bytes) -> Document:
    """The only document of a folder with only this file."""
    (document,) = read_documents(put(folder, {name: content}))
    return document


def why(folder: Path, name: str, content: str | bytes) -> str:
    """The reason this file is left out of a folder that holds a good one too."""
    documents = read_documents(put(folder, {"good.txt": "Good.", name: content}))
    assert [document.id for document in documents] == ["good.txt"]
    (left_out,) = documents.left_out
    assert left_out.place == name
    return left_out.why


def test_a_folder_is_read_in_the_order_of_its_paths(tmp_path: Path) -> None:
    files = {
        "b.txt": "B.",
        "a/z.md": "# Zed\n\nText.",
        "a/b/c.html": "<h1>See</h1>c",
        "a.txt": "A.",
        "d.pdf": pdf("P"),
    }
    documents = read_documents(put(tmp_path, {**files, "e.docx": word()}))
    assert [document.id for document in documents] == [
        "a.txt",
        "a/b/c.html",
        "a/z.md",
        "b.txt",
        "d.pdf",
        "e.docx",
    ]
    assert [document.title for document in documents] == ["a", "See", "Zed", "b", "d", "Warranty"]
    assert all(document.source == document.id for document in documents)
    assert documents.kinds == {"text": 2, "HTML": 1, "Markdown": 1, "PDF": 1, "Word": 1}
    assert documents.left_out == []


def test_one_file_is_one_document(tmp_path: Path) -> None:
    put(tmp_path, {"a.md": "# A\nText.", "b.md": "# B"})
    assert [document.title for document in read_documents(tmp_path / "a.md")] == ["A"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_utf8_or_names_its_encoding(tmp_path: Path, encoding: str) -> None:
    assert one(tmp_path, "a.txt", "Käse\r\nund Brot".encode(encoding)).text == "Käse\nund Brot"


def test_markdown_keeps_its_headings(tmp_path: Path) -> None:
    document = one(tmp_path, "a.md", "```\n# not this\n```\n## The title\nText.")
    assert (document.title, "## The title" in document.text) == ("The title", True)


PAGE = """<!doctype html><html><head><title>Shop | Returns</title><style>p {color: red}</style></head><body>
<nav><a>Home</a></nav><!-- no -->
<h2>Returns &amp; refunds</h2><p>Within <b>30</b>
 days.</p><script>alert(1)</script><ul><li>New<li>Unused</ul>
<table><tr><th>Part</th><th>Days</th></tr><tr><td><p>Lamp</p></td><td>14</td></tr></table>
<pre># no heading
  indented</pre>Last<br>words</body></html>"""


def test_a_page_gives_its_content_only(tmp_path: Path) -> None:
    document = one(tmp_path, "a.html", PAGE)
    assert document.title == "Shop | Returns"
    assert document.text == (
        "## Returns & refunds\n\nWithin 30 days.\n\n- New\n- Unused\n\nPart | Days\nLamp | 14\n\n"
        "```\n# no heading\n  indented\n```\n\nLast\nwords"
    )


def test_a_page_of_navigation_only_is_kept(tmp_path: Path) -> None:
    assert "Home" in one(tmp_path, "a.htm", "<nav><a>Home</a>").text


def test_a_page_is_decoded_as_it_declares(tmp_path: Path) -> None:
    head = '<meta http-equiv="Content-Type" content="text/html; charset=ISO-8859-1">'
    assert one(tmp_path, "a.html", (head + "<p>5 €, Käse").encode("cp1252")).text == "5 €, Käse"


def test_a_page_that_declares_a_codec_that_is_no_encoding_is_read_as_utf8(tmp_path: Path) -> None:
    assert one(tmp_path, "a.html", '<meta charset="punycode"><p>Käse').text == "Käse"


def test_deep_nesting_is_no_recursion(tmp_path: Path) -> None:
    assert one(tmp_path, "a.html", "<div>" * 5_000 + "deep").text == "deep"


def test_tags_that_never_end_take_no_time(tmp_path: Path) -> None:
    document = one(tmp_path, "a.html", "<p>First.</p>" + "<a " * 150_000)
    assert document.text == "First."


def test_a_page_of_more_tags_than_the_bound_is_named(tmp_path: Path) -> None:
    assert "more than 200000 tags" in why(tmp_path, "a.html", "<i>" * 200_001 + "text")


def test_a_word_file_keeps_paragraphs_and_tables_in_order(tmp_path: Path) -> None:
    document = one(tmp_path, "a.docx", word())
    assert document.text == (
        "Before the heading.\n\n# Warranty\n\nTwo years on the frame.\n\n"
        "Part | Years\nFrame | 2\n\nAfter the table."
    )


def test_a_word_file_without_headings_has_the_title_of_its_properties(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("Text.")
    document.core_properties.title = "Terms"
    document.save(str(tmp_path / "a.docx"))
    assert [document.title for document in read_documents(tmp_path)] == ["Terms"]


def test_content_controls_and_insertions_are_read_and_deletions_are_not(tmp_path: Path) -> None:
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    body = (
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>Controlled.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        "<w:p><w:ins><w:r><w:t>Inserted.</w:t></w:r></w:ins><w:del><w:r><w:delText>Gone.</w:delText></w:r></w:del></w:p>"
    )
    xml = f"<w:document {space}><w:body>{body}</w:body></w:document>".encode()
    assert one(tmp_path, "a.docx", rezipped(word(), word__document=xml)).text == "Controlled.\n\nInserted."


def test_a_pdf_keeps_where_its_pages_begin(tmp_path: Path) -> None:
    document = one(tmp_path, "a.pdf", pdf("First page", "Second page", title="Manual"))
    assert (document.title, document.text) == ("Manual", "First page\n\nSecond page")
    assert [document.text[start:].split()[0] for start in document.meta["pages"]] == ["First", "Second"]


def test_pages_without_text_are_named(tmp_path: Path) -> None:
    documents = read_documents(put(tmp_path, {"a.pdf": pdf("Text", "", "More")}))
    assert [(one.place, one.why) for one in documents.left_out] == [
        ("a.pdf", "pages without text, perhaps scanned: 1 (page 2)")
    ]
    (document,) = documents
    assert document.text[document.meta["pages"][2] :] == "More"


def test_a_pdf_locked_against_changes_only_is_read(tmp_path: Path) -> None:
    assert one(tmp_path, "a.pdf", locked(pdf("Open"), "")).text == "Open"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("scan.pdf", pdf("", ""), "scanned"),
        ("locked.pdf", locked(pdf("Secret"), "x"), "encrypted"),
        ("damaged.pdf", b"%PDF-1.4\n1 0 obj\n<<", "damaged, or not PDF"),
        ("damaged.docx", word()[:2000], "damaged, or not Word"),
        ("page.docx", PAGE, "damaged, or not Word"),
        ("locked.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "protected by a password"),
        ("windows.txt", "eins\nKäse".encode("cp1252"), "line 2: byte 0xe4 is not UTF-8, perhaps cp1252"),
        ("windows.html", "<p>Käse".encode("cp1252"), "cp1252"),
        ("wrong.html", b'<meta charset="shift_jis"><p>\x80\xff', "which it declares"),
        ("binary.txt", b"\0\1\2\3", "binary"),
        ("half.txt", b"\xff\xfea", "damaged UTF-16"),
        ("nothing.md", b"", "empty: 0 bytes"),
        ("blank.md", b" \n\n", "empty: it holds no text"),
        ("script.html", "<script>1</script>", "empty: it holds no text"),
        ("rows.jsonl", '{"id": "a", "text": "b"}', "no document: the ending '.jsonl'"),
        ("picture.png", b"\x89PNG", "no document"),
        ("LICENSE", "text", "no document: the ending 'is absent'"),
        (".hidden.txt", "text", "hidden"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_reason(
    tmp_path: Path, name: str, content: str | bytes, said: str
) -> None:
    assert said in why(tmp_path, name, content)


def test_an_absent_package_is_not_taken_for_a_damaged_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pypdf", None)
    with pytest.raises(ModuleNotFoundError, match="pypdf"):
        read_documents(put(tmp_path, {"a.pdf": pdf("Text")}))


def test_a_hidden_folder_is_named_once(tmp_path: Path) -> None:
    documents = read_documents(put(tmp_path, {"a.txt": "A", ".git/b.txt": "B", ".git/c.txt": "C"}))
    assert documents.left_out == [LeftOut(place=".git", why="hidden")]


def test_a_zip_bomb_stops_at_the_bound(tmp_path: Path) -> None:
    bomb = rezipped(word(), word__document=b"<a>" + b" " * (64 << 20))
    assert len(bomb) < 1 << 20
    assert "unpack to a size over the limit" in why(tmp_path, "bomb.docx", bomb)


def test_a_file_over_the_bound_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_files, "MOST_BYTES", 100)
    assert "101 bytes, at most 100 are read" in why(tmp_path, "large.txt", "x" * 101)


def test_a_folder_where_nothing_can_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        read_documents(put(tmp_path, {"a.png": b"\x89PNG", "b.txt": b""}))
    assert "of 2 entries none gives a document" in raised.value.problem
    assert "b.txt: empty: 0 bytes" in raised.value.problem


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no documents"):
        read_documents(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_links_are_named_and_not_followed(tmp_path: Path) -> None:
    outside = put(tmp_path / "outside", {"secret.txt": "Secret."})
    folder = put(tmp_path / "in", {"a.txt": "A.", "sub/b.txt": "B."})
    (folder / "out").symlink_to(outside)
    (folder / "secret.txt").symlink_to(outside / "secret.txt")
    (folder / "sub" / "loop").symlink_to(folder)
    (folder / "gone.txt").symlink_to(folder / "nowhere")
    (folder / "self.txt").symlink_to(folder / "self.txt")
    (folder / "same.txt").symlink_to(folder / "a.txt")
    documents = read_documents(folder)
    assert [document.id for document in documents] == ["a.txt", "sub/b.txt"]
    assert {one.place: one.why.split(":")[0] for one in documents.left_out} == {
        "gone.txt": "a link that leads nowhere, or in a circle",
        "out": "a link out of the folder",
        "same.txt": "a link within the folder",
        "secret.txt": "a link out of the folder",
        "self.txt": "a link that leads nowhere, or in a circle",
        "sub/loop": "a link within the folder",
    }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes there")
def test_a_pipe_is_named_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(put(tmp_path, {"a.txt": "A."}) / "pipe.txt")
    assert [one.why for one in read_documents(tmp_path).left_out] == ["not a regular file"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such a name")
def test_a_name_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    put(tmp_path, {"a.txt": "A."})
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text("B.", encoding="utf-8")
    (left_out,) = read_documents(tmp_path).left_out
    assert left_out.why == "the name is not UTF-8: rename the file"


@pytest.mark.skipif(sys.platform == "win32" or not os.getuid(), reason="nothing is closed to this user")
def test_files_and_folders_closed_to_the_user_are_named(tmp_path: Path) -> None:
    folder = put(tmp_path, {"a.txt": "A.", "b.txt": "B.", "c/d.txt": "D."})
    (folder / "b.txt").chmod(0)
    (folder / "c").chmod(0)
    left_out = read_documents(folder).left_out
    (folder / "c").chmod(0o755)
    assert [(one.place, one.why.split(":")[0]) for one in left_out] == [
        ("b.txt", "unreadable"),
        ("c", "unreadable"),
    ]


STARTS = {
    ".txt": [b"", b"\xff\xfe", b"\xef\xbb\xbf"],
    ".md": [b"# ", b"```\n"],
    ".html": [b"<p>", b"<![CDATA[", b"<!", b"<pre><table>"],
    ".pdf": [b"", b"%PDF-1.7\n", pdf("Text")[:-60], pdf("Text")[:200]],
    ".docx": [b"", b"PK\x03\x04", word()[:-30], word()[:3000]],
    ".jsonl": [b"", b'{"id": "a", "text": "b"}\n'],
}


@settings(max_examples=150, deadline=None)
@given(data=st.data(), ending=st.sampled_from(sorted(STARTS)), rest=st.binary(max_size=200))
def test_any_bytes_give_a_document_or_a_reason(data: st.DataObject, ending: str, rest: bytes) -> None:
    content = data.draw(st.sampled_from(STARTS[ending])) + rest
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{ending}"
        path.write_bytes(content)
        try:
            assert all(document.text.strip() for document in read_documents(path))
        except NotReady as wrong:
            assert wrong.problem and wrong.fix


@settings(max_examples=60, deadline=None)
@given(ending=st.sampled_from([".pdf", ".docx"]), place=st.integers(0, 1 << 16), byte=st.integers(0, 255))
def test_a_flipped_byte_gives_a_document_or_a_reason(ending: str, place: int, byte: int) -> None:
    content = bytearray(pdf("Some text", "More") if ending == ".pdf" else word())
    content[place % len(content)] = byte
    with tempfile.TemporaryDirectory() as folder:
        put(Path(folder), {f"a{ending}": bytes(content), "b.txt": "B."})
        documents = read_documents(Path(folder))
    assert len(documents) + len(documents.left_out) >= 2
