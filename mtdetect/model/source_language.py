"""Source language: which language machine-translated English came from.

Translation engines carry over connectives, word order and prepositions of the source language. A multinomial logistic regression on
the hashed words and pairs of words of ``features.ngrams``, folded to fewer columns, ranks the languages it was trained on. A language that it was not
trained on is taken for a related one. In JSON and on disk the field is called ``pivot``.
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
"""Number of columns, as a power of two: the upper bits of an n-gram's key."""

LEAST_WORDS = 200
"""Shorter texts get no ranking."""

MOST_LANGUAGES = 5
"""Length of the ranking."""


@dataclass(frozen=True)
class SourceLanguageModel:
    """Ranks source languages.

    Attributes
    ----------
    languages : tuple of str
        ISO 639-1 codes.
    weights : ndarray of int8, shape (2**BITS, n_languages)
        Weights of the columns, in units of ``scale``.
    shifts : ndarray of float64, shape (n_languages,)
        Intercepts.
    scale : float
        Size of one unit, times the temperature that calibrates the probabilities.
    """

    languages: tuple[str, ...]
    weights: npt.NDArray[np.int8]
    shifts: F64
    scale: float

    @classmethod
    def load(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> SourceLanguageModel:
        """Read the model from an artifact.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            Arrays of the artifact; ``pivot_weights`` is read.
        facts : mapping
            Its manifest; the entry ``pivot`` is read.

        Raises
        ------
        KeyError
            If something is missing.
        """
        own = facts["pivot"]
        return cls(
            tuple(own["languages"]), arrays["pivot_weights"], np.array(own["shifts"]), float(own["scale"])
        )

    def guess(self, keys: I64, words: int) -> tuple[PivotGuess, ...]:
        """Rank the languages of one text, most probable first.

        Parameters
        ----------
        keys : ndarray of int64
            Hashed words and pairs of words of the text, with repetitions (``ngrams.hashed``).
        words : int
            Its length.

        Returns
        -------
        tuple of PivotGuess
            Empty for a text of fewer than ``LEAST_WORDS`` words.
        """
        return self.guess_many([keys], [words])[0]

    def guess_many(self, keys: Sequence[I64], words: Sequence[int]) -> list[tuple[PivotGuess, ...]]:
        """Rank the languages of several texts at once.

        Parameters
        ----------
        keys : sequence of ndarray of int64
            Hashed words and pairs of words of each text, as for :meth:`guess`.
        words : sequence of int
            Length of each text, in words.

        Returns
        -------
        list of tuple of PivotGuess
            For each text what :meth:`guess` gives.
        """
        long = [k for k, count in enumerate(words) if count >= LEAST_WORDS]
        guesses: list[tuple[PivotGuess, ...]] = [()] * len(words)
        if not long:
            return guesses
        sizes = [len(keys[k]) for k in long]
        first = np.append(0, np.cumsum(sizes))
        every = np.concatenate([keys[k] for k in long])
        at, count = distinct(np.repeat(np.arange(len(long)) << ngrams.KEY_BITS, sizes) | every, first)
        rows = self.weights.take(folded(every.take(at)), axis=0)
        for k, (begin, end) in zip(
            long, itertools.pairwise(np.searchsorted(at, first).tolist()), strict=True
        ):
            value = ngrams.damped(count[begin:end], np.full(end - begin, words[k]))
            logits = value @ rows[begin:end] * self.scale + self.shifts
            chance = np.exp(logits - logits.max())
            chance /= chance.sum()
            best = np.argsort(-chance, kind="stable")[:MOST_LANGUAGES]
            guesses[k] = tuple(PivotGuess(self.languages[j], float(chance[j])) for j in best.tolist())
        return guesses


def folded(keys: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Convert keys of ``features.ngrams`` to columns of this model.

    Parameters
    ----------
    keys : ndarray of int64
        Of any shape.

    Returns
    -------
    ndarray of int64
        Of the same shape, from 0 to ``2**BITS - 1``.
    """
    return keys >> (ngrams.KEY_BITS - BITS)
