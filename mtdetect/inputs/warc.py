"""WARC and WET: what crawlers write (ISO 28500), read with fastwarc.

Responses are pages as servers sent them; ``conversion`` records are the plain text that a crawler's owner made of them
(WET). Requests, metadata and the like are no pages, and give no record. Taking the HTTP message apart is left to the
worker.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, NamedTuple

from mtdetect.errors import InputError
from mtdetect.inputs import record
from mtdetect.inputs.record import STDIN, Position, RawRecord
from mtdetect.inputs.unpacking import DAMAGED, opened

TEXT_TYPES = ("text/plain", "text/markdown")
PAGE_TYPES = ("text/html", "application/xhtml+xml")


class Payload(NamedTuple):
    """What a server sent.

    Attributes
    ----------
    status : int
        As 200.
    media_type : str
        As ``text/html``; empty if it said none.
    charset : str or None
        As it said.
    content : bytes
        Without chunks and compression.
    """

    status: int
    media_type: str
    charset: str | None
    content: bytes


def records(path: str, position: Position | None = None) -> Iterator[RawRecord]:
    """Cut an archive into its pages.

    Parameters
    ----------
    path : str
        WARC or WET, plain or packed; ``-`` is standard input.
    position : Position, optional
        Follows the file.

    Yields
    ------
    RawRecord
        One for each response, resource or conversion, numbered among all records of the file, with its target URI as
        id. If the file breaks off or is damaged, the last one says so.

    Raises
    ------
    InputError
        If the file cannot be opened or does not begin like a WARC file.
    """
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    number = 0
    # fastwarc unpacks gzip itself: it gives the whole records before a damaged one, which the gzip module swallows.
    with opened(path, position, unpack=not path.lower().endswith(".gz")) as file:
        try:
            source: Any = _Piped(file) if path == STDIN else file
            for one in ArchiveIterator(source, parse_http=False):
                number += 1
                kind = _kind(one, WarcRecordType)
                uri = one.headers.get("WARC-Target-URI")
                length = int(one.headers.get("Content-Length") or -1)
                if length < 0 or (kind is not None and not uri):  # the file breaks off within the header
                    yield RawRecord(path, number, b"", f"record {number}: damaged or cut short")
                elif kind is not None:
                    content = one.reader.read() if length <= record.LARGEST else b""
                    error = None
                    if length > record.LARGEST:
                        error = record.too_large()
                    elif len(content) < length:
                        content, error = b"", "damaged or cut short"
                    yield RawRecord(path, number, content, error, kind, uri, uri)
        except (*DAMAGED, ValueError) as error_:
            if number == 0:
                raise InputError(f"{path}: is no WARC file, or damaged from its start") from error_
            yield RawRecord(path, number + 1, b"", f"record {number + 1}: damaged; what follows is unread")


def _kind(one: Any, types: Any) -> record.Kind | None:
    """What a record holds; None if it is no page."""
    if one.record_type == types.response:
        return "http" if one.is_http else "text"
    if one.record_type == types.conversion:
        return "text"
    if one.record_type == types.resource:
        media_type = (one.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
        return "html" if media_type in PAGE_TYPES else "text"
    return None


def payload(message: bytes) -> Payload:
    """Take an HTTP response apart.

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
        If it is no HTTP response.
    """
    from fastwarc.warc import WarcRecord

    # Some crawlers keep the header that names a compression which they have undone.
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
    """A pipe that counts what was read: fastwarc asks where it is, which a pipe cannot say."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._position = 0

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(size)
        self._position += len(content)
        return content

    def tell(self) -> int:
        return self._position
