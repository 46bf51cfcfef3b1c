"""Reading of texts: folding, tokens, sentences, language, and offsets in the given text."""

from __future__ import annotations

import html
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtdetect.features.lexicon import shipped
from mtdetect.text import decode, language, read
from mtdetect.text.tokens import hash_word
from mtdetect.text.vocabulary import FIRST_WORD, UNKNOWN, YEAR

WORDS = shipped().vocabulary


def tokens(text: str) -> list[str]:
    document = read([text], WORDS, identify=False)[0]
    return [document.text[a:b] for a, b in document.spans]


def sentences(text: str) -> list[str]:
    document = read([text], WORDS, identify=False)[0]
    return [document.text[a:b] for a, b in document.sentences]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mexico's plan don't work", ["Mexico", "'s", "plan", "don't", "work"]),
        ("the U.S. said 1,250.50 at 3 p.m.", ["the", "U.S", ".", "said", "1,250.50", "at", "3", "p.m", "."]),
        ("a well-known... thing", ["a", "well", "-", "known", "...", "thing"]),
        ("café “quoted”", ["café", "“", "quoted", "”"]),
        ("COVID19 cost $5", ["COVID19", "cost", "$", "5"]),
        ("", []),
        (" \n\t ", []),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dr. Ames left. He was late.", ["Dr. Ames left.", "He was late."]),
        ("J. Smith met Mrs. Lee at 5 p.m. They talked.", ["J. Smith met Mrs. Lee at 5 p.m.", "They talked."]),
        ("“Stop!” she said. “Why?” No answer.", ["“Stop!” she said.", "“Why?”", "No answer."]),
        ("A headline without a stop\n\nThe text begins.", ["A headline without a stop", "The text begins."]),
        ("- first item\n- second item", ["- first item", "- second item"]),
        (
            "all is small here. nobody uses capitals. it still ends.",
            ["all is small here.", "nobody uses capitals.", "it still ends."],
        ),
        ("It cost 3.5 million. Nobody paid.", ["It cost 3.5 million.", "Nobody paid."]),
        ("The line was lost.Then it came back.", ["The line was lost.", "Then it came back."]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_wrapped_lines_are_joined() -> None:
    text = (
        "This message was written in an editor that breaks every line at the same\n"
        "column, as mail programs used to do, and Nobody should mistake its line\n"
        "ends for the ends of sentences, even where a line begins with a Capital\n"
        "letter. The second sentence begins here."
    )
    assert len(sentences(text)) == 2


def test_glyphs_do_not_change_the_ids() -> None:
    plain = 'He said "it\'s fine" - and left.'
    fancy = "He said “it’s fine” — and left."
    escaped = html.escape(plain)
    soft = plain.replace("fine", "fi\u00adne").replace(" and", "\u00a0and\u200b")
    batch = read([plain, fancy, escaped, soft], WORDS, identify=False)
    for document in batch:
        assert document.ids.tolist() == batch[0].ids.tolist()


def test_offsets_survive_entities_and_composition() -> None:
    text = "Tom &amp; Zoe\u0308 paid &pound;5 for co\ufb00ee"
    assert tokens(text) == ["Tom", "&amp;", "Zoe\u0308", "paid", "&pound;", "5", "for", "co\ufb00ee"]


def test_spans_hold_all_of_an_entity() -> None:
    # The first becomes two characters. The second is not an entity, it only begins like one.
    text = "fi&fjlig;ord a&eacuteb;c"
    assert tokens(text) == ["fi&fjlig;ord", "a", "&", "eacuteb", ";", "c"]


def test_batch_of_one_equals_batch_of_many() -> None:
    texts = ["One text. It is short.", "", "Another, with a name: Ürümqi\r\nand two lines.", "中文"]
    together = read(texts, WORDS, identify=False)
    for k, text in enumerate(texts):
        alone = read([text], WORDS, identify=False)[0]
        assert alone.ids.tolist() == together[k].ids.tolist()
        assert alone.spans.tolist() == together[k].spans.tolist()
        assert alone.sentences.tolist() == together[k].sentences.tolist()


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.text(alphabet=st.characters(codec=None, exclude_categories=()), max_size=60),
        min_size=1,
        max_size=4,
    )
)
def test_offsets_map_back(texts: list[str]) -> None:
    batch = read(texts, WORDS, identify=False)
    for document in batch:
        spans = document.spans
        assert (spans[:, 0] < spans[:, 1]).all()
        assert (spans >= 0).all()
        assert (spans <= len(document.text)).all()
        # In order; tokens may share a span only if they come from the same character.
        assert (np.diff(spans[:, 0]) >= 0).all()
        for start, end in document.sentences:
            assert 0 <= start < end <= len(document.text)


@settings(max_examples=200, deadline=None)
@given(st.from_regex(r"[a-zA-Z]{1,12}( [a-zA-Z]{1,12}){0,8}", fullmatch=True))
def test_words_are_the_words(text: str) -> None:
    assert tokens(text) == text.split(" ")


@given(st.text(alphabet=st.characters(categories=["Ll", "Lu"], max_codepoint=0x24F), min_size=1, max_size=12))
def test_hash_of_a_word_is_the_tokenizers(word: str) -> None:
    word = unicodedata.normalize("NFC", word)
    batch = read([word], WORDS, identify=False)
    assert len(batch.tokens) == 1
    assert int(batch.tokens.hash[0]) == hash_word(word)


def test_ids_of_the_vocabulary() -> None:
    assert [WORDS.word(k) for k in range(FIRST_WORD, FIRST_WORD + 3)] == ["the", "to", "and"]
    document = read(["the 1987 xqzzvwpk"], WORDS, identify=False)[0]
    assert document.ids.tolist() == [FIRST_WORD, YEAR, UNKNOWN]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"plain", "plain"),
        ("Café".encode("latin-1"), "Café"),
        ("Café".encode(), "Café"),
        ("Café und mehr".encode("utf-16"), "Café und mehr"),
        ("Some longer ASCII text".encode("utf-16-le"), "Some longer ASCII text"),
        ("é caf\u00e9".encode()[:-1], "é caf"),
        (b"\x00\x01\x02\x03" * 100, None),
        (bytes(range(256)) * 20, None),
        (b"", ""),
    ],
)
def test_decode(content: bytes, expected: str | None) -> None:
    assert decode(content) == expected


@given(st.binary(max_size=400))
def test_decode_never_fails(content: bytes) -> None:
    assert decode(content) is None or isinstance(decode(content), str)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \n ", "empty"),
        ("?! ... --", "not prose"),
        (
            "Le conseil a voté hier soir une nouvelle loi sur les écoles de la ville et des villages. " * 5,
            "language: fr",
        ),
        (
            "Der Rat hat gestern Abend über die Schulen der Stadt und der Dörfer abgestimmt, sagte er. " * 5,
            "language: de",
        ),
        ("for (i = 0; i < n; i++) { s += a[i]; } " * 20, "not prose"),
        ("今天我们在公园里散步，天气非常好。" * 10, "language: zh"),
        (
            "Di market people dem dey vex well well say light no dey since morning. Wetin we go do now? "
            "Make una come carry di generator wey my broder buy last week, e dey for back of di shop. " * 3,
            "language: pcm",
        ),
        (
            "“Dem di good times,” he said. The council voted last night on a new law for the schools. " * 3,
            None,
        ),
    ],
)
def test_language(text: str, reason: str | None) -> None:
    assert read([text], WORDS).reason == [reason]


def test_short_english_needs_no_identifier(monkeypatch):
    monkeypatch.setattr(language, "identify", None)
    for shares in ({"words": 50, "known": 0.9, "function": 0.2}, {"words": 9, "known": 0.8, "function": 0.0}):
        assert language.why_unsupported("Hats, coats.", letters=0.9, creole=0.0, **shares) == ("en", None)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 200_000,
        "word " * 100_000,
        "(" * 50_000,
        "\n" * 50_000,
        "a\u0301" * 20_000,
        "a" + "\u0315\u0300" * 100_000,
        "&amp;" * 20_000,
        "." * 50_000,
    ],
)
def test_long_and_odd(text: str) -> None:
    batch = read([text], WORDS)
    assert len(batch) == 1
    assert all(0 <= start < end <= len(text) for start, end in batch[0].spans[-3:].tolist())
