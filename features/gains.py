"""What would another word gain in a word's place?

The comparison behind the collocation features and behind the evidence: each suspect content word against its
candidates from the tables, by the probability of both neighbouring pairs. It is most of what a verdict costs, so it is made once, in
blocks that stay in the processor's cache.
"""

from __future__ import annotations

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

PER_COSINE, PER_SPUN = 6.0, 0.4
"""Nats that one unit of cosine, and of being a spinner's own word, weigh when the likeliest substitute is chosen (by hand, on the
tortured phrases for tuning)."""

MOST_NATS = 12.0
"""A gain on one side counts this much at most: an unseen pair is unseen, however common its words."""

ROWS = 512
"""Words compared together."""

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
    left = view.fit_left[at]
    is_site = np.minimum(left, view.fit[at] - left) < WORST_FIT
    sites, others = np.flatnonzero(is_site), np.flatnonzero(~is_site)
    gain, synonym_gain = np.zeros(len(at), np.float32), np.zeros(len(at), np.float32)
    best: list[tuple[npt.NDArray[Any], ...]] = []
    for rows, width in ((sites, lexicon.candidates.shape[1]), (others, ASKED)):
        for begin in range(0, len(rows), ROWS):
            some = rows[begin : begin + ROWS]
            compared = _Compared.of(view, at[some], width, many=len(at) >= MANY)
            gain[some], synonym_gain[some] = compared.gains()
            if rows is sites:
                best.append(compared.likeliest(lexicon.spinners))
    if not best:
        best = [_Compared.of(view, sites, ASKED, many=False).likeliest(lexicon.spinners)]
    likeliest = Likeliest(at[sites], *(np.concatenate(parts) for parts in zip(*best, strict=True)))
    return Gains(at, gain, synonym_gain, likeliest)


@dataclass(frozen=True)
class _Compared:
    """Candidates in the place of some words; all arrays are of shape (n_words, n_candidates)."""

    options: npt.NDArray[Any]
    left: F32
    right: F32
    likeness: F32
    listed: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, view: View, at: npt.NDArray[np.int64], width: int, *, many: bool) -> _Compared:
        s, lexicon = view.stream, view.lexicon
        model = lexicon.bigrams
        ids, before, after = s.ids[at], s.before[at], s.after[at]
        options = lexicon.candidates[ids, :width].astype(np.intp)
        likeness, listed = unpack(lexicon.plausible[ids, :width])

        left = model.seen[lexicon.beside(before, options, 0, many=many)]
        left += model.single_backoff[before][:, None] * model.continuation[options]
        np.log(left, out=left)
        left -= (model.log_total[before] + view.log_bigram[at])[:, None]

        right = model.seen[lexicon.beside(after, options, 1, many=many)]
        right += model.single_backoff[options] * model.continuation[after][:, None]
        np.log(right, out=right)
        right -= model.log_total[options]
        right -= view.log_bigram_right[at][:, None]
        return cls(options, left, right, likeness, listed)

    def gains(self) -> tuple[F32, F32]:
        """Best gain of all, and of synonyms, among the first candidates; 0 where none gains."""
        first = slice(None), slice(ASKED)
        both = self.left[first] + self.right[first]
        both *= self.options[first] > 0  # no candidate gains nothing
        zero = np.float32(0)
        best = both.max(axis=1, initial=zero)
        both *= self.listed[first]
        return best, both.max(axis=1, initial=zero)

    def likeliest(self, spinners: F32) -> tuple[npt.NDArray[Any], ...]:
        """The columns of :class:`Likeliest` but for the places."""
        left, right, likeness = self.left, self.right, self.likeness
        there = self.options > 0
        worth = _clipped(left, -MOST_NATS, MOST_NATS)
        worth += _clipped(right, -MOST_NATS, MOST_NATS)
        worth += np.float32(PER_COSINE) * likeness
        worth -= np.float32(PER_SPUN) * spinners[self.options]
        if not there.all():
            worth[~there] = -np.inf
        best = worth.argmax(axis=1)
        rows = np.arange(len(best))
        weighted = _clipped(left + right, -3, 10)
        weighted *= likeness
        weighted *= there
        mean_gain = weighted.sum(axis=1) / np.maximum(there.sum(axis=1), 1)
        return (
            self.options[rows, best],
            left[rows, best],
            right[rows, best],
            likeness[rows, best],
            self.listed[rows, best],
            mean_gain.astype(np.float32),
        )


def _clipped(values: F32, least: float, most: float) -> F32:
    clipped = np.maximum(values, np.float32(least))
    return np.minimum(clipped, np.float32(most), out=clipped)


def unpack(plausible: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Cosines, and whether a thesaurus lists the pair, from the table's bytes."""
    return (plausible >> 1).astype(np.float32) / np.float32(125), (plausible & 1).astype(np.bool_)
