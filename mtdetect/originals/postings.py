"""Posting lists: which originals hold a stem, as sorted arrays that a search reads by slices.

A segment covers a run of numbered originals. Its keys are a sorted array; the list of each key stands at the same
place of one long array of bytes: the numbers of the originals, ascending, each less the one before, as variable-length
integers of seven bits a byte (least significant first; the high bit says that more follow). Everything is coded and decoded as
whole arrays. A segment never changes, so readers may keep it; small ones are merged into larger ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.text.arrays import F32, I64, U32

U8 = npt.NDArray[np.uint8]

_MOST_BYTES = 5  # of a 32-bit number in sevens


def encode(values: npt.NDArray[Any]) -> tuple[U8, I64]:
    """Code numbers with a variable length.

    Parameters
    ----------
    values : ndarray of int, shape (n,)
        From 0 to 2**32 - 1.

    Returns
    -------
    data : ndarray of uint8
        The coded numbers, end to end.
    ends : ndarray of int64, shape (n,)
        Where each ends.
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
    """Read numbers that :func:`encode` wrote.

    Parameters
    ----------
    data : ndarray of uint8
        Whole numbers, end to end.

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
        # From the last byte back: what was read so far moves up.
        values[longer] = (values[longer] << 7) | (data[last[longer] - k] & 0x7F)
        longer = longer[last[longer] - k > starts[longer]]
    return values


@dataclass(frozen=True)
class Segment:
    """Posting lists of a run of originals.

    Attributes
    ----------
    first : int
        Number of its first original.
    weights : ndarray of float32, shape (n_originals,)
        Sum of the weights of the different stems of each original, by number from ``first`` on; 0 where there is none.
    keys : ndarray of uint32, shape (n_keys,)
        Stems, ascending.
    ends : ndarray of uint32, shape (n_keys,)
        Where the list of each ends in ``data``.
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
        """Number behind its last original."""
        return self.first + len(self.weights)

    @property
    def postings(self) -> int:
        """Members of all lists: the bytes that close a number."""
        return int(np.count_nonzero(self.data < 0x80))

    @classmethod
    def build(cls, first: int, weights: F32, keys: U32, originals: npt.NDArray[Any]) -> Segment:
        """Build a segment.

        Parameters
        ----------
        first : int
            Number of the first original.
        weights : ndarray of float32
            As the attribute.
        keys : ndarray of uint32, shape (n,)
            A stem of an original.
        originals : ndarray of int, shape (n,)
            That original, counted from ``first``.
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
        """Where the lists of keys stand in ``data``; an empty span for a key that is not there.

        Parameters
        ----------
        keys : ndarray of uint32
            Stems.

        Returns
        -------
        start, end : ndarray of int64
            Spans.
        """
        if not len(self.keys):
            nothing = np.zeros(len(keys), np.int64)
            return nothing, nothing
        at = np.searchsorted(self.keys, keys)
        at[at == len(self.keys)] = 0
        found = self.keys[at] == keys
        end = self.ends[at].astype(np.int64)
        start = np.where(at > 0, self.ends[at - 1], 0).astype(np.int64)
        return np.where(found, start, end), end

    def lists(self, start: I64, end: I64) -> tuple[I64, I64]:
        """Read posting lists.

        Parameters
        ----------
        start, end : ndarray of int64, shape (n,)
            What :meth:`spans` said of keys.

        Returns
        -------
        originals : ndarray of int64
            Members of all lists, counted from ``first``.
        which : ndarray of int64
            The list of each.

        Raises
        ------
        ValueError
            If the segment is damaged.
        """
        if not len(start):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        data = np.concatenate([self.data[a:b] for a, b in zip(start.tolist(), end.tolist(), strict=True)])
        gaps = decode(data)
        # How many numbers each list holds: the bytes in it that close one.
        closed = np.append(0, np.cumsum(data < 0x80))
        bounds = closed[np.append(0, np.cumsum(end - start))]
        sizes = np.diff(bounds)
        total = np.cumsum(gaps)
        base = np.append(0, total)[bounds[:-1]]
        return self._inside(total - np.repeat(base, sizes)), np.repeat(np.arange(len(sizes)), sizes)

    def everything(self) -> tuple[U32, I64]:
        """All postings: a stem and an original each."""
        start = np.append(0, self.ends[:-1]).astype(np.int64)[: len(self.ends)]
        if not len(start):
            return np.zeros(0, np.uint32), np.zeros(0, np.int64)
        gaps = decode(self.data)
        closed = np.append(0, np.cumsum(self.data < 0x80))
        bounds = closed[np.append(start, self.ends[-1].astype(np.int64))]
        sizes = np.diff(bounds)
        total = np.cumsum(gaps)
        base = np.append(0, total)[bounds[:-1]]
        return np.repeat(self.keys, sizes), self._inside(total - np.repeat(base, sizes))

    def _inside(self, originals: I64) -> I64:
        """The same numbers; a damaged file must not make anybody allocate an array for number 2**32."""
        if len(originals) and int(originals.max()) >= len(self.weights):
            raise ValueError("a list names an original that is not there")
        return originals


def merged(segments: Sequence[Segment], alive: npt.NDArray[np.bool_] | None = None) -> Segment:
    """One segment in the place of several.

    Parameters
    ----------
    segments : sequence of Segment
        In order of their numbers; gaps between them are allowed.
    alive : ndarray of bool, optional
        By number from the first segment's ``first`` on: the originals that are kept.

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
