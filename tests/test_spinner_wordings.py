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
    FAINTNESS,
    LIKELY,
    MOST,
    MOST_OF_WORD,
    NOTABLE,
    SEVERAL,
    SpinnerWordings,
    Word,
    Wording,
)
from mtdetect.text import read
from mtdetect.training.examples import Example
from mtdetect.training.spinner_wordings import (
    MOST_WORD,
    REPLACED,
    REPLACED_BY,
    fit_spinner_wordings,
    spinner_words,
)

WEIGHTS = {
    "enterprise": 3.0,
    "offerings": 2.0,
    "gadget": 2.0,
    "merchant": 0.4,
    "business": -0.7,
    "services": -0.7,
    "the": -0.5,
}
MODEL = SpinnerWordings(
    (
        Wording("the place", "where", "ab", 0.0, 5.0),
        Wording("not less than", "at least", "a", 0.0, 5.0),
        Wording("within the", "in the", "b", 2.0, 5.0),
        Wording("zzyzx quux", "where", "a", 0.0, 5.0),
    ),
    (
        *(Word(word, "a", weight, "business" if weight > 0 else "") for word, weight in WEIGHTS.items()),
        Word("gadget", "c", 3.5, "thing"),
        Word("zzyzx", "c", 4.0, "thing"),
    ),
)
LIMITED = {word: min(weight, MOST_OF_WORD) for word, weight in WEIGHTS.items()}
SPUN = "Put them in a spot the place they get not less than six hours of sun. Stay the place you are. Our enterprise has one gadget."
PERSON = "Put them in a spot where they get at least six hours of sun. This is the place where we met."


def view_of(*texts: str) -> View:
    return View(read(texts, shipped().vocabulary, identify=False), shipped())


def test_totals_count_each_wording_once_and_for_one_spinner():
    spun, person, one, two_spinners = MODEL.totals(
        view_of(
            "Some spot the place they get not less than six of them. Stay the place you are.",
            "Some spot where they get at least six of them.",
            "Stay the place you are.",
            "Stay the place you are; some cat sat within the bag.",
        ),
        1,
    )
    assert spun == 10.0 + LIMITED["the"]
    assert person == 0.0
    assert one == 5.0  # of spinner b, whose tables do not have "the"
    assert two_spinners == 10.0


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
        ("enterprise", "business"),
        ("gadget", "business"),
    ]
    assert all(SPUN[e.start : e.end] == e.text and e.kind == "wording" for e in spun)


@pytest.mark.parametrize(
    ("text", "faint"),
    [
        ("We have some enterprise.", False),
        ("Stay the place you are.", True),  # its place speaks for a wording of several words, too
        ("Stay the place you are, some enterprise.", True),
        ("Some enterprise has some gadget.", True),
        ("Some enterprise has some gadget, offerings.", True),
    ],
)
def test_few_together_are_faint_evidence_and_not_reported(text, faint):
    view = view_of(text)
    assert evidence.find(view, MODEL) == [[]]
    assert MODEL.evidence_for_spinning(view).tolist() == [FAINT if faint else 0.0]


def test_two_wordings_of_several_words_are_reported():
    found = evidence.find(view_of("Stay the place you are. Bring not less than six."), MODEL)[0]
    assert [e.text for e in found] == ["the place", "not less than"]


def test_fewer_than_several_words_never_decide_whatever_their_weight():
    heavy = replace(MODEL, words=tuple(word._replace(weight=50.0) for word in MODEL.words))
    assert SEVERAL * MOST_OF_WORD > LIKELY > NOTABLE
    for text in (
        "Some enterprise.",
        "Some enterprise has offerings.",
        "Some enterprise, some gadget, offerings.",
    ):
        assert heavy.evidence_for_spinning(view_of(text))[0] <= FAINT


def test_what_counts_is_bounded():
    heavy = SpinnerWordings(tuple(row._replace(weight=50.0) for row in MODEL.rows), MODEL.words)
    assert heavy.evidence_for_spinning(view_of(SPUN)).tolist() == [MOST]
    assert MOST < DECISIVE


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("Not less than six of us stay the place they get a gadget of the enterprise.", "At least"),
        ("STAY THE PLACE YOU GET NOT LESS THAN SIX. SOME ENTERPRISE HAS SOME GADGET.", "WHERE"),
    ],
)
def test_suggestions_take_the_capitals(text, suggestion):
    found = evidence.find(view_of(text), MODEL)[0]
    assert found[0].suggestion == suggestion


def test_no_wordings_and_no_texts():
    assert SpinnerWordings(()).totals(view_of(SPUN), 0).tolist() == [0.0]
    assert MODEL.totals(view_of("", " "), 0).tolist() == [0.0, 0.0]


@given(st.lists(st.sampled_from([*WEIGHTS, "cat", "sat", ",", "."]), max_size=30), st.integers(0, 4))
def test_totals_count_each_word_once_and_only_several_together(words, fewest):
    different = set(words)
    own = [LIMITED[word] for word in different if word in LIMITED]
    by_a = sum(own) if sum(weight >= NOTABLE for weight in own) >= fewest else 0.0
    by_c = MOST_OF_WORD if "gadget" in different and fewest <= 1 else 0.0
    (found,) = MODEL.totals(view_of(" ".join(words)), fewest)
    assert found == pytest.approx(max(by_a, by_c, 0.0))


def test_words_that_a_spinner_replaces_speak_against_it():
    spun = "Some enterprise has offerings, one gadget, not less than six."
    view = view_of(spun, spun + " Business, services.")
    total = 5.0 + LIMITED["enterprise"] + 2.0 + 2.0
    assert MODEL.totals(view, SEVERAL).tolist() == pytest.approx([total, total - 1.4])
    assert MODEL.evidence_for_spinning(view)[0] == pytest.approx(min(FAINT + total - LIKELY, MOST))
    few = view_of("Some enterprise, some gadget, business, services, business for the merchant.")
    little = LIMITED["enterprise"] + 2.0 + 0.4 - 1.4 - 0.5
    assert MODEL.evidence_for_spinning(few)[0] == pytest.approx(min(FAINTNESS * little, FAINT))


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
        row.word: row
        for row in spinner_words([Wording("everywhere", "where", "b", 0.0, 5.0)], shipped())
        if row.spinner == "b"
    }
    expected = {
        "business": np.log(1 - REPLACED),
        "services": np.log(1 - REPLACED),
        "where": np.log(1 - REPLACED),
        "enterprise": np.log(1 - REPLACED + REPLACED * n["business"] / 2 / n["enterprise"]),
        "offerings": min(np.log(1 + REPLACED * n["services"] / n["offerings"]), MOST_WORD),
        "firm": np.log(1 + REPLACED * n["enterprise"] / n["firm"]),
    }
    assert {word: row.weight for word, row in found.items()} == pytest.approx(expected, abs=6e-4)
    assert {word: row.original for word, row in found.items()} == {
        "business": "", "services": "", "where": "", "enterprise": "business", "offerings": "services", "firm": "enterprise",
    }  # fmt: skip


def test_tables_of_one_spinner_are_joined(monkeypatch):
    tables = {
        "web-a": {("business",): ("enterprise",)},
        "web-g": {("dog",): ("hound",), ("never",): ("at no time",)},
        "web-k": {("dog",): ("canine",), ("cat",): ("feline",)},
    }
    monkeypatch.setattr("mtdetect.training.spinner_wordings.tables", lambda: tables)
    found = {(row.spinner, row.word): row for row in spinner_words([], shipped())}
    assert {spinner for spinner, _ in found} == {"a", "g"}
    assert (found["g", "feline"].original, found["g", "hound"].original) == ("cat", "dog")
    assert ("g", "canine") not in found
    share = REPLACED_BY["g"]
    assert found["g", "dog"].weight == pytest.approx(np.log(1 - share), abs=6e-4)
    assert found["a", "business"].weight == pytest.approx(np.log(1 - REPLACED), abs=6e-4)


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
