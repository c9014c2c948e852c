"""Whether client data may go to another machine: the answers decide, `--allow-upload HOST` overrides."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from advisor.engagement.errors import NotReady
from advisor.engagement.folder import Engagement
from advisor.questionnaire.reading import read_answers

QUESTION = "data_leaves"
CONFINING = {
    "own_machines": "The answers say that data is processed on the client's own machines only.",
    "approved_cloud": "The answers say that data is processed in approved accounts or regions only.",
}
"""What the answers say of where data may go, where that is not anywhere."""


def confined(engagement: Engagement) -> str:
    """What the answers say against sending data out; empty where they say nothing against it."""
    if not engagement.answers_path.exists():
        return ""
    return CONFINING.get(str(read_answers(engagement.answers_path).value(QUESTION)), "")


def host_of(url: str) -> str:
    """Host of an address, without its port; empty where it names none."""
    return (urlsplit(url).hostname or "").lower()


def is_here(host: str) -> bool:
    """Whether a host is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def refuse_upload(engagement: Engagement, host: str, what: str, *, allowed: Collection[str]) -> None:
    """Raise NotReady where `what` would send client data to a host that nobody has allowed."""
    if not host or is_here(host) or host in {one.lower() for one in allowed}:
        return
    against = confined(engagement)
    if against:
        raise NotReady(
            f"{what} would send client data to {host}. {against}",
            fix=f"run it on this machine, or pass --allow-upload {host} once the client has agreed",
        )
