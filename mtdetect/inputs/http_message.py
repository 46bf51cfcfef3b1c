"""HTTP responses as crawlers store them.

A crawler may store a body as it came (chunked, compressed), or undo either step and keep the headers that announce it.
The headers are therefore hints. The decoders check the bytes: gzip, zlib and Zstandard have magic numbers, chunks have
sizes that must fit, and Brotli and raw deflate count only if they decode. A step that fails leaves the body as it is, so
no page is lost.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

from mtdetect.inputs import record

PAGE_TYPES = ("text/html", "application/xhtml+xml")
TEXT_TYPES = ("text/plain", "text/markdown")

VAGUE_TYPES = ("", "application/octet-stream", "application/xml", "text/plain", "text/xml")
"""Media types under which servers send pages, too; the first bytes decide."""

MAX_CODINGS = 5
"""Maximum number of codings to undo, chunking included. Real pages have one or two; the limit bounds the work on a made-up one."""

SAMPLE = 1 << 10
"""Bytes at the start of a body that decide whether it is text."""

MAX_CONTROL = 0.01
"""Text has at most this share of control characters; a random byte is one with a probability of 0.11."""

ZSTANDARD_WINDOW = 64 << 20
"""Maximum window of a Zstandard body in bytes; HTTP allows 8 MiB (RFC 9659)."""

SLICE = 1 << 14
"""Compressed bytes that a decoder gets at once; it stops after the slice with the damage."""

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_STATUS = re.compile(rb"\s*(?:HTTP|ICY)(?:/[\d.]+)?[ \t]+(\d{3})(?!\d)")
_MEDIA_TYPE = re.compile(r"[\w.+*-]+/[\w.+*-]+")
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([^\s"';,]+)""", re.IGNORECASE)
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]{0,4000})?\r?\n")
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\f\r\x1b")) + b"\x7f"  # ESC introduces ISO 2022 encodings
_GZIP, _ZSTANDARD = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"
_MARKS = (b"\xff\xfe", b"\xfe\xff")


class Response(NamedTuple):
    """The head of a response, and its body as stored.

    Attributes
    ----------
    status : int
        HTTP status, such as 200.
    media_type : str
        Such as ``text/html``; empty if the server declared none.
    charset : str or None
        Encoding that the server declared.
    codings : tuple of str
        Codings that the headers announce, in lower case, the one applied last first.
    body : bytes
        The body as stored.
    """

    status: int
    media_type: str
    charset: str | None
    codings: tuple[str, ...]
    body: bytes


def parse(message: bytes) -> Response:
    """Split an HTTP response into its head and its body.

    Interim responses (``100 Continue``) before the response are skipped. Header lines may be folded, repeated or in any
    encoding.

    Parameters
    ----------
    message : bytes
        Status line, headers and body.

    Returns
    -------
    Response

    Raises
    ------
    ValueError
        If the message is not an HTTP response.
    """
    start = 0
    while True:
        status = _STATUS.match(message, start)
        if status is None:
            raise ValueError("not an HTTP response")
        end = _HEAD_END.search(message, status.end())
        head = message[status.end() : end.start() if end else len(message)]
        start = end.end() if end else len(message)
        if not 100 <= int(status[1]) < 200 or _STATUS.match(message, start) is None:
            break
    headers: dict[str, list[str]] = {}
    for line in re.sub(r"\r?\n[ \t]+", " ", head.decode("latin-1")).split("\n")[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name.strip().lower(), []).append(value.strip())
    media_type, charset = _content_type(headers.get("content-type", []))
    # The transfer coding is applied after the content coding.
    applied = ",".join(headers.get("content-encoding", []) + headers.get("transfer-encoding", []))
    codings = [coding.strip().strip("\"'").lower() for coding in applied.split(",")]
    return Response(int(status[1]), media_type, charset, tuple(reversed(codings)), message[start:])


def _content_type(values: list[str]) -> tuple[str, str | None]:
    """Media type and encoding of one or several Content-Type headers: the last type counts (Fetch Standard).

    An encoding holds until another type follows.
    """
    media_type, charset = "", None
    for value in ",".join(values).split(","):
        found = _MEDIA_TYPE.match(value.strip())
        if found and found[0] != "*/*":
            if found[0].lower() != media_type:
                charset = None
            media_type = found[0].lower()
        declared = _CHARSET.search(value)
        charset = declared[1] if declared else charset
    return media_type, charset


def decoded(response: Response) -> bytes:
    """The body without chunking and compression, whether the headers are right or not.

    Parameters
    ----------
    response : Response
        From :func:`parse`.

    Returns
    -------
    bytes
        At most :data:`mtdetect.inputs.record.LARGEST` bytes.
    """
    body = response.body
    for _ in range(MAX_CODINGS):
        body = _joined_chunks(body, "chunked" in response.codings)
        unpacked = next(filter(None, (decode(body) for decode in _decoders(body, response.codings))), None)
        if unpacked is None:
            break
        body = unpacked
    return body[: record.LARGEST]


def _decoders(body: bytes, codings: tuple[str, ...]) -> Sequence[Callable[[bytes], bytes | None]]:
    """Decoders that may fit, best first. Each returns None if it does not."""
    if body.startswith(_GZIP):
        return [_gunzipped]
    if body.startswith(_ZSTANDARD):
        return [_unpacked_zstandard]
    found = [_unpacked_brotli, _inflated_raw] if "br" in codings else [_inflated_raw, _unpacked_brotli]
    if _is_text(body):
        return [
            decode
            for decode, name in ((_unpacked_brotli, "br"), (_inflated_raw, "deflate"))
            if name in codings
        ]
    if len(body) > 1 and body[0] & 0x8F == 8 and int.from_bytes(body[:2], "big") % 31 == 0:
        return [_inflated_zlib, *found]  # the header of RFC 1950, section 2.2
    return found


def _is_text(body: bytes) -> bool:
    """Whether a body starts like a text, in any encoding that the web uses."""
    sample = body[:SAMPLE]
    if sample.startswith(_MARKS):
        return True
    if (
        sample[:200].count(b"\0") >= len(sample[:200]) // 3
    ):  # UTF-16 without a mark: every other byte of a Latin letter
        sample = sample.replace(b"\0", b"")
    return len(sample) - len(sample.translate(None, _CONTROLS)) <= MAX_CONTROL * len(sample)


def _joined_chunks(body: bytes, declared: bool) -> bytes:
    """The body with its chunks joined (RFC 9112, section 7.1); the body itself if it has no chunks.

    If the headers announce chunks, one chunk is enough, and what follows the last chunk that fits is kept. Otherwise the
    body must have nothing but chunks, with the empty one at the end.
    """
    parts: list[bytes] = []
    at = 0
    while size := _CHUNK_SIZE.match(body, at):
        length = int(size[1], 16)
        if length == 0:
            return b"".join(parts) if declared or parts else body
        end = size.end() + length
        if end < len(body) and body[end : end + 1] not in (b"\r", b"\n"):
            break  # the next size is not where it should be
        parts.append(body[size.end() : end])
        at = min(end, len(body))
        while body[at : at + 1] in (b"\r", b"\n"):
            at += 1
    return b"".join([*parts, body[at:]]) if declared and parts else body


def _gunzipped(body: bytes) -> bytes | None:
    """All members of a gzip body. Bytes after the last one do not count (RFC 1952, section 2.2)."""
    parts: list[bytes] = []
    room = record.LARGEST
    while body.startswith(_GZIP) and room > 0:
        part, body = _inflated(body, 16 + zlib.MAX_WBITS, room)
        parts.append(part)
        room -= len(part)
    return b"".join(parts) or None


def _inflated_zlib(body: bytes) -> bytes | None:
    return _plausible(_inflated(body, zlib.MAX_WBITS, record.LARGEST)[0])


def _inflated_raw(body: bytes) -> bytes | None:
    """Deflate data without the header that the standard demands; some servers send it so."""
    return _plausible(_inflated(body, -zlib.MAX_WBITS, record.LARGEST)[0])


def _inflated(body: bytes, bits: int, room: int) -> tuple[bytes, bytes]:
    """Decompress deflate data.

    Returns
    -------
    content, rest : bytes
        At most ``room`` bytes, of damaged data those before the damage; and the bytes after the end of the data.
    """
    inflate = zlib.decompressobj(bits)
    parts: list[bytes] = []
    for start in range(0, len(body), SLICE):
        data = body[start : start + SLICE]
        before = inflate.copy()
        try:
            parts.append(inflate.decompress(data, room))
        except zlib.error:
            parts.append(_before_damage(before, data, room))
            return b"".join(parts), b""
        room -= len(parts[-1])
        if inflate.eof or room <= 0:
            return b"".join(parts), inflate.unused_data + body[start + SLICE :]
    return b"".join(parts), b""


def _before_damage(inflate: zlib._Decompress, data: bytes, room: int) -> bytes:
    """What a slice holds before its damage, which may be no more than a wrong checksum."""
    parts: list[bytes] = []
    try:
        for at in range(len(data)):
            parts.append(inflate.decompress(data[at : at + 1], room))
            room -= len(parts[-1])
            if room <= 0:
                break
    except zlib.error:
        pass
    return b"".join(parts)


def _unpacked_brotli(body: bytes) -> bytes | None:
    import brotli  # fastwarc needs it, too

    unpack = brotli.Decompressor()
    parts: list[bytes] = []
    room = record.LARGEST
    try:
        for start in range(0, len(body), SLICE):
            data = body[start : start + SLICE]
            while room > 0 and (part := unpack.process(data, output_buffer_limit=room)):
                parts.append(part)
                room -= len(part)
                data = b""
            if room <= 0 or unpack.is_finished():
                break
    except brotli.error:
        pass
    return _plausible(b"".join(parts))


def _unpacked_zstandard(body: bytes) -> bytes | None:
    import zstandard

    unpacker = zstandard.ZstdDecompressor(max_window_size=ZSTANDARD_WINDOW)
    parts: list[bytes] = []
    room = record.LARGEST
    with unpacker.stream_reader(body, read_across_frames=True) as stream:
        try:
            while room > 0 and (part := stream.read(min(room, 1 << 20))):
                parts.append(part)
                room -= len(part)
        except zstandard.ZstdError:
            pass
    return b"".join(parts) or None


def _plausible(content: bytes) -> bytes | None:
    """What a decoder without a checksum made of a body: only if it is text, or compressed once more."""
    return content if content and (_is_text(content) or content.startswith((_GZIP, _ZSTANDARD))) else None
