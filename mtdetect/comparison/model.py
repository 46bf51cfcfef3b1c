"""What is concluded from the figures of a pair: linear models in plain arrays, made by ``mtdetect.training.pairs``.

Whether a pair is a copy and what made it are logistic regressions. Which of the two is the copy is a sum of differences without a
constant, so that turning the pair round turns the answer. Engines of different kinds leave opposite marks — neural engines
write more predictably than people, spinners and rule-based engines less so — so there is one such sum for each, weighted
by how likely that kind is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect import artifacts
from mtdetect.comparison.measures import BITS, COPY, DENSE, KIND, PLACES, Measures
from mtdetect.errors import ModelError
from mtdetect.text.arrays import F64

MAKERS = ("neural", "rules", "spinning", "desk")
"""What can stand between a text and its copy: two kinds of engine, a spinner, an editor."""

DIRECTED = MAKERS[:3]
"""Those that leave marks which tell the copy."""

CLIP = 4.0
"""A difference counts up to so many times its usual size."""

MOSTLY = 0.7
"""``Alignment.kept`` above which no translating engine stands between: it is higher in none of 5,000 translations and 17 of 4,809
round trips, and in at least two of three texts that a desk has edited. Of 400 pages that quote a quarter to a half of an article among other people's sentences it
leaves 5 that are taken for translations, 12 if aligned sentences count alike however little they agree."""

FOLDER = "pairs"


@dataclass(frozen=True)
class PairModel:
    """The models of a pair.

    Attributes
    ----------
    copy_scale, kind_scale : ndarray, shape (2, n)
        Mean and spread of the columns.
    copy_weights, related_weights : ndarray, shape (len(COPY) + 1,)
        The last is the constant.
    kind_weights : ndarray, shape (len(MAKERS), n + 1)
    gram_weights : ndarray of int8, shape (len(DIRECTED), 2**BITS)
    gram_steps : ndarray of float64, shape (len(DIRECTED),)
        What one unit of them is worth.
    direction_scale : ndarray, shape (len(DIRECTED), m)
        Usual size of the differences.
    direction_weights : ndarray, shape (len(DIRECTED), m)
    thresholds : ndarray, shape (2,)
        Log-odds from which a pair is a copy, and a direction is given.
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
        """Load what :func:`mtdetect.training.pairs.fit_pairs` has written.

        Raises
        ------
        ModelError
            If it is missing, damaged, or made by another version.
        """
        arrays, manifest = artifacts.read(folder, verify=True)
        try:
            own = {f.name: arrays[f.name] for f in fields(cls) if f.name != "digest"}
            columns = [list(COPY), list(KIND), list(PLACES), list(DENSE), BITS]
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
        """Log-odds that one of the texts is a copy, from the columns of ``COPY``."""
        return _linear(_scaled(copy, self.copy_scale), self.copy_weights)

    def related_odds(self, copy: F64) -> float:
        """Log-odds that texts which are no copies have their subject in common, from the columns of ``COPY``."""
        return _linear(_scaled(copy, self.copy_scale), self.related_weights)

    def makers(self, kind: F64, kept: float) -> F64:
        """Probability of each of ``MAKERS``, given that there is a copy.

        Parameters
        ----------
        kind : ndarray, shape (len(KIND),)
            Columns of the pair.
        kept : float
            Share of what is aligned that is identical (``Alignment.kept``).
        """
        columns = _scaled(crossed(kind), self.kind_scale)
        odds = self.kind_weights[:, :-1] @ columns + self.kind_weights[:, -1]
        share = np.exp(odds - odds.max())
        if kept > MOSTLY:
            share[[MAKERS.index("neural"), MAKERS.index("rules")]] = 0.0
        return np.asarray(share / share.sum())

    def direction_odds(self, measures: Measures, style: F64, makers: F64) -> float:
        """Log-odds that the suspect is the copy; the sign turns with the pair.

        Parameters
        ----------
        measures : Measures
            Of the pair.
        style : ndarray, shape (len(DENSE),)
            Style of the suspect less that of the original.
        makers : ndarray, shape (len(MAKERS),)
            As :meth:`makers` gives them.
        """
        grams = self.gram_weights[:, measures.grams].astype(np.float64) @ measures.excess * self.gram_steps
        odds = [
            float(
                scaled_differences(grams[k], measures, style, self.direction_scale[k])
                @ self.direction_weights[k]
            )
            for k in range(len(DIRECTED))
        ]
        share = makers[: len(DIRECTED)] / max(float(makers[: len(DIRECTED)].sum()), 1e-9)
        return float(share @ np.array(odds))


def crossed(kind: F64) -> F64:
    """The columns of ``KIND`` with their squares and with their products by how much was changed."""
    return np.concatenate([kind, kind**2, kind[..., 1:2] * kind[..., 2:7]], axis=-1)


def differences(grams: float, measures: Measures, style: F64) -> F64:
    """All differences of a pair: n-grams, places, style; and again by the length of what was compared."""
    style = np.nan_to_num(style, posinf=0.0, neginf=0.0)
    length = float(np.log1p(measures.size)) / 3
    return np.concatenate([[grams, grams * measures.size / 20], measures.places, style, style * length])


def scaled_differences(grams: float, measures: Measures, style: F64, scale: F64) -> F64:
    """The same in units of their usual size, none beyond ``CLIP``."""
    return np.clip(differences(grams, measures, style) / scale, -CLIP, CLIP)


def _scaled(row: F64, scale: F64) -> F64:
    return np.asarray((row - scale[0]) / scale[1])


def _linear(row: F64, weights: F64) -> float:
    return float(row @ weights[:-1] + weights[-1])


def probability(odds: float) -> float:
    """Probability behind log-odds."""
    return float(1 / (1 + np.exp(-np.clip(odds, -30, 30))))


@lru_cache(maxsize=4)
def load_pairs(folder: Path | None = None) -> PairModel:
    """Load the model of pairs.

    Parameters
    ----------
    folder : Path, optional
        Where; the one that comes with the package if not given.
    """
    if folder is None:
        from mtdetect import trained

        folder = Path(str(trained.__file__)).parent / FOLDER
    return PairModel.load(folder)


def arrays_of(model: PairModel) -> dict[str, npt.NDArray[Any]]:
    """The arrays to write."""
    return {f.name: getattr(model, f.name) for f in fields(model) if f.name != "digest"}
