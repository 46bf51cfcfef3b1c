"""What the command line is given: files, folders and standard input, as texts or as JSON Lines records.

Reading is split in two, so that the costly half can run in a worker: :func:`records` finds where each record begins
and ends and leaves its bytes alone, :func:`parse` takes the text out of them. Neither drops a record: one that cannot
be read carries the reason.
"""

from __future__ import annotations

import gzip
import json
import lzma
import os
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar, cast

import orjson

from mtdetect.errors import InputError

STDIN = "-"

TEXT_SUFFIXES = (".txt", ".md", ".text")
JSON_SUFFIXES = (".jsonl", ".ndjson", ".json")
PACKED_SUFFIXES = (".gz", ".xz")

LARGEST = 64 << 20
"""Bytes of one record, at most: far above any page, and it keeps memory flat when a file has no line ends."""

_DAMAGED = (EOFError, OSError, lzma.LZMAError, zlib.error)
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Item:
    """A text to score.

    Attributes
    ----------
    id : str
        The path as given, or ``-``.
    content : bytes
        As it stands in the file, in whatever encoding.
    """

    id: str
    content: bytes


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A record before anything in it is read.

    Attributes
    ----------
    source : str
        The path as given, or ``-``.
    line : int
        Where it stands in the source, from 1; 0 for a file that is one record.
    content : bytes
        The line, or the whole file.
    error : str or None
        Why there is no content.
    """

    source: str
    line: int
    content: bytes
    error: str | None = None

    @property
    def place(self) -> str:
        """What names the record if nothing else does."""
        return f"{self.source}:{self.line}" if self.line else self.source


@dataclass(frozen=True, slots=True)
class Record:
    """A record with its text.

    Attributes
    ----------
    id : any JSON value
        As in the input; where the input has none, ``FILE:LINE``.
    text : str, bytes or None
        Bytes for a file of unknown encoding; None if there is an error.
    error : str or None
        Why there is no text.
    fields : mapping
        All that the record holds; empty for a plain text file or an error.
    """

    id: Any
    text: str | bytes | None
    error: str | None
    fields: dict[str, Any]


T = TypeVar("T", Item, RawRecord)


def items(inputs: Iterable[str]) -> Iterator[Item]:
    """Read each input as one text, a folder as one text a file.

    Parameters
    ----------
    inputs : iterable of str
        Paths of files and folders; ``-`` is standard input. All are looked at before the first is read, so that a
        wrong name stops the work before it starts.

    Yields
    ------
    Item
        In the order given, folders in the order of their sorted paths.

    Raises
    ------
    InputError
        If an input is missing, cannot be read, holds records instead of a text or is larger than ``LARGEST``.
    """
    paths = list(_expand(inputs, TEXT_SUFFIXES))
    for path in paths:
        if _is_json(path):
            raise InputError(f"{path}: holds records, not one text; score them with 'mtdetect screen'")
    for path in paths:
        with _open(path) as file:
            try:
                content = file.read(LARGEST + 1)
            except _DAMAGED as error:
                raise InputError(f"{path}: {_why(error)}") from error
        if len(content) > LARGEST:
            raise InputError(f"{path}: {_too_large()}; split it")
        yield Item(path, content)


def expand(inputs: Iterable[str]) -> list[str]:
    """List the files that hold records: JSON Lines, and plain texts as one record each.

    Parameters
    ----------
    inputs : iterable of str
        Paths of files and folders; ``-`` is standard input, as JSON Lines.

    Returns
    -------
    list of str
        Readable files and ``-``.

    Raises
    ------
    InputError
        If an input is missing or cannot be read, or a folder holds nothing to read.
    """
    return list(_expand(inputs, (*JSON_SUFFIXES, *TEXT_SUFFIXES)))


def records(path: str) -> Iterator[RawRecord]:
    """Cut one file into records.

    Parameters
    ----------
    path : str
        JSON Lines or a plain text, either packed with gzip or xz; ``-`` is JSON Lines on standard input.

    Yields
    ------
    RawRecord
        One for each line that is not blank, or one for the whole text. If the file breaks off or is damaged, the last
        one says so.

    Raises
    ------
    InputError
        If the file cannot be opened.
    """
    with _open(path) as file:
        if path == STDIN or _is_json(path):
            yield from _lines(file, path)
            return
        try:
            content = file.read(LARGEST + 1)
        except _DAMAGED as error:
            yield RawRecord(path, 0, b"", _why(error))
            return
        yield RawRecord(path, 0, *((b"", _too_large()) if len(content) > LARGEST else (content,)))


def parse(raw: RawRecord, text_field: str = "text", id_field: str = "id") -> Record:
    """Take the text and the id out of a record.

    Parameters
    ----------
    raw : RawRecord
        A JSON object in one line, or a plain text.
    text_field, id_field : str
        Names of fields; ``a.b`` is the field ``b`` of the object in ``a``.

    Returns
    -------
    Record
        With an ``error`` if there is no text to be had.
    """
    if raw.error is not None or raw.line == 0:
        return Record(raw.place, None if raw.error else raw.content, raw.error, {})
    try:
        fields = _loads(raw.content)
    except (ValueError, RecursionError):
        return Record(raw.place, None, f"line {raw.line}: not JSON", {})
    if not isinstance(fields, dict):
        return Record(raw.place, None, f"line {raw.line}: not a JSON object", {})
    found, name = _field(fields, id_field)
    if not found or name is None:
        name = raw.place
    found, text = _field(fields, text_field)
    if not found:
        return Record(name, None, f"line {raw.line}: no field '{text_field}'", fields)
    if not isinstance(text, str):
        kind = "null" if text is None else "not a string"
        return Record(name, None, f"line {raw.line}: field '{text_field}' is {kind}", fields)
    return Record(name, text, None, fields)


def in_batches(given: Iterable[T], size: int) -> Iterator[list[T]]:
    """Gather texts or records until they hold enough to be worth a batch.

    Parameters
    ----------
    given : iterable of Item or RawRecord
        Read as needed.
    size : int
        Bytes of content that close a batch.

    Yields
    ------
    list
        At least one, in order.
    """
    batch: list[T] = []
    held = 0
    for one in given:
        batch.append(one)
        held += len(one.content)
        if held >= size:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def to_json(value: Any) -> bytes:
    """JSON in one line, without its end.

    Parameters
    ----------
    value : any JSON value
        May hold lone surrogates and large integers, which orjson refuses.

    Returns
    -------
    bytes
        UTF-8.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, separators=(",", ":")).encode("ascii")


def _expand(inputs: Iterable[str], suffixes: tuple[str, ...]) -> Iterator[str]:
    """Files that the inputs name."""
    for given in inputs:
        if given == STDIN:
            yield given
        elif os.path.isdir(given):  # unlike Path, does not take the empty name for the current folder
            files = (path for path in Path(given).rglob("*") if _unpacked(path.name).endswith(suffixes))
            inside = sorted(str(path) for path in files if path.is_file())
            if not inside:
                raise InputError(f"{given}: no file in it ends with {', '.join(suffixes)}")
            yield from inside
        elif not os.path.lexists(given):
            raise InputError(f"{given}: no such file or folder")
        elif not os.access(given, os.R_OK):
            raise InputError(f"{given}: cannot be read (permission denied or broken link)")
        else:
            yield given


def _unpacked(name: str) -> str:
    """A file's name in lower case, without the ending of its packer."""
    name = name.lower()
    for suffix in PACKED_SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def _is_json(path: str) -> bool:
    return _unpacked(path).endswith(JSON_SUFFIXES)


def _open(path: str) -> AbstractContextManager[IO[bytes]]:
    """A file's bytes, unpacked."""
    if path == STDIN:
        return nullcontext(sys.stdin.buffer)  # not ours to close
    try:
        if path.lower().endswith(".gz"):
            return cast("IO[bytes]", gzip.open(path))
        if path.lower().endswith(".xz"):
            return cast("IO[bytes]", lzma.open(path))
        return open(path, "rb")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error


def _lines(file: IO[bytes], path: str) -> Iterator[RawRecord]:
    """Lines that are not blank."""
    number = 0
    try:
        while line := file.readline(LARGEST + 1):
            number += 1
            error = None
            if len(line) > LARGEST:
                while line and not line.endswith(b"\n"):
                    line = file.readline(LARGEST)
                line, error = b"", f"line {number}: {_too_large()}"
            elif number == 1:
                line = line.removeprefix(_BOM)
            if error or line.strip():
                yield RawRecord(path, number, line, error)
    except _DAMAGED as error_:
        yield RawRecord(path, number + 1, b"", f"line {number + 1}: {_why(error_)}")


def _loads(line: bytes) -> Any:
    """A JSON value; a lone surrogate or a stray byte in it is no reason to lose the record."""
    try:
        return orjson.loads(line)
    except ValueError:
        return json.loads(line.decode("utf-8", "replace"))


def _field(fields: dict[str, Any], name: str) -> tuple[bool, Any]:
    """Whether a field is there, and its value; a name with dots may also be one plain name."""
    if name in fields:
        return True, fields[name]
    value: Any = fields
    for part in name.split("."):
        if not isinstance(value, dict) or part not in value:
            return False, None
        value = value[part]
    return True, value


def _too_large() -> str:
    return f"larger than {LARGEST >> 20} MiB"


def _why(error: BaseException) -> str:
    """What is wrong with a file that opened but does not read to its end."""
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read ({error.strerror})"
    return "damaged or cut short"
