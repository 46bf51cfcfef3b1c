"""The error with which the service refuses a request."""

from __future__ import annotations

from collections.abc import Mapping

from mtdetect.serialization import to_json


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

    def body(self, request: str) -> bytes:
        """Make the JSON body of the answer.

        Parameters
        ----------
        request : str
            Id of the request.

        Returns
        -------
        bytes
            ``{"error": {"code", "message", "request_id"}}``.
        """
        return to_json({"error": {"code": self.code, "message": self.message, "request_id": request}})
