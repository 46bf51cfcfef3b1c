"""Files as their unpacked bytes: gzip, xz and Zstandard, by the ending of their name."""

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
"""What reading a packed file raises where it is damaged or cut short."""

CHUNK = 256 << 10

SIP = 1 << 10
"""Packed bytes given to Zstandard at once: four of them may stand for 128 KiB (RFC 8878, section 3.1.1.2), and what comes out comes out
whole."""


def unpacked_name(name: str) -> str:
    """Give a file's name in lower case, without the ending of its packer.

    Parameters
    ----------
    name : str
        Of a file, with or without its folder.
    """
    name = name.lower()
    for suffix in PACKED_SUFFIXES:
        name = name.removesuffix(suffix)
    return name


@contextmanager
def opened(path: str, position: Position | None = None, *, unpack: bool = True) -> Iterator[IO[bytes]]:
    """Open a file for reading, unpacked.

    Parameters
    ----------
    path : str
        Path; ``-`` is standard input, as it comes.
    position : Position, optional
        Follows the file from now on.
    unpack : bool
        Whether to unpack what is packed.

    Yields
    ------
    binary file
        Raises one of :data:`DAMAGED` where the packed data is broken or breaks off.

    Raises
    ------
    InputError
        If the file cannot be opened.
    MissingExtraError
        If it is packed with Zstandard and the package for that is not installed.
    """
    if path == STDIN:
        yield sys.stdin.buffer  # not ours to close
        return
    try:
        raw = open(path, "rb")  # noqa: SIM115
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    with raw:
        if position is not None:
            position.follow(raw.tell)
        ending = path.lower().rpartition(".")[2] if unpack else ""
        if ending == "gz":
            yield cast("IO[bytes]", gzip.open(raw))  # noqa: SIM115
        elif ending == "xz":
            yield cast("IO[bytes]", lzma.open(raw))  # noqa: SIM115
        elif ending == "zst":
            yield io.BufferedReader(cast(Any, _Zstandard(raw, path)), CHUNK)
        else:
            yield raw


class _Zstandard(io.RawIOBase):
    """A Zstandard file frame by frame; unlike the stream reader of ``zstandard`` it tells when the last one breaks off."""

    def __init__(self, raw: IO[bytes], path: str) -> None:
        try:
            import zstandard
        except ImportError as error:
            raise MissingExtraError(
                f'{path}: packed with Zstandard; pip install "mtdetect[screen]"'
            ) from error
        self._raw = raw
        self._error = zstandard.ZstdError
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=1 << 31)
        self._frame: Any = None
        self._packed = b""
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            chunk = self._packed[:SIP] or self._raw.read(SIP)
            self._packed = self._packed[SIP:]
            if not chunk:
                if self._frame is not None:
                    raise EOFError("the last frame breaks off")
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


def why(error: BaseException) -> str:
    """Say what is wrong with a file that opened but does not read to its end.

    Parameters
    ----------
    error : exception
        One of :data:`DAMAGED`.
    """
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read ({error.strerror})"
    return "damaged or cut short"
