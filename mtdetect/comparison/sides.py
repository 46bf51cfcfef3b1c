"""One of the two texts of a comparison: its words, sentences, and the terms of each sentence.

Sentences are compared by their *terms*: stems of content words, numbers and names, which survive translation and spinning best.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mtdetect.features.lexicon import Lexicon
from mtdetect.features.view import View
from mtdetect.text import vocabulary
from mtdetect.text.arrays import F32, F64, I64, U64
from mtdetect.text.hashing import GOLDEN_RATIO
from mtdetect.text.stemming import comparison_stems
from mtdetect.text.tokens import CAPITAL, NUMERAL, PUNCTUATION
from mtdetect.text.vocabulary import FIRST_WORD

APOSTROPHE = 39

OFTEN_CAPITAL = 200
"""``Lexicon.capital`` above which a word counts as nearly always capitalised."""

_CLASS_WEIGHTS = {
    vocabulary.NUMBER: 0.8,
    vocabulary.YEAR: 0.6,
    vocabulary.SMALL: 0.45,
    vocabulary.CODE: 0.9,
    vocabulary.NAME: 0.9,
    vocabulary.UNKNOWN: 0.9,
    vocabulary.INITIAL: 0.5,
}
"""Weights of tokens that the language tables do not count; 1 is the weight of a word seen once in 60 million."""


@dataclass(frozen=True)
class Terms:
    """Terms of each sentence, one entry for each sentence and term.

    Attributes
    ----------
    key : ndarray of uint64
        Stem of the term.
    row : ndarray of int64
        Its sentence.
    weight : ndarray of float64
        Its weight, 0 to 1; rare terms weigh more.
    id : ndarray of int32
        Number of its word in the vocabulary.
    """

    key: U64
    row: I64
    weight: F64
    id: npt.NDArray[np.int32]


class Side:
    """One text of a comparison.

    Parameters
    ----------
    view : View
        The batch that holds the text, with the language tables.
    index : int
        Index of the text in the batch.

    Attributes
    ----------
    text : str
        The text as given.
    sentences : int
        Number of its sentences.
    word : ndarray of int64
        Token of each word in the batch; punctuation is skipped. The arrays up to ``starts`` are parallel to it.
    hash : ndarray of uint64
        Hash of the word.
    id : ndarray of int32
        Its number in the vocabulary.
    function, capital, numeral : ndarray of bool
        Whether it is a function word, begins with a capital, is a numeral.
    sentence : ndarray of int64
        Its sentence.
    starts : ndarray of bool
        Whether it is the first of its sentence.
    size : ndarray of int64, shape (sentences,)
        Number of words of each sentence.
    first : ndarray of int64, shape (sentences + 1,)
        First word of each sentence.
    """

    def __init__(self, view: View, index: int) -> None:
        self.view = view
        self.index = index
        batch = view.batch
        self.text = batch.texts[index]
        tokens = slice(int(batch.first[index]), int(batch.first[index + 1]))
        own = np.flatnonzero(batch.sentence_doc == index)
        first_sentence = int(own[0]) if len(own) else 0
        self.sentences = len(own)
        self.word = np.flatnonzero(batch.tokens.kind[tokens] != PUNCTUATION) + tokens.start
        self.hash: U64 = batch.tokens.hash[self.word]
        self.id: npt.NDArray[np.int32] = batch.ids[self.word]
        self.function: npt.NDArray[np.bool_] = batch.function[self.word]
        self.capital: npt.NDArray[np.bool_] = (batch.tokens.flags[self.word] & CAPITAL) > 0
        self.numeral: npt.NDArray[np.bool_] = batch.tokens.kind[self.word] == NUMERAL
        self.sentence: I64 = batch.sentence[self.word].astype(np.int64) - first_sentence
        self.starts: npt.NDArray[np.bool_] = np.diff(self.sentence, prepend=-1) > 0
        self.size: I64 = np.bincount(self.sentence, minlength=self.sentences)
        self.first: I64 = np.append(0, np.cumsum(self.size))

    def code_after(self, rows: I64) -> npt.NDArray[np.uint16]:
        """Code of the token after each of some words.

        Parameters
        ----------
        rows : ndarray of int64, shape (n,)
            Indices of the words in ``word``.

        Returns
        -------
        ndarray of uint16, shape (n,)
            First folded code point of the next token, which identifies a mark; 0 after the last token of the text.
        """
        batch = self.view.batch
        end = int(batch.first[self.index + 1])
        after = self.word[rows] + 1
        codes = batch.tokens.code[np.minimum(after, end - 1)]
        return np.where(after < end, codes, 0).astype(np.uint16)

    @property
    def words(self) -> int:
        """Number of words and numerals."""
        return len(self.word)

    @cached_property
    def name(self) -> npt.NDArray[np.bool_]:
        """Which words are probably names: capitalised inside a sentence, or nearly always capitalised in human texts."""
        known = self.view.lexicon.capital[self.id] > OFTEN_CAPITAL
        unknown = self.id == vocabulary.NAME
        return self.capital & ~self.function & (~self.starts | known | unknown)

    @cached_property
    def stem(self) -> U64:
        """Stem of each word."""
        batch = self.view.batch
        start, end = batch.tokens.start[self.word], batch.tokens.end[self.word]
        return np.where(self.numeral, self.hash, comparison_stems(batch.codes, start, end, self.hash))

    @cached_property
    def weight(self) -> F64:
        """Weight of each word, 0 to 1; rare words weigh more."""
        return self.view.lexicon.once(_weights)[self.id]

    @cached_property
    def terms(self) -> Terms:
        """Terms of all sentences, each once per sentence."""
        clitic = self.view.batch.tokens.code[self.word] == APOSTROPHE
        at = np.flatnonzero(~self.function & ~clitic)
        order = at[np.lexsort((self.stem[at], self.sentence[at]))]
        key, row = self.stem[order], self.sentence[order]
        new = np.ones(len(order), bool)
        new[1:] = (key[1:] != key[:-1]) | (row[1:] != row[:-1])
        order = order[new]
        return Terms(self.stem[order], self.sentence[order], self.weight[order], self.id[order])

    @cached_property
    def letters(self) -> npt.NDArray[np.int32]:
        """Number of letters of each word."""
        tokens = self.view.batch.tokens
        return np.asarray(tokens.end[self.word] - tokens.start[self.word])

    @cached_property
    def sentence_hash(self) -> U64:
        """Hash of each sentence, equal for equal words in equal order."""
        place = np.arange(self.words, dtype=np.uint64) - self.first[self.sentence].astype(np.uint64)
        mixed = (self.hash ^ (place * np.uint64(GOLDEN_RATIO))) * np.uint64(GOLDEN_RATIO)
        mixed ^= mixed >> np.uint64(31)
        total = np.zeros(self.sentences, np.uint64)
        np.add.at(total, self.sentence, mixed)
        return total

    @cached_property
    def log_probability(self) -> F32:
        """Log P(word | the two words before) of each word."""
        return self._of_stream(self.view.log_trigram)

    @cached_property
    def log_count_left(self) -> F32:
        """log(1 + count) of each word's bigram with the word before it, counted in human texts."""
        return np.log1p(self._of_stream(self.view.bigram_left))

    @cached_property
    def log_count_right(self) -> F32:
        """log(1 + count) of each word's bigram with the word after it, counted in human texts."""
        return np.log1p(self._of_stream(self.view.bigram_right))

    def _of_stream(self, values: F32) -> F32:
        """Values of the language model for each word; 0 for words that it skips."""
        at, found = self._place
        return np.where(found, values[at], np.float32(0))

    @cached_property
    def _place(self) -> tuple[I64, npt.NDArray[np.bool_]]:
        """Position of each word in the stream of the language model, and whether it is there."""
        stream = self.view.stream
        at = np.searchsorted(stream.token, self.word)
        at = np.minimum(at, max(len(stream.token) - 1, 0))
        return at, stream.token[at] == self.word

    @cached_property
    def spans(self) -> I64:
        """Start and end of each word in the text as given, shape (n_words, 2)."""
        tokens = self.view.batch.tokens
        begin, end = tokens.start[self.word], tokens.end[self.word]
        return np.stack(self.view.batch.spans(self.index, begin, end), axis=1)

    @cached_property
    def known(self) -> npt.NDArray[np.bool_]:
        """Which words are in the vocabulary."""
        return self.id >= FIRST_WORD


def _weights(lexicon: Lexicon) -> F64:
    """Weight of each entry of the vocabulary."""
    table = np.log(lexicon.total / (lexicon.counts + 1.0)) / np.log(lexicon.total)
    for number, weight in _CLASS_WEIGHTS.items():
        table[number] = weight
    return np.clip(table, 0.0, 1.0)
