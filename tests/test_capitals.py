"""Capitals and title case hide nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtdetect.text.capitals import in_prose, with_capitals_of

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@pytest.mark.parametrize("style", [str.upper, str.title])
@pytest.mark.parametrize("name", ["spun.txt", "person.txt"])
def test_verdict_is_that_of_the_prose(shipped, name, style):
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    prose, capitals = shipped.score(text), shipped.score(style(text))
    assert capitals.label == prose.label
    assert capitals.score == pytest.approx(prose.score, abs=0.05)
    assert abs(len(capitals.evidence) - len(prose.evidence)) <= 2
    assert all(style(text)[one.start : one.end] == one.text for one in capitals.evidence)


def test_suggestions_are_in_capitals_too(shipped):
    text = (EXAMPLES / "spun.txt").read_text(encoding="utf-8").upper()
    assert [one.suggestion for one in shipped.score(text).evidence if one.text == "AGED APPENDAGE"] == [
        "SENIOR MEMBER"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "The ferry sails from the old pier today, and Agnes Pell of Harwich brings warm coats for all of them.",
        "LAST CALL FOR THE FERRY",
        "",
        "NATO, UNESCO and the WHO met in Geneva, where delegates from forty countries spoke of clean water and of roads.",
    ],
)
def test_prose_and_short_lines_stay(text):
    assert in_prose(text) is text


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=200))
def test_lengths_stay(text):
    for given_text in (text, text.upper() * 3, (text + " Word") * 14):
        assert len(in_prose(given_text)) == len(given_text)


def test_capitals_of_one_letter():
    assert with_capitals_of("A", "one") == "One"
    assert with_capitals_of("in", "within") == "within"
