"""Output files that replace an old file only when they are complete.

A file is written under a temporary name in the same folder, then renamed. If the work fails, the old file stays.
"""

from __future__ import annotations

import gzip
import lzma
import os
import stat
import sys
from collections.abc import Hashable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, cast

from mtdetect.errors import UsageError
from mtdetect.inputs import STDIN


def same(one: str, other: str) -> bool:
    """Whether two paths name one file or folder: also by a relative path, a symbolic link or a hard link.

    Parameters
    ----------
    one, other : str
        Paths of what may not exist yet; ``-`` is a standard stream, not a file.
    """
    return not marks(one).isdisjoint(marks(other))


def marks(path: str) -> set[Hashable]:
    """What a file or folder is told apart by: two paths of one have a mark in common. Standard streams and devices have none.

    Parameters
    ----------
    path : str
        Path of what may not exist yet.
    """
    if path == STDIN:
        return set()
    try:
        facts = os.stat(path)
    except OSError:
        return {os.path.realpath(path)}
    return set() if stat.S_ISCHR(facts.st_mode) else {_identity(facts)}


def marks_of_stdin() -> set[Hashable]:
    """The same for the file that standard input was redirected from."""
    with suppress(OSError, ValueError, AttributeError):
        facts = os.fstat(sys.stdin.fileno())
        if stat.S_ISREG(facts.st_mode):
            return {_identity(facts)}
    return set()


def _identity(facts: os.stat_result) -> Hashable:
    return facts.st_dev, facts.st_ino


@contextmanager
def replacing(output: str) -> Iterator[IO[bytes]]:
    """Open an output file that appears under its name when it is complete.

    Parameters
    ----------
    output : str
        Path; compressed if it ends in ``.gz`` or ``.xz``; ``-`` is standard output. A device or pipe is written
        directly.

    Yields
    ------
    binary file
        Open for writing.

    Raises
    ------
    UsageError
        If the path is a folder or cannot be written.
    """
    if output == STDIN:
        yield sys.stdout.buffer
        return
    path = Path(output)
    if path.is_dir():
        raise UsageError(f"{output}: is a folder; name a file")
    if path.exists() and not path.is_file():  # a device or a pipe cannot be replaced by renaming
        with as_usage_error(output):
            device = path.open("wb")
        with device:
            yield device
        return
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with as_usage_error(output):
            file = _packed(part, path.suffix)
        try:
            yield file
        finally:
            with as_usage_error(output):
                file.close()
        with as_usage_error(output):
            part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink()


@contextmanager
def as_usage_error(output: str) -> Iterator[None]:
    """Raise write errors as ``UsageError`` with the path in the message.

    Parameters
    ----------
    output : str
        Path.

    Raises
    ------
    UsageError
        Instead of an ``OSError``.
    """
    try:
        yield
    except BrokenPipeError:  # the reader has gone; the command line handles that
        raise
    except OSError as error:
        raise UsageError(f"{output}: cannot be written ({error.strerror or error})") from error


def _packed(path: Path, suffix: str) -> IO[bytes]:
    if suffix == ".gz":
        return cast("IO[bytes]", gzip.open(path, "wb", compresslevel=6))
    if suffix == ".xz":
        return cast("IO[bytes]", lzma.open(path, "wb"))
    return path.open("wb")
