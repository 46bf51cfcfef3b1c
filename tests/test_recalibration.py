"""A user's own calibration: what a profile holds, what it changes, and what is refused."""

from __future__ import annotations

import io
import json
import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtdetect.cli import main
from mtdetect.errors import InputError, UsageError
from mtdetect.evaluation.recalibration import binomial_bounds, recalibrate
from mtdetect.model.calibration import Calibration, OwnCalibration
from mtdetect.model.calibration_profile import LEAST_TEXTS, CalibrationProfile, load
from mtdetect.rendering.figures import write_recalibration

PARTS = (
    "The ferry was late again this morning, so we stood on the pier and talked about the weather.",
    "My brother keeps bees behind the old school, and in June he gives a jar of honey to every neighbour.",
    "Nobody had told the new caretaker that the boiler has to be kicked before it starts.",
    "We counted eleven herons on the marsh, which is three more than last year.",
    "If it rains on Saturday, the match will be played in the hall instead.",
    "She wrote the letter twice, once in anger and once in ink.",
    "There is a shelf of paperbacks by the door, and you may take one if you leave one.",
)
SPUN = (
    "The watercraft was belated once more this forenoon, so we remained on the wharf and conversed about the climate. "
    "My sibling retains honeybees behind the aged academy, and in June he bestows a container of nectar to each neighbor."
)


def clean(n: int) -> list[tuple[str, str]]:
    order = np.random.default_rng(7)
    return [(f"t{k}", " ".join(order.permutation(PARTS)[:6])) for k in range(n)]


def people(n: int, shift: float = 0.0, words: int = 200) -> Calibration:
    scores = np.random.default_rng(1).normal(shift, 1, n).astype(np.float32)
    return Calibration(scores, np.full(n, words, np.int32), np.zeros(n, np.int16), np.zeros(n, np.int8))


def test_own_texts_that_score_high_raise_the_threshold_and_low_ones_lower_it() -> None:
    asked, words = np.array([2.5]), np.array([200])
    shipped = people(5000)
    before = shipped.p_values(asked, words)[0]
    for shift, stricter in ((2.0, True), (-2.0, False)):
        scores = np.random.default_rng(2).normal(shift, 1, 1000)
        after = OwnCalibration(shipped, scores, np.full(1000, 200)).p_values(asked, words)[0]
        assert (after > before) == stricter


@pytest.mark.parametrize("shift", [-0.2, 0.0, 0.2])
@pytest.mark.parametrize("spread", [1, 40])
def test_budgets_hold_for_people_like_the_own_texts(shift: float, spread: int) -> None:
    """Two hundred own texts in one band of lengths or several: the mean share of others flagged is within the budget."""
    rng = np.random.default_rng(5)
    shipped = replace(people(20_000), words=rng.integers(10, 10 + spread, 20_000).astype(np.int32) * 20)
    flagged = {0.001: 0.0, 0.01: 0.0, 0.05: 0.0}
    for _ in range(60):
        words = rng.integers(10, 10 + spread, (2, 2000)) * 20
        scores = rng.normal(shift, 1, (2, 2000))
        own = OwnCalibration(shipped, scores[0, :200], words[0, :200])
        p_values = own.p_values(scores[1], words[1])
        for budget in flagged:
            flagged[budget] += float(np.mean(p_values <= budget)) / 60
    assert all(share <= 1.4 * budget for budget, share in flagged.items()), flagged
    assert flagged[0.05] > 0.02


@given(st.integers(1, 2), st.floats(-4, 4))
def test_few_own_texts_move_little(n: int, score: float) -> None:
    shipped, words = people(2000), np.array([200])
    own = OwnCalibration(shipped, np.full(n, 9.0), np.full(n, 200))
    moved = own.p_values(np.array([score]), words) - shipped.pooled(np.array([score]), words)
    assert 0 <= moved[0] <= 0.02


def test_own_texts_are_judged_by_the_others() -> None:
    shipped = people(2000)
    rng = np.random.default_rng(3)
    scores, words = rng.normal(0.5, 1, 60), rng.integers(40, 900, 60)
    own = OwnCalibration(shipped, scores, words)
    compared = 0
    for k in range(60):
        rest = np.arange(60) != k
        slow = OwnCalibration(shipped, scores[rest], words[rest]).p_values(scores[[k]], words[[k]])
        if (np.searchsorted((40, 80, 150, 300, 600), words[rest], "right")
            == np.searchsorted((40, 80, 150, 300, 600), words[k], "right")).any():  # fmt: skip
            assert own.leave_one_out()[k] == pytest.approx(slow[0])
            compared += 1
    assert compared > 50


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    # Closed forms: 0 of n is bounded by 1 - 0.025 ** (1 / n), n of n by its mirror; 5 of 100 as tabled by Clopper and Pearson.
    [(0, 200, 0.0, 1 - 0.025**0.005), (200, 200, 0.025**0.005, 1.0), (5, 100, 0.0164, 0.1128)],
)
def test_binomial_bounds(hits: int, n: int, low: float, high: float) -> None:
    assert binomial_bounds(hits, n) == pytest.approx((low, high), abs=5e-5)


def test_profile_of_a_detector(shipped) -> None:
    result = recalibrate(clean(LEAST_TEXTS), shipped, fpr=0.01)
    assert result.bands[-1].words == "all"
    assert result.bands[-1].texts == LEAST_TEXTS == sum(band.texts for band in result.bands[:-1])
    detector = shipped.with_calibration(result.profile)
    alone, own = shipped.score(SPUN), detector.score(SPUN)
    assert own.score == alone.score
    assert own.p_value != alone.p_value
    again = pickle.loads(pickle.dumps(detector))
    assert again.score(SPUN).p_value == own.p_value
    with_list = again.with_phrases({"aged academy": "old school"})
    assert with_list.score(SPUN).p_value == own.p_value
    assert [e.text for e in with_list.score(SPUN).evidence if e.kind == "listed"] == ["aged academy"]


@pytest.mark.parametrize(("fpr", "too_small"), [(0.001, True), (0.01, False)])
def test_a_budget_that_so_few_texts_cannot_serve_is_told(shipped, fpr: float, too_small: bool) -> None:
    result = recalibrate(clean(LEAST_TEXTS), shipped, fpr=fpr)
    own = OwnCalibration(shipped.calibration, result.profile.scores, result.profile.words)
    assert result.smallest == own.p_values(np.full(6, 99.0), np.array([40, 80, 150, 300, 600, 5000])).min()
    assert 1 / (LEAST_TEXTS + 201) - 1e-4 < result.smallest < 0.004
    file = io.StringIO()
    write_recalibration(result, file)
    assert ("at this budget nothing is flagged" in " ".join(file.getvalue().split())) == too_small


def test_skipped_texts_are_reported(shipped) -> None:
    texts = [*clean(LEAST_TEXTS), ("short", "Too short."), ("empty", ""), ("fr", "Il fait beau. " * 40)]
    assert recalibrate(texts, shipped, fpr=0.01).skipped == {
        "empty": 1,
        "fewer than 40 words": 1,
        "language: fr": 1,
    }
    with pytest.raises(
        UsageError,
        match=r"^199 texts \(3 more skipped: 1 empty, 1 fewer than 40 words, 1 language: fr\): calibration needs at least 200",
    ):
        recalibrate(texts[1:], shipped, fpr=0.01)


def test_command(shipped, tmp_path, capsys) -> None:
    texts, profile, suspect = tmp_path / "clean.jsonl", tmp_path / "own.json", tmp_path / "suspect.txt"
    texts.write_text("".join(json.dumps({"id": f"{k}[/b]", "text": t}) + "\n" for k, t in clean(LEAST_TEXTS)))
    suspect.write_text(SPUN)
    assert main(["calibrate", str(texts), "--output", str(profile), "--format", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["texts"] == LEAST_TEXTS
    assert printed["bands"][-1]["flagged_after_95"][1] > 0
    main(["score", str(suspect), "--profile", str(profile), "--format", "json"])
    assert json.loads(capsys.readouterr().out)["p_value"] != shipped.score(SPUN).p_value
    pages, verdicts = tmp_path / "pages.jsonl", tmp_path / "verdicts.jsonl"
    pages.write_text(json.dumps({"id": "p", "text": SPUN}) + "\n")
    assert main(["screen", str(pages), "--output", str(verdicts), "--profile", str(profile)]) == 0
    assert json.loads(verdicts.read_text())["p_value"] == pytest.approx(
        shipped.with_calibration(profile).score(SPUN).p_value, abs=1e-5
    )
    capsys.readouterr()
    assert main(["calibrate", str(texts), "--output", str(profile)]) == 0
    printed = capsys.readouterr().out
    assert "Highest scores, worth a look: t" in printed
    assert "[/b] (" in printed
    table = tmp_path / "clean.csv"
    table.write_text("name,body\n" + "".join(f'{k},"{t}"\n' for k, t in clean(LEAST_TEXTS)) + "last\n")
    call = ["calibrate", str(table), "--output", str(profile), "--id-field", "name", "--text-field", "body"]
    assert main([*call, "--format", "json"]) == 2
    out, err = capsys.readouterr()
    assert json.loads(out)["texts"] == LEAST_TEXTS
    assert f"1 record skipped: {table}: line 202: no field 'body'" in err
    assert main(["calibrate", str(table), "--output", str(profile)]) == 2
    err = capsys.readouterr().err
    assert "0 texts: calibration needs at least 200" in err
    assert f"201 records skipped: {table}: line 2: no field 'text' and others" in err


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "3", '{"format": "mtdetect calibration profile 1"}',
     '{"format": "mtdetect calibration profile 1", "model": "x", "scores": [1], "words": [1]}',
     '{"format": "mtdetect calibration profile 9", "model": "x", "scores": [], "words": []}'],
)  # fmt: skip
def test_what_is_no_profile(content: str, tmp_path, shipped) -> None:
    path = tmp_path / "bad.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"bad.json: is no calibration profile"):
        shipped.with_calibration(path)


def test_profile_of_another_model(shipped, tmp_path) -> None:
    other = CalibrationProfile("0" * 64, np.zeros(LEAST_TEXTS), np.full(LEAST_TEXTS, 100))
    path = tmp_path / "other.json"
    path.write_bytes(other.to_json())
    assert load(path).words.tolist() == [100] * LEAST_TEXTS
    with pytest.raises(UsageError, match=r"other.json: was made with another model; make it anew"):
        shipped.with_calibration(path)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["missing.txt", "--output", "p.json"], "missing.txt: no such file"),
        (["few.jsonl", "--output", "few.jsonl"], "few.jsonl: is an input, too"),
        (["few.jsonl", "--output", "-"], "--output needs the name of a file"),
        (["few.jsonl", "--output", "p.json"], "1 text: calibration needs at least 200"),
    ],
)
def test_wrong_use(arguments, complaint, tmp_path, monkeypatch, capsys, shipped) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "few.jsonl").write_text(json.dumps({"text": " ".join(PARTS)}) + "\n")
    assert main(["calibrate", *arguments]) == 2
    error = capsys.readouterr().err
    assert complaint in error
    assert error.count("\n") == 1
    assert not (tmp_path / "p.json").exists()
