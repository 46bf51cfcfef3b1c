"""Sums over runs, distinct keys and word lists give the same results as slow, obvious code."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtdetect.features.lexicon import COMPARED, COUNTS, shipped
from mtdetect.text import distinct as distinct_module
from mtdetect.text.distinct import counted, distinct
from mtdetect.text.keyset import KeySet
from mtdetect.text.segments import bounds, sums
from mtdetect.text.tokens import LONGEST, STRETCH, hash_word, tokenize

RUNS = st.lists(st.lists(st.integers(0, 9), max_size=12), min_size=1, max_size=8)


@given(RUNS)
def test_sums_of_runs(runs: list[list[int]]) -> None:
    owner = np.repeat(np.arange(len(runs)), [len(run) for run in runs])
    first = bounds(owner, len(runs))
    values = np.array([v for run in runs for v in run], np.float32)
    assert sums(values, first).tolist() == [sum(run) for run in runs]
    assert sums(values > 4, first).tolist() == [sum(v > 4 for v in run) for run in runs]


@given(RUNS, st.integers(1, 20))
def test_distinct_keys_of_each_text(runs: list[list[int]], chunk: int) -> None:
    first = np.cumsum([0, *(len(run) for run in runs)])
    keys = np.array([k << 20 | v for k, run in enumerate(runs) for v in run], np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distinct_module, "CHUNK", chunk)
        at, count = distinct(keys, first)
        once, often = counted(keys, first)
    expected = Counter(keys.tolist())
    assert dict(zip(keys[at].tolist(), count.tolist(), strict=True)) == expected
    assert len(at) == len(expected)
    assert (np.diff(at) > 0).all()
    assert once[at].tolist() == count.tolist()
    assert once.sum() == len(keys)
    assert often.tolist() == [expected[k] for k in keys.tolist()]


def test_many_keys_that_share_slots() -> None:
    rng = np.random.default_rng(0)
    keys = rng.integers(0, 3000, 50_000)
    at, count = distinct(keys, np.array([0, len(keys)]))
    numbers, expected = np.unique(keys, return_counts=True)
    order = np.argsort(keys[at])
    assert keys[at][order].tolist() == numbers.tolist()
    assert count[order].tolist() == expected.tolist()


def test_a_word_list_holds_its_words() -> None:
    words = KeySet.of_words(["colour", "Grey", "colour"])
    hashes = np.array([hash_word(w) for w in ("gray", "grey", "colour", "color", "")], np.uint64)
    assert words.holds(hashes).tolist() == [False, True, True, False, False]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 200), st.integers(1, 2 * LONGEST))
def test_hashes_do_not_depend_on_position(before: int, length: int) -> None:
    word = ("abcdefghij" * 20)[:length]
    padding = " " * (STRETCH - before) + "x "
    codes = np.frombuffer((padding + word + " y").encode("utf-16-le"), np.uint16)
    tokens = tokenize(codes)
    assert tokens.hash.tolist() == [hash_word("x"), hash_word(word), hash_word("y")]
    assert (tokens.end - tokens.start).tolist() == [1, length, 1]


def test_words_that_are_nearly_spelt_alike() -> None:
    vocabulary = shipped().vocabulary
    numbers = [vocabulary.numbers[w] for w in ("cuts", "clots", "government", "cat", "coat")]
    some, others = np.array(numbers[:1] * 5), np.array(numbers)
    assert vocabulary.nearly_spelt(some, others, 2).tolist() == [0, 1, 3, 4]


def test_pairs_with_frequent_neighbours_are_cached() -> None:
    lexicon = shipped()
    rng = np.random.default_rng(0)
    neighbour = rng.choice([3, 20, 70, 79, 80, 5000, 120_000], 300)
    words = rng.integers(16, len(lexicon.alternatives), 300)
    options = lexicon.alternatives[words, :COMPARED]
    for side in (0, 1):
        pair = (options, neighbour[:, None]) if side else (neighbour[:, None], options)
        counts = lexicon.pairs(lexicon.bigram, *pair)
        for _ in range(2):
            np.testing.assert_array_equal(COUNTS[lexicon.beside(neighbour, words, side)], counts)


def test_alternatives_by_table() -> None:
    lexicon = shipped()
    words = np.random.default_rng(0).integers(16, len(lexicon.alternatives), 300)
    few, many = (lexicon.substitutes(words, many=many) for many in (False, True))
    np.testing.assert_array_equal(few.columns, many.columns)
