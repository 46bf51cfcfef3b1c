"""Records before and after their text is extracted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from mtdetect.verdict import Mark

STDIN = "-"

LARGEST = 64 << 20
"""Maximum size of a record in bytes: far above any page; it limits memory when a file has no line breaks."""

Kind = Literal["json", "text", "string", "html", "http"]
"""Content of a record: a JSON object, a text in unknown encoding, a text in UTF-8, an HTML page or an HTTP response."""


@dataclass(frozen=True, slots=True)
class Item:
    """A text to score.

    Attributes
    ----------
    id : str
        The path as given, or ``-``.
    content : bytes
        The bytes of the file, in any encoding; for a page, its article in UTF-8.
    markup : tuple of Mark or None
        Marks of translation in a page; None for other files.
    """

    id: str
    content: bytes
    markup: tuple[Mark, ...] | None = None


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A record before it is parsed.

    Attributes
    ----------
    source : str
        The path as given, or ``-``.
    line : int
        Number of the line, row or record in the source, from 1; 0 if the file is one record.
    content : bytes
        The line, the text, the page or the whole file.
    error : str or None
        Why there is no content.
    kind : str
        Type of the content (:data:`Kind`).
    id : any JSON value
        The id that the format gives; None if it gives none.
    url : str or None
        Web address of the page.
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
        """``FILE:LINE``, the name of a record without an id."""
        return f"{self.source}:{self.line}" if self.line else self.source


@dataclass(frozen=True, slots=True)
class Record:
    """A record with its text.

    Attributes
    ----------
    id : any JSON value
        Id in the input; ``FILE:LINE`` if there is none.
    text : str, bytes or None
        Bytes for a file of unknown encoding; None if there is an error.
    error : str or None
        Why there is no text.
    fields : mapping
        All fields of a JSON record; empty for other formats or an error.
    url : str or None
        Web address of the page.
    markup : tuple of Mark or None
        Marks of translation in a page; None if the record is no page.
    """

    id: Any
    text: str | bytes | None
    error: str | None
    fields: dict[str, Any]
    url: str | None = None
    markup: tuple[Mark, ...] | None = None


class Position:
    """How far a file has been read, in bytes on disk (before decompression)."""

    def __init__(self) -> None:
        self._tell: Callable[[], int] = int

    def follow(self, tell: Callable[[], int]) -> None:
        """Use a reader's position from now on.

        Parameters
        ----------
        tell : callable
            Returns the position in bytes.
        """
        self._tell = tell

    @property
    def bytes(self) -> int:
        """Bytes read so far; 0 if unknown, as for a pipe."""
        try:
            return self._tell()
        except (OSError, ValueError):
            return 0


T = TypeVar("T", Item, RawRecord)


def in_batches(given: Iterable[T], size: int) -> Iterator[list[T]]:
    """Group texts or records into batches.

    Parameters
    ----------
    given : iterable of Item or RawRecord
        Read as needed.
    size : int
        Bytes of content at which a batch ends.

    Yields
    ------
    list
        At least one text or record, in order.
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
    """Look up a field. A name with dots is a path into nested objects, unless a field has exactly that name.

    Parameters
    ----------
    fields : dict
        A record.
    name : str
        Such as ``text`` or ``page.text``.

    Returns
    -------
    found : bool
        Whether the field exists.
    value : any
        Its value; None if it does not exist.
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
    """Error message for a record without a text.

    Parameters
    ----------
    name : str
        Name of the text field.
    found : bool
        Whether the record has this field.
    value : any
        Value of the field.

    Returns
    -------
    str
        Such as ``no field 'text'``.
    """
    if not found:
        return f"no field '{name}'"
    return f"field '{name}' is {'null' if value is None else 'not a string'}"


def too_large() -> str:
    """Error message for a record that exceeds :data:`LARGEST`."""
    return f"larger than {LARGEST >> 20} MiB"
