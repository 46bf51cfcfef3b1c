"""Pivot: the language that machine-translated English came through.

Engines carry over what a language is fond of: its connectives, its order of words, its prepositions. A multinomial logistic regression on
the hashed word n-grams of ``features.ngrams``, with fewer columns, ranks the languages it has learnt; a language outside them it
takes for a relative.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.features import ngrams
from mtdetect.text.arrays import F64, I64
from mtdetect.text.distinct import distinct
from mtdetect.verdict import PivotGuess

BITS = 15
"""Columns, as a power of two: the upper bits of the n-gram's."""

LEAST_WORDS = 200
TOLD = 5
"""Languages that are told, at most."""


@dataclass(frozen=True)
class Pivot:
    """Ranks languages.

    Attributes
    ----------
    languages : tuple of str
        ISO 639-1 codes.
    weights : ndarray of int8, shape (2**BITS, n_languages)
        In units of ``scale``.
    shifts : ndarray of float64, shape (n_languages,)
    scale : float
        With the temperature that makes probabilities of logits.
    """

    languages: tuple[str, ...]
    weights: npt.NDArray[np.int8]
    shifts: F64
    scale: float

    @classmethod
    def load(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Pivot:
        """Take the model out of an artefact."""
        own = facts["pivot"]
        return cls(
            tuple(own["languages"]), arrays["pivot_weights"], np.array(own["shifts"]), float(own["scale"])
        )

    def guess(self, columns: I64, words: int) -> tuple[PivotGuess, ...]:
        """Languages of one text, likeliest first.

        Parameters
        ----------
        columns : ndarray of int64
            Hashed n-grams of the text, one for each time they stand there (``ngrams.hashed``).
        words : int
            Its length.

        Returns
        -------
        tuple of PivotGuess
            None for a text of fewer than ``LEAST_WORDS`` words.
        """
        return self.guess_many([columns], [words])[0]

    def guess_many(self, columns: Sequence[I64], words: Sequence[int]) -> list[tuple[PivotGuess, ...]]:
        """Languages of several texts at once; for each of them the parameters and the answer are those of :meth:`guess`."""
        long = [k for k, count in enumerate(words) if count >= LEAST_WORDS]
        told: list[tuple[PivotGuess, ...]] = [()] * len(words)
        if not long:
            return told
        sizes = [len(columns[k]) for k in long]
        first = np.append(0, np.cumsum(sizes))
        every = np.concatenate([columns[k] for k in long])
        at, count = distinct(np.repeat(np.arange(len(long)) << ngrams.BITS, sizes) | every, first)
        damped = np.log2(1.0 + count)
        rows = self.weights.take(folded(every.take(at)), axis=0)
        for k, (begin, end) in zip(
            long, itertools.pairwise(np.searchsorted(at, first).tolist()), strict=True
        ):
            value = damped[begin:end] * ngrams.PER_WORDS / words[k]
            logits = value @ rows[begin:end] * self.scale + self.shifts
            chance = np.exp(logits - logits.max())
            chance /= chance.sum()
            best = np.argsort(-chance, kind="stable")[:TOLD]
            told[k] = tuple(PivotGuess(self.languages[j], float(chance[j])) for j in best.tolist())
        return told


def folded(columns: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Columns of this model for columns of ``features.ngrams``."""
    return columns >> (ngrams.BITS - BITS)
