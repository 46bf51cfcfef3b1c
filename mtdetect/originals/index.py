"""The index in the file: segments of posting lists, merged as their number grows.

All functions run in the caller's transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mtdetect.originals.postings import Segment, merged
from mtdetect.text.arrays import I64

FAN_IN = 6
"""Number of segments of similar size that are merged into one."""

LARGEST_SEGMENT = 8_000_000
"""Most postings of a merged segment: merging takes about thirty bytes of memory for each."""

MOST_GAPS = 1_000_000
"""Most unused numbers between segments: a search takes eight bytes of memory for each."""


def next_number(connection: sqlite3.Connection) -> int:
    """Number of the next original; no number is used again while its postings exist.

    Parameters
    ----------
    connection : sqlite3.Connection

    Returns
    -------
    int
    """
    # Segments still have a place for removed originals.
    (stop,) = connection.execute(
        "SELECT coalesce(max(first + length(weights) / 4), 1) FROM segments"
    ).fetchone()
    return int(stop)


def write(connection: sqlite3.Connection, segment: Segment) -> None:
    """Add a segment.

    Parameters
    ----------
    connection : sqlite3.Connection
    segment : Segment
        Its numbers are above those of all segments in the file.
    """
    connection.execute(
        "INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?)",
        (
            segment.first,
            segment.postings,
            segment.weights.astype("<f4").tobytes(),
            segment.keys.astype("<u4").tobytes(),
            segment.ends.astype("<u4").tobytes(),
            segment.data.tobytes(),
        ),
    )


def merge_newest(connection: sqlite3.Connection) -> None:
    """Merge the newest segments if there are ``FAN_IN`` of similar size.

    Parameters
    ----------
    connection : sqlite3.Connection
    """
    while True:
        sizes = connection.execute("SELECT first, postings FROM segments ORDER BY first DESC").fetchall()
        # Going back from the newest: all segments at most twice as large as those after them together.
        gathered, count = 0, 0
        for _, postings in sizes:
            if count and postings > 2 * gathered:
                break
            gathered, count = gathered + postings, count + 1
            if gathered > LARGEST_SEGMENT:
                count -= 1
                break
        tail = [first for first, _ in sizes[:count]]
        if len(tail) < FAN_IN:
            return
        _merge(connection, [_segment(connection, first) for first in sorted(tail)])


def _merge(
    connection: sqlite3.Connection,
    segments: Sequence[Segment],
    alive: npt.NDArray[np.bool_] | None = None,
) -> None:
    """Replace segments in the file by one."""
    _check_numbers(segments)
    one = merged(segments, alive)
    connection.executemany("DELETE FROM segments WHERE first = ?", [(segment.first,) for segment in segments])
    write(connection, one)


def compact(connection: sqlite3.Connection) -> None:
    """Delete the postings of removed originals, and merge all segments as far as ``LARGEST_SEGMENT`` allows.

    Parameters
    ----------
    connection : sqlite3.Connection
    """
    dead = removed(connection)
    group: list[int] = []
    held = 0
    for first, postings in connection.execute(
        "SELECT first, postings FROM segments ORDER BY first"
    ).fetchall():
        if group and held + postings > LARGEST_SEGMENT:
            _purge(connection, group, dead)
            group, held = [], 0
        group.append(first)
        held += postings
    if group:
        _purge(connection, group, dead)
    connection.execute("DELETE FROM removed")


def _purge(connection: sqlite3.Connection, firsts: Sequence[int], dead: I64) -> None:
    """Merge segments without the postings of removed originals."""
    segments = [_segment(connection, first) for first in firsts]
    _check_numbers(segments)
    first, stop = segments[0].first, segments[-1].stop
    alive = np.ones(stop - first, bool)
    alive[dead[(dead >= first) & (dead < stop)] - first] = False
    if len(segments) > 1 or not alive.all():
        _merge(connection, segments, alive)


def _segment(connection: sqlite3.Connection, first: int) -> Segment:
    """Read a segment from the file."""
    row = connection.execute(
        "SELECT weights, keys, ends, data FROM segments WHERE first = ?", (first,)
    ).fetchone()
    weights, keys, ends, data = row
    segment = Segment(
        first,
        np.frombuffer(weights, "<f4"),
        np.frombuffer(keys, "<u4"),
        np.frombuffer(ends, "<u4"),
        np.frombuffer(data, np.uint8),
    )
    # The values of a manipulated or damaged file must not lead outside the arrays.
    sound = len(segment.keys) == len(segment.ends) and (
        not len(segment.ends)
        or (
            int(segment.ends[-1]) == len(segment.data)
            and bool((np.diff(segment.ends.astype(np.int64)) > 0).all())
        )
    )
    if not sound:
        raise sqlite3.DatabaseError(f"part {first} of the index does not fit together")
    return segment


def removed(connection: sqlite3.Connection) -> I64:
    """Numbers of removed originals whose postings still exist.

    Parameters
    ----------
    connection : sqlite3.Connection

    Returns
    -------
    ndarray of int64
        Ascending.
    """
    rows = connection.execute("SELECT number FROM removed ORDER BY number").fetchall()
    return np.array([number for (number,) in rows], np.int64)


def _check_numbers(segments: Sequence[Segment]) -> None:
    """Refuse segments whose numbers are so far apart that arrays over all of them would fill the memory."""
    if segments:
        held = sum(len(segment.weights) for segment in segments)
        if segments[-1].stop - segments[0].first > held + MOST_GAPS:
            raise ValueError("parts of the index are missing")


class Index:
    """The segments of an open collection, cached between searches."""

    def __init__(self) -> None:
        self._read: dict[tuple[int, int], Segment] = {}

    def segments(self, connection: sqlite3.Connection) -> list[Segment]:
        """Read the current segments.

        Parameters
        ----------
        connection : sqlite3.Connection

        Returns
        -------
        list of Segment
            In the order of their numbers.
        """
        current = connection.execute("SELECT first, postings FROM segments ORDER BY first").fetchall()
        kept = {}
        for first, postings in current:
            known = self._read.get((first, postings))
            kept[first, postings] = known if known is not None else _segment(connection, first)
        _check_numbers(list(kept.values()))
        self._read = kept
        return list(kept.values())
