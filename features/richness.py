"""Lexical richness and function words.

Engines use a narrower vocabulary than people and repeat their choices (Vanmassenhove, Shterionov and Way, "Lost in
translation: loss and decay of linguistic richness", MT Summit 2019). They overuse "the" (62 to 70 per 1,000 words, against
56 in human news) and "of the", and underuse contractions. Spinners do the opposite: they replace the same word by several
synonyms.

The number of types depends on length, so the block uses measures that correct for it: Guiraud's R, the share of words used
once, and Yule's K (Tweedie and Baayen, "How variable may a constant be?", Computers and the Humanities 1998).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mtdetect.features.columns import in_order
from mtdetect.features.lexicon import Lexicon
from mtdetect.features.view import View
from mtdetect.text.arrays import F64, I64, U64
from mtdetect.text.segments import sums
from mtdetect.text.tokens import PUNCTUATION, WORD, hash_word
from mtdetect.text.vocabulary import COMMA, FIRST_WORD

MARKERS = {
    "the": "the",
    "of": "of",
    "articles": "a an",
    "pronouns_1_2": "i me my we us our you your",
    "pronouns_3": "he him his she her they them their it its",
    "relatives": "which who whom whose",
    "that": "that",
    "conjunctions": "and but or so yet",
    "connectives": "however therefore thus moreover furthermore also according including because although while",
    "modals": "will would can could may might must shall should",
    "be": "is are was were be been being am",
    "have": "have has had having",
    "prepositions": "in on at by with from for to into",
    "quantifiers": "some any many much more most several few all both each",
    "adverbs": "very just even still really quite only now then there here too back up out down off",
}
"""Groups of function words; the rate of each is a column. The groups follow the literature on translationese (Volansky, Ordan
and Wintner, "On the features of translationese", DSH 2015)."""

_APOSTROPHE = ord("'")  # the only one that is left after folding

NAMES = (
    "guiraud",
    "once",
    "yule",
    "contractions",
    "commas",
    *MARKERS,
)


def _groups(lexicon: Lexicon) -> I64:
    """Group of each id of the vocabulary; ``len(MARKERS)`` for words in no group."""
    vocabulary = lexicon.vocabulary
    group = np.full(len(vocabulary), len(MARKERS), np.int64)
    words, groups = _marked()
    group[vocabulary.lookup.get(words)] = groups
    group[:FIRST_WORD] = len(MARKERS)
    return group


@lru_cache(maxsize=1)
def _marked() -> tuple[U64, I64]:
    """Hashes of the words in all groups, and the group of each."""
    members = [(hash_word(word), k) for k, words in enumerate(MARKERS.values()) for word in words.split()]
    return np.array([one for one, _ in members], np.uint64), np.array([k for _, k in members])


def measure(view: View) -> F64:
    """Measure a batch.

    Parameters
    ----------
    view : View
        The batch.

    Returns
    -------
    ndarray of float64, shape (n_texts, len(NAMES))
        Rates are shares of the words. NaN for an empty text.
    """
    batch, tokens = view.batch, view.batch.tokens
    size, first = len(batch), view.word_first
    ids = batch.ids.take(view.words)
    n = np.diff(first).astype(np.float64)
    n[n == 0] = np.nan

    count, occurrences = view.word_counts
    kinds, once = sums(count > 0, first), sums(count == 1, first)
    squares = sums(occurrences, first)  # sum over types of their squared counts

    doc = np.repeat(np.arange(size), np.diff(first))
    group = view.lexicon.once(_groups)
    groups = len(MARKERS) + 1
    rates = np.bincount(doc * groups + group.take(ids), minlength=size * groups).reshape(size, groups)

    # Contractions: words with an apostrophe inside. A separate 's is too short to count.
    apostrophes = np.flatnonzero(batch.codes == _APOSTROPHE)
    inside = np.searchsorted(tokens.start, apostrophes, side="right") - 1
    inside = inside[np.diff(inside, prepend=-1) > 0]
    inside = inside[(tokens.kind[inside] == WORD) & (tokens.end[inside] - tokens.start[inside] > 2)]
    contracted = np.diff(np.searchsorted(inside, batch.first))
    commas = sums((batch.ids == COMMA) & (tokens.kind == PUNCTUATION), batch.first)
    columns = {
        "guiraud": kinds / np.sqrt(n),
        "once": once / n,
        "yule": 1e4 * (squares - n) / n**2,
        "contractions": contracted / n,
        "commas": commas / n,
        **{name: rates[:, k] / n for k, name in enumerate(MARKERS)},
    }
    return np.stack(in_order(columns, NAMES), axis=1)
