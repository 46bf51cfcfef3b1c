"""Fit the model of source languages to translations whose source language is known."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, vstack
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from mtdetect.features import ngrams
from mtdetect.features.lexicon import Lexicon
from mtdetect.model.source_language import BITS, LEAST_WORDS, folded
from mtdetect.text import read
from mtdetect.text.arrays import F64, I64, Mask
from mtdetect.training.examples import Example

SOURCES = ("mt_train", "sentences_mt_post_edit_train", "essays_round_trip_train")
"""Corpora that are used. In the scientific ones topic and language coincide: the model would learn that science is Spanish."""

LEAST_TEXTS = 40
"""Smallest number of texts of a language that the model can name."""

BATCH = 256

C = 0.3
ITERATIONS = 40
EVENNESS = 0.9
"""Balance of the languages: 0 weighs every text alike, 1 weighs every language alike."""

TEMPERATURES = np.geomspace(0.1, 4.0, 40)
"""Factors on the logits, of which the one with the least cross-entropy on calibration texts is kept."""


def languages(examples: Sequence[Example], words: I64) -> npt.NDArray[Any]:
    """Source language of each example; an empty string for examples that this model does not use.

    Parameters
    ----------
    examples : sequence of Example
        Of any source and label.
    words : ndarray of int64, shape (n,)
        Their lengths in words.

    Returns
    -------
    ndarray of str, shape (n,)
        Codes such as ``es``.
    """
    return np.array(
        [
            e.stratum.split("-")[0]
            if e.label == "machine_translated" and e.source in SOURCES and e.tool and enough
            else ""
            for e, enough in zip(examples, (words >= LEAST_WORDS // 2).tolist(), strict=True)
        ]
    )


def counts(examples: Sequence[Example], lexicon: Lexicon) -> csr_matrix:
    """Damped counts of words and pairs of words, in the columns of this model.

    Parameters
    ----------
    examples : sequence of Example
        Texts.
    lexicon : Lexicon
        Language tables, whose vocabulary the texts are read with.

    Returns
    -------
    csr_matrix of float32, shape (n, 2**BITS)
    """
    parts = [csr_matrix((0, 1 << BITS), dtype=np.float32)]
    for begin in range(0, len(examples), BATCH):
        batch = read([e.text for e in examples[begin : begin + BATCH]], lexicon.vocabulary, identify=False)
        single, double, _ = ngrams.hashed(batch)
        doc = batch.doc.astype(np.int64) << ngrams.KEY_BITS
        key, count = np.unique(np.concatenate([doc | single, doc | double]), return_counts=True)
        row, key = key >> ngrams.KEY_BITS, key & ((1 << ngrams.KEY_BITS) - 1)
        value = ngrams.damped(count, batch.words[row])
        parts.append(csr_matrix((value, (row, folded(key))), shape=(len(batch), 1 << BITS)))
    return vstack(parts).tocsr()


def fit_pivot(
    train: tuple[Sequence[Example], npt.NDArray[Any]],
    held: tuple[Sequence[Example], npt.NDArray[Any]],
    lexicon: Lexicon,
) -> tuple[npt.NDArray[np.int8], dict[str, Any]]:
    """Fit the model of source languages.

    Parameters
    ----------
    train, held : tuple
        Examples and their :func:`languages`; the temperature is fitted to ``held``.
    lexicon : Lexicon
        Language tables.

    Returns
    -------
    weights : ndarray of int8, shape (n_columns, n_languages)
        Weights in the unit ``scale``.
    facts : dict
        Entry of the manifest.
    """
    examples, language = train
    frequent = [name for name, n in sorted(Counter(language.tolist()).items()) if name and n >= LEAST_TEXTS]
    used = np.isin(language, frequent)
    size = {name: int((language == name).sum()) for name in frequent}
    weight = np.array([size[name] ** -EVENNESS for name in language[used].tolist()])
    model = LogisticRegression(C=C, max_iter=ITERATIONS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the few iterations are intended, as for n-grams
        model.fit(
            counts(_those(examples, used), lexicon), language[used], sample_weight=weight / weight.mean()
        )
    unit = float(np.abs(model.coef_).max()) / 127
    weights = np.round(model.coef_.T / unit).astype(np.int8)
    known = np.isin(held[1], frequent)
    logits = counts(_those(held[0], known), lexicon) @ weights.astype(np.float32) * unit + model.intercept_
    truth = np.searchsorted(model.classes_, held[1][known])
    best = min(TEMPERATURES.tolist(), key=lambda t: _cross_entropy(logits * t, truth)) if known.any() else 1.0
    return weights, {
        "languages": [str(name) for name in model.classes_],
        "shifts": (model.intercept_ * best).tolist(),
        "scale": unit * best,
        "texts": size,
    }


def _those(examples: Sequence[Example], keep: Mask) -> list[Example]:
    return [e for e, own in zip(examples, keep.tolist(), strict=True) if own]


def _cross_entropy(logits: F64, truth: I64) -> float:
    """Mean negative log probability of the true language."""
    logits = logits - logits.max(axis=1, keepdims=True)
    own = logits[np.arange(len(truth)), truth]
    return float((np.log(np.exp(logits).sum(axis=1)) - own).mean())
