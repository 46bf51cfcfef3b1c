"""A static map from 64-bit keys to small integers, in about 1.23 cells a key.

The language tables hold millions of n-grams and are asked several times a token, so both their size and the number of
cache misses count. A :class:`Lookup` is a *retrieval structure* (an XOR filter that carries values: Graf and Lemire,
"Xor filters", ACM JEA 2020; Botelho, Pagh and Ziviani, 2007): three hashes of the key name three cells whose exclusive
or is ``fingerprint | value``. Keys are not stored; a key that was never put in shows the wrong fingerprint
and answers 0, except with probability 2**-bits of the fingerprint.

Every operation works on whole arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.text.arrays import I64, U64
from mtdetect.text.hashing import FINALIZER, GOLDEN_RATIO, SHIFT, mix

BLOCK = 1 << 14
"""Keys looked up together: their scratch arrays stay in the processor's second-level cache."""

_32, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_THIRD, _FINGERPRINT = np.uint64(0xD6E8FEB86659FD93), np.uint64(GOLDEN_RATIO)
"""Multipliers of the third cell (from the hash function degski64) and of the fingerprint."""

_CELLS_PER_KEY = 1.24  # below 1.22 the construction does not finish (Graf and Lemire 2020, section 2)


@dataclass(frozen=True)
class Lookup:
    """A static map from 64-bit keys to integers.

    Attributes
    ----------
    cells : ndarray of uint16 or uint32, shape (3 * segment,)
        The three segments, one for each hash.
    value_bits : int
        Low bits of a cell that hold the value; the others hold the fingerprint.
    salt : int
        Number that made the construction succeed.
    """

    cells: npt.NDArray[Any]
    value_bits: int
    salt: int

    @classmethod
    def build(cls, keys: U64, values: npt.NDArray[Any], *, value_bits: int, cell: Any = np.uint16) -> Lookup:
        """Build the map.

        Parameters
        ----------
        keys : ndarray of uint64, shape (n,)
            Distinct keys.
        values : ndarray of int, shape (n,)
            Values from 1 to 2**value_bits - 1; 0 is the answer for an absent key.
        value_bits : int
            Bits of the value.
        cell : dtype
            ``numpy.uint16`` or ``numpy.uint32``.

        Raises
        ------
        ValueError
            If a value does not fit or a key stands twice.
        """
        if len(values) and (int(values.min()) < 1 or int(values.max()) >> value_bits):
            raise ValueError(f"values must lie between 1 and {2**value_bits - 1}")
        segment = int(len(keys) * _CELLS_PER_KEY / 3) + 32
        for salt in range(64):
            order = _peel(_positions(keys, salt, segment), 3 * segment)
            if order is not None:
                cells = np.zeros(3 * segment, cell)
                bits = 8 * cells.dtype.itemsize
                spots = _positions(keys, salt, segment)
                want = (_fingerprint(keys, salt, bits, value_bits) | values.astype(np.uint64)).astype(cell)
                for index, free in reversed(order):
                    others = cells[spots[0, index]] ^ cells[spots[1, index]] ^ cells[spots[2, index]]
                    cells[free] = want[index] ^ others  # the free cell itself is still 0
                return cls(cells, value_bits, salt)
        raise ValueError("a key stands twice")

    def get(self, keys: U64) -> npt.NDArray[Any]:
        """Values of the keys, 0 where a key is absent.

        Parameters
        ----------
        keys : ndarray of uint64
            Any shape.

        Returns
        -------
        ndarray of uint16 or uint32
            Of the same shape.
        """
        keys = np.asarray(keys)
        asked = np.ascontiguousarray(keys).ravel()
        found = np.empty(len(asked), self.cells.dtype)
        size = min(BLOCK, len(asked))
        scratch = np.empty(size, np.uint64), np.empty(size, np.uint64), np.empty(size, self.cells.dtype)
        for begin in range(0, len(asked), BLOCK):
            own = slice(begin, begin + BLOCK)
            self._get(asked[own], found[own], *scratch)
        return found.reshape(keys.shape)

    def _get(
        self, keys: U64, found: npt.NDArray[Any], hashes: U64, spots: U64, cell: npt.NDArray[Any]
    ) -> None:
        """Look a block of keys up, in arrays that stay in the cache: what :func:`mix`, :func:`_spot` and :func:`_print_bits` say, in place."""
        size = len(keys)
        h, part, cell = hashes[:size], spots[:size], cell[:size]
        np.bitwise_xor(keys, np.uint64(self.salt), out=h)
        for factor in (*FINALIZER, None):
            np.right_shift(h, SHIFT, out=part)
            h ^= part
            if factor is not None:
                h *= factor
        segment = len(self.cells) // 3
        for which in range(3):
            if which == 0:
                np.bitwise_and(h, _LOW, out=part)
            elif which == 1:
                np.right_shift(h, _32, out=part)
            else:
                np.multiply(h, _THIRD, out=part)
                part >>= _32
            part *= np.uint64(segment)
            part >>= _32
            # "clip" spares the check of bounds; spots lie inside.
            own = self.cells[which * segment : (which + 1) * segment]
            own.take(part.view(np.int64), out=cell if which else found, mode="clip")
            if which:
                found ^= cell
        bits = 8 * self.cells.dtype.itemsize
        h *= _FINGERPRINT
        h >>= np.uint64(64 - bits + self.value_bits)
        cell[:] = h
        cell <<= cell.dtype.type(self.value_bits)
        found ^= cell
        # Right fingerprint: its bits cancelled and only the value is left.
        found *= found < (1 << self.value_bits)


def _spot(h: U64, which: int, segment: int) -> U64:
    """Cell index of one hash: a multiply-shift reduction of 32 scrambled bits to the segment (Lemire 2019)."""
    if which == 0:
        part = h & _LOW
    elif which == 1:
        part = h >> _32
    else:
        part = (h * _THIRD) >> _32
    part *= np.uint64(segment)
    part >>= _32
    part += np.uint64(which * segment)
    return part


def _print_bits(h: U64, bits: int, value_bits: int) -> U64:
    # 8 to 18 bits from the middle of a product, independent enough of the three spots.
    scrambled = (h * _FINGERPRINT) >> np.uint64(64 - bits + value_bits)
    return scrambled << np.uint64(value_bits)


def _positions(keys: U64, salt: int, segment: int) -> I64:
    h = mix(keys, salt)
    return np.stack([_spot(h, k, segment).astype(np.int64) for k in range(3)])


def _fingerprint(keys: U64, salt: int, bits: int, value_bits: int) -> U64:
    return _print_bits(mix(keys, salt), bits, value_bits)


def _peel(spots: I64, cells: int) -> list[tuple[I64, I64]] | None:
    """Order in which the keys can be placed: rounds of (keys, the cell that is theirs alone), or None.

    Within a round no key touches another's free cell, so a round is placed as one array operation.
    """
    degree = np.bincount(spots.ravel(), minlength=cells)
    number = np.arange(spots.shape[1])
    # The exclusive or of the numbers of all keys in a cell is the key's own number once it is alone there.
    members = np.zeros(cells, np.int64)
    for row in spots:
        np.bitwise_xor.at(members, row, number)
    order = []
    left = spots.shape[1]
    free = np.flatnonzero(degree == 1)
    while len(free):
        keys, first = np.unique(members[free], return_index=True)
        free = free[first]
        order.append((keys, free))
        left -= len(keys)
        touched = []
        for row in spots:
            at = row[keys]
            np.subtract.at(degree, at, 1)
            np.bitwise_xor.at(members, at, keys)
            touched.append(at)
        around = np.unique(np.concatenate(touched))
        free = around[degree[around] == 1]
    return order if left == 0 else None
