"""HTML tags that were left in a text are no words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtdetect.features.lexicon import shipped
from mtdetect.features.retranslation.asking import scores_in_batch
from mtdetect.text import read
from mtdetect.text.tags import blanked

PROSE = "The ferry sails at nine. Bring a coat, for the wind is cold on the water, and nobody sells tea before noon."
TAGGED = '<p class="lead">The <b>ferry</b> sails at nine.</p><p>Bring a <a href="https://example.org/coats">coat</a>, for the wind is cold<br/>on the water, and nobody sells tea before noon.</p>'


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("A <i>slow</i> boat", "A    slow     boat"),
        ("one.</P>\ntwo<br />three", "one.\n\n  \ntwo\n     three"),
        ('<a href="x" title="a b">link</a>', "                        link    "),
        ("if a <b and b> c: List<T>, <script>, <your name>, 3 < 4 > 2", None),
    ],
)
def test_what_is_left(text, left):
    if left is None:
        assert re.sub(r"<b and b>", " " * 9, text) == blanked(text)
    else:
        assert blanked(text) == left


def test_texts_without_tags_are_not_copied():
    for text in (PROSE, "3 < 4 > 2"):
        assert blanked(text) is text


@given(st.lists(st.sampled_from([*"ab <>/\n\"'=", "<p>", "</i>", "<br/>", "<a href=", "é"]), max_size=60))
def test_lengths_stay(pieces):
    text = "".join(pieces)
    found = blanked(text)
    assert len(found) == len(text)
    assert all(a == b or b in " \n" for a, b in zip(text, found, strict=True))


def test_words_and_sentences_are_those_of_the_text_without_tags():
    plain, tagged = (read([text], shipped().vocabulary, markup=True)[0] for text in (PROSE, TAGGED))
    assert plain.ids.tolist() == tagged.ids.tolist()
    words = ([text[a:b] for a, b in one.spans.tolist()] for text, one in ((PROSE, plain), (TAGGED, tagged)))
    assert next(words) == next(words)
    assert len(plain.sentences) == len(tagged.sentences) == 2
    assert tagged.batch.texts == [TAGGED]
    assert tagged.batch.only(plain.batch.first[:1]).prose == tagged.batch.prose


def test_a_person_is_no_spinner_for_tags(shipped):
    text = " ".join([PROSE, PROSE.replace("ferry", "boat").replace("tea", "soup")] * 3)
    tagged = re.sub(r"\b(\w{5,})\b", r"<i>\1</i>", text)
    plain, other = (shipped.score(one, retranslate="never") for one in (text, tagged))
    assert (other.label, other.score, other.words) == (plain.label, plain.score, plain.words)
    assert [tagged[e.start : e.end] for e in other.evidence] == [e.text for e in other.evidence]


def test_the_engine_is_asked_about_the_prose():
    asked = []

    class Engine:
        def score(self, sentences):
            asked.extend(sentences)
            return [None] * len(sentences)

    batch = read([TAGGED], shipped().vocabulary, markup=True)
    (told,) = scores_in_batch(batch, [0], Engine())
    assert asked == ["The ferry sails at nine.", PROSE.partition(". ")[2]]
    assert told.texts == asked
    assert [TAGGED[a:b][:6] for a, b in told.spans.tolist()] == ["The <b", "Bring "]


@pytest.mark.parametrize("piece", ["<", "<a ", "<p", "</", "<a b", "<b>", "<br"])
def test_time_grows_with_length(piece):
    assert len(blanked(piece * 200_000 + ">")) == len(piece) * 200_000 + 1
