"""Quality: how good the English is as a rendering, estimated from the text alone.

A linear model on the classifier's columns, fitted to the COMET scores (Rei et al., EMNLP 2020) of translation engines
(``mtdetect.training.quality``). COMET sees source and reference and follows human judgement closely. The columns see neither, only what poor
renderings have in common, so the mean over many texts ranks systems, but the figure for one text is rough.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mtdetect.text.arrays import F64
from mtdetect.text.segments import weighted

WORST, BEST = 0.65, 0.90
"""COMET at quality 0 and 100. Engines reach 0.57 to 0.91 on the test sets of the corpora, nine in ten above 0.74."""

OF_SPUN = 10.0
"""Quality of spun text. A convention: spinners have no COMET score, and a model of engines' errors takes spun text for good English. Of
the weakest engine's development texts, 95 % have more."""


@dataclass(frozen=True)
class Quality:
    """Estimates quality.

    Attributes
    ----------
    low, middle, high : ndarray of float64, shape (n_columns,)
        Of each column: the range to which values are clipped, and the value that replaces a missing one.
    weights : ndarray of float64, shape (n_columns,)
        COMET per distance from the middle, in units of the range.
    shift : float
        COMET of a text with all columns in the middle.
    """

    low: F64
    middle: F64
    high: F64
    weights: F64
    shift: float

    @classmethod
    def load(cls, facts: Mapping[str, Any]) -> Quality:
        """Read the model from a manifest.

        Parameters
        ----------
        facts : mapping
            The manifest; its entry ``quality`` is read.

        Raises
        ------
        KeyError
            If something is missing.
        """
        own = facts["quality"]
        low, middle, high, weights = (np.array(own[name]) for name in ("low", "middle", "high", "weights"))
        return cls(low, middle, high, weights, float(own["shift"]))

    def estimate(self, x: F64, spun: F64) -> F64:
        """Estimate the quality of each text.

        Parameters
        ----------
        x : ndarray, shape (n_texts, n_columns)
            Features; NaN for what cannot be measured.
        spun : ndarray, shape (n_texts,)
            Probability that the text is spun.

        Returns
        -------
        ndarray of float64, shape (n_texts,)
            0 to 100.
        """
        of_engine = np.clip(100 * (self.comet(x) - WORST) / (BEST - WORST), 0, 100)
        likelier = np.clip(2 * spun - 1, 0, 1)  # even an engine's text has some probability of being spun
        return (1 - likelier) * of_engine + likelier * OF_SPUN

    def comet(self, x: F64) -> F64:
        """Estimate the COMET of each text, from its features as :meth:`estimate` takes them.

        Parameters
        ----------
        x : ndarray of float64, shape (n_texts, n_columns)
            Features; NaN for what cannot be measured.

        Returns
        -------
        ndarray of float64, shape (n_texts,)
            On the scale of COMET, not clipped.
        """
        return weighted(placed(x, self.low, self.middle, self.high), self.weights) + self.shift


def placed(x: F64, low: F64, middle: F64, high: F64) -> F64:
    """Distance of each value, clipped to its column's range, from the column's middle, in units of that range.

    Parameters
    ----------
    x : ndarray of float64, shape (n_texts, n_columns)
        Features; NaN counts as the middle.
    low, middle, high : ndarray of float64, shape (n_columns,)
        As :class:`Quality` holds them.
    """
    inside = np.clip(np.where(np.isnan(x), middle, x), low, high)
    return (inside - middle) / np.maximum(high - low, 1e-9)
