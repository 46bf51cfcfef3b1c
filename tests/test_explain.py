"""The output of --explain: marked text, suspicious sentences, style profile."""

from __future__ import annotations

import dataclasses
import io
import math
import re
import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtdetect import style
from mtdetect.cli import main
from mtdetect.model.classifier import COLUMNS
from mtdetect.rendering import highlight
from mtdetect.rendering.explanation import marked, write_explanation
from mtdetect.rendering.printable import printable
from mtdetect.style import NAMES, Measurement, StyleProfile, figure, name_of, readability
from mtdetect.verdict import Decision, Evidence, Mark, Match, SentenceScore

TEXT = "He bought a spring chicken. It sang. Nobody minded."
EVIDENCE = (
    Evidence(10, 26, "a spring chicken", "collocation", 4.0, "a young chicken"),
    Evidence(12, 18, "spring", "collocation", 9.0, "young"),
    Evidence(28, 30, "It", "glitch", 1.0),
)
SENTENCES = (SentenceScore(0, 27, 0.9), SentenceScore(28, 36, 0.6), SentenceScore(37, 51, 0.1))


@pytest.fixture
def verdict(verdict_of):
    return dataclasses.replace(
        verdict_of("SPUN " + "word " * 50, id="a\x1b[31m.txt"), evidence=EVIDENCE, sentences=SENTENCES
    )


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    return Terminal()


@given(
    st.text(min_size=1, max_size=60),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(1, 9)), max_size=8),
    st.lists(st.integers(0, 60), max_size=6),
)
def test_pieces_are_the_text(verdict_of, text, spans, cuts):
    evidence = tuple(Evidence(a, b, text[a:b], "x", float(w)) for a, b, w in spans if a < b <= len(text))
    bounds = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    sentences = tuple(SentenceScore(a, b, 0.5) for a, b in pairwise(bounds))
    verdict = dataclasses.replace(verdict_of("SPUN a"), evidence=evidence, sentences=sentences)
    pieces = list(highlight.pieces(text, verdict))
    assert [piece.start for piece in pieces[1:]] == [piece.end for piece in pieces[:-1]]
    assert (pieces[0].start, pieces[-1].end) == (0, len(text))
    marked = [piece.evidence for piece in pieces if piece.closes_evidence]
    assert marked == highlight.without_overlaps(evidence)
    assert all(a.end <= b.start for a, b in pairwise(marked))
    assert all(piece.sentence is not None for piece in pieces)
    for piece in pieces:
        assert all(c.isprintable() or c == "\n" for c in piece.text)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a\x1b[2Jb\x07", "a\ufffd[2Jb\ufffd"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("soft\u00adly \u202eturned\u2066\u200b", "softly turned"),
        ("a\tb\u00a0c", "a    b c"),
        ("\ud800 \ue000 é “x”", "\ufffd \ufffd é “x”"),
    ],
)
def test_printable(given, shown):
    assert printable(given) == shown


def test_plain_marks(verdict):
    assert marked(TEXT, verdict, colour=False).plain == (
        "He bought a [spring → young] chicken. [It (glitch)] sang. Nobody minded."
    )


def test_a_span_across_two_sentences_is_marked_once(verdict):
    across = dataclasses.replace(verdict, evidence=(Evidence(12, 30, TEXT[12:30], "x", 1.0, "y"),))
    assert marked(TEXT, across, colour=False).plain == (
        "He bought a [spring chicken. It → y] sang. Nobody minded."
    )


def test_sentences_are_tinted_only_if_flagged(verdict):
    styles = {str(span.style) for span in marked(TEXT, verdict, colour=True).spans}
    assert any("color(52)" in style for style in styles)
    assert any("grey19" in style for style in styles)
    calm = dataclasses.replace(verdict, label="original")
    styles = {str(span.style) for span in marked(TEXT, calm, colour=True).spans}
    assert not any(" on " in f" {style}" for style in styles)
    assert highlight.suspicious(calm) == ()
    assert [one.score for one in highlight.suspicious(verdict)] == [0.9, 0.6]


@pytest.mark.parametrize("no_colour", [False, True])
def test_colours_and_brackets(verdict, terminal, monkeypatch, no_colour):
    if no_colour:
        monkeypatch.setenv("NO_COLOR", "1")
    write_explanation(TEXT, verdict, StyleProfile(9, ()), terminal)
    out = terminal.getvalue()
    assert bool(re.search(r"\x1b\[[0-9;]*48;", out)) != no_colour
    assert ("[spring → young]" in out) == no_colour
    assert "\x1b[31m.txt" not in out


def test_warnings_and_the_decision_are_told(verdict, terminal):
    decision = Decision("block", "block", False, "house", "ab" * 32, "rule 1: Spun", ())
    marks = (Mark("weglot", "translated", "translated by Weglot"),)
    said = dataclasses.replace(verdict, warnings=("hidden_marks",), markup=marks, decision=decision)
    write_explanation(TEXT, said, StyleProfile(9, ()), terminal)
    for line in (
        "invisible marks inside words (undone)",
        "markup: translated by Weglot",
        "block: rule 1: Spun",
    ):
        assert terminal.getvalue().count(f"\n{line}\n") == 1


def test_the_original_is_named(verdict, terminal):
    match = Match("b\x1b[2J.txt", 0.9876, "spun", "suspect_is_copy", 0.83, 0.97)
    write_explanation(TEXT, dataclasses.replace(verdict, match=match), StyleProfile(9, ()), terminal)
    assert "\ncopy of b\ufffd[2J.txt (spun, score 0.988, 83% copied, 97% covered)\n" in terminal.getvalue()


def test_foreign_text_cannot_drive_the_terminal(stub, tmp_path, capsys):
    text = "SPUN \x1b]0;title\x07 \u202eturned\x9b31m [bold]no markup[/bold] " + "word " * 50
    (tmp_path / "bad.txt").write_bytes(text.encode())
    assert main(["score", str(tmp_path / "bad.txt"), "--explain"]) == 1
    out = capsys.readouterr().out
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", out)
    assert "[bold]no markup[/bold]" in out


def test_command(stub, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("mtdetect.rendering.explanation.readability", lambda text: {"LIX": 41.26})
    (tmp_path / "spun.txt").write_text("SPUN it blue words here. " + "word " * 50, encoding="utf-8")
    (tmp_path / "empty.txt").write_text("", encoding="utf-8")
    assert main(["score", "spun.txt", "empty.txt", "--explain", "--fpr", "0.02"]) == 1
    out = capsys.readouterr().out
    for piece in (
        "spun.txt: spun  score 0.970, p-value 0.0005 (budget 0.02), quality 71, 55 words",
        "→ better words]",
        "most suspicious sentences\n  97%  SPUN",
        "what moved the score\n  neighbouring words seldom meet",
        "style: 2 of 4 measurements lie outside",
        "commas a word",
        "50.0 %",
        "10.0 % – 20.0 %",
        "+30.0 %",
        "new thing (own)",
        "-2.00",
        "readability: LIX 41.3",
        "empty.txt: unsupported",
        "no verdict: empty",
    ):
        assert piece in out
    assert out.index("new thing") < out.index("commas a word")


def test_not_with_formats_for_programs(stub, tmp_path, capsys):
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")
    assert main(["score", str(tmp_path / "a.txt"), "--explain", "--format", "json"]) == 2
    assert "--explain prints for people" in capsys.readouterr().err


def test_measurements():
    inside = Measurement("a.b", 1.0, 0.0, 2.0, 1.0)
    above = Measurement("a.b", 5.0, 0.0, 2.0, 1.0)
    below = Measurement("a.b", -1.0, 0.0, 2.0, 1.0)
    flat = Measurement("a.b", 0.1, 0.0, 0.0, 0.0)
    nothing = Measurement("a.b", math.nan, 0.0, 1.0, 0.5)
    assert [one.beyond for one in (inside, above, below, flat, nothing)] == [0, 3, -1, 0.1, 0]
    assert [one.excess for one in (inside, above, below, flat, nothing)] == [0, 1.5, 0.5, math.inf, 0]
    assert StyleProfile(3, (inside, below, above, flat, nothing)).outside == (flat, above, below)
    assert nothing.to_dict()["value"] is None


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (0.123, "%", "12.3 %"),
        (5.118, "nats", "5.12 nats"),
        (236.2, "", "236"),
        (math.nan, "%", "–"),
        (12.04, "words", "12.0 words"),
    ],
)
def test_figures(value, unit, written):
    assert figure(value, unit) == written


def test_names_tell_columns_apart():
    assert len({name_of(column) for column in COLUMNS}) == len(COLUMNS)
    assert len({name for name, _ in NAMES.values()}) == len(NAMES)


def test_profile_of_the_shipped_model(shipped):
    text = "Our neighbour grows pears against the south wall. " * 9
    told = shipped.style(text)
    assert told.words == 72
    assert {one.feature for one in told.measurements} <= set(COLUMNS)
    assert any(one.feature == "readability.sentence_length_variation" for one in told.outside)
    assert all(one.low <= one.middle <= one.high for one in told.measurements)
    assert shipped.style(b"").measurements == ()


def test_readability_never_asks_the_network(monkeypatch):
    import nltk

    def never(*args, **options):
        raise AssertionError("asked the network")

    monkeypatch.setattr(nltk, "download", never)
    told = readability(
        "The cat sat on the warm step. Then it walked away, because a dog had come round the corner."
    )
    assert {"LIX", "Coleman–Liau index", "automated readability index"} <= set(told)
    monkeypatch.setattr(style, "DICTIONARY", "corpora/no_such_dictionary")
    assert set(readability("A short text.")) == set(style.BY_LETTERS.values())


def test_readability_without_textstat(monkeypatch):
    monkeypatch.setitem(sys.modules, "textstat", None)
    assert readability("A short text.") == {}


def test_textstat_is_loaded_for_explaining_only(shipped, tmp_path):
    (tmp_path / "a.txt").write_text(
        "We walked home along the canal, and nobody said a word. " * 8, encoding="utf-8"
    )
    code = (
        "import sys; from mtdetect.cli import main; main(['score', 'a.txt']); before = 'textstat' in sys.modules;"
        "main(['score', 'a.txt', '--explain']); print(before, 'textstat' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert done.stdout.splitlines()[-1] == "False True"
    assert "readability: automated" in done.stdout or "readability: Flesch" in done.stdout
