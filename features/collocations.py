"""Collocations: does another word fit the place much better than the one that stands there?

A spinner replaces a word by a synonym that its neighbours do not know; undoing the replacement makes both sides fit at
once. For each content word the block asks how much the best of its alternatives (table ``alternatives``: synonyms read
backwards, and words of the same company) would raise the probability of both neighbouring pairs. People's words are
seldom beaten by a wide margin, whatever their register, because the alternatives are judged in the text's own
context: on SpinBot passages this one number separates better than the fit of the words themselves.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.features.columns import in_order
from mtdetect.features.view import View
from mtdetect.text.arrays import F64
from mtdetect.text.segments import bounds, sums

MARGINS = (2.0, 4.0, 6.0, 8.0)
"""Gains, in nats, above which a word counts as beaten."""

NAMES = (
    "gain",
    "gain_of_synonym",
    *(f"beaten_by_{margin:.0f}" for margin in MARGINS),
    *(f"synonym_beats_by_{margin:.0f}" for margin in MARGINS),
    "gain_of_distribution",
)


def measure(view: View) -> F64:
    """Measure a batch.

    Returns
    -------
    ndarray of float64, shape (n_texts, len(NAMES))
        Means over the content words of each text; NaN where it has none.
    """
    found = view.gains
    first = bounds(view.stream.doc[found.at], len(view))
    with np.errstate(invalid="ignore", divide="ignore"):
        n = view.per_text(view.content)
        n[n == 0] = np.nan

        def mean(values: npt.NDArray[Any]) -> F64:
            return sums(values, first) / n

        columns = {
            "gain": mean(np.minimum(found.gain, 10)),
            "gain_of_synonym": mean(np.minimum(found.synonym_gain, 10)),
            "gain_of_distribution": mean(np.minimum(found.gain - found.synonym_gain, 10)),
        }
        for margin in MARGINS:
            columns[f"beaten_by_{margin:.0f}"] = mean(found.gain > margin)
            columns[f"synonym_beats_by_{margin:.0f}"] = mean(found.synonym_gain > margin)
    return np.stack(in_order(columns, NAMES), axis=1)
