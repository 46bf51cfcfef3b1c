"""Boosted trees as plain arrays: what scikit-learn grew, without scikit-learn.

Importing scikit-learn takes longer than scoring a text, and its pickles could run code; arrays do neither. A test
proves that both give the same numbers.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]

ROWS = 512
"""Rows that are asked together: the bits of as many fit the processor's cache."""

LEAST_ROWS = 16
"""Rows from which on bits are quicker than walking; below, they are not even made."""

CELLS, LEAST_WIDTH = 1024, 1e-9
"""Of the grid that finds the rank of a value among thresholds; what lies closer than the width needs no grid."""

FEW = 1024
"""Values up to which a binary search is quicker than the grid."""

MOST_LEAVES = 53
"""Of a tree: so many bits a floating-point number holds without rounding."""

_MANTISSA, _BIAS = 52, 1023  # of its layout: bits below the exponent, and what is added to that

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
        if len(x) < LEAST_ROWS:
            return self.value[self._walk(x)[-1]].sum(axis=1) + self.baseline
        return self._bits.logits(x) + self.baseline

    @cached_property
    def _bits(self) -> _Bits:
        return _Bits.of(self)

    def contributions(self, x: F64) -> F64:
        """What each column adds to each row's logit.

        Every step of a path moves the expected value; the move is credited to the column that was asked (Saabas 2014). Rows sum to the logit less
        the mean over the roots.

        Returns
        -------
        ndarray of float64, shape (n, n_columns)
        """
        rows = np.arange(len(x))[:, None]
        cells, moves = [], []
        for here, there in itertools.pairwise(self._walk(x)):
            cells.append((rows * x.shape[1] + self.feature[here]).ravel())
            moves.append((self.value[there] - self.value[here]).ravel())
        total: Any = np.bincount(np.concatenate(cells), np.concatenate(moves), minlength=x.size)
        return total.reshape(x.shape)

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


@dataclass(frozen=True)
class _Ranks:
    """How many of some thresholds lie below a value, by a grid over them instead of a binary search.

    The cell of a value says which thresholds are surely below it, for the cell never falls as the value rises; the few in the cell itself
    are asked one by one.

    Attributes
    ----------
    thresholds : ndarray of float64
        Rising, with infinity behind the last.
    least : float
        Where the grid begins.
    scale : float
        Cells in a unit.
    below : ndarray of uint8 or int64, shape (cells,)
        Thresholds in the cells before.
    most : int
        Thresholds in the fullest cell.
    """

    thresholds: F64
    least: float
    scale: float
    below: npt.NDArray[Any]
    most: int

    @classmethod
    def of(cls, thresholds: F64) -> _Ranks:
        finite = thresholds[
            np.isfinite(thresholds)
        ]  # a node that parts only what is missing asks for infinity
        width = float(np.ptp(finite)) if len(finite) else 0.0
        scale = (CELLS - 1) / width if width > LEAST_WIDTH else 1.0
        least = float(finite[0]) if len(finite) else 0.0
        part = cls(np.append(thresholds, np.inf), least, scale, np.zeros(CELLS, np.uint8), 0)
        inside = np.bincount(part._cells(thresholds), minlength=CELLS)
        below = np.cumsum(inside) - inside
        small = np.uint8 if len(thresholds) < 256 else np.int64
        return cls(part.thresholds, least, scale, below.astype(small), int(inside.max()))

    def _cells(self, values: F64) -> npt.NDArray[np.intp]:
        place = values - self.least
        place *= self.scale
        np.fmax(place, 0, out=place)  # NaN, too
        return np.minimum(place, CELLS - 1, out=place).astype(np.intp)

    def __call__(self, values: F64) -> npt.NDArray[np.intp]:
        if len(values) < FEW:
            return np.searchsorted(self.thresholds[:-1], values)
        rank = self.below.take(self._cells(values)).astype(np.intp)
        for _ in range(self.most):
            rank += self.thresholds.take(rank) < values
        return rank


@dataclass(frozen=True)
class _Bits:
    """A forest as bit sets of leaves, after QuickScorer (Lucchese et al., SIGIR 2015).

    A tree keeps one bit a leaf, the leftmost the highest. A node whose answer is no rules out the leaves to its left; whatever the order
    in which the nodes are asked, the first leaf that nobody rules out is the one that a walk from the root reaches. All nodes of all
    trees that ask one column are answered at once: the rank of a row's value among their thresholds names a row of
    ``alive``. That takes a look-up for each column where walking takes one for each step of each tree.

    Attributes
    ----------
    columns : list of tuple
        Column asked, its thresholds, and for each rank among them, last for NaN, the leaves that stay: an array of
        integers, shape (len(thresholds) + 2, n_trees).
    value : ndarray of float64, shape (n_trees * width,)
        What each leaf adds, the rightmost first.
    width : int
        Leaves that a tree has room for.
    """

    columns: list[tuple[int, _Ranks, npt.NDArray[Any]]]
    value: F64
    width: int

    @classmethod
    def of(cls, trees: Trees) -> _Bits:
        nodes = np.arange(len(trees.feature))
        tree = np.repeat(np.arange(len(trees.roots)), np.diff(np.append(trees.roots, len(nodes))))
        leaf = trees.left == nodes
        # Nodes stand in the order of a walk that goes left first, so the leaves below a node follow each other: its left child's
        # are those from its own first to the right child's first.
        before = np.cumsum(leaf) - leaf
        number = before - before[trees.roots][tree]
        width = int(number.max(initial=0)) + 1
        bits: Any = np.int32 if width < 32 else np.int64
        if width > MOST_LEAVES:
            raise ValueError(f"a tree has {width} leaves; {MOST_LEAVES} is the most")
        bit = width - 1 - number
        inner = np.flatnonzero(~leaf)
        start, stop = bit[trees.right[inner]] + 1, bit[inner] + 1
        one = np.int64(1)
        stays = (~((one << stop) - (one << start))).astype(bits)
        columns = []
        for column in np.unique(trees.feature[inner]).tolist():
            own = np.flatnonzero(trees.feature[inner] == column)
            thresholds, rank = np.unique(trees.threshold[inner[own]], return_inverse=True)
            alive = np.full((len(thresholds) + 2, len(trees.roots)), bits((1 << width) - 1), bits)
            np.bitwise_and.at(alive, (rank + 1, tree[inner[own]]), stays[own])
            np.bitwise_and.accumulate(alive[:-1], axis=0, out=alive[:-1])
            right = own[~trees.missing_left[inner[own]]]
            np.bitwise_and.at(alive[-1], tree[inner[right]], stays[right])
            columns.append((column, _Ranks.of(thresholds), alive))
        value = np.zeros((len(trees.roots), width))
        value[tree[leaf], bit[leaf]] = trees.value[leaf]
        return cls(columns, value.ravel(), width)

    def logits(self, x: F64) -> F64:
        if not self.columns:
            return np.full(len(x), self.value.sum())
        ranks = []
        for column, below, stays in self.columns:
            values = np.ascontiguousarray(x[:, column])
            rank = below(values)
            missing = np.isnan(values)
            if missing.any():
                rank[missing] = len(stays) - 1
            ranks.append(rank)
        total = np.empty(len(x))
        base = np.arange(0, len(self.value), self.width) - _BIAS
        for begin in range(0, len(x), ROWS):
            own = slice(begin, begin + ROWS)
            alive = self.columns[0][2].take(ranks[0][own], axis=0)
            some = np.empty_like(alive)
            for rank, (_, _, stays) in zip(ranks[1:], self.columns[1:], strict=True):
                stays.take(rank[own], axis=0, out=some, mode="clip")
                alive &= some
            # As a floating-point number it carries the number of its highest bit in the upper ones.
            leaf = alive.astype(np.float64).view(np.int64)
            leaf >>= _MANTISSA
            leaf += base
            total[own] = self.value.take(leaf, mode="clip").sum(axis=1)
        return total
