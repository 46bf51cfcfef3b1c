"""Confusables and invisible characters, which are used to evade detection."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtdetect.text.confusables import CONFUSABLES, latin, warnings

PERSON = (
    "The county council voted on Monday to keep the old swimming pool open for another two years, after hundreds of "
    "parents signed a petition against its closure. The pool, built in 1961, needs a new roof and costs about 400,000 "
    "pounds a year to run. Councillors had planned to sell the site to a housing company."
)
CYRILLIC = str.maketrans("aeopcyx", "аеорсух")
GREEK = str.maketrans("ovABEHIKMNOPTXYZ", "ονΑΒΕΗΙΚΜΝΟΡΤΧΥΖ")


@pytest.mark.parametrize(
    ("text", "plain", "mixed", "hidden"),
    [
        ("The cоuncil", "The council", 1, 0),  # Cyrillic о
        ("Тhe со\u00adunсіl", "The co\u00aduncil", 2, 0),
        ("а vote", "a vote", 1, 0),  # a word of confusables alone
        ("Νo νote", "No vote", 2, 0),  # Greek
        ("𝐓𝐡𝐞 ⓒⓞⓤⓝⓒⓘⓛ of ℝ", "The council of R", 3, 0),
        ("c\u200bouncil and li\u2060\u2060st", "c\u200bouncil and li\u2060\u2060st", 0, 2),
        # Unchanged:
        ("The мэр spoke: он", "The мэр spoke: он", 0, 0),
        ("он а мы", "он а мы", 0, 0),  # "а" is also a Russian word
        ("5 µm of α-helix, Δt and ΔΤ", "5 µm of α-helix, Δt and ΔΤ", 0, 0),
        ("naïve café, Zoë, Łódź, co\u00adop, a\u200b b", "naïve café, Zoë, Łódź, co\u00adop, a\u200b b", 0, 0),
        ("Москва и осень а", "Москва и осень а", 0, 0),
    ],
)  # fmt: skip
def test_confusables_are_replaced(text, plain, mixed, hidden):
    assert latin(text) == (plain, mixed, hidden)


def test_only_a_script_with_other_words_is_kept():
    assert latin("Of Ελλάδα а story was told, and ο").text == "Of Ελλάδα a story was told, and ο"


@given(st.text(alphabet=st.sampled_from("abcАВс а\u200b\u00adοЖλ𝐚ⓑ.\n")))
def test_length_is_kept_and_a_second_pass_changes_nothing(text):
    found = latin(text)
    assert len(found.text) == len(text)
    assert sum(a != b for a, b in zip(found.text, text, strict=True)) == 0 or found.mixed
    assert latin(found.text).text == found.text


def test_pairs_are_single_letters():
    assert all(
        len(a) == len(b) == 1 and not a.isascii() and b.isascii() and b.isalpha()
        for a, b in CONFUSABLES.items()
    )


@pytest.mark.parametrize(
    ("trick", "expected"),
    [
        (lambda text: text.translate(CYRILLIC), ("mixed_scripts",)),
        (lambda text: text.translate(GREEK), ("mixed_scripts",)),
        (lambda text: text.replace("ou", "o\u200bu"), ("hidden_marks",)),
        (lambda text: text.replace("ol", "o\u200dl").translate(CYRILLIC), ("hidden_marks", "mixed_scripts")),
        (lambda text: text.replace("council", "coun\u00adcil").replace(" ", "  "), ()),
        (lambda text: text.replace("the", "th\u200be", 1), ()),
    ],
)
def test_verdict_is_that_of_the_plain_text(shipped, trick, expected):
    text = trick(PERSON)
    plain, tricked = shipped.score(PERSON), shipped.score(text)
    assert (tricked.label, tricked.score, tricked.p_value) == (plain.label, plain.score, plain.p_value)
    assert tricked.warnings == expected
    assert tricked.to_dict().get("warnings", []) == list(expected)


@pytest.mark.parametrize("letters", [CYRILLIC, GREEK])
def test_evidence_is_named_as_it_was_written(shipped, letters):
    text = f"{PERSON} The doctor said that blood cuts had formed in both of her legs.".translate(letters)
    evidence = shipped.score(text).evidence
    assert [(one.kind, one.text) for one in evidence] == [("spelling", "blood cuts".translate(letters))]
    assert all(text[one.start : one.end] == one.text for one in evidence)


def test_one_or_two_words_give_no_warning():
    assert warnings(latin("а b"), 2) == ()
    assert warnings(latin("cо dо eо " * 5), 15) == ("mixed_scripts",)
    assert warnings(latin("cо dо eо " + "plain " * 997), 1000) == ()


def test_warning_on_the_command_line(shipped, tmp_path, capsys):
    from mtdetect.cli import main

    (tmp_path / "a.txt").write_text(PERSON.translate(CYRILLIC), encoding="utf-8")
    main(["score", str(tmp_path / "a.txt")])
    assert "letters of other" in capsys.readouterr().out
