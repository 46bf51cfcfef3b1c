"""Hashed word n-grams: phrases that translation engines overuse.

Single tokens and adjacent pairs, with punctuation and sentence boundaries, are hashed to ``2**BITS`` columns. A linear model on
them learns what an engine overuses ("the", "of the", "According to" at the start of a sentence). Content words are among
them, so the model is fitted on texts whose topics occur in both classes, and its output is one feature of the final
classifier. It finds translation, not spinning.

Counts are damped, log2(1 + count), because a phrase repeated ten times in a text is one habit and not ten, and are divided by
the length of the text.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mtdetect.text import Batch
from mtdetect.text.arrays import F32, F64, I64
from mtdetect.text.distinct import distinct
from mtdetect.text.hashing import GOLDEN_RATIO, mix
from mtdetect.text.segments import sums
from mtdetect.text.tokens import PUNCTUATION
from mtdetect.text.vocabulary import SENTENCE

if TYPE_CHECKING:
    from mtdetect.features.view import View

BITS = 20
"""Number of columns as a power of two. On unseen engines, 18 bits lose 0.006 AUC; 22 bits gain 0.002 at four times the size."""

PER_WORDS = 100.0
"""Counts are per this many words, to keep weights and logits at a readable scale."""

MANY = 1 << 14
"""Number of n-grams in a batch from which a table of all weights is faster."""

_MARKS = 1 << 24  # added to the code points of punctuation, to keep them apart from word ids


def hashed(batch: Batch) -> tuple[I64, I64]:
    """Columns of all n-grams of a batch.

    Returns
    -------
    single, double : ndarray of int64, shape (n_tokens,)
        Column of each token alone, and of it with the token before.
    """
    numbers = batch.ids.astype(np.uint64)
    marks = np.flatnonzero(batch.tokens.kind == PUNCTUATION)
    numbers[marks] = batch.tokens.code.take(marks).astype(np.uint64) + np.uint64(_MARKS)
    before = np.empty_like(numbers)
    before[1:] = numbers[:-1]
    before[batch.sentence_first[:-1]] = SENTENCE
    shift = np.uint64(64 - BITS)
    single = mix(numbers, 1) >> shift
    double = mix(numbers * np.uint64(GOLDEN_RATIO) + before, 2) >> shift
    return single.astype(np.int64), double.astype(np.int64)


def counts(batch: Batch) -> tuple[I64, I64, F32]:
    """Damped counts of a batch, as the entries of a sparse matrix.

    Returns
    -------
    row, column : ndarray of int64
        Text and column, sorted.
    value : ndarray of float32
        log2(1 + count) per ``PER_WORDS`` words.
    """
    single, double = hashed(batch)
    doc = batch.doc.astype(np.int64) << BITS
    keys, count = np.unique(np.concatenate([doc | single, doc | double]), return_counts=True)
    row = keys >> BITS
    value = np.log2(1.0 + count) * PER_WORDS / np.maximum(batch.words, 1)[row]
    return row, keys & ((1 << BITS) - 1), value.astype(np.float32)


@dataclass(frozen=True)
class Weights:
    """Weights of the columns in up to four models, so that one look-up serves all models.

    Attributes
    ----------
    table : ndarray of int8, shape (2**BITS, n_models)
    """

    table: npt.NDArray[np.int8]

    @property
    def models(self) -> int:
        """Number of models."""
        return int(self.table.shape[1])

    @cached_property
    def _packed_table(self) -> npt.NDArray[np.int32]:
        """The weights of each column packed into one integer, which halves the time of a look-up."""
        padded = np.zeros((len(self.table), 4), np.int8)
        padded[:, : self.models] = self.table
        return padded.view(np.int32).ravel()

    def of_batch(self, view: View) -> npt.NDArray[np.int32]:
        """Weights of the n-grams of a batch; see :func:`looked_up`."""
        return self.packed(np.stack(view.hashed, axis=1))

    def packed(self, columns: I64) -> npt.NDArray[np.int32]:
        """Weights of some columns, four bytes in one integer; the packed table, which takes 5 ms to build, serves many columns."""
        if columns.size >= MANY:
            return self._packed_table.take(columns, mode="clip")
        padded = np.zeros((*columns.shape, 4), np.int8)
        padded[..., : self.models] = self.table.take(columns, axis=0)
        return padded.view(np.int32)[..., 0]


def looked_up(view: View, weights: Weights) -> npt.NDArray[np.int32]:
    """Weights of all n-grams of a batch, looked up once and cached in the view.

    Parameters
    ----------
    view : View
        The batch.
    weights : Weights
        Weights of the columns.

    Returns
    -------
    ndarray of int32, shape (n_tokens, 2)
        Weights of each token alone, and of it with the token before: four bytes each, one per model.
    """
    return view.once(weights.of_batch)


def logits(view: View, weights: Weights) -> F64:
    """Linear scores of each text in all models.

    Parameters
    ----------
    view : View
        The batch.
    weights : Weights
        Weights of the columns.

    Returns
    -------
    ndarray of float64, shape (n_texts, n_models)
    """
    batch = view.batch
    both = np.stack(view.hashed, axis=1).ravel()
    first = 2 * batch.first
    doc = np.repeat(np.arange(len(batch)) << BITS, np.diff(first))
    at, count = distinct(both | doc, first)
    runs = np.searchsorted(at, first)
    damped = np.log2(1.0 + np.arange(count.max(initial=0) + 1)).take(count)
    value = (damped * np.repeat(PER_WORDS / np.maximum(batch.words, 1), np.diff(runs))).astype(np.float32)
    rows = looked_up(view, weights).ravel().take(at).view(np.int8).reshape(-1, 4)
    return np.stack([sums(rows[:, k] * value, runs) for k in range(weights.models)], axis=1)
