"""Classifier: from the features of a text to the probabilities of its classes, with n-gram weights and boosted trees as plain arrays.

Three *experts* each detect one kind of machine, because their signs are opposite: neural engines make English more predictable than
human text, spinners and rule-based engines less. Each expert is a sum of regression trees over the dense features and the scores of
linear n-gram models. scikit-learn grows the trees (``mtdetect.training.fit``).

The spread of an expert's logit in human texts depends on the expert and on length, so each logit is scaled by it: 1 % of human texts of the
population with the highest logits exceed 2.33. Informal English, too, looks a little like a spinner's, so from the strength of the expert for spinning is taken what
the writing style alone lets one expect. A logistic regression on these three *strengths*, with hinges so that a strong case can count
more than in proportion, gives the log-odds.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect import artifacts
from mtdetect.errors import ModelError
from mtdetect.features import blocks, ngrams, substitution
from mtdetect.features.view import View
from mtdetect.model import candidates
from mtdetect.model.candidates import CandidateModel
from mtdetect.model.trees import Trees
from mtdetect.text.arrays import F64, I64
from mtdetect.text.segments import weighted

EXPERTS = ("translation", "rules", "spinning")
"""Neural translation, rule-based translation, synonym spinning."""

SPINNING = EXPERTS.index("spinning")

NGRAM_MODELS = ("translation", "round_trip", "spinning")
"""Linear models on hashed n-grams, each trained on its own kind of pairs."""

COLUMNS = [
    *blocks.NAMES,
    *(f"candidates.{name}" for name in candidates.NAMES),
    *(f"ngrams.{name}" for name in NGRAM_MODELS),
    "length.log_words",
]
"""Features of a text, in order."""

DAMAGE_BLOCKS = ("fluency", "collocations", "surface_errors", "candidates", "length")
"""Blocks of features for the expert for rule-based engines: what could be learnt of sentence lengths and function words is specific to the sources of
our training texts. The expert for spinning sees every column: at the default budget 24 to 29 % of pages by web spinners are then found in the place of
16 to 22 %, and 11 to 15 in the place of 10 to 11 % of spun reviews, with as many people flagged."""


ONE_PERCENT = 2.33
"""Standard normal deviate that one in a hundred exceeds."""

HINGES = (1.0, 2.0, 3.0)
"""Strengths above which a case counts anew: half-hearted signs of a machine are common among people, decided ones are not."""

STYLE = tuple(
    name
    for name in COLUMNS
    if name.startswith(("readability.", "richness.")) or name == "surface_errors.small_starts"
)
"""Columns that tell of a writer's style. What spinners change most, such as unknown words, is not among them."""

STYLE_LIMIT = 3.0
"""Standard deviations from the mean beyond which a column of ``STYLE`` counts no more."""

STYLE_AT = [COLUMNS.index(name) for name in STYLE]
"""Their indices into ``COLUMNS``."""

MIDDLES = (55.0, 110.0, 215.0, 420.0, 1000.0)
"""Words in the middle of each length band; centers and spreads between them are interpolated."""


def columns_of(expert: str) -> list[int]:
    """Indices into ``COLUMNS`` that an expert sees.

    Parameters
    ----------
    expert : str
        One of ``EXPERTS``.
    """
    if expert == "spinning":
        return list(range(len(COLUMNS)))
    if expert == "translation":
        return [k for k, name in enumerate(COLUMNS) if name != "ngrams.spinning"]
    return [
        k
        for k, name in enumerate(COLUMNS)
        if name.split(".")[0] in DAMAGE_BLOCKS or name == "ngrams.spinning"
    ]


@dataclass(frozen=True)
class Classifier:
    """Everything between features and probabilities.

    Attributes
    ----------
    candidates : CandidateModel
        Scores single words.
    weights : ngrams.Weights
        Of the n-gram models, in ``units``.
    units, intercepts : ndarray of float64, shape (len(NGRAM_MODELS),)
    trees : dict of str to Trees
        One of each expert.
    centers, spreads : ndarray of float64, shape (len(MIDDLES), len(EXPERTS))
        Median of the logits of human texts, and the unit of strength, by length.
    style : ndarray of float64, shape (3, len(STYLE))
        Of each column of ``STYLE``: its mean and standard deviation in human texts, and the strength for spinning that goes with one standard deviation.
    slopes : ndarray of float64, shape (len(EXPERTS), 1 + len(HINGES))
    shifts : ndarray of float64, shape (len(EXPERTS),)
        Claim of each expert from its strength and hinges; fitted on calibration texts.
    """

    candidates: CandidateModel
    weights: ngrams.Weights
    units: F64
    intercepts: F64
    trees: dict[str, Trees]
    centers: F64
    spreads: F64
    style: F64
    slopes: F64
    shifts: F64

    @classmethod
    def load(cls, arrays: dict[str, Any], facts: dict[str, Any]) -> Classifier:
        """Read the classifier from an artifact.

        Parameters
        ----------
        arrays : dict of str to ndarray
            Arrays of the artifact.
        facts : dict
            Its manifest.

        Raises
        ------
        KeyError
            If something is missing.
        """
        trees = {name: Trees.load(name, arrays, facts) for name in EXPERTS}
        return cls(
            CandidateModel.load(arrays, facts),
            ngrams.Weights(arrays["ngram_keys"], arrays["ngram_weights"]),
            np.array(facts["units"]),
            np.array(facts["intercepts"]),
            trees,
            np.array(facts["centers"]),
            np.array(facts["spreads"]),
            np.array(facts["style"]),
            np.array(facts["slopes"]),
            np.array(facts["shifts"]),
        )

    def linear(self, view: View) -> F64:
        """Logits of the n-gram models, shape (n_texts, len(NGRAM_MODELS)).

        Parameters
        ----------
        view : View
            The batch.
        """
        return ngrams.logits(view, self.weights) * self.units + self.intercepts

    def features(self, view: View, linear: F64 | None = None) -> F64:
        """All columns of a batch, shape (n_texts, len(COLUMNS)); NaN for what cannot be measured.

        Parameters
        ----------
        view : View
            The batch.
        linear : ndarray, optional
            What :meth:`linear` gives for it, if that is known.
        """
        if linear is None:
            linear = self.linear(view)
        return joined(blocks.measure(view), self.candidates.measure(view), linear, view.batch.words)

    def leaves(self, x: F64) -> dict[str, I64]:
        """Leaves that texts reach in the trees of each expert (``Trees.leaves``).

        Parameters
        ----------
        x : ndarray of float64, shape (n_texts, len(COLUMNS))
            Features of the texts, as :meth:`features` gives them.

        Returns
        -------
        dict of str to ndarray of int64, shape (n_texts, n_trees)
            One array for each of ``EXPERTS``.
        """
        return {name: self.trees[name].leaves(x) for name in EXPERTS}

    def experts(self, x: F64, leaves: dict[str, I64], words: npt.NDArray[Any]) -> F64:
        """Strength of each expert's case, in units of the spread of human texts.

        Parameters
        ----------
        x : ndarray, shape (n_texts, len(COLUMNS))
            Features.
        leaves : dict of str to ndarray
            From :meth:`leaves`.
        words : ndarray, shape (n_texts,)
            Lengths.

        Returns
        -------
        ndarray of float64, shape (n_texts, len(EXPERTS))
        """
        logits = np.stack([self.trees[name].logits_of(leaves[name]) for name in EXPERTS], axis=1)
        strengths = relative(logits, words, self.centers, self.spreads)
        return without_style(strengths, x, self.style)

    def log_odds(self, experts: F64, spun: F64 | float = 0.0) -> F64:
        """Calibrated log-odds that each text is degraded: its largest claim.

        Parameters
        ----------
        experts : ndarray, shape (n_texts, len(EXPERTS))
            As :meth:`experts` gives them.
        spun : ndarray, shape (n_texts,)
            Nats that evidence outside the features adds to the case for spinning.
        """
        return self._claims(experts, spun).max(axis=1)

    def shares(self, experts: F64, spun: F64 | float = 0.0) -> F64:
        """Share of each expert in the case, shape (n_texts, len(EXPERTS)); rows add up to 1. Parameters as for :meth:`log_odds`."""
        case = self._claims(experts, spun)
        share = np.exp(case - case.max(axis=1, keepdims=True))
        return share / share.sum(axis=1, keepdims=True)

    def probabilities(self, experts: F64, spun: F64 | float = 0.0) -> F64:
        """Calibrated probabilities, shape (n_texts, len(verdict.CLASSES)). Parameters as for :meth:`log_odds`."""
        degraded = 1 / (1 + np.exp(-np.clip(self.log_odds(experts, spun), -50, 50)))
        by_spinner = degraded * self.shares(experts, spun)[:, SPINNING]
        return np.stack([1 - degraded, degraded - by_spinner, by_spinner], axis=1)

    def _claims(self, experts: F64, spun: F64 | float) -> F64:
        case = claims(experts, self.slopes, self.shifts)
        case[:, SPINNING] += spun
        return case


def tree_logits(trees: dict[str, Trees], x: F64) -> F64:
    """Logits of all experts, shape (n_texts, len(EXPERTS)).

    Parameters
    ----------
    trees : dict of str to Trees
        One of each expert.
    x : ndarray of float64, shape (n_texts, len(COLUMNS))
        Features; NaN for what cannot be measured.
    """
    return np.stack([trees[name].logits(x) for name in EXPERTS], axis=1)


def relative(logits: F64, words: npt.NDArray[Any], centers: F64, spreads: F64) -> F64:
    """Logits in units of the spread of human texts of that length.

    Parameters
    ----------
    logits : ndarray, shape (n_texts, len(EXPERTS))
    words : ndarray, shape (n_texts,)
    centers, spreads : ndarray, shape (len(MIDDLES), len(EXPERTS))
    """
    at = np.log(np.maximum(words, 1))
    knots = np.log(MIDDLES)
    columns = [
        (logits[:, k] - np.interp(at, knots, centers[:, k])) / np.interp(at, knots, spreads[:, k])
        for k in range(len(EXPERTS))
    ]
    return np.stack(columns, axis=1)


def standardized_style(x: F64, means: F64, deviations: F64) -> F64:
    """Columns of ``STYLE`` in standard deviations from the mean of human texts, shape (n_texts, len(STYLE)); 0 for what cannot be measured.

    Parameters
    ----------
    x : ndarray of float64, shape (n_texts, len(COLUMNS))
        Features.
    means, deviations : ndarray of float64, shape (len(STYLE),)
        Mean and standard deviation of each column of ``STYLE`` in human texts.

    Returns
    -------
    ndarray of float64, shape (n_texts, len(STYLE))
        From ``-STYLE_LIMIT`` to ``STYLE_LIMIT``.
    """
    return np.clip(np.nan_to_num((x[:, STYLE_AT] - means) / deviations), -STYLE_LIMIT, STYLE_LIMIT)


def without_style(strengths: F64, x: F64, style: F64, expert: int = SPINNING) -> F64:
    """Strengths less what the style of a text lets one expect of an expert.

    Parameters
    ----------
    strengths : ndarray, shape (n_texts, len(EXPERTS))
        As :func:`relative` gives them.
    x : ndarray, shape (n_texts, len(COLUMNS))
        Features.
    style : ndarray, shape (3, len(STYLE))
        As :class:`Classifier` holds it.
    expert : int
        Index of the expert.
    """
    means, deviations, weights = style
    corrected = strengths.copy()
    corrected[:, expert] -= weighted(standardized_style(x, means, deviations), weights)
    return corrected


def hinged(strength: F64) -> F64:
    """Strengths of one expert, and what of them lies above each hinge, shape (n_texts, 1 + len(HINGES)).

    Parameters
    ----------
    strength : ndarray of float64, shape (n_texts,)
        As :meth:`Classifier.experts` gives it, of one expert.
    """
    return np.column_stack([strength, *(np.maximum(strength - knee, 0) for knee in HINGES)])


def claims(experts: F64, slopes: F64, shifts: F64) -> F64:
    """Log-odds that each expert's kind of machine made a text, shape (n_texts, len(EXPERTS)).

    Parameters
    ----------
    experts : ndarray, shape (n_texts, len(EXPERTS))
        Strengths, as :func:`relative` gives them.
    slopes, shifts : ndarray
        As :class:`Classifier` holds them.
    """
    return np.column_stack(
        [weighted(hinged(experts[:, k]), slopes[k]) + shifts[k] for k in range(len(EXPERTS))]
    )


def joined(dense: F64, candidates: F64, linear: F64, words: npt.NDArray[Any]) -> F64:
    """Join the columns that the trees see, in the order of ``COLUMNS``.

    Parameters
    ----------
    dense : ndarray of float64, shape (n_texts, len(blocks.NAMES))
        From ``blocks.measure``.
    candidates : ndarray of float64, shape (n_texts, len(candidates.NAMES))
        From ``CandidateModel.measure``.
    linear : ndarray of float64, shape (n_texts, len(NGRAM_MODELS))
        Logits of the n-gram models, as :meth:`Classifier.linear` gives them.
    words : ndarray of int, shape (n_texts,)
        Lengths, in words.

    Returns
    -------
    ndarray of float64, shape (n_texts, len(COLUMNS))
        Its last column is the logarithm of the length.
    """
    return np.column_stack([dense, candidates, linear, np.log(np.maximum(words, 1))])


def load(folder: Path) -> tuple[Classifier, dict[str, Any], dict[str, Any]]:
    """Read a classifier, with the arrays and the manifest of its artifact.

    Parameters
    ----------
    folder : Path
        Where ``mtdetect train`` wrote the model.

    Returns
    -------
    model : Classifier
        Its trees are checked.
    arrays : dict of str to ndarray
        Memory-mapped, read-only.
    manifest : dict
        Also holds what is not in arrays, such as the centers and slopes.

    Raises
    ------
    ModelError
        If the model is incomplete or damaged, or was trained with other features than this version measures.
    """
    arrays, manifest = artifacts.read(folder, verify=True)
    if manifest.get("columns") != COLUMNS:
        raise ModelError(f"{folder}: was trained with other features than this version measures; train again")
    try:
        model = Classifier.load(arrays, manifest)
    except KeyError as error:
        raise ModelError(f"{folder}: the model lacks {error}; reinstall or train again") from error
    forests = [
        (model.candidates.trees, len(substitution.COLUMNS)),
        *((one, len(COLUMNS)) for one in model.trees.values()),
    ]
    if not all(_is_sound(trees, columns) for trees, columns in forests):
        raise ModelError(f"{folder}: its trees lead nowhere; reinstall or train again")
    return model, arrays, manifest


def _is_sound(trees: Trees, columns: int) -> bool:
    """Whether every node has an existing column and existing children."""
    nodes = len(trees.feature)
    held = (trees.threshold, trees.left, trees.right, trees.missing_left, trees.value)
    inside = ((trees.feature, columns), (trees.left, nodes), (trees.right, nodes), (trees.roots, nodes))
    return all(array.shape == (nodes,) for array in held) and all(
        array.ndim == 1 and array.dtype.kind == "i" and bool(((array >= 0) & (array < limit)).all())
        for array, limit in inside
    )
