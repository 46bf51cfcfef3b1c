"""Spinner wordings: substitutes of web spinners for everyday words and function words.

A web spinner writes "the place" for "where" and "as a result of" for "because" in every context. People use the same wordings, but only where
they fit. So the gain decides: how much better the original would fit its neighbours. Each wording has a threshold for the gain and a
weight. Both are measured on human text alone (``mtdetect.training.spinner_wordings``), from two counts: how often people use the wording above
the threshold, and how often a spinner would, if it replaced each occurrence of the original.

Single content words ("enterprise" for "business") fit nearly everywhere, so their places tell little. Their frequencies tell more: on a page of the
spinner its substitutes are more frequent than people's texts have them, and the words that it replaces are rarer. So each such word has a weight for each
spinner, the log ratio of both frequencies, below 0 for words that the spinner would have replaced.

A page comes from one spinner, so the weights of the different wordings and words of a text are added up for each spinner; the sum is the *total*. People write any of them,
and some have a liking for rare ones ("likewise", "crockery"). So no wording and no word weighs more than a limit, and few together count little, whatever their total.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from mtdetect.features.lexicon import Lexicon
from mtdetect.features.view import View
from mtdetect.text.arrays import F64, I64, Mask
from mtdetect.text.tokens import hash_word

MOST = 9.0
"""Largest evidence of spinning, in nats, from all wordings and words of a text: less than what decides by itself, because short texts and lists must not be flagged for it."""

MOST_OF_WORD, MOST_OF_WORDING = 2.5, 5.0
"""Largest weight of a single word, and of a wording of several words."""

NOTABLE = 0.7
"""Least weight, after the limits, of what counts as one of several."""

FEW, SEVERAL = 2, 4
"""How many different notable words and wordings of one spinner there must be for its total to be faint, and strong evidence. A wording of several words counts twice, because its place speaks
for it, too. With one for faint evidence the mean AUC of eleven development sets is 0.857 instead of 0.858, and 36.9 instead of 37.6 % are found where 1.5 % of the people are flagged; with three the AUC is
0.856 (pages by web spinners 0.93, 0.93 and 0.92). Without a number for strong evidence and without limits, two words added to a text of a person made it strong in 88 of 100 texts; now they do in nine."""

FAINT = 1.25
"""Largest faint evidence, in nats. Without a limit old prose ("whilst", "likewise") raises the thresholds of all long texts: with none, 2, 3 and 9 nats 41, 16, 1 and 0 %
of translated news of 300 to 600 words were found (before there was a least number of words)."""

FAINTNESS = 0.5
"""Nats of faint evidence for each nat of the total."""

LIKELY = 3.5
"""Total in nats above which it is strong evidence of spinning, nat by nat, and the wordings and words are reported: of 49,922 human calibration texts 0.14 % exceed it, of the 91 pages
of web spinners for tuning 58 %, of the 77 human pages of the same set none. With three nats for each, little more is found, but a text that barely exceeds it would get a p-value as small as one that far exceeds it."""


class Wording(NamedTuple):
    """A wording of web spinners.

    Attributes
    ----------
    wording, original : str
        What the spinner writes, and what it replaces: words in lower case, separated by spaces.
    spinners : str
        Letters of the spinners that use it.
    threshold : float
        Smallest gain, in nats, at which the wording counts.
    weight : float
        Log likelihood ratio, spinner against person, of the wording above the threshold.
    """

    wording: str
    original: str
    spinners: str
    threshold: float
    weight: float


class Word(NamedTuple):
    """A single word that web spinners write more often than people, or less often.

    Attributes
    ----------
    word : str
        In lower case.
    spinner : str
        Letter of the spinner.
    weight : float
        Log of its frequency on pages of the spinner over that in people's texts, in nats.
    original : str
        The word that it replaces most often there; empty if it replaces none.
    """

    word: str
    spinner: str
    weight: float
    original: str


class Place(NamedTuple):
    """An occurrence of a wording.

    Attributes
    ----------
    first, last : int
        Positions of its first and last word in the stream.
    row : int
        Index of the wording.
    """

    first: int
    last: int
    row: int


class Reported(NamedTuple):
    """A wording or word that is reported.

    Attributes
    ----------
    first, last : int
        Positions of its first and last word in the stream.
    weight : float
        In nats.
    original : str
        What it replaces, in lower case.
    """

    first: int
    last: int
    weight: float
    original: str


@dataclass(frozen=True)
class SpinnerWordings:
    """Finds and weighs the wordings of web spinners.

    Attributes
    ----------
    rows : tuple of Wording
        All wordings, with their thresholds and weights.
    words : tuple of Word
        Single words, with their weights.
    """

    rows: tuple[Wording, ...]
    words: tuple[Word, ...] = ()

    @classmethod
    def load(cls, facts: Mapping[str, Any]) -> SpinnerWordings:
        """Read the wordings from a model's manifest.

        Parameters
        ----------
        facts : mapping
            The manifest; its entries ``spinner_wordings`` and ``spinner_words`` are read.

        Raises
        ------
        KeyError
            If one is missing.
        """
        return cls(
            tuple(Wording(*row) for row in facts["spinner_wordings"]),
            tuple(Word(*word) for word in facts["spinner_words"]),
        )

    @cached_property
    def _spinners(self) -> list[str]:
        return sorted(
            {letter for row in self.rows for letter in row.spinners} | {word.spinner for word in self.words}
        )

    @cached_property
    def _used(self) -> F64:
        """Limited weight of each wording for each spinner, 0 if the spinner does not use it, shape (n_rows, n_spinners)."""
        return np.array(
            [
                [_limited(row.weight, row.wording) * (letter in row.spinners) for letter in self._spinners]
                for row in self.rows
            ]
        ).reshape(len(self.rows), len(self._spinners))

    @cached_property
    def _counts(self) -> list[int]:
        """How often each wording counts among several."""
        return [1 + (" " in row.wording) for row in self.rows]

    def places(self, view: View) -> list[Place]:
        """Occurrences of wordings in a batch whose gain reaches the threshold.

        Parameters
        ----------
        view : View
            The batch.
        """
        return view.once(self._places)

    def totals(self, view: View, fewest: int) -> F64:
        """Total of each text, for the spinner with the largest of which it has at least ``fewest`` notable wordings and words; at least 0, shape (n_texts,).

        Parameters
        ----------
        view : View
            The batch.
        fewest : int
            Least number of different notable wordings and words; a wording of several words counts twice.

        Returns
        -------
        ndarray of float64, shape (n_texts,)
            In nats; 0 for a text with fewer.
        """
        return self._by_spinner(view, fewest).max(axis=1, initial=0.0)

    def evidence_for_spinning(self, view: View) -> F64:
        """Evidence of spinning in each text, from 0 to ``MOST`` nats, shape (n_texts,). Parameters as for :meth:`places`."""
        faint = np.minimum(FAINTNESS * self.totals(view, FEW), FAINT)
        strong = np.maximum(self.totals(view, SEVERAL) - LIKELY, 0.0)
        return np.minimum(faint + strong, MOST)

    def are_reported(self, view: View) -> Mask:
        """Whether the wordings and words of each text are reported, shape (n_texts,). Parameters as for :meth:`places`."""
        return self.totals(view, SEVERAL) > LIKELY

    def reported(self, view: View) -> list[Reported]:
        """Occurrences, in the texts with strong evidence, of wordings, and of notable words of the spinner with the largest total.

        Parameters as for :meth:`places`.

        Returns
        -------
        list of Reported
            In the order of the stream.
        """
        large = self.are_reported(view)
        found = [
            Reported(place.first, place.last, self.rows[place.row].weight, self.rows[place.row].original)
            for place in self.places(view)
            if large[view.stream.doc[place.first]]
        ]
        if not large.any():
            return found
        spinner = self._by_spinner(view, SEVERAL).argmax(axis=1)
        row_of, weights = view.lexicon.once(self._table)
        s = view.stream
        row = row_of.take(s.ids)
        of_spinner = spinner.take(s.doc)
        told = np.flatnonzero(large.take(s.doc) & (weights[row, of_spinner] >= NOTABLE))
        for k in told.tolist():
            original = self._originals[int(row[k]), int(of_spinner[k])]
            if original:
                found.append(Reported(k, k, float(weights[row[k], of_spinner[k]]), original))
        return sorted(found)

    def _by_spinner(self, view: View, fewest: int) -> F64:
        """Total of each text for each spinner; 0 where too few wordings and words are notable."""
        totals, notable = view.once(self._sums)
        return np.where(notable >= fewest, totals, 0.0)

    def _sums(self, view: View) -> tuple[F64, I64]:
        """Total of each text for each spinner, and how many of its different wordings and words are notable, shape (n_texts, n_spinners)."""
        of_words, words = self._of_words(view)
        of_wordings, wordings = self._of_wordings(view)
        return of_words + of_wordings, words + wordings

    def _of_wordings(self, view: View) -> tuple[F64, I64]:
        totals = np.zeros((len(view), len(self._spinners)))
        notable = np.zeros(totals.shape, np.int64)
        seen = {(int(view.stream.doc[place.first]), place.row) for place in self.places(view)}
        for text, row in sorted(seen):
            totals[text] += self._used[row]
            notable[text] += self._counts[row] * (self._used[row] >= NOTABLE)
        return totals, notable

    def _of_words(self, view: View) -> tuple[F64, I64]:
        row_of, weights = view.lexicon.once(self._table)
        s = view.stream
        row = row_of.take(s.ids)
        known = np.flatnonzero(row)
        seen = np.zeros((len(view), len(weights)), bool)
        seen[s.doc.take(known), row.take(known)] = True
        text, row = np.nonzero(seen)
        totals = np.zeros((len(view), len(self._spinners)))
        notable = np.zeros(totals.shape, np.int64)
        for k, column in enumerate(weights.T):
            own = column.take(row)
            totals[:, k] = np.bincount(text, own, minlength=len(view))
            notable[:, k] = np.bincount(text[own >= NOTABLE], minlength=len(view))
        return totals, notable

    @cached_property
    def _row_of_name(self) -> dict[str, int]:
        """Row of each word in the table of weights."""
        return {name: 1 + k for k, name in enumerate(sorted({word.word for word in self.words}))}

    @cached_property
    def _originals(self) -> dict[tuple[int, int], str]:
        """What each word replaces, by its row and the index of the spinner."""
        at = self._row_of_name
        return {(at[word.word], self._spinners.index(word.spinner)): word.original for word in self.words}

    def _table(self, lexicon: Lexicon) -> tuple[I64, F64]:
        """Row of each word of the vocabulary, 0 if it has none, and the limited weights of the rows, shape (1 + n, n_spinners)."""
        at = self._row_of_name
        hashes = np.array([hash_word(name) for name in at], np.uint64)
        numbers = lexicon.vocabulary.lookup.get(hashes)
        row_of = np.zeros(len(lexicon.counts), np.int64)
        row_of[numbers] = np.arange(1, len(at) + 1)
        row_of[0] = 0  # words that the tables lack
        weights = np.zeros((1 + len(at), len(self._spinners)))
        for word in self.words:
            weights[at[word.word], self._spinners.index(word.spinner)] = _limited(word.weight, word.word)
        return row_of, weights

    def _places(self, view: View) -> list[Place]:
        index = view.lexicon.once(self._index)
        first, last, row = index.occurrences(view)
        if not len(row):
            return []
        gain = gains(view, first, last, index.heads[row], index.tails[row])
        passed = np.flatnonzero(gain >= self._thresholds.take(row))
        return [
            Place(*place) for place in zip(*(a[passed].tolist() for a in (first, last, row)), strict=True)
        ]

    @cached_property
    def _thresholds(self) -> F64:
        return np.array([row.threshold for row in self.rows])

    def _index(self, lexicon: Lexicon) -> Index:
        return indexed([(row.wording.split(), row.original.split()) for row in self.rows], lexicon)


def _limited(weight: float, wording: str) -> float:
    return min(weight, MOST_OF_WORDING if " " in wording else MOST_OF_WORD)


@dataclass(frozen=True)
class Index:
    """Wordings by the number of their rarest word.

    Attributes
    ----------
    by_rarest : dict of int to list
        For each rarest word: index of the wording, offset of the rarest word in it, numbers of its words.
    rarest : ndarray of bool
        For each word, whether it is the rarest of any wording.
    heads, tails : ndarray of int64, shape (n_wordings,)
        First and last word of the original.
    """

    by_rarest: dict[int, list[tuple[int, int, tuple[int, ...]]]]
    rarest: np.typing.NDArray[np.bool_]
    heads: I64
    tails: I64

    @cached_property
    def _flat(self) -> tuple[I64, ...]:
        """The wordings one after the other, in the order of ``by_rarest``.

        Returns
        -------
        begin, count : ndarray of int64
            For each word: the first wording of which it is the rarest, and how many there are.
        row, offset, length : ndarray of int64
            Of each wording: its index, and the offset of its rarest word and number of words.
        words : ndarray of int64, shape (longest, n)
            Numbers of the words of each wording, then 0.
        """
        listed = [wording for own in self.by_rarest.values() for wording in own]
        count = np.zeros(len(self.rarest), np.int64)
        begin = np.zeros(len(self.rarest), np.int64)
        sizes = np.array([len(own) for own in self.by_rarest.values()], np.int64)
        rarest = np.array(list(self.by_rarest), np.int64)
        count[rarest], begin[rarest] = sizes, np.cumsum(sizes) - sizes
        row, offset = (np.array([wording[k] for wording in listed], np.int64) for k in (0, 1))
        length = np.array([len(ids) for _, _, ids in listed], np.int64)
        words = np.zeros((int(length.max(initial=0)), len(listed)), np.int64)
        for k, (_, _, ids) in enumerate(listed):
            words[: len(ids), k] = ids
        return begin, count, row, offset, length, words

    def occurrences(self, view: View) -> tuple[I64, I64, I64]:
        """Occurrences of the wordings in the texts of a batch.

        Parameters
        ----------
        view : View
            The batch.

        Returns
        -------
        first, last, row : ndarray of int64, shape (n,)
            Positions of the first and last word in the stream, and index of the wording.
        """
        s = view.stream
        begin, count, row, offset, length, words = self._flat
        at = np.flatnonzero(self.rarest.take(s.ids))
        rarest = s.ids.take(at)
        several = count.take(rarest)
        which = np.arange(int(several.sum())) - np.repeat(np.cumsum(several) - several, several)
        which += np.repeat(begin.take(rarest), several)
        first = np.repeat(at, several) - offset.take(which)
        inside = np.flatnonzero((first >= 0) & (first + length.take(which) <= len(s.ids)))
        first, which = first.take(inside), which.take(inside)
        for k, of_place in enumerate(words):
            wanted = of_place.take(which)
            # Beyond the end of a wording the padding fits any word.
            same = np.flatnonzero((wanted == 0) | (s.ids.take(first + k, mode="clip") == wanted))
            first, which = first.take(same), which.take(same)
        last = first + length.take(which) - 1
        together = (s.doc.take(first) == s.doc.take(last)) & (
            s.token.take(last) - s.token.take(first) == last - first
        )
        return first[together], last[together], row.take(which[together])


def indexed(pairs: Sequence[tuple[Sequence[str], Sequence[str]]], lexicon: Lexicon) -> Index:
    """Index wordings and their originals by the numbers of their words. Pairs with a word that is not in the tables are skipped.

    Parameters
    ----------
    pairs : sequence
        Words of each wording, and of its original.
    lexicon : Lexicon
        The language tables.
    """
    words = sorted({word for pair in pairs for side in pair for word in side})
    hashes = np.array([hash_word(word) for word in words], np.uint64)
    numbers = dict(zip(words, lexicon.vocabulary.lookup.get(hashes).tolist(), strict=True))
    by_rarest: dict[int, list[tuple[int, int, tuple[int, ...]]]] = defaultdict(list)
    for row, (wording, original) in enumerate(pairs):
        ids = tuple(int(numbers[word]) for word in wording)
        if all(ids) and all(numbers[word] for word in original):
            offset = int(np.argmin(lexicon.counts[list(ids)]))
            by_rarest[ids[offset]].append((row, offset, ids))
    rarest = np.zeros(len(lexicon.counts), bool)
    rarest[list(by_rarest)] = True
    heads, tails = (np.array([numbers[o[k]] for _, o in pairs], np.int64) for k in (0, -1))
    return Index(dict(by_rarest), rarest, heads, tails)


def gains(view: View, first: I64, last: I64, head: I64, tail: I64) -> F64:
    """How much better, in nats, other wordings would fit their neighbours than the words of the text.

    Parameters
    ----------
    view : View
        The batch.
    first, last : ndarray of int64, shape (n,)
        Positions in the stream of the first and last word of each wording in the text.
    head, tail : ndarray of int64, shape (n,)
        Numbers of the first and last word of the other wording.
    """
    s = view.stream
    before, after = s.before[first], s.after[last]

    def fit(left: Any, right: Any) -> F64:
        count = view.lexicon.pairs(view.lexicon.bigram, left, right)
        return np.log(view.lexicon.bigrams.probability(left, right, count)).astype(np.float64)

    return fit(before, head) + fit(tail, after) - fit(before, s.ids[first]) - fit(s.ids[last], after)
