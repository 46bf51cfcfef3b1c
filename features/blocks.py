"""The dense feature blocks, their columns in order, and one call that measures all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mtdetect.features import collocations, consistency, fluency, readability, richness, surface_errors
from mtdetect.features.view import View
from mtdetect.text.arrays import F64


@dataclass(frozen=True)
class FeatureBlock:
    """A named group of columns.

    Attributes
    ----------
    name : str
        Name of the block.
    columns : tuple of str
        Names of its features.
    measure : callable
        Takes a :class:`View` and returns an array of shape (n_texts, len(columns)); NaN where a feature is undefined.
    """

    name: str
    columns: tuple[str, ...]
    measure: Callable[[View], F64]

    @property
    def names(self) -> list[str]:
        """Full names of the columns, such as ``fluency.surprisal``."""
        return [f"{self.name}.{column}" for column in self.columns]


BLOCKS = (
    FeatureBlock("fluency", fluency.NAMES, fluency.measure),
    FeatureBlock("collocations", collocations.NAMES, collocations.measure),
    FeatureBlock("readability", readability.NAMES, readability.measure),
    FeatureBlock("richness", richness.NAMES, richness.measure),
    FeatureBlock("surface_errors", surface_errors.NAMES, surface_errors.measure),
    FeatureBlock("consistency", consistency.NAMES, consistency.measure),
)

NAMES = [name for block in BLOCKS for name in block.names]
"""Columns of :func:`measure`, in order."""


def measure(view: View) -> F64:
    """Measure all dense features of a batch.

    Parameters
    ----------
    view : View
        The batch.

    Returns
    -------
    ndarray of float64, shape (n_texts, len(NAMES))
        NaN where a feature is undefined.
    """
    return np.concatenate([block.measure(view) for block in BLOCKS], axis=1)
