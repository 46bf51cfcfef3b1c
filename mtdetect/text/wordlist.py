"""Short word lists that are checked for every token of a batch.

A small table rejects nearly all other words with one look-up, so that only a few are searched for in the list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mtdetect.text.arrays import U64
from mtdetect.text.hashing import slots
from mtdetect.text.tokens import hash_word

_BITS = 16


@dataclass(frozen=True)
class WordList:
    """A set of words, represented by their hashes.

    Attributes
    ----------
    hashes : ndarray of uint64
        Ascending.
    sieve : ndarray of bool, shape (65536,)
        Whether any word of the list falls into each slot (:func:`mtdetect.text.hashing.slots`).
    """

    hashes: U64
    sieve: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, words: Iterable[str]) -> WordList:
        """Make a list of words in any case and order."""
        hashes = np.array(sorted({hash_word(word) for word in words}), np.uint64)
        sieve = np.zeros(1 << _BITS, bool)
        sieve[slots(hashes, _BITS)] = True
        return cls(hashes, sieve)

    def holds(self, hashes: U64) -> npt.NDArray[np.bool_]:
        """Whether the list contains the word of each hash."""
        found = np.zeros(len(hashes), bool)
        maybe = np.flatnonzero(self.sieve.take(slots(hashes, _BITS)))
        asked = hashes.take(maybe)
        at = np.minimum(np.searchsorted(self.hashes, asked), len(self.hashes) - 1)
        found[maybe] = self.hashes[at] == asked
        return found
