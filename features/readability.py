"""Readability: the lengths of words and sentences.

Engines keep the sentences of their source and smooth their length; spinners swap short words for long ones. The classical indices
are linear in four counts (characters, syllables, words, sentences), which all fall out of the one tokenizing
pass. The classifier gets the counts' ratios; people get the indices (:func:`indices`).

Sources: Flesch, "A new readability yardstick", 1948; Kincaid et al., Research Branch Report 8-75, 1975; Senter and
Smith, AMRL-TR-66-220, 1967 (ARI); Coleman and Liau, 1975. Checked in the tests against textstat, which computes the same
indices from its own tokens at 0.9 MB/s.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from mtdetect.features.view import View

from mtdetect.text.segments import bounds, sums
from mtdetect.text.tokens import PUNCTUATION

LONG = 7
"""Letters above which a word counts as long (LIX: Björnsson 1968 counts words of more than six)."""

NAMES = (
    "sentence_length",
    "sentence_length_variation",
    "short_sentences",
    "long_sentences",
    "word_length",
    "long_words",
)


def measure(view: View) -> npt.NDArray[np.float64]:
    """Measure a batch.

    Returns
    -------
    ndarray of float64, shape (n_texts, len(NAMES))
        Words a sentence, coefficient of variation of that, share of sentences below 8 and above 30 words,
        letters a word, share of long words; NaN for an empty text.
    """
    batch = view.batch
    counted = batch.tokens.kind != PUNCTUATION
    lengths = sums(counted, batch.sentence_first)
    prose = np.flatnonzero(lengths > 0)
    lengths, sentences = lengths[prose], bounds(batch.sentence_doc[prose], len(batch))
    letters = (batch.tokens.end - batch.tokens.start)[view.words]

    def mean(values: npt.NDArray[Any], first: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        with np.errstate(invalid="ignore", divide="ignore"):
            return sums(values, first) / np.diff(first)

    length = mean(lengths, sentences)
    spread = np.sqrt(np.maximum(mean(lengths**2, sentences) - length**2, 0))
    with np.errstate(invalid="ignore", divide="ignore"):
        variation = spread / length
    return np.stack(
        [
            length,
            variation,
            mean(lengths < 8, sentences),
            mean(lengths > 30, sentences),
            mean(letters, view.word_first),
            mean(letters >= LONG, view.word_first),
        ],
        axis=1,
    )


def indices(*, characters: float, syllables: float, words: float, sentences: float) -> dict[str, float]:
    """Classical readability indices of one text, from its counts.

    Parameters
    ----------
    characters, syllables, words, sentences : float
        Letters and digits, syllables, words and sentences of the text; the last two are positive.

    Returns
    -------
    dict
        ``flesch_reading_ease``, ``flesch_kincaid_grade``, ``automated_readability_index``, ``coleman_liau_index``.
    """
    per_sentence, per_word = words / sentences, characters / words
    return {
        "flesch_reading_ease": 206.835 - 1.015 * per_sentence - 84.6 * syllables / words,
        "flesch_kincaid_grade": 0.39 * per_sentence + 11.8 * syllables / words - 15.59,
        "automated_readability_index": 4.71 * per_word + 0.5 * per_sentence - 21.43,
        "coleman_liau_index": 5.88 * per_word - 29.6 / per_sentence - 15.8,
    }
