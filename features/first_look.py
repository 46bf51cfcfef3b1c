"""The first look: what of a text costs little and says most.

A cascade measures cheap columns of every text first, and the others only of texts that the first leave open (Viola and Jones, "Rapid
object detection using a boosted cascade of simple features", CVPR 2001). These are the blocks that ask no table about n-grams; the fluency of pairs; and
suspicions: how badly words fit, and how fond of them spinners are, without a comparison with their alternatives.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.features import blocks, fluency, gains
from mtdetect.features.columns import in_order
from mtdetect.features.view import View
from mtdetect.text.arrays import F64
from mtdetect.text.segments import bounds, sums

LEVELS = (-1.0, 1.0, 2.0, 3.0, 4.5, 6.0)
"""Suspicion scores above which the misfits of a text are counted."""

LEAST, MOST = 1.0, 8.0
"""Suspicion score from which the excess of a misfit is summed, and the most that one adds."""

SUSPICIONS = (
    *(f"above_{level:+.1f}" for level in LEVELS),
    "excess",
    "misfits",
    "favoured",
    "suspicion",
    "log_count",
)

CHEAP = [
    block
    for block in blocks.BLOCKS
    if block.name in ("readability", "richness", "surface_errors", "consistency")
]
"""Blocks that are measured as a whole. They take a tenth of the time of a full measurement. An expert for spinning that sees sentence lengths and function words
cannot be foretold without them: of pages by web spinners with p-values up to 0.05, two of fifty ended early."""

NAMES = (
    *(f"fluency.{name}" for name in fluency.PAIR_NAMES),
    *(f"suspicions.{name}" for name in SUSPICIONS),
    *(name for block in CHEAP for name in block.names),
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
        NaN where a column is undefined.
    """
    parts = [fluency.measure_pairs(view), _suspicions(view), *(block.measure(view) for block in CHEAP)]
    return np.concatenate(parts, axis=1)


def _suspicions(view: View) -> F64:
    """Misfits and their scores per content word, and the mean of what is known of the content words themselves."""
    s, lexicon = view.stream, view.lexicon
    at, suspicion = gains.suspicions(view)
    first = bounds(s.doc.take(at), len(view))
    n = view.per_text(view.content)
    n[n == 0] = np.nan

    def of_words(table: npt.NDArray[Any]) -> F64:
        return view.mean(table.take(s.ids), view.content)

    columns = {
        **{f"above_{level:+.1f}": sums(suspicion > level, first) / n for level in LEVELS},
        "excess": sums(np.clip(suspicion - np.float32(LEAST), 0, np.float32(MOST)), first) / n,
        "misfits": np.diff(first) / n,
        "favoured": of_words(lexicon.favoured),
        "suspicion": of_words(lexicon.suspicion),
        "log_count": of_words(lexicon.log_counts),
    }
    return np.stack(in_order(columns, SUSPICIONS), axis=1)
