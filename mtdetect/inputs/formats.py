"""File formats by file name, and the list of files that the inputs name."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from mtdetect.errors import InputError, MissingExtraError
from mtdetect.inputs.record import STDIN
from mtdetect.inputs.unpacking import unpacked_name

SUFFIXES = {
    "jsonl": (".jsonl", ".ndjson", ".json"),
    "text": (".txt", ".md", ".text"),
    "csv": (".csv",),
    "tsv": (".tsv", ".tab"),
    "parquet": (".parquet", ".pq"),
    "warc": (".warc", ".wet"),
    "html": (".html", ".htm", ".xhtml"),
}
FORMATS = tuple(SUFFIXES)

UNFINISHED = ".unfinished"
"""End of the names of folders for the unfinished parts of an output."""

WHOLE = ("text", "html")
"""Formats in which each file is one record."""

_NEEDS = {"parquet": ("pyarrow",), "warc": ("fastwarc", "resiliparse"), "html": ("resiliparse",)}


def format_of(path: str) -> str:
    """Guess a file's format from its name.

    Parameters
    ----------
    path : str
        Path; ``-`` is standard input.

    Returns
    -------
    str
        One of :data:`FORMATS`: JSON Lines for standard input, plain text for an unknown suffix.
    """
    if path == STDIN:
        return "jsonl"
    name = unpacked_name(path)
    return next((kind for kind, suffixes in SUFFIXES.items() if name.endswith(suffixes)), "text")


def expand(inputs: Iterable[str], only: Sequence[str] = FORMATS, *, all_files: bool = False) -> list[str]:
    """List the files that the inputs name.

    Parameters
    ----------
    inputs : iterable of str
        Paths of files and folders, and patterns such as ``crawl/**/*.warc.gz``; ``-`` is standard input.
    only : sequence of str
        Formats to look for in folders.
    all_files : bool
        Whether to take every file of a folder, whatever its suffix, except hidden files.

    Returns
    -------
    list of str
        Readable files and ``-``, in the order given; the files of a folder or pattern are sorted.

    Raises
    ------
    InputError
        If an input is missing or unreadable, or a folder or pattern yields no file.
    """
    suffixes = tuple(suffix for kind in only for suffix in SUFFIXES[kind])
    return list(_expand(inputs, suffixes, all_files))


def _expand(inputs: Iterable[str], suffixes: tuple[str, ...], all_files: bool) -> Iterator[str]:
    for given in inputs:
        if given == STDIN:
            yield given
        elif os.path.isdir(given):  # unlike Path, does not read the empty name as the current folder
            inside = sorted(
                str(path)
                for path in Path(given).rglob("*")
                if (
                    not path.name.startswith(".")
                    if all_files
                    else unpacked_name(path.name).endswith(suffixes)
                )
                # The work folder of a run that was interrupted (mtdetect.screening.output) is no input of the run that goes on.
                and not path.parent.name.endswith(UNFINISHED)
                and path.is_file()
            )
            if not inside:
                raise InputError(
                    f"{given}: no file in it" + ("" if all_files else f" ends with {', '.join(suffixes)}")
                )
            yield from inside
        elif not os.path.lexists(given):
            found = sorted(filter(os.path.isfile, glob.glob(given, recursive=True)))
            if not found:
                what = "no file matches" if glob.has_magic(given) else "no such file or folder"
                raise InputError(f"{given}: {what}")
            yield from found
        elif not os.access(given, os.R_OK):
            raise InputError(f"{given}: cannot be read (permission denied or broken link)")
        else:
            yield given


def require(format: str, path: str) -> None:
    """Check that the packages for a format are installed.

    Parameters
    ----------
    format : str
        One of :data:`FORMATS`.
    path : str
        File to be read; its name appears in the error.

    Raises
    ------
    MissingExtraError
        If a package is not installed.
    """
    packages = _NEEDS.get(format, ())
    if path.lower().endswith(".zst"):
        packages = (*packages, "zstandard")
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise MissingExtraError(f'{path}: reading it needs {missing[0]}; pip install "mtdetect[screen]"')
