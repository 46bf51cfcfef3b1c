"""What the closeness of a text and an original says: a probability and a relation.

The only place that judges; a full comparison of the two texts can take its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mtdetect.originals.ranking import Closeness

VERBATIM, EDITED = 0.995, 0.9
"""Share of the text's telling words, and of its sentences, from which it is plainly a copy, word for word or nearly."""

ENOUGH = 60.0
"""Nats in common below which no copy is plain: some eight rare words."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a text stands to an original."""

    score: float
    rank: float
    relation: str
    copied: float
    covered: float


def judged(close: Closeness, weight: float, same: Sequence[bool]) -> list[Judgement]:
    """Judge a text against originals.

    Parameters
    ----------
    close : Closeness
        Of the text and each original.
    weight : float
        Of the text's telling stems, in nats.
    same : sequence of bool
        Whether the original is the very text.

    Returns
    -------
    list of Judgement
        In the same order.
    """
    rank = 2.0 * close.copied + close.contained + 0.5 * close.containing + 0.3 * np.log1p(close.shared)
    odds = 10.0 * (close.copied - 0.4) + 0.03 * close.shared - 3
    score = 1.0 / (1.0 + np.exp(-odds))
    return [
        Judgement(
            1.0 if same[k] else float(score[k]),
            float("inf") if same[k] else float(rank[k]),
            _relation(close, k, float(score[k]), same[k]),
            1.0 if same[k] else float(close.copied[k]),
            1.0 if same[k] else float(close.covered[k]),
        )
        for k in range(len(rank))
    ]


def _relation(close: Closeness, k: int, score: float, same: bool) -> str:
    if same:
        return "verbatim"
    if close.shared[k] >= ENOUGH and close.copied[k] >= EDITED and close.contained[k] >= EDITED:
        return "verbatim" if close.contained[k] >= VERBATIM and close.copied[k] >= VERBATIM else "edited"
    return "related" if score >= 0.5 else "unrelated"
