"""What the command line writes: files that appear under their name when they are whole.

A file is written beside its place and renamed, so that what stands there is never a part, and an old one stays if the
work fails.
"""

from __future__ import annotations

import gzip
import lzma
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, cast

from mtdetect.errors import UsageError
from mtdetect.inputs import STDIN


def same(source: str, output: str) -> bool:
    """Whether an output would overwrite an input.

    Parameters
    ----------
    source, output : str
        Paths; ``-`` is a standard stream, and no file.
    """
    return STDIN not in (source, output) and os.path.exists(output) and os.path.samefile(source, output)


@contextmanager
def replacing(output: str) -> Iterator[IO[bytes]]:
    """Open a file that appears under its name when it is whole.

    Parameters
    ----------
    output : str
        Path; packed if it ends in ``.gz`` or ``.xz``; ``-`` is standard output. A device or pipe is written in place.

    Yields
    ------
    binary file
        To write to.

    Raises
    ------
    UsageError
        If it is a folder or cannot be written.
    """
    if output == STDIN:
        yield sys.stdout.buffer
        return
    path = Path(output)
    if path.is_dir():
        raise UsageError(f"{output}: is a folder; name a file")
    if path.exists() and not path.is_file():  # a device or a pipe: nothing to rename onto
        with told(output):
            device = path.open("wb")
        with device:
            yield device
        return
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with told(output):
            file = _packed(part, path.suffix)
        try:
            yield file
        finally:
            with told(output):
                file.close()
        with told(output):
            part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink()


@contextmanager
def told(output: str) -> Iterator[None]:
    """Turn what goes wrong with an output into an error that names it.

    Parameters
    ----------
    output : str
        Path.

    Raises
    ------
    UsageError
        Instead of the ``OSError``.
    """
    try:
        yield
    except BrokenPipeError:  # nobody reads on: the command line's business
        raise
    except OSError as error:
        raise UsageError(f"{output}: cannot be written ({error.strerror or error})") from error


def _packed(path: Path, suffix: str) -> IO[bytes]:
    if suffix == ".gz":
        return cast("IO[bytes]", gzip.open(path, "wb", compresslevel=6))
    if suffix == ".xz":
        return cast("IO[bytes]", lzma.open(path, "wb"))
    return path.open("wb")
