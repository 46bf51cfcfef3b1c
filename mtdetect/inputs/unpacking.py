"""Opening files that may be compressed with gzip, xz or Zstandard, by the suffix of their name.

Standard input has no name; its first bytes say how it is compressed.
"""

from __future__ import annotations

import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from mtdetect.errors import InputError, MissingExtraError
from mtdetect.inputs.record import STDIN, Position

PACKED_SUFFIXES = (".gz", ".xz", ".zst")

DAMAGED = (EOFError, OSError, lzma.LZMAError, zlib.error)
"""Exceptions of reading a compressed file that is damaged or truncated."""

STARTS = {b"\x1f\x8b\x08": "gz", b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zst"}
"""First bytes of compressed data, and the suffix that files of it have."""

CHUNK = 256 << 10

DICTIONARY_FRAME = b"\x5d\x2a\x4d\x18"
"""First bytes of a Zstandard file that brings its own dictionary, as ``.warc.zst`` files do."""

MAX_DICTIONARY = 16 << 20
"""Maximum size of a dictionary in bytes; it limits memory."""

ZSTD_INPUT = 1 << 10
"""Compressed bytes that Zstandard gets at once. Four bytes can expand to 128 KiB (RFC 8878, section 3.1.1.2), and all
output arrives together."""


def unpacked_name(name: str) -> str:
    """A file's name in lower case, without the suffix of the compression.

    Parameters
    ----------
    name : str
        File name, with or without its folder.
    """
    name = name.lower()
    for suffix in PACKED_SUFFIXES:
        name = name.removesuffix(suffix)
    return name


@contextmanager
def opened(path: str, position: Position | None = None, *, unpack: bool = True) -> Iterator[IO[bytes]]:
    """Open a file for reading, decompressed.

    Parameters
    ----------
    path : str
        Path; ``-`` is standard input.
    position : Position, optional
        Updated as the file is read.
    unpack : bool
        Whether to decompress.

    Yields
    ------
    binary file
        Reading it raises one of :data:`DAMAGED` where the compressed data is damaged or truncated.

    Raises
    ------
    InputError
        If the file cannot be opened.
    MissingExtraError
        If the file is compressed with Zstandard and the package is not installed.
    """
    if path == STDIN:  # not closed here: it belongs to the process
        yield _unpacked(sys.stdin.buffer, _packing(sys.stdin.buffer) if unpack else "", path)
        return
    try:
        raw = open(path, "rb")  # noqa: SIM115
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    with raw:
        if position is not None:
            position.follow(raw.tell)
        ending = path.lower().rpartition(".")[2] if unpack else ""
        yield _unpacked(raw, ending, path)


def _packing(file: IO[bytes]) -> str:
    """How a stream is compressed, without reading on: the suffix, or empty."""
    start = file.peek(6) if isinstance(file, io.BufferedReader) else b""
    return next((ending for magic, ending in STARTS.items() if start.startswith(magic)), "")


def _unpacked(raw: IO[bytes], ending: str, path: str) -> IO[bytes]:
    """A reader of what a file holds, by the suffix of its compression."""
    if ending == "gz":
        return cast("IO[bytes]", gzip.open(raw))
    if ending == "xz":
        return cast("IO[bytes]", lzma.open(raw))
    if ending == "zst":
        return io.BufferedReader(cast(Any, _Zstandard(raw, path)), CHUNK)
    return raw


class _Zstandard(io.RawIOBase):
    """A reader of Zstandard frames that detects a truncated last frame; the stream reader of ``zstandard`` does not."""

    def __init__(self, raw: IO[bytes], path: str) -> None:
        try:
            import zstandard
        except ImportError as error:
            raise MissingExtraError(
                f'{path}: compressed with Zstandard; pip install "mtdetect[screen]"'
            ) from error
        self._raw = raw
        self._error = zstandard.ZstdError
        self._packed = b""
        try:
            dictionary = self._dictionary()
            self._decompressor = zstandard.ZstdDecompressor(dictionary, max_window_size=1 << 31)
        except zstandard.ZstdError as error:
            raise InputError(f"{path}: its Zstandard dictionary is damaged or truncated") from error
        self._frame: Any = None  # a zstandard.ZstdDecompressionObj, which has no types
        self._ready = memoryview(b"")

    def _dictionary(self) -> Any:
        """The dictionary in the first frame, plain or compressed (the IIPC's WARC/zstd specification); None if there is none."""
        import zstandard

        self._packed = self._raw.read(8)
        if not self._packed.startswith(DICTIONARY_FRAME):
            return None
        length = int.from_bytes(self._packed[4:], "little")
        content = self._raw.read(min(length, MAX_DICTIONARY))
        self._packed = b""
        if len(content) < length:
            raise zstandard.ZstdError("truncated")
        if content.startswith(zstandard.FRAME_HEADER):
            content = zstandard.ZstdDecompressor().decompress(content, max_output_size=MAX_DICTIONARY)
        return zstandard.ZstdCompressionDict(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            chunk = self._packed[:ZSTD_INPUT] or self._raw.read(ZSTD_INPUT)
            self._packed = self._packed[ZSTD_INPUT:]
            if not chunk:
                if self._frame is not None:
                    raise EOFError("the last frame is truncated")
                return 0
            if self._frame is None:
                self._frame = self._decompressor.decompressobj()
            try:
                self._ready = memoryview(self._frame.decompress(chunk))
            except self._error as error:
                raise EOFError(str(error)) from error
            if self._frame.eof:
                self._packed, self._frame = self._frame.unused_data + self._packed, None
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count


def read_error(error: BaseException) -> str:
    """Error message for a file that could be opened but not read to its end.

    Parameters
    ----------
    error : exception
        One of :data:`DAMAGED`.
    """
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read ({error.strerror})"
    return "damaged or truncated"
