"""Consistency of spelling within a text.

A person writes either British or American English and spells a name one way. An engine may render the same name in several
ways ("Obrador", "Obradors", "Obradour"), and a spinner exchanges "color" and "colour" as if they were synonyms.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mtdetect.features.columns import in_order
from mtdetect.features.view import View
from mtdetect.text.arrays import F64
from mtdetect.text.folding import tables
from mtdetect.text.keyset import KeySet
from mtdetect.text.segments import sums
from mtdetect.text.tokens import CAPITAL, LONGEST, WORD

NAMES = ("mixed_spelling", "name_variants")

PREFIX = 4
"""First letters that two renderings of a name share: transliterations and inflections differ towards the end."""

_STEMS_OUR = "col hon lab neighb fav behavi harb hum rum flav sav endeav"
_STEMS_ISE = (
    "organ real recogn critic minim maxim general special summar emphas character apolog author categor final modern "
    "mobil normal optim priorit stabil standard util visual"
)


@lru_cache(maxsize=1)
def _spellings() -> tuple[KeySet, KeySet]:
    british, american = [], []
    for stem in _STEMS_OUR.split():
        for ending in ("", "s", "ed", "ing", "able"):
            british.append(stem + "our" + ending)
            american.append(stem + "or" + ending)
    for stem in _STEMS_ISE.split():
        for ending in ("e", "es", "ed", "ing", "ation"):
            british.append(stem + "is" + ending)
            american.append(stem + "iz" + ending)
    for pair in (
        "centre/center centres/centers theatre/theater metre/meter litre/liter defence/defense offence/offense "
        "licence/license programme/program programmes/programs travelled/traveled travelling/traveling "
        "cancelled/canceled modelling/modeling labelled/labeled grey/gray tyre/tire catalogue/catalog cheque/check "
        "analyse/analyze analysed/analyzed analysing/analyzing paralysed/paralyzed jewellery/jewelry "
        "aluminium/aluminum enrol/enroll fulfil/fulfill skilful/skillful mould/mold plough/plow whilst/while"
    ).split():
        left, right = pair.split("/")
        british.append(left)
        american.append(right)
    not_only_american = set("check program programs tire while license meter".split())
    return KeySet.of_words(british), KeySet.of_words(
        word for word in american if word not in not_only_american
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
        Per 100 words: occurrences of the rarer of British and American spelling, and names with a close variant in the same
        text. NaN for an empty text.
    """
    batch = view.batch
    tokens = batch.tokens
    size = len(batch)
    n = np.diff(view.word_first).astype(np.float64)
    n[n == 0] = np.nan
    hashes = tokens.hash.take(view.words)
    counts = [sums(words.holds(hashes), view.word_first) for words in _spellings()]

    lengths = tokens.end - tokens.start
    names = np.flatnonzero(
        (tokens.kind == WORD) & (tokens.flags & CAPITAL > 0) & (lengths >= PREFIX + 2) & (lengths < LONGEST)
    )
    prefix = np.zeros(len(names), np.uint64)
    lower = tables().lower
    for k in range(PREFIX):
        prefix = prefix * np.uint64(65536) + lower[batch.codes[tokens.start[names] + k]].astype(np.uint64)
    doc = batch.doc[names]
    # Sorted by text, prefix and spelling, variants are neighbours that differ only in spelling.
    order = np.lexsort((tokens.hash[names], prefix, doc))
    d, p, h = doc[order], prefix[order], tokens.hash[names][order]
    variant = (d[1:] == d[:-1]) & (p[1:] == p[:-1]) & (h[1:] != h[:-1])
    variants = np.bincount(d[1:][variant], minlength=size)
    columns = {"mixed_spelling": 100 * np.minimum(*counts) / n, "name_variants": 100 * variants / n}
    return np.stack(in_order(columns, NAMES), axis=1)
