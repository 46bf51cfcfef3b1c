"""The stream of the language model: the tokens of a batch without quotes, brackets and hyphens.

Engines and publishers differ in their use of quotes and brackets, so these must not separate two words. The stream has words,
numbers (as classes), commas and semicolons; a sentence boundary is a neighbour with the id of ``<s>``. Building the tables
and scoring a text both use this module, so they cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.text.arrays import I32, I64, U64
from mtdetect.text.batch import Batch
from mtdetect.text.vocabulary import FIRST_WORD, OUTSIDE, SENTENCE

BITS = 20
"""Bits of an id in the key of an n-gram; three ids fill 60 of 64 bits."""


@dataclass(frozen=True)
class Stream:
    """Words with their neighbours; all arrays have one entry per word of the stream.

    Attributes
    ----------
    ids : ndarray of int32
        Vocabulary ids.
    before, before2, after : ndarray of int32
        Ids of the word before, the second word before, and the word after; ``SENTENCE`` at a sentence boundary, ``OUTSIDE``
        beyond it.
    token : ndarray of int64
        Index of each word among the tokens of the batch.
    doc : ndarray of int32
        Text of each word.
    last : ndarray of bool
        Whether each word is the last of its sentence.
    word : ndarray of bool
        Whether it is a word of the vocabulary, and not a class.
    """

    ids: I32
    before: I32
    before2: I32
    after: I32
    token: I64
    doc: I32
    last: npt.NDArray[np.bool_]
    word: npt.NDArray[np.bool_]


def stream(batch: Batch) -> Stream:
    """Extract the stream of the language model from a batch.

    Parameters
    ----------
    batch : Batch
        Texts that were read.
    """
    token = np.flatnonzero(batch.ids != OUTSIDE)
    ids = batch.ids.take(token)
    sentence = batch.sentence.take(token)
    n = len(ids)
    begins = np.ones(n, bool)
    begins[1:] = sentence[1:] != sentence[:-1]
    last = np.ones(n, bool)
    last[:-1] = begins[1:]
    before = np.empty_like(ids)
    before[1:] = ids[:-1]
    before[begins] = SENTENCE
    before2 = np.empty_like(ids)
    before2[1:] = before[:-1]
    before2[begins] = OUTSIDE
    after = np.empty_like(ids)
    after[:-1] = ids[1:]
    after[last] = SENTENCE
    return Stream(ids, before, before2, after, token, batch.doc.take(token), last, ids >= FIRST_WORD)


def pair(left: npt.NDArray[Any], right: npt.NDArray[Any]) -> U64:
    """Key of a bigram.

    Parameters
    ----------
    left, right : ndarray of int
        Ids below ``2**BITS`` of the words of each pair, in arrays that can be broadcast.

    Returns
    -------
    ndarray of uint64
        In the shape of both together.
    """
    return (left.astype(np.uint64) << np.uint64(BITS)) | right.astype(np.uint64)


def triple(left: npt.NDArray[Any], middle: npt.NDArray[Any], right: npt.NDArray[Any]) -> U64:
    """Key of a trigram.

    Parameters
    ----------
    left, middle, right : ndarray of int
        Ids below ``2**BITS`` of the words of each triple, in arrays that can be broadcast.

    Returns
    -------
    ndarray of uint64
        In the shape of all together.
    """
    return (pair(left, middle) << np.uint64(BITS)) | right.astype(np.uint64)
