"""Columns of features, named where they are computed.

A model finds a column by its position. Each module that computes columns therefore builds a dict from names to arrays, so
that a column cannot land under another's name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy.typing as npt


def in_order(columns: Mapping[str, npt.NDArray[Any]], names: Sequence[str]) -> list[npt.NDArray[Any]]:
    """Columns in the order of their names.

    Parameters
    ----------
    columns : mapping of str to ndarray
        Each column under its name.
    names : sequence of str
        The names, in the order that models expect.

    Raises
    ------
    ValueError
        If a column is missing, or has a name that is not among ``names``.
    """
    if columns.keys() != set(names):
        differing = ", ".join(sorted(columns.keys() ^ set(names)))
        raise ValueError(f"columns computed and columns named differ in: {differing}")
    return [columns[name] for name in names]
