"""Fit the model of pivot languages on translations whose source is known."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from mtdetect.model.source_language import BITS, LEAST_WORDS, folded
from mtdetect.text.arrays import F64, I64
from mtdetect.training.examples import Example

SOURCES = ("mt_train", "sentences_mt_post_edit_train", "essays_round_trip_train")
"""Corpora of engines; the scientific ones would teach that science is Spanish."""

LEAST_TEXTS = 40
"""Of a language that is learnt."""

C = 0.3
ITERATIONS = 40
EVENNESS = 0.9
"""How far rare languages are raised to the weight of frequent ones: 0 not at all, 1 fully."""

TEMPERATURES = np.geomspace(0.1, 4.0, 40)
"""Tried on calibration texts."""


def languages(examples: Sequence[Example], words: I64) -> npt.NDArray[Any]:
    """Language that each example came through; empty for what does not serve here."""
    return np.array(
        [
            e.stratum.split("-")[0]
            if e.label == "machine_translated" and e.source in SOURCES and e.tool and enough
            else ""
            for e, enough in zip(examples, (words >= LEAST_WORDS // 2).tolist(), strict=True)
        ]
    )


def fewer_columns(counts: csr_matrix) -> csr_matrix:
    """Counts of ``features.ngrams``, folded to the columns of this model."""
    return csr_matrix(
        (counts.data, folded(counts.indices), counts.indptr), shape=(counts.shape[0], 1 << BITS)
    )


def fit_pivot(
    train: tuple[csr_matrix, npt.NDArray[Any]], held: tuple[csr_matrix, npt.NDArray[Any]]
) -> tuple[npt.NDArray[np.int8], dict[str, Any]]:
    """Fit the model.

    Parameters
    ----------
    train, held : tuple
        N-gram counts of some texts and their :func:`languages`; ``held`` sets the temperature.

    Returns
    -------
    weights : ndarray of int8
    facts : dict
        For the manifest.
    """
    counts, of = train
    frequent = [name for name, n in sorted(Counter(of.tolist()).items()) if name and n >= LEAST_TEXTS]
    used = np.isin(of, frequent)
    size = {name: int((of == name).sum()) for name in frequent}
    weight = np.array([size[name] ** -EVENNESS for name in of[used].tolist()])
    model = LogisticRegression(C=C, max_iter=ITERATIONS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the limit is meant, as for n-grams
        model.fit(fewer_columns(counts[used]), of[used], sample_weight=weight / weight.mean())
    unit = float(np.abs(model.coef_).max()) / 127
    weights = np.round(model.coef_.T / unit).astype(np.int8)
    # ``sum_duplicates`` is not needed: a product adds what shares a column.
    asked = np.isin(held[1], frequent)
    logits = fewer_columns(held[0][asked]) @ weights.astype(np.float32) * unit + model.intercept_
    truth = np.searchsorted(model.classes_, held[1][asked])
    best = min(TEMPERATURES.tolist(), key=lambda t: _surprise(logits * t, truth)) if asked.any() else 1.0
    return weights, {
        "languages": [str(name) for name in model.classes_],
        "shifts": (model.intercept_ * best).tolist(),
        "scale": unit * best,
        "texts": size,
    }


def _surprise(logits: F64, truth: I64) -> float:
    """Mean negative log probability of the truth."""
    logits = logits - logits.max(axis=1, keepdims=True)
    own = logits[np.arange(len(truth)), truth]
    return float((np.log(np.exp(logits).sum(axis=1)) - own).mean())
