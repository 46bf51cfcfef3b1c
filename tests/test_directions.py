"""The direction of copies where a translation engine is consulted: what it is asked, the model of its answers, and every surface."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtdetect import artifacts
from mtdetect.cli import main
from mtdetect.comparison import Side, consulting, direction_model
from mtdetect.comparison.alignment import align
from mtdetect.comparison.consulting import Versions
from mtdetect.comparison.direction_model import CONSTANTS, DIFFERENCES, Consultation, DirectionModel
from mtdetect.comparison.model import DIRECTED, METHODS, Making
from mtdetect.errors import MissingExtraError, ModelError
from mtdetect.features import retranslation
from mtdetect.features.lexicon import shipped as shipped_tables
from mtdetect.features.retranslation import columns, files
from mtdetect.features.retranslation.asking import TextScores
from mtdetect.features.retranslation.engine import TokenScores
from mtdetect.features.view import View
from mtdetect.serve import work
from mtdetect.text import read
from mtdetect.training import directions as training
from mtdetect.training import pair_fit
from mtdetect.training.text_pairs import TextPair

pytestmark = pytest.mark.engine

ORIGINAL = (
    "The ferry to Harlow was two hours late, because its captain had overslept. Forty of us stood on the quay in the rain. "
    "Nobody from the company came out to say a word. When we could board at last, each of us got a free coffee. "
    "My sister wrote a letter to the paper about it, and the paper printed it on Friday."
)
COPY = (
    "The ferry to Harlow was delayed two hours, because its captain overslept. Forty of us stayed on the dock in the rain. "
    "Nobody of the company came out to say a word. When finally we could embark, each of us received a free coffee. "
    "My sister wrote a letter to the newspaper about it, and the newspaper printed it on Friday."
)
MODES = ("auto", "always", "never")
WORDS = len(columns.NAMES)
METHOD = np.array([0.6, 0.1, 0.1, 0.1, 0.1])
FAVOURITE = DIFFERENCES.index("versions.log_probability")


class FakeEngine:
    """Finds a sentence the more probable, the fewer letters its words have."""

    def __init__(self):
        self.asked = []

    def score(self, sentences):
        self.asked += sentences
        return [self._scores(sentence) for sentence in sentences]

    @staticmethod
    def _scores(sentence):
        letters = np.array([len(word) for word in sentence.split()] + [1], np.float32)
        zeros = np.zeros(len(letters), np.int64)
        ranks = (letters > 4).astype(np.int32)
        return TokenScores(zeros, zeros, zeros, -letters, ranks, -letters / 2, letters / 4)


def model(threshold=1.0, sure=99.0, trust=0.0, favourite=40.0):
    """Takes the side that the engine finds the more probable for the copy."""
    weights = np.zeros((len(DIRECTED), len(DIFFERENCES)))
    weights[:, FAVOURITE] = favourite
    return DirectionModel(
        trust=np.array([trust]),
        fill=np.zeros(WORDS),
        same_scale=np.stack([np.zeros(WORDS), np.ones(WORDS)]),
        same_weights=np.zeros((len(METHODS), WORDS + 1)),
        differ_scale=np.ones(len(DIFFERENCES)),
        differ_weights=weights,
        slopes=np.ones(2),
        thresholds=np.array([3 * threshold, threshold, sure]),
    )


@pytest.fixture(scope="module")
def lexicon():
    return shipped_tables()


def aligned(lexicon, suspect, original):
    view = View(read([suspect, original], lexicon.vocabulary, identify=False), lexicon)
    return align(Side(view, 0), Side(view, 1))


@pytest.fixture
def engine(monkeypatch):
    """An engine that is there at once."""
    fake = FakeEngine()
    monkeypatch.setattr(retranslation, "shared", lambda folder=None: fake)
    monkeypatch.setattr(files, "require", lambda given=None: None)
    monkeypatch.setattr(files, "check", lambda given=None: None)
    return fake


@pytest.fixture
def learnt(shipped, monkeypatch):
    """The shipped detector, as if directions had been learnt of the engine; and a way to learn others."""

    def learn(**known):
        monkeypatch.setattr(direction_model, "load_directions", lambda folder, pairs: model(**known))

    learn()
    return shipped, learn


class TestWhatIsAsked:
    def test_sentences_that_differ_on_both_sides(self, lexicon):
        same = "This sentence about the harbour master stands in both of the texts."
        chosen = consulting.choose(aligned(lexicon, f"{same} {COPY}", f"{same} {ORIGINAL}"))
        assert len(chosen.suspect) == len(chosen.original) == 5
        assert all(one in COPY for one in chosen.suspect)
        assert all(one in ORIGINAL for one in chosen.original)

    def test_swapped_texts_are_asked_about_alike(self, lexicon):
        there = consulting.choose(aligned(lexicon, COPY, ORIGINAL))
        back = consulting.choose(aligned(lexicon, ORIGINAL, COPY))
        assert (there.suspect, there.original) == (back.original, back.suspect)

    def test_identical_texts(self, lexicon):
        assert consulting.choose(aligned(lexicon, ORIGINAL, ORIGINAL)) == Versions([], [])

    def test_sentences_that_an_engine_copies_are_left_out(self, lexicon):
        marked = COPY.replace("the newspaper printed", "https://example.org printed")
        chosen = consulting.choose(aligned(lexicon, marked, ORIGINAL))
        assert not [one for one in chosen.suspect if "example.org" in one]

    def test_at_most_so_many_words(self, lexicon, monkeypatch):
        monkeypatch.setattr(consulting, "MOST_WORDS", 30)
        chosen = consulting.choose(aligned(lexicon, COPY, ORIGINAL))
        assert chosen.suspect
        assert sum(len(one.split()) for one in chosen.original) <= 30

    def test_answers_belong_to_their_sentences(self):
        asked = [Versions(["a bb", "ccc"], ["a", "d e f"]), Versions([], []), Versions(["g"], ["h i"])]
        engine = FakeEngine()
        answers = consulting.ask(asked, engine)
        assert engine.asked == ["a bb", "ccc", "a", "d e f", "g", "h i"]
        assert [tuple(side.texts for side in both) for both in answers] == [tuple(one) for one in asked]
        assert [len(one.ids) for one in answers[0][1].sentences] == [2, 4]


def scored(draw):
    """What an engine might say of one sentence."""
    count = draw(st.integers(1, 8))
    best = -draw(st.floats(0, 3)) * np.ones(count, np.float32)
    gap = np.array(draw(st.lists(st.floats(0, 9), min_size=count, max_size=count)), np.float32)
    zeros = np.zeros(count, np.int64)
    return TokenScores(zeros, zeros, zeros, best - gap, (gap > 1).astype(np.int32), best, gap / 3)


@st.composite
def answered(draw):
    """What an engine might say of versions of some sentences."""
    count = draw(st.integers(1, 4))
    sides = [[scored(draw) for _ in range(count)] for _ in (0, 1)]
    return tuple(TextScores(np.zeros((0, 2), np.int64), side, ["the mill"] * count) for side in sides)


class TestModel:
    @settings(max_examples=60, deadline=None)
    @given(answered(), st.integers(0, 10_000))
    def test_swapping_the_texts_changes_the_sign(self, answers, seed):
        draw = np.random.default_rng(seed)
        drawn = replace(
            model(),
            trust=draw.normal(size=1),
            same_weights=draw.normal(size=(len(METHODS), WORDS + 1)),
            differ_weights=draw.normal(size=(len(DIRECTED), len(DIFFERENCES))),
        )
        classes = draw.dirichlet(np.ones(2 * len(METHODS))).reshape(2, -1)
        there = drawn.direction_odds(classes, answers)
        back = drawn.direction_odds(classes[::-1], answers[::-1])
        assert there == pytest.approx(-back, abs=1e-9)

    def test_equal_answers_leave_what_the_pair_model_says(self):
        (answers,) = consulting.ask([Versions(["a bb"], ["a bb"])], FakeEngine())
        classes = np.full((2, len(METHODS)), 0.1)
        classes[0] = 0.3 / len(METHODS)
        classes[1] = 0.7 / len(METHODS)
        assert model(trust=1.0).direction_odds(classes, answers) == pytest.approx(np.log(3 / 7))

    def test_asked_only_where_that_can_change_the_answer(self, lexicon):
        engine = FakeEngine()
        alignment = aligned(lexicon, COPY, ORIGINAL)
        for odds, always, asks in ((-5.0, False, False), (4.9, False, True), (7.0, True, True)):
            making = Making(METHOD, odds, np.full((2, len(METHODS)), 0.1))
            found = Consultation(model(sure=5.0), lambda: engine, always).opinion(making, alignment)
            assert (found is not None) == asks
            assert not asks or found.threshold == 1.0

    def test_work_of_rule_based_engines_is_not_asked_about(self, lexicon):
        making = Making(METHOD[[1, 0, 2, 3, 4]], 0.0, np.full((2, len(METHODS)), 0.1))
        consultation = Consultation(model(), FakeEngine, always=True)
        assert consultation.opinion(making, aligned(lexicon, COPY, ORIGINAL)) is None

    def test_nothing_to_ask_about(self, lexicon):
        making = Making(METHOD, 0.0, np.full((2, len(METHODS)), 0.1))
        consultation = Consultation(model(), FakeEngine, always=True)
        assert consultation.opinion(making, aligned(lexicon, ORIGINAL, ORIGINAL)) is None


class TestArtifact:
    @pytest.fixture
    def folder(self, tmp_path):
        own = model()
        arrays = {name: getattr(own, name) for name in own.__dataclass_fields__ if name != "digest"}
        facts = {
            "pairs": "ab",
            "columns": [list(columns.NAMES), list(DIFFERENCES), list(METHODS)],
            "constants": CONSTANTS,
        }
        artifacts.write(tmp_path, arrays, facts)
        direction_model.load_directions.cache_clear()
        return tmp_path

    def test_read_again(self, folder):
        found = direction_model.load_directions(folder, "ab")
        assert found is not None
        np.testing.assert_array_equal(found.differ_weights, model().differ_weights)
        assert (found.threshold(METHOD), found.sure) == (1.0, 99.0)
        assert found.threshold(METHOD[[1, 2, 3, 0, 4]]) == 3.0
        assert found.digest == artifacts.sha256(folder / artifacts.MANIFEST)

    def test_of_another_pair_model(self, folder, tmp_path):
        assert direction_model.load_directions(folder, "cd") is None
        assert direction_model.load_directions(tmp_path / "none", "ab") is None

    @pytest.mark.parametrize(("key", "value", "words"), [
        ("columns", [], "measures other columns"),
        ("constants", {}, "was trained with asking.ANSWERS = None"),
    ])  # fmt: skip
    def test_made_by_another_version(self, folder, key, value, words):
        path = folder / artifacts.MANIFEST
        path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
        with pytest.raises(ModelError, match=words):
            direction_model.load_directions(folder, "ab")


class TestUse:
    def test_the_engine_tells_the_direction(self, learnt, engine):
        detector, _ = learnt
        there = detector.compare(COPY, ORIGINAL)
        back = detector.compare(ORIGINAL, COPY)
        assert there.retranslated
        assert engine.asked
        # The fake engine prefers short words, which the original has.
        assert (there.direction, back.direction) == ("original_is_copy", "suspect_is_copy")
        assert there.direction_odds == -back.direction_odds
        assert there.to_dict()["retranslated"] is True

    def test_without_the_engine_everything_else_is_the_same(self, learnt, engine):
        detector, _ = learnt
        asked, alone = (detector.compare(COPY, ORIGINAL, retranslate=mode) for mode in ("always", "never"))
        assert not alone.retranslated
        assert (
            replace(asked, direction=alone.direction, direction_odds=alone.direction_odds, retranslated=False)
            == alone
        )

    def test_auto_leaves_sure_directions(self, learnt, engine):
        detector, learn = learnt
        learn(sure=0.0)
        assert not detector.compare(COPY, ORIGINAL).retranslated
        assert detector.compare(COPY, ORIGINAL, retranslate="always").retranslated

    @pytest.mark.parametrize("mode", MODES)
    def test_texts_that_are_no_copies_are_not_asked_about(self, learnt, engine, mode):
        detector, _ = learnt
        other = (
            "Bees see ultraviolet light, which guides them to nectar. Red flowers look black to them. " * 3
        )
        assert not detector.compare(other, ORIGINAL, retranslate=mode).retranslated
        assert not detector.compare(ORIGINAL, ORIGINAL, retranslate=mode).retranslated
        assert not engine.asked

    def test_beside_an_original(self, learnt, engine):
        detector, _ = learnt
        for mode in ("never", "always"):
            verdict = detector.score(COPY, retranslate="never")
            beside = detector.against(verdict, COPY, ORIGINAL, retranslate=mode)
            assert beside.match.direction == detector.compare(COPY, ORIGINAL, retranslate=mode).direction
            assert beside.retranslated == (mode == "always")

    def test_nothing_learnt(self, shipped, engine, monkeypatch):
        monkeypatch.setattr(direction_model, "load_directions", lambda folder, pairs: None)
        assert not shipped.compare(COPY, ORIGINAL).retranslated
        with pytest.raises(ModelError, match=r"nothing was learnt .* use --retranslate never"):
            shipped.compare(COPY, ORIGINAL, retranslate="always")

    def test_missing_engine(self, learnt, monkeypatch):
        monkeypatch.delenv(files.VARIABLE, raising=False)
        monkeypatch.setattr(files, "PACKAGE", "no_such_package")
        detector, _ = learnt
        assert not detector.compare(COPY, ORIGINAL).retranslated
        with pytest.raises(MissingExtraError, match=r"mtdetect\[retranslate\]"):
            detector.compare(COPY, ORIGINAL, retranslate="always")

    def test_command(self, learnt, engine, tmp_path, capsys):
        a, b = tmp_path / "a.txt", tmp_path / "b.txt"
        a.write_text(COPY)
        b.write_text(ORIGINAL)
        told = {}
        for mode in ("always", "never"):
            assert main(["compare", str(a), str(b), "--retranslate", mode, "--format", "json"]) == 1
            told[mode] = json.loads(capsys.readouterr().out)
        assert told["always"]["retranslated"]
        assert not told["never"]["retranslated"]
        page = tmp_path / "page.html"
        assert main(["compare", str(a), str(b), "--html", str(page)]) == 1
        assert "translation engine consulted" in capsys.readouterr().out
        assert "<dt>translation engine</dt>" in page.read_text()

    def test_service(self, learnt, engine):
        worker = work.Worker(None, None, None, None)
        for mode in ("always", "never"):
            told = json.loads(worker.do(work.Compare(COPY, ORIGINAL, retranslate=mode)))
            assert told["retranslated"] == (mode == "always")


def pair(corpus, environment, k, tool=""):
    return TextPair(
        f"copy {k} of {environment}", f"text {k}", "machine_translated", corpus, environment, tool
    )


class TestTraining:
    def test_sample_is_spread_and_leaves_out_the_engine_itself(self):
        pairs = [
            pair("mt_train", f"mt_train/{k % 4}", k, "bergamot-tiny" if k % 3 else "other")
            for k in range(6000)
        ]
        pairs += [pair("people_round_trip_pt", "people_round_trip_pt", k) for k in range(50)]
        pairs += [TextPair("one text", "another", "unrelated", "mt_train", "mt_train/0")]
        chosen = training.sample(pairs)
        assert chosen == sorted(set(chosen))
        assert {pairs[k].tool for k in chosen} == {"other"}
        environments = [pairs[k].environment for k in chosen]
        assert {environments.count(f"mt_train/{k}") for k in range(4)} == {
            training.MOST_PAIRS["mt_train"] // 4
        }
        again = training.sample(pairs[::-1])
        assert {pairs[k] for k in chosen} == {pairs[::-1][k] for k in again}

    def test_answers_are_kept(self, lexicon, engine, monkeypatch, tmp_path):
        monkeypatch.setattr(training, "shared", lambda: engine)
        pairs = [
            TextPair(COPY, ORIGINAL, "machine_translated", "mt_train", "x"),
            TextPair(ORIGINAL, ORIGINAL, "machine_translated", "mt_train", "x"),
        ]
        first = training.answers(pairs, lexicon, tmp_path)
        assert first[1] is None
        asked = len(engine.asked)
        second = training.answers(pairs, lexicon, tmp_path)
        assert len(engine.asked) == asked
        assert [one.texts for one in first[0]] == [one.texts for one in second[0]]
        for before, after in zip(first[0], second[0], strict=True):
            np.testing.assert_array_equal(columns.measure([before]), columns.measure([after]))

    def test_directions_are_learnt_for_each_method(self):
        """Copies by one method are more probable to the engine, by another less; the pair model tells the method only."""
        draw = np.random.default_rng(22)
        n = 400
        method = np.arange(n) % 2 * 2  # neural, spinning
        given = np.full((n, 2, len(METHODS)), 0.02)
        given[np.arange(n), :, method] = 0.44
        differ = draw.normal(size=(n, len(DIFFERENCES)))
        differ[:, 0] += np.where(method == 0, 3.0, -3.0)
        asked = training.Asked(
            corpora=np.where(method == 0, "mt_train", "spinner"),
            method=method,
            folds=np.arange(n) // 2 % pair_fit.FOLDS,
            given=direction_model.log_shares(given),
            odds=draw.normal(size=n),
            # No pair has the first column, and some lack the second.
            same=np.where(draw.random((n, WORDS)) < np.eye(1, WORDS) + np.eye(1, WORDS, 1) / 2, np.nan, 1.0)
            * draw.normal(size=(n, WORDS)),
            differ=differ,
            tokens=np.where(np.arange(n) % 3, 150.0, 50.0),
        )
        assert np.isnan(asked.same[:, 0]).all()
        assert 0.3 < np.isnan(asked.same[:, 1]).mean() < 0.7
        arrays, figures = training.fit(asked)
        assert set(arrays) == set(DirectionModel.__dataclass_fields__) - {"digest"}
        right = figures["direction right where given with the engine"]
        given_share = figures["direction given with the engine"]
        assert min(right.values()) > 0.9
        assert min(given_share.values()) > 0.8
        assert arrays["differ_weights"][0, 0] > 0 > arrays["differ_weights"][2, 0]
        assert all(np.isfinite(array).all() for array in arrays.values())
        assert not arrays["same_weights"][:, 0].any()
