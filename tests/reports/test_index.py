"""The index lists what can be read, names what cannot, and links only inside."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote

import pytest

from advisor.engagement.errors import FileError, NotReady
from advisor.engagement.folder import Engagement
from advisor.engagement.records.settings import Settings
from reports.rendering import Wanted, write_index, write_report
from tests.conftest import tunecase
from tests.reports import engagements as made
from tests.reports import several
from tests.reports.page import Page

HOSTILE = "<script>alert(1)</script>"


def test_every_engagement_is_a_row_and_broken_ones_are_named(tmp_path: Path) -> None:
    path, entries, broken = write_index(several.shelf(tmp_path), today=made.TODAY)
    page = Page(path.read_text(encoding="utf-8"))
    assert page.headings[0] == "5 engagements: 1 measured, 1 advised, 1 begun; 2 cannot be read"
    rows = page.table("Engagements").rows
    assert [one.place for one in entries] == ["measured & more", "north/advised", "begun"]
    assert rows[0][3].startswith(
        "The measurement confirms the advice: LoRA fine-tuning classifies 67.5 of 100"
    )
    assert rows[0][3].endswith("iteration 3")
    assert rows[0][4] == "2026-11-24"
    assert [row[3] for row in rows[1:]] == ["not measured yet", "not measured yet"]
    assert [row[2] for row in rows] == ["Fine-tuning, 65 %", "Fine-tuning, 65 %", "none yet"]
    assert [row[0] for row in page.table("Folders that could not").rows] == ["future", "torn"]
    assert "recommendation/9" in broken[0].problem
    assert str(tmp_path) not in path.read_text(encoding="utf-8")


def test_links_lead_from_the_index_to_the_report_whatever_the_folder_is_called(tmp_path: Path) -> None:
    for name in ("javascript:alert(1)", "a b#c?d%41", "é"):
        write_report(made.scoping(tmp_path / "all" / name), today=made.TODAY)
    out = tmp_path / "out" / "index.html"
    path, _, _ = write_index(tmp_path / "all", out, today=made.TODAY)
    links = [value for name, value in Page(path.read_text(encoding="utf-8")).attributes if name == "href"]
    assert len(links) == 3
    for link in links:
        assert link.startswith("../all/")
        assert (out.parent / unquote(link)).resolve().is_file()


def test_hostile_titles_are_text(tmp_path: Path) -> None:
    settings = Settings(title=HOSTILE, client=HOSTILE, instruction=HOSTILE)
    Engagement.create(tmp_path / "all" / "x", settings)
    path, _, _ = write_index(tmp_path / "all", today=made.TODAY)
    page = Page(path.read_text(encoding="utf-8"))
    assert "script" not in page.tags
    assert page.table("Engagements").rows[0][0] == HOSTILE


def test_a_folder_without_engagements_is_a_refusal_that_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match=r"no engagement\.toml"):
        write_index(tmp_path, today=made.TODAY)
    with pytest.raises(FileError, match="no such folder"):
        write_index(tmp_path / "absent", today=made.TODAY)
    assert list(tmp_path.iterdir()) == []


def test_one_engagement_is_found_by_its_own_folder_and_in_other_forms(tmp_path: Path) -> None:
    engagement = made.scoping(tmp_path / "acme")
    path, _, _ = write_index(
        engagement.root, tmp_path / "i.json", today=made.TODAY, wanted=Wanted(form="json")
    )
    told = json.loads(path.read_text(encoding="utf-8"))
    assert told["schema"] == "index/1"
    assert [one["place"] for one in told["engagements"]] == ["acme"]


def test_the_command_needs_no_engagement_and_warns_of_what_it_left_out(tmp_path: Path) -> None:
    several.shelf(tmp_path / "all")
    done = tunecase("report", "--index", tmp_path / "all", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["report"] == str(tmp_path / "all" / "index.html")
    assert [one["place"] for one in said["broken"]] == ["future", "torn"]
    assert "warning: torn is not read" in done.stderr
