"""The search model: how likely a candidate is the original of a text, and how the two are related.

It reads only sketches, which every candidate has. The relation is better determined by comparing the texts themselves; the search
model gives it where the text of the original is not stored. It does not see inserted words or another word order.
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
from mtdetect.comparison.model import shipped_pairs_folder
from mtdetect.errors import ModelError
from mtdetect.originals.ranking import Closeness
from mtdetect.text.arrays import F64
from mtdetect.text.segments import weighted

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
"""Columns of the search model: those of ``Closeness`` (as logarithms where they are in nats) and the weight of the text."""

RELATIONS = ("edited", "paraphrased", "machine_translated", "spun", "related", "unrelated")
"""Relations that the search model distinguishes; ``verbatim`` is decided by a rule."""

COPIES = RELATIONS[:4]
"""Relations of copies."""

VERBATIM = 0.995
"""Least share of the text's weight in the original, and in sentences that have a counterpart there, of a verbatim copy."""

ENOUGH = 60.0
"""Least shared weight, in nats, of a verbatim copy: about eight rare words."""

LIKELY = 0.5
"""Score from which a text counts as a copy if only its sketch is known."""

RIVAL = 4
"""Rank, from 0, of the candidate that shows how well a text matches by chance; candidates before it may be further editions of the
original."""


@dataclass(frozen=True)
class SearchModel:
    """Weights of the linear search models, fitted by ``mtdetect.training.retrieval``.

    Attributes
    ----------
    search_rank : ndarray, shape (len(RANK) + 1,)
        Weights of the columns and intercept of a candidate's rank: the log-odds that it is the original, without regard to its
        rivals. Only the weight of the column ``weight`` may be negative, so sharing more never lowers the rank.
    search_score : ndarray, shape (3,)
        Weights of the candidate's and of the rival's rank, and intercept, of the log-odds behind the score.
    search_rival : ndarray, shape (3,)
        Lower and upper limit of the rival's rank, and its value if there are too few candidates.
    search_relation : ndarray, shape (len(RELATIONS), len(RANK) + 2)
        Weights of the columns and of the score's log-odds, and intercept, for each relation.
    """

    search_rank: F64
    search_score: F64
    search_rival: F64
    search_relation: F64


@lru_cache(maxsize=4)
def load_search_model(folder: Path | None = None) -> SearchModel:
    """Load the search model.

    Parameters
    ----------
    folder : Path, optional
        Folder of the model; the shipped one by default.

    Raises
    ------
    ModelError
        If it is missing, damaged, or made by another version.
    """
    folder = folder or shipped_pairs_folder()
    arrays, manifest = artifacts.read(folder)
    try:
        if manifest["search_columns"] != [list(RANK), list(RELATIONS)]:
            raise ModelError(f"{folder}: ranks by other columns than this version; train again")
        model = SearchModel(**{f.name: np.array(arrays[f.name]) for f in fields(SearchModel)})
    except KeyError as error:
        raise ModelError(f"{folder}: the model lacks {error}; reinstall or train again") from error
    n = len(RANK)
    if [a.shape for a in arrays_of(model).values()] != [(n + 1,), (3,), (3,), (len(RELATIONS), n + 2)]:
        raise ModelError(f"{folder}: its arrays for searches have another shape; reinstall or train again")
    return model


def arrays_of(model: SearchModel) -> dict[str, npt.NDArray[Any]]:
    """Arrays of a model by name, as they are stored.

    Parameters
    ----------
    model : SearchModel
        The model to be stored.
    """
    return {f.name: getattr(model, f.name) for f in fields(model)}


@dataclass(frozen=True, slots=True)
class CandidateScore:
    """What the search model says of a text and a candidate.

    Attributes
    ----------
    score : float
        Probability that the candidate is the original, 0 to 1.
    rank : float
        Log-odds by which candidates are sorted; infinite for the same text.
    relation : str
        ``verbatim`` or one of ``RELATIONS``.
    copied, covered : float
        Share of the text's and of the candidate's weight in sentences with a counterpart.
    """

    score: float
    rank: float
    relation: str
    copied: float
    covered: float


def columns(close: Closeness, weight: float) -> F64:
    """Columns of the search model for each candidate, shape (n_candidates, len(RANK)).

    Parameters
    ----------
    close : Closeness
        Closeness of the text and each candidate.
    weight : float
        Sum of the weights of the text's stems, in nats.
    """
    values = {
        "marked": np.log1p(close.marked),
        "shared": np.log1p(close.shared),
        "copied": close.copied,
        "contained": close.contained,
        "containing": close.containing,
        "weight": np.full(len(close.copied), np.log(weight + 50.0)),
        "marked_share": close.marked / (weight + 20.0),
        "plain": np.log1p(close.plain),
        "strongest": np.log1p(close.strongest),
    }
    return np.column_stack([values[name] for name in RANK])


def rival_of(rank: F64, limits: F64) -> float:
    """Rank of the candidate at place ``RIVAL``, within limits: how well a candidate matches that is not the original.

    Parameters
    ----------
    rank : ndarray, shape (n_candidates,)
        Ranks of all candidates.
    limits : ndarray, shape (3,)
        ``SearchModel.search_rival``.
    """
    if len(rank) <= RIVAL:
        return float(limits[2])
    return float(np.clip(np.sort(rank)[-RIVAL - 1], limits[0], limits[1]))


def score_candidates(close: Closeness, weight: float, same: Sequence[bool]) -> list[CandidateScore]:
    """Apply the search model to a text and its candidates.

    Parameters
    ----------
    close : Closeness
        Closeness of the text and each candidate.
    weight : float
        Sum of the weights of the text's stems, in nats.
    same : sequence of bool
        Whether the candidate has exactly the same text.

    Returns
    -------
    list of CandidateScore
        In the order of the candidates.
    """
    model = load_search_model()
    x = columns(close, weight)
    rank = weighted(x, model.search_rank[:-1]) + model.search_rank[-1]
    own, rival, intercept = model.search_score.tolist()
    odds = np.clip(own * rank + rival * rival_of(rank, model.search_rival) + intercept, -30.0, 30.0)
    score = 1.0 / (1.0 + np.exp(-odds))
    relations = _relations(np.column_stack([x, odds]), score, model)
    return [
        CandidateScore(1.0, float("inf"), "verbatim", 1.0, 1.0)
        if same[k]
        else CandidateScore(
            score=float(score[k]),
            rank=float(rank[k]),
            relation="verbatim" if _is_verbatim(close, k) else relations[k],
            copied=float(close.copied[k]),
            covered=float(close.covered[k]),
        )
        for k in range(len(rank))
    ]


def _is_verbatim(close: Closeness, k: int) -> bool:
    """Whether the text is a verbatim copy of the candidate or of a part of it."""
    return bool(close.shared[k] >= ENOUGH and close.copied[k] >= VERBATIM and close.contained[k] >= VERBATIM)


def _relations(x: F64, score: F64, model: SearchModel) -> list[str]:
    """Most probable relation of each candidate: among ``COPIES`` if the score is at least ``LIKELY``, otherwise among the others."""
    odds = x @ model.search_relation[:, :-1].T + model.search_relation[:, -1]
    count = len(COPIES)
    return [
        RELATIONS[int(row[:count].argmax())]
        if chance >= LIKELY
        else RELATIONS[count + int(row[count:].argmax())]
        for row, chance in zip(odds, score.tolist(), strict=True)
    ]
