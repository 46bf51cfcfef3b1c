"""The vocabulary: from the hash of a word to its number, and back to its spelling.

Numbers follow frequency: the smaller the number, the commoner the word, so that frequent words share cache lines and
``number < n`` asks for "one of the n most frequent". The first sixteen numbers are no words but what stands for a class
of them (:data:`CLASSES`): a name nobody has seen is ``<Unknown>`` to a language model, and a year is ``<year>``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.text.arrays import I64, U32
from mtdetect.text.english import FUNCTION_WORDS
from mtdetect.text.lookup import Lookup
from mtdetect.text.tokens import hash_word

CLASSES = (
    "<outside>",  # not part of the stream of the language model: quotes, brackets, hyphens
    "<s>",  # between two sentences
    "<,>",
    "<;>",  # semicolons, colons
    "<number>",
    "<year>",
    "<small>",  # numbers of one or two digits
    "<code>",  # letters and digits mixed
    "<Unknown>",  # capitalised, in no table
    "<unknown>",  # lower case, in no table
    "<initial>",  # a single letter or dotted abbreviation in no table
    "<symbol>",
    "<url>",
    "<13>",
    "<14>",
    "<15>",
)
OUTSIDE, SENTENCE, COMMA, SEMICOLON, NUMBER, YEAR, SMALL, CODE, NAME, UNKNOWN, INITIAL, SYMBOL, URL = range(
    13
)
FIRST_WORD = len(CLASSES)

LEAST_LETTERS, MOST_CHANGES = 4, 2
"""Of a word that is a slip for another: fewest letters, and most that differ."""

MOST_KEPT = 1 << 16
"""Answers about slips that are kept, some 100 bytes each."""


@dataclass(frozen=True)
class Vocabulary:
    """Words by frequency.

    Attributes
    ----------
    lookup : Lookup
        From the hash of a lower-cased word to its number (18 bits).
    letters : bytes
        The spellings, end to end, in UTF-8, in order of number from ``FIRST_WORD`` on.
    ends : ndarray of uint32, shape (n_words,)
        Where each spelling ends in ``letters``.
    """

    lookup: Lookup
    letters: npt.NDArray[np.uint8]
    ends: U32

    def __len__(self) -> int:
        return len(self.ends) + FIRST_WORD

    def word(self, number: int) -> str:
        """Spelling of a word by its number.

        Raises
        ------
        IndexError
            If there is no such number.
        """
        if number < FIRST_WORD:
            return CLASSES[number]
        k = number - FIRST_WORD
        start = int(self.ends[k - 1]) if k else 0
        return self.letters[start : int(self.ends[k])].tobytes().decode("utf-8")

    @cached_property
    def outline(self) -> npt.NDArray[np.int32]:
        """First and last byte of each word's spelling, in one number; 0 for the classes."""
        ends = self.ends.astype(np.int64)
        starts = np.append(0, ends[:-1])
        letters = self.letters.astype(np.int32)
        own = (letters[starts] << 8 | letters[ends - 1]) if len(ends) else np.zeros(0, np.int32)
        return np.append(np.zeros(FIRST_WORD, np.int32), own)

    @cached_property
    def _spelling(self) -> tuple[I64, U32]:
        """Bytes of each word, and one bit for each letter that it holds; all bits for a word that is not ASCII."""
        ends = self.ends.astype(np.int64)
        bit = np.full(256, 0xFFFFFFFF, np.uint32)
        bit[:128] = np.uint32(1) << (np.arange(128, dtype=np.uint32) % 32)
        size = np.diff(ends, prepend=0)
        letters = (
            np.bitwise_or.reduceat(bit[self.letters], ends - size) if len(ends) else np.zeros(0, np.uint32)
        )
        return np.append(np.zeros(FIRST_WORD, np.int64), size), np.append(
            np.zeros(FIRST_WORD, np.uint32), letters
        )

    def nearly_spelt(self, some: npt.NDArray[Any], others: npt.NDArray[Any], changes: int) -> I64:
        """Which pairs of words may differ in so few letters: a quick test that never says no where they do.

        Parameters
        ----------
        some, others : ndarray of int
            Numbers of words.
        changes : int
            Letters inserted, left out, replaced or swapped.

        Returns
        -------
        ndarray of int64
            Indices of the pairs.
        """
        size, letters = self._spelling
        a, b = letters[some], letters[others]
        # A change adds a letter to one word and another to the other, at most.
        foreign = (a == 0xFFFFFFFF) | (b == 0xFFFFFFFF)
        few = (np.bitwise_count(a ^ b) <= 2 * changes) & (np.abs(size[some] - size[others]) <= changes)
        return np.flatnonzero(few | foreign)

    @cached_property
    def _slips(self) -> dict[tuple[int, int], bool]:
        """What :meth:`is_slip` has answered: the same words are asked again and again."""
        return {}

    def is_slip(self, found: int, meant: int) -> bool:
        """Whether one word, by its number, is a slip for another: a few letters between its ends, and no mere ending."""
        known = self._slips.get((found, meant))
        if known is None:
            if len(self._slips) >= MOST_KEPT:
                self._slips.clear()
            known = self._slips[found, meant] = _slip(self.word(found), self.word(meant))
        return known

    @cached_property
    def function(self) -> npt.NDArray[np.bool_]:
        """Which numbers are function words."""
        hashes = np.array([hash_word(word) for word in set(FUNCTION_WORDS)], np.uint64)
        function = np.zeros(len(self), bool)
        function[self.lookup.get(hashes)] = True
        function[:FIRST_WORD] = False
        return function

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Number of each word by its spelling; for building tables and for lists of words, not for scoring."""
        return {self.word(k): k for k in range(FIRST_WORD, len(self))}


def _slip(found: str, meant: str) -> bool:
    from rapidfuzz.distance import OSA

    if min(len(found), len(meant)) < LEAST_LETTERS or abs(len(found) - len(meant)) > MOST_CHANGES:
        return False
    # "producers" for "producer's", "overridden" for "override"
    if found.startswith(meant[:-1]) or meant.startswith(found[:-1]):
        return False
    return OSA.distance(found, meant, score_cutoff=MOST_CHANGES) <= MOST_CHANGES
