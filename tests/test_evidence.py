"""Evidence: what is found, what it is thought to have replaced, and that people are left in peace."""

from __future__ import annotations

import codecs
import itertools
import random
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtdetect.evidence import name_variants, repeated_passages, substituted_words, suggestions, surface_errors
from mtdetect.features import names
from mtdetect.features.lexicon import shipped as tables
from mtdetect.features.lexicon import unpack
from mtdetect.features.substitution import COLUMNS
from mtdetect.features.view import View
from mtdetect.model import candidates
from mtdetect.model.empirical_tail import UpperTail
from mtdetect.text import read
from mtdetect.text.dialects import same_word

WORDS = tables().vocabulary
EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def view_of(*texts: str) -> View:
    return View(read(list(texts), WORDS, identify=False), tables())


@given(
    st.lists(st.tuples(st.floats(1e-6, 1.0), st.integers(0, 3)), max_size=60),
)
def test_discoveries_are_those_of_benjamini_and_hochberg(tests) -> None:
    p = np.array([value for value, _ in tests])
    doc = np.array([text for _, text in tests], np.int64)
    found = candidates.discoveries(p, doc, 0.15, np.bincount(doc) + 2)  # two without a p-value in each
    for text in set(doc.tolist()):
        own = np.sort(p[doc == text])
        passing = [k for k, value in enumerate(own, 1) if value <= 0.15 * k / (len(own) + 2)]
        limit = own[max(passing) - 1] if passing else -1.0
        np.testing.assert_array_equal(found[doc == text], p[doc == text] <= limit)


def test_texts_of_few_candidates_are_given_a_larger_share() -> None:
    p = np.array([0.08, 0.5, 0.08, *[0.5] * 9])
    doc = np.array([0, 0, *[1] * 10])
    assert not candidates.discoveries(p, doc, 0.1, np.bincount(doc)).any()
    assert np.flatnonzero(candidates.discoveries(p, doc, 0.1, np.bincount(doc), few=2.0)).tolist() == [0]


def test_p_values_fall_as_scores_rise() -> None:
    tail = UpperTail(np.array([1.0, 2.0, 3.0], np.float32), 30)
    np.testing.assert_allclose(
        tail.p_values(np.array([0.0, 1.0, 1.5, 2.5, 9.0])), [1, 1, 3 / 31, 2 / 31, 1 / 31]
    )


@pytest.mark.parametrize(
    ("text", "phrase", "wording"),
    [
        (
            "He put the photograph, bought from Getty Pictures, on the front page.",
            "Getty Pictures",
            "Getty Images",
        ),
        ("The doctor said that blood cuts had formed in both of her legs.", "blood cuts", "blood clots"),
        (
            "She called a press convention and spoke of elevated joblessness.",
            "press convention",
            "conference",
        ),
    ],
)
def test_damage_is_named(shipped, text: str, phrase: str, wording: str) -> None:
    found = [e for e in shipped.score(text).evidence if phrase in e.text or e.text in phrase]
    assert any(wording in (e.suggestion or "") for e in found), found


@pytest.mark.parametrize(
    "text",
    [
        "The Ashford Poultry Society met on Friday to choose a treasurer. Nobody wanted the post.",
        "My grandmother kept bees, sheep and a grudge, in that order of affection.",
        "Net profit rose five pct to 12 mln dlrs, and the dividend by two pct, the company said on Tuesday.",
        "Doctors say that the medicine keeps blood pressure low and does no harm to the liver.",
    ],
)
def test_people_are_left_in_peace(shipped, text: str) -> None:
    assert shipped.score(text).evidence == ()


def test_offsets_name_the_span(shipped) -> None:
    text = "\ufeff“Well”, she said,\u00a0“the press convention was of momentary curiosity to Getty Pictures.”"
    evidence = shipped.score(text).evidence
    assert len(evidence) >= 2
    for item in evidence:
        assert text[item.start : item.end] == item.text
        assert item.weight > 0


def test_a_decoded_wording_changes_what_was_replaced() -> None:
    view = view_of("She called a press convention for Monday.")
    place = int(np.flatnonzero(view.stream.ids == WORDS.numbers["convention"])[0])
    (wording,) = suggestions.decode(view, [(place - 1, place, {place})])
    assert wording == [WORDS.numbers["press"], WORDS.numbers["conference"]]


def test_a_text_that_looks_spun_as_a_whole_tells_more(shipped) -> None:
    text = (EXAMPLES / "person.txt").read_text(encoding="utf-8") + " The council gave laborious guarantees."
    view, model = view_of(text, text), shipped._model.classifier.candidates
    alone, within = substituted_words.find(view, model, np.array([False, True]))
    assert alone == []
    assert ["laborious guarantees" in one.text for one in within] == [True]


def test_no_more_spans_are_decoded_than_are_reported(shipped, monkeypatch) -> None:
    text = "The council gave laborious guarantees, and blood cuts followed. " * 12
    model, decoded = shipped._model.classifier.candidates, []
    decode, view = suggestions.decode, view_of(text, text)

    def counted(view, spans):
        decoded.append(len(spans))
        return decode(view, spans)

    def found():
        decoded.clear()
        return substituted_words.find(view, model, np.array([True, True]))

    monkeypatch.setattr(substituted_words, "decode", counted)
    whole = found()
    count = sum(decoded)
    monkeypatch.setattr(substituted_words, "TOGETHER", 3)
    assert found() == whole
    monkeypatch.setattr(substituted_words, "MOST_SPANS", 2)
    fewer = found()
    assert sum(decoded) <= 2 * (2 + 3) < count
    for some, all_ in zip(fewer, whole, strict=True):
        assert 2 <= len(some) < len(all_)
        assert [one for one in all_ if one in some] == some


def test_the_spelling_of_another_country_is_no_damage() -> None:
    view = view_of("Long fibres of the muscle tore.")
    here = view.stream.ids.tolist().index(WORDS.numbers["fibres"])
    fibers, strands, muscle = (WORDS.numbers[word] for word in ("fibers", "strands", "muscle"))
    assert substituted_words._respelt(view, here, [fibers])
    assert not substituted_words._respelt(view, here, [strands])
    assert not substituted_words._respelt(view, here, [fibers, muscle])


@pytest.mark.parametrize(
    ("british", "american"),
    [
        ("colours", "colors"),
        ("organisation", "organization"),
        ("analysed", "analyzed"),
        ("theatres", "theaters"),
        ("foetal", "fetal"),
        ("dialogue", "dialog"),
        ("licence", "license"),
        ("travelling", "traveling"),
        ("programmes", "programs"),
        ("grey", "gray"),
        ("cheques", "checks"),
        ("moulds", "molds"),
        ("ploughed", "plowed"),
        ("sulphuric", "sulfuric"),
        ("cosier", "cozier"),
        ("skilful", "skillful"),
    ],
)
def test_spellings_of_one_word(british: str, american: str) -> None:
    assert same_word(british, american)
    assert same_word(american, british)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("cuts", "clots"),
        ("hour", "for"),
        ("wise", "wide"),
        ("prices", "prizes"),
        ("should", "shold"),
        ("cost", "czst"),
    ],
)
def test_other_words(a: str, b: str) -> None:
    assert not same_word(a, b)


@pytest.mark.parametrize(
    "sentence",
    [
        "The nerve fibres run along the arm.",
        "He wrapped it in aluminium foil.",
        "She signed a blank cheque for the hall.",
        "She asked the harbour master for a boat.",
    ],
)
def test_british_spelling_is_no_evidence(shipped, sentence: str) -> None:
    around = "The committee met on Tuesday evening to discuss the plans for the coming year. {} Most of those who came had read the report."
    assert shipped.score(around.format(sentence), retranslate="never").evidence == ()


def test_words_two_away_are_asked() -> None:
    view = view_of("She held a press convention in the main hall. Rain fell.", "A press convention.")
    columns = dict(zip(COLUMNS, view.candidates.columns.T, strict=True))
    s = view.stream
    candidate = [
        k for k, i in enumerate(view.candidates.at.tolist()) if s.ids[i] == WORDS.numbers["convention"]
    ]
    assert len(candidate) == 2
    right = columns["skip_right"][candidate]
    assert np.isfinite(right[0])
    assert np.isnan(right[1])  # the sentence ends
    lexicon, (place, _) = tables(), view.candidates.at[candidate].tolist()
    seen = lexicon.pairs(lexicon.skip, s.ids[place : place + 1], s.ids[place + 2 : place + 3])[0]
    chance = lexicon.counts[s.ids[place]] * (lexicon.counts[s.ids[place + 2]] / lexicon.total)
    assert right[0] == pytest.approx(np.clip(np.log((seen + 0.1) / (chance + 0.1)), -4, 6), rel=1e-5)
    assert columns["triples"][candidate[1]] <= columns["triples"][candidate[0]]


def test_what_is_measured_of_a_name() -> None:
    view = view_of(
        "We bought it from Getty Pictures.",
        "Getty Images sued. They say that Getty Pictures Ltd is another firm.",
        "He went to Ashford and saw Emma.",
    )
    assert view.name_pairs.at.tolist() == sorted(view.name_pairs.at.tolist())
    columns = view.name_columns
    assert columns.shape == (2, len(names.COLUMNS))
    found = dict(zip(names.COLUMNS, columns.T, strict=True))
    assert found["elsewhere"].tolist() == [0, 1]
    assert found["run"].tolist() == [0, 1]
    assert (found["capital_found"] < 0.6).all()
    assert (found["likeness"] > 0.9).all()
    assert (found["lead"] > 0).all()
    pair = tuple(np.array([WORDS.numbers[word]]) for word in ("getty", "images"))
    assert found["log_count"][0] == pytest.approx(np.log(tables().pairs(tables().bigram, *pair)[0]))


def test_nothing_is_measured_where_there_are_no_names() -> None:
    assert view_of("it rained all day.", "").name_columns.shape == (0, len(names.COLUMNS))


def test_the_verb_before_a_reported_name() -> None:
    view = view_of("An official informed NBC Information on Monday.", "An official of NBC Information came.")
    numbers = WORDS.numbers
    first = np.flatnonzero(view.stream.ids == numbers["nbc"]).tolist()
    told, preposition = (substituted_words._before(view, place, numbers["nbc"]) for place in first)
    assert told == [numbers["told"]]
    assert preposition == []  # people write "of NBC"


def test_synonyms_by_thesaurus_are_preferred(monkeypatch) -> None:
    view = view_of("She called a press convention for Monday.")
    place = int(np.flatnonzero(view.stream.ids == WORDS.numbers["convention"])[0])
    number = WORDS.numbers["convention"]
    _, listed = unpack(tables().plausible[number])
    synonyms = set(tables().alternatives[number][listed].tolist())
    assert synonyms
    found = {}
    for nats in (-50.0, 50.0):
        monkeypatch.setattr(suggestions, "LISTED", nats)
        ((word,),) = suggestions.decode(view, [(place, place, {place})])
        found[nats] = word in synonyms
    assert found == {-50.0: False, 50.0: True}


@pytest.mark.parametrize(
    ("text", "kind", "span", "wording"),
    [
        ("This is ours objective, they said.", "agreement", "ours objective", "our objective"),
        ("Theirs house stood by the river.", "agreement", "Theirs house", "Their house"),
        ("He is a 69 -year -old farmer.", "hyphen", "69 -year -old", "69-year-old"),
        ("A {big|large|huge} dog barked.", "spin_syntax", "{big|large|huge}", "big"),
        ("They sat in the the garden.", "repetition", "the the", "the"),
        ("It was a image of the town.", "article", "a image", "an image"),
        ("The rain went on all night. . We slept.", "stop", ". .", "."),
        (
            "They walked as far as the river. the old bridge. It was late. We slept.",
            "orphan",
            "the old bridge.",
            None,
        ),
        ("It lay on a rocky rocky rocky shore.", "repetition", "rocky rocky", "rocky"),
        ("During the netieši period he was a child.", "untranslated", "netieši", None),
        ("The leaders of 通航调度管理 from the north arrived.", "untranslated", "通航调度管理", None),
    ],
)
def test_slips(text: str, kind: str, span: str, wording: str | None) -> None:
    (found,) = surface_errors.find(view_of(text))[0]
    assert (found.kind, found.text, found.suggestion) == (kind, span, wording)
    assert text[found.start : found.end] == span


@pytest.mark.parametrize(
    "text",
    [
        "The house is ours now, and theirs was sold last year.",
        "A friend of mine paid - after some delay - the whole sum.",
        "Pick {one} of them, or f(x) = {y | y > 0} will not hold.",
        "An hour later a European unit had had an FBI agent in it.",
        "We waited . . . and then, approx. two hours. Later Smith et al. came. They had slept.",
        "we sat down. then lunch. it was late. nobody spoke.",
        "Ha ha, he said many many times. Woods, woods and woods.",
        "At the café we ate a “netieši” soup from Netieši Městečko, and measured β and µg by the naïve method.",
        "It is called netieši, which nobody could explain to us.",
    ],
)
def test_no_slips(text: str) -> None:
    assert surface_errors.find(view_of(text)) == [[]]


LOMACHENKO = (
    "Lomachenko trained in the morning. In the afternoon Lomachenko slept. His coach said that Lomatchenko was ready, "
    "and the crowd sang for Lomachenko."
)


def test_a_name_in_two_spellings() -> None:
    (found,) = name_variants.find(view_of("Nothing here.", LOMACHENKO))[1]
    assert (found.kind, found.text, found.suggestion) == ("name_variant", "Lomatchenko", "Lomachenko")
    assert LOMACHENKO[found.start : found.end] == found.text


@pytest.mark.parametrize(
    "text",
    [
        # Two spellings that stand there twice in all; plurals and what belongs to somebody; known names; two persons.
        "Lomachenko trained in the morning. His coach said that Lomatchenko was ready.",
        "Lomachenko met Lomachenko. The Lomachenkos sang for Lomachenko's mother, and Lomachenko slept.",
        "Maria met Maria. Marie slept. Maria sang with Mario, and Maria went to Smith, not to Smyth.",
        "Brankovich met Brankovich. Drankovich sang, and Brankovich went away.",
        "Lomachenko met Lomachenko. We saw Lymachanky, Lemochinku and Lomachenko.",
    ],
)
def test_other_names_are_left_in_peace(text: str) -> None:
    assert name_variants.find(view_of(text)) == [[]]


def spellings(count: int, letters: str = "aeioklnr") -> list[name_variants._Spelling]:
    """Unknown names with one initial, many of them alike, seen once to four times."""
    chance = random.Random(count)
    names = {"v" + "".join(chance.choices(letters, k=chance.randint(4, 9))) for _ in range(count)}
    return [
        name_variants._Spelling(one, k, chance.randint(1, 4), True) for k, one in enumerate(sorted(names))
    ]


def pairs_of(names: list[name_variants._Spelling]) -> list[tuple[str, str]]:
    return [(rare.letters, usual.letters) for rare, usual in name_variants._variants(names)]


def test_the_index_of_many_names_finds_what_comparing_each_with_each_finds(monkeypatch) -> None:
    names = spellings(600, "abcdefghijklmnopqrstuvwxyz")
    names += [replace(one, letters=one.letters[:3] + one.letters[4:], sightings=1) for one in names[:90]]
    names += [
        replace(one, letters=one.letters[:4] + one.letters[5] + one.letters[4] + one.letters[6:], sightings=2)
        for one in names[90:180]
        if len(one.letters) > 6
    ]
    indexed = pairs_of(names)
    monkeypatch.setattr(name_variants, "FEW", len(names))
    assert len(indexed) > 70
    assert indexed == pairs_of(names)


def test_comparisons_of_names_grow_with_their_number(monkeypatch) -> None:
    compared = [0]
    is_variant = name_variants._is_variant

    def counted(rare, usual):
        compared[0] += 1
        return is_variant(rare, usual)

    monkeypatch.setattr(name_variants, "_is_variant", counted)
    counts = []
    for count in (1000, 4000):
        compared[0] = 0
        name_variants._variants(spellings(count, "abcdefghijklmnopqrstuvwxyz"))
        counts.append(compared[0] + count)
    assert counts[1] < 8 * counts[0]  # comparing each with each: 16 times
    # However alike all of them are, each is compared with a bounded number of others.
    compared[0] = 0
    alike = [
        name_variants._Spelling(f"marb{a}{b}{c}tenk", k, 3, True)
        for k, (a, b, c) in enumerate(itertools.product("abcdefghijkl", repeat=3))
    ]
    name_variants._variants(alike)
    assert compared[0] < 40 * len(alike)


def test_the_index_holds_the_most_frequent_names(monkeypatch) -> None:
    names = spellings(300)
    before = pairs_of(names)
    monkeypatch.setattr(name_variants, "MOST_INDEXED", 40)
    fewer = pairs_of(names)
    assert 0 < len(fewer) < len(before)
    frequent = {one.letters for one in sorted(names, key=lambda one: (-one.sightings, one.token))[:40]}
    assert {usual for _, usual in fewer} <= frequent


def test_very_long_names_are_not_compared() -> None:
    long = "V" + "arno" * 5000
    assert name_variants.find(view_of(f"{long} met {long}. {long}x saw {long} and {long}.")) == [[]]


TWICE = (
    "The mayor opened the new swimming pool on Saturday before three hundred cheering children from the village school. "
    "Rain fell all afternoon and nobody minded. The band played until the lights went out over the market square. "
    "The mayor opened the fresh swimming pond on Saturday before three hundred cheering kids from the village school."
)


def test_a_passage_in_two_versions() -> None:
    view = view_of(TWICE)
    scores = np.zeros(len(view.batch.sentence_doc))
    scores[-1] = 1.0
    (found,) = repeated_passages.find(view, scores)[0]
    assert found.text.startswith("The mayor opened the fresh")
    assert found.suggestion is not None
    assert found.suggestion.startswith("The mayor opened the new")


def test_a_refrain_is_no_second_version() -> None:
    line = "The mayor opened the new swimming pool on Saturday before three hundred cheering children from school. "
    assert repeated_passages.find(view_of(line * 3), np.zeros(3)) == [[]]


def test_no_suggestion_is_obscene_or_abusive() -> None:
    words = [
        codecs.decode(line, "rot13")
        for line in (resources.files("mtdetect.evidence") / "unfit_words.txt").read_text().splitlines()
        if not line.startswith("#")
    ]
    assert len(words) > 150
    fit = suggestions.may_be_suggested(tables())
    known = [WORDS.numbers[word] for word in words if word in WORDS.numbers]
    assert len(known) > 100
    assert not fit[known].any()
    assert fit[[WORDS.numbers[word] for word in ("hell", "cock", "screw", "jade")]].all()


def test_words_with_mostly_unfit_alternatives_get_none_of_them() -> None:
    unfit = ~suggestions.may_be_suggested(tables())
    offered = tables().alternatives[: len(unfit)]
    share = (unfit.take(offered) & (offered > 0)).sum(axis=1) / np.maximum((offered > 0).sum(axis=1), 1)
    worst = np.argsort(-share, kind="stable")[:20]
    assert share[worst[0]] > 0.5
    for word in worst.tolist():
        view = view_of(f"He said that {WORDS.word(word)} was there.")
        for lattice in suggestions.lattices(view, [(3, 3, {3})]):
            assert lattice is None or not unfit[lattice[0][0]].any()
