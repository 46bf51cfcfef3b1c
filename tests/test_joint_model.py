"""Columns of the translation engine's answers, and the model that joins them with the experts."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtdetect import artifacts
from mtdetect.errors import InputError, ModelError
from mtdetect.features.retranslation import columns
from mtdetect.features.retranslation.asking import TextScores
from mtdetect.features.retranslation.engine import TokenScores
from mtdetect.model import loading, retranslation
from mtdetect.model.classifier import COLUMNS, EXPERTS, HINGES, MIDDLES, STYLE, relative
from mtdetect.model.retranslation import INPUTS, RetranslationModel
from mtdetect.training import halves
from mtdetect.training.examples import Example
from mtdetect.training.retranslation import held_texts, pack, unpacked

SENTENCE = "The 2 old mills near Ashby-on-Sea were sold, and the Harrises left."


def scored(sentence: str, spans, log_probability, rank, best, entropy) -> TokenScores:
    """Scores of a sentence, its end included."""
    return TokenScores(
        np.arange(len(spans) + 1),
        np.array([start for start, _ in spans] + [len(sentence)], np.int64),
        np.array([end for _, end in spans] + [len(sentence)], np.int64),
        np.array(log_probability, np.float32),
        np.array(rank, np.int32),
        np.array(best, np.float32),
        np.array(entropy, np.float32),
    )


@st.composite
def answers(draw):
    """What an engine might say of a text: made-up sentences of words."""
    sentences, texts, spans, at = [], [], [], 0
    for _ in range(draw(st.integers(1, 4))):
        words = draw(
            st.lists(st.sampled_from("the of mill Ashby 1907 , sold ran".split()), min_size=1, max_size=9)
        )
        text = " ".join(words)
        starts = np.cumsum([0] + [len(word) + 1 for word in words[:-1]]).tolist()
        count = len(words) + 1
        rank = draw(st.lists(st.integers(0, 2000), min_size=count, max_size=count))
        best = [-draw(st.floats(0, 3)) for _ in range(count)]
        gap = [draw(st.floats(0.01, 12)) if r else 0.0 for r in rank]
        entropy = [draw(st.floats(0, 6)) for _ in range(count)]
        own = [(a, a + len(word)) for a, word in zip(starts, words, strict=True)]
        probability = [b - g for b, g in zip(best, gap, strict=True)]
        sentences.append(scored(text, own, probability, rank, best, entropy))
        texts.append(text)
        spans.append((at, at + len(text)))
        at += len(text) + 1
    return TextScores(np.array(spans), sentences, texts)


@settings(deadline=None, max_examples=60)
@given(answers())
def test_columns_keep_their_ranges(answer):
    (row,) = columns.measure([answer])
    named = dict(zip(columns.NAMES, row.tolist(), strict=True))
    for name, value in named.items():
        if np.isnan(value):
            assert name.split(".")[0].startswith(("band", *columns.CLASSES, "sentences")), name
        elif name.startswith(("rank>", "gap>")) or name.endswith((".share", ".first")):
            assert 0 <= value <= 1, name
        elif name.startswith("gap<") or name.endswith(".gap"):
            assert 0 <= value <= 8, name
    assert sum(named[f"band{k}.share"] for k in range(len(columns.BANDS) + 1)) == pytest.approx(1)
    assert columns.first_choices(answer) == pytest.approx(1 - named["rank>0"])


@settings(deadline=None, max_examples=30)
@given(answers())
def test_a_text_said_twice_has_the_same_means(answer):
    twice = TextScores(np.vstack([answer.spans] * 2), answer.sentences * 2, answer.texts * 2)
    once, doubled = columns.measure([answer, twice])
    for name, one, other in zip(columns.NAMES, once, doubled, strict=True):
        if (
            not np.isnan(one)
            and name.startswith(("rank", "gap", "entropy", "best", "surplus"))
            and name != "surplus_deviate"
        ):
            assert other == pytest.approx(one, abs=1e-9), name


def test_nothing_asked_is_nothing_measured():
    nothing = TextScores(np.zeros((0, 2), np.int64), [], [])
    assert np.isnan(columns.measure([nothing])).all()
    assert np.isnan(columns.first_choices(nothing))
    assert columns.measure([]).shape == (0, len(columns.NAMES))


def test_classes_of_tokens():
    pieces = "The|2|old|mills|near|Ash|by|-|on|-|Sea|were|sold|,|and|the|Harris|es|left|.".split("|")
    spans, at = [], 0
    for piece in pieces:
        at = SENTENCE.index(piece, at)
        spans.append((at, at + len(piece)))
        at += len(piece)
    zeros = np.zeros(len(spans) + 1)
    answer = TextScores(
        np.array([[0, len(SENTENCE)]]), [scored(SENTENCE, spans, zeros, zeros, zeros, zeros)], [SENTENCE]
    )
    found = [columns.CLASSES[k] for k in columns.token_classes(answer, 0)]
    assert (
        found
        == (
            "article number content content content name continuation mark function mark name function content mark function "
            "article name continuation content mark end"
        ).split()
    )


@settings(deadline=None, max_examples=20)
@given(st.lists(answers(), min_size=1, max_size=3))
def test_the_cache_keeps_what_the_engine_said(tmp_path_factory, found):
    path = tmp_path_factory.mktemp("cache") / "one.npz"
    pack(path, found)
    again = unpacked(path)
    assert [text.texts for text in again] == [text.texts for text in found]
    np.testing.assert_array_equal(columns.measure(again), columns.measure(found))
    assert [p.name for p in path.parent.iterdir()] == ["one.npz"]


def test_a_damaged_answer_in_the_cache_is_named(tmp_path):
    (tmp_path / "one.npz").write_bytes(b"PK\3\4 cut short")
    with pytest.raises(
        InputError, match=r"one\.npz: cannot be read .*; delete it, and the engine is asked again"
    ):
        unpacked(tmp_path / "one.npz")


def written(folder, **changes):
    """An artifact of a small model that was made up."""
    n = 400
    chance = np.random.default_rng(3)
    arrays = {
        "calibration_scores": chance.normal(-4, 1, n).astype(np.float32),
        "calibration_words": np.full(n, 120, np.int32),
        "calibration_source": (np.arange(n) % 4).astype(np.int16),
        "calibration_population": (np.arange(n) % 2).astype(np.int8),
        "calibration_weight": np.ones(n, np.float32),
        "calibration_asked": np.arange(n) % 4 < 2,
    }
    weights = np.zeros(len(INPUTS))
    weights[INPUTS.index("strength.translation")] = 1
    weights[INPUTS.index("engine.rank>0")] = -10
    facts = {
        "model": "ab" * 32,
        "inputs_of_strengths": list(INPUTS),
        "constants": retranslation.CONSTANTS,
        "fill": np.full(len(INPUTS), 0.2).tolist(),
        "weights": weights.tolist(),
        "intercept": 2.0,
        "style": [[0.0] * len(STYLE), [1.0] * len(STYLE), [0.5] + [0.0] * (len(STYLE) - 1)],
        "centers": np.zeros((len(MIDDLES), len(EXPERTS))).tolist(),
        "spreads": np.ones((len(MIDDLES), len(EXPERTS))).tolist(),
        "slopes": np.tile([1.0, 0, 0, 0][: 1 + len(HINGES)], (len(EXPERTS), 1)).tolist(),
        "shifts": [-2.0, -6.0, -2.0],
        "typical": [0.6, 0.84],
    }
    artifacts.write(folder, arrays, facts | changes)
    return folder


@pytest.fixture
def small(tmp_path) -> RetranslationModel:
    return retranslation.load(written(tmp_path / "model"), "ab" * 32)


def test_whom_the_engine_is_asked_about(small):
    p, words = np.array([0.001, 0.7, 0.9, 0.001]), np.array([200, 40, 300, 39])
    assert small.asks(p, words, "never").tolist() == [False] * 4
    assert small.asks(p, words, "auto").tolist() == [True, True, False, False]
    assert small.asks(p, words, "always").tolist() == [True, True, True, False]


def test_first_choices_add_to_translation_and_nothing_else(small):
    measured = np.full((2, len(columns.NAMES)), np.nan)
    measured[:, columns.NAMES.index("rank>0")] = 0.1, 0.3
    features = np.full((2, len(COLUMNS)), np.nan)
    strengths = small.experts(features, np.ones((2, len(EXPERTS))), measured, np.array([100, 100]))
    np.testing.assert_allclose(strengths[:, 0], [1 + 2 - 1, 1 + 2 - 3])
    np.testing.assert_allclose(strengths[:, 1:], 1)


def test_what_cannot_be_measured_is_filled(small):
    measured = np.full((1, len(columns.NAMES)), np.nan)
    features = np.full((1, len(COLUMNS)), np.nan)
    strengths = small.experts(features, np.zeros((1, len(EXPERTS))), measured, np.array([100]))
    assert strengths[0, 0] == pytest.approx(2 - 10 * 0.2)


def test_style_is_taken_from_the_joint_strength_alone(small):
    measured = np.full((2, len(columns.NAMES)), np.nan)
    features = np.full((2, len(COLUMNS)), np.nan)
    features[1, COLUMNS.index(STYLE[0])] = 1.0
    plain, styled = small.experts(features, np.ones((2, len(EXPERTS))), measured, np.array([100, 100]))
    np.testing.assert_allclose(plain - styled, [0.5, 0, 0])


def test_each_procedure_has_its_calibration(small):
    scores, words = np.linspace(-6, 0, 9), np.full(9, 120)
    auto = small.calibration("auto").p_values(scores, words)
    always = small.calibration("always").p_values(scores, words)
    assert (auto <= always).all()
    assert (auto < always).any()
    # Half of the calibration texts are never asked about, so no more than half can reach any score.
    assert auto.max() < 0.6 < always.max()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "cd" * 32}, "another model"),
        ({"inputs_of_strengths": ["length"]}, "other columns"),
        (
            {"constants": retranslation.CONSTANTS | {"columns.CLIP": 5.0}},
            "with columns.CLIP = 5.0, this version has 6.0",
        ),
        ({"slopes": None}, "lacks 'slopes'"),
    ],
)
def test_a_model_that_does_not_fit_is_refused(tmp_path, change, message):
    folder = written(tmp_path / "model")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest |= change
    (folder / "manifest.json").write_text(json.dumps({k: v for k, v in manifest.items() if v is not None}))
    with pytest.raises(ModelError, match=message):
        retranslation.load(folder, "ab" * 32)


def test_experts_that_the_engine_does_not_change_keep_their_claims():
    alone = loading.load(loading.shipped_folder())
    joint = retranslation.load(loading.shipped_folder().with_name("retranslation"), alone.info.sha256)
    others = np.arange(len(EXPERTS)) != retranslation.TRANSLATION
    np.testing.assert_array_equal(joint.slopes[others], alone.classifier.slopes[others])
    np.testing.assert_array_equal(joint.shifts[others], alone.classifier.shifts[others])
    assert not np.allclose(joint.slopes[~others], alone.classifier.slopes[~others])
    strengths = np.random.default_rng(0).normal(size=(50, len(EXPERTS)))
    same = relative(strengths, np.linspace(40, 900, 50), joint.centers, joint.spreads)
    np.testing.assert_array_equal(same[:, others], strengths[:, others])


def test_a_half_is_judged_by_experts_that_have_not_learnt_it(shipped):
    texts = [
        f"On day {k} we walked along the river to the old mill, and nobody was there but the miller's dog. "
        * 3
        for k in range(12)
    ]
    given = [
        Example(t, "original", f"g{k}", "a", "", "", "calibrate", "people/a") for k, t in enumerate(texts)
    ]
    whole = shipped._model
    halved = whole.classifier.trees["translation"]
    weaker = {**whole.classifier.trees, "translation": replace(halved, value=halved.value / 2)}
    models = [whole, replace(whole, classifier=replace(whole.classifier, trees=weaker))]
    both = held_texts(given, models)
    alone = [held_texts(given, [model] * halves.HALVES) for model in models]
    assert both.at.tolist() == list(range(12))
    assert [e.group for e in both.chosen] == [e.group for e in given]
    own = np.array([halves.half(e.group) for e in given])
    assert set(own) == {0, 1}
    for k in range(halves.HALVES):
        np.testing.assert_array_equal(both.experts[own == k], alone[k].experts[own == k])
        assert not np.allclose(alone[k].experts[own == k], alone[1 - k].experts[own == k])
