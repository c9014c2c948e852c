"""Hosted fine-tuning against a local server that speaks OpenAI's job API and misbehaves."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from advisor.engagement import codec
from advisor.engagement.errors import DataError, NotReady, PlanError, RunFailed
from advisor.engagement.progress import Progress
from advisor.engagement.records.examples import Example, Message
from advisor.engagement.records.hosted import HostedJob, HostedResult, HostedSettings
from tests.trainers.exporting import INSTRUCTION, LABELS, engagement, examples
from tests.trainers.vendors import KEY, Script, serving
from trainers.hosted.steps.calling import Api, NoAnswer, host_of, retry_after
from trainers.hosted.steps.preparing import Tuning, prepare, refuse_closed
from trainers.hosted.steps.tuning import LOOKS, tune_hosted

DAY = dt.date(2026, 11, 25)
FAST = 0.01


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with serving(Script()) as script:
        yield script


def tuning(root: Path, script: Script, **changes: Any) -> Tuning:
    made = engagement(root)
    asked = {"train": examples(12), "url": script.url} | changes
    return Tuning(made, "openai_like", "m-8b", INSTRUCTION, LABELS, **asked)


def tune(asked: Tuning, **how: Any) -> HostedResult:
    return tune_hosted(asked, prepare(asked, today=DAY), **({"poll_seconds": FAST} | how))


def again(asked: Tuning, script: Script, **how: Any) -> HostedResult:
    """The same engagement, as another process would find it."""
    fresh = Tuning(
        asked.engagement, "openai_like", "m-8b", INSTRUCTION, LABELS, train=asked.train, url=script.url
    )
    return tune(fresh, **how)


def test_a_job_is_followed_to_its_model_found_again_and_the_key_is_nowhere(
    vendor: Script, tmp_path: Path
) -> None:
    vendor.trouble = {"look": ["429", "500", "cut"], "list": ["503"], "upload": ["500"]}
    said: list[Progress] = []
    asked = tuning(tmp_path, vendor, on_progress=said.append)
    result = tune(asked)
    assert (result.model, result.rows, result.job) == ("ft:ftjob-1", 12, "ftjob-1")
    assert (result.url, result.billed_tokens) == (vendor.url, 1234)
    assert any(one.note.startswith("Step 5/10") and one.done == 50 for one in said)
    count = len(vendor.seen)
    assert tune(asked) == result
    assert len(vendor.seen) == count
    assert len(vendor.jobs) == 1
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes()


@pytest.mark.parametrize("trouble", ["done_cut", "done_500", "garbled"])
@pytest.mark.parametrize("shows_tag", [True, False])
def test_a_start_without_a_clear_answer_is_looked_for_and_never_made_twice(
    vendor: Script, tmp_path: Path, trouble: str, shows_tag: bool
) -> None:
    vendor.trouble, vendor.hidden, vendor.shows_tag = {"start": [trouble]}, 3, shows_tag
    assert tune(tuning(tmp_path, vendor)).model == "ft:ftjob-1"
    assert len(vendor.jobs) == 1
    assert vendor.seen.count("start") == 1


def test_a_start_that_surely_did_nothing_is_made_again_once(vendor: Script, tmp_path: Path) -> None:
    vendor.trouble = {"start": ["429"]}
    assert tune(tuning(tmp_path, vendor)).job == "ftjob-1"
    assert vendor.seen.count("start") == 2


def test_a_job_that_is_listed_late_is_found_by_the_next_run_and_never_made_twice(
    vendor: Script, tmp_path: Path
) -> None:
    vendor.trouble, vendor.hidden = {"start": ["done_cut"]}, LOOKS + 3
    asked = tuning(tmp_path, vendor)
    with pytest.raises(
        RunFailed, match=r"did not say whether it started the job tc-.*-1, and does not list it"
    ):
        tune(asked)
    assert again(asked, vendor, again=True).job == "ftjob-1"
    assert vendor.seen.count("start") == 1


@pytest.mark.parametrize("trouble", ["cut", "503"])
def test_where_nobody_can_say_whether_a_job_was_started_another_waits_for_a_person_or_an_hour(
    vendor: Script, tmp_path: Path, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.trouble = {"start": [trouble]}
    asked = tuning(tmp_path, vendor)
    for _ in range(2):
        with pytest.raises(RunFailed, match="a second job would be billed too") as refused:
            tune(asked, poll_seconds=0.001)
        assert "--again" in refused.value.fix
    assert vendor.seen.count("start") == 1
    if trouble == "cut":
        assert again(asked, vendor, again=True).job == "ftjob-1"
        assert vendor.bodies[0]["suffix"].endswith("-2")
    else:
        monkeypatch.setattr("trainers.hosted.steps.tuning.SETTLED", 0.0)
        assert again(asked, vendor).job == "ftjob-1"
        assert vendor.bodies[0]["suffix"].endswith("-1")
    assert len(vendor.jobs) == 1


def test_a_start_that_times_out_is_looked_for_first(vendor: Script, tmp_path: Path) -> None:
    vendor.trouble = {"start": ["slow"]}
    assert tune(tuning(tmp_path, vendor), poll_seconds=0.1, timeout_seconds=0.4).job == "ftjob-1"
    assert len(vendor.jobs) == 1


def test_a_job_on_a_later_page_is_found(vendor: Script, tmp_path: Path) -> None:
    asked = tuning(tmp_path, vendor)
    prepared = prepare(asked, today=DAY)
    with Api(vendor.url, "OPENAI_API_KEY", pause=FAST) as api:
        first = tune_hosted(asked, prepared, poll_seconds=FAST)
        vendor.page = 2
        other = {"training_file": "file-1", "metadata": {"tunecase": "tc-another-1"}}
        vendor.jobs[:0] = [{"id": f"other-{number}"} | other for number in range(5)]
        order = _order(asked, vendor.bodies[0]["metadata"]["tunecase"])
        found = prepared.provider.find(api, order)
    assert found is not None
    assert found.job == first.job


def test_the_same_rows_with_other_settings_or_another_model_are_another_job(
    vendor: Script, tmp_path: Path
) -> None:
    vendor.shows_tag = False
    tune(tuning(tmp_path / "a", vendor))
    asked = tuning(tmp_path / "b", vendor, settings=HostedSettings(epochs=5))
    with Api(vendor.url, "OPENAI_API_KEY", pause=FAST) as api:
        find = prepare(asked, today=DAY).provider.find
        one = _order(asked, "tc-x-1", epochs=3)
        assert find(api, one) is not None
        assert find(api, one._replace(settings=HostedSettings(epochs=5))) is None
        assert find(api, one._replace(model="m-70b")) is None
        assert find(api, one._replace(settings=HostedSettings(seed=9))) is None
        assert find(api, one._replace(files={"train": "file-9"})) is None


def _order(asked: Tuning, tag: str, *, epochs: int = 3) -> Any:
    from trainers.hosted._kind import Order

    return Order(tag, asked.model, {"train": "file-1"}, HostedSettings(epochs=epochs))


def test_a_failed_job_is_told_in_the_vendors_words_and_starts_anew_only_when_asked(
    vendor: Script, tmp_path: Path
) -> None:
    asked = tuning(tmp_path, vendor)
    vendor.states = ["running", "failed"]
    with pytest.raises(RunFailed, match="job ftjob-1 failed: bad rows") as wrong:
        tune(asked)
    assert "--again" in wrong.value.fix
    with pytest.raises(RunFailed, match="bad rows"):
        tune(asked)
    assert len(vendor.jobs) == 1
    vendor.states = ["succeeded"]
    assert tune(asked, again=True).job == "ftjob-2"
    assert [body["suffix"][-2:] for body in vendor.bodies] == ["-1", "-2"]


def test_a_wrong_key_and_a_refused_upload_are_told_without_the_key(vendor: Script, tmp_path: Path) -> None:
    asked = tuning(tmp_path, vendor)
    vendor.key = "another"
    with pytest.raises(RunFailed, match="401: wrong key") as wrong:
        tune(asked)
    assert KEY not in wrong.value.problem
    vendor.key = KEY
    vendor.trouble = {"upload": ["413"]}
    with pytest.raises(RunFailed, match="413: trouble 413"):
        tune(asked)
    vendor.trouble = {"upload": ["garbled"]}
    with pytest.raises(RunFailed, match="no JSON object"):
        tune(asked)
    assert not vendor.jobs
    assert tune(asked).job == "ftjob-1"


def test_a_refused_start_leaves_nothing_to_look_for(vendor: Script, tmp_path: Path) -> None:
    asked = tuning(tmp_path, vendor)
    vendor.trouble = {"start": ["400"]}
    with pytest.raises(RunFailed, match="trouble 400"):
        tune(asked)
    lists = vendor.seen.count("list")
    assert tune(asked).job == "ftjob-1"
    assert vendor.seen.count("list") == lists + 1


def test_retry_after_is_waited_for(vendor: Script, tmp_path: Path) -> None:
    vendor.trouble, vendor.retry_after = {"upload": ["429"]}, "0.3"
    tune(tuning(tmp_path, vendor))
    assert vendor.seen[:2] == ["upload", "upload"]
    assert vendor.times[1] - vendor.times[0] >= 0.3


def test_retry_after_is_read_as_seconds_or_as_a_date_and_never_longer_than_a_minute() -> None:
    assert retry_after("2.5") == 2.5
    assert retry_after("9999") == 60
    assert retry_after("-3") == 0
    assert retry_after("Wed, 25 Nov 2099 10:00:00 GMT") == 60
    assert retry_after("Wed, 25 Nov 1999 10:00:00 GMT") == 0
    assert retry_after("") == retry_after("soon") == 0


def test_silence_while_following_is_borne_and_then_ends_without_losing_the_job(
    vendor: Script, tmp_path: Path
) -> None:
    asked = tuning(tmp_path, vendor)
    vendor.trouble = {"look": ["503"] * 8}
    assert tune(asked, poll_seconds=0.001).job == "ftjob-1"
    other = tuning(tmp_path / "other", vendor, settings=HostedSettings(epochs=2))
    vendor.trouble = {"look": ["503"] * 6}
    with pytest.raises(NoAnswer, match="GET /fine_tuning/jobs/ftjob-2 failed 6 times"):
        tune(other, poll_seconds=0.001, patience=0)
    assert tune(other).job == "ftjob-2"
    assert len(vendor.jobs) == 2


CHILD = """
import sys, datetime as dt
from pathlib import Path
from advisor.engagement.folder import Engagement
from tests.trainers.exporting import INSTRUCTION, LABELS, examples
from trainers.hosted.steps.preparing import Tuning, prepare
from trainers.hosted.steps.tuning import tune_hosted

asked = Tuning(Engagement(Path(sys.argv[1])), "openai_like", "m-8b", INSTRUCTION, LABELS, examples(12),
               url=sys.argv[2])
print("ready", flush=True)
tune_hosted(asked, prepare(asked, today=dt.date(2026, 11, 25)), poll_seconds=0.01)
"""


@pytest.mark.parametrize("at", ["upload", "list", "start", "look"])
def test_killed_at_any_request_it_goes_on_and_makes_one_job(vendor: Script, tmp_path: Path, at: str) -> None:
    asked = tuning(tmp_path, vendor)
    vendor.trouble = {at: ["slow"]}
    child = [sys.executable, "-c", CHILD, str(asked.engagement.root), vendor.url]
    with subprocess.Popen(child, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while at not in vendor.seen and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        process.kill()
    assert at in vendor.seen
    assert again(asked, vendor, poll_seconds=0.1).job == "ftjob-1"
    assert len(vendor.jobs) == 1
    (record,) = asked.engagement.models_path.glob("hosted-*/job.json")
    assert codec.read_json(record, HostedJob).job == "ftjob-1"


def test_no_key_and_a_garbled_key_are_told_before_anything_is_written(
    vendor: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = tuning(tmp_path, vendor)
    for value in ("", " ", "sk-\N{EN DASH}1"):
        monkeypatch.setenv("OPENAI_API_KEY", value)
        with pytest.raises(NotReady, match="OPENAI_API_KEY"):
            tune(asked)
    assert not asked.engagement.models_path.exists()
    assert not vendor.seen


def test_what_is_sent_trains_the_last_answer_only_unless_all_are_asked_for(
    vendor: Script, tmp_path: Path
) -> None:
    turns = [
        Message(role="user", content="hello"),
        Message(role="assistant", content="hi"),
        Message(role="user", content="my card"),
    ]
    rows = [Example(id=f"r{number}", input=turns, output="card") for number in range(10)]
    asked = tuning(tmp_path, vendor, train=rows)
    last = json.loads(prepare(asked, today=DAY).files["train"].splitlines()[0])["messages"]
    assert [one.get("weight") for one in last if one["role"] == "assistant"] == [0, None]
    every = tuning(tmp_path / "all", vendor, train=rows, turns="all")
    assert b"weight" not in prepare(every, today=DAY).files["train"]


def test_tokens_are_counted_by_what_is_given_and_validation_is_billed_where_the_vendor_bills_it(
    vendor: Script, tmp_path: Path
) -> None:
    def letters(texts: Any) -> tuple[list[int], str]:
        return [len(text) for text in texts], "letters"

    made = engagement(tmp_path)
    rows = examples(12)
    shared = {"train": rows, "validation": rows, "count": letters, "settings": HostedSettings(epochs=2)}
    here = prepare(Tuning(made, "openai_like", "m-8b", INSTRUCTION, LABELS, **shared), today=DAY).plan  # type: ignore[arg-type]
    there = prepare(Tuning(made, "together", "m-8b", INSTRUCTION, LABELS, **shared), today=DAY).plan  # type: ignore[arg-type]
    assert here.counted == "letters"
    assert here.trained_tokens == 2 * here.tokens
    assert there.trained_tokens == 4 * here.tokens
    assert there.usd_per_million is not None
    assert there.usd_likely == pytest.approx(there.usd_per_million.likely * there.trained_tokens / 1e6)
    assert here.usd_per_million is None


def test_a_rate_of_a_tiny_model_is_told_before_it_is_paid_for(vendor: Script, tmp_path: Path) -> None:
    def notes(rate: float) -> list[str]:
        asked = tuning(tmp_path / f"{rate}", vendor, settings=HostedSettings(learning_rate=rate))
        return [note for note in prepare(asked, today=DAY).plan.notes if "far above" in note]

    assert len(notes(3e-3)) == 1
    assert notes(5e-4) == notes(0.0) == []


def test_addresses_are_refused_that_are_none_or_would_send_the_key_in_the_open(
    vendor: Script, tmp_path: Path
) -> None:
    wrong_ones = ("ftp://host/v1", "https://me:secret@host/v1", "https://host/v1?key=1", "nonsense")
    for number, url in enumerate(wrong_ones):
        with pytest.raises(PlanError, match="not the base URL") as wrong:
            prepare(tuning(tmp_path / str(number), vendor, url=url), today=DAY)
        assert "secret" not in wrong.value.problem
    for number, url in enumerate(("https://me:secret@host:port/v1", "https://[::1/v1")):
        with pytest.raises(PlanError, match="no address") as wrong:
            prepare(tuning(tmp_path / f"none{number}", vendor, url=url), today=DAY)
        assert "secret" not in wrong.value.problem
    with pytest.raises(PlanError, match="unencrypted"):
        prepare(tuning(tmp_path / "open", vendor, url="http://vendor.example/v1"), today=DAY)
    assert host_of("https://API.Vendor.Example:8443/v1") == "api.vendor.example"


def test_openai_is_refused_from_its_closing_day_on_whatever_the_address_looks_like(tmp_path: Path) -> None:
    asked = tuning(tmp_path, Script(url="https://API.openai.com:443/v1"))
    prepared = prepare(asked, today=DAY)
    assert any("42 days" in note for note in prepared.plan.notes)
    refuse_closed(prepared, today=DAY)
    with pytest.raises(NotReady, match="2027-01-06"):
        refuse_closed(prepared, today=dt.date(2027, 1, 6))


def test_too_few_rows_are_refused_before_anything_is_sent(vendor: Script, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="9 training rows; OpenAI takes 10"):
        tune(tuning(tmp_path, vendor, train=examples(9)))
    assert not vendor.seen
