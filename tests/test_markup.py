"""Marks of translation plugins and of browsers' translations."""

from __future__ import annotations

import csv
import json
import time

import pytest

from archives import record, response
from mtdetect.cli import main
from mtdetect.errors import UsageError
from mtdetect.inputs import markup
from mtdetect.policy import rules
from pages import ARTICLE, LAYOUTS, TITLE, page, paragraphs

pytest.importorskip("resiliparse")
BODY = f"<article><h1>{TITLE}</h1>{paragraphs(ARTICLE)}</article>"
LANGUAGES = "bg cs da de el en es et fi fr hu it lt lv nl".split()
HREFLANG = "".join(f"<link rel=alternate hreflang='{code}' href='/{code}'>" for code in LANGUAGES)

MARKED = {
    "translation-stats": """<meta name="translation-stats" content='{"total_phrases":9}'>""",
    "machine-translated-from": "<link rel='alternate machine-translated-from' hreflang=es href=/es>",
    "translated-class": "<html lang=en class='js translated-ltr'>",
    "inherit-font": '<font style="vertical-align: inherit;"><font>Hello</font></font>',
    "edge-translation": "<p _msttexthash=1234 _msthash=12>Hello",
    "immersive-translate": "<font class='notranslate immersive-translate-target-wrapper' lang=en>Hello</font>",
    "translation-proxy": "<base href='https://a-example.translate.goog/'>",
    "notice": "<p>This page was automatically translated from Spanish.</p>",
    "gtranslate": "<div class='gtranslate_wrapper'></div>",
    "transposh": "<script src='/wp-content/plugins/transposh-translation-filter/js/transposh.js'></script>",
    "weglot": "<script src='https://cdn.weglot.example/weglot.min.js'></script>",
    "translatepress": "<link rel=stylesheet href='/plugins/translatepress-multilingual/a.css'>",
    "conveythis": "<script src='//cdn.conveythis.example/conveythis.js'></script>",
    "linguise": "<script src='https://static.linguise.example/script.js'></script>",
    "google-translate-widget": "<div id=google_translate_element></div>",
    "hreflang": HREFLANG,
}


def names(html):
    return [mark.mark for mark in markup.marks(html)]


def test_every_mark_has_a_case():
    assert set(MARKED) == set(markup.NAMES) == set(markup.MEANINGS)


@pytest.mark.parametrize("name", MARKED)
def test_each_mark_is_found_in_any_letters(name):
    assert names(page(TITLE, MARKED[name] + BODY)) == [name]
    assert names(MARKED[name].upper() + BODY) == [name]


@pytest.mark.parametrize(
    "html",
    [
        "<p>We tried gtranslate, Weglot, Transposh and Linguise on our blog, and this page was translated by Anna Weber.</p>",
        "<p>They translated automatically whatever they heard.</p>",
        "".join(f"<link rel=alternate hreflang={code}>" for code in LANGUAGES[:5]),
        "<font size=2 style='color: red'>Hello</font>",
        "<p class=translated>Hello</p>",
        *(layout(TITLE, ARTICLE) for layout in LAYOUTS.values()),
    ],
)
def test_other_pages_have_no_marks(html):
    assert names(html) == []


def test_notices():
    for notice in (
        "This article has been translated automatically",
        "The following text is machine-translated",
        "This content was translated by Google",
        "This page is automatically\n translated",
    ):
        assert names(f"<p>{notice}.</p>") == ["notice"]


def test_made_up_pages_take_no_time():
    start = time.perf_counter()
    for part in ("<font ", "<a hreflang=", "<html class=", "this page was ", "<link rel=" + "a " * 900):
        names(part * 20_000)
    assert time.perf_counter() - start < 20


PAGE = page(TITLE, MARKED["weglot"] + MARKED["notice"] + BODY).encode()


@pytest.fixture
def crawl(tmp_path):
    (tmp_path / "a.warc").write_bytes(
        response("https://a.example/1", PAGE)
        + response("https://a.example/2", page(TITLE, BODY).encode())
        + response("https://a.example/3", b"x", status="404 Not Found")
        + record("conversion", "https://a.example/4", " ".join(ARTICLE).encode(), "text/plain")
    )
    (tmp_path / "page.html").write_bytes(PAGE)
    return tmp_path


def test_screen_writes_and_counts_marks(shipped, crawl, capsys):
    out, report = crawl / "out.jsonl", crawl / "report.html"
    assert main(["screen", str(crawl / "a.warc"), "--output", str(out), "--html", str(report)]) == 0
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row.get("markup") and [one["mark"] for one in row["markup"]] for row in rows] == [
        ["notice", "weglot"],
        [],
        None,
        None,
    ]
    assert [set(one) for one in rows[0]["markup"]] == [{"mark", "says", "meaning"}] * 2
    assert [one["says"] for one in rows[0]["markup"]] == ["translated", "offered"]
    assert (rows[1]["label"], rows[1]["score"]) == (rows[3]["label"], rows[3]["score"])
    assert "markup    1 × notice, 1 × weglot" in capsys.readouterr().err
    assert "says that it was translated automatically" in report.read_text(encoding="utf-8")


def test_marks_in_columns(shipped, crawl):
    pq = pytest.importorskip("pyarrow.parquet")
    assert main(["screen", str(crawl / "a.warc"), "--output", str(crawl / "out.parquet")]) == 0
    column = pq.read_table(crawl / "out.parquet").column("markup").to_pylist()
    assert [one and [mark["mark"] for mark in one] for one in column] == [
        ["notice", "weglot"],
        [],
        None,
        None,
    ]
    assert main(["screen", str(crawl / "a.warc"), "--output", str(crawl / "out.csv")]) == 0
    with open(crawl / "out.csv", encoding="utf-8", newline="") as file:
        assert [bool(row["markup"]) for row in csv.DictReader(file)] == [True, True, False, False]


def test_policies_use_marks(shipped, crawl, capsys):
    policy = crawl / "policy.toml"
    policy.write_text('[[rules]]\naction = "review"\nmarkup = ["translated"]\n', encoding="utf-8")
    status = main(["score", str(crawl / "page.html"), "--policy", str(policy), "--format", "json"])
    verdict = json.loads(capsys.readouterr().out)
    assert status == 1
    assert verdict["decision"]["action"] == "review"
    assert verdict["decision"]["reasons"] == ["markup of the page: notice"]
    policy.write_text('[[rules]]\naction = "block"\nmarkup = "gtranslate"\n', encoding="utf-8")
    assert main(["score", str(crawl / "page.html"), "--policy", str(policy), "--format", "json"]) == 0
    with pytest.raises(UsageError, match=r"'markup' has 'x'; known values: translation-stats, .*, offered"):
        rules.parse('[[rules]]\naction = "block"\nmarkup = "x"\n', name="a")
