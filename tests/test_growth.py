"""Time grows no faster than the text, whatever a text is full of (``benchmarks/worst_cases.py`` makes the texts)."""

from __future__ import annotations

import time

import pytest

import worst_cases

SHORT, GROWTH = 40_000, 8

KINDS = worst_cases.KINDS


def processor_seconds(work, text):
    start = time.process_time()
    work(text)
    return time.process_time() - start


@pytest.mark.parametrize("between", [False, True], ids=["alone", "between sentences"])
@pytest.mark.parametrize("kind", KINDS)
def test_texts_have_their_length(kind, between):
    text = worst_cases.text_of(kind, 3000, between_sentences=between)
    assert 3000 <= len(text) < 3500
    assert text == worst_cases.text_of(kind, 3000, between_sentences=between)


@pytest.mark.thorough
@pytest.mark.parametrize("between", [False, True], ids=["alone", "between sentences"])
@pytest.mark.parametrize("kind", KINDS)
def test_time_grows_with_the_text(shipped, kind, between):
    """Linear is a factor of 8, quadratic one of 64; half a second is granted to a busy machine."""
    short, long = (
        worst_cases.text_of(kind, length, between_sentences=between) for length in (SHORT, GROWTH * SHORT)
    )
    least = min(processor_seconds(shipped.score, short) for _ in range(2))
    assert processor_seconds(shipped.score, long) < 3 * GROWTH * least + 0.5


SENTENCE = "The council voted on Monday to keep the old pool open for another year, and {} people came."

PAGES = {
    "open blocks": "<div>{}",
    "open blocks of two kinds": "<div><blockquote>{}",
    "end tags of other elements": "<div></article>{}",
    "end tags in comments": "<div><!-- </div> -->{}",
    "end tags in attributes": "<div title='</div>'>{}",
    "open formatting": "<p><b id={0}>{0}",
    "open formatting of blocks": "<div><font size={0}>{0}",
}


def page_of(kind, elements):
    sentences = (SENTENCE.format(k) for k in range(elements))
    if "formatting" in kind:
        return "".join(PAGES[kind].format(k) + one for k, one in enumerate(sentences)).encode()
    return "".join(PAGES[kind].format(one) for one in sentences).encode()


@pytest.mark.parametrize("kind", PAGES)
def test_pages_that_are_never_closed_lose_no_text(kind):
    """Three of these took minutes or all memory at this size."""
    pytest.importorskip("resiliparse")
    from mtdetect.inputs import html

    text = html.main_text(page_of(kind, 6000))
    assert SENTENCE.format(0) in text
    assert SENTENCE.format(5999) in text
    assert text.count("The council voted") == 6000


@pytest.mark.thorough
@pytest.mark.parametrize("kind", PAGES)
def test_time_grows_with_the_page(kind):
    """As for texts; a page of four times the size takes four times as long, a quadratic one sixteen times."""
    pytest.importorskip("resiliparse")
    from mtdetect.inputs import html

    least = min(processor_seconds(html.main_text, page_of(kind, 4000)) for _ in range(2))
    assert processor_seconds(html.main_text, page_of(kind, 16_000)) < 10 * least + 0.5
