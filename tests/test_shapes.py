"""Verdicts in the formats of other moderation systems."""

from __future__ import annotations

import dataclasses
import json

import pytest

from mtdetect.policy.rules import parse
from mtdetect.serve.shapes import SHAPES, enveloped, shaped
from mtdetect.verdict import SentenceScore

TEXT = "SPUN 🐎 " + "word " * 60


@pytest.fixture
def verdict(verdict_of):
    return verdict_of(TEXT, id="a")


def test_our_own(verdict):
    assert shaped(verdict, TEXT, "mtdetect") == verdict.to_dict()
    assert "evidence" not in shaped(verdict, TEXT, "mtdetect", evidence=False)


def test_openai(verdict):
    answer = shaped(verdict, TEXT, "openai")
    assert answer["flagged"] is True
    assert answer["categories"] == {"machine_translated": False, "spun": True}
    assert answer["category_scores"] == {
        name: verdict.to_dict()["probabilities"][name] for name in answer["categories"]
    }
    assert set(answer["category_applied_input_types"]) == set(answer["categories"])


def test_perspective_counts_utf_16(verdict):
    verdict = dataclasses.replace(
        verdict, sentences=(SentenceScore(0, 6, 0.5), SentenceScore(7, len(TEXT), 0.25))
    )
    scores = shaped(verdict, TEXT, "perspective")["attributeScores"]
    assert set(scores) == {"DEGRADED", "MACHINE_TRANSLATED", "SPUN"}
    spans = scores["DEGRADED"]["spanScores"]
    units = TEXT.encode("utf-16-le")
    assert [units[2 * one["begin"] : 2 * one["end"]].decode("utf-16-le") for one in spans] == [
        TEXT[:6],
        TEXT[7:],
    ]
    assert [one["score"] for one in spans] == [
        {"value": value, "type": "PROBABILITY"} for value in (0.5, 0.25)
    ]
    assert scores["DEGRADED"]["summaryScore"]["value"] == verdict.to_dict()["score"]
    assert scores["SPUN"]["summaryScore"]["value"] == verdict.to_dict()["probabilities"]["spun"]


def test_what_is_not_judged_does_not_look_sound(verdict_of):
    first, *others = shaped(verdict_of(""), "", "huggingface")
    assert first == {"label": "unsupported", "score": 1.0}
    assert {one["score"] for one in others} == {0.0}


def test_huggingface_is_best_first(verdict):
    answer = shaped(verdict, TEXT, "huggingface")
    assert [one["label"] for one in answer] == ["spun", "machine_translated", "original"]
    assert sum(one["score"] for one in answer) == pytest.approx(1)


@pytest.mark.parametrize("shape", ["mtdetect", "openai", "perspective"])
def test_decision_goes_along(verdict, shape):
    policy = parse('default = "review"', name="x")
    decided = dataclasses.replace(verdict, decision=policy.decide(verdict))
    assert shaped(decided, TEXT, shape)["decision"]["action"] == "review"


@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_is_flagged_in_an_empty_text(verdict_of, shape):
    answer = json.dumps(shaped(verdict_of(""), "", shape))
    assert "true" not in answer


def test_envelopes():
    def made(shape, single, *answers):
        return json.loads(enveloped(list(answers), shape, single=single, request="r", model="m"))

    assert made("mtdetect", True, b"1") == 1
    assert made("mtdetect", False, b"1") == {"results": [1]}
    assert made("openai", True, b"1") == {"id": "modr-r", "model": "m", "results": [1]}
    assert made("openai", False, b"1", b"2")["results"] == [1, 2]
    assert made("perspective", True, b"1") == 1
    assert made("huggingface", True, b"[1]") == [1]
    assert made("huggingface", False, b"[1]", b"[2]") == [[1], [2]]
