"""Requests to a vendor: patient where patience helps, and the key never leaves the header."""

from __future__ import annotations

import email.utils
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from advisor.engagement.errors import NotReady, RunFailed

TRIES = 6
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
TIMEOUT = 120.0
AGAIN = (408, 429, 500, 502, 503, 504)
SURE = (429,)
"""Statuses that say that nothing was done."""
RERUN = "run the same command again: it goes on where it stopped"
FIXES = {
    401: "check the API key in {key}",
    403: "check what the API key in {key} may do",
    404: "check the model's name and the address",
    402: "check the account's credit",
}


class NoAnswer(RunFailed):
    """Every try met silence, or a server that is busy or broken."""


class Unclear(RunFailed):
    """The request may or may not have been carried out."""


class Api:
    """One vendor's API with its key; the key is in no error, no record and no repr."""

    def __init__(
        self, url: str, key_variable: str, *, pause: float = FIRST_PAUSE, timeout: float = TIMEOUT
    ) -> None:
        import httpx2

        self.url = url.rstrip("/")
        self.host = host_of(url)
        self.key_variable = key_variable
        self.pause = pause
        self._key = os.environ.get(key_variable, "").strip()
        if not self._key:
            raise NotReady(
                f"{key_variable} is not set", fix=f"export {key_variable}=..., the key of {self.host}"
            )
        if not (self._key.isascii() and self._key.isprintable()):
            raise NotReady(
                f"{key_variable} holds letters that no key has", fix=f"copy the key of {self.host} again"
            )
        # proxies of the environment never see client text
        self._client = httpx2.Client(timeout=timeout, follow_redirects=False, trust_env=False)

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, query: dict[str, str | int] | None = None) -> dict[str, Any]:
        """A JSON object."""
        return self._asked("GET", path, params=query)

    def post(self, path: str, body: dict[str, Any] | None = None, *, once: bool = False) -> dict[str, Any]:
        """A JSON object; with `once` a request that may have been carried out is not repeated (Unclear)."""
        return self._asked("POST", path, once=once, json=body)

    def send_file(self, path: str, file: Path, fields: dict[str, str], *, as_name: str) -> dict[str, Any]:
        """A file as multipart form data, under the name that the vendor shall see."""
        return self._asked(
            "POST", path, data=fields, files={"file": (as_name, file.read_bytes(), "application/jsonl")}
        )

    def where_to(self, path: str, fields: dict[str, str]) -> tuple[str, dict[str, str]]:
        """Where a redirecting answer points, and its headers."""
        answer = self._with_key("POST", path, once=False, data=fields)
        place = answer.headers.get("Location", "")
        if answer.status_code not in (301, 302, 303, 307, 308) or not place:
            self._refuse(answer)
            raise RunFailed(f"{self.host}: no place to upload to", fix="try again later")
        if urlsplit(place).scheme != "https" and urlsplit(self.url).scheme == "https":
            raise RunFailed(
                f"{self.host}: the place to upload to is not https", fix="report it to the vendor"
            )
        return place, dict(answer.headers)

    def put_elsewhere(self, url: str, file: Path) -> None:
        """A file to an address the vendor gave, which holds its own leave to write: no key goes there."""
        content, host = file.read_bytes(), host_of(url)
        answer = self._tried(lambda: self._client.put(url, content=content), f"{host}: the upload")
        if answer.status_code >= 300:
            raise RunFailed(
                f"{host}: upload refused with {answer.status_code}: {self.clean(answer.text)}", fix=RERUN
            )

    def clean(self, text: object) -> str:
        """The vendor's words without our key and without control characters, at most 500 letters."""
        words = str(text).replace(self._key, "***")
        return "".join(letter if letter.isprintable() else " " for letter in words)[:500].strip()

    def _asked(self, method: str, path: str, *, once: bool = False, **what: Any) -> dict[str, Any]:
        answer = self._with_key(method, path, once=once, **what)
        self._refuse(answer)
        if not answer.content:
            return {}
        try:
            body = answer.json()
        except ValueError:
            body = None
        if isinstance(body, dict):
            return body
        said = f"{self.host}: the answer to {method} {path} is no JSON object: {self.clean(answer.text)}"
        raise (Unclear if once else RunFailed)(said, fix="check the address")

    def _with_key(self, method: str, path: str, *, once: bool, **what: Any) -> Any:
        headers = {"Authorization": f"Bearer {self._key}"}
        return self._tried(
            lambda: self._client.request(method, self.url + path, headers=headers, **what),
            f"{self.host}: {method} {path.partition('?')[0]}",
            once=once,
        )

    def _tried(self, send: Callable[[], Any], what: str, *, once: bool = False) -> Any:
        import httpx2

        last = ""
        for number in range(TRIES):
            wait = min(self.pause * 2**number, LONGEST_PAUSE)
            try:
                answer = send()
            except httpx2.ConnectError as wrong:
                last = f"no connection ({type(wrong).__name__})"
            except httpx2.HTTPError as wrong:
                last = f"no answer ({type(wrong).__name__})"
                if once:
                    raise Unclear(f"{what}: {last}", fix=RERUN) from None
            else:
                if answer.status_code not in AGAIN:
                    return answer
                last = f"{answer.status_code}: {self.clean(message_of(answer))}"
                if once and answer.status_code not in SURE:
                    raise Unclear(f"{what}: {last}", fix=RERUN)
                wait = max(wait, retry_after(answer.headers.get("Retry-After", "")))
            if number + 1 < TRIES:
                time.sleep(wait)
        raise NoAnswer(f"{what} failed {TRIES} times, last with {last}", fix=RERUN)

    def _refuse(self, answer: Any) -> None:
        status = answer.status_code
        if status < 400:
            return
        fix = FIXES.get(status, "correct what the vendor names").format(key=self.key_variable)
        raise RunFailed(f"{self.host}: {status}: {self.clean(message_of(answer))}", fix=fix)


def host_of(url: str) -> str:
    """Host of an address in small letters, without its port."""
    return (urlsplit(url).hostname or "").lower()


def message_of(answer: Any) -> str:
    """The vendor's words in an error: `error.message`, `message`, or the text."""
    try:
        body = answer.json()
    except ValueError:
        return str(answer.text)
    if isinstance(body, dict):
        inner = body.get("error", body)
        if isinstance(inner, dict) and inner.get("message"):
            return str(inner["message"])
        if isinstance(inner, str):
            return inner
    return str(answer.text)


def retry_after(said: str) -> float:
    """Seconds the vendor asks to wait, as a number or a date; at most a minute, 0 where unreadable."""
    try:
        seconds = float(said)
    except ValueError:
        try:
            seconds = (email.utils.parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return 0.0
    return min(max(seconds, 0.0), LONGEST_PAUSE)
