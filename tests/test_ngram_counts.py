"""Counting n-grams of training texts, and their pieces."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mtdetect.features import ngrams
from mtdetect.features.lexicon import shipped
from mtdetect.text import read
from mtdetect.training import ngram_counts

LEXICON = shipped()

texts = st.lists(
    st.integers(0, 60).map(
        lambda n: " ".join(f"The {word} sailed at noon." for word in ("ferry", "tug", "yawl") * n)
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=25, deadline=None)
@given(texts)
def test_pieces_are_whole_sentences_of_about_the_same_length(given: list[str]) -> None:
    batch = read(given, LEXICON.vocabulary, identify=False)
    piece, text = ngram_counts._divided(batch)
    assert np.array_equal(text[piece], batch.doc)
    assert (np.diff(piece) >= 0).all()
    assert set(text.tolist()) == set(range(len(given)))
    cuts = np.flatnonzero(np.diff(piece)) + 1
    assert set(cuts.tolist()) <= set(batch.sentence_first.tolist())
    sizes = np.bincount(piece, minlength=len(text))
    long = np.bincount(text)[text] > 1
    assert (sizes[long] >= ngram_counts.PIECE * 0.6).all()
    assert (sizes <= ngram_counts.PIECE * 1.6).all()


def test_pieces_have_the_words_of_their_text() -> None:
    given = ["A man went out. " * 90, "", "He came back."]
    batch = read(given, LEXICON.vocabulary, identify=False)
    keys = ngram_counts.frequent(given, LEXICON, 1)
    pieces = ngram_counts.joined([ngram_counts.pieces(batch, keys)] * 2, [3, 3])
    assert np.bincount(pieces.text, pieces.words).tolist() == [360, 0, 3, 360, 0, 3]
    assert pieces.counts.shape == (len(pieces.text), len(keys))
    part = pieces.only(np.array([False, False, True, True, False, True]))
    assert part.text.tolist() == [0, 1, 1, 2]
    assert np.bincount(part.text, part.words).tolist() == [3, 360, 3]


def test_frequent_ngrams_match_a_slow_count(monkeypatch) -> None:
    monkeypatch.setattr(ngram_counts, "BATCH", 2)
    monkeypatch.setattr(ngram_counts, "MERGE", 2)
    given = [f"The {word} sailed at {time}." for word in ("ferry", "tug") for time in ("noon", "dawn", "six")]
    expected: Counter[int] = Counter()
    for text in given:
        batch = read([text], LEXICON.vocabulary, identify=False)
        expected.update({int(key) for part in ngrams.hashed(batch) for key in part})
    for least in (1, 2, 3, 6, 7):
        found = ngram_counts.frequent(given, LEXICON, least)
        assert found.tolist() == sorted(key for key, count in expected.items() if count >= least)
    assert ngram_counts.frequent([], LEXICON, 1).tolist() == []


def test_of_ngrams_in_one_slot_the_most_frequent_stays(monkeypatch) -> None:
    keys = [np.array([9 << 8 | 1, 9 << 8 | 2]), np.array([9 << 8 | 2, 11 << 8]), np.array([9 << 8 | 2])]
    monkeypatch.setattr(ngrams, "hashed", lambda batch: (keys[len(batch.doc) % 3],) * 3)
    monkeypatch.setattr(ngram_counts, "_divided", lambda batch: (np.zeros(1, np.int64), np.zeros(1, int)))
    monkeypatch.setattr(ngram_counts, "BATCH", 1)
    given = ["Oh", "Oh no", "Oh no no", "Oh", "Oh no"]
    sizes = [len(read([text], LEXICON.vocabulary, identify=False).doc) % 3 for text in given]
    assert sorted(set(sizes)) == [0, 1, 2]
    assert ngram_counts.frequent(given, LEXICON, 1).tolist() == [9 << 8 | 2, 11 << 8]
