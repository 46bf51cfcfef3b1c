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


@dataclass(frozen=True)
class Gains:
    """What the best candidate would gain, for the words that were asked.

    Attributes
    ----------
    at : ndarray of int64
        Index of each word in the stream.
    gain, synonym_gain : ndarray of float32
        Nats gained by the best candidate, and by the best that a thesaurus lists; 0 where none gains.
    best, best_synonym : ndarray of int64
        That candidate's number.
    """

    at: npt.NDArray[np.int64]
    gain: npt.NDArray[np.float32]
    synonym_gain: npt.NDArray[np.float32]
    best: npt.NDArray[np.int64]
    best_synonym: npt.NDArray[np.int64]


def gains(view: View) -> Gains:
    """Compare each suspect content word with its candidates.

    Parameters
    ----------
    view : View
        A batch.
    """
    s, lexicon = view.stream, view.lexicon
    asked = np.flatnonzero(view.content & (s.ids < len(lexicon.candidates)) & (view.fit < SUSPECT_FIT))
    ids = s.ids[asked]
    options = lexicon.candidates[ids].astype(np.int64)
    before = np.broadcast_to(s.before[asked][:, None], options.shape)
    after = np.broadcast_to(s.after[asked][:, None], options.shape)
    left = lexicon.pairs(lexicon.bigram, before, options)
    right = lexicon.pairs(lexicon.bigram, options, after)
    with np.errstate(divide="ignore"):
        score = np.log(view.bigram_probability(before, options, left)) + np.log(
            view.bigram_probability(options, after, right)
        )
    score -= (view.log_bigram[asked] + view.log_bigram_right[asked])[:, None]
    score[options == 0] = -np.inf
    synonym = (lexicon.plausible[ids] & 1).astype(bool)
    rows = np.arange(len(asked))
    best = score.argmax(axis=1)
    of_synonyms = np.where(synonym, score, -np.inf)
    best_synonym = of_synonyms.argmax(axis=1)
    zero = np.float32(0)
    return Gains(
        asked,
        np.maximum(score[rows, best], zero).astype(np.float32),
        np.maximum(of_synonyms[rows, best_synonym], zero).astype(np.float32),
        options[rows, best],
        options[rows, best_synonym],
    )
