"""Multiplicative hashing of whole arrays of 64-bit keys.

Word hashes, lookup tables and n-gram columns all multiply by the same constants, so the constants and the two hash
functions live here.
"""

from __future__ import annotations

import numpy as np

from mtdetect.text.arrays import I64, U64

GOLDEN_RATIO = 0x9E3779B97F4A7C15
"""2**64 divided by the golden ratio, an odd number: the multiplier of Fibonacci hashing (Knuth, The Art of Computer
Programming, volume 3, section 6.4)."""

SECOND_MULTIPLIER = 0xD6E8FEB86659FD93
"""Another odd number, for hashes that must be independent of those made with ``GOLDEN_RATIO``."""

FINALIZER = (np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53))
"""The two multipliers of MurmurHash3's 64-bit finalizer (Austin Appleby, public domain)."""

SHIFT = np.uint64(33)
"""Shift of the same finalizer."""


def mix(keys: U64, salt: int) -> U64:
    """Mix all bits of 64-bit keys, with the finalizer of MurmurHash3.

    Parameters
    ----------
    keys : ndarray of uint64
    salt : int
        Selects one of many independent hash functions.
    """
    h = keys ^ np.uint64(salt & 0xFFFFFFFFFFFFFFFF)
    h ^= h >> SHIFT
    for factor in FINALIZER:
        h *= factor
        h ^= h >> SHIFT
    return h


def slots(keys: U64, bits: int, multiplier: int = GOLDEN_RATIO) -> I64:
    """Slot of each key in a table of ``2**bits`` slots: the high bits of a product.

    Parameters
    ----------
    keys : ndarray of uint64
    bits : int
        Size of the table, as a power of two.
    multiplier : int
        An odd number; other multipliers give other hash functions.
    """
    hashed = keys * np.uint64(multiplier)
    hashed >>= np.uint64(64 - bits)
    return hashed.view(np.int64)
