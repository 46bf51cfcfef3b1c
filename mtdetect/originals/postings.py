"""Posting lists: which originals contain a stem, as sorted arrays that a search reads by slices.

A segment covers consecutive numbers of originals. Its keys are a sorted array. Their lists follow each other in the same order in one
array of bytes: the numbers of the originals, ascending, as differences, in variable-length integers of seven bits a byte (least
significant first; a set high bit means that more bytes follow). Whole arrays are encoded and decoded at once. A segment never
changes, so readers may cache it; small segments are merged into larger ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.text.arrays import F32, I64, U32

U8 = npt.NDArray[np.uint8]

_MOST_BYTES = 5
"""Bytes of the longest encoded 32-bit number."""


def encode(values: npt.NDArray[Any]) -> tuple[U8, I64]:
    """Encode numbers with variable length.

    Parameters
    ----------
    values : ndarray of int, shape (n,)
        From 0 to 2**32 - 1.

    Returns
    -------
    data : ndarray of uint8
        The encoded numbers, one after the other.
    ends : ndarray of int64, shape (n,)
        Where each of them ends.
    """
    value = values.astype(np.uint64)
    size = np.ones(len(value), np.int64)
    for k in range(1, _MOST_BYTES):
        size += value >= np.uint64(1 << (7 * k))
    ends = np.cumsum(size)
    starts = ends - size
    data = np.empty(int(ends[-1]) if len(ends) else 0, np.uint8)
    here = np.arange(len(value))
    for k in range(_MOST_BYTES):
        here = here[size[here] > k]
        if not len(here):
            break
        part = (value[here] >> np.uint64(7 * k)) & np.uint64(0x7F)
        data[starts[here] + k] = part + np.uint64(0x80) * (size[here] > k + 1)
    return data, ends


def decode(data: U8) -> I64:
    """Decode numbers that :func:`encode` encoded.

    Parameters
    ----------
    data : ndarray of uint8
        Complete numbers, one after the other.

    Returns
    -------
    ndarray of int64
        The numbers.
    """
    last = np.flatnonzero(data < 0x80)
    values = data[last].astype(np.int64)
    starts = np.append(0, last[:-1] + 1)[: len(last)]
    longer = np.flatnonzero(last > starts)
    for k in range(1, _MOST_BYTES):
        if not len(longer):
            break
        # From the last byte backwards: the bits read so far move up.
        values[longer] = (values[longer] << 7) | (data[last[longer] - k] & 0x7F)
        longer = longer[last[longer] - k > starts[longer]]
    return values


@dataclass(frozen=True)
class Segment:
    """Posting lists of consecutively numbered originals.

    Attributes
    ----------
    first : int
        Number of its first original.
    weights : ndarray of float32, shape (n_originals,)
        Sum of the weights of the distinct stems of each original, starting at number ``first``; 0 where there is no original.
    keys : ndarray of uint32, shape (n_keys,)
        Stems, ascending.
    ends : ndarray of uint32, shape (n_keys,)
        End of each list in ``data``.
    data : ndarray of uint8
        The lists.
    """

    first: int
    weights: F32
    keys: U32
    ends: U32
    data: U8

    @property
    def stop(self) -> int:
        """Number after that of its last original."""
        return self.first + len(self.weights)

    @property
    def postings(self) -> int:
        """Total length of all lists: the number of bytes that end a number."""
        return int(np.count_nonzero(self.data < 0x80))

    @classmethod
    def build(cls, first: int, weights: F32, keys: U32, originals: npt.NDArray[Any]) -> Segment:
        """Build a segment.

        Parameters
        ----------
        first : int
            Number of the first original.
        weights : ndarray of float32
            Attribute of that name.
        keys : ndarray of uint32, shape (n,)
            Stem of a posting.
        originals : ndarray of int, shape (n,)
            Its original, counted from ``first``.
        """
        pairs = np.unique((keys.astype(np.uint64) << np.uint64(32)) | originals.astype(np.uint64))
        keys = (pairs >> np.uint64(32)).astype(np.uint32)
        numbers = (pairs & np.uint64(0xFFFFFFFF)).astype(np.int64)
        begins = np.append(True, keys[1:] != keys[:-1])[: len(keys)]
        gaps = np.diff(numbers, prepend=0)
        gaps[begins] = numbers[begins]
        data, ends = encode(gaps)
        closes = np.append(begins[1:], True)[: len(keys)]
        return cls(first, weights.astype(np.float32), keys[begins], ends[closes].astype(np.uint32), data)

    def spans(self, keys: U32) -> tuple[I64, I64]:
        """Positions of the lists of some keys in ``data``.

        Parameters
        ----------
        keys : ndarray of uint32
            Stems.

        Returns
        -------
        start, end : ndarray of int64
            Start and end of each list; equal if there is none.
        """
        if not len(self.keys):
            nothing = np.zeros(len(keys), np.int64)
            return nothing, nothing
        at, found = positions(self.keys, keys)
        end = self.ends[at].astype(np.int64)
        start = np.where(at > 0, self.ends[at - 1], 0).astype(np.int64)
        return np.where(found, start, end), end

    def lists(self, start: I64, end: I64) -> tuple[I64, I64]:
        """Read posting lists.

        Parameters
        ----------
        start, end : ndarray of int64, shape (n,)
            Results of :meth:`spans`.

        Returns
        -------
        originals : ndarray of int64
            Originals of all lists, counted from ``first``.
        which : ndarray of int64
            Index of the list of each.

        Raises
        ------
        ValueError
            If the segment is damaged.
        """
        if not len(start):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        data = np.concatenate([self.data[a:b] for a, b in zip(start.tolist(), end.tolist(), strict=True)])
        originals, sizes = self._decoded(data, np.cumsum(end - start))
        return originals, np.repeat(np.arange(len(sizes)), sizes)

    def everything(self) -> tuple[U32, I64]:
        """All postings: the stem and the original of each."""
        originals, sizes = self._decoded(self.data, self.ends.astype(np.int64))
        return np.repeat(self.keys, sizes), originals

    def _decoded(self, data: U8, ends: I64) -> tuple[I64, I64]:
        """Originals of all lists in ``data``, and the length of each list; ``ends`` is where the lists end."""
        gaps = decode(data)
        # Each byte without the high bit ends a number.
        numbers = np.append(0, np.cumsum(data < 0x80))
        bounds = numbers[np.append(0, ends)]
        sizes = np.diff(bounds)
        total = np.cumsum(gaps)
        originals = total - np.repeat(np.append(0, total)[bounds[:-1]], sizes)
        # A damaged file must not cause an array for number 2**32.
        if len(originals) and int(originals.max()) >= len(self.weights):
            raise ValueError("a list names an original that is not there")
        return originals, sizes


def positions(table: U32, keys: U32) -> tuple[I64, npt.NDArray[np.bool_]]:
    """Look keys up in a sorted array.

    Parameters
    ----------
    table : ndarray of uint32
        Ascending, without repetitions, not empty.
    keys : ndarray of uint32
        Keys in any order.

    Returns
    -------
    at : ndarray of int64
        Position of each key; of an absent key, any position.
    found : ndarray of bool
        Whether the key is in the table.
    """
    at = np.searchsorted(table, keys)
    at[at == len(table)] = 0
    return at, table[at] == keys


def merged(segments: Sequence[Segment], alive: npt.NDArray[np.bool_] | None = None) -> Segment:
    """Merge segments into one.

    Parameters
    ----------
    segments : sequence of Segment
        In order of their numbers; gaps between them are allowed.
    alive : ndarray of bool, optional
        Which originals are kept, starting at the first segment's ``first``; all by default.

    Returns
    -------
    Segment
        With the same numbers.
    """
    first = segments[0].first
    weights = np.zeros(segments[-1].stop - first, np.float32)
    keys, originals = [], []
    for segment in segments:
        offset = segment.first - first
        weights[offset : offset + len(segment.weights)] = segment.weights
        stems, numbers = segment.everything()
        numbers = numbers + offset
        if alive is not None:
            kept = alive[numbers]
            stems, numbers = stems[kept], numbers[kept]
        keys.append(stems)
        originals.append(numbers)
    if alive is not None:
        weights[~alive[: len(weights)]] = 0.0
    return Segment.build(first, weights, np.concatenate(keys), np.concatenate(originals))
