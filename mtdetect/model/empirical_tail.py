"""Empirical tails: the share of human scores that are at least as high as a given one.

P-values of candidates and of texts both come from such a share. The two classes differ in what they keep: a few uppermost scores of
millions of words, or the scores of all texts with their weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.text.arrays import F32, F64


@dataclass(frozen=True)
class UpperTail:
    """The highest of many human scores.

    Attributes
    ----------
    scores : ndarray of float32
        The highest scores, rising.
    total : int
        Number of all words or pairs that were looked at. For candidates these are all misfits (``View.misfits``), although only the
        suspect ones have scores.
    """

    scores: F32
    total: int

    def p_values(self, scores: npt.NDArray[Any]) -> F64:
        """Share of human scores that are at least as high; 1 for a score that does not exceed the lowest stored one.

        Parameters
        ----------
        scores : ndarray, shape (n,)
            Scores to judge; compared as float32.

        Returns
        -------
        ndarray of float64, shape (n,)
            At least 1 / (``total`` + 1).
        """
        p = np.ones(len(scores))
        scores = scores.astype(np.float32)
        high = np.flatnonzero(scores > self.scores[0]) if len(self.scores) else np.zeros(0, np.int64)
        rank = np.searchsorted(self.scores, scores[high], side="left")
        p[high] = (len(self.scores) - rank + 1) / (self.total + 1)
        return p


@dataclass(frozen=True)
class WeightedTail:
    """Weighted share of human texts at or above each score.

    Attributes
    ----------
    scores : ndarray of float64
        Scores of the texts, negated, rising.
    reached : ndarray of float64
        ``reached[k]`` is the share of the total weight that the first ``k`` of them have.
    """

    scores: F64
    reached: F64

    @classmethod
    def of(cls, people: F64, weight: F64) -> WeightedTail:
        """Make the tail from scores and their weights.

        Parameters
        ----------
        people : ndarray of float64, shape (n,)
            Scores of human texts, in any order.
        weight : ndarray of float64, shape (n,)
            Weight of each text; their sum must be above 0.
        """
        order = np.argsort(-people, kind="stable")
        return cls(-people[order], np.append(0.0, np.cumsum(weight[order])) / weight.sum())

    def __call__(self, scores: F64) -> F64:
        """Share of the weight at or above each score."""
        return self.reached[np.searchsorted(self.scores, -scores, side="right")]
