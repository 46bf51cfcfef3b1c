"""What would another word gain in a word's place?

The comparison behind the collocation features and behind the evidence: each suspect content word against its
alternatives from the tables, by the probability of both neighbouring pairs. It is most of what a verdict costs, so it is made once, in
blocks that stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mtdetect.text.arrays import F32, I64

if TYPE_CHECKING:
    from mtdetect.features.view import View


WORST_FIT = 0.5
"""Nats: words that fit both neighbours better are no candidates. Of the words that an ungated model reports, 95 % lie below."""

PER_FIT, PER_WORST = (1.02, 0.93), 0.56
"""Nats of suspicion that a nat of misfit adds: to the word before, to the word after, and to the worse of the two."""

PER_CONTENT, PER_CAPITAL = (1.0, 1.26), -2.63
"""What a content word before and one after add, and a capital of the word's own."""

SUSPICION = 1.0
"""Misfits less suspect are no candidates. The weights here and in ``Lexicon.suspicion`` are a logistic regression's on the words of training texts with a
p-value below 0.05 (``evidence``), when all misfits were compared: of those, people's 33 % and spinners' 67 %
lie above, and with them 98.6 % of people's and 98.7 % of spinners' with such a p-value (development texts). The model of candidates trained on
the suspect ones alone finds as many of the words that nine spinners replaced as one trained on all, with a quarter to four false reports in 1,000 words,
whether 0.25, 0.75 or 1.25 stands here. Comparing a word with its alternatives and judging it is half of what a verdict costs."""

MOST_NATS = 12.0
"""A gain on one side counts this much at most: an unseen pair is unseen, however common its words."""

ROWS = 512
"""Words compared together: fewer cost more calls, more leave the processor's cache."""

MANY = 2048
"""Words in a batch from which on a table of all alternatives pays (``Lexicon.substitutes``)."""


@dataclass(frozen=True)
class Likeliest:
    """The likeliest substitute of each of ``n`` words that were compared, by gain and by likeness to the word found.

    Attributes
    ----------
    number : ndarray of int64, shape (n,)
        The substitute; 0 where there is none.
    left, right : ndarray of float32
        Nats that it gains with the word before and with the word after.
    likeness : ndarray of float32
        Its cosine with the word found.
    listed : ndarray of bool
        Whether a thesaurus lists it.
    mean_gain : ndarray of float32
        Mean gain of all alternatives, each weighted by its likeness: high where many words would do better.
    """

    number: I64
    left: F32
    right: F32
    likeness: F32
    listed: npt.NDArray[np.bool_]
    mean_gain: F32


@dataclass(frozen=True)
class Gains:
    """What the best alternative would gain, for the words that were compared.

    Attributes
    ----------
    at : ndarray of int64, shape (n,)
        Places in the stream, rising.
    gain, synonym_gain : ndarray of float32
        Nats gained by the best alternative, and by the best that a thesaurus lists; 0 where none gains.
    likeliest : Likeliest
        What would best stand in their place.
    """

    at: I64
    gain: F32
    synonym_gain: F32
    likeliest: Likeliest


def gains(view: View) -> Gains:
    """Compare each suspect content word with its alternatives.

    Parameters
    ----------
    view : View
        A batch.
    """
    at = suspects(view)
    found = [(*compared.gains(), *compared.likeliest()) for compared in _blocks(view, at)]
    columns = zip(*found, strict=True) if found else [(np.zeros(0, np.float32),)] * 8
    gain, synonym_gain, number, left, right, likeness, listed, mean_gain = (
        np.concatenate(parts) for parts in columns
    )
    likeliest = Likeliest(number.astype(np.int64), left, right, likeness, listed.astype(bool), mean_gain)
    return Gains(at, gain, synonym_gain, likeliest)


def suspects(view: View) -> I64:
    """Places of the words that are worth a comparison: those that fit badly, among content words, and that machines like."""
    s, lexicon = view.stream, view.lexicon
    at = np.flatnonzero(view.misfits)
    left = view.fit_left.take(at)
    right = view.fit.take(at) - left
    suspicion = lexicon.suspicion.take(s.ids.take(at))
    suspicion -= np.float32(PER_FIT[0]) * left
    suspicion -= np.float32(PER_FIT[1]) * right
    suspicion -= np.float32(PER_WORST) * np.minimum(left, right)
    for nats, side in zip(PER_CONTENT, (s.before, s.after), strict=True):
        suspicion += np.float32(nats) * lexicon.compared.take(side.take(at))
    suspicion += np.float32(PER_CAPITAL) * view.capital.take(at)
    return at[suspicion > SUSPICION]


def _blocks(view: View, at: I64) -> Iterator[_Compared]:
    """The words ``at``, block by block, beside their alternatives."""
    s, lexicon = view.stream, view.lexicon
    model, many = lexicon.bigrams, len(at) >= MANY
    codes = [lexicon.beside(side.take(at), s.ids.take(at), k) for k, side in enumerate((s.before, s.after))]
    for begin in range(0, len(at), ROWS):
        own = slice(begin, begin + ROWS)
        here = at[own]
        before, after = s.before[here], s.after[here]
        facts = lexicon.substitutes(s.ids[here], many=many)
        continuation, backoff, log_total, likeness, preference = facts.columns

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
        yield _Compared(
            facts.numbers,
            left,
            right,
            left + right,
            likeness,
            facts.listed,
            preference,
            lexicon.complete or bool(facts.numbers.all()),
        )


@dataclass(frozen=True)
class _Compared:
    """Alternatives in the place of some words; all arrays are of shape (n_words, n_alternatives)."""

    options: npt.NDArray[Any]
    left: F32
    right: F32
    both: F32
    likeness: F32
    listed: npt.NDArray[np.bool_]
    preference: F32
    complete: bool
    """Whether no alternative is missing."""

    def gains(self) -> tuple[F32, F32]:
        """Best gain of all, and of synonyms; 0 where none gains."""
        # Alternatives below each other: the largest of many short rows is slow to find.
        both, listed = self.both.T.copy(), self.listed.T.copy()
        if not self.complete:
            both *= self.options.T > 0  # no alternative gains nothing
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
        there: np.float32 | F32 = np.float32(worth.shape[1])
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
