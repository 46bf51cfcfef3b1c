"""The pair model: linear models that turn the features of a pair into probabilities. ``mtdetect.training.pairs`` fits them.

Whether there is a copy is a logistic regression. How it was made and which text it is, is one multinomial regression: its classes are the
methods, each with either of the two texts as the copy. Methods leave opposite traces. Engines write more predictably than people,
spinners less; language models write longer words, engines shorter ones. So the difference of the texts says how
the copy was made if it is known which one it is, and the reverse; the regression weighs all cases at once.
Weights of differences have opposite signs in the two classes of a method, so swapping the texts swaps the classes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect import artifacts
from mtdetect.comparison.measures import BITS, COPY, DENSE, DIRECTION, KIND, Measures
from mtdetect.comparison.style_counts import COUNTS
from mtdetect.errors import ModelError
from mtdetect.text.arrays import F64

METHODS = ("neural", "rules", "spinning", "rewriting", "editing")
"""How a copy can be made: neural translation, rule-based translation, synonym spinning, rewriting by a language model, editing by a person."""

DIRECTED = METHODS[:4]
"""Methods that leave traces by which the copy can be recognised."""

CLIP = 4.0
"""Largest absolute value of a scaled column."""

MOSTLY = 0.7
"""``Alignment.kept`` above which translation is ruled out. It is higher in 0 of 5,000 translations, in 17 of 4,809 round trips, and in at least
two thirds of edited texts. With it, 5 of 400 pages that quote a quarter to a half of an article among other sentences are
called translations; 12 would be if ``kept`` did not weigh aligned sentences by their similarity."""

_CHANGED = KIND.index("changed")
_CROSSED = [
    KIND.index(name) for name in ("replaced_one_by_one", "substitutes", "function_changed", "moved", "uneven")
]
"""Columns of ``KIND`` that are multiplied by ``changed``."""

_OF_COPY = [
    COPY.index(name) for name in ("link_similarity", "five_grams", "three_grams", "order", "length_ratio")
]
"""Columns of ``COPY`` that tell the methods apart, too. The length of the texts does not belong there: it shows the training set."""


@dataclass(frozen=True)
class PairModel:
    """Weights of the pair model.

    Attributes
    ----------
    copy_scale, kind_scale : ndarray, shape (2, n)
        Mean and standard deviation of the columns.
    copy_weights, related_weights : ndarray, shape (len(COPY) + 1,)
        The last one is the intercept.
    kind_weights : ndarray, shape (len(METHODS), n + 1)
        Weights of what is the same in both orders of the texts. The last column holds the intercepts.
    gram_weights : ndarray of int8, shape (len(DIRECTED), 2**BITS)
        Quantised weights of hashed n-grams.
    gram_steps : ndarray of float64, shape (len(DIRECTED),)
        Quantisation step of each row of them.
    direction_scale : ndarray, shape (m,)
        Root mean square of the differences.
    direction_weights : ndarray, shape (len(DIRECTED), m)
        Weights of the differences where the suspect is the copy.
    direction_slope : ndarray, shape (1,)
        Factor of the log-odds of the direction that calibrates them.
    thresholds : ndarray, shape (2,)
        Log-odds from which a pair is called a copy, and absolute log-odds from which a direction is given.
    digest : str
        SHA-256 of the manifest.
    """

    copy_scale: F64
    copy_weights: F64
    related_weights: F64
    kind_scale: F64
    kind_weights: F64
    gram_weights: npt.NDArray[np.int8]
    gram_steps: F64
    direction_scale: F64
    direction_weights: F64
    direction_slope: F64
    thresholds: F64
    digest: str = field(default="", compare=False)

    @classmethod
    def load(cls, folder: Path) -> PairModel:
        """Load a model that :func:`mtdetect.training.pairs.fit_pairs` wrote.

        Parameters
        ----------
        folder : Path
            Folder of the model.

        Raises
        ------
        ModelError
            If it is missing, damaged, or made by another version.
        """
        arrays, manifest = artifacts.read(folder, verify=True)
        try:
            own = {f.name: arrays[f.name] for f in fields(cls) if f.name != "digest"}
            columns = [list(COPY), list(KIND), list(DIRECTION), list(DENSE), list(COUNTS), BITS]
            if manifest["columns"] != columns:
                raise ModelError(f"{folder}: measures other columns than this version; train again")
        except KeyError as error:
            raise ModelError(f"{folder}: the model lacks {error}; reinstall or train again") from error
        plain = {k: np.array(a) for k, a in own.items() if k != "gram_weights"}
        return cls(
            **plain,
            gram_weights=own["gram_weights"],
            digest=artifacts.sha256(folder / artifacts.MANIFEST),
        )

    def copy_odds(self, copy: F64) -> float:
        """Log-odds that one text is a copy of the other, from the columns of ``COPY``.

        Parameters
        ----------
        copy : ndarray of float64, shape (len(COPY),)
            Of the pair (:attr:`mtdetect.comparison.measures.Measures.copy`).
        """
        return _linear(_scaled(copy, self.copy_scale), self.copy_weights)

    def related_odds(self, copy: F64) -> float:
        """Log-odds that the texts share a subject if neither is a copy, from the columns of ``COPY``.

        Parameters as for :meth:`mtdetect.comparison.model.PairModel.copy_odds`.
        """
        return _linear(_scaled(copy, self.copy_scale), self.related_weights)

    def making(self, measures: Measures, style: F64, kept: float) -> Making:
        """How a copy was made, and which of the two texts it is.

        Parameters
        ----------
        measures : Measures
            Features of the pair.
        style : ndarray, shape (len(DENSE),)
            Style features of the suspect minus those of the original.
        kept : float
            ``Alignment.kept`` of the pair.
        """
        grams = self.gram_weights[:, measures.grams].astype(np.float64) @ measures.excess * self.gram_steps
        same = _scaled(symmetric(measures), self.kind_scale)
        differ = scaled_differences(grams, measures, style, self.direction_scale)
        shares = class_probabilities(
            self.kind_weights[:, :-1] @ same + self.kind_weights[:, -1], self.direction_weights @ differ
        )
        if kept > MOSTLY:
            shares[:, [METHODS.index("neural"), METHODS.index("rules")]] = 0.0
            shares /= shares.sum()
        suspect, original = np.log(np.maximum(shares.sum(axis=1), 1e-300))
        odds = float(suspect - original)
        return Making(shares.sum(axis=0), float(self.direction_slope[0]) * odds, shares)


@dataclass(frozen=True, slots=True)
class Making:
    """How a copy was made.

    Attributes
    ----------
    methods : ndarray, shape (len(METHODS),)
        Probability of each method, given that there is a copy.
    direction_odds : float
        Log-odds that the suspect, not the original, is the copy; swapping the texts changes the sign.
    classes : ndarray, shape (2, len(METHODS))
        Probability of each direction and method: the suspect is the copy; the original is.
    """

    methods: F64
    direction_odds: float
    classes: F64


def class_probabilities(same: F64, differ: F64, given: F64 | float = 0.0) -> F64:
    """Probabilities of methods and directions.

    Parameters
    ----------
    same : ndarray, shape (..., len(METHODS))
        Weighted sums of what is the same in both orders of the texts.
    differ : ndarray, shape (..., len(DIRECTED))
        Weighted sums of the differences.
    given : ndarray, shape (..., 2, len(METHODS)), optional
        Log-probabilities to start from.

    Returns
    -------
    ndarray, shape (..., 2, len(METHODS))
        The suspect is the copy; the original is. A method without a direction has half its probability in each.
    """
    logits = given + np.stack([same, same], axis=-2)
    logits[..., 0, : len(DIRECTED)] += differ
    logits[..., 1, : len(DIRECTED)] -= differ
    shares = np.exp(logits - logits.max(axis=(-2, -1), keepdims=True))
    return np.asarray(shares / shares.sum(axis=(-2, -1), keepdims=True))


def symmetric(measures: Measures) -> F64:
    """Columns that are the same in both orders: ``KIND``, their squares, products with ``changed``, and some of ``COPY``.

    Parameters
    ----------
    measures : Measures
        Features of a pair.

    Returns
    -------
    ndarray of float64, shape (n,)
        Neither scaled nor clipped; ``n`` as for :attr:`mtdetect.comparison.model.PairModel.kind_scale`.
    """
    kind = measures.kind
    return np.concatenate([kind, kind**2, kind[_CHANGED] * kind[_CROSSED], measures.copy[_OF_COPY]])


def differences(grams: F64, measures: Measures, style: F64) -> F64:
    """Columns whose sign changes if the texts are swapped: scores of the n-grams (also scaled by length), ``DIRECTION``, style and counts.

    Parameters
    ----------
    grams : ndarray of float64, shape (len(DIRECTED),)
        Score of the pair's n-grams for each method, with the weights of n-grams multiplied by their quantisation steps.
    measures : Measures
        Features of the pair.
    style : ndarray of float64, shape (len(DENSE),)
        Style features of the suspect minus those of the original; NaN and infinite values count as 0.

    Returns
    -------
    ndarray of float64, shape (m,)
        ``m`` as for :attr:`mtdetect.comparison.model.PairModel.direction_scale`.
    """
    style = np.nan_to_num(style, posinf=0.0, neginf=0.0)
    return np.concatenate([grams, grams * measures.size / 20, measures.direction, style, measures.counts])


def scaled_differences(grams: F64, measures: Measures, style: F64, scale: F64) -> F64:
    """The same divided by ``scale`` and clipped to ``CLIP``.

    Parameters
    ----------
    grams, measures, style
        As for :func:`mtdetect.comparison.model.differences`.
    scale : ndarray of float64, shape (m,)
        Root mean square of each column.

    Returns
    -------
    ndarray of float64, shape (m,)
        From ``-CLIP`` to ``CLIP``.
    """
    return np.clip(differences(grams, measures, style) / scale, -CLIP, CLIP)


def _scaled(row: F64, scale: F64) -> F64:
    """The columns standardised, and clipped: a value far outside the range of the training pairs (a page beside a book) must not decide alone."""
    return np.clip((row - scale[0]) / scale[1], -CLIP, CLIP)


def _linear(row: F64, weights: F64) -> float:
    return float(row @ weights[:-1] + weights[-1])


def probability(odds: float) -> float:
    """Probability for log-odds.

    Parameters
    ----------
    odds : float
        Natural logarithm of the odds; beyond -30 and 30 it counts as -30 and 30.
    """
    return float(1 / (1 + np.exp(-np.clip(odds, -30, 30))))


@lru_cache(maxsize=1)
def load_pairs() -> PairModel:
    """Load the shipped pair model, once."""
    return PairModel.load(shipped_pairs_folder())


def shipped_pairs_folder() -> Path:
    """Folder of the shipped pair model, which also holds the search model of originals."""
    from mtdetect import trained

    return Path(str(trained.__file__)).parent / "pairs"


def arrays_of(model: PairModel) -> dict[str, npt.NDArray[Any]]:
    """Arrays of a model by name, as they are stored.

    Parameters
    ----------
    model : PairModel
        The model to be stored; its ``digest`` is left out.
    """
    return {f.name: getattr(model, f.name) for f in fields(model) if f.name != "digest"}
