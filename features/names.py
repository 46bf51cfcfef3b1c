"""Columns for names of which one part may have been replaced ("Getty Pictures").

Most names are in no table, so a bad fit between the parts of a name is no evidence. A replaced part shows in two ways: undoing
the replacement leads to a pair that people often write, in this context too; and the word found is hardly ever
capitalised elsewhere.

Two columns were tried and dropped: whether a thesaurus lists the two words, and whether spinners prefer the word found. With them a
model finds more names spun with thesauri (43 instead of 31 %, at 0.03 false reports per 1,000 words), but fewer spun with a
table of distributional neighbours (11 instead of 32 %).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mtdetect.features.columns import in_order
from mtdetect.text.arrays import F64, I64
from mtdetect.text.vocabulary import SENTENCE

if TYPE_CHECKING:
    from mtdetect.features.view import View

COLUMNS = (
    "strength",
    "log_count",
    "likeness",
    "share",
    "capital_found",
    "capital_meant",
    "log_count_found",
    "log_count_other",
    "seen_around",
    "elsewhere",
    "run",
    "lead",
)
"""Score of the resulting pair (``substitution.name_pairs``); its log count; cosine of the word and its alternative; log share of
the other word's occurrences that are in that pair; share of capitals of the word and of the alternative; log counts of the word and
of the other word; log counts of the resulting triples; whether the resulting pair occurs elsewhere in the text; number of
capitalised words next to the pair; nats to the next best alternative."""

MOST_LEAD = 10.0
"""Most nats of ``lead``, which would be large where there is no second alternative."""


def measure(view: View) -> F64:
    """Measure the pairs in ``view.name_pairs``.

    Parameters
    ----------
    view : View
        The batch.

    Returns
    -------
    ndarray of float64, shape (n_pairs, len(COLUMNS))
    """
    pairs, s, lexicon = view.name_pairs, view.stream, view.lexicon
    at = pairs.at
    found = s.ids[at + pairs.side].astype(np.int64)
    other = s.ids[at + 1 - pairs.side].astype(np.int64)
    left = np.where(pairs.side == 0, pairs.wording, other)
    right = np.where(pairs.side == 0, other, pairs.wording)
    count = lexicon.pairs(lexicon.bigram, left, right)
    seen = np.log(np.maximum(count, 0.1).astype(np.float64))
    before, after = s.before[at].astype(np.int64), s.after[at + 1].astype(np.int64)
    ahead = lexicon.pairs(lexicon.bigram, before, left)
    around = np.log1p(lexicon.triples(left, right, after, count))
    around += np.log1p(lexicon.triples(before, left, right, ahead))
    capital = view.capital
    wanted = np.zeros(len(lexicon.counts), bool)
    wanted[left] = True
    same = s.doc[:-1] == s.doc[1:]
    both = np.flatnonzero(same & capital[:-1] & capital[1:] & wanted.take(s.ids[:-1]))
    here = np.isin(_keys(s.doc[at], left, right), _keys(s.doc[both], s.ids[both], s.ids[both + 1]))
    run = (capital[at - 1] & (before != SENTENCE)).astype(np.int64)
    run += capital[np.minimum(at + 2, len(capital) - 1)] & (after != SENTENCE)
    log_counts = lexicon.log_counts.astype(np.float64)
    columns = {
        "strength": pairs.score,
        "log_count": seen,
        "likeness": pairs.likeness,
        "share": seen - np.log(np.maximum(lexicon.counts[other], 1)),
        "capital_found": lexicon.capital[found] / 255,
        "capital_meant": lexicon.capital[pairs.wording] / 255,
        "log_count_found": log_counts[found],
        "log_count_other": log_counts[other],
        "seen_around": around,
        "elsewhere": here,
        "run": run,
        "lead": np.minimum(pairs.lead, MOST_LEAD),
    }
    return np.stack(in_order(columns, COLUMNS), axis=1)


def _keys(doc: npt.NDArray[Any], left: npt.NDArray[Any], right: npt.NDArray[Any]) -> I64:
    keys: I64 = doc.astype(np.int64) << 40 | left.astype(np.int64) << 20 | right
    return keys
