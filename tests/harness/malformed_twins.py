"""Small files that go wrong, each in its own way, as the exports of clients do, and what is to happen."""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

import polars

Verdict = Literal["accepted", "accepted_with_warnings", "rejected"]
CLEAN, WARNED, REFUSED = "accepted", "accepted_with_warnings", "rejected"

BOOKS = (
    ("May I keep the atlas for another week?", "renewal"),
    ("The page with the map has been torn out.", "damage"),
    ("How much do I owe for two late novels?", "fine"),
    ("Please hold the new cookbook for me.", "hold"),
    ("I lost my card on the tram this morning.", "card"),
    ("Can both audio books be extended until June?", "renewal"),
    ("Coffee was spilled over chapter nine.", "damage"),
    ("Why was a charge added although I returned it?", "fine"),
    ("Reserve the biography of the painter, thank you.", "hold"),
    ("My daughter needs her own membership card.", "card"),
)
"""What readers write to the library of Ashgrove, and who answers it."""


class Twin(NamedTuple):
    """One case."""

    files: Mapping[str, bytes]
    """Name to content; the first is checked."""
    verdict: Verdict
    """How the check ends."""
    said: tuple[str, ...] = ()
    """What the messages mention, in any case of letters."""
    beside: str = ""
    """What the second file is: `test` or `documents`."""


def base(output: str = "output", count: int = 10) -> list[dict[str, Any]]:
    """Rows without fault."""
    return [{"input": text, output: label} for text, label in BOOKS[:count]]


def lines(rows: Iterable[Any], end: str = "\n") -> bytes:
    """JSON lines; what is text stands as it is."""
    return "".join(
        (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)) + end for row in rows
    ).encode()


def put(*broken: Any, at: int = 0, rows: list[Any] | None = None) -> bytes:
    """The rows with others put before the row at this place."""
    held = base() if rows is None else rows
    return lines([*held[:at], *broken, *held[at:]])


def named(label: Any) -> bytes:
    """The texts with a `label` each, made from the row's number."""
    return lines({"input": text, "label": label(number)} for number, (text, _) in enumerate(BOOKS))


def texts(*given: str) -> bytes:
    """The rows, and more of them with these inputs."""
    return put(*({"input": text, "output": "card"} for text in given), at=10)


def table(*cells: Iterable[str], delimiter: str = ",") -> bytes:
    return "".join(delimiter.join(row) + "\r\n" for row in cells).encode()


def parquet(columns: Mapping[str, Any]) -> bytes:
    buffer = io.BytesIO()
    polars.DataFrame(columns).write_parquet(buffer)
    return buffer.getvalue()


def archive(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as out:
        out.writestr(name, content)
    return buffer.getvalue()


def turn(role: str, content: Any) -> dict[str, Any]:
    return {"role": role, "content": content}


ASKED = {"messages": [turn("user", "Open on Sunday?"), turn("assistant", "From noon until four.")]}


def chats(*others: Any) -> bytes:
    """A conversation without fault, then these."""
    return lines([ASKED, *others])


PAIR = {"prompt": "Is the reading room heated?", "chosen": "Yes, from October.", "rejected": "Maybe."}
SHELVES = [{"doc_id": f"s{n}", "title": f"Shelf {n}", "text": f"Shelf {n} holds maps."} for n in (1, 2, 3)]
WHERE = [
    {"input": f"What is on shelf {n}?", "output": f"Maps of {n}.", "gold_doc_ids": [f"s{n}"]}
    for n in (1, 2, 3)
]
OK = lines(base())
PARQUET = parquet({"text": [text for text, _ in BOOKS], "label": [label for _, label in BOOKS]})
CONTROL = lines(
    {"id": f"r{n}", "input": f"{text} (slip {n})", "output": label, "label": label, "meta": {}}
    for n, (text, label) in enumerate(BOOKS * 5)
)
WRITTEN = lines(
    {"id": f"w{n}", "input": f"Answer slip {n}: {text}", "output": f"Dear reader {n}, your {label} is done.",
     "meta": {}}
    for n, (text, label) in enumerate(BOOKS * 3)
)  # fmt: skip


def one(name: str, content: bytes, verdict: Verdict, *said: str) -> Twin:
    return Twin({name: content}, verdict, said)


TWINS: dict[str, Twin] = {
    "001": one("r.jsonl", put('{"input": "The bell rings", "output": "card"', at=4), REFUSED, "line 5"),
    "003": one("r.jsonl", put('{"input": "a", "output": "b",}'), REFUSED, "line 1"),
    "006": one("r.jsonl", put('{"input": "a", "output": "b"}{"input": "c", "output": "d"}'),
               REFUSED, "line 1",
               "extra data"),
    "007": one("r.jsonl", json.dumps(base(), indent=1).encode(), WARNED, "array"),
    "008": one("r.json", json.dumps(base()).encode(), CLEAN),
    "010": one("r.jsonl", put('"a string"', "42", "null", "true"), REFUSED, "line 1", "object"),
    "011": one("r.jsonl", lines([text, label] for text, label in BOOKS), REFUSED, "object"),
    "013": one("r.jsonl", put('{"input": "a", "output": "fine", "output": "card"}'),
               REFUSED, "'output'", "line 1"),
    "015": one("r.jsonl", put('{"input": "a", "output": "card", "id": ' + "7" * 5000 + "}", at=2), REFUSED,
               "line 3"),
    "016": one("r.jsonl", put("// written by the desk", "# on Monday"), REFUSED, "line 1"),
    "019": one("r.jsonl", b"\xef\xbb\xbf" + OK, CLEAN),
    "020": one("r.jsonl", lines(base(), "\r\n"), CLEAN),
    "021": one("r.jsonl", lines(base(), "\r"), CLEAN),
    "022": one("r.jsonl", OK.decode().encode("utf-16"), WARNED, "UTF-16"),
    "023": one("r.jsonl", OK.decode().encode("utf-16-be"), REFUSED, "encoding", "UTF-16"),
    "025": one("r.csv", "input,output\r\nIt\u2019s late \u2013 again,fine\r\n\u20ac5,fine\n".encode("cp1252"),
               REFUSED, "UTF-8", "cp1252"),
    "026": one("r.jsonl", texts("K\u00c3\u00b6nnen Sie pr\u00c3\u00bcfen?", "O\u00c3\u00b9 est-il ?"),
               WARNED, "mojibake"),
    "028": one("r.jsonl", put('{"input": "tab\there, bell\x07", "output": "card"}', at=2), REFUSED, "line 3",
               "control"),
    "029": one("r.jsonl", put('{"input": "nul\\u0000 bell\\u0007 \\u001b[31mred", "output": "card"}'), WARNED,
               "control"),
    "031": one("r.jsonl", put({"input": "one\u2028two\u2029three\x85four", "output": "card"}), CLEAN),
    "033": one("r.jsonl", random.Random(3).randbytes(3000), REFUSED, "binary"),
    "035": one("r.jsonl", b" \n\t\n  \n", REFUSED, "no rows"),
    "041": one("r.jsonl", put({"input": "Open today?"}, {"input": "Lift?"}, at=3),
               REFUSED, "line 4", "`output`"),
    "046": one("r.jsonl", put({"prompt": "Open?", "completion": "Yes"}, ASKED, at=1),
               REFUSED, "line 2", "format"),
    "047": one("r.jsonl", lines({"Input": text, " OUTPUT ": label} for text, label in BOOKS),
               WARNED, "'Input'"),
    "048": one("r.jsonl", lines({"in\u0440ut": text, "output": label} for text, label in BOOKS), REFUSED,
               "input", "U+0440"),
    "051": one("r.jsonl", named(lambda n: n % 3), CLEAN),
    "053": one("r.jsonl", named(lambda n: n / 8), WARNED, "regression"),
    "054": one("r.jsonl", named(lambda n: ["card", "urgent"]), REFUSED, "multi-label"),
    "057": one("r.jsonl", lines([*base(), *({**row, "output": "other"} for row in base()[:2])]), WARNED,
               "conflict", "2 "),
    "058": one("r.jsonl", named(lambda n: "card"), WARNED, "one class"),
    "059": one("r.jsonl", named(lambda n: f"slip-{n:04}"), WARNED, "10 classes"),
    "061": one("r.jsonl", lines({"input": f"{label} matter {n}", "label": label} for label in
                                ("card", "damage", "fine", "hold") for n in range(20)), CLEAN),
    "063": one("r.jsonl", lines({"input": f"{a} [desk: {b}]", "output": b} for a, b in BOOKS),
               WARNED, "input contains"),
    "064": one("r.jsonl", lines([*base(), *base(count=5)]), WARNED, "5", "duplicate"),
    "065": one("r.jsonl", texts("The PAGE with the map has been torn out"),
               WARNED, "duplicate"),
    "066": one("r.jsonl", texts("Bitte das gr\u00f6\u00dfere B\u00fccherregal pr\u00fcfen",
                                "Bitte das gro\u0308\u00dfere Bu\u0308cherregal pru\u0308fen"),
               WARNED, "duplicate"),
    "068": Twin({"train.jsonl": OK, "test.jsonl": lines([
        {"input": "the page with the map has been torn out", "output": "damage"},
        {"input": "Is there a lift to the reading room?", "output": "other"}])}, WARNED, ("near",), "test"),
    "070": one("r.jsonl", lines({"id": f"r{n % 4}", **row} for n, row in enumerate(base())),
               REFUSED, "id", "r0"),
    "073": one("r.jsonl", chats({"messages": [turn("assistant", "Hello!"), turn("user", "Hi"),
                                              turn("assistant", "Yes?")]}), REFUSED, "line 2", "role"),
    "074": one("r.jsonl", chats({"messages": [turn("user", "Open?")]}), REFUSED, "line 2", "assistant"),
    "075": one("r.jsonl", chats({"messages": []}, {"messages": None}, {"messages": "hello"}),
               REFUSED, "line 2"),
    "076": one("r.jsonl", chats({"messages": [turn("customer", "Hi"), turn("agent", "Hello")]}), REFUSED,
               "customer"),
    "077": one("r.jsonl", chats({"messages": [{"content": "Hi"}, {"role": "assistant"}]}), REFUSED, "line 2"),
    "080": one("r.jsonl", chats({"messages": [turn("user", [
        {"type": "text", "text": "Torn?"}, {"type": "image_url", "image_url": {"url": "http://example.com"}}]),
        turn("assistant", "Yes.")]}), REFUSED, "image", "line 2"),
    "081": one("r.jsonl", chats({"messages": [ASKED["messages"]]}), REFUSED, "line 2"),
    "083": one("r.jsonl", lines({"conversations": [{"from": w, "value": "a"}, {"from": "gpt", "value": "b"}]}
                                for w in ("human", "bing")), REFUSED, "line 2", "bing"),
    "084": one("r.jsonl", chats({"messages": [turn("user", "Hi"), {**turn("assistant", "A"), "weight": 0}]}),
               WARNED, "weight"),
    "087": one("r.jsonl", lines([PAIR, {**PAIR, "chosen": PAIR["rejected"], "rejected": PAIR["chosen"]},
                                 {"prompt": "Lift?", "chosen": "Yes.", "rejected": "No idea."}]), WARNED,
               "contradict"),
    "089": one("r.jsonl", lines({"prompt": a, "completion": b, "label": True} for a, b in BOOKS),
               WARNED, "label"),
    "090": one("r.csv", b'input,output\r\n"Said ""soon"",\r\nthen left; twice",hold\r\n"Book\nlost",card\r\n'
                        b"Late,fine\r\n", CLEAN),
    "091": one("r.csv", table(("input", "output"), *((f"{text}, or not", label) for text, label in BOOKS),
                              delimiter=";"), CLEAN),
    "092": one("r.csv", table(*((f'"{text}"', label) for text, label in BOOKS)),
               REFUSED, "header", "--columns"),
    "094": one("r.csv", b"input,output\r\nLate,fine\r\nTorn, map,damage\r\nHold\r\n", REFUSED, "line 3"),
    "096": one("r.csv", b"input,output,output\r\nLate,fine,card\r\n", REFUSED, "'output'"),
    "098": one("r.csv", table(("input", "output"), *BOOKS, delimiter="\t"), CLEAN, "TSV"),
    "099": one("r.csv", table(("id", "input", "output"), *(
        (f"00{n}", f"Slip 00{n} is late", ("00042", "1e5", "1.10")[n % 3]) for n in range(12))), CLEAN),
    "101": one("r.csv", table(("input", "output"), ('"=1+cmd|\' /C calc\'!A0"', "fine"), ('"@now"', "card"),
                              *((f'"{text}"', label) for text, label in BOOKS)), CLEAN),
    "102": one("r.csv", table(("input", "output"), ("x" * 140_000, "card"), *((f'"{text}"', label)
                              for text, label in BOOKS * 2)), WARNED, "long"),
    "103": one("r.csv", table(("", "input", "", "output", ""), *((str(n), f'"{text}"', "", label, "")
                              for n, (text, label) in enumerate(BOOKS))), CLEAN),
    "105": one("r.jsonl", gzip.compress(OK), WARNED, "gzip"),
    "106": one("r.jsonl.gz", OK, WARNED, "gzip"),
    "107": one("r.jsonl.gz", gzip.compress(OK), CLEAN),
    "109": one("r.jsonl.gz", gzip.compress(OK)[:-40], REFUSED, "gzip", "truncated"),
    "110": one("r.jsonl.gz", gzip.compress(b'{"input": "' + b"a" * (17 << 20)), REFUSED, "size", "limit"),
    "111": one("r.jsonl.gz", gzip.compress(gzip.compress(OK)), REFUSED, "gzip"),
    "113": one("r.xlsx", archive("data.jsonl", OK), REFUSED, "xlsx"),
    "114": one("r.parquet", OK, REFUSED, "parquet"),
    "115": one("r.parquet", PARQUET[:-40], REFUSED, "parquet"),
    "119": one("r.parquet", parquet({"text": [text.encode() for text, _ in BOOKS], "label": ["a", "b"] * 5}),
               WARNED, "binary"),
    "120": one("r.parquet", parquet({"text": [], "label": []}), REFUSED, "no rows"),
    "121": one("r.jsonl", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n",
               REFUSED, "LFS"),
    "123": one("r.jsonl", b'{"error": {"code": 403, "message": "Access denied"}}\n', REFUSED, "error"),
    "125": one("r.jsonl", texts("<script>alert(1)</script>", '"><svg/onload=alert(1)>'), CLEAN),
    "126": one("r.jsonl", texts("a | b | c", "```\ncode\n```", "# heading", "![x](//example.com)"), CLEAN),
    "127": one("r.jsonl", texts("{{ 7*7 }}", "{% for x in y %}", "{0.__class__}", "%s %(input)s"), CLEAN),
    "129": one("r.jsonl", texts("I am ann.sample@example.com, +1 202 555 0143", "Card 4111 1111 1111 1111"),
               WARNED, "e-mail", "card"),
    "132": one("r.jsonl", texts("fine \u202eyreviled\u202c, please", "file\u2067name\u2069.txt"),
               WARNED, "bidi"),
    "133": one("r.jsonl", texts("\U0001f468\u200d\U0001f469\u200d\U0001f467?", "Z\u0338a"),
               CLEAN),
    "134": one("r.jsonl", texts("\u56f3\u66f8\u9928\u306f\u4f55\u6642", "\u6211\u7684\u4e66\u5728\u54ea"),
               CLEAN),
    "135": one("r.jsonl", texts("???", "...", "\u200b", "\u2014"), WARNED, "empty"),
    "138": Twin({"r.jsonl": lines([*WHERE, {**WHERE[0], "input": "In the cellar?", "gold_doc_ids": ["s99"]}]),
                 "docs.jsonl": lines(SHELVES)}, REFUSED, ("s99",), "documents"),
    "140": Twin({"r.jsonl": lines(WHERE), "docs.jsonl": lines([
        *SHELVES, {"doc_id": "s4", "title": "", "text": ""}, {"doc_id": "s5", "title": "x", "text": None}])},
        WARNED, ("2", "empty"), "documents"),
    "142": Twin({"r.jsonl": lines({**row, "gold_doc_ids": row["gold_doc_ids"][0]} for row in WHERE),
                 "docs.jsonl": lines(SHELVES)}, WARNED, ("gold_doc_ids",), "documents"),
    "143": Twin({"r.jsonl": lines({"input": row["input"], "output": row["output"]} for row in WHERE),
                 "docs.jsonl": lines(SHELVES)}, WARNED, ("recall",), "documents"),
    "144": one("odd n\u00e4me (1)\u00a0.jsonl", OK, CLEAN),
    "145": one("-dash.jsonl", OK, CLEAN),
    "146": one("nameless", OK, WARNED, "JSONL"),
    "157": one("r.jsonl", CONTROL, CLEAN),
    "158": one("r.jsonl", WRITTEN, CLEAN),
}  # fmt: skip
"""By the number of the case in the collection that they stand for; 153, of mode 000, has its own test."""
