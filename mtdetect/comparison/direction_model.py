"""The model of directions for pairs about which a translation engine was asked. ``mtdetect.training.directions`` fits it.

It starts from the log-probabilities that the pair model gives each method and direction, and adds linear terms in what the engine says: of
the mean of both texts, which tells the methods apart, and of their difference, which tells the direction. The difference weighs
differently for each method: an engine would have written what engines translate, and would not have written what spinners do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mtdetect import artifacts
from mtdetect.comparison import consulting
from mtdetect.comparison.alignment import Alignment
from mtdetect.comparison.model import CLIP, METHODS, Making, class_probabilities
from mtdetect.errors import ModelError
from mtdetect.features.retranslation import asking, columns
from mtdetect.features.retranslation.asking import TextScores
from mtdetect.features.retranslation.engine import Engine
from mtdetect.text.arrays import F64, Mask

DIRECTIONS = "directions"
"""Folder of this model, beside that of the pair model."""

OF_VERSIONS = ("log_probability", "gap", "first", "tokens")
"""Columns of the differences that compare each sentence with its counterpart, on a scale from -1 to 1, and the texts' lengths in tokens."""

DIFFERENCES = (
    *(f"text.{name}" for name in columns.NAMES),
    *(f"versions.{name}" for name in OF_VERSIONS),
)
"""Columns whose sign changes if the texts are swapped."""

BY_RULES = 0.3
"""Probability of rule-based translation by the pair model from which the engine is not asked: to it such copies are as improbable as spun text. It is reached by
80 % of round trips by Apertium and by 2 to 8 % of those by neural engines."""

LEAST_SHARE = 1e-6
"""Smallest probability of a method and direction by the pair model that counts."""

MUCH = 100
"""Tokens of each text from which the answers say much. Out-of-fold, log-odds from fewer tokens have to be multiplied by 0.7 to 0.9, from
more by 1.0 to 1.2."""

CONSTANTS: dict[str, Any] = {
    "asking.ANSWERS": asking.ANSWERS,
    "asking.LONGEST": asking.LONGEST,
    "columns.BANDS": list(columns.BANDS),
    "columns.CLIP": columns.CLIP,
    "columns.LEAST": columns.LEAST,
    "consulting.MOST_WORDS": consulting.MOST_WORDS,
    "direction_model.BY_RULES": BY_RULES,
    "direction_model.LEAST_SHARE": LEAST_SHARE,
    "direction_model.MUCH": MUCH,
    "model.CLIP": CLIP,
}
"""Numbers that shape what was learnt and stand in no name of a column. Training writes them into the manifest, loading compares them."""


@dataclass(frozen=True)
class DirectionModel:
    """Weights of the model of directions.

    Attributes
    ----------
    trust : ndarray, shape (1,)
        Factor of the log-probabilities of the pair model.
    fill : ndarray, shape (len(columns.NAMES),)
        Means that stand in for what cannot be measured.
    same_scale : ndarray, shape (2, len(columns.NAMES))
        Mean and standard deviation of the means of both texts.
    same_weights : ndarray, shape (len(METHODS), len(columns.NAMES) + 1)
        Their weights; the last column holds the intercepts.
    differ_scale : ndarray, shape (len(DIFFERENCES),)
        Root mean square of the differences.
    differ_weights : ndarray, shape (len(DIRECTED), len(DIFFERENCES))
        Their weights where the suspect is the copy.
    slopes : ndarray, shape (2,)
        Factors of the log-odds that calibrate them, where the engine was asked about fewer than :data:`MUCH` tokens, and about more.
    thresholds : ndarray, shape (3,)
        Absolute log-odds from which a direction is given: of copies that the pair model takes for rewritten by a language model, and of
        others; and, of the pair model alone, those from which ``auto`` does not ask the engine.
    """

    trust: F64
    fill: F64
    same_scale: F64
    same_weights: F64
    differ_scale: F64
    differ_weights: F64
    slopes: F64
    thresholds: F64
    digest: str = field(default="", compare=False)

    def threshold(self, methods: F64) -> float:
        """Absolute log-odds from which a direction is given.

        Parameters
        ----------
        methods : ndarray, shape (len(METHODS),)
            Probabilities of the methods by the pair model.
        """
        return float(self.thresholds[0 if methods.argmax() == METHODS.index("rewriting") else 1])

    @property
    def sure(self) -> float:
        """Absolute log-odds of the pair model from which ``auto`` does not ask the engine."""
        return float(self.thresholds[2])

    def direction_odds(self, classes: F64, answers: tuple[TextScores, TextScores]) -> float:
        """Log-odds that the suspect, not the original, is the copy.

        Parameters
        ----------
        classes : ndarray, shape (2, len(METHODS))
            What the pair model says of each direction and method (:attr:`mtdetect.comparison.model.Making.classes`).
        answers : tuple of TextScores
            What the engine says of the aligned sentences of the suspect and of the original.
        """
        same, differ = measure(answers)
        shares = class_probabilities(
            scaled_means(same, self.fill, self.same_scale) @ self.same_weights.T,
            scaled_differences(differ, self.differ_scale) @ self.differ_weights.T,
            self.trust[0] * log_shares(classes),
        )
        return float(self.slopes[int(tokens_of(answers) >= MUCH)]) * float(odds_of(shares))


class Opinion(NamedTuple):
    """What a consultation says of a direction.

    Attributes
    ----------
    odds : float
        Log-odds that the suspect, not the original, is the copy.
    threshold : float
        Absolute log-odds from which the direction is given.
    """

    odds: float
    threshold: float


@dataclass(frozen=True)
class Consultation:
    """How a translation engine is consulted about directions.

    Attributes
    ----------
    model : DirectionModel
        Judges its answers.
    engine : callable
        Gives the engine, which is loaded only if it is asked.
    always : bool
        Whether it is asked about every copy, or only where that can change the answer.
    """

    model: DirectionModel
    engine: Callable[[], Engine]
    always: bool = False

    def opinion(self, making: Making, alignment: Alignment) -> Opinion | None:
        """What follows from the answers of the engine; None if it was not asked.

        It is never asked about what looks like the work of a rule-based engine.

        Parameters
        ----------
        making : Making
            What the pair model says.
        alignment : Alignment
            Of the two texts.
        """
        if by_rules(making.methods):
            return None
        if not self.always and abs(making.direction_odds) >= self.model.sure:
            return None
        versions = consulting.choose(alignment)
        if not versions.suspect:
            return None
        (answers,) = consulting.ask([versions], self.engine())
        return Opinion(
            self.model.direction_odds(making.classes, answers), self.model.threshold(making.methods)
        )


def measure(answers: tuple[TextScores, TextScores]) -> tuple[F64, F64]:
    """Measure what the engine says of two texts.

    Parameters
    ----------
    answers : tuple of TextScores
        From :func:`mtdetect.comparison.consulting.ask`.

    Returns
    -------
    same : ndarray of float64, shape (len(columns.NAMES),)
        Means of the columns of both texts, NaN for what cannot be measured.
    differ : ndarray of float64, shape (len(DIFFERENCES),)
        Columns of the suspect minus those of the original; 0 for what cannot be measured.
    """
    suspect, original = columns.measure(answers)
    versions = np.array(
        [
            [one.log_probability.mean(), np.minimum(one.best - one.log_probability, columns.CLIP).mean(), np.mean(one.rank == 0), len(one.ids)]
            for one in (*answers[0].sentences, *answers[1].sentences)
        ],
        np.float64,
    )  # fmt: skip
    ours, theirs = np.split(versions, 2)
    log_probability, gap, first, _ = np.tanh(ours - theirs).mean(axis=0)
    tokens = np.log(ours[:, 3].sum() / theirs[:, 3].sum())
    differences = np.append(suspect - original, [log_probability, gap, first, tokens])
    return (suspect + original) / 2, np.nan_to_num(differences)


def by_rules(methods: F64) -> Mask:
    """Whether copies look like the work of a rule-based engine, from the probabilities of methods.

    Parameters
    ----------
    methods : ndarray of float64, shape (..., len(METHODS))
        Probabilities of the methods by the pair model (:attr:`mtdetect.comparison.model.Making.methods`).

    Returns
    -------
    ndarray of bool, shape (...)
        Whether the probability of ``rules`` is at least :data:`BY_RULES`.
    """
    return np.asarray(methods[..., METHODS.index("rules")] >= BY_RULES)


def tokens_of(answers: tuple[TextScores, TextScores]) -> float:
    """Mean number of tokens of both texts that the engine was asked about.

    Parameters
    ----------
    answers : tuple of TextScores
        What the engine says of the suspect and of the original.
    """
    return sum(len(one.ids) for side in answers for one in side.sentences) / 2


def log_shares(classes: F64) -> F64:
    """Log-probabilities of methods and directions by the pair model.

    Parameters
    ----------
    classes : ndarray of float64, shape (..., 2, len(METHODS))
        Probabilities of each direction and method (:attr:`mtdetect.comparison.model.Making.classes`).

    Returns
    -------
    ndarray of float64, shape (..., 2, len(METHODS))
        Natural logarithms; of probabilities below :data:`LEAST_SHARE`, that of :data:`LEAST_SHARE`.
    """
    return np.asarray(np.log(np.maximum(classes, LEAST_SHARE)))


def scaled_means(same: F64, fill: F64, scale: F64) -> F64:
    """Means with what is missing filled in, standardised, clipped, and a column of ones for the intercepts.

    Parameters
    ----------
    same : ndarray of float64, shape (..., len(columns.NAMES))
        Means of both texts from :func:`mtdetect.comparison.direction_model.measure`; NaN for what cannot be measured.
    fill : ndarray of float64, shape (len(columns.NAMES),)
        Value of each column that replaces NaN.
    scale : ndarray of float64, shape (2, len(columns.NAMES))
        Mean and standard deviation of each column.

    Returns
    -------
    ndarray of float64, shape (..., len(columns.NAMES) + 1)
        From ``-CLIP`` to ``CLIP``; the column of ones comes last.
    """
    full = np.where(np.isnan(same), fill, same)
    clipped = np.clip((full - scale[0]) / scale[1], -CLIP, CLIP)
    return np.concatenate([clipped, np.ones((*clipped.shape[:-1], 1))], axis=-1)


def scaled_differences(differ: F64, scale: F64) -> F64:
    """Differences divided by their scale, and clipped.

    Parameters
    ----------
    differ : ndarray of float64, shape (..., len(DIFFERENCES))
        Differences from :func:`mtdetect.comparison.direction_model.measure`.
    scale : ndarray of float64, shape (len(DIFFERENCES),)
        Root mean square of each column.

    Returns
    -------
    ndarray of float64, shape (..., len(DIFFERENCES))
        From ``-CLIP`` to ``CLIP``.
    """
    return np.asarray(np.clip(differ / scale, -CLIP, CLIP))


def odds_of(shares: F64) -> F64:
    """Log-odds of the direction from probabilities of methods and directions.

    Parameters
    ----------
    shares : ndarray of float64, shape (..., 2, len(METHODS))
        Probabilities from :func:`mtdetect.comparison.model.class_probabilities`.

    Returns
    -------
    ndarray of float64, shape (...)
        Positive if the suspect is more probably the copy; not calibrated yet.
    """
    either = np.log(np.maximum(shares.sum(axis=-1), 1e-300))
    return np.asarray(either[..., 0] - either[..., 1])


@lru_cache(maxsize=4)
def load_directions(folder: Path, pairs: str) -> DirectionModel | None:
    """Load the model of directions, if there is one for a pair model.

    Parameters
    ----------
    folder : Path
        Where ``mtdetect train --stage directions`` wrote it.
    pairs : str
        SHA-256 of the manifest of the pair model that it starts from.

    Returns
    -------
    DirectionModel or None
        None if the folder holds none, or one that belongs to another pair model.

    Raises
    ------
    ModelError
        If a file is missing or altered, or it was trained with other columns.
    """
    if not (folder / artifacts.MANIFEST).is_file():
        return None
    arrays, manifest = artifacts.read(folder, verify=True)
    if manifest.get("pairs") != pairs:
        return None
    if manifest.get("columns") != [list(columns.NAMES), list(DIFFERENCES), list(METHODS)]:
        raise ModelError(f"{folder}: measures other columns than this version; train again")
    artifacts.check_constants(folder, manifest, CONSTANTS)
    try:
        own = {f.name: np.array(arrays[f.name]) for f in fields(DirectionModel) if f.name != "digest"}
    except KeyError as error:
        raise ModelError(f"{folder}: the model lacks {error}; reinstall or train again") from error
    return DirectionModel(**own, digest=artifacts.sha256(folder / artifacts.MANIFEST))
