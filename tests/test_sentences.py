"""Scores of sentences: what they are made of, and that they are learnt from texts whose parts are known."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mtdetect
from mtdetect.cli import main
from mtdetect.degrade import Spinner, Thesaurus
from mtdetect.features.lexicon import shipped as tables
from mtdetect.features.view import View
from mtdetect.model import classifier, sentences
from mtdetect.model.sentences import COLUMNS, SentenceModel
from mtdetect.text import read
from mtdetect.text.vocabulary import FIRST_WORD
from mtdetect.training import sentences as fitting
from mtdetect.training.examples import Example

PERSON = (
    "We walked down to the harbour after supper.\n"
    "The boats were in, and the men had gone home.\n"
    "My sister counted the gulls on the roof of the smokehouse.\n"
    "Nobody spoke until the lamps were lit."
)
ENGINE = (
    "We went down to the port after dinner.\n"
    "The boats were in, and the men had gone home.\n"
    "My sister counted the seagulls on the roof of the smoking house.\n"
    "No one spoke until the lamps were turned on."
)


def example(text: str, label: str, group: str, tool: str = "") -> Example:
    return Example(text, label, group, "set", "", tool, "calibrate", "set", "", "translators")


def test_the_three_kinds_share_one() -> None:
    weights = np.zeros((2, len(COLUMNS)))
    weights[0, 0], weights[1, 0] = 1.0, -1.0
    columns = np.zeros((3, len(COLUMNS)))
    columns[:, 0] = [0.0, 50.0, -50.0]
    chances = SentenceModel(weights, np.zeros(2)).probabilities(columns)
    np.testing.assert_allclose(chances, [2 / 3, 1, 1])


def told_apart(shares: list[float], tokens: list[int], gaps: list[float]) -> list[float]:
    of_tokens = np.array(tokens, float)
    return sentences.by_engine(np.array(shares), of_tokens, of_tokens * gaps).tolist()


def test_engine_puts_sentences_that_it_would_have_written_above_the_others() -> None:
    near, far, unasked, short = told_apart([0.5, 0.5, 0.9, 0.5], [30, 30, 0, 3], [0.1, 0.9, 0.0, 0.1])
    assert unasked == pytest.approx(0.9)
    assert far < 0.5 < short < near


def test_engine_leaves_what_sentences_say_themselves() -> None:
    low, high = told_apart([0.2, 0.8], [30, 30], [0.4, 0.4])
    assert (low, high) == (pytest.approx(0.2), pytest.approx(0.8))


@given(
    st.lists(
        st.tuples(st.floats(1e-9, 1 - 1e-9), st.integers(0, 80), st.floats(0, 6)), min_size=1, max_size=12
    )
)
def test_engine_leaves_probabilities_and_texts_that_are_alike(rows: list[tuple[float, int, float]]) -> None:
    shares, tokens, gaps = (list(column) for column in zip(*rows, strict=True))
    tokens[0] = max(tokens[0], 1)
    scores = told_apart(shares, tokens, gaps)
    assert all(0 <= one <= 1 for one in scores)
    alike = told_apart(shares, tokens, [1.5] * len(rows))
    np.testing.assert_allclose(alike, shares, atol=1e-9)


def test_around_stays_in_the_text() -> None:
    values = np.array([[1.0], [1.0], [1.0], [5.0], [9.0]])
    doc = np.array([0, 0, 0, 1, 2])
    np.testing.assert_allclose(sentences.around(values, doc)[:, 0], [1, 1, 1, 5, 9])


def test_around_counts_the_nearer_more() -> None:
    values = np.zeros((12, 1))
    values[5] = 1.0
    seen = sentences.around(values, np.zeros(12, int))[:, 0]
    assert (np.diff(seen[1:6]) > 0).all()
    assert (np.diff(seen[5:10]) < 0).all()
    assert seen[0] == seen[10] == 0  # beyond its reach


def test_measured_sentences(shipped) -> None:
    text = (
        "The dog sat in the garden and slept. She called a press convention to speak of elevated joblessness."
    )
    model, _, _ = classifier.load(Path(shipped._model.folder))
    view = View(read([text], tables().vocabulary, identify=False), tables())
    columns = sentences.measure(
        view, model.candidates, model.weights, np.array([9.0]), np.array([[1.0, -9.0, 9.0]])
    )
    assert columns.shape == (2, len(COLUMNS))
    named = dict(zip(COLUMNS, columns.T, strict=True))
    assert named["unseen_pairs"][0] < named["unseen_pairs"][1]
    assert named["strength"][0] < named["strength"][1]
    assert named["evidence"].tolist() == [0, int(candidates_reported(model, view))]
    np.testing.assert_allclose(named["log_words"], np.log([8, 10]))
    assert named["text"].tolist() == [6, 6]
    assert named["text_rules"].tolist() == [-2, -2]
    assert named["text_spinning"].tolist() == [5, 5]


def candidates_reported(model: classifier.Classifier, view: View) -> int:
    return int(model.candidates.judge(view).found.sum())


def test_lines_of_an_engine_are_pasted_into_a_persons_text(monkeypatch) -> None:
    monkeypatch.setattr(fitting, "WRITTEN", 0.0)
    monkeypatch.setattr(fitting, "WHOLE", 0.0)
    made = []
    for k in range(12):
        made += fitting.translated(
            [example(PERSON, "original", f"g{k}"), example(ENGINE, "machine_translated", f"g{k}", "x")]
        )
    ours, theirs = PERSON.split("\n"), ENGINE.split("\n")
    for mixed in made:
        origin = [
            (line == a, line == b) for line, a, b in zip(mixed.text.split("\n"), ours, theirs, strict=True)
        ]
        assert all(a or b for a, b in origin)
        assert mixed.partly
        reworked = [k for k, (a, _) in enumerate(origin) if not a]
        # One run: nothing but the line that both share may lie between.
        assert all(k in (*reworked, 1) for k in range(min(reworked, default=0), max(reworked, default=0)))
    assert len({mixed.text for mixed in made}) > 4


def test_texts_that_stay_as_written(monkeypatch) -> None:
    monkeypatch.setattr(fitting, "WRITTEN", 1.0)
    (mixed,) = fitting.translated(
        [example(PERSON, "original", "g"), example(ENGINE, "machine_translated", "g", "x")]
    )
    assert (mixed.text, mixed.partly) == (PERSON, False)


def test_a_sentence_that_both_versions_have_is_a_persons(shipped) -> None:
    model, _, _ = classifier.load(Path(shipped._model.folder))
    measured = fitting.measure(
        [
            fitting.Mixed(ENGINE, PERSON, "translated", True, "a"),
            fitting.Mixed(ENGINE, PERSON, "spun", True, "b"),
        ],
        tables(),
        model,
    )
    assert measured.kind.tolist() == [1, 0, 1, 1, 2, 0, 2, 2]
    assert measured.text.tolist() == [0] * 4 + [1] * 4


def test_figures_are_of_the_sentences_that_were_held_out() -> None:
    columns = np.zeros((8, len(COLUMNS)))
    columns[:, 0] = [-9, 9, -9, 9, 9, -9, 9, -9]
    kind = np.array([0, 1, 0, 1, 0, 2, 2, 0])
    measured = fitting.Measured(columns, kind, np.array([0, 0, 0, 0, 1, 1, 2, 2]))
    texts = [fitting.Mixed("", "", which, True, which) for which in ("translated", "spun", "spun")]
    weights = np.zeros((2, len(COLUMNS)))
    weights[0, 0] = 1.0
    told = fitting.figures(texts, measured, np.arange(8) < 6, SentenceModel(weights, np.array([0.0, -30.0])))
    assert told["sentences"] == 6
    assert told["auc_within_translated"] == 1.0
    assert told["auc_within_spun"] == 0.0
    assert told["at_0.8"] == 0.5
    assert told["right_at_0.8"] == pytest.approx(2 / 3, abs=1e-4)
    assert told["ece"] == pytest.approx(1 / 3, abs=1e-3)


def paragraphs(k: int) -> str:
    names = ("Anna", "Robert", "my uncle", "the teacher", "our neighbour")
    return "\n\n".join(
        f"On the first day {names[(k + j) % 5]} bought {k + j + 2} red apples at the market. The old house near "
        f"the river was quiet, and the children played in the garden until it was dark. Then we had dinner."
        for j in range(4)
    )


def test_a_fit_finds_the_paragraphs_that_were_spun(shipped, tmp_path, make_halves) -> None:
    folder = tmp_path / "model"
    shutil.copytree(shipped._model.folder, folder)
    make_halves(folder, folder)
    words = tables().vocabulary
    frequency = {words.word(k): 1 for k in range(FIRST_WORD, 3000)}
    thesaurus = Thesaurus(
        {"house": [["domicile"]], "children": [["progeny"]], "garden": [["plot"]], "market": [["bazaar"]],
         "dinner": [["repast"]], "dark": [["tenebrous"]], "quiet": [["tacit"]]}
    )  # fmt: skip

    def maker(rate: float) -> Spinner:
        return Spinner(thesaurus, "table", 0.6, frequency=frequency)

    people = [
        dataclasses.replace(example(paragraphs(k), "original", f"p{k}"), population="web_writers")
        for k in range(60)
    ]
    labelled = [
        part
        for k in range(20)
        for part in (
            example(PERSON, "original", f"g{k}"),
            example(ENGINE, "machine_translated", f"g{k}", "x"),
        )
    ]
    told: list[str] = []
    manifest = fitting.fit_sentences(folder, people, labelled, [maker], tables(), told.append)
    assert manifest["sentences"]["columns"] == list(COLUMNS)
    assert manifest["sentences"]["held_out"]["auc"] > 0.8
    assert "auc" in told[-1]
    # The rest of the model stays as it was.
    before = json.loads((Path(shipped._model.folder) / "manifest.json").read_text())
    assert manifest["files"] == before["files"]
    detector = mtdetect.load(folder)
    page = paragraphs(3).split("\n\n")
    (page[2],) = maker(0.6).degrade([page[2]])
    text = "\n\n".join(page)
    at = text.index(page[2])
    inside, outside = [], []
    for start, end, score in detector.score(text).sentences:
        (inside if at <= start < at + len(page[2]) else outside).append(score)
        assert 0 <= score <= 1
        assert end > start
    assert max(inside) > max(outside)


def test_only_sentences_needs_a_model(tmp_path, capsys) -> None:
    (tmp_path / "human").mkdir()
    assert main(["train", str(tmp_path), "--output", str(tmp_path / "none"), "--only-sentences"]) == 2
    assert capsys.readouterr().err.startswith("mtdetect: ")
    assert main(["train", str(tmp_path), "--output", "x", "--only-sentences", "--tables"]) == 2
    assert "--tables cannot be combined with --stage sentences" in capsys.readouterr().err
