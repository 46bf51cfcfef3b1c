"""Boosted trees as plain arrays: what scikit-learn grew, without scikit-learn.

Importing scikit-learn takes longer than scoring a text, and its pickles could run code; arrays do neither. A test
proves that both give the same numbers.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]

ARRAYS = ("feature", "threshold", "left", "right", "missing_left", "value", "roots")
"""What an artefact holds of a forest, under the forest's name."""


@dataclass(frozen=True)
class Trees:
    """A sum of binary regression trees.

    Attributes
    ----------
    feature : ndarray of int16, shape (n_nodes,)
        Column that a node asks; a leaf asks column 0 and stays where it is.
    threshold : ndarray of float64, shape (n_nodes,)
        A value not above it goes left.
    left, right : ndarray of int32, shape (n_nodes,)
        Children; a leaf is its own child.
    missing_left : ndarray of bool, shape (n_nodes,)
        Where NaN goes.
    value : ndarray of float64, shape (n_nodes,)
        Leaves: what the tree adds. Inner nodes: the mean over their leaves, weighted by training texts.
    roots : ndarray of int32, shape (n_trees,)
    baseline : float
        What the sum starts from.
    depth : int
        Steps that reach every leaf.
    """

    feature: npt.NDArray[np.int16]
    threshold: F64
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    missing_left: npt.NDArray[np.bool_]
    value: F64
    roots: npt.NDArray[np.int32]
    baseline: float
    depth: int

    def logits(self, x: F64) -> F64:
        """Sum of the trees for each row of ``x``, shape (n, n_columns)."""
        return self.baseline + self.value[self._walk(x)[-1]].sum(axis=1)

    def contributions(self, x: F64) -> F64:
        """What each column adds to each row's logit.

        Every step of a path moves the expected value; the move is credited to the column that was asked (Saabas 2014). Rows sum to the logit less
        the mean over the roots.

        Returns
        -------
        ndarray of float64, shape (n, n_columns)
        """
        rows = np.arange(len(x))[:, None]
        total = np.zeros(x.shape)
        path = self._walk(x)
        for here, there in itertools.pairwise(path):
            np.add.at(total, (rows, self.feature[here]), self.value[there] - self.value[here])
        return total

    def _walk(self, x: F64) -> list[npt.NDArray[np.int32]]:
        rows = np.arange(len(x))[:, None]
        node = np.broadcast_to(self.roots, (len(x), len(self.roots)))
        path = [node]
        for _ in range(self.depth):
            asked = x[rows, self.feature[node]]
            goes_left = (asked <= self.threshold[node]) | (np.isnan(asked) & self.missing_left[node])
            node = np.where(goes_left, self.left[node], self.right[node])
            path.append(node)
        return path

    def arrays(self, name: str) -> dict[str, npt.NDArray[Any]]:
        """The arrays of an artefact that hold this forest."""
        return {f"{name}_{key}": getattr(self, key) for key in ARRAYS}

    @classmethod
    def load(cls, name: str, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Trees:
        """Take a forest out of an artefact; ``facts`` has its ``baselines`` and ``depths``."""
        part = {key: np.array(arrays[f"{name}_{key}"]) for key in ARRAYS}
        return cls(**part, baseline=float(facts["baselines"][name]), depth=int(facts["depths"][name]))
