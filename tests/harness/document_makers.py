"""Documents of every kind, made when a test asks for them."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import docx
import pypdf

SHOP = [
    {"doc_id": "d1", "title": "Opening hours", "text": "We open Monday to Saturday."},
    {"doc_id": "d2", "title": "Returns", "text": "Goods come back within 30 days."},
    {"doc_id": "d3", "title": "Lamps", "text": "The lamp is waterproof."},
]


def lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def put(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return folder


def pdf(*pages: str, title: str = "") -> bytes:
    """A PDF written by hand, one line of text on each page; an empty string is a page without text."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, said in enumerate(pages):
        stream = f"BT /F1 12 Tf 72 720 Td ({said}) Tj ET" if said else ""
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    objects.append(f"<< /Title ({title}) >>")
    out, starts = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        starts.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1")
    table = "".join(f"{start:010d} 00000 n \n" for start in starts)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}"
    end += f"trailer\n<< /Size {size} /Root 1 0 R /Info {size - 1} 0 R >>\n"
    return out + f"{end}startxref\n{len(out)}\n%%EOF\n".encode("latin-1")


def locked(content: bytes, password: str) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(content))
    writer.encrypt(user_password=password, owner_password="owner", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def word(title: str = "") -> bytes:
    document = docx.Document()
    document.core_properties.title = title
    document.add_paragraph("Before the heading.")
    document.add_heading("Warranty", level=1)
    document.add_paragraph("Two years on the frame.")
    table = document.add_table(rows=2, cols=2)
    for cell, said in zip(
        [c for row in table.rows for c in row.cells], ["Part", "Years", "Frame", "2"], strict=True
    ):
        cell.text = said
    document.add_paragraph("After the table.")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def rezipped(content: bytes, **members: bytes) -> bytes:
    """The same archive with some members replaced; `__` in a name means `/`."""
    new = {name.replace("__", "/") + ".xml": said for name, said in members.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as copy:
        for entry in old.infolist():
            copy.writestr(entry.filename, new.get(entry.filename) or old.read(entry))
    return out.getvalue()
