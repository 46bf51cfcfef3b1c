"""Gains: how much better the alternatives of a word would fit its context.

Each suspect content word is compared with its alternatives by the probability of both neighbouring pairs. The collocation
features and the evidence both use the result. The comparison takes most of the time of a verdict, so it is done once, in
blocks that fit into the processor's cache.
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
"""Nats. A word that fits both neighbours better than this is not a candidate; 95 % of the words that a model without this limit
reports lie below it."""

PER_FIT, PER_WORST = (1.02, 0.93), 0.56
"""Weights of the misfit with the word before, with the word after, and of the worse of the two, in the suspicion score."""

PER_CONTENT, PER_CAPITAL = (1.0, 1.26), -2.63
"""Weights of a content word before, of one after, and of a capital, in the suspicion score."""

SUSPICION = 1.0
"""Suspicion score above which a misfit is a candidate.

The weights here and in ``Lexicon.suspicion`` come from a logistic regression that predicts, on training texts with all misfits
compared, which words get a p-value below 0.05. On development texts 33 % of the misfits in human text and 67 % in spun
text score above the threshold, among them 98.6 % and 98.7 % of those with such a p-value. With a threshold of 0.25, 0.75
or 1.25, a candidate model trained on the suspect words alone finds as many of the words that nine spinners replaced as one
trained on all misfits, at 0.25 to 4 false reports per 1,000 words. Comparing and judging the candidates is half of the
cost of a verdict."""

MOST_NATS = 12.0
"""Most nats that a gain on one side counts: an unseen pair is no worse for having common words."""

ROWS = 512
"""Words compared together: with fewer, call overhead grows; more do not fit into the processor's cache."""

MANY = 2048
"""Number of words in a batch from which a table of all alternatives is faster (``Lexicon.substitutes``)."""


@dataclass(frozen=True)
class Likeliest:
    """The likeliest alternative of each compared word, by gain and by similarity to the word.

    Attributes
    ----------
    number : ndarray of int64, shape (n,)
        Id of the alternative; 0 if there is none.
    left, right : ndarray of float32
        Its gain with the word before and with the word after, in nats.
    likeness : ndarray of float32
        Its cosine with the word.
    listed : ndarray of bool
        Whether a thesaurus lists it.
    mean_gain : ndarray of float32
        Mean gain of all alternatives, each weighted by its cosine: high where many words would fit better.
    """

    number: I64
    left: F32
    right: F32
    likeness: F32
    listed: npt.NDArray[np.bool_]
    mean_gain: F32


@dataclass(frozen=True)
class Gains:
    """Gains of the best alternatives of the words that were compared.

    Attributes
    ----------
    at : ndarray of int64, shape (n,)
        Positions of the words in the stream, ascending.
    gain, synonym_gain : ndarray of float32
        Gain of the best alternative, and of the best one that a thesaurus lists, in nats; 0 if none gains.
    likeliest : Likeliest
        The likeliest alternative of each word.
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
    """Positions of the misfits whose suspicion score is high enough for a comparison.

    Parameters
    ----------
    view : View
        The batch.

    Returns
    -------
    ndarray of int64, shape (n,)
        In the stream, ascending.
    """
    at, suspicion = suspicions(view)
    return at[suspicion > SUSPICION]


def suspicions(view: View) -> tuple[I64, F32]:
    """Positions of the misfits, and their suspicion scores. Parameters as for :func:`suspects`.

    Returns
    -------
    at : ndarray of int64, shape (n,)
        In the stream, ascending.
    suspicion : ndarray of float32, shape (n,)
        Comparable with ``SUSPICION``.
    """
    return view.once(_suspicions)


def _suspicions(view: View) -> tuple[I64, F32]:
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
    return at, suspicion


def _blocks(view: View, at: I64) -> Iterator[_Compared]:
    """The words at some positions with their alternatives, in blocks."""
    s, lexicon = view.stream, view.lexicon
    model, many = lexicon.bigrams, len(at) >= MANY
    codes = [lexicon.beside(side.take(at), s.ids.take(at), k) for k, side in enumerate((s.before, s.after))]
    for begin in range(0, len(at), ROWS):
        own = slice(begin, begin + ROWS)
        here = at[own]
        before, after = s.before[here], s.after[here]
        facts = lexicon.substitutes(s.ids[here], many=many)
        continuation, backoff, log_total, likeness, preference = facts.columns

        # take() copies through a buffer unless its indices are intp.
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
    """Alternatives of some words in their contexts; all arrays have the shape (n_words, n_alternatives)."""

    options: npt.NDArray[Any]
    left: F32
    right: F32
    both: F32
    likeness: F32
    listed: npt.NDArray[np.bool_]
    preference: F32
    complete: bool
    """Whether every word has as many alternatives as there are columns."""

    def gains(self) -> tuple[F32, F32]:
        """Best gain of all alternatives, and of those that a thesaurus lists; 0 if none gains."""
        # Transposed, because numpy is slow to find the maximum of many short rows.
        both, listed = self.both.T.copy(), self.listed.T.copy()
        if not self.complete:
            both *= self.options.T > 0  # a missing alternative gains nothing
        zero = np.float32(0)
        best = both.max(axis=0, initial=zero)
        both *= listed
        return best, both.max(axis=0, initial=zero)

    def likeliest(self) -> tuple[npt.NDArray[Any], ...]:
        """The columns of :class:`Likeliest`."""
        left, right = self.left, self.right
        worth = self.both + self.preference
        if max(left.max(), right.max(), -left.min(), -right.min()) > MOST_NATS:
            for row in np.flatnonzero((np.maximum(np.abs(left), np.abs(right)) > MOST_NATS).any(axis=1)):
                worth[row] = _clipped(left[row]) + _clipped(right[row]) + self.preference[row]
        available: np.float32 | F32 = np.float32(worth.shape[1])
        if not self.complete:
            worth[self.options == 0] = -np.inf
            available = np.maximum((self.options > 0).sum(axis=1), 1).astype(np.float32)
        best = worth.argmax(axis=1)
        best += np.arange(0, worth.size, worth.shape[1])
        weighted = np.clip(self.both, np.float32(-3), np.float32(10))
        weighted *= self.likeness
        if not self.complete:
            weighted *= self.options > 0
        mean_gain = weighted.sum(axis=1) / available
        return *(
            part.take(best) for part in (self.options, left, right, self.likeness, self.listed)
        ), mean_gain


def _clipped(values: F32) -> F32:
    return np.clip(values, np.float32(-MOST_NATS), np.float32(MOST_NATS))
