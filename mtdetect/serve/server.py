"""The HTTP server: uvicorn with h11. On a signal it answers running requests and stops."""

from __future__ import annotations

import asyncio
import logging
import math
import os
import signal
import socket
import sys
from contextlib import suppress
from typing import Any

from mtdetect.errors import MissingExtraError, UsageError

try:
    import h11
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol
except ImportError as error:
    raise MissingExtraError(
        f"the service needs {error.name}, which is not installed; try: pip install 'mtdetect[serve]'"
    ) from error

from mtdetect.serve import log
from mtdetect.serve.app import create_app
from mtdetect.serve.settings import Settings

CONNECTIONS = 1024
"""Most connections at a time; further requests get 503."""

HEAD = 64 << 10
"""Most bytes of a request's head."""

KEEP_ALIVE = 30
"""Seconds for which an idle connection is kept."""


def run(settings: Settings, host: str, port: int) -> int:
    """Serve until SIGINT or SIGTERM.

    Parameters
    ----------
    settings : Settings
        Settings of the service.
    host : str
        Name or address to listen on.
    port : int
        Port; 0 picks a free one.

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    MtdetectError
        If the service cannot start.
    """
    app = create_app(settings)
    created = settings.originals if _is_missing(settings.originals) else None
    log.to_stderr()
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        loop="asyncio",
        http=_protocol(settings.limits.upload),
        ws="none",
        lifespan="on",
        proxy_headers=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE,
        h11_max_incomplete_event_size=HEAD,
        timeout_graceful_shutdown=math.ceil(2 * settings.limits.seconds + settings.limits.upload),
    )
    with _listening(host, port) as listener:
        server = _Server(config, created)

        def stop(*_: object) -> None:
            server.should_exit = True

        # uvicorn raises the signal again when it is done; the default handlers would then end the process with an error status.
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, stop)
        with suppress(SystemExit):  # raised by uvicorn if it cannot start
            asyncio.run(server.serve(sockets=[listener]))
    if not server.started:
        raise app.problem or UsageError("the service could not start; see its log")
    return 0


class _Server(uvicorn.Server):
    """Prints the address it listens on. Errors at start are reported by :func:`run`.

    Parameters
    ----------
    config : uvicorn.Config
        Configuration.
    created : str or None
        Collection that the workers make, because there is none of that name. That is said, because the name may be wrong.
    """

    def __init__(self, config: uvicorn.Config, created: str | None) -> None:
        super().__init__(config)
        self._created = created

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        logger = logging.getLogger("uvicorn")
        logger.setLevel(logging.CRITICAL)
        await super().startup(sockets)
        logger.setLevel(logging.WARNING)
        for one in sockets or ():
            if self.started:
                host, port = one.getsockname()[:2]
                shown = f"[{host}]" if ":" in host else host
                print(f"mtdetect: listening on http://{shown}:{port}", file=sys.stderr, flush=True)
        if self.started and self._created is not None:
            print(
                f"mtdetect: {self._created}: is new and empty; POST /v1/originals fills it "
                "(if you meant another collection, name that with --against)",
                file=sys.stderr,
                flush=True,
            )


def _is_missing(collection: str | None) -> bool:
    """Whether the workers will make the file of a collection."""
    return collection is not None and not (os.path.exists(collection) and os.path.getsize(collection))


def _listening(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except (OSError, OverflowError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(
            f"{host}:{port}: cannot listen there ({why}); choose another --port or --host"
        ) from error


def _protocol(seconds: float) -> type[H11Protocol]:
    """Uvicorn's protocol, but closing connections on which the head of a request takes too long to arrive."""

    class Protocol(H11Protocol):
        _timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._start_timer()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.conn.their_state is not h11.IDLE:
                self._stop_timer()
            elif self._timer is None and self.conn.trailing_data[0]:
                self._start_timer()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_timer()
            super().connection_lost(exc)

        def _start_timer(self) -> None:
            self._timer = self.loop.call_later(seconds, self.transport.close)

        def _stop_timer(self) -> None:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    return Protocol
