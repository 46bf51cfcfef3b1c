"""Collocations: how much better an alternative would fit than the word in the text.

A spinner replaces a word by a synonym that does not collocate with its neighbours; undoing the replacement improves both
neighbouring pairs. For each content word the block measures how much the best of its alternatives (table
``alternatives``: words that list it as a synonym, and words with similar neighbours) would raise the probability of both
pairs. Alternatives rarely beat a person's word by a wide margin in any register, because both are judged in the same
context. On SpinBot passages the gain separates spun from human text better than the fit of the words themselves.
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
"""Gains, in nats, above which an alternative counts as better than the word."""

NAMES = (
    "gain",
    "gain_of_synonym",
    *(f"beaten_by_{margin:.0f}" for margin in MARGINS),
    *(f"synonym_beats_by_{margin:.0f}" for margin in MARGINS),
    "gain_of_distribution",
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
        Means over the content words of each text; NaN if it has none.
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
