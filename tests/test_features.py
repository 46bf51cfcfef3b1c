"""Feature blocks, checked against hand counts, slow reference code and textstat."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from mtdetect.errors import UsageError
from mtdetect.features import blocks, ngrams, readability
from mtdetect.features.columns import in_order
from mtdetect.features.lexicon import shipped
from mtdetect.features.transformers import BlockTransformer, NgramTransformer
from mtdetect.features.view import View
from mtdetect.text import read
from mtdetect.training import ngram_counts

LEXICON = shipped()

PLAIN = (
    "The ferry to the island leaves twice a day, once in the morning and once after lunch. Most people who take it "
    "work in the harbour. My sister sells tickets there, and she knows nearly everyone by name. When the wind is "
    "strong the captain waits, because the pier is old and nobody wants to repair it. Last winter we sat in the "
    "waiting room for three hours and played cards with two fishermen."
)


def view(*texts: str) -> View:
    return View(read(texts, LEXICON.vocabulary, identify=False), LEXICON)


def column(name: str, *texts: str) -> list[float]:
    return blocks.measure(view(*texts))[:, blocks.NAMES.index(name)].tolist()


def test_columns_are_matched_by_name() -> None:
    ones, twos = np.ones(3), np.full(3, 2.0)
    ordered = in_order({"b": twos, "a": ones}, ("a", "b"))
    assert [column.tolist() for column in ordered] == [ones.tolist(), twos.tolist()]
    for wrong in ({"a": ones}, {"a": ones, "b": twos, "c": ones}, {"a": ones, "c": twos}):
        with pytest.raises(ValueError, match=r"columns computed and columns named differ in: (b|c|b, c)$"):
            in_order(wrong, ("a", "b"))


def test_every_column_is_measured_on_prose() -> None:
    measured = blocks.measure(view(PLAIN))
    assert measured.shape == (1, len(blocks.NAMES)) == (1, len(set(blocks.NAMES)))
    assert np.isfinite(measured).all()


@pytest.mark.parametrize("text", ["", "?!", "one", "One.", "\n\n", "中文", "7 7 7"])
def test_degenerate_texts_beside_others(text: str) -> None:
    measured = blocks.measure(view(PLAIN, text, PLAIN))
    alone = blocks.measure(view(PLAIN))
    np.testing.assert_allclose(measured[0], alone[0])
    np.testing.assert_allclose(measured[2], alone[0])


def test_empty_batch_of_one() -> None:
    assert np.isnan(blocks.measure(view(""))).any()


def test_counts_by_hand() -> None:  # every expected value was counted by hand
    assert column("readability.sentence_length", "One two three. Four five.") == [2.5]
    assert column("readability.word_length", "ab abcd") == [3.0]
    assert column("richness.the", "The cat and the dog") == [0.4]
    assert column("richness.contractions", "I don't know. We know.") == pytest.approx([0.2])
    assert column("richness.commas", "One, two, three words") == [0.5]
    assert column("richness.guiraud", "a b c a") == [1.5]
    assert column("surface_errors.doubled_words", "He went to to the sea") == pytest.approx([1 / 6])
    assert column(
        "surface_errors.wrong_article", "It was a apple and an dog", "It was an apple and a dog"
    ) == [
        2 / 3,
        0.0,
    ]
    assert column("surface_errors.wrong_article", "a one-off, an hour, a European law, an FBI agent") == [0.0]
    assert column("surface_errors.stray_stops", "It rained. . We left.", "It rained . . . and we left.") == [
        0.25,
        0.0,
    ]
    assert column("surface_errors.orphans", "It rained on the roof. the old. We left.") == [1 / 9]
    assert column("consistency.mixed_spelling", "The colour and the color") == [20.0]
    assert column("consistency.name_variants", "Obrador met Obradour and Obrador") == [20.0]


def test_a_loop_does_not_run_from_one_text_into_the_next() -> None:
    # Three words that end one text and begin the next are not a loop, although they are neighbours in the batch.
    assert column("surface_errors.loops", "the old grey sea", "the old grey sea") == [0.0, 0.0]
    assert column("surface_errors.loops", "the old sea the old sea the old sea")[0] > 0


def test_damage_moves_fluency_the_right_way() -> None:
    damaged = PLAIN
    for word, substitute in (
        ("strong", "potent"),
        ("twice", "double"),
        ("tickets", "slates"),
        ("winter", "wintertime"),
        ("cards", "menus"),
    ):
        damaged = damaged.replace(word, substitute)
    for name, sign in (("fluency.fit_both", -1), ("fluency.surprisal", 1), ("collocations.gain", 1)):
        before, after = column(name, PLAIN, damaged)
        assert sign * (after - before) > 0, name


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from("the old ferry leaves harbour twice every day , . zzyzxq 1999".split()), max_size=30
    )
)
def test_ngram_counts_match_a_slow_reference(words: list[str]) -> None:
    text = " ".join(words)
    batch = read([text], LEXICON.vocabulary, identify=False)
    expected = sum((Counter(part.tolist()) for part in ngrams.hashed(batch)), Counter())
    known = np.array(sorted(k for k in expected if k % 3), np.uint32)
    counted = ngram_counts.counts(batch, known)
    root = math.sqrt(50 / max(int(batch.words[0]), 10))
    slow = {k: math.log2(1 + v) * root for k, v in expected.items() if k % 3}
    got = dict(zip(known[counted.indices].tolist(), counted.data.tolist(), strict=True))
    assert got == pytest.approx(slow, rel=1e-5)
    table = (known[:, None] % np.array([7, 5], np.uint32)).astype(np.int8) - 3
    weights = ngrams.Weights(known, table)
    of_models = [sum(v * float(k % m - 3) for k, v in slow.items()) for m in (7, 5)]
    np.testing.assert_allclose(
        ngrams.logits(View(batch, LEXICON), weights)[0], of_models, rtol=1e-4, atol=1e-5
    )


def test_triples_do_not_reach_over_sentences() -> None:
    batch = read(
        ["We left. It rained.", "We left. They sang. It rained."], LEXICON.vocabulary, identify=False
    )
    _, _, triple = ngrams.hashed(batch)
    first, second = (triple[slice(*batch.first[k : k + 2])] for k in (0, 1))
    assert first.tolist() == [*second[:3].tolist(), *second[-3:].tolist()]
    assert len(set(first.tolist())) == 6


def test_probabilities_of_bigrams_add_up() -> None:
    for word in ("the", "of", "said"):
        left = np.full(len(LEXICON.vocabulary), LEXICON.vocabulary.numbers[word])
        right = np.arange(len(LEXICON.vocabulary))
        total = LEXICON.bigrams.probability(left, right, LEXICON.pairs(LEXICON.bigram, left, right)).sum()
        # Counts are stored within 7 %, and one absent pair in 512 gets a random count.
        assert 0.7 < total < 1.35, word


def test_readability_agrees_with_textstat() -> None:
    textstat = pytest.importorskip("textstat")
    measured = dict(zip(readability.NAMES, readability.measure(view(PLAIN))[0], strict=True))
    words = textstat.lexicon_count(PLAIN)
    sentences = textstat.sentence_count(PLAIN)
    assert measured["sentence_length"] == pytest.approx(words / sentences)
    letters = textstat.letter_count(PLAIN)
    assert measured["word_length"] == pytest.approx(letters / words, rel=0.02)
    per_sentence, per_word = measured["sentence_length"], measured["word_length"]
    ari = 4.71 * per_word + 0.5 * per_sentence - 21.43
    assert ari == pytest.approx(textstat.automated_readability_index(PLAIN), abs=1.0)
    coleman_liau = 5.88 * per_word - 29.6 / per_sentence - 15.8
    assert coleman_liau == pytest.approx(textstat.coleman_liau_index(PLAIN), abs=1.0)


@pytest.mark.parametrize("block", [b.name for b in blocks.BLOCKS])
def test_transformers_in_a_pipeline(block: str) -> None:
    transformer = clone(BlockTransformer(block))
    measured = make_pipeline(transformer).fit_transform([PLAIN, PLAIN[:100]])
    assert measured.shape == (2, len(transformer.fit([]).get_feature_names_out()))


@pytest.mark.parametrize("given", ["One text.", [b"Bytes."], [["two", "columns"]]])
def test_what_is_no_list_of_texts(given) -> None:
    for transformer in (BlockTransformer(), NgramTransformer(bits=8)):
        with pytest.raises(UsageError, match=r"^X"):
            transformer.fit_transform(given)


def test_unknown_block() -> None:
    with pytest.raises(UsageError, match="no feature block called 'mood'"):
        BlockTransformer("mood").fit([PLAIN])


def test_ngram_transformer() -> None:
    matrix = NgramTransformer().fit_transform([PLAIN, ""])
    assert matrix.shape == (2, 1 << 20)
    assert matrix[0].nnz > 100
    assert matrix[1].nnz == 0
    few = NgramTransformer(bits=6).fit_transform([PLAIN])
    assert few.shape == (1, 64)
    assert few.sum() == pytest.approx(matrix[0].sum(), rel=0.5)
    with pytest.raises(UsageError, match="bits must be 1 to 30, not 31"):
        NgramTransformer(bits=31).fit([PLAIN])


@pytest.mark.parametrize(
    ("name", "slip"),
    [
        ("wrong_article", "He saw an screaming child."),
        ("doubled_words", "He went to to the sea."),
        ("stray_stops", "It rained. . We left."),
        ("orphans", "It rained on the roof. the old. We left."),
    ],
)
def test_one_slip_in_a_long_text_does_not_count(name: str, slip: str) -> None:
    long = "The bread van left the harbour before the others had opened their shutters. " * 25
    once, twice = f"{long}{slip} {long}", f"{long}{slip} {long}{slip}"
    short = column(f"surface_errors.{name}", slip)[0]
    one, two = column(f"surface_errors.{name}", once, twice)
    assert short > 0
    assert one == 0
    assert two > 0
