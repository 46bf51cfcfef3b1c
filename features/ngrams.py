"""Word n-grams: phrases that machines overuse.

Single tokens, adjacent pairs and triples, with punctuation and sentence boundaries, are hashed to keys of ``KEY_BITS`` bits. A linear model
on those that training met often enough learns what an engine overuses ("the", "of the", "According to" at the start of a sentence).
Content words are among them, so the model is fitted on texts whose topics occur in both classes, and its output is one feature of the
final classifier. It finds translation; spinning only where its words are known.

Counts are damped, log2(1 + count), because a phrase repeated ten times in a text is one habit and not ten. They are divided by the root of
the length, because the sum of the weights of n words scatters as the root of n does. Measured on development sets of eight kinds, mean AUC of
one linear model: 0.815 with single tokens and pairs in 2**20 columns, divided by the length; 0.831 divided by its root; 0.837 if the model
learns from pieces of texts (``mtdetect.training.ngram_counts``); 0.846 without collisions; 0.855 with triples.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mtdetect.text import Batch
from mtdetect.text.arrays import F32, F64, I64, U64, Mask
from mtdetect.text.distinct import distinct
from mtdetect.text.hashing import GOLDEN_RATIO, mix
from mtdetect.text.segments import sums
from mtdetect.text.tokens import PUNCTUATION
from mtdetect.text.vocabulary import SENTENCE

if TYPE_CHECKING:
    from mtdetect.features.view import View

SLOT_BITS = 22
"""Slots of the table of weights, as a power of two. It holds some hundred thousand n-grams, so few of them meet in a slot."""

CHECK_BITS = 8
"""Bits that tell an n-gram in a slot from another one that would be there: one of 256 strangers passes."""

KEY_BITS = SLOT_BITS + CHECK_BITS
"""Bits of an n-gram's key: its slot, then its check."""

PER_WORDS = 50.0
"""Counts are divided by the root of the length over this many words, to keep weights and logits at a readable scale."""

LEAST_WORDS = 10
"""Length that shorter texts are taken to have."""

MANY = 1 << 14
"""Number of n-grams in a batch from which a table of all slots is faster than a binary search."""

MOST_MODELS = 3
"""Models that fit into a slot, a byte each beside the check."""

_MARKS = 1 << 24  # added to the code points of punctuation, to keep them apart from word ids
_WEIGHTS = np.uint32((1 << 8 * MOST_MODELS) - 1)


def hashed(batch: Batch) -> tuple[I64, I64, I64]:
    """Keys of all n-grams of a batch.

    Parameters
    ----------
    batch : Batch
        Texts that were read.

    Returns
    -------
    single, double, triple : ndarray of int64, shape (n_tokens,)
        Key of each token alone, of it with the token before, and with the two tokens before.
    """
    numbers = batch.ids.astype(np.uint64)
    marks = np.flatnonzero(batch.tokens.kind == PUNCTUATION)
    numbers[marks] = batch.tokens.code.take(marks).astype(np.uint64) + np.uint64(_MARKS)
    starts = batch.sentence_first[:-1]
    before = _before(numbers, starts)
    pair = numbers * np.uint64(GOLDEN_RATIO) + before
    # The boundary stands before the first token and before the second one's predecessor.
    triple = mix(pair, 7) + _before(before, starts)
    return _keys(mix(numbers, 1)), _keys(mix(pair, 2)), _keys(mix(triple, 8))


def _before(numbers: U64, starts: npt.NDArray[np.integer]) -> U64:
    """Number of the token before each; the sentence boundary at starts of sentences."""
    before = np.empty_like(numbers)
    before[1:] = numbers[:-1]
    before[starts] = SENTENCE
    return before


def _keys(hashes: U64) -> I64:
    hashes >>= np.uint64(64 - KEY_BITS)
    return hashes.view(np.int64)


def damped(count: npt.NDArray[np.integer], words: npt.NDArray[np.integer]) -> F32:
    """Counts of n-grams as the models see them.

    Parameters
    ----------
    count : ndarray of int, shape (n,)
        Occurrences of an n-gram in a text.
    words : ndarray of int, shape (n,)
        Length of that text.
    """
    logarithms = np.log2(1.0 + np.arange(count.max(initial=0) + 1))
    roots = np.sqrt(PER_WORDS / np.maximum(words, LEAST_WORDS))
    return (logarithms.take(count) * roots).astype(np.float32)


@dataclass(frozen=True)
class Weights:
    """Weights of n-grams in up to ``MOST_MODELS`` models, so that one look-up serves all models.

    Attributes
    ----------
    keys : ndarray of uint32, shape (n,)
        N-grams that have weights, ascending; no two in the same slot. All others weigh nothing.
    table : ndarray of int8, shape (n, n_models)
    """

    keys: npt.NDArray[np.uint32]
    table: npt.NDArray[np.int8]

    @property
    def models(self) -> int:
        """Number of models."""
        return int(self.table.shape[1])

    @cached_property
    def _entries(self) -> npt.NDArray[np.uint32]:
        """The weights of each n-gram in the lower bytes of one integer, and its check above."""
        padded = np.zeros((len(self.table), 4), np.int8)
        padded[:, : self.models] = self.table
        check = self.keys & np.uint32((1 << CHECK_BITS) - 1)
        return padded.view(np.uint32).ravel() | check << np.uint32(8 * MOST_MODELS)

    @cached_property
    def _slots(self) -> npt.NDArray[np.uint32]:
        """Entries by slot; a slot without an n-gram weighs nothing."""
        slots = np.zeros(1 << SLOT_BITS, np.uint32)
        slots[self.keys >> np.uint32(CHECK_BITS)] = self._entries
        return slots

    def of_batch(self, view: View) -> npt.NDArray[np.int32]:
        """Weights of the n-grams of a batch; see :func:`looked_up`.

        Parameters
        ----------
        view : View
            The batch.

        Returns
        -------
        ndarray of int32, shape (n_tokens, 3)
            As :meth:`packed` gives them.
        """
        return self.packed(np.stack(view.hashed, axis=1))

    def packed(self, keys: I64) -> npt.NDArray[np.int32]:
        """Weights of some n-grams, a byte for each model in one integer; the table of slots, which takes 10 ms to build, serves many of them.

        Parameters
        ----------
        keys : ndarray of int64
            Keys of n-grams (:func:`hashed`), in an array of any shape.

        Returns
        -------
        ndarray of int32
            In the same shape; 0 for an n-gram without weights.
        """
        if keys.size >= MANY:
            entries = self._slots.take(keys >> CHECK_BITS, mode="clip")
            strange = (entries >> np.uint32(8 * MOST_MODELS)) != (keys & ((1 << CHECK_BITS) - 1))
        else:
            at = np.searchsorted(self.keys, keys.astype(np.uint32))
            at = np.minimum(at, max(len(self.keys) - 1, 0))
            entries = self._entries.take(at) if len(self.keys) else np.zeros(keys.shape, np.uint32)
            strange = self.keys.take(at) != keys if len(self.keys) else np.ones(keys.shape, bool)
        entries &= _WEIGHTS
        entries[strange] = 0
        return entries.view(np.int32)


def looked_up(view: View, weights: Weights) -> npt.NDArray[np.int32]:
    """Weights of all n-grams of a batch, looked up once and cached in the view.

    Parameters
    ----------
    view : View
        The batch.
    weights : Weights
        Weights of the n-grams.

    Returns
    -------
    ndarray of int32, shape (n_tokens, 3)
        Weights of each token alone, of it with the token before, and with the two before: a byte for each model.
    """
    return view.once(weights.of_batch)


def unpacked(packed: npt.NDArray[np.int32], models: int) -> npt.NDArray[np.int8]:
    """Weights from :func:`looked_up` by model, shape (..., models).

    Parameters
    ----------
    packed : ndarray of int32
        Of any shape, contiguous.
    models : int
        Number of models, at most ``MOST_MODELS``.

    Returns
    -------
    ndarray of int8, shape (..., models)
        A view of the same memory.
    """
    return packed.view(np.int8).reshape(*packed.shape, 4)[..., :models]


def logits(view: View, weights: Weights) -> F64:
    """Linear scores of each text in all models.

    Parameters
    ----------
    view : View
        The batch.
    weights : Weights
        Weights of the n-grams.

    Returns
    -------
    ndarray of float64, shape (n_texts, n_models)
    """
    batch = view.batch
    entries = looked_up(view, weights).ravel()
    # Most n-grams weigh nothing, and need not be counted.
    known = np.flatnonzero(entries)
    of_text = np.searchsorted(known, 3 * batch.first)
    doc = np.repeat(np.arange(len(batch)) << KEY_BITS, np.diff(of_text))
    keys = np.stack(view.hashed, axis=1).ravel().take(known)
    at, count = distinct(keys | doc, of_text)
    runs = np.searchsorted(at, of_text)
    value = damped(count, np.repeat(batch.words, np.diff(runs)))
    rows = unpacked(entries.take(known.take(at)), weights.models)
    return np.stack([sums(rows[:, k] * value, runs) for k in range(weights.models)], axis=1)


def shares_slot(keys: npt.NDArray[np.uint32]) -> Mask:
    """Whether each of some keys has the slot of the key before it.

    Parameters
    ----------
    keys : ndarray of uint32, shape (n,)
        Keys of n-grams, sorted by slot.

    Returns
    -------
    ndarray of bool, shape (n,)
        False for the first.
    """
    slots = keys >> np.uint32(CHECK_BITS)
    return np.append(np.zeros(min(len(keys), 1), bool), slots[1:] == slots[:-1])
