"""How a request is refused: one shape, with a code for programs and a line for people."""

from __future__ import annotations

from collections.abc import Mapping

from mtdetect.serialization import to_json


class RefusedError(Exception):
    """A request that is not answered.

    Parameters
    ----------
    status : int
        Of HTTP.
    code : str
        For programs.
    message : str
        For people: what is wrong and the way out; never anything of the texts.
    headers : mapping
        Further ones.
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
        """JSON of the answer.

        Parameters
        ----------
        request : str
            Its id.
        """
        return to_json({"error": {"code": self.code, "message": self.message, "request_id": request}})
