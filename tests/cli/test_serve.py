"""`tunecase serve`: a real server in a child, over real HTTP, compared with the model in this process."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from advisor.engagement import codec
from advisor.engagement.errors import NotReady, RunFailed
from advisor.engagement.folder import Engagement
from advisor.engagement.progress import silent
from advisor.engagement.records.comparison import Verdict
from advisor.engagement.records.examples import Message
from advisor.engagement.records.plan import Plan, TrainingSettings
from advisor.engagement.toml_out import to_toml
from tests.conftest import HERE, environment
from tests.harness.conftest import engagement_with, tickets, tiny_model
from trainers import serving

__all__ = ["tiny_model"]
INSTRUCTION = "Sort the message:"
NEEDED = serving.NEEDS["transformers"]
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]
real = pytest.mark.skipif(bool(MISSING), reason=f"the extra `serve` is not installed: {', '.join(MISSING)}")


def run(*arguments: str | Path) -> subprocess.Popen[str]:
    """The command in a process of its own, loopback allowed."""
    return subprocess.Popen(
        [sys.executable, "-m", "advisor", *map(str, arguments)],
        env=environment(
            PYTHONPATH=str(HERE.parent), HTTP_PROXY="http://127.0.0.1:9", http_proxy="http://x:9"
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(*arguments: str | Path) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    with run(*arguments) as process:
        out, said = process.communicate(timeout=120)
    return process.returncode, out, said


@pytest.fixture(scope="module")
def tuned(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Engagement:
    """An engagement whose lora is trained and has won."""
    from advisor.cli.jobs import Work
    from harness.executors.local import Job

    made = engagement_with(tmp_path_factory.mktemp("tuned"), tickets(60))
    settings = TrainingSettings(epochs=2, learning_rate=5e-3, rank=4, batch_size=8)
    plan = Plan(
        arms=["floor", "zero_shot", "lora"], model=str(tiny_model), instruction=INSTRUCTION, training=settings
    )
    codec.write_text(made.plan_path, to_toml(plan))
    Work(made, plan, on_progress=silent).train(Job("train", "lora", 0))
    won(made, "lora")
    return made


def won(engagement: Engagement, winner: str | None) -> None:
    """A verdict with this winner."""
    said: dict[str, Any] = {
        "sentence": "s",
        "because": "b",
        "next_step": "n",
        "needed_n": None,
        "caveats": [],
    }
    verdict = Verdict(decision="inconclusive", winner=winner, winner_approach=None, advised=None, **said)
    codec.write_json(engagement.verdict_path, verdict)


@real
def test_the_winner_is_merged_and_the_server_gives_the_tokens_that_were_measured(tuned: Engagement) -> None:
    code, out, said = finished("serve", "-C", tuned.root, "--port", "0", "--smoke", "--json")
    assert code == 0, out + said
    found = json.loads(out)
    assert found["same"] is True
    assert found["served"] == found["here"]
    assert found["here"]["tokens_out"] > 0
    assert found["model"].startswith("lora-")
    assert "relative logit error" in said
    with socket.socket() as probe:
        port = int(found["url"].split(":")[2].split("/")[0])
        assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture(scope="module")
def address(tuned: Engagement) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """A server that runs on, the address it printed and the curl line."""
    with run("serve", "-C", tuned.root, "--arm", "zero_shot", "--port", "0") as process:
        assert process.stdout is not None
        first, curl = process.stdout.readline(), process.stdout.readline()
        yield process, first.split()[0], curl
        process.kill()


@real
def test_a_server_that_answers_otherwise_fails_the_smoke_test(
    tuned: Engagement,
    address: tuple[subprocess.Popen[str], str, str],
    tiny_model: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from advisor.cli.serve import _compared
    from advisor.cli.session import Session
    from harness.served import answer_here

    url = address[1]
    server = serving.Server(
        "transformers", tiny_model, tiny_model.name, "127.0.0.1", int(url.split(":")[2].split("/")[0]), ""
    )
    session = Session(folder=tuned.root, as_json=False, verbosity=0)
    messages = [Message(role="system", content=INSTRUCTION), Message(role="user", content="my card")]
    weights = next((tuned.root / "models").glob("lora-*/weights"))
    asked: dict[str, Any] = {"quantised": False, "max_new_tokens": 32}
    base = answer_here(str(tiny_model), messages, adapter=None, **asked)
    lora = answer_here(str(tiny_model), messages, adapter=weights, **asked)
    assert _compared(session, server, messages, base) is None
    assert _compared(session, server, messages, lora) == 1
    assert "not the same: do not ship this server" in capsys.readouterr().out


@real
def test_it_serves_the_base_of_a_prompting_arm_until_it_is_told_to_stop(
    tuned: Engagement, address: tuple[subprocess.Popen[str], str, str]
) -> None:
    process, url, curl = address
    assert url.startswith("http://127.0.0.1:"), process.stderr and process.stderr.read()
    request = curl.split("-d @")[1].strip()
    body = Path(request).read_bytes()
    assert json.loads(body)["messages"][0]["role"] == "system"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    asked = urllib.request.Request(
        f"{url}/chat/completions", data=body, headers={"Content-Type": "application/json"}
    )
    with opener.open(asked, timeout=60) as answer:
        assert json.load(answer)["usage"]["completion_tokens"] > 0
    children = child_of(process.pid)
    assert children
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 143
    time.sleep(0.2)
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    assert (tuned.root / "runs" / "serve.log").stat().st_size > 0


def child_of(parent: int) -> list[int]:
    """Processes whose parent this is."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(entry.parent.name))
    return found


def test_a_dry_run_says_what_would_be_served_and_starts_nothing(tuned: Engagement) -> None:
    before = {path for path in tuned.root.rglob("*") if path.is_file()}
    code, out, said = finished("serve", "-C", tuned.root, "--dry-run", "--json")
    if MISSING:
        assert (code, "tunecase[serve]" in said + out) == (3, True)
        return
    found = json.loads(out)
    assert (code, found["engine"], found["url"]) == (0, "transformers", "http://127.0.0.1:8000/v1")
    assert INSTRUCTION in found["system"]
    assert {path for path in tuned.root.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("winner", "arguments", "said"),
    [
        (None, [], "no arm has won"),
        ("floor", [], "floor: no language model answers"),
        ("lora", ["--arm", "qlora"], "no trained model of the arm `qlora`"),
        ("lora", ["--arm", "lra"], "lra"),
    ],
)
def test_what_cannot_be_served_is_refused_before_anything_starts(
    winner: str | None, arguments: list[str], said: str, tuned: Engagement
) -> None:
    from click.testing import CliRunner

    from advisor.cli.serve import command
    from advisor.engagement.errors import TunecaseError

    won(tuned, winner)
    try:
        done = CliRunner().invoke(command, ["-C", str(tuned.root), "--dry-run", *arguments])
    finally:
        won(tuned, "lora")
    assert isinstance(done.exception, TunecaseError)
    assert said in done.exception.problem


def test_penalties_of_a_model_s_own_settings_are_told_where_the_server_obeys_them(tmp_path: Path) -> None:
    server = serving.Server("transformers", tmp_path, "m", "127.0.0.1", 1, "float32")
    assert serving.habits(server) == []
    settings = {"repetition_penalty": 1.05, "temperature": 0.7, "no_repeat_ngram_size": 0}
    (tmp_path / "generation_config.json").write_text(json.dumps(settings), encoding="utf-8")
    (said,) = serving.habits(server)
    assert said.endswith("repetition_penalty 1.05")
    assert serving.habits(server._replace(engine="vllm")) == []


def test_answers_that_differ_are_told_apart_by_what_it_means(tmp_path: Path) -> None:
    from advisor.cli.serve import _difference
    from harness.served import Reply

    here = Reply("the card", 9, 3)
    server = serving.Server("vllm", tmp_path, "m", "127.0.0.1", 1, "bfloat16")
    assert "another chat template" in _difference(server, Reply("the card", 10, 3), here)
    assert "do not ship" in _difference(server, Reply("a card", 9, 3), here)
    assert "arm `endpoint`" in _difference(server, Reply("the cart", 9, 3), here)
    assert "do not ship" in _difference(server._replace(dtype="float32"), Reply("the cart", 9, 3), here)


def test_of_two_models_that_could_be_the_arm_none_is_served(tuned: Engagement, tmp_path: Path) -> None:
    import shutil

    from advisor.cli.serve import _of_arm

    copy = Engagement(tmp_path / "copy")
    shutil.copytree(tuned.root, copy.root)
    (folder,) = (copy.root / "models").glob("lora-*")
    assert _of_arm(copy, "lora").trained is not None
    with pytest.raises(NotReady, match="no trained model of the arm `lora_rag`"):
        _of_arm(copy, "lora_rag")
    shutil.copytree(folder, folder.with_name("lora-00000000"))
    with pytest.raises(NotReady, match="2 models could be the arm `lora`"):
        _of_arm(copy, "lora")


def test_an_arm_with_retrieval_is_asked_with_its_passages(tuned: Engagement, tmp_path: Path) -> None:
    import shutil

    from advisor.cli.serve_request import question
    from advisor.engagement.records.documents import Chunk, Document

    copy = Engagement(tmp_path / "copy")
    shutil.copytree(tuned.root, copy.root)
    (plain,) = [one for one in question(copy, arm="lora").notes if "labels" in one]
    assert "check that an answer is a label" in plain
    codec.write_lines(copy.documents_path / "documents.jsonl", [Document(id="d1", text="x", source="a.md")])
    chunk = Chunk(id="d1#0", doc_id="d1", text="The cost and the price of a card are listed.", start=0)
    codec.write_lines(copy.documents_path / "chunks.jsonl", [chunk])
    found = question(copy, arm="rag", retrieves=True)
    assert "The cost and the price of a card are listed." in found.messages[-1].content
    assert "over 1 passages" in found.notes[0]


def test_a_port_in_use_is_named_before_anything_is_loaded() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(NotReady, match=rf"127\.0\.0\.1:{port}"):
            serving.free_port("127.0.0.1", port)
    assert serving.free_port("127.0.0.1", 0) > 0


def test_a_server_that_does_not_come_up_shows_the_end_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model").mkdir()
    server = serving.Server("transformers", tmp_path / "model", "model", "127.0.0.1", 1, "float32")
    broken = [sys.executable, "-c", "import sys; sys.exit('no weights in that folder')"]
    monkeypatch.setattr(serving.Server, "command", lambda _: broken)
    with (
        pytest.raises(RunFailed, match="exit code 1 before it answered:\nno weights in that folder"),
        serving.started(server, tmp_path / "log"),
    ):
        raise AssertionError("it never ran")


def test_a_child_that_will_not_end_is_made_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "STOP_SECONDS", 0.3)
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True)"
    child = subprocess.Popen([sys.executable, "-c", f"{stubborn}; time.sleep(60)"], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    serving.stop(child)
    assert child.returncode == -signal.SIGKILL
    child.stdout.close()


def test_each_engine_listens_where_it_is_told_and_is_offline(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "lora-1" / "merged"
    for engine in serving.ENGINES:
        server = serving.Server(engine, folder, "lora-1/merged", "127.0.0.1", 8123, "bfloat16")
        words = server.command()
        assert words[words.index("--host") + 1] == "127.0.0.1"
        assert words[words.index("--port") + 1] == "8123"
        assert (server.place() / server.name).resolve() == folder.resolve()
    assert {serving.OFFLINE[name] for name in ("HF_HUB_OFFLINE", "DO_NOT_TRACK")} == {"1"}
    for dtype, most in (("float32", []), ("bfloat16", ["--max-model-len", "auto"])):
        words = serving.Server("vllm", folder, "lora-1/merged", "127.0.0.1", 8123, dtype).command()
        assert {word for word in words[words.index("serve") :] if word.startswith("--")} <= set(
            serving.VLLM_OPTIONS
        )
        assert words[words.index("--generation-config") + 1] == "vllm"
        assert words[len(words) - len(most) :] == most
    assert serving.Server("vllm", folder, "m", "0.0.0.0", 1, "").url == "http://127.0.0.1:1/v1"
    assert os.environ.get("VLLM_NO_USAGE_STATS") is None
