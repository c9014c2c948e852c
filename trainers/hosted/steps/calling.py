"""Requests to a vendor: patient where patience helps, and the key never leaves the header."""

from __future__ import annotations

import os
import time
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
FIXES = {
    401: "check the API key in {key}",
    403: "check what the API key in {key} may do",
    404: "check the model's name and the address",
    402: "check the account's credit",
}


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
        self._key = os.environ.get(key_variable, "")
        if not self._key:
            raise NotReady(
                f"{key_variable} is not set", fix=f"export {key_variable}=..., the key of {self.host}"
            )
        self._client = httpx2.Client(timeout=timeout, follow_redirects=False)

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, query: dict[str, str | int] | None = None) -> Any:
        """A JSON answer."""
        return self._asked("GET", path, params=query)

    def post(self, path: str, body: dict[str, Any] | None = None, *, once: bool = False) -> Any:
        """A JSON answer; with `once` a request that may have been carried out is not repeated (Unclear)."""
        return self._asked("POST", path, once=once, json=body)

    def send_file(self, path: str, file: Path, fields: dict[str, str], *, as_name: str) -> Any:
        """A file as multipart form data, under the name that the vendor shall see."""
        return self._asked(
            "POST", path, data=fields, files={"file": (as_name, file.read_bytes(), "application/jsonl")}
        )

    def where_to(self, path: str, fields: dict[str, str]) -> tuple[str, dict[str, str]]:
        """Where a redirecting answer points, and its headers."""
        answer = self._tried("POST", path, once=False, data=fields)
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
        import httpx2

        try:
            answer = httpx2.put(url, content=file.read_bytes(), timeout=TIMEOUT, follow_redirects=False)
        except httpx2.HTTPError as wrong:
            raise RunFailed(
                f"{host_of(url)}: the upload broke off ({type(wrong).__name__})",
                fix="run the same call again",
            ) from None
        if answer.status_code >= 300:
            raise RunFailed(
                f"{host_of(url)}: upload refused with {answer.status_code}: {self.clean(answer.text)}",
                fix="run the same call again",
            )

    def clean(self, text: object) -> str:
        """The vendor's words without our key and without control characters, at most 500 letters."""
        words = str(text).replace(self._key, "***")
        return "".join(letter if letter.isprintable() else " " for letter in words)[:500].strip()

    def _asked(self, method: str, path: str, *, once: bool = False, **what: Any) -> Any:
        answer = self._tried(method, path, once=once, **what)
        self._refuse(answer)
        if not answer.content:
            return {}
        try:
            return answer.json()
        except ValueError:
            raise RunFailed(
                f"{self.host}: the answer to {method} {path} is not JSON: {self.clean(answer.text)}",
                fix="check the address",
            ) from None

    def _tried(self, method: str, path: str, *, once: bool, **what: Any) -> Any:
        import httpx2

        last = ""
        for number in range(TRIES):
            wait = min(self.pause * 2**number, LONGEST_PAUSE)
            try:
                answer = self._client.request(
                    method, self.url + path, headers={"Authorization": f"Bearer {self._key}"}, **what
                )
            except httpx2.HTTPError as wrong:
                last = f"no answer ({type(wrong).__name__})"
                if once:
                    raise Unclear(f"{self.host}: {last}", fix="run the same call again") from None
            else:
                if answer.status_code not in AGAIN:
                    return answer
                last = f"{answer.status_code}: {self.clean(message_of(answer))}"
                if once and answer.status_code not in SURE:
                    raise Unclear(f"{self.host}: {last}", fix="run the same call again")
                wait = max(wait, _retry_after(answer))
            if number + 1 < TRIES:
                time.sleep(wait)
        raise RunFailed(
            f"{self.host}: {method} {path} failed {TRIES} times, last with {last}",
            fix="run the same call again: it goes on where it stopped",
        )

    def _refuse(self, answer: Any) -> None:
        status = answer.status_code
        if status < 400:
            return
        fix = FIXES.get(status, "correct what the vendor names").format(key=self.key_variable)
        raise RunFailed(f"{self.host}: {status}: {self.clean(message_of(answer))}", fix=fix)


def host_of(url: str) -> str:
    """Host, with the port where one is named."""
    return urlsplit(url).netloc.rpartition("@")[2]


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


def _retry_after(answer: Any) -> float:
    """Seconds the vendor asks to wait, at most a minute; 0 where it gives none or a date."""
    try:
        return min(float(answer.headers.get("Retry-After", "0")), LONGEST_PAUSE)
    except ValueError:
        return 0.0
