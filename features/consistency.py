"""Consistency inside the text: one thing, one name.

A person writes British or American and spells a name one way. An engine that met the name five times may render it
twice ("Obrador", "Obradors", "Obradour"), and a spinner swaps "color" and "colour" as if they were synonyms.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mtdetect.features.columns import in_order
from mtdetect.features.view import View
from mtdetect.text.arrays import F64
from mtdetect.text.folding import tables
from mtdetect.text.segments import sums
from mtdetect.text.tokens import CAPITAL, LONGEST, WORD
from mtdetect.text.wordlist import WordList

NAMES = ("mixed_spelling", "name_variants")

PREFIX = 4
"""Letters that renderings of one name share: transliterations and inflections differ towards the end."""

_STEMS_OUR = "col hon lab neighb fav behavi harb hum rum flav sav endeav"
_STEMS_ISE = (
    "organ real recogn critic minim maxim general special summar emphas character apolog author categor final modern "
    "mobil normal optim priorit stabil standard util visual"
)


@lru_cache(maxsize=1)
def _spellings() -> tuple[WordList, WordList]:
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
    common = {
        "check",
        "program",
        "programs",
        "tire",
        "while",
        "license",
        "metre",
        "meter",
    }  # not American only
    return WordList.of(british), WordList.of(w for w in american if w not in common)


def measure(view: View) -> F64:
    """Measure a batch.

    Returns
    -------
    ndarray of float64, shape (n_texts, len(NAMES))
        The rarer of the British and American spellings, and names that have a close variant in the same text, per 100
        words; NaN for an empty text.
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
    # Names in order of text, prefix, spelling: neighbours that agree in the first two and not in the third are variants.
    order = np.lexsort((tokens.hash[names], prefix, doc))
    d, p, h = doc[order], prefix[order], tokens.hash[names][order]
    variant = (d[1:] == d[:-1]) & (p[1:] == p[:-1]) & (h[1:] != h[:-1])
    variants = np.bincount(d[1:][variant], minlength=size)
    columns = {"mixed_spelling": 100 * np.minimum(*counts) / n, "name_variants": 100 * variants / n}
    return np.stack(in_order(columns, NAMES), axis=1)
