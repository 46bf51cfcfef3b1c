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

LIKELY = 0.5
"""Score from which two texts are called related."""

# Logistic regressions fitted to 448,911 pairs of a query and a candidate among 100,000 originals: round trips and translations
# (mt_train, essays_round_trip_train, science_spun_round_trip_train), spun texts of six families at six rates, passages,
# quoted paragraphs, and 1,200 texts without an original. Fitted to every other query and judged on the rest: of the pairs
# scored 0.80 to 0.95, 0.86 are right, of those above 0.99, 0.996; of the texts without an original 4.7 % get a score
# above 0.5; expected calibration error of the first match 0.050. These figures flatter: several queries come from one
# original and fall on both sides, and the range of the rival below was chosen by hand with them in sight.
_WEIGHTS = np.array([2.37, 0.334, 2.088, 0.413, 1.334, -2.03, 0.523])
_INTERCEPT = -0.089
_OWN, _BEYOND, _OFFSET = 1.438, -1.650, -8.655

RIVAL = 4
"""Place of the candidate, from 0, that shows how well anything fits the text by chance; the places before it may hold
further editions of the original."""

RIVAL_RANGE = (-11.0, -3.5)
RIVAL_UNKNOWN = -9.0
"""What the rival counts for, at the least, at the most, and where there are too few candidates to have one."""


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
    columns = (
        np.log1p(close.marked),
        np.log1p(close.shared),
        close.copied,
        close.contained,
        close.containing,
        np.full(len(close.copied), np.log(weight + 50.0)),
        close.marked / (weight + 20.0),
    )
    rank = np.column_stack(columns) @ _WEIGHTS + _INTERCEPT
    rival = float(np.clip(np.sort(rank)[-RIVAL - 1], *RIVAL_RANGE)) if len(rank) > RIVAL else RIVAL_UNKNOWN
    score = 1.0 / (1.0 + np.exp(-(_OWN * rank + _BEYOND * rival + _OFFSET)))
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
    return "related" if score >= LIKELY else "unrelated"
