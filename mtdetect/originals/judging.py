"""What the closeness of a text and an original says: a probability and a relation.

Sketches are at hand for every candidate and say how likely a text comes from it. How the two are related is told best by comparing the
texts themselves; where an original's text is not stored, a model of the sketches stands in, which knows less: of an
inserted word or another order it sees nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect import artifacts
from mtdetect.errors import ModelError
from mtdetect.originals.ranking import Closeness
from mtdetect.text.arrays import F64

RANK = (
    "marked",
    "shared",
    "copied",
    "contained",
    "containing",
    "weight",
    "marked_share",
    "plain",
    "strongest",
)
"""Columns that rank candidates: those of ``Closeness``, logarithms of what is in nats, the weight of the text."""

RELATIONS = ("edited", "machine_translated", "spun", "related", "unrelated")
"""What the model of sketches tells apart; ``verbatim`` is told by rule."""

COPIES = RELATIONS[:3]

VERBATIM = 0.995
"""Share of the text's telling words, and of its sentences, from which it is plainly a copy, word for word."""

ENOUGH = 60.0
"""Nats in common below which no verbatim copy is plain: some eight rare words."""

LIKELY = 0.5
"""Score from which a text is taken for a copy, if its sketch is all there is to go by."""

RIVAL = 4
"""Place of the candidate, from 0, that shows how well anything fits the text by chance; the places before it may hold
further editions of the original."""


@dataclass(frozen=True)
class Judge:
    """Linear models of sketches, made by ``mtdetect.training.retrieval``.

    Attributes
    ----------
    search_rank : ndarray, shape (len(RANK) + 1,)
        Log-odds, before anything is known of the rivals, that a candidate is the original; the last is the constant. None but
        that of the text's weight is negative: more in common never speaks against a candidate, whatever the collection.
    search_score : ndarray, shape (3,)
        Of the candidate's rank, the rival's, and the constant.
    search_rival : ndarray, shape (3,)
        What the rival counts for at the least and at the most, and where there are too few candidates to have one.
    search_relation : ndarray, shape (len(RELATIONS), len(RANK) + 2)
        Of the columns of ``RANK``, the score's log-odds, and the constant.
    """

    search_rank: F64
    search_score: F64
    search_rival: F64
    search_relation: F64


@lru_cache(maxsize=4)
def load_judge(folder: Path | None = None) -> Judge:
    """Load the models.

    Parameters
    ----------
    folder : Path, optional
        Where; the one that comes with the package if not given.

    Raises
    ------
    ModelError
        If they are missing, damaged, or made by another version.
    """
    if folder is None:
        from mtdetect import trained

        folder = Path(str(trained.__file__)).parent / "pairs"
    arrays, manifest = artifacts.read(folder)
    try:
        if manifest["search_columns"] != [list(RANK), list(RELATIONS)]:
            raise ModelError(f"{folder}: ranks by other columns than this version; train again")
        judge = Judge(**{f.name: np.array(arrays[f.name]) for f in fields(Judge)})
    except KeyError as error:
        raise ModelError(f"{folder}: the model lacks {error}; reinstall or train again") from error
    n = len(RANK)
    if [a.shape for a in arrays_of(judge).values()] != [(n + 1,), (3,), (3,), (len(RELATIONS), n + 2)]:
        raise ModelError(f"{folder}: its arrays for searches have another shape; reinstall or train again")
    return judge


def arrays_of(judge: Judge) -> dict[str, npt.NDArray[Any]]:
    """The arrays to write."""
    return {f.name: getattr(judge, f.name) for f in fields(judge)}


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a text stands to an original."""

    score: float
    rank: float
    relation: str
    copied: float
    covered: float


def columns(close: Closeness, weight: float) -> F64:
    """What is known of each candidate, under ``RANK``, shape (n_candidates, len(RANK)).

    Parameters
    ----------
    close : Closeness
        Of the text and each candidate.
    weight : float
        Of the text's telling stems, in nats.
    """
    return np.column_stack(
        [
            np.log1p(close.marked),
            np.log1p(close.shared),
            close.copied,
            close.contained,
            close.containing,
            np.full(len(close.copied), np.log(weight + 50.0)),
            close.marked / (weight + 20.0),
            np.log1p(close.plain),
            np.log1p(close.strongest),
        ]
    )


def rival_of(rank: F64, limits: F64) -> float:
    """How well candidates fit that are not the original."""
    if len(rank) <= RIVAL:
        return float(limits[2])
    return float(np.clip(np.sort(rank)[-RIVAL - 1], limits[0], limits[1]))


def judged(
    close: Closeness, weight: float, same: Sequence[bool], judge: Judge | None = None
) -> list[Judgement]:
    """Judge a text against originals by their sketches.

    Parameters
    ----------
    close : Closeness
        Of the text and each original.
    weight : float
        Of the text's telling stems, in nats.
    same : sequence of bool
        Whether the original is the very text.
    judge : Judge, optional
        The one that comes with the package if not given.

    Returns
    -------
    list of Judgement
        In the same order.
    """
    judge = judge or load_judge()
    x = columns(close, weight)
    rank = x @ judge.search_rank[:-1] + judge.search_rank[-1]
    own, beyond, constant = judge.search_score.tolist()
    odds = np.clip(own * rank + beyond * rival_of(rank, judge.search_rival) + constant, -30.0, 30.0)
    score = 1.0 / (1.0 + np.exp(-odds))
    relations = _relations(np.column_stack([x, odds]), score, judge)
    return [
        Judgement(
            1.0 if same[k] else float(score[k]),
            float("inf") if same[k] else float(rank[k]),
            "verbatim" if same[k] or _is_verbatim(close, k) else relations[k],
            1.0 if same[k] else float(close.copied[k]),
            1.0 if same[k] else float(close.covered[k]),
        )
        for k in range(len(rank))
    ]


def _is_verbatim(close: Closeness, k: int) -> bool:
    return bool(close.shared[k] >= ENOUGH and close.copied[k] >= VERBATIM and close.contained[k] >= VERBATIM)


def _relations(x: F64, score: F64, judge: Judge) -> list[str]:
    """Likeliest relation of each candidate: a copy only if the score says so, too."""
    odds = x @ judge.search_relation[:, :-1].T + judge.search_relation[:, -1]
    count = len(COPIES)
    return [
        RELATIONS[int(row[:count].argmax())]
        if chance >= LIKELY
        else RELATIONS[count + int(row[count:].argmax())]
        for row, chance in zip(odds, score.tolist(), strict=True)
    ]
