"""The HTML report: complete, escaped, readable without colour, self-contained."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from mtdetect.cli import PIPE_CLOSED, main
from mtdetect.rendering.html import render
from mtdetect.rendering.html_score import ReportItem, html_report
from mtdetect.style import Measurement, StyleProfile
from mtdetect.verdict import Decision, Evidence, Match, Reason, SentenceScore

TEXT = "He bought a spring chicken. <b>It</b> sang & danced. Nobody minded."
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
VOID = {"meta", "br", "link", "img", "hr", "input"}


class Reader(HTMLParser):
    """Checks that tags nest, and collects tags, ids and text."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.ids, self.text, self.plain = [], [], [], [], ""

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        assert len(attributes) == len(attrs)
        self.tags.append((tag, attributes))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag not in VOID:
            self.open.append((tag, attributes))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        names = [tag for tag, _ in self.open]
        if any(a.get("class") == "text" for _, a in self.open) and "sup" not in names:
            self.plain += data
        if "style" not in names:
            self.text.append(data)


def parsed(page):
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    assert len(set(reader.ids)) == len(reader.ids)
    return reader


@pytest.fixture
def item(verdict_of):
    verdict = dataclasses.replace(
        verdict_of("SPUN " + "word " * 50, id='<a href="x">.txt'),
        evidence=(
            Evidence(10, 26, "a spring chicken", "collocation", 4.0, 'a "young" chicken'),
            Evidence(12, 18, "spring", "listed", 9.0, "young|new"),
            Evidence(24, 34, TEXT[24:34], "<odd>", 1.0),
        ),
        sentences=(SentenceScore(0, 27, 0.9), SentenceScore(28, 52, 0.65), SentenceScore(53, 67, 0.1)),
        reasons=(Reason("richness.commas", "commas are <rare>", 1.0, 0.01, (0.02, 0.09)),),
    )
    return ReportItem(TEXT, verdict, StyleProfile(9, (Measurement("richness.the", 0.5, 0.0, 0.1, 0.05),)))


def test_page(item):
    page = html_report([item])
    told = parsed(page)
    assert page.startswith("<!DOCTYPE html>\n")
    assert ("html", {"lang": "en"}) in told.tags
    assert ("meta", {"charset": "utf-8"}) in told.tags
    assert ("meta", {"http-equiv": "Content-Security-Policy", "content": POLICY}) in told.tags
    assert any(a.get("name") == "viewport" for _, a in told.tags)
    assert {tag for tag, _ in told.tags}.isdisjoint({"script", "link", "img", "iframe", "form", "b"})
    assert not re.search(r"https?:|//|url\(|@import", page)
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
    levels = [int(tag[1]) for tag, _ in told.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[:2] == [1, 2]
    assert set(levels[2:]) == {3}


def test_text_is_whole_and_marked(item):
    told = parsed(html_report([item]))
    assert told.plain == TEXT
    sentences = [a for tag, a in told.tags if tag == "span"]
    assert [a["class"] for a in sentences] == ["s h4", "s h3", "s h0"]
    assert [a["title"] for a in sentences] == ["score 0.90", "score 0.65", "score 0.10"]
    marks = [a for tag, a in told.tags if tag == "mark" and "data-note" in a]
    assert [a["title"] for a in marks] == ["→ young|new (phrase from your list)", "<odd>", "<odd>", "<odd>"]
    assert {a["aria-describedby"] for a in marks} <= set(told.ids)
    assert "0.90" in told.text
    for piece in (
        'a "young" chicken',
        "commas are <rare>",
        "commas a word",
        "1.0 %",
        "2.0 % – 9.0 %",
        "“the”",
        "+40.0 %",
    ):
        assert piece in told.text


def test_warnings_and_the_decision_are_told(item, verdict_of):
    decision = Decision("review", "review", False, "house", "ab" * 32, "rule 1: <b>", ())
    for verdict in (item.verdict, verdict_of("")):
        said = dataclasses.replace(verdict, warnings=("hidden_marks",), decision=decision)
        told = parsed(html_report([item._replace(verdict=said)])).text
        assert "Invisible marks inside words (undone)." in told
        assert "Review: rule 1: <b>." in told


@given(st.text(max_size=30), st.text(max_size=30))
def test_nothing_escapes(verdict_of, text, other):
    text = "<script>" + text + "</div></main>"
    verdict = dataclasses.replace(
        verdict_of("SPUN x"),
        id=other or None,
        evidence=(Evidence(0, len(text), text, other, 1.0, other),),
        sentences=(SentenceScore(0, len(text), 0.7),),
        reasons=(Reason(other, text, 1.0, 0.0, (0.0, 1.0)),),
    )
    page = html_report([ReportItem(text, verdict)])
    assert {tag for tag, _ in parsed(page).tags}.isdisjoint({"script", "b"})
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", page)


def test_a_view_that_lacks_a_value_makes_no_page():
    with pytest.raises(UndefinedError, match="title"):
        render("score.html", contents=[], legend=[], texts=[])


def test_templates_print_nothing_unescaped():
    templates = sorted(files("mtdetect.rendering").joinpath("templates").iterdir(), key=lambda one: one.name)
    assert [one.name for one in templates] == ["base.html", "comparison.html", "score.html", "screening.html"]
    for template in templates:
        content = template.read_text(encoding="utf-8")
        assert not re.search(r"\|\s*safe|autoescape|<script|\son\w+=|\sstyle=", content), template.name
        # A value in an attribute stands in double quotes, which escaping covers.
        assert not re.search(r"=\s*\{\{|='[^'\">]*\{\{", content), template.name


@pytest.mark.parametrize(
    ("original", "relation", "direction", "line"),
    [
        ("a<b>.txt", "machine_translated", "suspect_is_copy", "Copy of a<b>.txt (machine translated"),
        (7, "spun", "original_is_copy", "Original of 7 (spun"),
        (None, "edited", "unclear", "Shares its text with the original (edited"),
        ("a.txt", "related", "unclear", None),
    ],
)
def test_the_original_is_named(verdict_of, original, relation, direction, line):
    text = "SPUN " + "word " * 50
    match = Match(original, 0.9876, relation, direction, 0.83, 0.97)
    item = ReportItem(text, dataclasses.replace(verdict_of(text), match=match))
    shares = [one for one in parsed(html_report([item])).text if "copied" in one]
    assert shares == ([f"{line}, score 0.988, 83% copied, 97% covered)."] if line else [])


def test_several_texts_have_a_list(verdict_of, item):
    empty = ReportItem("", verdict_of("", id="empty.txt"))
    person = ReportItem("word " * 50, verdict_of("word " * 50))
    told = parsed(html_report(iter([item, empty, person])))
    assert [a["href"] for tag, a in told.tags if tag == "a"] == ["#t1", "#t2", "#t3"]
    assert "mtdetect: 3 texts, 1 flagged" in told.text
    assert "Not judged: empty" in told.text
    assert "text 3" in told.text
    assert parsed(html_report([])).text


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv", "sarif"])
def test_command(stub, tmp_path, monkeypatch, capsys, form):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("SPUN <i>it</i> is. " + "word " * 50, encoding="utf-8")
    (tmp_path / "b.txt").write_text("word " * 50, encoding="utf-8")
    assert main(["score", "a.txt", "b.txt", "--format", form]) == 1
    alone = capsys.readouterr().out
    assert main(["score", "a.txt", "b.txt", "--format", form, "--html", "report.html"]) == 1
    assert capsys.readouterr().out == alone
    told = parsed((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "mtdetect: 2 texts, 1 flagged" in told.text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "b.txt", "report.html"]


def test_with_explain(stub, tmp_path, capsys):
    (tmp_path / "a.txt").write_text("word " * 50, encoding="utf-8")
    assert main(["score", str(tmp_path / "a.txt"), "--explain", "--html", str(tmp_path / "r.html")]) == 0
    assert "a.txt: original" in capsys.readouterr().out
    assert "Written by a person" in (tmp_path / "r.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("-", "--html needs the name of a file"),
        ("a.txt", "a.txt: is an input, too"),
        ("no/where.html", "no/where.html: cannot be written"),
        (".", ".: is a folder"),
    ],
)
def test_outputs_that_cannot_be(stub, tmp_path, monkeypatch, capsys, output, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("word " * 50, encoding="utf-8")
    assert main(["score", "a.txt", "--html", output]) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.startswith("mtdetect: ")
    assert told in streams.err


def test_an_old_report_stays_if_the_work_fails(stub, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("word " * 50, encoding="utf-8")
    (tmp_path / "r.html").write_text("before", encoding="utf-8")
    monkeypatch.setattr("mtdetect.rendering.html_score.html_report", lambda items: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(["score", "a.txt", "--html", "r.html"])
    assert (tmp_path / "r.html").read_text(encoding="utf-8") == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "r.html"]


@pytest.mark.skipif(os.name == "nt", reason="a pipe that nobody reads is told otherwise there")
def test_a_pager_that_closes_leaves_the_report(tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(
            "She sold the boat in spring and bought a mule. " * 300, encoding="utf-8"
        )
    command = [sys.executable, "-m", "mtdetect", "score", ".", "--explain", "--html", "r.html"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.close()
        told = process.stderr.read()
        status = process.wait()
    assert (told, status) == ("", PIPE_CLOSED)
    assert (tmp_path / "r.html").read_text(encoding="utf-8").count("She sold the boat") > 500


def test_shipped_model(shipped, tmp_path, capsys):
    text = "".join(
        f"She sold the boat in spring & bought a {animal}.\n\nNobody in the village had asked her why. "
        for animal in ("mule", "goat", "horse", "sheep")
    )
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    args = [str(tmp_path / "a.txt"), "--format", "json", "--html", str(tmp_path / "r.html")]
    assert main(["score", *args]) in (0, 1)
    assert json.loads(capsys.readouterr().out)["words"] == 68
    told = parsed((tmp_path / "r.html").read_text(encoding="utf-8"))
    assert told.plain == text
