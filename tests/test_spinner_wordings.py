"""Wordings of web spinners count where the original would fit much better, and only several of them together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtdetect.evidence import spinner_wordings as evidence
from mtdetect.evidence.outside_features import DECISIVE
from mtdetect.features.lexicon import shipped
from mtdetect.features.view import View
from mtdetect.model.spinner_wordings import (
    FAINT,
    LEAST,
    LIKELY,
    MOST,
    STEEPNESS,
    SpinnerWordings,
    Word,
    Wording,
)
from mtdetect.text import read
from mtdetect.training.examples import Example
from mtdetect.training.spinner_wordings import MOST_WORD, REPLACED, fit_spinner_wordings, spinner_words

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


def test_totals_count_each_wording_once_and_for_one_spinner():
    spun, person, one, two_spinners = MODEL.totals(
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
    assert MODEL.evidence_for_spinning(view).tolist() == [FAINT]


def test_what_counts_is_bounded():
    heavy = SpinnerWordings(tuple(row._replace(weight=50.0) for row in MODEL.rows))
    little = SpinnerWordings(tuple(row._replace(weight=LIKELY / 2 + 0.25) for row in MODEL.rows))
    assert little.evidence_for_spinning(view_of(SPUN)).tolist() == [FAINT + STEEPNESS * 0.5]
    assert heavy.evidence_for_spinning(view_of(SPUN)).tolist() == [MOST]
    assert MOST < DECISIVE


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
    assert SpinnerWordings(()).totals(view_of(SPUN)).tolist() == [0.0]
    assert MODEL.totals(view_of("", " ")).tolist() == [0.0, 0.0]


WEIGHTS = {
    "enterprise": 3.0,
    "offerings": 2.5,
    "gadget": 2.0,
    "business": -0.7,
    "services": -0.7,
    "the": -0.5,
}
WORDS = SpinnerWordings(
    MODEL.rows,
    (
        *(Word(word, "b", weight) for word, weight in WEIGHTS.items()),
        Word("gadget", "c", 3.5),
        Word("zzyzx", "c", 4.0),
    ),
)


@given(st.lists(st.sampled_from([*WEIGHTS, "cat", "sat", ",", "."]), max_size=30))
def test_totals_count_each_word_once_and_for_one_spinner(words):
    view = view_of(" ".join(words), "The enterprise has a gadget.")
    different = set(words)
    by_b = sum(WEIGHTS.get(word, 0.0) for word in different)
    by_c = 3.5 if "gadget" in different else 0.0
    first, second = WORDS.totals(view)
    assert first == pytest.approx(max(by_b, by_c, 0.0))
    assert second == pytest.approx(max(3.0 + 2.0 - 0.5, 3.5))


def test_wordings_and_words_of_a_spinner_add_up():
    text = "The enterprise has a gadget, and the cat sat within the bag the place it was."
    (total,) = WORDS.totals(view_of(text))
    assert total == pytest.approx(3.0 + 2.0 - 0.5 + 5.0)


def test_many_words_of_a_table_are_evidence_and_those_it_would_replace_speak_against_it():
    spun = "Our enterprise has offerings and one gadget."
    person = "Our business has services: the enterprise, offerings and one gadget."
    view = view_of(spun, person, "Our enterprise has business.", "Our business has services.")
    strong, most, little, none = WORDS.evidence_for_spinning(view)
    assert strong == pytest.approx(min(FAINT + STEEPNESS * (3.0 + 2.5 + 2.0 - LIKELY), MOST))
    assert most == FAINT
    assert little == pytest.approx(3.0 - 0.7 - LEAST)
    assert none == 0.0
    assert WORDS.are_reported(view_of(spun, "Our enterprise has one gadget.")).tolist() == [True, False]
    # The wordings of such a text are reported: alone, this one would not be.
    assert [e.text for e in evidence.find(view_of(spun + " We stay the place we are."), WORDS)[0]] == [
        "the place"
    ]


def test_words_weigh_by_their_frequency(monkeypatch):
    table = {
        ("business",): ("enterprise", "commercial enterprise"),
        ("services",): ("offerings",),
        ("enterprise",): ("firm",),
        ("qqqq",): ("firm",),
        ("in", "the"): ("firm",),
        ("where",): ("everywhere",),
    }
    monkeypatch.setattr("mtdetect.training.spinner_wordings.tables", lambda: {"web-b": table})
    numbers, counts = shipped().vocabulary.numbers, shipped().counts
    n = {
        w: float(counts[numbers[w]]) + 1 for w in ("business", "enterprise", "services", "offerings", "firm")
    }
    found = {
        word: weight
        for word, spinner, weight in spinner_words([Wording("everywhere", "where", "b", 0.0, 5.0)], shipped())
        if spinner == "b"
    }
    expected = {
        "business": np.log(1 - REPLACED),
        "services": np.log(1 - REPLACED),
        "where": np.log(1 - REPLACED),
        "enterprise": np.log(1 - REPLACED + REPLACED * n["business"] / 2 / n["enterprise"]),
        "offerings": min(np.log(1 + REPLACED * n["services"] / n["offerings"]), MOST_WORD),
        "firm": np.log(1 + REPLACED * n["enterprise"] / n["firm"]),
    }
    assert found == pytest.approx(expected, abs=6e-4)


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
