"""WARC files as crawlers write them."""

from __future__ import annotations

import gzip


def record(
    kind: str, uri: str | None, block: bytes, media_type: str = "application/http; msgtype=response"
) -> bytes:
    """One WARC record."""
    head = [
        "WARC/1.0",
        f"WARC-Type: {kind}",
        *([f"WARC-Target-URI: {uri}"] if uri else []),
        "WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000000>",
        "WARC-Date: 2026-03-04T05:06:07Z",
        f"Content-Type: {media_type}",
        f"Content-Length: {len(block)}",
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def response(
    uri: str,
    body: bytes,
    *headers: str,
    status: str = "200 OK",
    media_type: str | None = "text/html; charset=utf-8",
) -> bytes:
    """The record of a page as a server sent it."""
    lines = [f"HTTP/1.1 {status}", *([f"Content-Type: {media_type}"] if media_type else []), *headers]
    return record("response", uri, "\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def packed(records: list[bytes]) -> bytes:
    """Each record in a gzip member of its own."""
    return b"".join(gzip.compress(one, mtime=0) for one in records)
