"""Intermediate results of a batch that several feature blocks use, computed once.

A :class:`View` combines a batch with the language tables. It caches the stream of the language model, the n-gram counts of each
word, and its probability in human English.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from mtdetect.features import names, ngrams, substitution
from mtdetect.features.gains import WORST_FIT, Gains, gains
from mtdetect.features.lexicon import Lexicon
from mtdetect.features.once import Once
from mtdetect.features.stream import Stream, stream
from mtdetect.text import Batch
from mtdetect.text.arrays import F32, F64, I64
from mtdetect.text.distinct import counted
from mtdetect.text.segments import bounds, members, sums
from mtdetect.text.tokens import CAPITAL, WORD
from mtdetect.text.vocabulary import OUTSIDE, SENTENCE

Result = TypeVar("Result")

TRIGRAM_DISCOUNT, TRIGRAM_BACKOFF, TRIGRAM_POWER, TRIGRAM_FLOOR = 1.0, 2.5, 0.85, 8.0
"""Smoothing constants, tuned as those in ``bigrams``: 8.88 bits per word, against 9.05 with bigrams."""


_LOOKED_UP = ("log_unigram", "bigram_left", "bigram_right", "log_bigram", "log_bigram_right")
"""Cached results with one entry per word of the stream, which depend on the sentence of the word alone."""


class View:
    """A batch with the language tables.

    Parameters
    ----------
    batch : Batch
        Texts that were read with the vocabulary of the lexicon.
    lexicon : Lexicon
        Language tables.
    """

    def __init__(self, batch: Batch, lexicon: Lexicon) -> None:
        self.batch = batch
        self.lexicon = lexicon
        self._once = Once()
        self._counts: list[tuple[npt.NDArray[np.bool_], F64]] = []

    def __len__(self) -> int:
        return len(self.batch)

    def only(self, texts: I64) -> View:
        """Some of the texts, as if they alone had been read; what has been looked up of their words stays known.

        Parameters
        ----------
        texts : ndarray of int64
            Their indices, ascending.
        """
        part = View(self.batch.only(texts), self.lexicon)
        known = vars(self)
        if "stream" in known:
            own = members(self.first, texts)
            for name in _LOOKED_UP:
                if name in known:
                    vars(part)[name] = known[name].take(own)
        return part

    @cached_property
    def stream(self) -> Stream:
        """Words of the language model with their neighbours."""
        return stream(self.batch)

    @cached_property
    def first(self) -> I64:
        """Start of each text in the stream, and the end of the last."""
        return bounds(self.stream.doc, len(self))

    @cached_property
    def words(self) -> I64:
        """Indices of the tokens that are words."""
        return np.flatnonzero(self.batch.tokens.kind == WORD)

    @cached_property
    def word_first(self) -> I64:
        """Start of each text in ``words``, and the end of the last."""
        return np.searchsorted(self.words, self.batch.first)

    @cached_property
    def word_counts(self) -> tuple[I64, I64]:
        """Count of each of ``words`` in its text: at one occurrence of each type, and at all (``distinct.counted``)."""
        doc = np.repeat(np.arange(len(self)) << 20, np.diff(self.word_first))
        return counted(doc | self.batch.ids.take(self.words), self.word_first)

    @cached_property
    def content(self) -> npt.NDArray[np.bool_]:
        """Whether each word of the stream is a content word: in the vocabulary and not a function word."""
        s = self.stream
        return s.word & ~self.lexicon.function.take(s.ids)

    @cached_property
    def compared(self) -> npt.NDArray[np.bool_]:
        """Whether each word of the stream is a content word with alternatives."""
        return self.lexicon.compared.take(self.stream.ids)

    @cached_property
    def misfits(self) -> npt.NDArray[np.bool_]:
        """Whether each word of the stream has alternatives and fits one of its neighbours badly."""
        worse = np.minimum(self.fit_left, self.fit - self.fit_left)
        return self.compared & (worse < WORST_FIT)

    @cached_property
    def capital(self) -> npt.NDArray[np.bool_]:
        """Whether each word of the stream begins with a capital."""
        return (self.batch.tokens.flags.take(self.stream.token) & CAPITAL) > 0

    @cached_property
    def log_unigram(self) -> F32:
        """Natural logarithm of each word's frequency."""
        return self.lexicon.log_frequencies.take(self.stream.ids)

    @cached_property
    def bigram_left(self) -> F32:
        """Count of (word before, word)."""
        s = self.stream
        return self.lexicon.pairs(self.lexicon.bigram, s.before, s.ids)

    @cached_property
    def bigram_right(self) -> F32:
        """Count of (word, word after)."""
        s = self.stream
        right = np.empty_like(self.bigram_left)
        right[:-1] = self.bigram_left[1:]
        right[s.last] = self.lexicon.pairs(self.lexicon.bigram, s.ids[s.last], s.after[s.last])
        return right

    @cached_property
    def skip(self) -> F32:
        """Count of (second word before, word) with any word between; 0 if either is not a word, because no feature uses it."""
        s = self.stream
        count = np.zeros(len(s.ids), np.float32)
        some = np.flatnonzero(s.word & (s.before2 > SENTENCE))
        count[some] = self.lexicon.pairs(self.lexicon.skip, s.before2.take(some), s.ids.take(some))
        return count

    @cached_property
    def trigram(self) -> F32:
        """Count of (second word before, word before, word)."""
        s = self.stream
        return self.lexicon.triples(s.before2, s.before, s.ids, self.history)

    @cached_property
    def log_bigram(self) -> F32:
        """Natural logarithm of P(word | word before)."""
        s = self.stream
        return np.log(self.lexicon.bigrams.probability(s.before, s.ids, self.bigram_left)).astype(np.float32)

    @cached_property
    def log_bigram_right(self) -> F32:
        """Natural logarithm of P(word after | word)."""
        s = self.stream
        right = np.empty_like(self.log_bigram)
        right[:-1] = self.log_bigram[1:]
        at = s.last
        probability = self.lexicon.bigrams.probability(s.ids[at], s.after[at], self.bigram_right[at])
        right[at] = np.log(probability)
        return right

    @cached_property
    def history(self) -> F32:
        """Count of the pair of words before each word; 0 at the first word of a sentence."""
        history = np.zeros_like(self.bigram_left)
        history[1:] = self.bigram_left[:-1]
        history[self.stream.before2 == OUTSIDE] = 0
        return history

    @cached_property
    def log_trigram(self) -> F32:
        """Natural logarithm of P(word | two words before), interpolated with the bigram."""
        history = self.history
        backoff = TRIGRAM_BACKOFF * history**TRIGRAM_POWER + np.float32(TRIGRAM_FLOOR)
        seen = np.maximum(self.trigram - np.float32(TRIGRAM_DISCOUNT), 0)
        p = (seen + backoff * np.exp(self.log_bigram)) / (np.maximum(history, self.trigram) + backoff)
        return np.log(p).astype(np.float32)

    @cached_property
    def fit_left(self) -> F32:
        """Fit of each word to the word before: their PMI, in nats."""
        return self.log_bigram - self.log_unigram

    @cached_property
    def fit(self) -> F32:
        """Fit of each word to its neighbours: the sum of its PMI with the word before and the word after, in nats."""
        after = np.empty_like(self.log_unigram)
        after[:-1] = self.log_unigram[1:]
        counts = self.lexicon.counts
        after[self.stream.last] = np.log((counts[SENTENCE] + 0.5) / self.lexicon.total)
        return self.fit_left + (self.log_bigram_right - after)

    @cached_property
    def gains(self) -> Gains:
        """Gain of the best alternative of each suspect word."""
        return gains(self)

    @cached_property
    def candidates(self) -> substitution.Candidates:
        """Candidate substitutions: words that may have replaced another word."""
        return substitution.candidates(self)

    @cached_property
    def name_pairs(self) -> substitution.Pairs:
        """Capitalised pairs in which an alternative makes a known name."""
        return substitution.name_pairs(self)

    @cached_property
    def name_columns(self) -> F64:
        """Columns of ``name_pairs``."""
        return names.measure(self)

    @cached_property
    def spelling_pairs(self) -> substitution.Pairs:
        """Pairs in which one word may be misspelt."""
        return substitution.spelling_pairs(self)

    @cached_property
    def hashed(self) -> tuple[I64, I64, I64]:
        """Keys of the n-grams of the batch (``ngrams.hashed``)."""
        return ngrams.hashed(self.batch)

    def once(self, compute: Callable[[View], Result]) -> Result:
        """Result of a function of this view, computed at the first call (:class:`mtdetect.features.once.Once`).

        Parameters
        ----------
        compute : callable
            Called with the view: a function or a bound method. The result is kept as long as the view is.
        """
        return self._once(compute, self)

    def per_text(self, values: npt.NDArray[Any], where: npt.NDArray[np.bool_] | None = None) -> F64:
        """Sum over the words of each text in the stream.

        Parameters
        ----------
        values : ndarray
            One finite entry per word of the stream; booleans are counted.
        where : ndarray of bool, optional
            Words to sum over.
        """
        return sums(values if where is None else values * where, self.first)

    def mean(self, values: npt.NDArray[Any], where: npt.NDArray[np.bool_] | None = None) -> F64:
        """Mean over the words of each text in the stream; NaN if there are none. Parameters as for :meth:`per_text`."""
        count = np.diff(self.first) if where is None else self._count(where)
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.per_text(values, where) / count

    def _count(self, where: npt.NDArray[np.bool_]) -> F64:
        """Number of selected words in each text; cached for each mask, because many columns are means over the same words."""
        for mask, count in self._counts:
            if mask is where:
                return count
        self._counts.append((where, sums(where, self.first)))
        return self._counts[-1][1]
