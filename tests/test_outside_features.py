"""What adds to the case for spinning beside the classifier, and texts that cannot be judged."""

from __future__ import annotations

import pytest

from mtdetect.evidence import surface_errors
from mtdetect.evidence.outside_features import DECISIVE, weigh
from mtdetect.features.lexicon import shipped as tables
from mtdetect.features.view import View
from mtdetect.text import read

RAW = (
    "{Our|My} boat was {moored|tied up} by the {small|little} bridge, and {we rowed|we paddled} to the island before {lunch|noon}. "
    "Nobody else was there, so we ate on the sand and slept until the tide came in. The way home was hard against the wind."
)
USAGE = (
    "The service takes {start|stop|restart|status}, and the method is one of {GET|POST}. Where the grammar writes {a|b|c}, one of "
    "them must be given, as in {true|false}. The server answers each request with a status and a body, and it never repeats one."
)
LISTING = (
    "Waxed cotton jacket. Two-way zip with storm flap. Corduroy collar. Hand-warmer pockets with moleskin lining. Adjustable cuffs. "
    "Drop hem. Inner pocket with press stud. Tartan lining. Dry clean only. Sizes from small to double extra large. Colours: olive, navy, rust."
)


@pytest.mark.parametrize(
    ("text", "raw"),
    [(RAW, True), (USAGE, False), ("{big|large} and {old|aged} {man|sir}", False), ("", False)],
)
def test_raw_spin_syntax(text, raw):
    assert surface_errors.is_spin_syntax(text) is raw


def test_raw_spin_syntax_decides(shipped):
    view = View(read([RAW, USAGE], tables().vocabulary, identify=False), tables())
    spun, usage = weigh(view, shipped._model.spinner_wordings).tolist()
    assert (spun >= DECISIVE, usage) == (True, 0.0)
    verdict = shipped.score(RAW)
    assert verdict.label == "spun"
    assert [one.text for one in verdict.evidence if one.kind == "spin_syntax"][:2] == [
        "{moored|tied up}",
        "{small|little}",
    ]
    assert not [
        one for one in shipped.score(USAGE).evidence if one.kind == "spin_syntax" and "GET" in one.text
    ]


def test_a_listing_is_not_judged(shipped):
    verdict = shipped.score(LISTING)
    assert (verdict.label, verdict.reason) == ("uncertain", "fragments")
    assert verdict.at(0.5).reason == "fragments"
    verdict = shipped.score("They sell " + LISTING.replace(". ", ", and it has ").lower())
    assert verdict.reason != "fragments"


def test_function_words_of_a_web_spinner_are_reported(shipped):
    text = (
        "You need to keep the bread in a spot the place it stays dry, as a result of it goes stale in not less than two days. Cut it "
        "earlier than you freeze it, and wrap every slice, for it takes in the smell of whatever else you keep in there."
    )
    found = {one.text: one.suggestion for one in shipped.score(text).evidence if one.kind == "wording"}
    assert found["the place"] == "where"
    assert found["not less than"] == "at least"
