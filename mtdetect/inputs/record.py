"""Records before and after their text is taken out of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

STDIN = "-"

LARGEST = 64 << 20
"""Bytes of one record, at most: far above any page, and it keeps memory flat when a file has no line ends."""

Kind = Literal["json", "text", "string", "html", "http"]
"""What a record's bytes are: a JSON object; a text in unknown encoding; a text in UTF-8; a page; an HTTP response."""


@dataclass(frozen=True, slots=True)
class Item:
    """A text to score.

    Attributes
    ----------
    id : str
        The path as given, or ``-``.
    content : bytes
        As it stands in the file, in whatever encoding; of a page, its article in UTF-8.
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
        Where it stands in the source, from 1: its line, row or record; 0 for a file that is one record.
    content : bytes
        The line, the text, the page or the whole file.
    error : str or None
        Why there is no content.
    kind : str
        What the content is (:data:`Kind`).
    id : any JSON value
        What the format says its id is; None if it says nothing.
    url : str or None
        Where it was found on the web.
    """

    source: str
    line: int
    content: bytes
    error: str | None = None
    kind: Kind = "json"
    id: Any = None
    url: str | None = None

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
        All that a JSON record holds; empty for other formats or an error.
    url : str or None
        Where it was found on the web.
    """

    id: Any
    text: str | bytes | None
    error: str | None
    fields: dict[str, Any]
    url: str | None = None


class Position:
    """How far into a file its reader is, in bytes of the file as it lies on disk."""

    def __init__(self) -> None:
        self._tell: Callable[[], int] = int

    def follow(self, tell: Callable[[], int]) -> None:
        """Take the position from a reader from now on.

        Parameters
        ----------
        tell : callable
            Gives it.
        """
        self._tell = tell

    @property
    def bytes(self) -> int:
        """Bytes read so far; 0 where that cannot be told, as of a pipe."""
        try:
            return self._tell()
        except (OSError, ValueError):
            return 0


T = TypeVar("T", Item, RawRecord)


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


def field(fields: dict[str, Any], name: str) -> tuple[bool, Any]:
    """Look a field up; a name with dots reaches into nested objects, or may be one plain name.

    Parameters
    ----------
    fields : dict
        A record.
    name : str
        As ``text`` or ``page.text``.

    Returns
    -------
    found : bool
        Whether it is there.
    value : any
        None if not.
    """
    if name in fields:
        return True, fields[name]
    value: Any = fields
    for part in name.split("."):
        if not isinstance(value, dict) or part not in value:
            return False, None
        value = value[part]
    return True, value


def no_text(name: str, found: bool, value: Any) -> str:
    """Say why a field holds no text.

    Parameters
    ----------
    name : str
        Of the field.
    found : bool
        Whether there is such a field.
    value : any
        What it holds.

    Returns
    -------
    str
        As ``no field 'text'``.
    """
    if not found:
        return f"no field '{name}'"
    return f"field '{name}' is {'null' if value is None else 'not a string'}"


def too_large() -> str:
    """Say that a record exceeds :data:`LARGEST`."""
    return f"larger than {LARGEST >> 20} MiB"
