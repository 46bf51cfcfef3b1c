"""Readability: lengths of words and sentences.

Engines keep the sentences of their source and even out their lengths; spinners replace short words by long ones. The classical
indices (Flesch, "A new readability yardstick", 1948; Senter and Smith, AMRL-TR-66-220, 1967; Coleman and Liau, 1975) are linear
in ratios of characters, words and sentences. The classifier uses these ratios, which the tokenizer yields at no cost. The style
profile shown to users has the indices themselves, from textstat (``mtdetect.style``), which takes a second for 0.9 MB; the
tests check the ratios against it.
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
"""Least letters of a long word (LIX: Björnsson 1968 counts words of more than six letters)."""

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

    Parameters
    ----------
    view : View
        The batch.

    Returns
    -------
    ndarray of float64, shape (n_texts, len(NAMES))
        Words per sentence, their coefficient of variation, shares of sentences with fewer than 8 and more than 30 words,
        letters per word, share of long words. NaN for an empty text.
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
