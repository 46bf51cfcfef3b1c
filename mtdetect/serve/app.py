"""The routes of the service."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from importlib import resources
from typing import Annotated, Any, cast

import mtdetect
from mtdetect.errors import InputError, MissingExtraError, MtdetectError, UsageError

try:
    from fastapi import FastAPI, Query, Request, Response
    from fastapi.exceptions import RequestValidationError
    from pydantic import ValidationError
    from starlette.exceptions import HTTPException
except ImportError as error:
    raise MissingExtraError(
        f"the service needs {error.name}, which is not installed; try: pip install 'mtdetect[serve]'"
    ) from error

from mtdetect.policy.audit import AuditLog
from mtdetect.policy.rules import Policy
from mtdetect.serialization import from_json, to_json
from mtdetect.serve import clients, schemas, work
from mtdetect.serve.errors import DISCONNECTED, RefusedError, shape_of
from mtdetect.serve.guard import App, Guard
from mtdetect.serve.metrics import Metrics
from mtdetect.serve.pool import AbandonedError, FailedError, OverloadedError, Pool, TooLongError
from mtdetect.serve.settings import Settings
from mtdetect.serve.shapes import Shape, enveloped

CHUNK = 60_000
CHUNK_TEXTS = 32
"""Most characters and texts of a batch that a worker scores in one job; between two jobs, other requests get the worker."""

CONSULTED_TEXTS = 4
"""The same if a translation engine is consulted, which takes some tenths of a second for a text."""

JSON = "application/json"

ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": schemas.Error, "description": what}
    for status, what in {
        400: "The body is not JSON.",
        401: "The token is missing or wrong.",
        408: "The body did not arrive in time.",
        413: "The body, a text or the batch is too large.",
        415: "The content type is not JSON.",
        421: "The service does not answer to that host name.",
        422: "A field is missing, unknown or has a wrong value.",
        429: "Too many requests from this client; see Retry-After.",
        500: "The service failed; see its log.",
        503: "Too many requests, or a text took too long; see Retry-After.",
    }.items()
}

PAGES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/assets/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/assets/page.css": ("page.css", "text/css; charset=utf-8"),
    "/assets/icon.svg": ("icon.svg", "image/svg+xml"),
}

REPORT_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'"

log = logging.getLogger("mtdetect.serve")


def create_app(settings: Settings | None = None) -> Service:
    """Make the service as an ASGI application, for ``mtdetect serve`` or a server of your own.

    Parameters
    ----------
    settings : Settings, optional
        The default settings if None.

    Returns
    -------
    ASGI application
        Its workers start and end with the server's lifespan.

    Raises
    ------
    UsageError
        If two policies have one name, or an audit log is given without a policy.
    """
    settings = settings or Settings()
    names = [policy.name for policy in settings.policies]
    if len(set(names)) < len(names):
        raise UsageError(f"two policies are called {max(names, key=names.count)!r}; give each its own name")
    if settings.audit is not None and not names:
        raise UsageError("an audit log holds the decisions of a policy; give a policy, too")
    service = _Service(settings)
    app = FastAPI(
        title="mtdetect",
        version=mtdetect.__version__,
        summary="Detects English text that was machine-translated or spun by synonym substitution, with reasons.",
        description="All errors have the same JSON: `error.code` for programs and `error.message` for people. Every answer has "
        "an `X-Request-Id`; send your own to find the request in the log. Offsets count Unicode code points.",
        docs_url=None,  # the documentation pages of FastAPI load scripts from other hosts
        redoc_url=None,
        lifespan=service.lifespan,
    )
    _add_routes(app, service)
    _add_errors(app)
    paths = frozenset(getattr(route, "path", "") for route in app.routes)
    return Service(cast(App, app), settings, service, paths)


class Service(Guard):
    """The ASGI application: the guard around the routes."""

    def __init__(self, app: App, settings: Settings, shared: _Service, routes: frozenset[str]) -> None:
        super().__init__(app, settings, shared.metrics, routes)
        self._shared = shared

    @property
    def problem(self) -> MtdetectError | None:
        """The error that kept the service from starting, if there was one."""
        return self._shared.problem


class _Service:
    """State that the routes share: workers, policies, metrics, audit log."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self._policies = {policy.name: policy for policy in settings.policies}
        self._pool: Pool | None = None
        self._audit: AuditLog | None = None
        self.problem: MtdetectError | None = None

    @asynccontextmanager
    async def lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        """Start the workers and open the audit log; close both when the server ends."""
        settings = self.settings
        self._pool = Pool(
            (
                settings.model,
                settings.phrases,
                settings.profile,
                settings.originals,
                settings.retranslate,
                settings.engine_folder,
                settings.store_text,
            ),
            size=settings.workers,
            waiting=settings.limits.waiting,
            per_client=settings.limits.per_client,
            report=self._log_event,
        )
        try:
            try:
                if settings.audit is not None:
                    self._audit = AuditLog(settings.audit, settings.policies, largest=settings.audit_bytes)
                await self._pool.start()
            except MtdetectError as error:
                self.problem = error
                raise
            assert self._pool.model is not None
            self.metrics.model(self._pool.model)
            yield
        finally:
            await self._pool.close()
            if self._audit is not None:
                self._audit.close()

    def _log_event(self, name: str, facts: dict[str, Any]) -> None:
        log.warning(name, extra={"facts": facts})
        if name == "worker_replaced":
            self.metrics.replaced.inc()

    @property
    def pool(self) -> Pool:
        """The workers.

        Raises
        ------
        RefusedError
            Before the start and after the end.
        """
        if self._pool is None or not self._pool.ready:
            raise RefusedError(503, "not_ready", "the service is starting or stopping", {"retry-after": "1"})
        return self._pool

    def policy(self, name: str | None, tenant: str | None) -> Policy | None:
        """Choose the policy: the tenant's own, else the one named in the request, else the first."""
        if tenant in self._policies:
            if name not in (None, tenant):
                raise RefusedError(403, "forbidden", "your token has a policy of its own; leave out 'policy'")
            return self._policies[tenant]
        if name is not None and name not in self._policies:
            raise RefusedError(422, "invalid_request", "this service has no policy of that name")
        return self._policies[name] if name is not None else next(iter(self._policies.values()), None)

    def check(self, texts: Sequence[str], count: int) -> None:
        """Refuse too many or too long texts."""
        limits = self.settings.limits
        if count > limits.batch:
            raise RefusedError(413, "too_large", f"more than {limits.batch:,} texts; send several requests")
        if any(len(text) > limits.text for text in texts):
            raise RefusedError(413, "too_large", self.too_long)

    @property
    def too_long(self) -> str:
        """Error message for a text that is too long."""
        return f"a text is longer than {self.settings.limits.text:,} characters; send it in parts"

    def require_collection(self) -> None:
        """Refuse the request if the service has no collection of originals."""
        if self.settings.originals is None:
            raise RefusedError(
                409, "no_originals", "this service has no collection of originals; start it with --against DB"
            )

    async def run(self, request: Request, jobs: Sequence[work.Job], texts: int = 1) -> list[Any]:
        """Run jobs on the workers, one after the other."""
        pool = self.pool
        client = request.state.tenant or (request.client.host if request.client else "")
        request.state.notes["texts"] = texts
        try:
            async with pool.admitted(client):
                self.metrics.in_flight.inc(texts)
                try:
                    return await pool.run(jobs, self.settings.limits.seconds, request.is_disconnected)
                finally:
                    self.metrics.in_flight.dec(texts)
        except OverloadedError as error:
            self.metrics.rejected.labels("client" if error.own else "load").inc()
            wait = {"retry-after": str(error.retry_after)}
            raise RefusedError(429 if error.own else 503, "overloaded", str(error), wait) from error
        except TooLongError as error:
            self.metrics.rejected.labels("time").inc()
            raise RefusedError(503, "too_slow", str(error), {"retry-after": "60"}) from error
        except AbandonedError as error:
            raise RefusedError(DISCONNECTED, "disconnected", str(error)) from error
        except FailedError as error:
            raise RefusedError(500, "failed", str(error)) from error
        except MtdetectError as error:
            code = "unsuitable" if isinstance(error, InputError) else "invalid_request"
            raise RefusedError(422, code, " ".join(str(error).split())) from error

    async def score(
        self, request: Request, items: Sequence[work.Item | bytes], job: work.Score
    ) -> list[bytes]:
        """Score texts as a job without texts says; the answers, whose decisions are recorded. What is an answer already stays in its place."""
        settings, policy = self.settings, job.policy
        needs_match = policy is not None and policy.asks_for_match and settings.originals is not None
        job = replace(
            job,
            match=job.match or (needs_match and job.against is None),
            audit=settings.audit is not None,
            audit_text=settings.audit_text and job.audit_text,
        )
        consults = self.pool.consults and job.retranslate != "never"
        most = CONSULTED_TEXTS if consults else CHUNK_TEXTS
        places = [k for k, one in enumerate(items) if isinstance(one, work.Item)]
        good = [one for one in items if isinstance(one, work.Item)]
        jobs = [replace(job, items=part) for part in _chunks(good, most)]
        parts = await self.run(request, jobs, len(items))
        scored = dict(zip(places, (one for part in parts for one in part), strict=True))
        await self.record(request, scored, policy)
        return [one if isinstance(one, bytes) else scored[k].answer for k, one in enumerate(items)]

    @property
    def model_name(self) -> str:
        """Name of the model for formats that state it once per answer."""
        model = self.pool.model
        return f"mtdetect-{model.name}-{model.version}" if model is not None else "mtdetect"

    async def record(
        self, request: Request, scored: Mapping[int, work.Scored], policy: Policy | None
    ) -> None:
        """Count the labels, and write the decisions, with the places of their texts, into the audit log before they are sent."""
        counts: dict[str, int] = {}
        for one in scored.values():
            counts[one.label] = counts.get(one.label, 0) + 1
            self.metrics.labels.labels(one.label).inc()
            if one.engine_seconds is not None:
                self.metrics.retranslated.inc()
                self.metrics.engine_seconds.inc(one.engine_seconds)
            if policy is not None and one.action is not None:
                self.metrics.decisions.labels(policy.name, one.action).inc()
        request.state.notes["labels"] = counts
        if self._audit is None or not scored:
            return
        entries = [
            {"request": request.state.request_id, "item": number, **one.entry}
            for number, one in scored.items()
            if one.entry is not None
        ]
        try:
            await asyncio.to_thread(self._audit.write, entries)
        except UsageError as error:
            log.error("audit_failed", extra={"facts": {"why": str(error)}})
            raise RefusedError(
                503,
                "audit_failed",
                "the audit log cannot be written, so the decision is withheld; ask again later",
                {"retry-after": "60"},
            ) from error


def _add_routes(app: FastAPI, service: _Service) -> None:
    page = resources.files("mtdetect.serve") / "page"

    # The files are read here, so that no request can name a file.
    def answering(content: bytes, kind: str) -> Any:
        async def answer() -> Response:
            return Response(content, media_type=kind)

        return answer

    for path, (name, kind) in PAGES.items():
        app.get(path, include_in_schema=False)(answering((page / name).read_bytes(), kind))
    app.get("/assets/words.json", include_in_schema=False)(answering(_page_texts(page), JSON))

    @app.get("/healthz", tags=["operation"], response_model=schemas.Health)
    async def healthz() -> dict[str, Any]:
        """Report that the service is running."""
        return {"status": "ok", "version": mtdetect.__version__}

    @app.get(
        "/readyz",
        tags=["operation"],
        response_model=schemas.Health,
        responses={503: ERRORS[503]},
    )
    async def readyz() -> dict[str, Any]:
        """Report whether the workers are ready, and which model they use."""
        model = service.pool.model
        assert model is not None
        return {"status": "ready", "version": mtdetect.__version__, "model": model.to_dict()}

    @app.get(
        "/metrics",
        tags=["operation"],
        response_class=Response,
        responses={200: {"content": {"text/plain": {}}}, 401: ERRORS[401]},
    )
    async def metrics() -> Response:
        """Return the metrics in Prometheus text format."""
        return Response(service.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    _add_scoring(app, service)
    _add_clients(app, service)
    _add_comparison(app, service)
    _add_collection(app, service)


def _page_texts(page: Any) -> bytes:
    """Texts of the web page: those it shares with the HTML reports, and its example."""
    from mtdetect.rendering import html_comparison as comparison
    from mtdetect.rendering import html_score

    example = {name: (page / f"{name}.txt").read_text(encoding="utf-8") for name in ("suspect", "original")}
    return to_json(
        {
            "headings": html_score.HEADINGS,
            "kinds": html_score.KINDS,
            "relations": comparison.HEADINGS,
            "levels": html_score.LEVELS,
            "numbered": html_score.NUMBERED,
            "example": example,
        }
    )


def _add_scoring(app: FastAPI, service: _Service) -> None:
    settings = service.settings

    @app.post(
        "/v1/score",
        tags=["texts"],
        response_model=schemas.ScoreAnswer,
        responses=ERRORS
        | {403: {"model": schemas.Error, "description": "The tenant of the token has another policy."}},
    )
    async def score(
        request: Request,
        body: schemas.ScoreRequest,
        shape: Annotated[Shape, Query(description="Format of the answer.")] = "mtdetect",
    ) -> Response:
        """Score texts: written by a person, machine-translated or spun?"""
        single = "text" in body.model_fields_set
        if body.inputs is not None:
            shape = "huggingface"
        policy = service.policy(body.policy, request.state.tenant)
        if body.match:
            service.require_collection()
        if single:
            service.check([body.text], 1)
            items: list[work.Item | bytes] = [work.Item(body.text, body.id, body.source)]
        else:
            service.check([], len(body.texts))
            items = [_item(one, body.source, service) for one in body.texts]
        wrong = [one for one in items if isinstance(one, bytes)]
        if wrong and shape != "mtdetect":
            raise RefusedError(
                422,
                "invalid_request",
                f"{len(wrong)} of the texts cannot be read, and this shape has no place for an error",
            )
        service.check([body.against or ""], 1)
        job = work.Score(
            items=(),
            fpr=body.fpr or settings.fpr,
            evidence=body.evidence,
            shape=shape,
            policy=policy,
            match=body.match,
            against=body.against,
            retranslate=body.retranslate,
        )
        answers = await service.score(request, items, job)
        content = enveloped(
            answers, shape, single=single, request=request.state.request_id, model=service.model_name
        )
        return Response(content, media_type=JSON)

    @app.post(
        "/v1/report",
        tags=["texts"],
        response_class=Response,
        responses=ERRORS
        | {200: {"content": {"text/html": {}}, "description": "A self-contained HTML page."}},
    )
    async def report(request: Request, body: schemas.ReportRequest) -> Response:
        """Write a self-contained HTML page about one text, or about two side by side."""
        service.check([body.text, body.original or ""], 1)
        job = work.Report(
            body.text,
            body.name,
            body.fpr or settings.fpr,
            body.original,
            body.original_name,
            body.retranslate,
        )
        (content,) = await service.run(request, [job])
        headers = {
            "content-disposition": 'attachment; filename="mtdetect-report.html"',
            "content-security-policy": REPORT_POLICY,
        }
        return Response(content, media_type="text/html; charset=utf-8", headers=headers)


def _add_clients(app: FastAPI, service: _Service) -> None:
    def errors(shape: Shape) -> dict[int | str, dict[str, Any]]:
        described = {status: one["description"] for status, one in ERRORS.items() if status != 422}
        described |= {404: "The name of the model holds a line break."} if shape == "huggingface" else {}
        model = clients.ERRORS[shape]
        return {
            **{status: {"model": model, "description": what} for status, what in described.items()},
            422: {"description": "Never; a wrong field is answered with 400."},
        }

    async def answers(
        request: Request,
        texts: Sequence[str],
        shape: Shape,
        *,
        fpr: float | None = None,
        evidence: bool = False,
        audit_text: bool = True,
    ) -> list[bytes]:
        service.check(texts, len(texts))
        job = work.Score(
            items=(),
            fpr=fpr or service.settings.fpr,
            evidence=evidence,
            shape=shape,
            policy=service.policy(None, request.state.tenant),
            audit_text=audit_text,
        )
        return await service.score(request, [work.Item(text) for text in texts], job)

    @app.post(
        "/v1/moderations", tags=["clients"], response_model=schemas.OpenAIAnswer, responses=errors("openai")
    )
    async def moderations(request: Request, body: clients.ModerationRequest) -> Response:
        """Answer a client of OpenAI's moderations endpoint. Errors have OpenAI's form."""
        found = await answers(request, body.texts, "openai", fpr=body.fpr)
        content = enveloped(
            found, "openai", single=False, request=request.state.request_id, model=service.model_name
        )
        return Response(content, media_type=JSON)

    @app.post(
        "/v1alpha1/comments:analyze",
        tags=["clients"],
        response_model=schemas.PerspectiveAnswer,
        responses=errors("perspective"),
    )
    async def analyze(request: Request, body: clients.AnalyzeRequest) -> Response:
        """Answer a client of Perspective. The key is a token of this service. Errors have Perspective's form."""
        body.check()
        (found,) = await answers(request, [body.comment.text], "perspective", audit_text=not body.doNotStore)
        return Response(to_json(body.answer(from_json(found))), media_type=JSON)

    @app.post(
        "/models/{name:path}",
        tags=["clients"],
        response_model=list[list[schemas.HuggingFaceLabel]],
        responses=errors("huggingface"),
    )
    async def classify(request: Request, body: clients.InferenceRequest) -> Response:
        """Answer a client of Hugging Face's text classification, whatever the model's name. Errors have its form."""
        found = await answers(request, body.texts, "huggingface")
        top = body.parameters.top_k
        content = to_json([from_json(one)[:top] for one in found]) if top else b"[" + b",".join(found) + b"]"
        return Response(content, media_type=JSON)

    # A client that is given the address of the service sends its requests there.
    app.post("/", include_in_schema=False)(classify)


def _add_comparison(app: FastAPI, service: _Service) -> None:
    @app.post("/v1/compare", tags=["texts"], response_model=schemas.CompareAnswer, responses=ERRORS)
    async def compare(request: Request, body: schemas.CompareRequest) -> Response:
        """Compare two texts: is one a copy of the other, what was changed, and which is the copy?"""
        service.check([body.suspect, body.original], 1)
        first, second = body.names
        job = work.Compare(body.suspect, body.original, (first, second), body.spans, body.retranslate)
        (content,) = await service.run(request, [job], 2)
        return Response(content, media_type=JSON)


def _add_collection(app: FastAPI, service: _Service) -> None:
    errors = ERRORS | {
        409: {"model": schemas.Error, "description": "The service has no collection of originals."}
    }

    @app.post("/v1/originals", tags=["originals"], response_model=schemas.AddAnswer, responses=errors)
    async def add(request: Request, body: schemas.AddRequest) -> Response:
        """Add originals, all or none; a known id gets the new text."""
        service.require_collection()
        service.check([one.text for one in body.originals], len(body.originals))
        job = work.Add(tuple((one.id, one.text) for one in body.originals))
        (content,) = await service.run(request, [job], len(body.originals))
        return Response(content, media_type=JSON)

    @app.post(
        "/v1/originals/search",
        tags=["originals"],
        response_model=schemas.SearchAnswer | schemas.SearchBatch,
        responses=errors,
    )
    async def search(request: Request, body: schemas.SearchRequest) -> Response:
        """Find the originals that texts may be copies of."""
        service.require_collection()
        single = "text" in body.model_fields_set
        if single:
            service.check([body.text], 1)
            items: list[work.Item | bytes] = [work.Item(body.text, body.id)]
        else:
            service.check([], len(body.texts))
            items = [_item(one, None, service) for one in body.texts]
        good = [one for one in items if isinstance(one, work.Item)]
        answers = iter(
            await service.run(request, [work.Search((one,), body.top) for one in good], len(items))
        )
        found = [one if isinstance(one, bytes) else next(answers) for one in items]
        return Response(found[0] if single else b'{"results":[' + b",".join(found) + b"]}", media_type=JSON)


def _item(given: Any, source: str | None, service: _Service) -> work.Item | bytes:
    """Parse a text of a batch; if that fails, make the error in its place."""
    name = given.get("id") if isinstance(given, dict) else None
    name = name if isinstance(name, str) and len(name) <= 512 else None
    try:
        item = schemas.ScoreItem.model_validate({"text": given} if isinstance(given, str) else given)
    except ValidationError as error:
        return _item_error(name, "invalid_request", _explained(error.errors(include_url=False)))
    if len(item.text) > service.settings.limits.text:
        return _item_error(name, "too_large", service.too_long)
    return work.Item(item.text, item.id, item.source or source)


def _item_error(name: str | None, code: str, message: str) -> bytes:
    return to_json({"id": name, "error": {"code": code, "message": message}})


def _chunks(items: Sequence[work.Item], most: int) -> list[tuple[work.Item, ...]]:
    chunks: list[tuple[work.Item, ...]] = []
    part: list[work.Item] = []
    held = 0
    for item in items:
        if part and (held + len(item.text) > CHUNK or len(part) >= most):
            chunks.append(tuple(part))
            part, held = [], 0
        part.append(item)
        held += len(item.text)
    return [*chunks, tuple(part)] if part else chunks


def _add_errors(app: FastAPI) -> None:
    def refusal(request: Request, refused: RefusedError) -> Response:
        shape = shape_of(request.method, request.url.path)
        status, content = refused.answer(request.state.request_id, shape)
        return Response(content, status, refused.headers, JSON)

    @app.exception_handler(RefusedError)
    async def refused(request: Request, error: RefusedError) -> Response:
        return refusal(request, error)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        errors = error.errors()
        empty = any(one["type"] == "missing" and tuple(one["loc"]) == ("body",) for one in errors)
        if empty or any(one["type"] == "json_invalid" for one in errors):
            return refusal(request, RefusedError(400, "broken_json", "the body is not JSON"))
        return refusal(request, RefusedError(422, "invalid_request", _explained(errors)))

    @app.exception_handler(HTTPException)
    async def other(request: Request, error: HTTPException) -> Response:
        codes = {404: "not_found", 405: "wrong_method", 400: "broken_json"}
        messages = {404: "there is no such path; see /openapi.json", 400: "the body is not JSON"}
        message = messages.get(error.status_code, str(error.detail))
        code = codes.get(error.status_code, "refused")
        return refusal(request, RefusedError(error.status_code, code, message, error.headers))


_PHRASE = "Value error, "
"""What pydantic puts before what a validator of ours says."""

_KIND = re.compile(r"[\[(]")
"""In what pydantic writes for a kind of value, not in the name of a field."""


def _explained(errors: Sequence[Any]) -> str:
    """Say in one line which fields are wrong and why, without their values."""
    said = list(dict.fromkeys(f"{_field(one['loc'])}: {one['msg'].removeprefix(_PHRASE)}" for one in errors))
    shown = said[:3]
    rest = len(said) - len(shown)
    return "; ".join(shown) + (f"; and {rest} more" if rest else "")


def _field(path: Sequence[Any]) -> str:
    """Name of a field, without the kinds of value that pydantic tried there ("list[str]")."""
    return ".".join(str(part) for part in path if not _KIND.search(str(part))) or "item"
