"""No test may reach out: Python itself asks here before it opens a connection or looks up a name.

Child processes get this as their ``sitecustomize``, by ``PYTHONPATH``, and end at once; ``conftest`` has the test fail. The translation engine is not
installed for them, unless the test is about it.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from typing import Any

STATUS = 97
"""Exit status of a child process that reached out."""

WITHOUT_ENGINE = "MTDETECT_TESTS_WITHOUT_ENGINE"
"""Variable that hides the translation engine."""

_LOOPBACK = ("localhost", "127.0.0.1", "::1", "")


def host_of(event: str, args: tuple[Any, ...]) -> str | None:
    """Where an event leads to; None if not out of this machine."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = args[1]
        host = (
            address[0] if isinstance(address, tuple) and address else None
        )  # others are no internet addresses
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = args[0]
    else:
        return None
    if isinstance(host, (bytes, bytearray)):
        host = host.decode("ascii", "replace")
    return None if host is None or str(host) in _LOOPBACK or str(host).startswith("127.") else str(host)


def forbid(refuse: Callable[[str], None]) -> None:
    """Have every attempt refused from now on; it cannot be undone."""

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event.startswith("socket.") and (host := host_of(event, args)) is not None:
            refuse(f"a test reached out to {host}; tests work offline")

    sys.addaudithook(hook)


def _hide_engine() -> None:
    find_spec = importlib.util.find_spec

    def found(name: str, package: str | None = None) -> Any:
        return None if name == "sentencepiece" else find_spec(name, package)

    importlib.util.find_spec = found


def _end(message: str) -> None:
    os.write(2, message.encode() + b"\n")
    os._exit(STATUS)


if __name__ == "sitecustomize":
    forbid(_end)
    if WITHOUT_ENGINE in os.environ:
        _hide_engine()
