"""Readability: the lengths of words and sentences.

Engines keep the sentences of their source and smooth their length; spinners swap short words for long ones. The classical indices
(Flesch, "A new readability yardstick", 1948; Senter and Smith, AMRL-TR-66-220, 1967; Coleman and Liau, 1975) are linear in ratios of
characters, words and sentences, which all fall out of the one tokenizing pass; the classifier gets the ratios. People get the indices
of textstat (``mtdetect.style``), which the tests check the counts against; it needs a second for 0.9 MB.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.features.columns import in_order
from mtdetect.features.view import View
from mtdetect.text.arrays import F64, I64
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


def measure(view: View) -> F64:
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

    def mean(values: npt.NDArray[Any], first: I64) -> F64:
        with np.errstate(invalid="ignore", divide="ignore"):
            return sums(values, first) / np.diff(first)

    length = mean(lengths, sentences)
    spread = np.sqrt(np.maximum(mean(lengths**2, sentences) - length**2, 0))
    with np.errstate(invalid="ignore", divide="ignore"):
        variation = spread / length
    columns = {
        "sentence_length": length,
        "sentence_length_variation": variation,
        "short_sentences": mean(lengths < 8, sentences),
        "long_sentences": mean(lengths > 30, sentences),
        "word_length": mean(letters, view.word_first),
        "long_words": mean(letters >= LONG, view.word_first),
    }
    return np.stack(in_order(columns, NAMES), axis=1)
