"""Two rule-based stemmers that work on whole arrays of words.

A stem stands in for a word's dictionary form, so that "walked" meets "walks" without a dictionary. There are two stemmers because
fitted weights or stored files depend on each: the pair model on :func:`comparison_stems`, every collection of originals on
:func:`sketch_stems`. Merging them would mean fitting the pair model again and building all collections again.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.text.arrays import I64, U64
from mtdetect.text.folding import tables
from mtdetect.text.hashing import GOLDEN_RATIO
from mtdetect.text.tokens import POWERS

COMPARISON_LETTERS = 6
"""Letters that count in a stem of :func:`comparison_stems`."""

SKETCH_LETTERS = 7
"""Letters that count in a stem of :func:`sketch_stems`."""


def comparison_stems(
    codes: npt.NDArray[np.uint16], start: npt.NDArray[Any], end: npt.NDArray[Any], whole: U64
) -> U64:
    """Hashes of stems for aligning the sentences of two texts.

    Differs from :func:`sketch_stems` in that it removes several endings one after the other, keeps doubled consonants, and cuts
    one letter earlier, so that "nation" meets "national". The pair model is fitted on these stems.

    Parameters
    ----------
    codes : ndarray of uint16
        Folded code points.
    start, end : ndarray of int, shape (n_words,)
        Spans of the words.
    whole : ndarray of uint64, shape (n_words,)
        Hashes of the words, for those whose stem has fewer than two letters.

    Returns
    -------
    ndarray of uint64
        The same for "walks" and "walked", "country" and "countries", "nation" and "national".
    """
    lower = tables().lower
    start = start.astype(np.int64)
    length = end.astype(np.int64) - start

    def ends(ending: str, least: int) -> npt.NDArray[np.bool_]:
        match = length >= least
        for back, character in enumerate(reversed(ending), start=1):
            match &= _letter(codes, start, length, back) == ord(character)
        return match

    participle = 3 * ends("ing", 6) + 2 * ends("ed", 5)
    plural = ends("s", 4) & ~ends("ss", 4)
    length = length - participle - plural
    length = length - ends("e", 4)
    length = length - 2 * ends("ly", 6)
    stems = np.zeros(len(start), np.uint64)
    for place in range(COMPARISON_LETTERS):
        code = lower[codes[np.minimum(start + place, len(codes) - 1)]].astype(np.uint64)
        # So that "country" meets "countries".
        code[(code == ord("y")) & (length == place + 1) & (length > 3)] = ord("i")
        stems = np.where(place < length, (stems + code) * np.uint64(GOLDEN_RATIO), stems)
        stems ^= stems >> np.uint64(29)
    return np.where(length < 2, whole, stems)


def sketch_stems(codes: npt.NDArray[np.uint16], start: npt.NDArray[Any], end: npt.NDArray[Any]) -> U64:
    """Hashes of stems for finding originals in a collection.

    Differs from :func:`comparison_stems` in that it removes one ending and one final vowel, reduces doubled consonants, and keeps one
    letter more, so that fewer words of a large collection share a stem. Stored sketches and the search model depend on these stems.

    Parameters
    ----------
    codes : ndarray of uint16
        Folded code points.
    start, end : ndarray of int, shape (n_words,)
        Spans of the words.

    Returns
    -------
    ndarray of uint64
        The same for "plan", "plans", "planned" and "planning". Rules, not a dictionary: "news" becomes "new".
    """
    lower = tables().lower
    length = (end - start).astype(np.int64)
    last, second, third = (_letter(codes, start, length, back) for back in (1, 2, 3))
    cut = np.zeros(len(start), np.int64)
    s = (
        (last == ord("s"))
        & (length >= 4)
        & (second != ord("s"))
        & (second != ord("u"))
        & (second != ord("i"))
    )
    cut[s] = 1
    cut[s & (second == ord("e")) & (length >= 5)] = 2
    cut[(last == ord("d")) & (second == ord("e")) & (length >= 5)] = 2
    cut[(last == ord("y")) & (second == ord("l")) & (length >= 6)] = 2
    cut[(last == ord("g")) & (second == ord("n")) & (third == ord("i")) & (length >= 6)] = 3
    length -= cut
    last = _letter(codes, start, length, 1)
    length -= ((last == ord("e")) | (last == ord("y")) | (last == ord("i"))) & (length >= 4)
    last, second = _letter(codes, start, length, 1), _letter(codes, start, length, 2)
    length -= (last == second) & (length >= 4)
    np.minimum(length, SKETCH_LETTERS, out=length)
    stems = np.zeros(len(start), np.uint64)
    for place in range(SKETCH_LETTERS):
        within = np.flatnonzero(length > place)
        stems[within] += lower[codes[start[within] + place]].astype(np.uint64) * POWERS[place]
    return stems


def _letter(
    codes: npt.NDArray[np.uint16], start: npt.NDArray[Any], length: I64, back: int
) -> npt.NDArray[Any]:
    """Letter of each word, counted from its end; of a shorter word its first."""
    return tables().lower[codes[np.maximum(start + length - back, start)]]
