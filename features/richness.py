"""Lexical richness and function words.

Engines draw from a narrower vocabulary than people and repeat what they chose (Vanmassenhove, Shterionov and Way, "Lost
in translation: loss and decay of linguistic richness", MT Summit 2019); they overuse "the" (62 to 70 in 1,000 words
against 56 in people's news) and "of the", and underuse contractions. Spinners do the opposite: the same word comes
back in several guises.

Type counts depend on length, so they enter through measures that correct for it: Guiraud's R, the share of words used
once, and Yule's K (Tweedie and Baayen, "How variable may a constant be?", Computers and the Humanities 1998).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from mtdetect.features.view import View

from mtdetect.text.folding import APOSTROPHE, tables
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
"""Groups of function words whose rates are columns; the groups follow what the literature on translationese counts (Volansky,
Ordan and Wintner, "On the features of translationese", DSH 2015)."""

NAMES = (
    "guiraud",
    "once",
    "yule",
    "contractions",
    "commas",
    *MARKERS,
)


def measure(view: View) -> npt.NDArray[np.float64]:
    """Measure a batch.

    Returns
    -------
    ndarray of float64, shape (n_texts, len(NAMES))
        Rates are shares of the words; NaN for an empty text.
    """
    batch = view.batch
    size = len(batch)
    word = batch.tokens.kind == WORD
    doc = batch.doc[word]
    ids = batch.ids[word]
    n = np.bincount(doc, minlength=size).astype(np.float64)
    n[n == 0] = np.nan

    types, count = np.unique((doc.astype(np.int64) << 20) | ids, return_counts=True)
    owner = types >> 20
    kinds = np.bincount(owner, minlength=size)
    once = np.bincount(owner, count == 1, minlength=size)
    squares = np.bincount(owner, count.astype(np.float64) ** 2, minlength=size)

    group = np.full(len(view.lexicon.counts), -1, np.int8)
    for k, members in enumerate(MARKERS.values()):
        hashes = np.array([hash_word(w) for w in members.split()], np.uint64)
        group[view.lexicon.vocabulary.lookup.get(hashes)] = k
    group[:FIRST_WORD] = -1
    of_word = group[ids]
    marked = of_word >= 0
    rates = np.bincount(
        doc[marked].astype(np.int64) * len(MARKERS) + of_word[marked], minlength=size * len(MARKERS)
    )

    # A word with an apostrophe inside, or an 's after "it", "that", "there": both shorten a verb.
    apostrophes = tables().kind[batch.codes] == APOSTROPHE
    inside = (
        np.add.reduceat(apostrophes.view(np.uint8), batch.tokens.start, dtype=np.int32) > 0
        if len(word)
        else word
    )
    contracted = np.bincount(
        batch.doc[word & inside & (batch.tokens.end - batch.tokens.start > 2)], minlength=size
    )
    commas = np.bincount(batch.doc[(batch.ids == COMMA) & (batch.tokens.kind == PUNCTUATION)], minlength=size)
    return np.column_stack(
        [
            kinds / np.sqrt(n),
            once / n,
            1e4 * (squares - n) / n**2,
            contracted / n,
            commas / n,
            rates.reshape(size, len(MARKERS)) / n[:, None],
        ]
    )
