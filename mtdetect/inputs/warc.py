"""WARC and WET archives of crawlers (ISO 28500), read with fastwarc.

A ``response`` record is a page as the server sent it; a ``conversion`` record is its plain text (WET). Requests and
metadata are not pages and yield no record. The worker parses the HTTP message.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from mtdetect.errors import InputError
from mtdetect.inputs import record
from mtdetect.inputs.record import STDIN, Position, RawRecord
from mtdetect.inputs.unpacking import DAMAGED, opened

if TYPE_CHECKING:
    from fastwarc.warc import WarcRecord, WarcRecordType

TEXT_TYPES = ("text/plain", "text/markdown")
PAGE_TYPES = ("text/html", "application/xhtml+xml")


class Payload(NamedTuple):
    """The parsed response of a server.

    Attributes
    ----------
    status : int
        HTTP status, such as 200.
    media_type : str
        Such as ``text/html``; empty if the server declared none.
    charset : str or None
        Encoding that the server declared.
    content : bytes
        The body, with chunking and compression removed.
    """

    status: int
    media_type: str
    charset: str | None
    content: bytes


def records(path: str, position: Position | None = None) -> Iterator[RawRecord]:
    """Split an archive into pages.

    Parameters
    ----------
    path : str
        WARC or WET, plain or compressed; ``-`` is standard input.
    position : Position, optional
        Updated as the file is read.

    Yields
    ------
    RawRecord
        One for each ``response``, ``resource`` or ``conversion``, numbered among all records of the file, with the
        target URI as id. If the file is truncated or damaged, the last record carries the error.

    Raises
    ------
    InputError
        If the file cannot be opened or does not start like a WARC file.
    """
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    number = 0
    # fastwarc decompresses gzip itself: unlike the gzip module it returns the complete records before a damaged one.
    with opened(path, position, unpack=not path.lower().endswith(".gz")) as file:
        try:
            # Typed Any: fastwarc declares only some of the file types that it reads.
            source: Any = _Piped(file) if path == STDIN else file
            for one in ArchiveIterator(source, parse_http=False):
                number += 1
                kind = _kind(one, WarcRecordType)
                uri = one.headers.get("WARC-Target-URI")
                length = int(one.headers.get("Content-Length") or -1)
                if length < 0 or (kind is not None and not uri):  # the file is truncated within the header
                    yield RawRecord(path, number, b"", f"record {number}: damaged or truncated")
                elif kind is not None:
                    content = one.reader.read() if length <= record.LARGEST else b""
                    error = None
                    if length > record.LARGEST:
                        error = record.too_large()
                    elif len(content) < length:
                        content, error = b"", "damaged or truncated"
                    yield RawRecord(path, number, content, error, kind, uri, uri)
        except (*DAMAGED, ValueError) as error_:
            if number == 0:
                raise InputError(f"{path}: is not a WARC file, or its start is damaged") from error_
            yield RawRecord(
                path, number + 1, b"", f"record {number + 1}: damaged; the rest of the file is unread"
            )


def _kind(one: WarcRecord, types: type[WarcRecordType]) -> record.Kind | None:
    """Type of a record's content; None if it is not a page."""
    if one.record_type == types.response:
        return "http" if one.is_http else "text"
    if one.record_type == types.conversion:
        return "text"
    if one.record_type == types.resource:
        media_type = (one.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
        return "html" if media_type in PAGE_TYPES else "text"
    return None


def payload(message: bytes) -> Payload:
    """Parse an HTTP response.

    Parameters
    ----------
    message : bytes
        Status line, headers and body.

    Returns
    -------
    Payload

    Raises
    ------
    ValueError
        If the message is not an HTTP response.
    """
    from fastwarc.warc import WarcRecord

    # Some crawlers decompress the body but keep the Content-Encoding header.
    for decoding in ("all", "none"):
        one = WarcRecord()
        one.set_bytes_content(message)
        one.is_http = True
        try:
            one.parse_http(auto_decode=decoding)
            status = getattr(one.http_headers, "status_code", None)
            if status is None:
                raise ValueError("not an HTTP response")
            return Payload(
                status,
                (one.http_content_type or "").lower(),
                one.http_charset,
                one.reader.read(record.LARGEST),
            )
        except OSError:
            continue
    raise ValueError("not an HTTP response")


class _Piped:
    """A pipe that counts the bytes read: fastwarc asks for the position, which a pipe does not know."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._position = 0

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(size)
        self._position += len(content)
        return content

    def tell(self) -> int:
        return self._position
