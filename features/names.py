"""Names of which one part may stand where another stood: what is measured of each.

Most names are unknown to any table, so that a part fits its neighbour badly says nothing. What tells a replaced part ("Getty Pictures")
is where undoing the replacement leads: to a pair that people often write, with the word before and behind it too; and how
the word found is written elsewhere: a word that is hardly ever capitalised seldom made its way into a name.

Whether a thesaurus lists the two words, and whether spinners like the one found, is left out: with them a model finds more of the names that
thesauri spun (43 instead of 31 % at 0.03 false reports in 1,000 words) and fewer of those that a table of neighbours did
(11 instead of 32 %).
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
"""Strength of the pair that results, as ``substitution.name_pairs`` ranks it; its log count; the cosine of the two words; log share of the
other word's sightings that are in that pair; how often each of the two is capitalised; log counts of the word found and of the
other; log counts of the resulting triples; whether the text has the resulting pair elsewhere; capitalised words right beside the pair; nats to the
next best."""

MOST_LEAD = 10.0


def measure(view: View) -> F64:
    """Measure the pairs that ``view.name_pairs`` found.

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
    before, behind = s.before[at].astype(np.int64), s.after[at + 1].astype(np.int64)
    ahead = lexicon.pairs(lexicon.bigram, before, left)
    around = np.log1p(lexicon.triples(left, right, behind, count))
    around += np.log1p(lexicon.triples(before, left, right, ahead))
    capital = view.capital
    wanted = np.zeros(len(lexicon.counts), bool)
    wanted[left] = True
    both = np.flatnonzero(capital[:-1] & capital[1:] & wanted.take(s.ids[:-1]))
    here = np.isin(_keys(s.doc[at], left, right), _keys(s.doc[both], s.ids[both], s.ids[both + 1]))
    run = (capital[at - 1] & (before != SENTENCE)).astype(np.int64)
    run += capital[np.minimum(at + 2, len(capital) - 1)] & (behind != SENTENCE)
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
