"""Sums over consecutive runs of an array, such as the words of each text or the tokens of each sentence, and over the columns of each row.

The arrays of a batch are in the order of the texts, so every text and every sentence is a run. ``numpy.add.reduceat`` sums
runs at memory speed, twenty times as fast as ``numpy.bincount`` with weights.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.text.arrays import F64, I64


def bounds(owner: npt.NDArray[Any], count: int) -> I64:
    """Start of each owner's run, and the end of the last one.

    Parameters
    ----------
    owner : ndarray of int, shape (n,)
        Owner of each entry, from 0 to ``count - 1``, ascending.
    count : int
        Number of owners; the run of an owner may be empty.

    Returns
    -------
    ndarray of int64, shape (count + 1,)
    """
    return np.searchsorted(owner, np.arange(count + 1)).astype(np.int64)


def members(first: npt.NDArray[Any], runs: npt.NDArray[Any]) -> I64:
    """Indices of the entries of some runs, one run after the other.

    Parameters
    ----------
    first : ndarray of int, shape (n_runs + 1,)
        From :func:`bounds`.
    runs : ndarray of int
        Numbers of the runs.

    Returns
    -------
    ndarray of int64
    """
    begin, size = first.take(runs), np.diff(first).take(runs)
    total = np.cumsum(size)
    return np.arange(int(size.sum())) + np.repeat(begin - (total - size), size)


def weighted(columns: F64, weights: F64) -> F64:
    """Weighted sum of each row, the same to the last digit in every batch.

    A product of matrices is not: a BLAS sums one row in another order than a hundred. So columns are added one after the other.

    Parameters
    ----------
    columns : ndarray of float64, shape (n, n_columns)
        Rows.
    weights : ndarray of float64, shape (n_columns,)
        Of each column.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    total = np.zeros(len(columns))
    for column, weight in zip(columns.T, weights.tolist(), strict=True):
        total += column * weight
    return total


def sums(values: npt.NDArray[Any], first: npt.NDArray[Any]) -> F64:
    """Sum of each run.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Numbers to sum, or booleans to count.
    first : ndarray of int, shape (runs + 1,)
        From :func:`bounds`.

    Returns
    -------
    ndarray of float64, shape (runs,)
        0 for an empty run.
    """
    total = np.zeros(len(first) - 1)
    [some] = (first[1:] > first[:-1]).nonzero()
    if len(some):
        # For an empty run reduceat would return the next value, so only the other runs are summed.
        counted = values.dtype == np.bool_
        total[some] = np.add.reduceat(values, first[some], dtype=np.int32 if counted else np.float64)
    return total
