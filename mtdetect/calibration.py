"""From scores to p-values: how often do people's texts of like length score as high?

A p-value here is conformal (Vovk, Gammerman and Shafer, "Algorithmic learning in a random world", 2005): the share of
calibration texts by people that score at least as high, within the same length band. People differ, though: translators
write translationese, and a mean over all people would let them pay for everybody's budget. So each *population* has its
own tail, and the most cautious one counts. A population that is small in a band borrows from the pool,
as if it had ``BORROWED`` more texts with the pool's tail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]

BANDS = (40, 80, 150, 300, 600)
"""Lengths in words at which one band ends and the next begins; below the first there is no verdict on length alone."""

BORROWED = 200
LEAST_SOURCE = 30
"""Sources weigh the same in the pool, but a source with fewer texts than this does not weigh like a full one."""


def band(words: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Length band of each text: 0 is below 40 words and judged like band 1."""
    return np.maximum(np.searchsorted(BANDS, words, side="right"), 1)


@dataclass(frozen=True)
class Calibration:
    """Scores of people's texts.

    Attributes
    ----------
    scores : ndarray of float32, shape (n,)
        Log-odds.
    words : ndarray of int32, shape (n,)
    source : ndarray of int16, shape (n,)
        Corpus of each text.
    population : ndarray of int8, shape (n,)
        Kind of writer.
    """

    scores: npt.NDArray[np.float32]
    words: npt.NDArray[np.int32]
    source: npt.NDArray[np.int16]
    population: npt.NDArray[np.int8]

    def p_values(self, scores: npt.NDArray[Any], words: npt.NDArray[Any]) -> F64:
        """P-value of each text.

        Parameters
        ----------
        scores : ndarray, shape (m,)
            Log-odds of the texts to judge.
        words : ndarray, shape (m,)
            Their lengths.
        """
        p = np.ones(len(scores))
        of_text = band(words)
        for k in np.unique(of_text).tolist():
            asked = of_text == k
            p[asked] = self._in_band(np.asarray(scores, np.float64)[asked], k)
        return p

    def _in_band(self, scores: F64, which: int) -> F64:
        if which not in self._tails:
            return np.ones(len(scores))
        pool_tail, n_pool, populations = self._tails[which]
        pool = pool_tail(scores) + 1 / (n_pool + 1)
        worst = pool
        for own_tail, n in populations:
            worst = np.maximum(worst, (own_tail(scores) * n + pool * BORROWED) / (n + BORROWED))
        return np.minimum(worst, 1.0)

    @cached_property
    def _tails(self) -> dict[int, tuple[_Tail, int, list[tuple[_Tail, int]]]]:
        """Of each band that holds people: the pool's tail, their number, and tail and number of each population."""
        tails = {}
        of_people = band(self.words)
        for k in np.unique(of_people).tolist():
            inside = of_people == k
            source = self.source[inside].astype(np.int64)
            weight = 1 / np.maximum(np.bincount(source)[source], LEAST_SOURCE)
            people = self.scores[inside].astype(np.float64)
            population = self.population[inside]
            populations = []
            for kind in np.unique(population):
                own = people[population == kind]
                populations.append((_Tail.of(own, np.ones(len(own))), len(own)))
            tails[k] = _Tail.of(people, weight), len(people), populations
        return tails


@dataclass(frozen=True)
class _Tail:
    """Weighted share of people at or above each score.

    Attributes
    ----------
    scores : ndarray of float64
        People's, negated, rising.
    reached : ndarray of float64
        Share of their weight that the first so many of them have.
    """

    scores: F64
    reached: F64

    @classmethod
    def of(cls, people: F64, weight: F64) -> _Tail:
        order = np.argsort(-people, kind="stable")
        return cls(-people[order], np.append(0.0, np.cumsum(weight[order])) / weight.sum())

    def __call__(self, scores: F64) -> F64:
        return self.reached[np.searchsorted(self.scores, -scores, side="right")]


def expected_calibration_error(
    probability: npt.NDArray[Any], degraded: Sequence[bool] | npt.NDArray[Any], bins: int = 15
) -> float:
    """Mean gap between stated probability and observed share over equal-width bins (Naeini et al. 2015)."""
    p, y = np.asarray(probability, float), np.asarray(degraded, float)
    which = np.minimum((p * bins).astype(int), bins - 1)
    n = np.bincount(which, minlength=bins)
    gap = np.abs(np.bincount(which, p, minlength=bins) - np.bincount(which, y, minlength=bins))
    return float(gap.sum() / max(n.sum(), 1))
