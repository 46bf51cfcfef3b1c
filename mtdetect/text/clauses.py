"""Share of the words of a text that are in sentences, rather than in lists, headlines and fragments.

Catalogues, knitting patterns and minutes are English, but they lack the grammar that engines and spinners damage, so they cannot be judged. A
sentence has a finite verb and mostly a pronoun; a list of auxiliaries, pronouns and subordinators finds nearly all sentences.
"""

from __future__ import annotations

import numpy as np

from mtdetect.text.arrays import F64
from mtdetect.text.batch import Batch
from mtdetect.text.keyset import KeySet
from mtdetect.text.segments import bounds, sums
from mtdetect.text.tokens import WORD

CLAUSE_WORDS = KeySet.of_words(
    (
        "is are was were be been am has have had do does did will would can could may might must shall should as said says "
        "'s 're 've 'm it's he's she's that's there's i'm you're we're they're i've we've don't didn't doesn't isn't wasn't weren't "
        "aren't can't couldn't won't wouldn't haven't hasn't hadn't i he she it they we you who which that what this these "
        "those there if when because while than"
    ).split()
)
"""Auxiliaries, pronouns and subordinators."""

FRAGMENTS = 0.4
"""Smallest share of words in sentences with a clause word at which a text is judged. Below it are 8 of 6,323 texts from 46 human sources
(Latin, drill regulations, a list of action items) and 0.2 % of machine-translated news; catalogues, patterns and minutes have 0.1 to 0.36."""


def share_in_clauses(batch: Batch) -> F64:
    """Share of the words of each text that are in sentences with a clause word; 1 for a text without words.

    Parameters
    ----------
    batch : Batch
        Texts that were read.

    Returns
    -------
    ndarray of float64, shape (n_texts,)
        From 0 to 1.
    """
    in_clause = sums(CLAUSE_WORDS.holds(batch.tokens.hash), batch.sentence_first) > 0
    words = sums(batch.tokens.kind == WORD, batch.sentence_first)
    of_text = bounds(batch.sentence_doc, len(batch))
    total = sums(words, of_text)
    share: F64 = np.where(total > 0, sums(words * in_clause, of_text) / np.maximum(total, 1), 1.0)
    return share
