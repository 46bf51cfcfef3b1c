"""The vocabulary: maps the hash of a word to its id, and an id to its spelling.

Ids follow frequency: the smaller the id, the commoner the word. Frequent words therefore share cache lines, and ``id < n``
selects the most frequent ones. The first sixteen ids stand for classes of tokens (:data:`CLASSES`): to the language
model an unknown name is ``<Unknown>``, and a year is ``<year>``.
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
    "<outside>",  # ignored by the language model: quotes, brackets, hyphens
    "<s>",  # between two sentences
    "<,>",
    "<;>",  # semicolons, colons
    "<number>",
    "<year>",
    "<small>",  # numbers of one or two digits
    "<code>",  # letters and digits mixed
    "<Unknown>",  # capitalised, not in the vocabulary
    "<unknown>",  # lower case, not in the vocabulary
    "<initial>",  # a single letter or dotted abbreviation, not in the vocabulary
    "<symbol>",
    "<12>",  # reserved, as those below
    "<13>",
    "<14>",
    "<15>",
)
OUTSIDE, SENTENCE, COMMA, SEMICOLON, NUMBER, YEAR, SMALL, CODE, NAME, UNKNOWN, INITIAL, SYMBOL = range(12)
FIRST_WORD = len(CLASSES)

LEAST_LETTERS, MOST_CHANGES = 4, 2
"""Least letters of a misspelt word, and most letters in which it differs from the intended one."""

MOST_KEPT = 1 << 16
"""Most results of ``is_misspelling`` that are cached, about 100 bytes each."""


@dataclass(frozen=True)
class Vocabulary:
    """Words by frequency.

    Attributes
    ----------
    lookup : Lookup
        From the hash of a lower-case word to its id (18 bits).
    letters : ndarray of uint8
        The concatenated spellings in UTF-8, in order of id, from ``FIRST_WORD`` on.
    ends : ndarray of uint32, shape (n_words,)
        End of each spelling in ``letters``.
    """

    lookup: Lookup
    letters: npt.NDArray[np.uint8]
    ends: U32

    def __len__(self) -> int:
        return len(self.ends) + FIRST_WORD

    def word(self, number: int) -> str:
        """Spelling of the word with an id, or the name of a class of tokens.

        Parameters
        ----------
        number : int
            The id, not below 0.

        Raises
        ------
        IndexError
            If it is larger than any id.
        """
        if number < FIRST_WORD:
            return CLASSES[number]
        k = number - FIRST_WORD
        start = int(self.ends[k - 1]) if k else 0
        return self.letters[start : int(self.ends[k])].tobytes().decode("utf-8")

    @cached_property
    def outline(self) -> npt.NDArray[np.int32]:
        """First and last byte of each word's spelling, as one integer; 0 for the classes."""
        ends = self.ends.astype(np.int64)
        starts = np.append(0, ends[:-1])
        letters = self.letters.astype(np.int32)
        own = (letters[starts] << 8 | letters[ends - 1]) if len(ends) else np.zeros(0, np.int32)
        return np.append(np.zeros(FIRST_WORD, np.int32), own)

    @cached_property
    def _spelling(self) -> tuple[I64, U32]:
        """Length of each word in bytes, and a bit mask of its letters; all bits are set for a word that is not ASCII."""
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
        """Pairs of words that may be within an edit distance: a quick filter without false negatives.

        Parameters
        ----------
        some, others : ndarray of int
            Ids of the words of each pair.
        changes : int
            Most letters inserted, deleted, replaced or swapped.

        Returns
        -------
        ndarray of int64
            Indices of the pairs that pass.
        """
        size, letters = self._spelling
        a, b = letters[some], letters[others]
        # One change affects at most one letter of each word, so at most two bits.
        foreign = (a == 0xFFFFFFFF) | (b == 0xFFFFFFFF)
        few = (np.bitwise_count(a ^ b) <= 2 * changes) & (np.abs(size[some] - size[others]) <= changes)
        return np.flatnonzero(few | foreign)

    @cached_property
    def _misspellings(self) -> dict[tuple[int, int], bool]:
        """Cached results of :meth:`is_misspelling`, which is called often for the same words."""
        return {}

    def is_misspelling(self, found: int, meant: int) -> bool:
        """Whether one word may be a misspelling of another: one or two letters differ, and not only in the ending.

        Parameters
        ----------
        found, meant : int
            Ids of the word in the text and of the intended word.
        """
        known = self._misspellings.get((found, meant))
        if known is None:
            if len(self._misspellings) >= MOST_KEPT:
                self._misspellings.clear()
            known = self._misspellings[found, meant] = _is_misspelling(self.word(found), self.word(meant))
        return known

    @cached_property
    def function(self) -> npt.NDArray[np.bool_]:
        """Whether each id is a function word."""
        hashes = np.array([hash_word(word) for word in set(FUNCTION_WORDS)], np.uint64)
        function = np.zeros(len(self), bool)
        function[self.lookup.get(hashes)] = True
        function[:FIRST_WORD] = False
        return function

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Id of each word by its spelling; for building tables and word lists, too slow for scoring."""
        return {self.word(k): k for k in range(FIRST_WORD, len(self))}


def _is_misspelling(found: str, meant: str) -> bool:
    from rapidfuzz.distance import OSA

    if min(len(found), len(meant)) < LEAST_LETTERS or abs(len(found) - len(meant)) > MOST_CHANGES:
        return False
    # "producers" for "producer's", "overridden" for "override"
    if found.startswith(meant[:-1]) or meant.startswith(found[:-1]):
        return False
    return OSA.distance(found, meant, score_cutoff=MOST_CHANGES) <= MOST_CHANGES
