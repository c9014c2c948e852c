"""A model folder behind an OpenAI-compatible API: another program's server, in a child that ends with us."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from advisor.engagement.errors import MissingPackage, NotReady, RunFailed

ENGINES = ("transformers", "vllm")
EXTRA = {"transformers": "tunecase[serve]", "vllm": "vllm"}
NEEDS = {"transformers": ("fastapi", "uvicorn", "openai"), "vllm": ("vllm",)}
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "PYTHONUNBUFFERED": "1",
}
VLLM_OPTIONS = {
    "--served-model-name": "what requests call the model",
    "--host": "address to listen on; without it vLLM listens on every address of the machine",
    "--port": "port to listen on",
    "--dtype": "precision to compute in; its `auto` halves a float32 checkpoint",
    "--generation-config": "`vllm` leaves out the penalties that a model's own settings bring",
    "--max-model-len": "`auto` takes the longest context that fits the card, where the model's own would not",
}
"""What we set of `vllm serve`, and why; parsed by vLLM 0.33.0's own parser (docs.vllm.ai, `vllm serve`)."""
HABITS = {"repetition_penalty": 1.0, "no_repeat_ngram_size": 0}
"""Settings of a model that change greedy answers, with the value that does nothing."""
LOCAL = ("127.0.0.1", "::1", "localhost")
START_SECONDS = 900.0
"""Longest wait for a server: an 8B model from a slow disk."""
STOP_SECONDS = 10.0
SHOWN = 12
"""Lines of the log that an error shows."""


class Server(NamedTuple):
    """What is to be started."""

    engine: str
    """transformers or vllm."""
    folder: Path
    """The model's files."""
    name: str
    """What requests call the model."""
    host: str
    """Address to listen on."""
    port: int
    """Port to listen on."""
    dtype: str
    """Precision to compute in, as the engines call it: float32, bfloat16, float16."""

    @property
    def url(self) -> str:
        """Base URL for an OpenAI client, as this machine reaches it."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/v1"

    def command(self) -> list[str]:
        """The child's command line; it runs in the folder above the model's."""
        # -P: a folder named like a package beside the model must not be imported
        python = [sys.executable, "-P", "-m"]
        place = ["--host", self.host, "--port", str(self.port), "--dtype", self.dtype]
        if self.engine == "vllm":
            model = [str(self.folder), "--served-model-name", self.name, "--generation-config", "vllm"]
            # on a CPU vLLM would take 512 tokens for `auto` (its pull request 29431 is for cards)
            most = [] if self.dtype == "float32" else ["--max-model-len", "auto"]
            return [*python, "vllm.entrypoints.cli.main", "serve", *model, *place, *most]
        # transformers 5.23 calls the preloaded model by its path as given; an @ would mean a revision
        return [*python, "transformers.cli.transformers", "serve", self.name, *place]

    def place(self) -> Path:
        """The child's working directory, from where `name` leads to the model."""
        return self.folder.parents[len(Path(self.name).parts) - 1]


def engine_for(asked: str) -> str:
    """The engine by name, or for `auto` vLLM where it is installed; MissingPackage where it is not."""
    name = asked if asked != "auto" else ("vllm" if _has("vllm") else "transformers")
    missing = [package for package in NEEDS[name] if not _has(package)]
    if missing:
        raise MissingPackage(
            f"serving with {name} needs {', '.join(missing)}, not installed here",
            fix=f"pip install '{EXTRA[name]}'",
        )
    return name


def _has(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def habits(server: Server) -> list[str]:
    """What the model's own settings do to greedy answers on this server, in sentences; nothing with vLLM."""
    path = server.folder / "generation_config.json"
    if server.engine == "vllm" or not path.is_file():
        return []
    own = json.loads(path.read_text(encoding="utf-8"))
    found = [f"{name} {own[name]}" for name, nothing in HABITS.items() if own.get(name, nothing) != nothing]
    if not found:
        return []
    return [f"the model's own settings change what it says here, it was measured without: {', '.join(found)}"]


def free_port(host: str, port: int) -> int:
    """The port itself where nobody listens on it, any free one for 0."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # as servers do it: a port whose last owner has gone is free
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as wrong:
            raise NotReady(
                f"{host}:{port}: {wrong.strerror or wrong}",
                fix="name another port with --port, or 0 for any free one",
            ) from None
        return int(probe.getsockname()[1])


@contextmanager
def started(server: Server, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The server, once it answers; however the block ends, the child is stopped.

    Raises RunFailed with the end of the log where it does not come up.
    """
    if "@" in server.name or ".gguf" in server.name:
        raise NotReady(
            f"{server.name}: transformers reads `@` and `.gguf` in a name as something else",
            fix="rename the folder",
        )
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        child = subprocess.Popen(
            server.command(),
            cwd=server.place(),
            env=os.environ | OFFLINE,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            # Ctrl-C reaches us only, and we stop the child
            start_new_session=True,
        )
        try:
            _wait(server, child, log)
            yield child
        finally:
            stop(child)


def stop(child: subprocess.Popen[bytes]) -> None:
    """Ask the child to end; after ten seconds make it."""
    if child.poll() is not None:
        return
    child.terminate()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _wait(server: Server, child: subprocess.Popen[bytes], log: Path) -> None:
    """Until /health answers; both engines load the model before they listen."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if child.poll() is not None:
            raise RunFailed(
                f"the server ended with exit code {child.returncode} before it answered:\n{tail(log)}",
                fix=f"read {log}",
            )
        if _healthy(server):
            return
        time.sleep(0.1)
    raise RunFailed(f"no answer from {server.url} after {START_SECONDS:.0f} seconds", fix=f"read {log}")


def _healthy(server: Server) -> bool:
    # a proxy of the environment must not see requests to this machine
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(server.url.removesuffix("/v1") + "/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def tail(log: Path) -> str:
    """The last lines of the log."""
    lines: Sequence[str] = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-SHOWN:])
