"""A static map from 64-bit keys to small integers, with about 1.23 cells per key.

The language tables hold millions of n-grams and are queried several times per token, so both memory and cache misses
matter. A :class:`Lookup` is a retrieval structure: an XOR filter that also stores values (Graf and Lemire, "Xor filters",
ACM JEA 2020; Botelho, Pagh and Ziviani, 2007). Three hashes of a key select three cells whose exclusive or is
``fingerprint | value``. Keys are not stored. An absent key shows a wrong fingerprint and returns 0, except for a share of
2**-b, where b is the number of bits of the fingerprint.

Every operation works on whole arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.text.arrays import I64, U64
from mtdetect.text.hashing import FINALIZER, GOLDEN_RATIO, SECOND_MULTIPLIER, SHIFT, mix

BLOCK = 1 << 14
"""Keys looked up together, so that their buffers fit into the processor's second-level cache."""

_32, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_THIRD, _FINGERPRINT = np.uint64(SECOND_MULTIPLIER), np.uint64(GOLDEN_RATIO)
"""Multipliers that give the third cell and the fingerprint."""

_CELLS_PER_KEY = 1.24  # below 1.22 the construction does not finish (Graf and Lemire 2020, section 2)


@dataclass(frozen=True)
class Lookup:
    """A static map from 64-bit keys to integers.

    Attributes
    ----------
    cells : ndarray of uint16 or uint32, shape (3 * segment,)
        Three segments, one for each hash.
    value_bits : int
        Number of low bits of a cell that hold the value; the others hold the fingerprint.
    salt : int
        Salt of the hashes for which the construction succeeded.
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
            If a value is out of range, or a key occurs twice.
        """
        if len(values) and (int(values.min()) < 1 or int(values.max()) >> value_bits):
            raise ValueError(f"values must lie between 1 and {2**value_bits - 1}")
        segment = int(len(keys) * _CELLS_PER_KEY / 3) + 32
        for salt in range(64):
            order = _peel(_positions(keys, salt, segment), 3 * segment)
            if order is not None:
                cells = np.zeros(3 * segment, cell)
                bits = 8 * cells.dtype.itemsize
                positions = _positions(keys, salt, segment)
                want = (_fingerprint(keys, salt, bits, value_bits) | values.astype(np.uint64)).astype(cell)
                for index, free in reversed(order):
                    others = (
                        cells[positions[0, index]] ^ cells[positions[1, index]] ^ cells[positions[2, index]]
                    )
                    cells[free] = want[index] ^ others  # the free cell itself is still 0
                return cls(cells, value_bits, salt)
        raise ValueError("a key occurs twice; keys must be distinct")

    def get(self, keys: U64) -> npt.NDArray[Any]:
        """Values of the keys; 0 where a key is absent.

        Parameters
        ----------
        keys : ndarray of uint64
            Of any shape.

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
        self, keys: U64, found: npt.NDArray[Any], hashes: U64, positions: U64, cell: npt.NDArray[Any]
    ) -> None:
        """Look up a block of keys in place: the steps of :func:`mix`, :func:`_cell` and :func:`_fingerprint` on reused buffers."""
        size = len(keys)
        h, part, cell = hashes[:size], positions[:size], cell[:size]
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
            # "clip" skips the bounds check; all positions lie inside.
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
        # A matching fingerprint cancels out, and only the value remains.
        found *= found < (1 << self.value_bits)


def _cell(h: U64, which: int, segment: int) -> U64:
    """Cell that one of the three hashes selects: 32 bits reduced to the segment by multiply and shift (Lemire 2019)."""
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


def _positions(keys: U64, salt: int, segment: int) -> I64:
    h = mix(keys, salt)
    return np.stack([_cell(h, k, segment).astype(np.int64) for k in range(3)])


def _fingerprint(keys: U64, salt: int, bits: int, value_bits: int) -> U64:
    """High bits of a product, independent enough of the three cells, above the bits of the value."""
    high = (mix(keys, salt) * _FINGERPRINT) >> np.uint64(64 - bits + value_bits)
    return high << np.uint64(value_bits)


def _peel(positions: I64, cells: int) -> list[tuple[I64, I64]] | None:
    """Order in which the keys can be placed, as rounds of keys and the cell that only each of them uses; None if there is none.

    Within a round no key uses the free cell of another, so that a round is placed by one array operation.
    """
    degree = np.bincount(positions.ravel(), minlength=cells)
    number = np.arange(positions.shape[1])
    # The exclusive or of the indices of all keys in a cell is the index of the key once only one is left.
    members = np.zeros(cells, np.int64)
    for row in positions:
        np.bitwise_xor.at(members, row, number)
    order = []
    left = positions.shape[1]
    free = np.flatnonzero(degree == 1)
    while len(free):
        keys, first = np.unique(members[free], return_index=True)
        free = free[first]
        order.append((keys, free))
        left -= len(keys)
        touched = []
        for row in positions:
            at = row[keys]
            np.subtract.at(degree, at, 1)
            np.bitwise_xor.at(members, at, keys)
            touched.append(at)
        around = np.unique(np.concatenate(touched))
        free = around[degree[around] == 1]
    return order if left == 0 else None
