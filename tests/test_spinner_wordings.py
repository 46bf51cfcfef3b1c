"""Wordings of web spinners count where the original would fit much better, and only several of them together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtdetect.evidence import spinner_wordings as evidence
from mtdetect.features.lexicon import shipped
from mtdetect.features.view import View
from mtdetect.model.spinner_wordings import MOST, SURE, SpinnerWordings, Wording
from mtdetect.text import read
from mtdetect.training.examples import Example
from mtdetect.training.spinner_wordings import fit_spinner_wordings

MODEL = SpinnerWordings(
    (
        Wording("the place", "where", "ab", 0.0, 5.0),
        Wording("not less than", "at least", "a", 0.0, 5.0),
        Wording("within the", "in the", "b", 2.0, 5.0),
        Wording("zzyzx quux", "where", "a", 0.0, 5.0),
    )
)
SPUN = "Put them in a spot the place they get not less than six hours of sun. Stay the place you are."
PERSON = "Put them in a spot where they get at least six hours of sun. This is the place where we met."


def view_of(*texts: str) -> View:
    return View(read(texts, shipped().vocabulary, identify=False), shipped())


def test_sums_count_each_wording_once_and_for_one_spinner():
    spun, person, one, two_spinners = MODEL.sums(
        view_of(
            SPUN, PERSON, "Stay the place you are.", "Stay the place you are; the cat sat within the bag."
        )
    )
    assert spun == 10.0
    assert person == 0.0
    assert one == 5.0
    assert two_spinners in (5.0, 10.0)


@given(
    st.lists(
        st.sampled_from(["the", "place", "not", "less", "than", "within", "cat", ",", '"', "."]), max_size=40
    )
)
def test_wordings_are_found_where_their_words_follow_each_other_in_a_text(words):
    view = view_of(" ".join(words[:20]), " ".join(words[20:]))
    index, s = MODEL._index(shipped()), view.stream
    expected = [
        (first, first + len(ids) - 1, row)
        for wordings in index.by_rarest.values()
        for row, _, ids in wordings
        for first in range(len(s.ids) - len(ids) + 1)
        for last in [first + len(ids) - 1]
        if tuple(s.ids[first : last + 1].tolist()) == ids
        if s.doc[first] == s.doc[last] and s.token[last] - s.token[first] == last - first
    ]
    found = zip(*(column.tolist() for column in index.occurrences(view)), strict=True)
    assert sorted(found) == sorted(expected)


def test_evidence_has_spans_and_what_stood_there():
    spun, person = evidence.find(view_of(SPUN, PERSON), MODEL)
    assert person == []
    assert [(e.text, e.suggestion) for e in spun] == [
        ("the place", "where"),
        ("not less than", "at least"),
        ("the place", "where"),
    ]
    assert all(SPUN[e.start : e.end] == e.text and e.kind == "wording" for e in spun)


def test_one_wording_alone_is_not_reported():
    view = view_of("We shall stay the place you are, and the day will be long for all of us here.")
    assert MODEL.places(view)
    assert evidence.find(view, MODEL) == [[]]
    assert MODEL.evidence_for_spinning(view).tolist() == [0.0]


def test_what_counts_is_bounded():
    heavy = SpinnerWordings(tuple(row._replace(weight=50.0) for row in MODEL.rows))
    assert MODEL.evidence_for_spinning(view_of(SPUN)).tolist() == [10.0 - SURE]
    assert heavy.evidence_for_spinning(view_of(SPUN)).tolist() == [MOST]


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("Not less than six of us stay the place they get a meal.", "At least"),
        ("STAY THE PLACE YOU GET NOT LESS THAN SIX.", "WHERE"),
    ],
)
def test_suggestions_take_the_capitals(text, suggestion):
    found = evidence.find(view_of(text), MODEL)[0]
    assert found[0].suggestion == suggestion


def test_no_wordings_and_no_texts():
    assert SpinnerWordings(()).sums(view_of(SPUN)).tolist() == [0.0]
    assert MODEL.sums(view_of("", " ")).tolist() == [0.0, 0.0]


def test_fit_learns_where_people_do_not_write_the_wording():
    base = Example("", "original", "g", "s", "d", "", "train", "people/s")
    texts = [
        f"We know the house where they live, and at least {n} people met there in the end." for n in range(60)
    ]
    texts += [f"This is the place. It rained as a result of the storm {n} days ago." for n in range(60)]
    rows = {
        row.wording: row for row in fit_spinner_wordings([replace(base, text=t) for t in texts], shipped())
    }
    assert rows["the place"].original == "where"
    assert rows["not less than"].weight == pytest.approx(np.log(60), abs=0.01)
    assert "as a result of" not in rows
