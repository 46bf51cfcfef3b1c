"""The pair model: linear models that turn the features of a pair into probabilities. ``mtdetect.training.pairs`` fits them.

Whether there is a copy and how it was made are logistic regressions. Which text is the copy is a weighted sum of differences without an
intercept, so swapping the texts changes its sign. Methods leave opposite traces: neural engines write more predictably than
people, spinners and rule-based engines less. So there is one such sum for each method, weighted by the method's probability.
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
from mtdetect.errors import ModelError
from mtdetect.text.arrays import F64

METHODS = ("neural", "rules", "spinning", "editing")
"""How a copy can be made: neural translation, rule-based translation, synonym spinning, editing by a person."""

DIRECTED = METHODS[:3]
"""Methods that leave traces by which the copy can be recognised."""

CLIP = 4.0
"""Largest absolute value of a scaled difference."""

MOSTLY = 0.7
"""``Alignment.kept`` above which translation is ruled out. It is higher in 0 of 5,000 translations, in 17 of 4,809 round trips, and in at least
two thirds of edited texts. With it, 5 of 400 pages that quote a quarter to a half of an article among other sentences are
called translations; 12 would be if ``kept`` did not weigh aligned sentences by their similarity."""

_CHANGED = KIND.index("changed")
_CROSSED = [
    KIND.index(name) for name in ("replaced_one_by_one", "substitutes", "function_changed", "moved", "uneven")
]
"""Columns of ``KIND`` that are multiplied by ``changed``."""


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
        The last column holds the intercepts.
    gram_weights : ndarray of int8, shape (len(DIRECTED), 2**BITS)
        Quantised weights of hashed n-grams.
    gram_steps : ndarray of float64, shape (len(DIRECTED),)
        Quantisation step of each row of them.
    direction_scale : ndarray, shape (len(DIRECTED), m)
        Root mean square of the differences.
    direction_weights : ndarray, shape (len(DIRECTED), m)
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
            columns = [list(COPY), list(KIND), list(DIRECTION), list(DENSE), BITS]
            if manifest["columns"] != columns:
                raise ModelError(f"{folder}: measures other columns than this version; train again")
        except KeyError as error:
            raise ModelError(f"{folder}: the model lacks {error}; reinstall or train again") from error
        plain = {k: np.array(a) for k, a in own.items() if k != "gram_weights"}
        return cls(
            **plain,
            gram_weights=own["gram_weights"],
            digest=artifacts.sha256(folder / "manifest.json"),
        )

    def copy_odds(self, copy: F64) -> float:
        """Log-odds that one text is a copy of the other, from the columns of ``COPY``."""
        return _linear(_scaled(copy, self.copy_scale), self.copy_weights)

    def related_odds(self, copy: F64) -> float:
        """Log-odds that the texts share a subject if neither is a copy, from the columns of ``COPY``."""
        return _linear(_scaled(copy, self.copy_scale), self.related_weights)

    def methods(self, kind: F64, kept: float) -> F64:
        """Probability of each of ``METHODS``, given that there is a copy.

        Parameters
        ----------
        kind : ndarray, shape (len(KIND),)
            Columns of ``KIND``.
        kept : float
            ``Alignment.kept`` of the pair.

        Returns
        -------
        ndarray, shape (len(METHODS),)
        """
        columns = _scaled(crossed(kind), self.kind_scale)
        odds = self.kind_weights[:, :-1] @ columns + self.kind_weights[:, -1]
        share = np.exp(odds - odds.max())
        if kept > MOSTLY:
            share[[METHODS.index("neural"), METHODS.index("rules")]] = 0.0
        return np.asarray(share / share.sum())

    def direction_odds(self, measures: Measures, style: F64, methods: F64) -> float:
        """Log-odds that the suspect is the copy; swapping the texts changes the sign.

        Parameters
        ----------
        measures : Measures
            Features of the pair.
        style : ndarray, shape (len(DENSE),)
            Style features of the suspect minus those of the original.
        methods : ndarray, shape (len(METHODS),)
            Probabilities from :meth:`methods`.
        """
        grams = self.gram_weights[:, measures.grams].astype(np.float64) @ measures.excess * self.gram_steps
        odds = [
            float(
                scaled_differences(grams[k], measures, style, self.direction_scale[k])
                @ self.direction_weights[k]
            )
            for k in range(len(DIRECTED))
        ]
        share = methods[: len(DIRECTED)] / max(float(methods[: len(DIRECTED)].sum()), 1e-9)
        return float(share @ np.array(odds))


def crossed(kind: F64) -> F64:
    """The columns of ``KIND``, their squares, and products with ``changed``."""
    products = kind[..., [_CHANGED]] * kind[..., _CROSSED]
    return np.concatenate([kind, kind**2, products], axis=-1)


def differences(grams: float, measures: Measures, style: F64) -> F64:
    """Inputs of a direction model: the score of the n-grams and style, each also scaled by length, and ``DIRECTION``."""
    style = np.nan_to_num(style, posinf=0.0, neginf=0.0)
    length = float(np.log1p(measures.size)) / 3
    return np.concatenate([[grams, grams * measures.size / 20], measures.direction, style, style * length])


def scaled_differences(grams: float, measures: Measures, style: F64, scale: F64) -> F64:
    """The same divided by ``scale`` and clipped to ``CLIP``."""
    return np.clip(differences(grams, measures, style) / scale, -CLIP, CLIP)


def _scaled(row: F64, scale: F64) -> F64:
    return np.asarray((row - scale[0]) / scale[1])


def _linear(row: F64, weights: F64) -> float:
    return float(row @ weights[:-1] + weights[-1])


def probability(odds: float) -> float:
    """Probability for log-odds."""
    return float(1 / (1 + np.exp(-np.clip(odds, -30, 30))))


@lru_cache(maxsize=4)
def load_pairs(folder: Path | None = None) -> PairModel:
    """Load the pair model, once per folder.

    Parameters
    ----------
    folder : Path, optional
        Folder of the model; the shipped one by default.
    """
    return PairModel.load(folder or shipped_folder())


def shipped_folder() -> Path:
    """Folder of the shipped pair model, which also holds the search model of originals."""
    from mtdetect import trained

    return Path(str(trained.__file__)).parent / "pairs"


def arrays_of(model: PairModel) -> dict[str, npt.NDArray[Any]]:
    """Arrays of a model by name, as they are stored."""
    return {f.name: getattr(model, f.name) for f in fields(model) if f.name != "digest"}
