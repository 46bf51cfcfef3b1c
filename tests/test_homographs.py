"""Function words that a spinner took for something else that is spelt the same."""

from __future__ import annotations

import numpy as np
import pytest

import mtdetect
from mtdetect.evidence import homographs
from mtdetect.features.lexicon import shipped
from mtdetect.features.view import View
from mtdetect.text import read


def view_of(*texts: str) -> View:
    return View(read(texts, shipped().vocabulary), shipped())


@pytest.mark.parametrize(
    ("text", "span", "wording"),
    [
        ("The results square measure shown in the table.", "square measure", "are"),
        ("Most of the birds area unit known to nest here.", "area unit", "are"),
        ("She gave it to him as Associate in Nursing example of her work.", "Associate in Nursing", "an"),
        ("This is associate degree old house by the river.", "associate degree", "an"),
        ("They rich person been there for many years.", "rich person", "have"),
        ("He lived atomic number 49 the same house all his life.", "atomic number 49", "in"),
        ("The people United Nations agency were there saw it all.", "United Nations agency", "who"),
        ("Area unit you going to be there?", "Area unit", "Are"),
    ],
)
def test_mistaken(text: str, span: str, wording: str) -> None:
    (found,) = homographs.find(view_of(text))[0]
    assert (found.kind, found.text, found.suggestion) == (homographs.KIND, span, wording)
    assert text[found.start : found.end] == span


@pytest.mark.parametrize(
    "text",
    [
        "An acre is a square measure that farmers still use.",
        "She took an associate degree and then an Associate in Nursing course.",
        "A rich person and a poor person met at the gate.",
        "Indium has the atomic number 49, and helium has the atomic number 2.",
        "It is sold in atomic number 79 blocks.",
        "The World Health Organization sent two doctors.",
        "In that respect he was like his father, and at that place they parted.",
        "He was carried to the operating room.",
        "She was honest to a fault.",
        "The floor area. Unit prices are lower. Square. Measure it again.",
    ],
)
def test_meant(text: str) -> None:
    assert homographs.find(view_of(text)) == [[]]


def test_weighs_each_up_to_a_bound() -> None:
    once = "The results square measure shown in the table. "
    weighed = homographs.weigh(view_of("We read it aloud.", once, once * 2, once * 5))
    np.testing.assert_array_equal(weighed, [0, homographs.WEIGHT, 2 * homographs.WEIGHT, homographs.MOST])


def test_counts_for_spinning() -> None:
    sound = (
        "The farmers are tired of the rain, and the fields are too wet to plough before the end of the month. "
        * 4
    )
    before, after = mtdetect.load().score_many([sound, sound.replace(" are ", " square measure ")])
    assert [e.kind for e in before.evidence if e.kind == homographs.KIND] == []
    assert after.probabilities["spun"] > 0.9 > before.probabilities["spun"]
    assert after.p_value <= before.p_value


def test_two_decide_however_short_the_text() -> None:
    short = "The results square measure shown in the table, and the others area unit known to most of us."
    verdict = mtdetect.load().score(short)
    assert verdict.words < 40
    assert (verdict.label, verdict.reason) == ("spun", None)
    once = mtdetect.load().score(short.replace("area unit", "are"))
    assert (once.label, once.reason) == ("uncertain", "short")
