"""Results of adding to a collection and of asking what it holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Added:
    """Result of :meth:`Originals.add`.

    Attributes
    ----------
    added, updated, unchanged : int
        Number of originals that were new, had a new text, or were already present.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Info:
    """Contents of a collection.

    Attributes
    ----------
    originals : int
        Number of originals.
    words : int
        Number of words in all of them.
    texts : int
        Number of originals whose text is stored.
    bytes : int
        Size of the file and its write-ahead log.
    segments : int
        Number of segments of the index.
    removed : int
        Number of removed originals that still take space; ``compact`` frees it.
    format : int
        Version of the file format.
    tables : str
        Version of the sketch rules and checksum of the language tables that made the sketches.
    """

    originals: int
    words: int
    texts: int
    bytes: int
    segments: int
    removed: int
    format: int
    tables: str
