"""Sentence alignment beside pairs aligned by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtdetect.comparison.alignment import MOST_JOINED, align
from mtdetect.comparison.sides import Side
from mtdetect.features.view import View
from mtdetect.text import read

PAIRS = [
    json.loads(line)
    for line in (Path(__file__).parent / "golden" / "aligned.jsonl").read_text(encoding="utf-8").splitlines()
]


def aligned(shipped, suspect, original):
    texts = ["\n".join(suspect), "\n".join(original)]
    view = View(read(texts, shipped.lexicon.vocabulary, identify=False), shipped.lexicon)
    sides = Side(view, 0), Side(view, 1)
    assert [side.sentences for side in sides] == [len(suspect), len(original)]
    return align(*sides)


def pairs_of(links):
    return {(i, j) for suspect, original in links for i in suspect for j in original}


def test_agrees_with_people(shipped):
    right = found = wanted = 0
    for pair in PAIRS:
        links = [
            (link.suspect, link.original)
            for link in aligned(shipped, pair["suspect"], pair["original"]).links
        ]
        own, theirs = pairs_of(links), pairs_of(pair["links"])
        right, found, wanted = right + len(own & theirs), found + len(own), wanted + len(theirs)
    assert len(PAIRS) >= 20
    f1 = 2 * right / (found + wanted)
    assert f1 >= 0.95


@pytest.mark.parametrize("how", ["three to one", "one to three", "shortest first"])
def test_three_sentences_may_correspond_to_one(shipped, how):
    pair = next(one for one in PAIRS if one["how"] == how)
    found = aligned(shipped, pair["suspect"], pair["original"])
    assert sorted(len(side) for link in found.links for side in (link.suspect, link.original)) == [1, 3]
    assert found.copied == found.covered == 1


def test_copied_and_covered_describe_shortened_and_expanded_copies(shipped):
    by = {one["how"]: one for one in PAIRS}
    omitted = aligned(shipped, by["with omissions"]["suspect"], by["with omissions"]["original"])
    assert omitted.copied == 1
    assert omitted.covered < 0.85
    added = aligned(shipped, by["expanded"]["suspect"], by["expanded"]["original"])
    assert added.covered == 1
    assert added.copied < 0.8


def test_unrelated_texts_have_no_links(shipped):
    unrelated = next(one for one in PAIRS if one["how"] == "unrelated")
    assert aligned(shipped, unrelated["suspect"], unrelated["original"]).links == ()


SENTENCES = sorted({line for pair in PAIRS for side in ("suspect", "original") for line in pair[side]})


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(SENTENCES), max_size=9), st.lists(st.sampled_from(SENTENCES), max_size=9))
def test_links_are_one_to_few_and_share_no_sentence(shipped, suspect, original):
    found = aligned(shipped, suspect, original) if suspect and original else None
    for link in found.links if found else ():
        assert min(len(link.suspect), len(link.original)) == 1
        assert max(len(link.suspect), len(link.original)) <= MOST_JOINED
        assert 0 <= link.similarity <= 1
    for side in ("suspect", "original"):
        used = [k for link in (found.links if found else ()) for k in getattr(link, side)]
        assert len(used) == len(set(used))
