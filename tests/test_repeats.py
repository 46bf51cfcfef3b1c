"""A line that stands in a text twice is read once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mtdetect
from mtdetect.text.repeats import LEAST, blanked

PARAGRAPHS = (
    "The ferry sails at nine. Bring a coat, for the wind is cold on the water, and nobody sells tea before noon.",
    "My uncle ran this boat for thirty years and never once left late, though the harbour office often asked him to wait for a doctor "
    "or a crate of eggs. When he stopped, the town bought the boat and painted it green.",
)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a" * LEAST + "\n" + "a" * LEAST, "a" * LEAST + "\n" + " " * LEAST),
        ("a" * LEAST + "\n\n  " + "a" * LEAST + " \nend", "a" * LEAST + "\n\n" + " " * (LEAST + 3) + "\nend"),
        ("a" * (LEAST - 1) + "\n" + "a" * (LEAST - 1), None),
        ("a b’" * 13 + "\r\n> " + "a  b'" * 13 + "\u2028c", "a b’" * 13 + "\r\n" + " " * 67 + "\u2028c"),
        ("a" * LEAST + "\n" + "b" * LEAST, None),
        (" ".join(["a" * LEAST] * 3), None),
    ],
)
def test_what_is_left(text, left):
    found = blanked(text)
    assert found is text if left is None else found == left


LINES = st.sampled_from(["", " ", "x", "y" * LEAST, " " + "y" * LEAST, "z" * (LEAST + 1), " " * LEAST])


@given(st.lists(LINES, max_size=8))
def test_each_paragraph_is_left_once(lines):
    text = "\n".join(lines)
    found = blanked(text)
    assert len(found) == len(text)
    left = [line.strip() for line in found.split("\n")]
    for wanted in {line.strip() for line in lines if len(line.strip()) >= LEAST}:
        assert left.count(wanted) == 1
    short = [line for line in lines if len(line.strip()) < LEAST]
    assert [line for line in found.split("\n") if 0 < len(line.strip()) < LEAST] == [
        s for s in short if s.strip()
    ]


def test_a_text_that_is_pasted_twice_is_judged_as_one():
    detector = mtdetect.load()
    once = "\n".join(PARAGRAPHS)
    alone, twice = (detector.score(text, retranslate="never") for text in (once, f"{once}\n\n{once}"))
    assert twice == alone
    assert alone.words == 64


@pytest.mark.parametrize("again", [1, 2])
def test_a_copy_that_is_pasted_twice_is_a_copy(again):
    once = "\n".join(PARAGRAPHS)
    detector = mtdetect.load()
    pasted = "\n\n".join([once] * (1 + again))
    whole, part = (detector.compare(text, once, retranslate="never") for text in (once, pasted))
    assert part.relation == whole.relation == "verbatim"
    assert part.copied == whole.copied == 1.0
