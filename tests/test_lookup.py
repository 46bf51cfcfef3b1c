"""The static map: every key returns its value, absent keys return 0."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtdetect.text.lookup import Lookup


@given(st.dictionaries(st.integers(0, 2**64 - 1), st.integers(1, 255), max_size=200))
def test_keys_return_their_values(entries: dict[int, int]) -> None:
    keys = np.array(list(entries), np.uint64)
    values = np.array(list(entries.values()), np.int64)
    table = Lookup.build(keys, values, value_bits=8)
    assert table.get(keys).tolist() == values.tolist()


def test_absent_keys_return_zero() -> None:
    rng = np.random.default_rng(1)
    keys = np.unique(rng.integers(0, 2**63, 60_000).astype(np.uint64))
    table = Lookup.build(keys[::2], np.full(len(keys[::2]), 7), value_bits=8)
    assert (table.get(keys[::2]) == 7).all()
    assert (table.get(keys[1::2]) > 0).mean() < 3 / 256  # the fingerprint has 8 bits


def test_wide_values() -> None:
    keys = np.arange(1000, dtype=np.uint64)
    values = np.arange(1, 1001) * 200
    table = Lookup.build(keys, values, value_bits=18, cell=np.uint32)
    assert table.get(keys).tolist() == values.tolist()


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="values must lie"):
        Lookup.build(np.array([1], np.uint64), np.array([256]), value_bits=8)
    with pytest.raises(ValueError, match="distinct"):
        Lookup.build(np.array([1, 1], np.uint64), np.array([1, 2]), value_bits=8)
