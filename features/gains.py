"""What would another word gain in a word's place?

The comparison behind the collocation features and behind the evidence: each suspect content word against its
candidates from the tables, by the probability of both neighbouring pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from mtdetect.features.view import View

SUSPECT_FIT = 3.0
"""Only words whose fit to both neighbours is below this many nats are asked: the others are in good company, and asking is
what costs."""

ASKED = 16
"""Candidates compared for every suspect word; sites, which are fewer, compare them all (``substitution``)."""


@dataclass(frozen=True)
class Gains:
    """What the best candidate would gain, for the words that were asked.

    Attributes
    ----------
    at : ndarray of int64
        Index of each word in the stream.
    gain, synonym_gain : ndarray of float32
        Nats gained by the best candidate, and by the best that a thesaurus lists; 0 where none gains.
    """

    at: npt.NDArray[np.int64]
    gain: npt.NDArray[np.float32]
    synonym_gain: npt.NDArray[np.float32]


def gains(view: View) -> Gains:
    """Compare each suspect content word with its candidates.

    Parameters
    ----------
    view : View
        A batch.
    """
    s, lexicon = view.stream, view.lexicon
    at = np.flatnonzero(view.content & (s.ids < len(lexicon.candidates)) & (view.fit < SUSPECT_FIT))
    ids = s.ids[at]
    options = lexicon.candidates[ids, :ASKED].astype(np.int64)
    left, right = compare(view, at, options)
    both = left + right
    both[options == 0] = -np.inf
    _, listed = unpack(lexicon.plausible[ids, :ASKED])
    zero = np.float32(0)
    return Gains(
        at,
        np.maximum(both.max(axis=1, initial=-np.inf), zero),
        np.maximum(np.where(listed, both, -np.inf).max(axis=1, initial=-np.inf), zero),
    )


def compare(
    view: View, at: npt.NDArray[np.int64], options: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """What each option would gain in the place of a word.

    Parameters
    ----------
    view : View
    at : ndarray of int64, shape (n,)
        Places in the stream.
    options : ndarray of int64, shape (n, k)
        Numbers of words.

    Returns
    -------
    left, right : ndarray of float32, shape (n, k)
        Nats gained with the word before, and with the word after.
    """
    s, lexicon = view.stream, view.lexicon
    before = np.broadcast_to(s.before[at][:, None], options.shape)
    after = np.broadcast_to(s.after[at][:, None], options.shape)
    left = np.log(view.bigram_probability(before, options, lexicon.pairs(lexicon.bigram, before, options)))
    right = np.log(view.bigram_probability(options, after, lexicon.pairs(lexicon.bigram, options, after)))
    left -= view.log_bigram[at][:, None]
    right -= view.log_bigram_right[at][:, None]
    return left.astype(np.float32), right.astype(np.float32)


def unpack(plausible: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Cosines, and whether a thesaurus lists the pair, from the table's bytes."""
    return (plausible >> 1).astype(np.float32) / np.float32(125), (plausible & 1).astype(np.bool_)
