"""Quality: how good the English is as a rendering, estimated from the text alone.

A linear model on the classifier's columns, fitted to what is known of translation engines (``mtdetect.training.quality``): with the
source and the reference in view, COMET (Rei et al., EMNLP 2020) follows human judgement closely; the columns see neither, only
what poor renderings have in common. Systems are told apart by the mean over many texts, a single text only roughly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mtdetect.text.arrays import F64

WORST, BEST = 0.65, 0.90
"""COMET of quality 0 and 100: below the weakest engine and near the strongest on the test sets of the corpora (0.57 to 0.91, nine in ten
above 0.74)."""

OF_SPUN = 10.0
"""Quality of spun text. A convention: no spinner has a COMET score, and the columns, which learnt what engines do wrong, take what spinners do for
good English. Nineteen in twenty of the weakest engine's development texts have more."""


@dataclass(frozen=True)
class Quality:
    """Estimates quality.

    Attributes
    ----------
    low, middle, high : ndarray of float64, shape (n_columns,)
        Of each column: the range inside which it counts, and what stands for a missing value.
    weights : ndarray of float64, shape (n_columns,)
        COMET for the distance from the middle, in units of the range.
    shift : float
        COMET of a text in the middle of everything.
    """

    low: F64
    middle: F64
    high: F64
    weights: F64
    shift: float

    @classmethod
    def load(cls, facts: Mapping[str, Any]) -> Quality:
        """Take the model out of a manifest."""
        own = facts["quality"]
        low, middle, high, weights = (np.array(own[name]) for name in ("low", "middle", "high", "weights"))
        return cls(low, middle, high, weights, float(own["shift"]))

    def estimate(self, x: F64, spun: F64) -> F64:
        """Quality of each text.

        Parameters
        ----------
        x : ndarray, shape (n_texts, n_columns)
            Features; NaN for what cannot be measured.
        spun : ndarray, shape (n_texts,)
            Probability that it is.

        Returns
        -------
        ndarray of float64, shape (n_texts,)
            0 to 100.
        """
        comet = placed(x, self.low, self.middle, self.high) @ self.weights + self.shift
        of_engine = np.clip(100 * (comet - WORST) / (BEST - WORST), 0, 100)
        likelier = np.clip(2 * spun - 1, 0, 1)  # an engine's text is never surely unspun
        return (1 - likelier) * of_engine + likelier * OF_SPUN


def placed(x: F64, low: F64, middle: F64, high: F64) -> F64:
    """Distance of each value from the middle of its column, in units of the column's range and never outside it."""
    inside = np.clip(np.where(np.isnan(x), middle, x), low, high)
    return (inside - middle) / np.maximum(high - low, 1e-9)
