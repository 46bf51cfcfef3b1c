"""Spinners of the web replace function words and wordings of several words by their tables."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtdetect.cli import main
from mtdetect.degrade import WEB_FAMILIES, Thesaurus, WebSpinner
from mtdetect.degrade.web_spinners import LONGEST, tables
from mtdetect.errors import UsageError

PEN = Thesaurus({"pen": [["quill"]], "ferry": [["boat"]]})


def test_every_family_has_a_table():
    assert set(tables()) == set(WEB_FAMILIES)
    for table in tables().values():
        assert len(table) >= 20
        for original, wordings in table.items():
            assert 1 <= len(original) <= LONGEST
            assert wordings
            assert " ".join(original) not in wordings


@pytest.mark.parametrize(
    ("family", "text", "spun"),
    [
        ("web-a", "We stayed where the road ends.", "We stayed the place the road ends."),
        ("web-a", "The cat slept in the shed.", "The cat slept within the shed."),
        ("web-a", "The National Library", "The Nationwide Library"),
        ("web-a", "It rained in May.", "It rained in Might."),
        ("web-a", "THE FERRY SAILED AT LEAST TWICE", "THE FERRY SAILED NOT LESS THAN TWICE"),
        ("web-d", "It was an egg.", "It was associate degree egg."),
    ],
)
def test_tables(family, text, spun):
    assert WebSpinner(family, 1.0).degrade([text]) == [spun]


def test_names_are_left_alone_by_families_that_leave_them():
    assert WebSpinner("web-b", 1.0).degrade(["We met at the Digital Library."]) == [
        "We met at the Digital Library."
    ]


def test_other_words_come_from_the_thesaurus():
    (spun,) = WebSpinner("web-c", 1.0, PEN).degrade(["We saw the ferry."])
    assert spun == "We saw the boat."


def test_a_fixed_table_says_the_same_everywhere():
    texts = [f"They want more teachers. Day {n}." for n in range(9)]
    (said,) = {spun.split(".")[0] for spun in WebSpinner("web-a", 1.0).degrade(texts)}
    assert said != "They want more teachers"


@given(
    st.lists(
        st.sampled_from([*"abz", " ", "\n", "in", "the", "where", "May", "“", "”", ".", "’s"]), max_size=60
    )
)
def test_spans_and_lines(pieces):
    text = "".join(pieces)
    for family in WEB_FAMILIES:
        engine = WebSpinner(family, 0.7, PEN)
        ((spun, spans),) = engine.marked([text], seed=3)
        assert spun.count("\n") == text.count("\n")
        assert all(0 <= begin < end <= len(spun) for begin, end in spans)
        assert engine.marked(["another", text], seed=3)[1] == (spun, spans)


def test_command(tmp_path, capsys):
    text = tmp_path / "text.txt"
    text.write_text("We stayed where the road ends.", encoding="utf-8")
    assert main(["degrade", str(text), "--engine", "spin", "--family", "web-a", "--rate", "1"]) == 0
    assert capsys.readouterr().out == "We stayed the place the road ends."
    assert main(["degrade", str(text), "--engine", "spin", "--family", "table"]) == 2
    assert "needs --thesaurus FILE" in capsys.readouterr().err


def test_wrong_settings():
    with pytest.raises(UsageError, match="web-z"):
        WebSpinner("web-z")
    with pytest.raises(UsageError, match="rate"):
        WebSpinner("web-a", 0.0)


def test_help_names_the_families_that_exist(capsys):
    assert main(["degrade", "--help"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    said = re.search(r"(web-\w to web-\w, web-\w and web-\w) are those of the web", out)[1]
    first, last, *others = re.findall(r"web-(\w)", said)
    letters = [chr(code) for code in range(ord(first), ord(last) + 1)]
    assert [f"web-{letter}" for letter in (*letters, *others)] == list(WEB_FAMILIES)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("spin --family nope", "--family nope: no such family; choose one of thesaurus, "),
        ("spin --family web-i --rate 1", "--family web-i: no such family; choose one of "),
        ("spin --passes 2", "--passes goes with --engine neural"),
        ("neural --rate 0.5", "--rate goes with --engine spin"),
        ("command --command cat --family web-a", "--family goes with --engine spin"),
        ("command --command cat --engine-folder x", "--engine-folder goes with --engine neural"),
        ("spin --family web-a --chain eng-spa", "--chain goes with --engine apertium"),
        ("apertium --command cat", "--command goes with --engine command"),
    ],
)
def test_options_of_another_engine_and_unknown_families_are_refused(capsys, options, told):
    assert main(["degrade", "text.txt", "--engine", *options.split()]) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.startswith(f"mtdetect: {told}")
    assert streams.err.count("\n") == 1
