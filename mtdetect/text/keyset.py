"""Sets of 64-bit keys that are checked for every token of a batch, such as the hashes of the words in a list.

A Bloom filter with one hash function rejects nearly all other keys with one look-up, so that only a few are searched for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mtdetect.text.arrays import U64
from mtdetect.text.hashing import slots
from mtdetect.text.tokens import hash_word

WORD_LIST_BITS = 16
"""Slots of the filter of a word list, as a power of two: hundreds per word."""


@dataclass(frozen=True)
class KeySet:
    """A set of keys.

    Attributes
    ----------
    keys : ndarray of uint64
        Ascending.
    bits : int
        Number of slots of the filter, as a power of two.
    filter : ndarray of bool, shape (2**bits,)
        Whether any key falls into each slot.
    """

    keys: U64
    bits: int
    filter: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, keys: U64, bits: int) -> KeySet:
        """Make a set with a filter of ``2**bits`` slots.

        Parameters
        ----------
        keys : ndarray of uint64, shape (n,)
            Ascending.
        bits : int
            Number of slots, as a power of two.
        """
        occupied = np.zeros(1 << bits, bool)
        occupied[slots(keys, bits)] = True
        return cls(keys, bits, occupied)

    @classmethod
    def of_words(cls, words: Iterable[str]) -> KeySet:
        """Make a set of the hashes of words.

        Parameters
        ----------
        words : iterable of str
            In any case and order; a word may occur twice.
        """
        hashes = np.array(sorted({hash_word(word) for word in words}), np.uint64)
        return cls.of(hashes, WORD_LIST_BITS)

    def holds(self, keys: U64) -> npt.NDArray[np.bool_]:
        """Whether the set contains each of some keys.

        Parameters
        ----------
        keys : ndarray of uint64
            Of any shape.

        Returns
        -------
        ndarray of bool
            Of the same shape.
        """
        found = self.filter.take(slots(keys, self.bits))
        possible = np.flatnonzero(found)
        wanted = keys.ravel().take(possible)
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        found.ravel()[possible] = self.keys[at] == wanted
        return found
