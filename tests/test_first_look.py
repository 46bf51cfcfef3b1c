"""The cascade: a first look ends the way of texts that a full measurement could not flag, and changes no other verdict."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtdetect import artifacts
from mtdetect.cli import main
from mtdetect.detector import Detector
from mtdetect.errors import ModelError, UsageError
from mtdetect.features import blocks
from mtdetect.features.lexicon import shipped as tables
from mtdetect.features.view import View
from mtdetect.model import first_look, loading
from mtdetect.model.calibration import BANDS
from mtdetect.model.calibration_profile import CalibrationProfile
from mtdetect.screening import Options
from mtdetect.text import read
from mtdetect.text.segments import members
from mtdetect.training.examples import Example
from mtdetect.training.first_look import Measured, curve_at, joined, tails, thresholds_of
from mtdetect.verdict import Verdict
from mtdetect.verification import _texts

PLAIN = (
    "We took the early boat across the bay, because my sister had to be at work by nine. It rained, and the deck was wet, so we sat "
    "below with the dogs and the bicycles. A man from the harbour told us that the old pier would be mended this year, if the money came. "
    "Nobody believed him. When we got in, the shops were still shut, and we drank our tea standing up by the window of the bakery. "
)
FRENCH = "Le conseil municipal a voté hier soir, et personne n'était content de la décision. " * 4
PIECES = [
    "The",
    "ca\u0301t",
    "sat",
    "&amp;",
    "o\u200bn",
    "it's",
    "3.5",
    ",",
    ".",
    "\n\n",
    "“yes”",
    "U.S.",
    "ﬁn",
    "\r\n",
    "Mr. Smith",
]


def with_thresholds(level: float) -> Detector:
    """The shipped model with a first look that ends the way of no text (minus infinity) or of every text (infinity)."""
    whole = Detector(loading.load(loading.shipped_folder()))
    known = whole._first_look
    assert known is not None
    whole.__dict__["_first_look"] = replace(known, thresholds=np.full(len(BANDS), level))
    return whole


@lru_cache(maxsize=1)
def ends_all() -> Detector:
    return with_thresholds(np.inf)


def texts() -> list[str]:
    """Texts of all kinds, among them some that are not measured."""
    return [*_texts().values(), PLAIN, PLAIN * 3, "Too short.", FRENCH, "", "<a href='x'>{}</a>" * 9]


def told(verdicts: list[Verdict]) -> list[dict]:
    return [verdict.to_dict() for verdict in verdicts]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join), min_size=1, max_size=6), st.data()
)
def test_a_part_of_a_batch_is_what_those_texts_alone_are(given_texts, data):
    rows = np.array(sorted(data.draw(st.sets(st.integers(0, len(given_texts) - 1)))), np.int64)
    whole = View(read(given_texts, tables().vocabulary, identify=False), tables())
    alone = View(read([given_texts[k] for k in rows], tables().vocabulary, identify=False), tables())
    blocks.measure(whole)  # so that there are look-ups to hand over
    part = whole.only(rows)
    inside = np.ones(len(alone.batch.ids), bool)
    inside[alone.batch.first[:-1][np.diff(alone.batch.first) > 0]] = False
    for field in fields(alone.batch.tokens):
        same = getattr(part.batch.tokens, field.name) == getattr(alone.batch.tokens, field.name)
        # Before the first word of a text stand the line breaks that part it from another one.
        assert (same | ~inside if field.name == "newlines" else same).all()
    for name in (
        "ids",
        "doc",
        "first",
        "sentence_first",
        "sentence_doc",
        "words",
        "warnings",
        "texts",
        "reason",
    ):
        assert np.array_equal(getattr(part.batch, name), getattr(alone.batch, name)), name
    for own, other in zip(part.batch, alone.batch, strict=True):
        assert np.array_equal(own.spans, other.spans)
        assert np.array_equal(own.sentences, other.sentences)
    assert np.array_equal(blocks.measure(part), blocks.measure(alone), equal_nan=True)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=8), st.data())
def test_members_are_the_entries_of_the_runs(sizes, data):
    first = np.append(0, np.cumsum(sizes))
    runs = data.draw(st.lists(st.integers(0, len(sizes) - 1)))
    expected = [k for run in runs for k in range(first[run], first[run + 1])]
    assert members(first, np.array(runs, np.int64)).tolist() == expected


def test_a_verdict_is_the_same_alone_in_a_batch_and_in_any_order(shipped):
    given_texts = texts() * 3
    together = told(list(shipped.score_many(given_texts, full=False)))
    backwards = told(list(shipped.score_many(given_texts[::-1], full=False)))
    alone = told([shipped.score(text, full=False) for text in texts()]) * 3
    assert together == backwards[::-1] == alone


def test_texts_that_go_on_have_the_verdict_of_a_full_measurement(shipped):
    full = told(list(shipped.score_many(texts())))
    assert told(list(with_thresholds(-np.inf).score_many(texts(), full=False))) == full
    for one, other in zip(shipped.score_many(texts(), full=False), full, strict=True):
        assert one.stage != "first_look" or one.label == "original"
        assert one.stage == "first_look" or one.to_dict() == other


def test_a_text_that_ends_early_claims_little():
    verdicts = list(ends_all().score_many(texts(), full=False))
    ended = [one for one in verdicts if one.stage == "first_look"]
    assert len(ended) > 3
    for one in ended:
        assert (one.label, one.reason, one.pivot, one.sentences, one.evidence, one.reasons) == (
            "original",
            None,
            (),
            (),
            (),
            (),
        )
        assert 0.05 <= one.p_value <= 1
        assert 0 <= one.quality <= 100
        assert sum(one.probabilities.values()) == pytest.approx(1)
        assert one.score == pytest.approx(1 - one.probabilities["original"])
    assert {one.stage for one in verdicts if one.label == "unsupported"} == {None}


def test_what_the_shipped_first_look_ends_is_more_likely_original(shipped):
    look = shipped._first_look
    assert (look.thresholds <= 0).all()
    assert np.all(np.diff(look.grid) > 0)
    assert np.all(np.diff(look.tails, axis=1) <= 0)
    one = shipped.score(PLAIN * 2, full=False)
    assert one.stage == "full" or one.score < 0.5


def test_short_texts_and_those_with_evidence_or_altered_letters_are_measured_in_full():
    altered = (
        PLAIN.replace("bay", "b\u0430y")
        .replace("wet", "w\u0435t")
        .replace("dogs", "d\u043egs")
        .replace("year", "ye\u0430r")
    )
    syntax = (
        PLAIN
        + "{Our|My} boat was {moored|tied up} by the {small|little} bridge, and {we rowed|we paddled} to the {old|far} pier. "
        * 3
    )
    homographs = PLAIN + "The results square measure shown in the table of the harbour. "
    for text in ("The boat was late.", altered, syntax, homographs):
        assert ends_all().score(text, full=False).to_dict() == ends_all().score(text).to_dict()
    assert ends_all().score(PLAIN, full=False).stage == "first_look"


@pytest.mark.parametrize("options", [{"fpr": 0.06}, {"full": True}])
def test_larger_budgets_get_full_measurements(options):
    assert ends_all().score(PLAIN, **{"full": False, **options}).stage == "full"


def test_a_calibration_profile_gets_full_measurements():
    plain = ends_all()
    assert plain.looks_first(0.01, "never")
    assert plain.looks_first(0.01, "auto")
    assert not plain.looks_first(0.01, "always")
    profile = CalibrationProfile(plain.model.sha256, np.linspace(-5, 0, 200), np.full(200, 100))
    assert not plain.with_calibration(profile).looks_first(0.01, "never")


def test_a_model_without_a_first_look_measures_in_full(shipped):
    lacking = Detector(shipped._model)
    lacking.__dict__["_first_look"] = None
    assert lacking.first_look is None
    assert lacking.score(PLAIN, full=False).to_dict() == shipped.score(PLAIN).to_dict()


def test_evidence_for_flagged_texts_only(shipped):
    given_texts = texts()
    assert {one.flagged for one in shipped.score_many(given_texts, evidence=False)} == {True, False}
    for every, some in zip(
        shipped.score_many(given_texts), shipped.score_many(given_texts, evidence="flagged"), strict=True
    ):
        if every.flagged:
            assert some.to_dict() == every.to_dict()
        else:
            assert (some.evidence, some.sentences, some.reasons) == ((), (), ())
            assert some.to_dict(evidence=False) == every.to_dict(evidence=False)


def test_listed_phrases_are_told_of_texts_that_end_early():
    listing = ends_all().with_phrases({"early boat": "first boat"})
    listing.__dict__["_first_look"] = ends_all()._first_look
    verdict = listing.score(PLAIN, full=False)
    assert verdict.stage == "first_look"
    assert [one.text for one in verdict.evidence] == ["early boat"]


def test_command_line(tmp_path, shipped):
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(
        "".join(json.dumps({"id": k, "text": text}) + "\n" for k, text in enumerate(texts())),
        encoding="utf-8",
    )

    def rows(*options: str) -> list[dict]:
        assert main(["screen", *options, "--output", str(output), "--restart"]) == 0
        return [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]

    expected = {
        (str(source), "--evidence"): shipped.score_many(texts(), full=False, retranslate="never"),
        ("--evidence", str(source)): shipped.score_many(texts(), full=False, retranslate="never"),
        ("--evidence", "all", str(source)): shipped.score_many(texts(), retranslate="never"),
        ("--evidence", "--full", str(source)): shipped.score_many(texts(), retranslate="never"),
        ("--evidence=flagged", str(source)): shipped.score_many(
            texts(), full=False, evidence="flagged", retranslate="never"
        ),
    }
    for options, verdicts in expected.items():
        wanted = [verdict.to_dict() | {"id": k} for k, verdict in enumerate(verdicts)]
        assert rows(*options) == json.loads(json.dumps(wanted)), options
    assert {row["stage"] for row in rows(str(source), "--full")} == {"full", None}


def test_options_name_what_they_know():
    with pytest.raises(UsageError, match="flagged, all"):
        Options(evidence="some").check()


def test_first_look_of_another_model_is_refused(tmp_path):
    folder = loading.shipped_folder().with_name(loading.FIRST_LOOK)
    arrays, manifest = artifacts.read(folder)
    of = manifest["model"]
    with pytest.raises(ModelError, match="another model"):
        first_look.load(folder, "0" * 64)
    for change, said in (
        ({"columns": manifest["columns"][1:]}, "other columns"),
        ({"constants": {**manifest["constants"], "first_look.OPEN": 0.1}}, "OPEN"),
    ):
        artifacts.write(tmp_path / "altered", arrays, {**manifest, **change})
        with pytest.raises(ModelError, match=said):
            first_look.load(tmp_path / "altered", of)
    artifacts.write(
        tmp_path / "altered", arrays, {key: value for key, value in manifest.items() if key != "quality"}
    )
    with pytest.raises(ModelError, match="lacks 'quality'"):
        first_look.load(tmp_path / "altered", of)


def test_thresholds_lose_the_share_of_open_texts_that_they_may():
    rng = np.random.default_rng(0)
    words = rng.choice([50, 100, 200, 400, 900], 20_000)
    human = rng.random(20_000) < 0.5
    highest = rng.normal(-2, 1, 20_000) + 2.5 * ~human
    is_open = highest + rng.normal(0, 0.5, 20_000) > 0
    for lost in (0.01, 0.05):
        found = curve_at(lost, highest, words, human, is_open)
        on = highest >= thresholds_of(highest, words, is_open, lost)[0] - 0.5
        assert on[is_open].mean() > 1 - lost
        assert found["people_measured"] < found["machines_measured"]
    assert (thresholds_of(highest + 9, words, is_open, 0.01) == 0).all()


def test_p_values_of_early_texts_count_the_texts_that_go_on():
    people = [Example("", "original", str(k), "a", "", "", "calibrate", "people/a") for k in range(300)]
    highest = np.append(np.linspace(-5, 0, 200), np.full(100, np.inf))
    found = tails(np.array([-5.0, 0.0]), highest, np.full(300, 100), people)
    assert found.shape == (len(BANDS), 2)
    assert found[1, 0] == pytest.approx(1, abs=0.01)
    assert found[1, 1] >= 1 / 3


def test_texts_measured_in_halves_are_joined_row_by_row():
    def part(*groups):
        examples = [Example("", "original", name, "a", "", "", "calibrate", "people/a") for name in groups]
        at = np.array([float(name[1:]) for name in groups])
        return Measured(examples, at[:, None], at[:, None], at, at, at.astype(np.int64), at, at > 1)

    whole = joined([part("g2", "g0"), part("g1")])
    assert [e.group for e in whole.chosen] == ["g2", "g0", "g1"]
    for column in (whole.x[:, 0], whole.claims[:, 0], whole.p_values, whole.comet, whole.words, whole.spun):
        assert column.tolist() == [2, 0, 1]
    assert whole.reported.tolist() == [True, False, False]
