"""What would another word gain in a word's place?

The comparison behind the collocation features and behind the evidence: each suspect content word against its
candidates from the tables, by the probability of both neighbouring pairs. It is most of what a verdict costs, so it is made once, in
blocks that stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from mtdetect.features.view import View

F32 = npt.NDArray[np.float32]

SUSPECT_FIT = 3.0
"""Only words whose fit to both neighbours is below this many nats are asked: the others are in good company, and asking is
what costs."""

ASKED = 16
"""Candidates compared for every suspect word; sites, which are fewer, compare them all (``substitution``)."""

WORST_FIT = 0.5
"""Nats: words that fit both neighbours better are no sites. Of the words that an ungated model reports, 95 % lie below."""

MOST_NATS = 12.0
"""A gain on one side counts this much at most: an unseen pair is unseen, however common its words."""

ROWS = 512
"""Words compared together: fewer cost more calls, more leave the processor's cache."""

MANY = 2048
"""Words in a batch from which on tables for frequent neighbours pay (``Lexicon.beside_frequent``)."""


@dataclass(frozen=True)
class Likeliest:
    """The likeliest substitute of each site, by gain and by likeness to the word found.

    Attributes
    ----------
    at : ndarray of int64, shape (n,)
        Places in the stream, rising.
    number : ndarray of int64
        The substitute; 0 where there is none.
    left, right : ndarray of float32
        Nats that it gains with the word before and with the word after.
    likeness : ndarray of float32
        Its cosine with the word found.
    listed : ndarray of bool
        Whether a thesaurus lists it.
    mean_gain : ndarray of float32
        Mean gain of all candidates, each weighted by its likeness: high where many words would do better.
    """

    at: npt.NDArray[np.int64]
    number: npt.NDArray[np.int64]
    left: F32
    right: F32
    likeness: F32
    listed: npt.NDArray[np.bool_]
    mean_gain: F32


@dataclass(frozen=True)
class Gains:
    """What the best candidate would gain, for the words that were asked.

    Attributes
    ----------
    at : ndarray of int64
        Index of each word in the stream.
    gain, synonym_gain : ndarray of float32
        Nats gained by the best candidate, and by the best that a thesaurus lists; 0 where none gains.
    likeliest : Likeliest
        What would best stand in the place of the words that fit badly.
    """

    at: npt.NDArray[np.int64]
    gain: F32
    synonym_gain: F32
    likeliest: Likeliest


def gains(view: View) -> Gains:
    """Compare each suspect content word with its candidates.

    Parameters
    ----------
    view : View
        A batch.
    """
    s, lexicon = view.stream, view.lexicon
    at = np.flatnonzero(view.content & (s.ids < len(lexicon.candidates)) & (view.fit < SUSPECT_FIT))
    left = view.fit_left.take(at)
    is_site = np.minimum(left, view.fit.take(at) - left) < WORST_FIT
    sites, others = np.flatnonzero(is_site), np.flatnonzero(~is_site)
    gain, synonym_gain = np.zeros(len(at), np.float32), np.zeros(len(at), np.float32)
    best = []
    for rows, width in ((sites, lexicon.candidates.shape[1]), (others, ASKED)):
        for some, compared in _blocks(view, rows, at, width):
            gain[some], synonym_gain[some] = compared.gains()
            if rows is sites:
                best.append(compared.likeliest())
    nothing = np.zeros(0, np.float32)
    columns = zip(*best, strict=True) if best else [(nothing,)] * 6
    number, left, right, likeness, listed, mean_gain = (np.concatenate(parts) for parts in columns)
    likeliest = Likeliest(
        at[sites], number.astype(np.int64), left, right, likeness, listed.astype(bool), mean_gain
    )
    return Gains(at, gain, synonym_gain, likeliest)


def _blocks(
    view: View, rows: npt.NDArray[np.int64], at: npt.NDArray[np.int64], width: int
) -> Iterator[tuple[npt.NDArray[np.int64], _Compared]]:
    """Some of the words ``at``, block by block, beside their candidates."""
    s, lexicon = view.stream, view.lexicon
    model, many, place = lexicon.bigrams, len(at) >= MANY, at.take(rows)
    codes = [
        lexicon.beside(side.take(place), s.ids.take(place), width, k, many=many)
        for k, side in enumerate((s.before, s.after))
    ]
    for begin in range(0, len(rows), ROWS):
        own = slice(begin, begin + ROWS)
        here = place[own]
        before, after = s.before[here], s.after[here]
        facts = lexicon.substitutes(s.ids[here], many=many)
        continuation, backoff, log_total, likeness, preference = (
            column[:, :width] for column in facts.columns
        )

        # Codes as addresses first: else a buffer stands between.
        left = model.seen.take(codes[0][own].astype(np.intp))
        left += model.single_backoff.take(before)[:, None] * continuation
        np.log(left, out=left)
        left -= (model.log_total.take(before) + view.log_bigram.take(here))[:, None]

        right = model.seen.take(codes[1][own].astype(np.intp))
        right += model.continuation.take(after)[:, None] * backoff
        np.log(right, out=right)
        right -= log_total
        right -= view.log_bigram_right.take(here)[:, None]
        compared = _Compared(
            facts.numbers[:, :width],
            left,
            right,
            left + right,
            likeness,
            facts.listed,
            preference,
            lexicon.complete or bool(facts.numbers.all()),
        )
        yield rows[own], compared


@dataclass(frozen=True)
class _Compared:
    """Candidates in the place of some words; all arrays are of shape (n_words, n_candidates)."""

    options: npt.NDArray[Any]
    left: F32
    right: F32
    both: F32
    likeness: F32
    listed: npt.NDArray[np.bool_]
    preference: F32
    complete: bool
    """Whether no candidate is missing."""

    def gains(self) -> tuple[F32, F32]:
        """Best gain of all, and of synonyms, among the first candidates; 0 where none gains."""
        first = slice(None), slice(ASKED)
        # Candidates below each other: the largest of many short rows is slow to find.
        both, listed = self.both[first].T.copy(), self.listed[first].T.copy()
        if not self.complete:
            both *= self.options[first].T > 0  # no candidate gains nothing
        zero = np.float32(0)
        best = both.max(axis=0, initial=zero)
        both *= listed
        return best, both.max(axis=0, initial=zero)

    def likeliest(self) -> tuple[npt.NDArray[Any], ...]:
        """The columns of :class:`Likeliest` but for the places."""
        left, right = self.left, self.right
        worth = self.both + self.preference
        if max(left.max(), right.max(), -left.min(), -right.min()) > MOST_NATS:
            for row in np.flatnonzero((np.maximum(np.abs(left), np.abs(right)) > MOST_NATS).any(axis=1)):
                worth[row] = _clipped(left[row]) + _clipped(right[row]) + self.preference[row]
        there = np.float32(worth.shape[1])
        if not self.complete:
            worth[self.options == 0] = -np.inf
            there = np.maximum((self.options > 0).sum(axis=1), 1).astype(np.float32)
        best = worth.argmax(axis=1)
        best += np.arange(0, worth.size, worth.shape[1])
        weighted = np.clip(self.both, np.float32(-3), np.float32(10))
        weighted *= self.likeness
        if not self.complete:
            weighted *= self.options > 0
        mean_gain = weighted.sum(axis=1) / there
        return *(
            part.take(best) for part in (self.options, left, right, self.likeness, self.listed)
        ), mean_gain


def _clipped(values: F32) -> F32:
    return np.clip(values, np.float32(-MOST_NATS), np.float32(MOST_NATS))
