"""SARIF: required fields, regions that equal the spans, stable fingerprints."""

from __future__ import annotations

import dataclasses
import json
import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mtdetect
from mtdetect.cli import main
from mtdetect.rendering.sarif import sarif_log
from mtdetect.verdict import Decision, Evidence, ModelInfo, Verdict

LEVELS = {"none", "note", "warning", "error"}
KINDS = {"notApplicable", "pass", "fail", "review", "open", "informational"}
NAME = re.compile(r"[A-Za-z0-9/_.:~%-]+")


def check(log, texts):
    """Check a log against OASIS SARIF 2.1.0, by section."""
    assert set(log) == {"$schema", "version", "runs"}  # 3.13
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]  # 3.14
    driver = run["tool"]["driver"]  # 3.18, 3.19
    assert (driver["name"], driver["version"]) == ("mtdetect", mtdetect.__version__)
    identifiers = [rule["id"] for rule in driver["rules"]]
    assert len(set(identifiers)) == len(identifiers)
    for rule in driver["rules"]:  # 3.49
        assert set(rule) == {"id", "shortDescription", "fullDescription", "help", "defaultConfiguration"}
        assert all(rule[name]["text"] for name in ("shortDescription", "fullDescription", "help"))
        assert rule["shortDescription"]["text"].endswith(".")
        assert rule["defaultConfiguration"]["level"] in LEVELS
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["newlineSequences"] == ["\r\n", "\n"]
    assert len(run["artifacts"]) == len(texts)
    prints = set()
    for result in run["results"]:  # 3.27
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["kind"] in KINDS
        assert result["level"] in LEVELS
        assert (result["kind"] == "fail") == (result["level"] != "none")  # 3.27.10
        assert result["message"]["text"]
        (mark,) = result["partialFingerprints"].items()
        assert re.fullmatch(r"mtdetect/v\d+", mark[0])
        assert re.fullmatch("[0-9a-f]{64}", mark[1])
        prints.add(mark[1])
        (location,) = result["locations"]
        place = location["physicalLocation"]
        index = place["artifactLocation"]["index"]
        assert place["artifactLocation"]["uri"] == run["artifacts"][index]["location"]["uri"]
        assert NAME.fullmatch(place["artifactLocation"]["uri"])
        if "region" in place:
            region, text = place["region"], texts[index]
            start, end = region["charOffset"], region["charOffset"] + region["charLength"]
            lines = text.split("\n")
            for offset, line, column in (
                (start, region["startLine"], region["startColumn"]),
                (end, region["endLine"], region["endColumn"]),
            ):
                assert sum(len(before) + 1 for before in lines[: line - 1]) + column - 1 == offset
                assert column <= len(lines[line - 1]) + 1
            if "snippet" in region:
                assert region["snippet"]["text"] == text[start:end]
    assert len(prints) == len(run["results"])
    return run


@pytest.fixture
def spun(verdict_of):
    return dataclasses.replace(
        verdict_of("SPUN " + "word " * 50, id="some folder/a:b.txt"),
        evidence=(
            Evidence(4, 8, "two\n", "collocation", 4.0, "a [pair] of {x}"),
            Evidence(9, 14, "three", "novelty", 1.0),
            Evidence(15, 20, "three", "novelty", 1.0),
        ),
    )


TEXT = "one two\nthree three\r\nfour"


def test_log(spun, verdict_of):
    items = [
        (TEXT, spun),
        ("word " * 50, verdict_of("word " * 50, id="-")),
        ("", verdict_of("", id="/tmp/empty file.txt")),
        ("MAYBE " + "word " * 50, verdict_of("MAYBE " + "word " * 50, id=None)),
    ]
    run = check(sarif_log(iter(items)), [text for text, _ in items])
    told = [(one["ruleId"], one["kind"], one["level"]) for one in run["results"]]
    assert told[:4] == [
        ("spun", "fail", "warning"),
        ("evidence/collocation", "fail", "note"),
        ("evidence/novelty", "fail", "note"),
        ("evidence/novelty", "fail", "note"),
    ]
    assert told[4:6] == [("unsupported", "notApplicable", "none"), ("uncertain", "open", "none")]
    uris = [one["location"]["uri"] for one in run["artifacts"]]
    assert uris == ["some%20folder/a%3Ab.txt", "stdin", "file:///tmp/empty%20file.txt", "stdin"]
    assert unquote(uris[0]) == "some folder/a:b.txt"
    messages = [one["message"]["text"] for one in run["results"]]
    assert messages[0] == "The text is spun (score 0.970, p-value 0.0005, error budget 0.01)."
    assert messages[1] == "“two”: suggested wording “a \\[pair\\] of {{x}}”."
    assert messages[4] == "Not judged: empty."


@pytest.mark.parametrize(("action", "kind"), [("block", "fail"), ("allow", "informational")])
def test_decision_of_a_policy(spun, action, kind):
    """It may concern a text that is not flagged, and a policy may only observe."""
    decision = Decision(action, "block", action == "allow", "house", "ab" * 32, "rule 1: Spun", ())
    run = check(
        sarif_log([(TEXT, dataclasses.replace(spun, label="original", evidence=(), decision=decision))]),
        [TEXT],
    )
    (result,) = run["results"]
    assert (result["ruleId"], result["kind"]) == ("decision", kind)
    seen = "" if action == "block" else " (observed only)"
    assert result["message"]["text"] == f"The policy decided block{seen}: rule 1: Spun."
    assert result["properties"]["decision"]["policy"]["name"] == "house"
    allowed = dataclasses.replace(
        spun, decision=dataclasses.replace(decision, action="allow", decided="allow")
    )
    assert "decision" not in {one["ruleId"] for one in check(sarif_log([(TEXT, allowed)]), [TEXT])["results"]}


def test_columns_begin_at_one(spun):
    run = check(sarif_log([(TEXT, spun)]), [TEXT])
    region = run["results"][2]["locations"][0]["physicalLocation"]["region"]
    assert [region[name] for name in ("startLine", "startColumn", "endLine", "endColumn")] == [2, 2, 2, 7]


def test_fingerprints_stay_when_the_text_moves(spun):
    moved = dataclasses.replace(
        spun,
        score=0.9,
        evidence=tuple(dataclasses.replace(e, start=e.start + 5, end=e.end + 5) for e in spun.evidence),
    )
    marks = [
        [one["partialFingerprints"] for one in sarif_log([item])["runs"][0]["results"]]
        for item in ((TEXT, spun), ("zero " + TEXT, moved))
    ]
    assert marks[0] == marks[1]


@given(st.text(max_size=50), st.data())
def test_any_text(verdict_of, text, data):
    offset = st.integers(0, len(text))
    spans = data.draw(st.lists(st.tuples(offset, offset), max_size=5))
    name = data.draw(st.text(min_size=1, max_size=9).filter(lambda name: "\0" not in name))
    evidence = tuple(Evidence(a, b, text[a:b], "x", 1.0, text) for a, b in spans if a < b)
    verdict = dataclasses.replace(verdict_of("SPUN " + "word " * 50), id=name, evidence=evidence)
    log = json.loads(json.dumps(sarif_log([(text, verdict)])))
    check(log, [text])


def test_the_same_file_may_be_given_as_an_absolute_path(tmp_path):
    verdict = Verdict.unsupported("empty", model=ModelInfo("m", "1", "00"), id=str(tmp_path / "é.txt"))
    (artifact,) = sarif_log([("", verdict)])["runs"][0]["artifacts"]
    assert artifact["location"]["uri"] == (tmp_path / "é.txt").as_uri()


def test_command(stub, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = "SPUN blue words " + "word " * 50
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    (tmp_path / "b.txt").write_text("word " * 50, encoding="utf-8")
    assert main(["score", "a.txt", "b.txt", "--format", "sarif"]) == 1
    run = check(json.loads(capsys.readouterr().out), [text, "word " * 50])
    assert [one["ruleId"] for one in run["results"]] == ["spun", "evidence/glitch", "evidence/collocation"]


def test_shipped_model(shipped, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = "The the miller slept. A old dog watched him, and the wind went round the house all night.\r\n" * 4
    (tmp_path / "a.txt").write_bytes(text.encode())
    assert main(["score", "a.txt", "--format", "sarif"]) in (0, 1)
    run = check(json.loads(capsys.readouterr().out), [text])
    assert {"evidence/repetition", "evidence/article"} <= {one["ruleId"] for one in run["results"]}
