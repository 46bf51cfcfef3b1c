"""What a collection says of itself and of what was added."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Added:
    """What :meth:`Originals.add` did.

    Attributes
    ----------
    added, updated, unchanged : int
        Originals that are new, have a new text, stood there already.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Info:
    """What a collection holds.

    Attributes
    ----------
    originals : int
        How many.
    words : int
        In all of them.
    texts : int
        Originals whose text is stored.
    bytes : int
        Size of the file with what is not yet written back to it.
    segments : int
        Parts of the index.
    removed : int
        Removed originals that still take space; ``compact`` frees it.
    format : int
        Version of the layout.
    tables : str
        Rules and checksum of the language tables that made the sketches.
    """

    originals: int
    words: int
    texts: int
    bytes: int
    segments: int
    removed: int
    format: int
    tables: str
