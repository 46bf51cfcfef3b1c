"""Word n-grams: the phrases that engines like.

Single words and adjacent pairs, marks and sentence boundaries included, hashed to ``2**BITS`` columns; a linear model on them finds what
an engine overuses ("the", "of the", "According to" at the start) where it was trained. Content words are among them, so the
model is fitted on texts whose contents stand on both sides, and what it says enters the final classifier as one number among
others. It finds translation, not spinning.

Counts are damped, log2(1 + count), because a phrase that a text repeats ten times is one habit, not ten; and divided by the
length of the text.
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
"""Columns, as a power of two: 18 bits cost 0.006 AUC on unseen engines, 22 gain 0.002 and four times the size."""

PER_WORDS = 100.0
"""Counts are per this many words, so that weights and logits keep a readable size."""

MANY = 1 << 14
"""N-grams in a batch from which on a table of all weights pays."""

_MARKS = 1 << 24  # numbers of marks begin here, beyond any word's


def hashed(batch: Batch) -> tuple[I64, I64]:
    """Columns of all n-grams of a batch.

    Returns
    -------
    single, double : ndarray of int64, shape (n_tokens,)
        Of each token alone, and of it with the token before.
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


def counts(
    batch: Batch,
) -> tuple[I64, I64, F32]:
    """Damped counts of a batch, as the entries of a sparse matrix.

    Returns
    -------
    row, column : ndarray of int64
        Text and hashed n-gram, sorted.
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
    """Weights of the columns under up to four models, side by side, so that one look-up serves all.

    Attributes
    ----------
    table : ndarray of int8, shape (2**BITS, n_models)
    """

    table: npt.NDArray[np.int8]

    @property
    def models(self) -> int:
        """How many models there are."""
        return int(self.table.shape[1])

    @cached_property
    def _quads(self) -> npt.NDArray[np.int32]:
        """The weights of each column in one number, which is found in less than half of the time of a row."""
        padded = np.zeros((len(self.table), 4), np.int8)
        padded[:, : self.models] = self.table
        return padded.view(np.int32).ravel()

    def of_batch(self, view: View) -> npt.NDArray[np.int32]:
        """Weights of each token of a batch, and of it with the token before (:func:`looked_up`)."""
        return self.quads(np.stack(view.hashed, axis=1))

    def quads(self, columns: I64) -> npt.NDArray[np.int32]:
        """Weights of some columns, four bytes in one number; few are taken without a table of all, which takes 5 ms to make."""
        if columns.size >= MANY:
            return self._quads.take(columns, mode="clip")
        padded = np.zeros((*columns.shape, 4), np.int8)
        padded[..., : self.models] = self.table.take(columns, axis=0)
        return padded.view(np.int32)[..., 0]


def looked_up(view: View, weights: Weights) -> npt.NDArray[np.int32]:
    """Weights of all n-grams of a batch, looked up once for whoever asks.

    Parameters
    ----------
    view : View
        The batch.
    weights : Weights
        Of the columns.

    Returns
    -------
    ndarray of int32, shape (n_tokens, 2)
        Of each token alone, and of it with the token before; four bytes each, one a model.
    """
    return view.once(weights.of_batch)


def logits(view: View, weights: Weights) -> F64:
    """Linear scores of each text under several models at once.

    Parameters
    ----------
    view : View
        The batch.
    weights : Weights
        Of the columns.

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
