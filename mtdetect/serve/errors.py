"""The error with which the service refuses a request, in the form that the client's service has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mtdetect.serialization import to_json
from mtdetect.serve.shapes import Shape

PATHS: dict[str, Shape] = {"/v1/moderations": "openai", "/v1alpha1/comments:analyze": "perspective"}
"""Paths of other services."""

MODELS = "/models/"
"""Beginning of the paths of Hugging Face's models; their rest is any name."""

DISCONNECTED = 499
"""Status in the log for a client that closed the connection; nobody receives it."""

_STATUS_NAMES = {
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
"""Google's names of statuses; all others are ``INVALID_ARGUMENT``."""

_PERSPECTIVE = {
    "empty": "COMMENT_EMPTY",
    "too_large": "COMMENT_TOO_LONG",
    "other_language": "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
}
"""Perspective's types of errors."""


def shape_of(method: str, path: str) -> Shape:
    """Format that the client of a request expects of an error.

    Parameters
    ----------
    method, path : str
        Of the request. A web page is at ``GET /``, Hugging Face's inference at ``POST /``.
    """
    if path.startswith(MODELS) or (path == "/" and method == "POST"):
        return "huggingface"
    return PATHS.get(path, "mtdetect")


class RefusedError(Exception):
    """A refused request.

    Parameters
    ----------
    status : int
        HTTP status.
    code : str
        For programs, such as ``too_large``.
    message : str
        For people: what is wrong and the way out. Never quotes a text.
    headers : mapping
        Additional headers of the answer.
    """

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})

    def answer(self, request: str, shape: Shape = "mtdetect") -> tuple[int, bytes]:
        """Make the status and the JSON body of the answer.

        Parameters
        ----------
        request : str
            Id of the request.
        shape : str
            The other services answer 400 where this one answers 422.

        Returns
        -------
        status : int
            HTTP status.
        body : bytes
            ``{"error": {"code", "message", "request_id"}}``, or the form of another service.
        """
        if shape == "mtdetect":
            own = {"code": self.code, "message": self.message, "request_id": request}
            return self.status, to_json({"error": own})
        status = 400 if self.status == 422 else self.status
        error: Any = self.message
        if shape == "openai":
            error = {"message": self.message, "type": self._openai_type(), "param": None, "code": self.code}
        elif shape == "perspective":
            error = {
                "code": status,
                "message": self.message,
                "status": _STATUS_NAMES.get(status, "INVALID_ARGUMENT"),
            }
            if self.code in _PERSPECTIVE:
                kind = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
                error["details"] = [{"@type": kind, "errorType": _PERSPECTIVE[self.code]}]
        return status, to_json({"error": error})

    def _openai_type(self) -> str:
        if self.status >= 500:
            return "server_error"
        return "rate_limit_error" if self.status == 429 else "invalid_request_error"
