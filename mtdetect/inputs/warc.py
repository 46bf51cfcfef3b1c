"""WARC and WET archives of crawlers (ISO 28500), read with fastwarc.

A ``response`` record is a page as the server sent it; a ``conversion`` record is its plain text (WET). Requests and
metadata are not pages and yield no record. The worker parses the HTTP message (:mod:`mtdetect.inputs.http_message`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING, Any

from mtdetect.errors import InputError
from mtdetect.inputs import http_message, record
from mtdetect.inputs.record import STDIN, Position, RawRecord
from mtdetect.inputs.unpacking import DAMAGED, opened

if TYPE_CHECKING:
    from fastwarc.warc import WarcRecord, WarcRecordType


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
    with opened(path, position, unpack=path != STDIN and not path.lower().endswith(".gz")) as file:
        try:
            # Typed Any: fastwarc declares only some of the file types that it reads. It panics on files that do not know
            # their position: pipes, and the reader of Zstandard.
            source: Any = file if file.seekable() and path != STDIN else _Piped(file)
            for one in ArchiveIterator(source, parse_http=False):
                number += 1
                kind = _kind(one, WarcRecordType)
                uri = (one.headers.get("WARC-Target-URI") or "").strip()
                uri = uri.removeprefix("<").removesuffix(">")  # as wget writes it
                length = _length(one)
                if length < 0 or (kind is not None and not uri):  # the file is truncated within the header
                    yield RawRecord(path, number, b"", f"record {number}: damaged or truncated")
                elif kind is not None:
                    content = one.reader.read() if length <= record.LARGEST else b""
                    error = None
                    if length > record.LARGEST:
                        error = record.too_large()
                    elif len(content) < length:
                        content, error = b"", "damaged or truncated"
                    yield RawRecord(path, number, content, error, kind, uri or None, uri or None)
        except (*DAMAGED, ValueError) as error_:
            if number == 0:
                raise InputError(f"{path}: is not a WARC file, or its start is damaged") from error_
            yield RawRecord(
                path, number + 1, b"", f"record {number + 1}: damaged; the rest of the file is unread"
            )


def _length(one: WarcRecord) -> int:
    """Bytes of a record's content as its header says; -1 if it does not."""
    said = one.headers.get("Content-Length") or ""
    return int(said) if said.isdecimal() else -1


def _kind(one: WarcRecord, types: type[WarcRecordType]) -> record.Kind | None:
    """Type of a record's content; None if it is not a page."""
    if one.record_type == types.response:
        return "http" if one.is_http else "text"
    if one.record_type == types.conversion:
        return "text"
    if one.record_type == types.resource:
        media_type = (one.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
        return "html" if media_type in http_message.PAGE_TYPES else "text"
    return None


class _Piped:
    """A stream that counts the bytes read: fastwarc asks for the position, which the stream does not know."""

    def __init__(self, file: IO[bytes]) -> None:
        # One read at a time, so that damage does not take along what was read just before it.
        self._read: Callable[[int], bytes] = getattr(file, "read1", file.read)
        self._position = 0

    def read(self, size: int = -1) -> bytes:
        content = self._read(size)
        self._position += len(content)
        return content

    def tell(self) -> int:
        return self._position
