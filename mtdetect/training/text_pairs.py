"""Pairs of texts that a model of comparison learns from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["machine_translated", "spun", "edited", "related", "unrelated"]

SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
"""Where a sentence ends, roughly."""


@dataclass(frozen=True)
class TextPair:
    """Two texts with what is known of them.

    Attributes
    ----------
    suspect, original : str
        The first is the copy, if there is one and it is known.
    kind : str
        How the first came from the second; ``related`` and ``unrelated`` are no copies.
    corpus : str
        Where they are from, and how they were made.
    environment : str
        What is left out together when the model is tried on what it has not learnt.
    """

    suspect: str
    original: str
    kind: Kind
    corpus: str
    environment: str

    @property
    def is_copy(self) -> bool:
        """Whether one was made from the other, or both from the same."""
        return self.kind not in ("related", "unrelated")
