"""Put on PYTHONPATH, this refuses every network connection of a process and writes down each attempt."""

import os
import socket
from pathlib import Path


def _refuse(name):
    def refused(*arguments, **_named):
        if name != "getaddrinfo" and getattr(arguments[0], "family", None) == getattr(socket, "AF_UNIX", -1):
            return _REAL[name](*arguments)
        log = os.environ.get("NETWORK_ATTEMPTS")
        if log:
            with Path(log).open("a", encoding="utf-8") as out:
                out.write(f"{name} {arguments[-1]!r}\n")
        raise OSError(f"network refused by the test: {name} {arguments[-1]!r}")

    return refused


_REAL = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex", "sendto")}
for _name in _REAL:
    setattr(socket.socket, _name, _refuse(_name))
socket.getaddrinfo = _refuse("getaddrinfo")
