"""Addresses are no words, wherever they stand."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtdetect.features.lexicon import shipped
from mtdetect.text import addresses, read
from mtdetect.text.addresses import blanked

PROSE = "The ferry sails at nine. Bring a coat, for the wind is cold on the water."


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Read https://example.org/a_(b)?c=d&e=f. It is short.", "Read . It is short."),
        ("(www.example.org/boats)", "( )"),
        ("Write to jo.smith+list@mail.example.org, please.", "Write to , please."),
        ('A [slow boat](https://example.org/slow_(boat) "slow") sails.', "A slow boat sails."),
        ("He asked (twice), see [1] and [2](above).", "He asked (twice), see [1] and 2 ."),
        ("the ratio is 3:1 @ noon, w/o //comments", "the ratio is 3:1 @ noon, w/o //comments"),
    ],
)
def test_what_is_left(text, left):
    found = blanked(text)
    assert len(found) == len(text)
    assert re.sub(" +", " ", found).replace(" .", ".").replace(" ,", ",") == left.replace(" .", ".").replace(
        " ,", ","
    )


def test_words_and_offsets_are_those_of_the_text_without_addresses():
    linked = PROSE.replace("ferry", "[ferry](https://example.org/the/old/ferry)").replace(
        "coat", "coat (www.example.org/coats)"
    )
    plain, both = (read([text], shipped().vocabulary) for text in (PROSE, linked))
    assert plain.words[0] == both.words[0]
    assert [linked[a:b] for a, b in both[0].spans.tolist() if linked[a:b].isalpha()] == [
        PROSE[a:b] for a, b in plain[0].spans.tolist() if PROSE[a:b].isalpha()
    ]


@given(st.lists(st.sampled_from([*'ab .@[]()\n"<|', "](", "https://", "www.", "x.org", "é"]), max_size=80))
def test_lengths_and_lines_stay(pieces):
    text = "".join(pieces)
    found = blanked(text)
    assert len(found) == len(text)
    assert all(a == b or (b == " " and a != "\n") for a, b in zip(text, found, strict=True))


@given(st.lists(st.sampled_from([*"ab.@-+ \n", "://", "http", "www.", "x.org", "@x"]), max_size=60))
def test_the_short_cut_for_texts_without_a_mail_address_leaves_nothing_out(pieces):
    text = "".join(pieces)
    assert blanked(text) == addresses._WEB_OR_MAIL.sub(addresses._blank, text)


@pytest.mark.parametrize("piece", ["[", "](", "[a](", "a@", "@a.", "www.", "https://", "(", "a.b+c-"])
def test_time_grows_with_length(piece):
    assert len(blanked(piece * 200_000)) == len(piece) * 200_000
