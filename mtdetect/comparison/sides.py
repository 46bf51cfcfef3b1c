"""One of two texts that are compared: its words and sentences, and what each sentence is about.

A sentence is known by its *terms*: stems of content words, numbers, names. A stem is the hash of a word's letters without a common
ending, cut after six: "walked" and "walks", "nation" and "national" meet, which is what a comparison wants, and no
dictionary is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.features.lexicon import Lexicon
from mtdetect.features.view import View
from mtdetect.text import vocabulary
from mtdetect.text.arrays import F32, F64, I64, U64
from mtdetect.text.folding import tables
from mtdetect.text.hashing import GOLDEN_RATIO
from mtdetect.text.tokens import CAPITAL, NUMERAL, PUNCTUATION
from mtdetect.text.vocabulary import FIRST_WORD

STEM = 6
"""Letters of a stem that count."""

_MULTIPLIER = np.uint64(GOLDEN_RATIO)

_CLASS_WEIGHTS = {
    vocabulary.NUMBER: 0.8,
    vocabulary.YEAR: 0.6,
    vocabulary.SMALL: 0.45,
    vocabulary.CODE: 0.9,
    vocabulary.NAME: 0.9,
    vocabulary.UNKNOWN: 0.9,
    vocabulary.INITIAL: 0.5,
}
"""What a term tells that no table has counted, where 1 is a word seen once in 60 million."""


@dataclass(frozen=True)
class Terms:
    """What each sentence is about, one entry a sentence and term.

    Attributes
    ----------
    key : ndarray of uint64
        Of the term.
    row : ndarray of int64
        Sentence.
    weight : ndarray of float64
        How much the term tells, 0 to 1.
    id : ndarray of int32
        Number of the word in the vocabulary.
    """

    key: U64
    row: I64
    weight: F64
    id: npt.NDArray[np.int32]


class Side:
    """A text of a comparison.

    Parameters
    ----------
    view : View
        The batch it was read in, under the language tables.
    index : int
        Which text of the batch.
    """

    def __init__(self, view: View, index: int) -> None:
        self.view = view
        self.index = index
        batch = view.batch
        self.text = batch.texts[index]
        self.tokens = slice(int(batch.first[index]), int(batch.first[index + 1]))
        own = np.flatnonzero(batch.sentence_doc == index)
        self._first_sentence = int(own[0]) if len(own) else 0
        self.sentences = len(own)
        self.word = np.flatnonzero(batch.tokens.kind[self.tokens] != PUNCTUATION) + self.tokens.start
        self.hash: U64 = batch.tokens.hash[self.word]
        self.id: npt.NDArray[np.int32] = batch.ids[self.word]
        self.function: npt.NDArray[np.bool_] = batch.function[self.word]
        self.capital: npt.NDArray[np.bool_] = (batch.tokens.flags[self.word] & CAPITAL) > 0
        self.numeral: npt.NDArray[np.bool_] = batch.tokens.kind[self.word] == NUMERAL
        self.sentence: I64 = batch.sentence[self.word].astype(np.int64) - self._first_sentence
        self.starts: npt.NDArray[np.bool_] = np.diff(self.sentence, prepend=-1) > 0
        self.size: I64 = np.bincount(self.sentence, minlength=self.sentences)
        self.first: I64 = np.append(0, np.cumsum(self.size))

    @property
    def words(self) -> int:
        """Words and numbers."""
        return len(self.word)

    @cached_property
    def name(self) -> npt.NDArray[np.bool_]:
        """Words that are probably names: capitalised inside a sentence, or nearly always so in people's texts."""
        known = self.view.lexicon.capital[self.id] > 200
        unknown = self.id == vocabulary.NAME
        return self.capital & ~self.function & (~self.starts | known | unknown)

    @cached_property
    def stem(self) -> U64:
        """Stem of each word."""
        batch = self.view.batch
        begin = batch.tokens.start[self.word].astype(np.int64)
        length = batch.tokens.end[self.word].astype(np.int64) - begin
        if not len(begin):
            return np.zeros(0, np.uint64)
        lower = tables().lower
        codes = batch.codes

        def letter(back: int) -> npt.NDArray[Any]:
            return lower[codes[np.maximum(begin + length - back, begin)]]

        def ends(ending: str, least: int) -> npt.NDArray[np.bool_]:
            match = length >= least
            for back, character in enumerate(reversed(ending), start=1):
                match &= letter(back) == ord(character)
            return match

        participle = 3 * ends("ing", 6) + 2 * ends("ed", 5)
        plural = ends("s", 4) & ~ends("ss", 4)
        length = length - participle - plural
        length = length - ends("e", 4)
        length = length - 2 * ends("ly", 6)
        keys = np.zeros(len(begin), np.uint64)
        for place in range(STEM):
            code = lower[codes[np.minimum(begin + place, len(codes) - 1)]].astype(np.uint64)
            # "country" and "countries", and nothing worse for most words.
            code[(code == ord("y")) & (length == place + 1) & (length > 3)] = ord("i")
            keys = np.where(place < length, (keys + code) * _MULTIPLIER, keys)
            keys ^= keys >> np.uint64(29)
        return np.where(self.numeral | (length < 2), self.hash, keys)

    @cached_property
    def weight(self) -> F64:
        """How much each word tells, 0 to 1: rare words more."""
        return self.view.lexicon.once(_weights)[self.id]

    @cached_property
    def terms(self) -> Terms:
        """Terms of the sentences, each once a sentence."""
        clitic = self.view.batch.tokens.code[self.word] == 39
        at = np.flatnonzero(~self.function & ~clitic)
        order = at[np.lexsort((self.stem[at], self.sentence[at]))]
        key, row = self.stem[order], self.sentence[order]
        new = np.ones(len(order), bool)
        new[1:] = (key[1:] != key[:-1]) | (row[1:] != row[:-1])
        order = order[new]
        return Terms(self.stem[order], self.sentence[order], self.weight[order], self.id[order])

    @cached_property
    def letters(self) -> npt.NDArray[np.int32]:
        """Letters of each word."""
        tokens = self.view.batch.tokens
        return np.asarray(tokens.end[self.word] - tokens.start[self.word])

    @cached_property
    def sentence_hash(self) -> U64:
        """One number a sentence, the same for the same words."""
        place = np.arange(self.words, dtype=np.uint64) - self.first[self.sentence].astype(np.uint64)
        mixed = (self.hash ^ (place * _MULTIPLIER)) * _MULTIPLIER
        mixed ^= mixed >> np.uint64(31)
        total = np.zeros(self.sentences, np.uint64)
        np.add.at(total, self.sentence, mixed)
        return total

    @cached_property
    def log_probability(self) -> F32:
        """Log P(word | two words before) of each word."""
        return self._of_stream(self.view.log_trigram)

    @cached_property
    def met_before(self) -> F32:
        """How often people's texts have each word behind the word before it, as log(1 + count)."""
        return np.log1p(self._of_stream(self.view.bigram_left))

    @cached_property
    def met_after(self) -> F32:
        """The same of each word before the word after it."""
        return np.log1p(self._of_stream(self.view.bigram_right))

    def _of_stream(self, values: F32) -> F32:
        """What the language model says of each word; 0 for what it does not read."""
        at, found = self._place
        return np.where(found, values[at], np.float32(0))

    @cached_property
    def _place(self) -> tuple[I64, npt.NDArray[np.bool_]]:
        """Place of each word in the stream of the language model, and whether it is there."""
        stream = self.view.stream
        at = np.searchsorted(stream.token, self.word)
        at = np.minimum(at, max(len(stream.token) - 1, 0))
        return at, stream.token[at] == self.word

    @cached_property
    def spans(self) -> I64:
        """Offsets of the words in the text as given, shape (n_words, 2)."""
        tokens = self.view.batch.tokens
        begin, end = tokens.start[self.word], tokens.end[self.word]
        return np.stack(self.view.batch.spans(self.index, begin, end), axis=1)

    @cached_property
    def known(self) -> npt.NDArray[np.bool_]:
        """Words of the vocabulary."""
        return self.id >= FIRST_WORD


def _weights(lexicon: Lexicon) -> F64:
    """How much each number of the vocabulary tells."""
    table = np.log(lexicon.total / (lexicon.counts + 1.0)) / np.log(lexicon.total)
    for number, weight in _CLASS_WEIGHTS.items():
        table[number] = weight
    return np.clip(table, 0.0, 1.0)
