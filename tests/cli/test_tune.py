"""`tunecase tune` against a vendor on this machine: priced, gated, killed, found again, put into the plan."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from advisor.cli.main import group, run
from advisor.engagement import codec, digests
from advisor.engagement.folder import Engagement
from advisor.engagement.records.hosted import HostedResult
from advisor.engagement.records.plan import EndpointSettings
from advisor.engagement.records.settings import Prices, Settings
from advisor.engagement.toml_out import to_toml
from harness.running import arm_data
from tests.conftest import HERE, environment
from tests.trainers.exporting import engagement, examples, plan, profile
from tests.trainers.vendors import KEY, Script, serving

CONTRACT = Prices(training_usd_per_million_tokens=8.0, source="contract of May")


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with serving(Script()) as script:
        yield script


@pytest.fixture
def client(tmp_path: Path) -> Engagement:
    return engagement(tmp_path, rows=examples(40))


def tune(made: Engagement, *more: str, vendor: str = "openai", model: str = "m-8b") -> int:
    words = ["tune", "-C", str(made.root), "--vendor", vendor, "--model", model, "--poll", "0.01", *more]
    return run(group, words, name="tunecase")


def files(made: Engagement) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in made.root.rglob("*") if path.is_file()}


def test_it_says_rows_tokens_and_price_starts_follows_and_keeps_a_record(
    vendor: Script, client: Engagement, capsys: pytest.CaptureFixture[str]
) -> None:
    codec.write_text(client.settings_path, to_toml(Settings(title="Acme", prices=CONTRACT)))
    assert tune(client, "--url", vendor.url) == 0
    shown = capsys.readouterr()
    for said in ("20 rows in train.jsonl", "10 rows in validation.jsonl", "to 127.0.0.1", "tokens per word"):
        assert said in shown.err
    assert "at USD 8 per million tokens: contract of May" in shown.err
    assert "2 epochs, rank 12, learning rate 3e-05, rows a step 4, seed 7" in shown.err
    assert "Step 5/10" in shown.err
    assert shown.err.index("price:") < shown.err.index("upload")
    assert "tuned model: ft:ftjob-1" in shown.out
    assert f'[tuned_endpoint]\nbase_url = "{vendor.url}"\nmodel = "ft:ftjob-1"' in shown.out
    assert 'arms = ["floor", "zero_shot", "lora", "tuned_endpoint"]' in shown.out
    (path,) = client.models_path.glob("hosted-*/hosted_result.json")
    kept = codec.read_json(path, HostedResult)
    assert (kept.model, kept.url, kept.rows, kept.rows_validation) == ("ft:ftjob-1", vendor.url, 20, 10)
    data = arm_data(client, client.plan())
    assert kept.data == digests.of_records([*data.train, *data.validation])
    assert kept.usd_billed == pytest.approx(8.0 * 1234 / 1e6)
    assert "less than USD 0.01, 1,234 tokens by the vendor's count" in shown.out
    assert (kept.settings.epochs, kept.settings.rank, kept.settings.seed) == (2, 12, 7)
    assert not any(KEY.encode() in content for content in files(client).values())


def test_run_again_it_tells_the_same_without_key_or_request(
    vendor: Script,
    client: Engagement,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert tune(client, "--url", vendor.url, "--json") == 0
    first, count = json.loads(capsys.readouterr().out), len(vendor.seen)
    monkeypatch.delenv("OPENAI_API_KEY")
    assert tune(client, "--url", vendor.url, "--json") == 0
    assert json.loads(capsys.readouterr().out) == first
    assert len(vendor.seen) == count
    assert first["result"]["model"] == "ft:ftjob-1"


def test_a_dry_run_needs_no_key_sends_nothing_and_writes_nothing(
    vendor: Script,
    client: Engagement,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    before = files(client)
    assert tune(client, "--url", vendor.url, "--dry-run") == 0
    shown = capsys.readouterr()
    assert "20 rows in train.jsonl" in shown.out
    assert "OPENAI_API_KEY" in shown.err
    assert tune(client, "--dry-run", "--json", vendor="together") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["host"] == "api.together.ai"
    assert 0 < told["usd_low"] <= told["usd_likely"] <= told["usd_high"]
    assert told["price_as_of"] and told["price_source"]
    assert files(client) == before
    assert not vendor.seen


@pytest.mark.parametrize("answer", ["own_machines", "approved_cloud"])
def test_client_data_does_not_leave_against_the_answers(
    answer: str,
    client: Engagement,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TOGETHER_API_KEY", raising=False)
    codec.write_text(client.answers_path, f'data_leaves = "{answer}"\n')
    before = files(client)
    assert tune(client, vendor="together") == 3
    assert tune(client, "--allow-upload", "api.together.example", vendor="together") == 3
    refused = capsys.readouterr().err
    assert "20 rows in train.jsonl" in refused
    assert "--allow-upload api.together.ai" in refused
    assert "TOGETHER_API_KEY" not in refused
    several = ("--allow-upload", "other.example", "--allow-upload", "API.Together.AI")
    assert tune(client, *several, vendor="together") == 3
    assert "TOGETHER_API_KEY is not set" in capsys.readouterr().err
    assert tune(client, "--dry-run", vendor="together") == 0
    assert "refused without --allow-upload api.together.ai" in capsys.readouterr().err
    assert files(client) == before


def test_this_machine_itself_is_no_other_machine(vendor: Script, client: Engagement) -> None:
    codec.write_text(client.answers_path, 'data_leaves = "own_machines"\n')
    assert tune(client, "--url", vendor.url) == 0


def test_what_may_cost_more_than_the_cap_or_cannot_be_priced_is_not_started(
    vendor: Script, client: Engagement, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tune(client, "--url", vendor.url, "--max-usd", "5") == 3
    assert "cannot be held" in capsys.readouterr().err
    codec.write_text(client.settings_path, to_toml(Settings(title="Acme", prices=CONTRACT)))
    for more in ((), ("--dry-run",)):
        assert tune(client, "--url", vendor.url, "--max-usd", "0.001", *more) == 3
        assert "above --max-usd 0.001" in capsys.readouterr().err
    assert not vendor.seen
    assert tune(client, "--url", vendor.url, "--max-usd", "1") == 0


def test_a_failed_job_says_how_to_start_a_new_one(
    vendor: Script, client: Engagement, capsys: pytest.CaptureFixture[str]
) -> None:
    vendor.states = ["failed"]
    for _ in range(2):
        assert tune(client, "--url", vendor.url) == 1
        told = capsys.readouterr().err
        assert "bad rows" in told and "--again" in told and "again=True" not in told
    vendor.states = ["succeeded"]
    assert tune(client, "--url", vendor.url, "--again") == 0
    assert len(vendor.jobs) == 2


def test_the_tuned_model_comes_into_the_plan_with_every_comment_kept(
    vendor: Script, client: Engagement
) -> None:
    text = client.plan_path.read_text(encoding="utf-8") + "\n# agreed with the client\n"
    client.plan_path.write_text(text, encoding="utf-8")
    before = client.plan()
    assert tune(client, "--url", vendor.url, "--add-to-plan") == 0
    after = client.plan()
    assert after.arms == [*before.arms, "tuned_endpoint"]
    assert after.tuned_endpoint == EndpointSettings(base_url=vendor.url, model="ft:ftjob-1")
    written = client.plan_path.read_text(encoding="utf-8")
    assert "# agreed with the client" in written
    assert [line for line in text.splitlines() if line.startswith("#") and line not in written] == []
    assert tune(client, "--url", vendor.url, "--add-to-plan") == 0
    assert client.plan_path.read_text(encoding="utf-8") == written


def test_prices_of_another_model_do_not_stay_with_the_tuned_model(vendor: Script, tmp_path: Path) -> None:
    old = EndpointSettings(base_url="https://x.example/v1", model="old", usd_in=9.0, usd_out=9.0, tries=2)
    client = engagement(
        tmp_path, rows=examples(40), agreed=plan(arms=["floor", "tuned_endpoint"], tuned_endpoint=old)
    )
    assert tune(client, "--url", vendor.url, "--add-to-plan") == 0
    assert client.plan().arms == ["floor", "tuned_endpoint"]
    assert client.plan().tuned_endpoint == EndpointSettings(base_url=vendor.url, model="ft:ftjob-1", tries=2)


def test_it_needs_frozen_splits_a_plan_answers_and_a_model_name(
    vendor: Script, client: Engagement, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["tune", "-C", str(client.root), "--vendor", "fireworks"]
    assert run(group, words, name="tunecase") == 2
    assert "--model accounts/fireworks/models/" in capsys.readouterr().err
    client.plan_path.rename(tmp_path / "plan")
    assert tune(client, "--url", vendor.url) == 3
    assert "tunecase plan" in capsys.readouterr().err
    (tmp_path / "plan").rename(client.plan_path)
    codec.write_json(client.profile_path, profile("prompts"))
    assert tune(client, "--url", vendor.url) == 3
    assert "no wanted answers" in capsys.readouterr().err
    client.splits_path.unlink()
    assert tune(client, "--url", vendor.url) == 3
    assert "tunecase check" in capsys.readouterr().err
    assert not vendor.seen


def test_killed_while_the_job_is_started_the_same_command_finds_it(
    vendor: Script, client: Engagement
) -> None:
    vendor.trouble = {"start": ["slow"]}
    words = ["tune", "-C", str(client.root), "--vendor", "openai", "--model", "m-8b", "--url", vendor.url]
    command: Any = [sys.executable, "-m", "advisor", *words, "--poll", "0.1"]
    loopback = environment(PYTHONPATH=str(HERE.parent), OPENAI_API_KEY=KEY)
    with subprocess.Popen(command, env=loopback, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while "start" not in vendor.seen and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        process.kill()
    assert "start" in vendor.seen
    done = subprocess.run(command, env=loopback, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "tuned model: ft:ftjob-1" in done.stdout
    assert len(vendor.jobs) == 1
    assert KEY not in done.stdout + done.stderr
