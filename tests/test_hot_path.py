"""Optimised code gives the same results as slow, obvious code."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import mtdetect
from mtdetect.evidence.explanation import four_digits
from mtdetect.features import gains, lexicon, ngrams
from mtdetect.features.gains import MOST_NATS, _Compared
from mtdetect.features.lexicon import shipped
from mtdetect.features.view import View
from mtdetect.model.trees import MOST_LEAVES, Trees, _Bits
from mtdetect.text import confusables, read, vocabulary
from mtdetect.text.folding import fold, holds_any, shrinks, tables, unfold
from mtdetect.text.tokens import ALL_CAPITALS, CAPITAL, MIXED, NUMERAL, PUNCTUATION, WORD


def chain(leaves: int) -> Trees:
    """A tree that tests one column repeatedly: a leaf to the left, the rest to the right."""
    n = 2 * leaves - 1
    inner = np.arange(0, n - 1, 2)
    left, right = np.arange(n), np.arange(n)
    left[inner], right[inner] = inner + 1, inner + 2
    threshold = np.zeros(n)
    threshold[inner] = np.arange(len(inner))
    missing = np.zeros(n, bool)
    missing[inner[len(inner) // 2 :]] = True
    value = np.random.default_rng(leaves).random(n)
    feature, root = np.zeros(n, np.int16), np.zeros(1, np.int32)
    return Trees(
        feature, threshold, left.astype(np.int32), right.astype(np.int32), missing, value, root, 0.5, n
    )


@pytest.mark.parametrize("leaves", [2, 24, 31, 32, 40, MOST_LEAVES])
def test_trees_with_many_leaves(leaves: int) -> None:
    trees = chain(leaves)
    x = np.append(np.arange(-1, leaves + 1, 0.5), np.nan)[:, None]
    x = np.concatenate([x] * 8)
    walked = trees.value[trees._walk(x)].sum(axis=1) + trees.baseline
    np.testing.assert_array_equal(trees.logits(x), walked)


def test_trees_with_too_many_leaves() -> None:
    with pytest.raises(ValueError, match="54 leaves"):
        _Bits.of(chain(MOST_LEAVES + 1))


@pytest.mark.parametrize("width", [5, 16, 32])
@pytest.mark.parametrize("complete", [True, False])
def test_the_best_candidate(width: int, complete: bool) -> None:
    rng = np.random.default_rng(width)
    left, right, likeness, preference = (
        rng.normal(scale=scale, size=(40, width)).astype(np.float32) for scale in (6, 6, 0.3, 1)
    )
    listed = rng.random((40, width)) < 0.3
    options = rng.integers(1, 99, (40, width), np.uint16)
    if not complete:
        options[::3, width // 2 :] = 0
        options[5] = 0
    assert (abs(left) > MOST_NATS).any()  # to test clipping
    compared = _Compared(options, left, right, left + right, likeness, listed, preference, complete)
    gain, synonym_gain = compared.gains()
    number, of_left, of_right, like, in_thesaurus, mean = compared.likeliest()
    for k in range(40):
        there = options[k] > 0
        both = left[k] + right[k]
        assert gain[k] == max(0, (both * there).max())
        assert synonym_gain[k] == max(0, (both * there * listed[k]).max())
        worth = sum(np.clip(side[k], -MOST_NATS, MOST_NATS) for side in (left, right)) + preference[k]
        best = int(np.where(there, worth, -np.inf).argmax())
        assert number[k] == options[k, best]
        assert (of_left[k], of_right[k], like[k]) == (left[k, best], right[k, best], likeness[k, best])
        assert in_thesaurus[k] == listed[k, best]
        expected = (np.clip(both, -3, 10) * likeness[k] * there).sum() / max(there.sum(), 1)
        assert mean[k] == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_which_words_are_compared() -> None:
    words = shipped()
    text = "The shire council balloted on Monday to hold the aged swimming pond unfastened, said Sir Getty."
    view = View(read([text], words.vocabulary), words)
    s, expected = view.stream, []
    for i, (word, before, after) in enumerate(zip(s.ids, s.before, s.after, strict=True)):
        if not words.compared[word]:
            continue
        left = view.fit_left[i]
        right = view.fit[i] - left
        suspicion = -gains.PER_FIT[0] * left - gains.PER_FIT[1] * right - gains.PER_WORST * min(left, right)
        suspicion += lexicon.PER_DEGREE * words.degrees[word] + lexicon.PER_SPINNER * words.spinners[word]
        suspicion += lexicon.PER_CAPITAL_HABIT * words.capital[word] / 255
        suspicion += (
            gains.PER_CONTENT[0] * words.compared[before] + gains.PER_CONTENT[1] * words.compared[after]
        )
        suspicion += gains.PER_CAPITAL * bool(view.batch.tokens.flags[s.token[i]] & CAPITAL)
        assert abs(suspicion - gains.SUSPICION) > 1e-4  # far enough for rounding not to matter
        if suspicion > gains.SUSPICION and min(left, right) < gains.WORST_FIT:
            expected.append(i)
    assert gains.suspects(view).tolist() == expected
    assert 0 < len(expected) < view.content.sum()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cafe\u0301", True),
        ("\ufb01nd", True),
        ("bread &amp; butter", True),
        ("\u201cplain\u201d \u2013 caf\xe9", False),
        ("bread & butter", False),
        ("R&D caf\xe9", False),
        ("\U0001f600", False),
        ("lone \ud800", False),
    ],
)
def test_what_unfolding_changes(text: str, expected: bool) -> None:
    assert shrinks(text) is expected


@given(st.text())
def test_unfolding_changes_nothing_else(text: str) -> None:
    if not shrinks(text):
        assert unfold(text)[0] == text


@given(st.text())
def test_texts_without_suspicious_letters_stay(text: str) -> None:
    letters = re.compile(
        f"[{confusables._FOREIGN}{confusables._PHONETIC}{confusables._STYLES}{confusables._INVISIBLE}]"
    )
    assert letters.search(text) is None or holds_any(text, confusables._suspicious())


def test_what_is_suspicious() -> None:
    for plain in ("caf\xe9 \u2013 \u201cna\xefve\u201d", "\u4e2d\u6587", "\U0001f600", "\xad"):
        assert not holds_any(plain, confusables._suspicious())
    for odd in ("\u043e", "\u2060", "\U0001d7ff", "\u24b6", "\ua7b5"):
        assert holds_any(odd, confusables._suspicious())


def test_weights_of_many_columns() -> None:
    rng = np.random.default_rng(0)
    slots = np.unique(rng.integers(0, 1 << ngrams.SLOT_BITS, 5000)) << ngrams.CHECK_BITS
    known = (slots | rng.integers(0, 1 << ngrams.CHECK_BITS, len(slots))).astype(np.uint32)
    weights = ngrams.Weights(known, rng.integers(-128, 128, (len(known), 3), np.int8))
    at = rng.integers(0, len(known), ngrams.MANY)
    asked = known[at].astype(np.int64)
    strange = rng.random(len(asked)) < 0.5
    asked[strange] ^= 1  # the same slot with another check
    expected = np.where(strange[:, None], 0, weights.table[at])
    for size in (ngrams.MANY, 50, 0):
        packed = weights.packed(asked[:size].reshape(-1, 2))
        found = ngrams.unpacked(packed, 3).reshape(-1, 3)
        np.testing.assert_array_equal(found, expected[:size])
    nothing = ngrams.Weights(known[:0], weights.table[:0])
    assert not nothing.packed(asked).any()
    assert not nothing.packed(asked[:50]).any()


def test_collocates_that_begin_and_end_alike() -> None:
    words = shipped()
    outline = words.vocabulary.outline
    left, right = words.collocation_left.astype(np.int64), words.collocation_right.astype(np.int64)
    asked = np.array([int(right[0]), int(left[-1]), 99, int(right[0])])
    ends = outline[[int(left[0]), int(right[-1]), 500, 500]]
    for side, (own, other) in enumerate(((right, left), (left, right))):
        which, collocate = words.collocates(asked, side, ends)
        expected = [
            (k, number)
            for k, (word, wanted) in enumerate(zip(asked, ends, strict=True))
            for number in other[own == word].tolist()
            if outline[number] == wanted
        ]
        assert list(zip(which.tolist(), collocate.tolist(), strict=True)) == expected
        assert expected


def test_languages_of_many_texts_at_once() -> None:
    pivot = mtdetect.load()._model.source_language
    rng = np.random.default_rng(0)
    columns = [rng.integers(0, 1 << ngrams.KEY_BITS, size) for size in (600, 0, 90, 800)]
    columns[3][:400] = 7
    words = [300, 0, 45, 400]
    assert pivot.guess_many(columns, words) == [
        pivot.guess(*text) for text in zip(columns, words, strict=True)
    ]
    assert [len(guesses) for guesses in pivot.guess_many(columns, words)] == [5, 0, 0, 5]


@given(st.text("a`~ \t\r\n\x0b\x00\xad\u2019\u201c\u2028\ufeff\uff21\xe9\ufffd\uffff\U0001f600"))
@example("\r\n")
@example("\n\r")
@example("a\r")
def test_folding_is_the_table(text: str) -> None:
    expected, places = [], []
    for k, character in enumerate(text):
        code = int(tables().fold[min(ord(character), 0xFFFD)])
        if code != 0xFFFF and text[k : k + 2] != "\r\n":
            expected.append(code)
            places.append(k)
    folded, kept = fold(np.array([ord(c) for c in text], np.uint32))
    assert folded.tolist() == expected
    assert (list(range(len(text))) if kept is None else kept.tolist()) == places


def test_offsets_of_many_texts_at_once() -> None:
    texts = ["One. Two &amp; three.", "", "Four\u00ad. Five.", "Cafe\u0301 six. Seven &lt; eight."]
    batch = read(texts, shipped().vocabulary)
    tokens = batch.tokens
    start, end = batch.spans(batch.doc, tokens.start, tokens.end)
    words = [texts[k][a:b] for k, a, b in zip(batch.doc.tolist(), start.tolist(), end.tolist(), strict=True)]
    assert words == [
        text[a:b] for text, document in zip(texts, batch, strict=True) for a, b in document.spans
    ]
    assert words == re.findall(r"&\w+;|[\w\u0301]+(?=\u00ad)|[\w\u0301]+|[.]", "".join(texts))


@given(st.text("aZ1'. -\u00e9\n", max_size=40))
def test_kinds_and_capitals_of_tokens(text: str) -> None:
    tokens = read([text], shipped().vocabulary, identify=False).tokens
    for start, end, kind, flags in zip(tokens.start, tokens.end, tokens.kind, tokens.flags, strict=True):
        token = text[start:end]
        letter, digit = any(c.isalpha() for c in token), any(c.isdigit() for c in token)
        assert kind == (WORD if letter else NUMERAL if digit else PUNCTUATION)
        assert bool(flags & ALL_CAPITALS) == (letter and token.upper() == token)
        assert bool(flags & MIXED) == (letter and digit)


def test_misspellings_are_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "MOST_KEPT", 2)
    words = shipped().vocabulary
    words._misspellings.clear()
    number = words.numbers
    pairs = [("cuts", "clots"), ("walked", "walker"), ("cat", "coat"), ("form", "from")]
    for _ in range(2):
        assert [words.is_misspelling(number[a], number[b]) for a, b in pairs] == [True, False, False, True]
        assert len(words._misspellings) <= 2


def test_no_triple_without_its_pair() -> None:
    view = View(
        read(["One of the best in the world, one of the worst of the lot."], shipped().vocabulary), shipped()
    )
    seen = view.trigram > 0
    assert seen.any()
    assert (view.history[seen] > 0).all()


HALFWAY = st.integers(0, 10_000).map(lambda whole: (whole + 0.5) / 10_000)


@given(st.lists(st.one_of(st.floats(0, 1), HALFWAY, st.floats(0, 1).map(lambda x: x**20))))
@example([0.0, 1.0, 0.1, 0.01, 0.099995, 0.0999949999, 0.99995, 1e-300, 5e-324, 1e-18, 1e-19])
def test_scores_of_sentences_have_four_digits(scores: list[float]) -> None:
    assert four_digits(np.array(scores)).tolist() == [float(f"{score:.4g}") for score in scores]


def test_affinities_of_all_pairs_are_those_of_each() -> None:
    words = np.random.default_rng(5).integers(1, len(shipped().alternatives), (2, 40))
    left, right = (side.ravel() for side in np.meshgrid(*words, indexing="ij"))
    np.testing.assert_array_equal(shipped().affinities(*words).ravel(), shipped().affinity(left, right))
