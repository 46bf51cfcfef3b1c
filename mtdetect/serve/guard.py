"""The middleware in front of the routes: request ids, tokens, limits, security headers, log and metrics.

A plain ASGI middleware. It reads the whole body before a route sees the request, so that slow and endless bodies end here.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from mtdetect.serve import tokens
from mtdetect.serve.errors import DISCONNECTED, MODELS, PATHS, RefusedError, shape_of
from mtdetect.serve.metrics import Metrics
from mtdetect.serve.settings import Settings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""Headers of every answer that does not set its own."""

OPEN = frozenset(
    {
        "/",
        "/assets/page.js",
        "/assets/page.css",
        "/assets/icon.svg",
        "/assets/words.json",
        "/healthz",
        "/readyz",
        "/openapi.json",
    }
)
"""Routes that need no token to be read, because they reveal nothing about any text."""

DRAINED = 64 << 20
"""Most bytes of a too large body that are read and discarded; a client that is still sending would not read the error."""

log = logging.getLogger("mtdetect.serve")


class Guard:
    """Checks each request before it reaches an application, and logs its answer.

    Parameters
    ----------
    app : ASGI application
        The routes.
    settings : Settings
        Limits and tokens.
    metrics : Metrics
        Counts the requests.
    routes : frozenset of str
        Existing paths; the metrics count all others as ``other``.
    """

    def __init__(self, app: App, settings: Settings, metrics: Metrics, routes: frozenset[str]) -> None:
        self._app = app
        self._settings = settings
        self._metrics = metrics
        self._routes = routes
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await _Exchange(self, scope, receive, send).run()

    async def admit(self, exchange: _Exchange) -> bytes:
        """Check host, token and content type, and read the body.

        Parameters
        ----------
        exchange : _Exchange
            The request. Its ``tenant`` is set if a token is required, its ``closing`` if the connection must end with the answer.

        Returns
        -------
        bytes
            The body; empty if there is none.

        Raises
        ------
        RefusedError
            401 without a valid token, 408 if the body is late, 413 if it is too large, 415 if its type is not JSON, 421 for another host name,
            503 if too many bodies are in memory.
        _DisconnectedError
            If the client closes the connection before the body is complete.
        """
        headers = exchange.headers
        self._check_host(headers.get(b"host", b""))
        if self._settings.tokens and (exchange.path not in OPEN or exchange.method == "POST"):
            shown = headers.get(b"authorization", b"").decode("latin-1") or exchange.key
            tenant = tokens.tenant_of(shown, self._settings.tokens)
            if tenant is None:
                raise RefusedError(
                    401,
                    "unauthorized",
                    "this service requires a token: send 'Authorization: Bearer TOKEN'",
                    {"www-authenticate": 'Bearer realm="mtdetect"'},
                )
            exchange.tenant = tenant
        if exchange.method == "POST" and self.route(exchange.path) is not None:
            self._check_content_type(headers.get(b"content-type", b""))
        return await self._body(exchange)

    def route(self, path: str) -> str | None:
        """The route of a path; None if there is none. All names of Hugging Face's models are one route.

        Parameters
        ----------
        path : str
            Of the request.
        """
        if path.startswith(MODELS):
            return MODELS
        return path if path in self._routes else None

    def _check_content_type(self, kind: bytes) -> None:
        """Refuse other types than JSON: a page of another site could send those without a preflight request."""
        name = kind.partition(b";")[0].strip().lower()
        if name != b"application/json" and not (name.startswith(b"application/") and name.endswith(b"+json")):
            raise RefusedError(415, "wrong_type", "send the body as 'Content-Type: application/json'")

    def _check_host(self, host: bytes) -> None:
        """Refuse other host names: an attacker can make another name resolve to this address (DNS rebinding)."""
        names = self._settings.hosts
        name = re.sub(r":\d*$", "", host.decode("latin-1")).lower()
        if names and name not in names:
            raise RefusedError(
                421,
                "wrong_host",
                "this service does not answer to that host name; start it with --allow-host NAME to allow it",
            )

    async def _body(self, exchange: _Exchange) -> bytes:
        limit = self._settings.limits.body
        declared = exchange.headers.get(b"content-length", b"0")
        length = int(declared) if declared.isdigit() and len(declared) < 20 else 0
        too_large = RefusedError(
            413, "too_large", f"the body is larger than {limit:,} bytes; send the texts in several requests"
        )
        # A client that waits for "100 Continue" gets the error before it sends the body.
        if length > limit and (b"expect" in exchange.headers or length > DRAINED):
            exchange.closing = True
            raise too_large
        parts: list[bytes] = []
        size = 0
        deadline = time.monotonic() + self._settings.limits.upload
        more = True
        while more:
            try:
                message = await asyncio.wait_for(exchange.receive(), deadline - time.monotonic())
            except asyncio.TimeoutError:
                exchange.closing = True
                raise RefusedError(408, "slow", "the body did not arrive in time; send it faster") from None
            if message["type"] != "http.request":
                raise _DisconnectedError
            part, more = message.get("body", b""), message.get("more_body", False)
            size += len(part)
            if size > limit:
                parts.clear()
                exchange.holds(0)
                if size > DRAINED:
                    exchange.closing = True
                    break
                continue
            parts.append(part)
            exchange.holds(size)
        if size > limit:
            raise too_large
        return b"".join(parts)

    def hold(self, change: int) -> None:
        """Count the bytes of all bodies in memory, and refuse a body if they are too many.

        Parameters
        ----------
        change : int
            Bytes by which the total grows; negative if they are released.

        Raises
        ------
        RefusedError
            503 if the total would exceed :attr:`mtdetect.serve.settings.Limits.held`; it then stays as it was.
        """
        if change > 0 and self._held + change > self._settings.limits.held:
            self._metrics.rejected.labels("memory").inc()
            raise RefusedError(
                503, "overloaded", "too many request bodies at once; ask again later", {"retry-after": "1"}
            )
        self._held += change

    def log_answer(self, exchange: _Exchange) -> None:
        """Log and count an answer.

        Parameters
        ----------
        exchange : _Exchange
            The request, with the status of its answer.
        """
        route = self.route(exchange.path) or "other"
        method = exchange.method if exchange.method in ("GET", "POST", "HEAD", "OPTIONS") else "other"
        seconds = time.perf_counter() - exchange.start
        self._metrics.requests.labels(route, method, str(exchange.status)).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        log.info(
            "request",
            extra={
                "facts": {
                    "request": exchange.id,
                    "route": route,
                    "method": method,
                    "status": exchange.status,
                    "ms": round(1e3 * seconds, 1),
                    "bytes": exchange.size,
                    "tenant": exchange.tenant,
                    **exchange.notes,
                }
            },
        )


class _DisconnectedError(Exception):
    """The client has closed the connection."""


class _Exchange:
    """One request and its answer."""

    def __init__(self, guard: Guard, scope: Scope, receive: Receive, send: Send) -> None:
        self.start = time.perf_counter()
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.path: str = scope["path"]
        self.method: str = scope["method"]
        self.receive = receive
        self.tenant: str | None = None
        self.notes: dict[str, Any] = {}
        self.status = 500
        self.size = 0
        self.closing = False
        given = self.headers.get(b"x-request-id", b"")
        self.id = given.decode("ascii") if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        self._guard = guard
        self._scope = scope
        self._send = send
        self._started = False

    @property
    def key(self) -> str:
        """The key of a client of Perspective, which sends it in the address or in a header, as a bearer token."""
        if PATHS.get(self.path) != "perspective":
            return ""
        query = parse_qs(self._scope.get("query_string", b"").decode("latin-1"))
        given = self.headers.get(b"x-goog-api-key", b"").decode("latin-1") or query.get("key", [""])[0]
        return f"Bearer {given}"

    def holds(self, size: int) -> None:
        """Set how many bytes of this request are in memory."""
        self._guard.hold(size - self.size)
        self.size = size

    async def run(self) -> None:
        """Answer the request."""
        try:
            body = await self._guard.admit(self)
            await self._answer(body)
        except _DisconnectedError:
            self.status = DISCONNECTED
        except RefusedError as refused:
            await self._refuse(refused)
        except Exception as error:
            log.exception("failed", extra={"facts": {"request": self.id}})
            if self._started:
                raise
            await self._refuse(
                RefusedError(500, "failed", f"the service failed ({type(error).__name__}); see its log")
            )
        finally:
            self._guard.log_answer(self)
            self._guard.hold(-self.size)

    async def _answer(self, body: bytes) -> None:
        given = iter([{"type": "http.request", "body": body, "more_body": False}])
        del body

        async def receive() -> Message:
            return next(given, None) or await self.receive()

        self._scope.setdefault("state", {})
        self._scope["state"] |= {"request_id": self.id, "tenant": self.tenant, "notes": self.notes}
        await self._guard._app(self._scope, receive, self._sent)

    async def _refuse(self, refused: RefusedError) -> None:
        status, content = refused.answer(self.id, shape_of(self.method, self.path))
        headers = {"content-type": "application/json", "content-length": str(len(content)), **refused.headers}
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        await self._sent({"type": "http.response.start", "status": status, "headers": raw})
        await self._sent({"type": "http.response.body", "body": b"" if self.method == "HEAD" else content})

    async def _sent(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._started = True
            self.status = message["status"]
            headers = list(message.get("headers", ()))
            named = {name.lower() for name, _ in headers}
            own = {**HEADERS, "x-request-id": self.id, **({"connection": "close"} if self.closing else {})}
            headers += [(k.encode(), v.encode()) for k, v in own.items() if k.encode() not in named]
            message = {**message, "headers": headers}
        await self._send(message)
