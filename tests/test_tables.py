"""The shipped language tables: complete, with a correct manifest, and right on obvious pairs."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from mtdetect import artifacts
from mtdetect.features.lexicon import COUNTS, FOLDER, shipped
from mtdetect.features.view import View
from mtdetect.text import read
from mtdetect.text.inflection import forms
from mtdetect.text.vocabulary import CLASSES, FIRST_WORD
from mtdetect.training.tables import quantize

LEXICON = shipped()
NUMBERS = LEXICON.vocabulary.numbers


def count(left: str, right: str) -> float:
    pair = np.array([NUMBERS[left]]), np.array([NUMBERS[right]])
    return float(LEXICON.pairs(LEXICON.bigram, *pair)[0])


def test_checksums() -> None:
    _, manifest = artifacts.read(FOLDER, verify=True)
    assert manifest["vocabulary"] == len(LEXICON.vocabulary) - FIRST_WORD


def test_every_word_has_its_id() -> None:
    from mtdetect.text.tokens import hash_word

    some = range(FIRST_WORD, len(LEXICON.vocabulary), 997)
    hashes = np.array([hash_word(LEXICON.vocabulary.word(k)) for k in some], np.uint64)
    assert LEXICON.vocabulary.lookup.get(hashes).tolist() == list(some)
    assert LEXICON.vocabulary.word(0) == CLASSES[0]


@pytest.mark.parametrize(
    ("usual", "odd"),
    [
        (("blood", "pressure"), ("blood", "cuts")),
        (("of", "the"), ("the", "of")),
        (("hard", "work"), ("laborious", "work")),
    ],
)
def test_people_prefer(usual: tuple[str, str], odd: tuple[str, str]) -> None:
    assert count(*usual) > 10 * count(*odd)


def test_alternatives_include_similar_words() -> None:
    def alternatives(word: str) -> set[str]:
        return {LEXICON.vocabulary.word(int(b)) for b in LEXICON.alternatives[NUMBERS[word]] if b}

    assert "pictures" in alternatives("images")
    assert "difficult" in alternatives("hard")
    assert "nations" in alternatives("countries")


@pytest.mark.parametrize("n", [1, 2, 3, 10, 1000, 25_000_000])
def test_counts_survive_quantizing(n: int) -> None:
    assert COUNTS[quantize(np.array([n]))][0] == pytest.approx(n, rel=0.075)


def test_mutual_information_is_nltks() -> None:
    from nltk.metrics import BigramAssocMeasures

    view = View(read(["New York"], LEXICON.vocabulary, identify=False), LEXICON)
    ours = float((view.log_bigram - view.log_unigram)[1]) / math.log(2)
    singles = LEXICON.counts[NUMBERS["new"]], LEXICON.counts[NUMBERS["york"]]
    theirs = BigramAssocMeasures.pmi(count("new", "york"), tuple(map(int, singles)), int(LEXICON.total))
    assert ours == pytest.approx(theirs, abs=0.5)  # smoothing lowers it a little


def test_manifest_names_no_machine() -> None:
    text = json.dumps(json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8")))
    assert "/home" not in text
    assert "/root" not in text
    assert "/work" not in text


@pytest.mark.parametrize(
    ("base", "form", "expected"),
    [
        ("stop", "ed", "stopped"),
        ("carry", "s", "carries"),
        ("make", "ing", "making"),
        ("tell", "ed", "told"),
        ("happy", "ly", "happily"),
        ("child", "s", "children"),
        ("church", "s", "churches"),
        ("agree", "ing", "agreeing"),
        ("large", "est", "largest"),
    ],
)
def test_inflection(base: str, form: str, expected: str) -> None:
    assert next(word for word in forms(base)[form] if word in NUMBERS) == expected
