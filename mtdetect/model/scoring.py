"""The model as one object: from the measured view of a batch to its scores.

:mod:`mtdetect.model.loading` makes it from a folder.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mtdetect.features.lexicon import Lexicon
from mtdetect.features.view import View
from mtdetect.model.calibration import Calibration
from mtdetect.model.classifier import Classifier
from mtdetect.model.quality import Quality
from mtdetect.model.sentences import SentenceModel
from mtdetect.model.source_language import SourceLanguageModel
from mtdetect.model.spinner_wordings import SpinnerWordings
from mtdetect.text.arrays import F64, I64
from mtdetect.verdict import CLASSES, Label, ModelInfo, PivotGuess

LEAST_TRANSLATED = 0.2
"""Probability of machine translation from which the source languages are ranked; ranking them costs an eighth of the time of a text."""


@dataclass(frozen=True)
class Scores:
    """What the model says of a batch.

    Attributes
    ----------
    features : ndarray of float64, shape (n_texts, n_columns)
        Columns of each text, in the order of ``classifier.COLUMNS``; NaN for what cannot be measured.
    leaves : dict of str to ndarray
        Leaves that the texts reach in the trees of each expert.
    experts : ndarray of float64, shape (n_texts, n_experts)
        Strength of each expert's case.
    log_odds : ndarray of float64, shape (n_texts,)
        Calibrated log-odds that each text is degraded.
    probabilities : ndarray of float64, shape (n_texts, len(verdict.CLASSES))
    quality : ndarray of float64, shape (n_texts,)
        0 to 100.
    """

    features: F64
    leaves: dict[str, I64]
    experts: F64
    log_odds: F64
    probabilities: F64
    quality: F64

    def of(self, rows: I64) -> Scores:
        """Scores of some of the texts.

        Parameters
        ----------
        rows : ndarray of int64, shape (m,)
            Indices of the texts; the results are in this order.
        """
        return Scores(
            self.features[rows],
            {name: leaves[rows] for name, leaves in self.leaves.items()},
            self.experts[rows],
            self.log_odds[rows],
            self.probabilities[rows],
            self.quality[rows],
        )

    def replaced(self, rows: I64, given: Scores) -> Scores:
        """These scores with others for some of the texts; features and leaves stay.

        Parameters
        ----------
        rows : ndarray of int64, shape (m,)
            Indices of the texts.
        given : Scores
            Scores of those ``m`` texts, in the same order.

        Returns
        -------
        Scores
            New ones; these stay as they are.
        """
        parts = {
            name: getattr(self, name).copy() for name in ("experts", "log_odds", "probabilities", "quality")
        }
        for name, values in parts.items():
            values[rows] = getattr(given, name)
        return replace(self, **parts)

    def probability(self, label: Label) -> F64:
        """Probability of one of ``verdict.CLASSES``, for each text.

        Parameters
        ----------
        label : str
            One of ``verdict.CLASSES``.

        Returns
        -------
        ndarray of float64, shape (n_texts,)
            A column of ``probabilities``, not a copy.

        Raises
        ------
        ValueError
            If the label is none of them.
        """
        share: F64 = self.probabilities[:, CLASSES.index(label)]
        return share


@dataclass(frozen=True)
class Model:
    """Everything that was learnt, with the language tables that it was learnt with.

    Attributes
    ----------
    lexicon : Lexicon
        Language tables.
    classifier : Classifier
        Scores whole texts.
    quality : Quality
        Estimates how good the English is as a rendering.
    source_language : SourceLanguageModel
        Ranks the languages that a translation may have come from.
    sentences : SentenceModel
        Scores single sentences.
    spinner_wordings : SpinnerWordings
        Wordings of web spinners.
    calibration : Calibration
        Scores of human texts, from which p-values come.
    typical : ndarray of float64, shape (3, n_columns)
        Of each column: lower and upper bound of what is usual in human texts, and their median.
    info : ModelInfo
        Name, version and checksum.
    folder : Path
        Where it was loaded from.
    """

    lexicon: Lexicon
    classifier: Classifier
    quality: Quality
    source_language: SourceLanguageModel
    sentences: SentenceModel
    spinner_wordings: SpinnerWordings
    calibration: Calibration
    typical: F64
    info: ModelInfo
    folder: Path

    def score(self, view: View, spun: F64, linear: F64 | None = None) -> Scores:
        """Score the texts of a batch.

        Parameters
        ----------
        view : View
            The batch.
        spun : ndarray of float64, shape (n_texts,)
            Nats that evidence outside the features adds to the case for spinning (``evidence.outside_features.weigh``).
        linear : ndarray, optional
            Logits of the n-gram models (``Classifier.linear``), if they are known.
        """
        classifier = self.classifier
        x = classifier.features(view, linear)
        leaves = classifier.leaves(x)
        experts = classifier.experts(x, leaves, view.batch.words)
        probabilities = classifier.probabilities(experts, spun)
        return Scores(
            features=x,
            leaves=leaves,
            experts=experts,
            log_odds=classifier.log_odds(experts, spun),
            probabilities=probabilities,
            quality=self.quality.estimate(x, probabilities[:, CLASSES.index("spun")]),
        )

    def source_languages(self, view: View, scores: Scores) -> list[tuple[PivotGuess, ...]]:
        """Rank the source languages of each text; empty for texts that are unlikely to be translated, or too short.

        Parameters
        ----------
        view : View
            The batch.
        scores : Scores
            Of its texts.

        Returns
        -------
        list of tuple of PivotGuess
            One tuple for each text, the most probable language first.
        """
        batch = view.batch
        guesses: list[tuple[PivotGuess, ...]] = [()] * len(batch)
        asked = np.flatnonzero(scores.probability("machine_translated") >= LEAST_TRANSLATED).tolist()
        tokens = [slice(*batch.first[k : k + 2].tolist()) for k in asked]
        columns = [np.concatenate([part[own] for part in view.hashed[:2]]) for own in tokens]
        found = self.source_language.guess_many(columns, batch.words[asked].tolist())
        for k, guess in zip(asked, found, strict=True):
            guesses[k] = guess
        return guesses
