"""The first look: which texts need no full measurement, because it could not lead to a flag.

Small trees over cheap columns (:mod:`mtdetect.features.first_look`) predict what the experts would claim after a full measurement. A text ends
with the first look if the larger prediction stays below the threshold of its length band. Thresholds are chosen on human and machine texts that
nothing was fitted to, so that all but ``LOST`` of the texts with a p-value of ``OPEN`` or less go on.

The p-value of a text that ends here is the share of comparable human texts that go on, or end here with a prediction at least as high. A text that goes
on keeps the p-value of the full measurement, which compares it with all human texts as if they had all been measured in full. Both
are conservative for the procedure as a whole: at a budget below that share only texts that went on are flagged, fewer than without a first look.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect import artifacts
from mtdetect.errors import ModelError
from mtdetect.features import first_look
from mtdetect.features.view import View
from mtdetect.model.calibration import band
from mtdetect.model.classifier import NGRAM_MODELS
from mtdetect.model.quality import Quality
from mtdetect.model.trees import Trees
from mtdetect.text.arrays import F64, Mask

CLAIMS = ("translation", "spinning")
"""Claims that are predicted; the first is the larger of those of the two experts for translation."""

COLUMNS = [
    *first_look.NAMES,
    *(f"ngrams.{name}" for name in NGRAM_MODELS),
    "length.log_words",
]
"""What the trees see, in order."""

OPEN = 0.05
"""P-value after a full measurement up to which a text must not end early, and the least p-value of a text that does: whoever accepts more false
positives gets full measurements."""

LOST = 0.005
"""Share of the texts with p-values up to ``OPEN`` that may end early. On calibration texts, each judged by trees that have not seen its group, 36, 29, 22 and
16 % of human texts go on with 0.003, 0.005, 0.01 and 0.02. On the development sets, with an earlier model and fewer columns: 0.1, 0.2, 0.4 and 1.2 % of such texts end early, and
the mean AUC of the score is 0.003, 0.003, 0.007 and 0.010 below that of full measurements; found and flagged at the default budget are the same up to 0.01."""

CONSTANTS: dict[str, Any] = {
    "first_look.LEVELS": list(first_look.LEVELS),
    "first_look.LEAST": first_look.LEAST,
    "first_look.MOST": first_look.MOST,
    "first_look.OPEN": OPEN,
}
"""Numbers that shape what was learnt and stand in no name of a column. Training writes them into the manifest, loading compares them."""


@dataclass(frozen=True)
class Look:
    """What the first look says of a batch.

    Attributes
    ----------
    open : ndarray of bool, shape (n_texts,)
        Texts that a full measurement could flag.
    claims : ndarray of float64, shape (n_texts, len(CLAIMS))
        Log-odds that the experts are predicted to claim.
    p_values, quality : ndarray of float64, shape (n_texts,)
        Of texts that end here.
    """

    open: Mask
    claims: F64
    p_values: F64
    quality: F64

    def probabilities(self) -> F64:
        """Probabilities of texts that end here, shape (n_texts, len(verdict.CLASSES))."""
        degraded = 1 / (1 + np.exp(-np.clip(self.claims.max(axis=1), -50, 50)))
        translation, spinning = self.claims.T
        spun = degraded / (1 + np.exp(np.clip(translation - spinning, -50, 50)))
        return np.stack([1 - degraded, degraded - spun, spun], axis=1)


@dataclass(frozen=True)
class FirstLook:
    """Decides which texts need a full measurement.

    Attributes
    ----------
    trees : dict of str to Trees
        For each of ``CLAIMS``.
    thresholds : ndarray of float64, shape (n_bands,)
        Least larger claim of a text that goes on, by length band. Below 0, so that a text that ends here is more likely original than not.
    grid : ndarray of float64, shape (n,)
        Rising claims at which ``tails`` are known.
    tails : ndarray of float32, shape (n_bands, n)
        P-value of each claim of the grid, by length band.
    quality : Quality
        Predicts the estimate of the full measurement.
    sha256 : str
        Of the manifest.
    """

    trees: dict[str, Trees]
    thresholds: F64
    grid: F64
    tails: npt.NDArray[np.float32]
    quality: Quality
    sha256: str

    def look(self, view: View, linear: F64, spun: F64) -> Look:
        """Look at the texts of a batch.

        Parameters
        ----------
        view : View
            The batch.
        linear : ndarray of float64, shape (n_texts, len(NGRAM_MODELS))
            Logits of the n-gram models (``Classifier.linear``).
        spun : ndarray of float64, shape (n_texts,)
            Nats that evidence outside the features adds to the case for spinning (``evidence.outside_features.weigh``).
        """
        words = view.batch.words
        x = columns(view, linear)
        claims = with_evidence(self.claims(x), spun)
        highest, of_text = claims.max(axis=1), band(words) - 1
        below = np.searchsorted(self.grid, highest, side="right") - 1
        p_values = np.where(below < 0, 1.0, self.tails[of_text, np.maximum(below, 0)])
        return Look(
            highest >= self.thresholds.take(of_text),
            claims,
            np.maximum(p_values, OPEN),
            self.quality.estimate(x, np.zeros(len(x))),
        )

    def claims(self, x: F64) -> F64:
        """Predicted claims from the columns, shape (n_texts, len(CLAIMS)).

        Parameters
        ----------
        x : ndarray of float64, shape (n_texts, len(COLUMNS))
            As :func:`columns` gives them.

        Returns
        -------
        ndarray of float64, shape (n_texts, len(CLAIMS))
            Log-odds.
        """
        return np.stack([self.trees[name].logits(x) for name in CLAIMS], axis=1)


def with_evidence(claims: F64, spun: F64) -> F64:
    """Predicted claims with the nats of evidence outside the features, which count for spinning.

    Parameters
    ----------
    claims : ndarray of float64, shape (n_texts, len(CLAIMS))
        As :meth:`FirstLook.claims` gives them; not changed.
    spun : ndarray of float64, shape (n_texts,)
        Nats for spinning, as for :meth:`FirstLook.look`.

    Returns
    -------
    ndarray of float64, shape (n_texts, len(CLAIMS))
        A new array.
    """
    added = claims.copy()
    added[:, CLAIMS.index("spinning")] += spun
    return added


def columns(view: View, linear: F64) -> F64:
    """Columns of a batch, shape (n_texts, len(COLUMNS)). Parameters as for :meth:`FirstLook.look`."""
    return np.column_stack([first_look.measure(view), linear, np.log(np.maximum(view.batch.words, 1))])


def load(folder: Path, model: str) -> FirstLook:
    """Load the first look.

    Parameters
    ----------
    folder : Path
        Where ``mtdetect train --stage first-look`` wrote it.
    model : str
        SHA-256 of the manifest of the model whose claims it predicts.

    Raises
    ------
    ModelError
        If a file is missing or altered, or it was trained with another model or other columns.
    """
    arrays, manifest = artifacts.read(folder, verify=True)
    if manifest.get("model") != model:
        raise ModelError(f"{folder}: was trained with another model; train it again (--stage first-look)")
    if manifest.get("columns") != COLUMNS:
        raise ModelError(f"{folder}: was trained with other columns than this version measures; train again")
    artifacts.check_constants(folder, manifest, CONSTANTS)
    try:
        return FirstLook(
            {name: Trees.load(name, arrays, manifest) for name in CLAIMS},
            np.array(manifest["thresholds"]),
            np.array(arrays["grid"]),
            np.array(arrays["tails"]),
            Quality.load(manifest),
            artifacts.sha256(folder / artifacts.MANIFEST),
        )
    except KeyError as error:
        raise ModelError(f"{folder}: the first look lacks {error}; reinstall or train again") from error
