"""Counting n-grams of training texts, for the models of :mod:`mtdetect.features.ngrams`.

The models learn from *pieces*: whole sentences of a text, about ``PIECE`` tokens together. Of a long text a linear model soon is sure, and learns
no more from it; of its pieces it learns as much as of short texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, vstack

from mtdetect.features import ngrams
from mtdetect.features.lexicon import Lexicon
from mtdetect.text import Batch, read
from mtdetect.text.arrays import F64, I64, Mask

PIECE = 180
"""Tokens of a piece. Mean AUC of one linear model on eight development sets: whole texts 0.831, pieces of 180 0.837, of 90 0.836."""

LEAST_PIECES = 28
"""Pieces in which training has to meet an n-gram before it gets a weight. With 10 and 20, and five ninths as many pieces as
now, the mean AUC was 0.855 and 0.853, and there were 700,000 and 330,000 n-grams."""

BATCH = 256

MERGE = 40
"""Batches whose keys are counted together, so that memory stays small."""


@dataclass(frozen=True)
class Pieces:
    """N-gram counts of the pieces of some texts.

    Attributes
    ----------
    counts : csr_matrix of float32, shape (n_pieces, n_ngrams)
        Damped counts (``ngrams.damped``).
    text : ndarray of int64, shape (n_pieces,)
        Text of each piece, rising.
    words : ndarray of float64, shape (n_pieces,)
        Length of each piece.
    """

    counts: Any
    text: I64
    words: F64

    def only(self, keep: Mask) -> Pieces:
        """Pieces of some of the texts.

        Parameters
        ----------
        keep : ndarray of bool, shape (n_texts,)
            True for the texts to keep, which are numbered anew from 0.
        """
        own = keep[self.text]
        return Pieces(self.counts[own], (np.cumsum(keep) - 1)[self.text[own]], self.words[own])


def frequent(texts: Sequence[str], lexicon: Lexicon, least: int = LEAST_PIECES) -> npt.NDArray[np.uint32]:
    """N-grams that enough pieces have.

    Parameters
    ----------
    texts : sequence of str
        Texts to learn from.
    lexicon : Lexicon
        Language tables.
    least : int
        Smallest number of pieces.

    Returns
    -------
    ndarray of uint32
        Their keys, ascending; of several in one slot only the most frequent.
    """
    keys, count = np.zeros(0, np.int64), np.zeros(0, np.int64)
    waiting: list[I64] = []
    for batch in _batches(texts, lexicon):
        piece, _ = _divided(batch)
        own = [piece << ngrams.KEY_BITS | part for part in ngrams.hashed(batch)]
        waiting.append(np.unique(np.concatenate(own)) & ((1 << ngrams.KEY_BITS) - 1))
        if len(waiting) == MERGE:
            keys, count = _merged(keys, count, waiting)
            waiting = []
    keys, count = _merged(keys, count, waiting)
    enough = count >= least
    keys, count = keys[enough], count[enough]
    order = np.lexsort((-count, keys >> ngrams.CHECK_BITS))
    chosen = keys[order].astype(np.uint32)
    return chosen[~ngrams.shares_slot(chosen)]


def _merged(keys: I64, count: I64, waiting: Sequence[I64]) -> tuple[I64, I64]:
    """Counts of keys, with more occurrences."""
    every = np.concatenate([keys, *waiting])
    weight = np.concatenate([count, np.ones(len(every) - len(keys), np.int64)])
    order = np.argsort(every, kind="stable")
    every = every[order]
    first = np.flatnonzero(np.append(True, every[1:] != every[:-1])[: len(every)])
    return every[first], np.add.reduceat(weight[order], first) if len(first) else weight[:0]


def counts(batch: Batch, keys: npt.NDArray[np.uint32]) -> csr_matrix:
    """Damped counts of the n-grams of each text of a batch.

    Parameters
    ----------
    batch : Batch
        Texts.
    keys : ndarray of uint32
        N-grams that are counted, ascending.

    Returns
    -------
    csr_matrix of float32, shape (n_texts, len(keys))
    """
    return _counted(batch, keys, batch.doc.astype(np.int64), batch.words)


def pieces(batch: Batch, keys: npt.NDArray[np.uint32]) -> Pieces:
    """N-gram counts of the pieces of a batch. Parameters as for :func:`counts`."""
    piece, text = _divided(batch)
    tokens = np.bincount(piece, minlength=len(text))
    words = tokens * (batch.words / np.maximum(np.diff(batch.first), 1))[text]
    return Pieces(_counted(batch, keys, piece, words), text, words)


def joined(parts: Sequence[Pieces], texts: Sequence[int]) -> Pieces:
    """Pieces of several batches, which have so many texts each.

    Parameters
    ----------
    parts : sequence of Pieces
        Results of :func:`pieces` with the same n-grams.
    texts : sequence of int
        Number of texts of each batch.
    """
    before = np.append(0, np.cumsum(texts))[:-1]
    return Pieces(
        vstack([part.counts for part in parts]).tocsr(),
        np.concatenate([part.text + begin for part, begin in zip(parts, before.tolist(), strict=True)]),
        np.concatenate([part.words for part in parts]),
    )


def _batches(texts: Sequence[str], lexicon: Lexicon) -> Iterator[Batch]:
    for begin in range(0, len(texts), BATCH):
        yield read(texts[begin : begin + BATCH], lexicon.vocabulary, identify=False)


def _divided(batch: Batch) -> tuple[I64, I64]:
    """Piece of each token, and text of each piece."""
    size = np.diff(batch.sentence_first)
    of_text = np.diff(batch.first)
    number = np.maximum(np.rint(of_text / PIECE), 1).astype(np.int64)
    doc = batch.sentence_doc
    middle = batch.sentence_first[:-1] + size / 2 - batch.first[:-1][doc]
    own = np.minimum((middle / np.maximum(of_text[doc], 1) * number[doc]).astype(np.int64), number[doc] - 1)
    before = np.append(0, np.cumsum(number))[:-1]
    return np.repeat(before[doc] + own, size), np.repeat(np.arange(len(batch)), number)


def _counted(batch: Batch, keys: npt.NDArray[np.uint32], row: I64, words: npt.NDArray[Any]) -> csr_matrix:
    """Damped counts by row, which each token has one of."""
    every = np.concatenate(ngrams.hashed(batch))
    column = np.minimum(np.searchsorted(keys, every.astype(np.uint32)), max(len(keys) - 1, 0))
    known = np.flatnonzero(keys[column] == every) if len(keys) else column[:0]
    cell, count = np.unique(np.tile(row, 3)[known] * max(len(keys), 1) + column[known], return_counts=True)
    rows, columns = np.divmod(cell, max(len(keys), 1))
    return csr_matrix((ngrams.damped(count, words[rows]), (rows, columns)), shape=(len(words), len(keys)))
