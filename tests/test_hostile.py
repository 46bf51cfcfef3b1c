"""Bytes that nobody meant well: what fuzzing has found, and some chance on every way in.

``fuzz/targets.py`` says what must hold. What ``fuzz/run.py`` finds is kept in ``fuzz/found``, a file each.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz import targets

FOUND = sorted(path for path in Path(targets.__file__).with_name("found").rglob("*") if path.is_file())
NEEDS = {
    "parquet": "pyarrow",
    "warc": "fastwarc",
    "warc.gz": "fastwarc",
    "message": "fastwarc",
    "html": "resiliparse",
    "jsonl.zst": "zstandard",
    "body": "pydantic",
}
SLOW = ("model", "database", "doctored")


def check(name, data, folder):
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    targets.TARGETS[name].check(data, folder)


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_was_found_stays_mended(shipped, path, tmp_path):
    check(path.parent.name, path.read_bytes(), tmp_path)


@pytest.mark.parametrize("name", targets.TARGETS)
def test_seeds_with_some_bytes_changed(shipped, name, tmp_path):
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    seeds = targets.seeds(name)
    assert seeds
    chance = random.Random(name)
    for _ in range(4 if name in SLOW else 25):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(0, 8)):
            at = chance.randrange(len(data) + 1)
            data[at : at + chance.randint(0, 4)] = chance.randbytes(chance.randint(0, 4))
        check(name, bytes(data), tmp_path)


WORDS = (
    "the",
    "cоuncil",
    "a\u0301",
    "&amp;",
    "&eacuteb;",
    "\u200b",
    "\u00ad",
    "ﬁ",
    "don’t",
    "U.S.",
    "\r\n",
    "\n\n",
    "\ud800",
    "𝐓",
    "…",
)
MARKS = (
    *WORDS,
    ". ",
    "? ",
    "! ",
    ' "',
    "'s",
    ",",
    " ",
    "  ",
    "1,500.5",
    "\t",
    "中文",
    "Тhe",
    "ofthe",
    "{a|b}",
    " -x -y",
)


@settings(max_examples=60)
@given(st.lists(st.one_of(st.sampled_from(MARKS), st.text(max_size=4)), max_size=60))
def test_any_text(shipped, parts):
    data = "".join(parts).encode("utf-8", "surrogatepass")
    for name in ("reading", "scoring"):
        targets.TARGETS[name].check(data, None)


def test_same_verdict_in_any_order_and_company(shipped):
    texts = [
        targets.STORY,
        targets.SPUN,
        targets.LETTER,
        targets.MIXED,
        "",
        "x",
        targets.SPUN * 5,
        targets.STORY * 3,
    ] * 4
    expected = [shipped.score(text) for text in texts]
    for seed in range(3):
        order = list(range(len(texts)))
        random.Random(seed).shuffle(order)
        for k, verdict in zip(order, shipped.score_many(texts[k] for k in order), strict=True):
            same(verdict, expected[k])


def same(one, other):
    assert (one.label, one.reason, one.words, one.language) == (
        other.label,
        other.reason,
        other.words,
        other.language,
    )
    assert one.score == pytest.approx(other.score, abs=1e-9)
    assert one.p_value == pytest.approx(other.p_value, abs=1e-9)
    assert one.quality == pytest.approx(other.quality, abs=1e-7)
    assert one.evidence == other.evidence


def test_same_verdict_however_many_share_a_batch(shipped, monkeypatch):
    texts = [targets.STORY, targets.SPUN, targets.LETTER] * 7
    expected = [shipped.score(text) for text in texts]
    for size in (1, 2, 5, 16, 1024):
        monkeypatch.setattr("mtdetect.detector.BATCH_TEXTS", size)
        for verdict, alone in zip(shipped.score_many(texts), expected, strict=True):
            same(verdict, alone)


@pytest.mark.thorough
def test_elements_in_elements_lose_no_text():
    pytest.importorskip("resiliparse")
    from mtdetect.inputs import html

    sentence = (
        "The county council voted on Monday to keep the old swimming pool open, and nobody objected to it."
    )
    for deep in (3, 3000):
        page = (
            "<html><body><article>"
            + "<div>" * deep
            + f"<p>{sentence}</p>"
            + "</div>" * deep
            + f"<p>{sentence}</p></article></body></html>"
        )
        assert html.main_text(page.encode()).split("\n") == [sentence, sentence]
    nested = ("<html><body>" + "<div><span>" * 60_000 + f"<p>{sentence}</p>").encode()
    assert html.main_text(nested) == sentence  # in hours, if it took quadratic time


def test_same_verdict_from_any_wrapping(shipped, service, tmp_path):
    """A text, its bytes, its page, its line, its request."""
    pytest.importorskip("resiliparse")
    from mtdetect import inputs

    text = targets.SPUN + " " + targets.LETTER.strip()
    expected = shipped.score(text)
    page = tmp_path / "page.html"
    page.write_text(
        f"<html><body><nav>Home</nav><main><article><p>{text}</p></article></main></body></html>",
        encoding="utf-8",
    )
    (record,) = map(inputs.parse, inputs.records(str(page)))
    for wrapped in (text.encode(), text.encode("utf-16"), record.text):
        same(shipped.score(wrapped), expected)
    status, _, answer = service.ask("POST", "/v1/score", {"text": text})
    assert status == 200
    assert answer == expected.to_dict()


@pytest.mark.parametrize(
    ("text", "words", "reason"),
    [
        ("The word is here. " * 60_000, 240_000, None),
        ("a" * 3_000_000, 1, "not prose"),
        ("word" + "\u200b" * 1_000_000 + "word", 1, "short"),
        ("{a|" * 200_000, 200_000, "not prose"),
        ("x -y " * 200_000, 400_000, "not prose"),
        ("& " * 300_000 + "&amp" * 5_000, 5_000, "not prose"),
        ("cоuncil " * 100_000, 100_000, "not prose"),
        ("<div class=" * 30_000, 60_000, "not prose"),
        ("“" * 500_000, 0, "not prose"),
        ("U.S. " * 5_000, 5_000, "not prose"),
        ("\n" * 1_000_000, 0, "empty"),
    ],
    ids=lambda value: repr(value[:12]) if isinstance(value, str) else str(value),
)
def test_a_megabyte_of_nothing(shipped, text, words, reason):
    """Each would take far too long if anything in its way took quadratic time."""
    verdict = shipped.score(text)
    assert verdict.words == words
    assert reason is None or verdict.reason == reason  # what is prose is for the model to judge
    assert verdict.at(0.5).fpr == 0.5
