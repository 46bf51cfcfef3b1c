"""Quality floors: how well the shipped model does on texts of our own. ``tests/quality/README.md`` says how to record them anew."""

from __future__ import annotations

import datetime
import json
from collections import Counter
from itertools import pairwise

import pytest

from mtdetect.cli import main
from mtdetect.evaluation.metrics import read
from quality import make, record

HISTORIES = record.load()
NAMES = list(HISTORIES)
RECORDS = [json.loads(line) for line in record.TEXTS.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def evaluated(shipped):
    """Exit status and figures of the shipped model against the baseline."""
    return record.evaluate("--baseline", str(record.BASELINE))


@pytest.mark.parametrize("name", NAMES)
def test_no_figure_falls_below_its_floor(evaluated, name):
    measured, floor = record.figures(evaluated[1])[name], HISTORIES[name][-1]
    assert not record.lower(name, measured, floor["value"]), floor


def test_floors_are_those_of_the_recorded_model(evaluated):
    """Nobody has edited a floor by hand; after a change of verdicts run ``python tests/quality/record.py``."""
    assert {name: history[-1]["value"] for name, history in HISTORIES.items()} == record.floors(evaluated[1])


def test_baseline_is_that_of_the_recorded_model(evaluated, tmp_path):
    assert evaluated[0] == 0, evaluated[1]  # exit status: something is worse than the baseline
    record.evaluate("--save", str(tmp_path / "now.json"))
    recorded, now = (
        json.loads(path.read_text(encoding="utf-8"))["texts"]
        for path in (record.BASELINE, tmp_path / "now.json")
    )
    assert [(text, flagged) for text, _, flagged in recorded] == [(text, flagged) for text, _, flagged in now]
    assert [score for _, score, _ in recorded] == pytest.approx([score for _, score, _ in now], abs=2e-6)


@pytest.mark.parametrize("name", NAMES)
def test_history_says_why(name):
    history = HISTORIES[name]
    dates = [datetime.date.fromisoformat(entry["date"]) for entry in history]
    assert dates == sorted(dates)
    assert history[0]["reason"] == "first record"
    for before, after in pairwise(history):
        assert after["value"] != before["value"]
        lowered = record.lower(name, after["value"], before["value"])
        assert lowered != after["reason"].startswith("raised:"), after
        assert len(after["reason"].split()) >= 4, after


def test_a_floor_is_lowered_only_with_a_reason(evaluated, tmp_path, monkeypatch):
    floors, baseline = tmp_path / "floors.json", tmp_path / "baseline.json"
    higher = {name: [dict(history[-1], reason="first record")] for name, history in HISTORIES.items()}
    higher["flagged"][0]["value"] = 0.0
    floors.write_text(json.dumps({"floors": higher}), encoding="utf-8")
    monkeypatch.setattr(record, "FLOORS", floors)
    monkeypatch.setattr(record, "BASELINE", baseline)
    monkeypatch.setattr("sys.argv", ["record.py"])
    with pytest.raises(SystemExit, match="would be lowered: flagged"):
        record.main()
    assert record.load() == higher
    assert not baseline.exists()
    monkeypatch.setattr("sys.argv", ["record.py", "--reason", "a test of the script"])
    record.main()
    assert [entry["reason"] for entry in record.load()["flagged"]] == ["first record", "a test of the script"]
    assert baseline.exists()


SPUN = [(tool, options) for tool, _, options in make.versions() if "spin" in options]


@pytest.mark.parametrize(("tool", "options"), SPUN, ids=[tool for tool, _ in SPUN])
def test_spun_versions_are_what_degrade_makes(tool, options, capsys):
    assert main(["degrade", str(make.PASSAGES), "--format", "jsonl", "--seed", make.SEED, *options]) == 0
    made = [json.loads(line)["text"] for line in capsys.readouterr().out.splitlines()]
    assert made == [one["text"] for one in RECORDS if one.get("tool") == tool]


def test_every_passage_has_every_version():
    passages = [json.loads(line) for line in make.PASSAGES.read_text(encoding="utf-8").splitlines()]
    assert passages == [one for one in RECORDS if one["label"] == "original"]
    kinds = Counter(one["domain"] for one in RECORDS if one["label"] == "original")
    assert len(kinds) == 8
    assert set(kinds.values()) == {5}
    groups = Counter(one.get("tool") for one in RECORDS)
    assert len(groups) == 9
    assert set(groups.values()) == {40}
    assert len({one["id"] for one in RECORDS}) == len(RECORDS) == len(read(str(record.TEXTS)))
    for one in RECORDS:
        assert one.keys() >= {"id", "group", "label", "origin", "source", "domain", "text"}
        if one["label"] != "original":
            assert one.keys() >= {"method", "tool"}
            assert ("pivot" in one) == (one["method"] == "round_trip")
