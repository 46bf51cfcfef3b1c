"""Boosted regression trees as plain arrays, grown by scikit-learn and evaluated without it.

Importing scikit-learn takes longer than scoring a text, and its pickles could run code. A test checks that both give the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.text.arrays import F32, F64, I64
from mtdetect.text.distinct import present

ROWS = 512
"""Rows that are evaluated together: the bits of as many fit the processor's cache."""

LEAST_ROWS = 16
"""Rows from which bit sets (``_Bits``) are faster than walking the trees."""

CELLS, LEAST_WIDTH = 1024, 1e-9
"""Cells of the grid that finds the rank of a value among thresholds, and the range of thresholds below which there is no grid."""

FEW = 1024
"""Values up to which a binary search is faster than the grid."""

MOST_LEAVES = 53
"""Most leaves of a tree: the bits that a floating-point number holds without rounding."""

_MANTISSA, _BIAS = 52, 1023  # of a double: bits below the exponent, and bias of the exponent

ARRAYS = ("feature", "threshold", "left", "right", "missing_left", "value", "roots")
"""Arrays of a forest in an artifact, prefixed with its name."""


@dataclass(frozen=True)
class Trees:
    """A sum of binary regression trees.

    Attributes
    ----------
    feature : ndarray of int16, shape (n_nodes,)
        Column that a node tests; 0 for a leaf, whose result does not matter.
    threshold : ndarray of float64, shape (n_nodes,)
        Values up to it go left.
    left, right : ndarray of int32, shape (n_nodes,)
        Children; a leaf is its own child.
    missing_left : ndarray of bool, shape (n_nodes,)
        Where NaN goes.
    value : ndarray of float64, shape (n_nodes,)
        Of a leaf: what the tree adds. Of an inner node: the mean over its leaves, weighted by training texts.
    roots : ndarray of int32, shape (n_trees,)
    baseline : float
        Start of the sum.
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
        """Sum of the trees for each row.

        Parameters
        ----------
        x : ndarray of float64, shape (n, n_columns)
            Rows; NaN for a missing value.

        Returns
        -------
        ndarray of float64, shape (n,)
            The baseline is included.

        Raises
        ------
        ValueError
            If a tree has more than ``MOST_LEAVES`` leaves and there are ``LEAST_ROWS`` rows or more.
        """
        if self._is_walked(x):
            return self.value[self._walk(x)].sum(axis=1) + self.baseline
        return self._bits.logits(x) + self.baseline

    def _is_walked(self, x: F64) -> bool:
        """Whether to walk the trees: rows are few and there are no bit sets yet. Both ways reach the same leaves."""
        return len(x) < LEAST_ROWS and "_bits" not in self.__dict__

    @cached_property
    def _bits(self) -> _Bits:
        return _Bits.of(self)

    def leaves(self, x: F64) -> I64:
        """Numbers of the leaves that each row reaches, shape (n, n_trees). Parameters as for :meth:`logits`.

        Returns
        -------
        ndarray of int64, shape (n, n_trees)
            The leaves of all trees are numbered together; those of a tree from the right to the left.

        Raises
        ------
        ValueError
            As for :meth:`logits`.
        """
        return self._slots[0][self._walk(x)] if self._is_walked(x) else self._bits.leaves(x)

    def logits_of(self, leaves: I64) -> F64:
        """Logits, as from :meth:`logits`, of rows that reach these leaves.

        Parameters
        ----------
        leaves : ndarray of int64, shape (n, n_trees)
            From :meth:`leaves`.
        """
        return self._values.take(leaves).sum(axis=1) + self.baseline

    def contributions(self, leaves: I64, columns: int) -> F64:
        """What each column adds to the logits of rows that reach these leaves.

        Each step of a path changes the expected value; the change is credited to the column that was tested (Saabas 2014). Rows sum to
        the logit minus the baseline and the values of the roots.

        Parameters
        ----------
        leaves : ndarray of int64, shape (n, n_trees)
            From :meth:`leaves`.
        columns : int
            Number of columns of the rows; more than the index of any column that a node tests.

        Returns
        -------
        ndarray of float64, shape (n, columns)
        """
        moves = self._moves
        total = np.zeros((len(leaves), columns))
        # Row by row, because a sum over all at once would depend on how many there are.
        for row, own in zip(total, leaves, strict=True):
            row[: moves.shape[1]] = moves.take(own, axis=0).sum(axis=0)
        return total

    @cached_property
    def _values(self) -> F64:
        """Value of each leaf, by its number."""
        slot, width = self._slots
        leaf = self.left == np.arange(len(self.feature))
        values = np.zeros(len(self.roots) * width)
        values[slot[leaf]] = self.value[leaf]
        return values

    @cached_property
    def _slots(self) -> tuple[I64, int]:
        """Number of each leaf among those of all trees, the rightmost of each tree first, and the numbers reserved for a tree."""
        nodes = np.arange(len(self.feature))
        tree = np.repeat(np.arange(len(self.roots)), np.diff(np.append(self.roots, len(nodes))))
        # Nodes are in depth-first order, left first, so the leaves below a node are consecutive: those below its left child
        # end where those below its right child begin.
        leaf = self.left == nodes
        before = np.cumsum(leaf) - leaf
        number = before - before[self.roots][tree]
        width = int(number.max(initial=0)) + 1
        return tree * width + width - 1 - number, width

    @cached_property
    def _moves(self) -> F32:
        """What each column adds on the path to each leaf, shape (leaves, columns)."""
        slot, width = self._slots
        nodes = np.arange(len(self.feature))
        here = np.flatnonzero(self.left == nodes)
        parent = nodes.copy()
        inner = np.flatnonzero(self.left != nodes)
        parent[self.left[inner]] = parent[self.right[inner]] = inner
        moves = np.zeros((len(self.roots) * width, int(self.feature.max(initial=0)) + 1), np.float32)
        leaf = slot[here]
        while len(here):
            above = parent[here]
            moves[leaf, self.feature[above]] += (
                self.value[here] - self.value[above]
            )  # each leaf occurs once, so that += is safe
            go_on = parent[above] != above
            here, leaf = above[go_on], leaf[go_on]
        return moves

    def _walk(self, x: F64) -> npt.NDArray[np.int32]:
        """Walk to the leaf that each row reaches in each tree, shape (n, n_trees)."""
        rows = np.arange(len(x))[:, None]
        node = np.broadcast_to(self.roots, (len(x), len(self.roots)))
        for _ in range(self.depth):
            asked = x[rows, self.feature[node]]
            goes_left = (asked <= self.threshold[node]) | (np.isnan(asked) & self.missing_left[node])
            node = np.where(goes_left, self.left[node], self.right[node])
        return node

    def arrays(self, name: str) -> dict[str, npt.NDArray[Any]]:
        """Arrays of this forest, by their names in an artifact.

        Parameters
        ----------
        name : str
            What the names begin with.
        """
        return {f"{name}_{key}": getattr(self, key) for key in ARRAYS}

    @classmethod
    def load(cls, name: str, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Trees:
        """Read a forest from an artifact.

        Parameters
        ----------
        name : str
            What the names of its arrays begin with.
        arrays : mapping of str to ndarray
            Arrays of the artifact.
        facts : mapping
            Its manifest; ``baselines`` and ``depths`` have an entry for the forest.

        Raises
        ------
        KeyError
            If something is missing.
        """
        part = {key: np.array(arrays[f"{name}_{key}"]) for key in ARRAYS}
        return cls(**part, baseline=float(facts["baselines"][name]), depth=int(facts["depths"][name]))


@dataclass(frozen=True)
class _Ranks:
    """Rank of values among thresholds, by a grid instead of a binary search.

    All thresholds in lower cells are below a value; the few in its own cell are compared one by one.

    Attributes
    ----------
    thresholds : ndarray of float64
        Rising, with infinity after the last.
    least : float
        Start of the grid.
    scale : float
        Cells per unit.
    below : ndarray of uint8 or int64, shape (cells,)
        Number of thresholds in all lower cells.
    most : int
        Number of thresholds in the fullest cell.
    """

    thresholds: F64
    least: float
    scale: float
    below: npt.NDArray[Any]
    most: int

    @classmethod
    def of(cls, thresholds: F64) -> _Ranks:
        # A node that separates only missing values has an infinite threshold.
        finite = thresholds[np.isfinite(thresholds)]
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

    A tree has one bit for each leaf, the leftmost the highest. A node whose test fails rules out the leaves below its left child. In
    whatever order nodes are tested, the leftmost leaf that remains is the one that a walk from the root reaches. All nodes of all trees
    that test one column are evaluated at once: the rank of a row's value among their thresholds selects the leaves that remain. That
    takes one look-up for each column, where walking takes one for each step of each tree.

    Attributes
    ----------
    columns : list of tuple
        Column, its thresholds, and for each rank among them (last for NaN) the leaves that remain, an array of integers of shape
        (len(thresholds) + 2, n_trees).
    value : ndarray of float64, shape (n_trees * width,)
        Value of each leaf, the rightmost first.
    width : int
        Bits of a tree.
    """

    columns: list[tuple[int, _Ranks, npt.NDArray[Any]]]
    value: F64
    width: int

    @classmethod
    def of(cls, trees: Trees) -> _Bits:
        nodes = np.arange(len(trees.feature))
        tree = np.repeat(np.arange(len(trees.roots)), np.diff(np.append(trees.roots, len(nodes))))
        slot, width = trees._slots
        bit = slot - tree * width
        bits: Any = np.int32 if width < 32 else np.int64
        if width > MOST_LEAVES:
            raise ValueError(f"a tree has {width} leaves; {MOST_LEAVES} is the most")
        inner = np.flatnonzero(trees.left != nodes)
        start, stop = bit[trees.right[inner]] + 1, bit[inner] + 1
        one = np.int64(1)
        stays = (~((one << stop) - (one << start))).astype(bits)
        columns = []
        for column in present(trees.feature[inner]).tolist():
            own = np.flatnonzero(trees.feature[inner] == column)
            thresholds, rank = np.unique(trees.threshold[inner[own]], return_inverse=True)
            alive = np.full((len(thresholds) + 2, len(trees.roots)), bits((1 << width) - 1), bits)
            np.bitwise_and.at(alive, (rank + 1, tree[inner[own]]), stays[own])
            np.bitwise_and.accumulate(alive[:-1], axis=0, out=alive[:-1])
            right = own[~trees.missing_left[inner[own]]]
            np.bitwise_and.at(alive[-1], tree[inner[right]], stays[right])
            columns.append((column, _Ranks.of(thresholds), alive))
        return cls(columns, trees._values, width)

    def logits(self, x: F64) -> F64:
        """Sum of the leaves' values, for each row."""
        total = np.empty(len(x))
        for begin, leaves in self._blocks(x):
            total[begin : begin + len(leaves)] = self.value.take(leaves, mode="clip").sum(axis=1)
        return total

    def leaves(self, x: F64) -> I64:
        """Numbers of the leaves that rows reach, shape (n, n_trees)."""
        reached = np.empty((len(x), len(self.value) // self.width), np.int64)
        for begin, leaves in self._blocks(x):
            reached[begin : begin + len(leaves)] = leaves
        return reached

    def _blocks(self, x: F64) -> Iterator[tuple[int, I64]]:
        columns = np.ascontiguousarray(x.T)
        missing = np.isnan(columns)
        lacks = missing.any(axis=1)
        ranks = []
        for column, below, stays in self.columns:
            rank = below(columns[column])
            if lacks[column]:
                rank[missing[column]] = len(stays) - 1
            ranks.append(rank)
        roots = np.arange(0, len(self.value), self.width)
        for begin in range(0, len(x), ROWS):
            own = slice(begin, begin + ROWS)
            if not self.columns:  # trees of a single leaf
                yield begin, np.broadcast_to(roots, (len(x[own]), len(roots)))
                continue
            alive = self.columns[0][2].take(ranks[0][own], axis=0)
            some = np.empty_like(alive)
            for rank, (_, _, stays) in zip(ranks[1:], self.columns[1:], strict=True):
                stays.take(rank[own], axis=0, out=some, mode="clip")
                alive &= some
            # The exponent of a floating-point number is the position of its highest bit.
            leaf = alive.astype(np.float64).view(np.int64)
            leaf >>= _MANTISSA
            leaf += roots - _BIAS
            yield begin, leaf
