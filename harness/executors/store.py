"""Results kept in a second place while a comparison runs: any URL that fsspec knows, such as `s3://`.

A machine that is taken away loses at most the minute since the last look; another one with the same
engagement finds there what was finished and goes on from what was begun. The names of folders are digests of
what was asked: a folder that is there already is the same work, and a finished one is never written again.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from advisor.engagement import codec
from advisor.engagement.errors import MissingPackage, PlanError, RunFailed
from advisor.engagement.folder import Engagement

EVERY_SECONDS = 60.0
"""Between two looks for what is new."""
TRIES = 4
WAIT_SECONDS = 0.5
"""Before the second try; then twice as long each time."""
KEPT = ("models", "runs")
RESULT = "result.json"
LAST = ("complete", RESULT)
"""Files whose existence says that all others of their folder are there."""
MARK = "tunecase.json"

T = TypeVar("T")
Files = dict[str, int]
"""Sizes in bytes by path below the root."""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Whose results a store holds."""

    schema: str = "store/1"
    """Name and number of this record's form."""
    data: str
    """Digest of the splits."""


class Store:
    """One engagement's folders of trainings and runs, here and there."""

    def __init__(self, url: str, engagement: Engagement) -> None:
        """Raises PlanError for what is no address, MissingPackage where nothing here speaks its protocol."""
        self.url, self.engagement = url, engagement
        self._fs, base = _opened(url)
        self._base = base.rstrip("/")
        self._sent: dict[str, tuple[int, int]] = {}
        self._settled: set[str] = set()

    def fetch(self) -> int:
        """Bring what is finished there and not here, and what was begun there and is absent here.

        Returns how many folders came. Raises PlanError where the store is that of other data.
        """
        self._claim()
        there = self._there()
        shutil.rmtree(self._staging, ignore_errors=True)
        came = 0
        for unit, files in _by_unit(there).items():
            here = self.engagement.root / unit
            if unit in KEPT:
                self._fetch_single(files)
            elif not (here / RESULT).exists() and (not here.exists() or f"{unit}/{RESULT}" in files):
                self._fetch_folder(unit, files)
                came += 1
        return came

    def send(self) -> None:
        """Bring what is new here; what says that a folder is complete goes last."""
        local = _here(self.engagement.root)
        there: Files | None = None
        for unit, files in _by_unit(local).items():
            new = [path for path in files if self._sent.get(path) != self._state(path)]
            if not new or unit in self._settled:
                continue
            if there is None:
                there = self._there()
            if unit not in KEPT and f"{unit}/{RESULT}" in there:
                self._settled.add(unit)
                continue
            for path in sorted(new, key=_order):
                self._send(path)
            if f"{unit}/{RESULT}" in files:
                self._tidy(unit, files, there)
                self._settled.add(unit)

    @contextlib.contextmanager
    def following(self) -> Iterator[None]:
        """Send what is new now and then, and at the end, however that comes.

        Raises RunFailed at the end where the store could not be reached; the results lie here all the same.
        """
        over = threading.Event()
        thread = threading.Thread(target=self._follow, args=(over,), daemon=True)
        thread.start()
        try:
            yield
        except BaseException:
            over.set()
            thread.join()
            # what ended the work says more than that the store is away, too
            with contextlib.suppress(RunFailed):
                self.send()
            raise
        over.set()
        thread.join()
        self.send()

    def _follow(self, over: threading.Event) -> None:
        while not over.wait(EVERY_SECONDS):
            # the last look says what is wrong; until then the next one may find the store again
            with contextlib.suppress(RunFailed):
                self.send()

    @property
    def _staging(self) -> Path:
        return self.engagement.root / ".fetching"

    def _claim(self) -> None:
        """Say whose results these are, or refuse those of others."""
        own = Mark(data=self.engagement.splits().digest)
        there = f"{self._base}/{MARK}"
        if not self._tried(lambda: self._fs.exists(there)):
            self._tried(lambda: self._fs.pipe_file(there, codec.encode(own)))
            return
        found = self._tried(lambda: self._fs.cat_file(there))
        if msgspec.json.decode(found, type=Mark).data != own.data:
            raise PlanError(
                f"{self.url} holds results over other data than that of {self.engagement.root}",
                fix="name a folder of its own for each engagement, and a new one once its data has changed",
            )

    def _there(self) -> Files:
        self._fs.invalidate_cache()
        found = self._tried(lambda: self._fs.find(self._base, detail=True))
        sizes = {name[len(self._base) + 1 :]: int(info["size"] or 0) for name, info in found.items()}
        return {path: size for path, size in sizes.items() if _is_kept(path)}

    def _fetch_folder(self, unit: str, files: Mapping[str, int]) -> None:
        """Whole or not at all: a folder takes its place once all its files are here."""
        for path, size in files.items():
            self._fetch(path, size, self._staging / path)
        here = self.engagement.root / unit
        if here.exists():
            shutil.rmtree(here)
        here.parent.mkdir(parents=True, exist_ok=True)
        (self._staging / unit).rename(here)
        for path in files:
            self._sent[path] = self._state(path)

    def _fetch_single(self, files: Mapping[str, int]) -> None:
        """Files beside the folders, such as the plan as it was agreed; those of this machine stay."""
        wanted = {path: size for path, size in files.items() if not (self.engagement.root / path).exists()}
        for path, size in wanted.items():
            self._fetch(path, size, self._staging / path)
            (self.engagement.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self._staging / path).replace(self.engagement.root / path)

    def _fetch(self, path: str, size: int, to: Path) -> None:
        to.parent.mkdir(parents=True, exist_ok=True)
        self._tried(lambda: self._fs.get_file(f"{self._base}/{path}", str(to)))
        if to.stat().st_size != size:
            raise RunFailed(
                f"{self.url}/{path}: {to.stat().st_size} bytes came of {size}", fix="run it again to resume"
            )

    def _send(self, path: str) -> None:
        local, there = self.engagement.root / path, f"{self._base}/{path}"
        try:
            state = self._state(path)
            self._tried(lambda: self._fs.put_file(str(local), there))
        except (FileNotFoundError, RunFailed):
            if local.exists():
                raise
            # a checkpoint that gave way to a newer one meanwhile
            return
        self._sent[path] = state

    def _tidy(self, unit: str, here: Mapping[str, int], there: Mapping[str, int]) -> None:
        """Checkpoints that a finished training left behind there."""
        gone = [path for path in there if path.startswith(f"{unit}/") and path not in here]
        for path in gone:
            with contextlib.suppress(RunFailed):
                self._tried(partial(self._fs.rm_file, f"{self._base}/{path}"))

    def _state(self, path: str) -> tuple[int, int]:
        found = (self.engagement.root / path).stat()
        return found.st_size, found.st_mtime_ns

    def _tried(self, call: Callable[[], T]) -> T:
        """The call, a few times while the store is slow or away. Raises RunFailed in the end."""
        for left in reversed(range(TRIES)):
            try:
                return call()
            except Exception as wrong:
                # each store has errors of its own; what is not there or not allowed stays so
                if isinstance(wrong, FileNotFoundError | PermissionError) or not left:
                    raise RunFailed(
                        f"{self.url}: {str(wrong).strip() or type(wrong).__name__}",
                        fix="see to its credentials and the network, then run it again; results are here too",
                    ) from wrong
                time.sleep(WAIT_SECONDS * 2 ** (TRIES - 1 - left))
        raise AssertionError("unreachable")


def _opened(url: str) -> tuple[Any, str]:
    parts = urlsplit(url)
    if parts.username or parts.password:
        raise PlanError("--results: the address holds a key", fix="give the key through the environment")
    try:
        import fsspec
    except ModuleNotFoundError:
        raise MissingPackage(
            "--results needs the package `fsspec`", fix="pip install 'tunecase[store]'"
        ) from None
    try:
        found: tuple[Any, str] = fsspec.core.url_to_fs(url)
    except ImportError as absent:
        raise MissingPackage(
            f"--results {url}: {absent}", fix="install the package that this names, such as s3fs for s3://"
        ) from None
    except ValueError as wrong:
        raise PlanError(
            f"--results {url}: {wrong}", fix="name a folder, or a URL such as s3://bucket/client"
        ) from None
    if hasattr(found[0], "auto_mkdir"):
        # only a file system of folders asks for it
        found[0].auto_mkdir = True
    return found


def _here(root: Path) -> Files:
    """Every file of trainings and runs; one that goes away meanwhile is left out."""
    found: Files = {}
    for top in KEPT:
        for path in (root / top).rglob("*"):
            name = path.relative_to(root).as_posix()
            with contextlib.suppress(FileNotFoundError):
                if path.is_file() and _is_kept(name):
                    found[name] = path.stat().st_size
    return found


def _is_kept(path: str) -> bool:
    """Below models/ or runs/, and nowhere else; logs and half-made files stay where they are."""
    parts = PurePosixPath(path).parts
    inside = len(parts) > 1 and parts[0] in KEPT and ".." not in parts
    return inside and not any(part.endswith((".log", ".lock", ".tmp", ".part")) for part in parts)


def _by_unit(files: Mapping[str, int]) -> dict[str, Files]:
    """Files of each folder that is one training or run; those beside the folders under `models` or `runs`."""
    found: dict[str, Files] = {}
    for path, size in files.items():
        parts = PurePosixPath(path).parts
        depth = 3 if parts[:2] == ("runs", "canaries") else 2
        unit = "/".join(parts[:depth]) if len(parts) > depth else parts[0]
        found.setdefault(unit, {})[path] = size
    return found


def _order(path: str) -> tuple[int, str]:
    name = PurePosixPath(path).name
    return (LAST.index(name) + 1 if name in LAST else 0), path
