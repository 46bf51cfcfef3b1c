"""Training pairs of the pair model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["machine_translated", "spun", "paraphrased", "edited", "related", "unrelated"]

SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
"""Approximate sentence boundaries."""


@dataclass(frozen=True)
class TextPair:
    """Two texts with their true relation.

    Attributes
    ----------
    suspect, original : str
        The texts. If one is a copy and it is known which, it is ``suspect``.
    kind : str
        How the suspect was made from the original; ``related`` and ``unrelated`` are not copies.
    corpus : str
        Source of the pair, which also says how it was made.
    environment : str
        Engine, spinner or set; in cross-validation a fold holds whole environments.
    tool : str
        What made the suspect, where the corpus names it.
    """

    suspect: str
    original: str
    kind: Kind
    corpus: str
    environment: str
    tool: str = ""

    @property
    def is_copy(self) -> bool:
        """Whether one text was made from the other, or both from a third."""
        return self.kind not in ("related", "unrelated")
