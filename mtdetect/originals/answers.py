"""What a collection answers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

Id = Any  # any JSON value


@dataclass(frozen=True, slots=True)
class Match:
    """An original that a text may be a copy of.

    Attributes
    ----------
    original : any JSON value
        Its id.
    score : float
        Probability that the text, or a part of it, was copied from it, 0 to 1.
    relation : str
        One of ``mtdetect.comparison.result.RELATIONS``: by comparing the texts if the original's is stored, else by its sketch.
    copied : float
        Share of the text that has a counterpart in the original, 0 to 1.
    covered : float
        Share of the original that has a counterpart in the text, 0 to 1.
    """

    original: Id
    score: float
    relation: str
    copied: float
    covered: float

    def to_dict(self) -> dict[str, Any]:
        """The match as JSON has it."""
        return {
            name: round(value, 4) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }


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
