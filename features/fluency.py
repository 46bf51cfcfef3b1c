"""Fluency: how predictable the text is to an n-gram language model of human English.

Synonym substitution breaks collocations: each word may be common, but its pairs are unseen ("laborious guarantees").
Translation engines err the other way: they choose what is most usual, so their English is *more* predictable than human
English (Toral, "Post-editese", MT Summit 2019; Vanmassenhove et al., EACL 2021). The block therefore measures means and
tails, separately for content words and function words, and compares unseen pairs with the number expected from the text's
own vocabulary: human fluency differs more between registers than a spinner changes it within one.

The smoothed pointwise mutual information (PMI) of neighbours is log P(w | v) - log P(w) (Church and Hanks 1990).
"""

from __future__ import annotations

import numpy as np

from mtdetect.features.columns import in_order
from mtdetect.features.view import View
from mtdetect.text.arrays import F32, F64
from mtdetect.text.vocabulary import NAME, UNKNOWN

UNSEEN_EDGES = np.array([-6, -5, -4, -3, -2, -1, 0, 1, 2], np.float32)
"""Edges of bands of the count that a pair would have by chance, as natural logarithms. They are integers one apart."""

EXPECTED_UNSEEN = np.array([0.79, 0.73, 0.71, 0.66, 0.58, 0.49, 0.35, 0.20, 0.08, 0.005], np.float32)
"""Share of pairs that the bigram table lacks, for each band of the expected count, in human texts outside the tables (452,137
words)."""

TAILS = (-3.0, -1.5, 0.0, 2.0, 4.0)
"""Bounds, in nats, on a content word's fit to both neighbours; the shares below them describe the tails."""

ODD_FUNCTION, ODD = -2.0, -2.5
"""PMI, in nats, below which a pair is odd: of two function words ("for of"), and of any two words. Human news has almost no
odd pairs of function words; of a text spun with a table of connectives, 5 % are odd."""

NAMES = (
    "surprisal",
    "surprisal_deviation",
    "unigram_surprisal",
    "gain_of_bigram",
    "gain_of_trigram",
    "content_pmi",
    "content_pmi_deviation",
    "function_pmi",
    "fit_both",
    *(f"fit_below_{bound:+.1f}" for bound in TAILS),
    "unseen_content_pairs",
    "unseen_mixed_pairs",
    "unseen_excess",
    "unseen_trigrams",
    "unseen_skips",
    "content_surprisal",
    "function_surprisal",
    "rare_words",
    "usual_words",
    "unknown_words",
    "content_share",
    "boundary_surprisal",
    "odd_function_pairs",
    "odd_pairs",
)

_TRIPLE_NAMES = frozenset(
    {
        "surprisal",
        "surprisal_deviation",
        "gain_of_trigram",
        "unseen_trigrams",
        "unseen_skips",
        "content_surprisal",
        "function_surprisal",
    }
)

PAIR_NAMES = tuple(name for name in NAMES if name not in _TRIPLE_NAMES)
"""Columns of :func:`measure_pairs`."""


def measure(view: View) -> F64:
    """Measure a batch.

    Parameters
    ----------
    view : View
        The batch.

    Returns
    -------
    ndarray of float64, shape (n_texts, len(NAMES))
        NaN where a feature is undefined.
    """
    return np.stack(in_order(_of_pairs(view) | _of_triples(view), NAMES), axis=1)


def measure_pairs(view: View) -> F64:
    """Measure what asks the tables about pairs only, which costs half as much. Parameters as for :func:`measure`.

    Returns
    -------
    ndarray of float64, shape (n_texts, len(PAIR_NAMES))
    """
    return np.stack(in_order(_of_pairs(view), PAIR_NAMES), axis=1)


def _of_pairs(view: View) -> dict[str, F64]:
    """Columns from single words and pairs."""
    s = view.stream
    content = view.content
    function = s.word & ~content
    n = np.maximum(np.diff(view.first), 1)
    content_before = np.zeros_like(content)
    content_before[1:] = content[:-1]
    content_before &= s.before > 1
    word_before = np.zeros_like(content)
    word_before[1:] = s.word[:-1]
    word_before &= s.before > 1
    both = content & content_before
    pairs = s.word & word_before
    mixed = pairs & ~both
    pmi = view.fit_left
    fits = view.fit
    unseen = view.bigram_left == 0
    mean_pmi = view.mean(pmi, both)
    columns = {
        "unigram_surprisal": view.mean(-view.log_unigram, s.word),
        "gain_of_bigram": view.mean(pmi, s.word),
        "content_pmi": mean_pmi,
        "content_pmi_deviation": np.sqrt(np.maximum(view.mean(pmi**2, both) - mean_pmi**2, 0)),
        "function_pmi": view.mean(pmi, mixed),
        "fit_both": view.mean(fits, content),
        "unseen_content_pairs": view.mean(unseen, both),
        "unseen_mixed_pairs": view.mean(unseen, mixed),
        "unseen_excess": view.mean(unseen - _expected_unseen(view), pairs),
        "rare_words": view.mean(s.ids > 20_000, content),
        "usual_words": view.mean(s.ids < 2_000, content),
        "unknown_words": view.per_text((s.ids == NAME) | (s.ids == UNKNOWN)) / n,
        "content_share": view.per_text(content) / n,
        "boundary_surprisal": view.mean(view.log_bigram_right, s.last),
        "odd_function_pairs": view.mean(pmi < ODD_FUNCTION, function & word_before & ~content_before),
        "odd_pairs": view.mean(pmi < ODD, pairs),
    }
    for bound in TAILS:
        columns[f"fit_below_{bound:+.1f}"] = view.mean(fits < bound, content)
    return columns


def _of_triples(view: View) -> dict[str, F64]:
    """Columns that ask about triples, or pairs with a word between."""
    s = view.stream
    content = view.content
    function = s.word & ~content
    triples = s.word & (s.before2 > 1)
    surprisal = -view.log_trigram
    mean_surprisal = view.mean(surprisal, s.word)
    return {
        "surprisal": mean_surprisal,
        "surprisal_deviation": np.sqrt(np.maximum(view.mean(surprisal**2, s.word) - mean_surprisal**2, 0)),
        "gain_of_trigram": view.mean(view.log_trigram - view.log_bigram, s.word),
        "unseen_trigrams": view.mean(view.trigram == 0, triples),
        "unseen_skips": view.mean(view.skip == 0, triples),
        "content_surprisal": view.mean(surprisal, content),
        "function_surprisal": view.mean(surprisal, function),
    }


def _expected_unseen(view: View) -> F32:
    """Probability that the pair of each word with the word before is missing from the bigram table."""
    before = np.empty_like(view.log_unigram)
    before[1:] = view.log_unigram[:-1]
    before[:1] = 0
    log_count = before + view.log_unigram + np.float32(np.log(view.lexicon.total))
    # The edges are integers one apart, so rounding up gives the band.
    band = np.ceil(log_count) - UNSEEN_EDGES[0]
    return EXPECTED_UNSEEN.take(np.clip(band, 0, len(UNSEEN_EDGES)).astype(np.intp))
