"""The model that asks the translation engine: joint strengths of its columns and of the experts.

What an engine would have written is what machine-translated English is like. So the expert for translation gets a joint strength: its own, and a
logistic regression on the columns of :mod:`mtdetect.features.retranslation.columns`, less what the writing style lets one expect of it: plain prose is
easy to foresee. The other experts keep theirs: spun English is unlike what an engine would write, but so is the English of learners and old authors. Claims, log-odds and p-values then come as in
:mod:`mtdetect.model.classifier` and :mod:`mtdetect.model.calibration`, with a claim of translation and a calibration set of their own.

The calibration set belongs to the whole procedure: with ``auto`` the engine is asked about texts of which the model alone leaves a flag
possible, so calibration texts of which it does not are ranked below all others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect import artifacts
from mtdetect.errors import ModelError
from mtdetect.features.retranslation import asking, columns
from mtdetect.model import classifier
from mtdetect.model.calibration import Calibration
from mtdetect.model.classifier import EXPERTS, Classifier
from mtdetect.model.scoring import Scores
from mtdetect.text.arrays import F64, Mask
from mtdetect.text.segments import weighted
from mtdetect.verdict import SHORT, Mode

ASKED = 0.75
"""P-value, of the model alone, up to which ``auto`` asks the engine. With 0.3, 0.5, 0.75 and 1 it is asked about 34, 53, 76 and 100 % of the human texts of the
development sets and 81, 91, 98 and 100 % of the machines', and their mean AUC is 0.818, 0.823, 0.825 and 0.825. The shares found and flagged
at budgets of 1 and 5 % are the same with 0.5 and 1."""

TRANSLATION = EXPERTS.index("translation")
"""The expert that gets a joint strength."""

INPUTS = (
    *(f"strength.{name}" for name in EXPERTS),
    *(f"engine.{name}" for name in columns.NAMES),
    "length.log_words",
)
"""What the joint strength is computed from, in order."""

CONSTANTS: dict[str, Any] = {
    "asking.ANSWERS": asking.ANSWERS,
    "asking.MOST_WORDS": asking.MOST_WORDS,
    "asking.LONGEST": asking.LONGEST,
    "columns.BANDS": list(columns.BANDS),
    "columns.CLIP": columns.CLIP,
    "columns.LEAST": columns.LEAST,
    "retranslation.ASKED": ASKED,
}
"""Numbers that shape what was learnt and stand in no name of a column. Training writes them into the manifest, loading compares them."""


@dataclass(frozen=True)
class RetranslationModel:
    """The joint strength and its calibration.

    Attributes
    ----------
    fill : ndarray of float64, shape (len(INPUTS),)
        Stands in for what cannot be measured.
    weights : ndarray of float64, shape (len(INPUTS),)
    intercept : float
    style : ndarray of float64, shape (3, len(classifier.STYLE))
        As that of :class:`~mtdetect.model.classifier.Classifier`: what a writing style lets one expect of the engine's part of the joint strength.
    centers, spreads : ndarray of float64, shape (len(classifier.MIDDLES), len(EXPERTS))
    slopes : ndarray of float64, shape (len(EXPERTS), 1 + len(classifier.HINGES))
    shifts : ndarray of float64, shape (len(EXPERTS),)
        As those of :class:`~mtdetect.model.classifier.Classifier`.
    always, auto : Calibration
        Calibration set of each procedure.
    typical : ndarray of float64, shape (2,)
        Of the share of first choices in human texts, the quantiles 0.05 and 0.95.
    """

    fill: F64
    weights: F64
    intercept: float
    style: F64
    centers: F64
    spreads: F64
    slopes: F64
    shifts: F64
    always: Calibration
    auto: Calibration
    typical: F64

    def asks(self, p_values: F64, words: npt.NDArray[Any], mode: Mode) -> Mask:
        """Texts that the engine is asked about.

        Parameters
        ----------
        p_values : ndarray of float64, shape (n_texts,)
            Of the model alone.
        words : ndarray, shape (n_texts,)
            Lengths. Texts below ``verdict.SHORT`` are never asked about: no p-value of theirs would count.
        mode : str
            One of ``verdict.MODES``.
        """
        if mode == "never":
            return np.zeros(len(p_values), bool)
        long: Mask = np.asarray(words) >= SHORT
        return long if mode == "always" else long & (p_values <= ASKED)

    def experts(self, features: F64, experts: F64, measured: F64, words: npt.NDArray[Any]) -> F64:
        """Strengths with the engine's answers, shape (n_texts, len(EXPERTS)).

        Parameters
        ----------
        features : ndarray of float64, shape (n_texts, len(classifier.COLUMNS))
            Of the model alone.
        experts : ndarray of float64, shape (n_texts, len(EXPERTS))
            Strengths of the model alone.
        measured : ndarray of float64, shape (n_texts, len(columns.NAMES))
            As ``columns.measure`` gives them.
        words : ndarray, shape (n_texts,)
            Lengths.
        """
        x = inputs(experts, measured, words)
        x = np.where(np.isnan(x), self.fill, x)
        together = joined(experts, weighted(x, self.weights) + self.intercept)
        together = classifier.without_style(together, features, self.style, TRANSLATION)
        return classifier.relative(together, words, self.centers, self.spreads)

    def score(
        self, of_texts: Classifier, scores: Scores, measured: F64, words: npt.NDArray[Any], spun: F64
    ) -> Scores:
        """Scores of texts that the engine was asked about.

        Parameters
        ----------
        of_texts : Classifier
            Of the model alone.
        scores : Scores
            By the model alone.
        measured, words
            As for :meth:`experts`.
        spun : ndarray of float64, shape (n_texts,)
            As for :meth:`mtdetect.model.scoring.Model.score`.
        """
        own = replace(of_texts, slopes=self.slopes, shifts=self.shifts)
        experts = self.experts(scores.features, scores.experts, measured, words)
        return replace(
            scores,
            experts=experts,
            log_odds=own.log_odds(experts, spun),
            probabilities=own.probabilities(experts, spun),
        )

    def calibration(self, mode: Mode) -> Calibration:
        """Calibration set of ``auto`` or ``always``.

        Parameters
        ----------
        mode : str
            ``always``; any other gives the set of ``auto``.
        """
        return self.always if mode == "always" else self.auto


def inputs(experts: F64, measured: F64, words: npt.NDArray[Any]) -> F64:
    """What the joint strength is computed from, shape (n_texts, len(INPUTS)). Parameters as for :meth:`RetranslationModel.experts`."""
    return np.column_stack([experts, measured, np.log(np.maximum(words, 1))])


def joined(experts: F64, logits: F64) -> F64:
    """Strengths of all experts, but the joint logit of that for translation, shape (n_texts, len(EXPERTS)).

    Parameters
    ----------
    experts : ndarray of float64, shape (n_texts, len(EXPERTS))
        Strengths of the model alone; not changed.
    logits : ndarray of float64, shape (n_texts,)
        What takes the place of the strength for translation.
    """
    every = experts.copy()
    every[:, TRANSLATION] = logits
    return every


def calibration_sets(arrays: dict[str, Any]) -> tuple[Calibration, Calibration]:
    """Calibration sets of ``always`` and ``auto`` from the arrays of an artifact.

    Parameters
    ----------
    arrays : dict of str to ndarray
        Those whose names begin with ``calibration_`` are read.

    Returns
    -------
    always, auto : Calibration
        In that of ``auto`` the texts that the engine was not asked about have a score of minus infinity.

    Raises
    ------
    KeyError
        If one is missing.
    """
    scores, words, source, population, weight, asked = (
        np.array(arrays[f"calibration_{name}"])
        for name in ("scores", "words", "source", "population", "weight", "asked")
    )
    lowest = np.where(asked, scores, -np.inf).astype(np.float32)
    return (
        Calibration(scores, words, source, population, weight),
        Calibration(lowest, words, source, population, weight),
    )


def load(folder: Path, model: str) -> RetranslationModel:
    """Load the model.

    Parameters
    ----------
    folder : Path
        Where ``mtdetect train --stage retranslation`` wrote it.
    model : str
        SHA-256 of the manifest of the model whose experts are to be joined.

    Raises
    ------
    ModelError
        If a file is missing or altered, or it was trained with another model or other columns.
    """
    arrays, manifest = artifacts.read(folder, verify=True)
    if manifest.get("model") != model:
        raise ModelError(f"{folder}: was trained with another model; train it again (--stage retranslation)")
    if manifest.get("inputs_of_strengths") != list(INPUTS):
        raise ModelError(f"{folder}: was trained with other columns than this version measures; train again")
    artifacts.check_constants(folder, manifest, CONSTANTS)
    try:
        always, auto = calibration_sets(arrays)
        return RetranslationModel(
            **{
                name: np.array(manifest[name], np.float64)
                for name in (
                    "fill", "weights", "style", "centers", "spreads", "slopes", "shifts", "typical"
                )
            },
            intercept=float(manifest["intercept"]),
            always=always,
            auto=auto,
        )  # fmt: skip
    except KeyError as error:
        raise ModelError(f"{folder}: the model lacks {error}; reinstall or train again") from error
