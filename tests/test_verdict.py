"""The rule that makes labels, and the shape of a verdict."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtdetect.errors import MtdetectError, UsageError
from mtdetect.verdict import DEGRADED, LABELS, ModelInfo, Verdict, check_fpr, judge

SPUN = {"original": 0.1, "machine_translated": 0.2, "spun": 0.7}
TRANSLATED = {"original": 0.1, "machine_translated": 0.6, "spun": 0.3}
FIELDS = (
    "id label score quality probabilities fpr p_value reason words language pivot sentences evidence model reasons stage retranslated match"
).split()
share = st.floats(0, 1, exclude_min=True, exclude_max=True)


@pytest.mark.parametrize(
    ("score", "p_value", "words", "options", "expected"),
    [
        (0.9, 0.01, 100, {}, ("spun", None)),
        (0.9, 0.010001, 100, {}, ("uncertain", "budget")),
        (0.5, 0.0, 100, {}, ("spun", None)),
        (0.499999, 0.0, 100, {}, ("original", None)),
        (0.1, 0.9, 40, {}, ("original", None)),
        (0.1, 0.9, 39, {}, ("uncertain", "short")),
        (0.99, 0.0, 39, {}, ("uncertain", "short")),
        (0.99, 0.0, 39, {"decisive_evidence": True}, ("spun", None)),
        (0.99, 0.2, 39, {"decisive_evidence": True}, ("uncertain", "budget")),
        (0.99, 0.0, 400, {"abstain": "short"}, ("uncertain", "short")),
        (0.99, 0.0, 400, {"abstain": "fragments"}, ("uncertain", "fragments")),
        (0.99, 0.0, 400, {"abstain": "fragments", "decisive_evidence": True}, ("spun", None)),
    ],
)
def test_rule(score, p_value, words, options, expected):
    figures = {"score": score, "p_value": p_value, "words": words, "fpr": 0.01, "probabilities": SPUN}
    assert judge(**figures, **options) == expected


def test_likelier_of_the_two_degraded_labels():
    figures = {"score": 0.9, "p_value": 0.001, "words": 90, "fpr": 0.01}
    assert judge(**figures, probabilities=TRANSLATED)[0] == "machine_translated"
    assert judge(**figures, probabilities=SPUN)[0] == "spun"


@given(share, share, st.integers(0, 200), share, share, st.booleans())
def test_larger_budget_never_clears(score, p_value, words, one, other, decisive):
    small, large = sorted((one, other))
    figures = {"score": score, "p_value": p_value, "words": words, "probabilities": SPUN}
    strict, _ = judge(**figures, fpr=small, decisive_evidence=decisive)
    lenient, _ = judge(**figures, fpr=large, decisive_evidence=decisive)
    assert strict not in DEGRADED or lenient == strict
    assert strict not in DEGRADED or p_value <= small


def test_json_is_the_contracts(verdict_of):
    verdict = verdict_of("SPUN " * 60, id="a.txt")
    told = verdict.to_dict()
    assert list(told) == FIELDS
    assert json.loads(json.dumps(told)) == told
    assert told["score"] == 0.97
    assert told["quality"] == 71.3
    assert told["pivot"] == [{"language": "pt", "probability": 0.5}]
    assert told["sentences"] == [{"start": 0, "end": 300, "score": 0.97}]
    assert told["evidence"][1] == {
        "start": 6,
        "end": 9,
        "text": "blue\nwords",
        "kind": "collocation",
        "weight": 3.2,
        "suggestion": "better words",
    }
    assert told["model"] == {"name": "stub", "version": "1", "sha256": "ab" * 32}
    assert told["reasons"][0]["typical"] == [0.9, 1.8]


def test_without_evidence_there_are_no_spans_and_no_reasons(verdict_of):
    told = verdict_of("SPUN " * 60).to_dict(evidence=False)
    assert list(told) == [name for name in FIELDS if name not in ("sentences", "evidence", "reasons")]


def test_numbers_are_rounded_to_what_they_are_worth(verdict_of):
    verdict = verdict_of("plain " * 60)
    told = Verdict(
        **{name: getattr(verdict, name) for name in FIELDS} | {"score": 2 / 3, "p_value": 1 / 30000}
    ).to_dict()
    assert told["score"] == 0.666667
    assert told["p_value"] == 3.33333e-05


@pytest.mark.parametrize("fpr", [0.0001, 0.001, 0.01, 0.2])
@pytest.mark.parametrize("text", ["SPUN " * 60, "MAYBE " * 60, "plain " * 60, "MT " * 60, "SPUN " * 6, ""])
def test_another_budget_is_the_same_as_scoring_again(verdict_of, text, fpr):
    assert verdict_of(text).at(fpr) == verdict_of(text, fpr=fpr)


def test_decisive_evidence_stays_decisive(verdict_of):
    verdict = verdict_of("SPUN " * 60)
    short = Verdict(**{name: getattr(verdict, name) for name in FIELDS} | {"words": 9})
    assert short.at(0.001).label == "spun"
    assert (short.at(0.0001).label, short.at(0.0001).reason) == ("uncertain", "budget")
    assert short.at(0.0001).at(0.01) == short


def test_unsupported_claims_nothing():
    verdict = Verdict.unsupported("language: fr", model=ModelInfo("en", "1", "0"), words=12, language="fr")
    assert not verdict.flagged
    assert (verdict.score, verdict.p_value, verdict.probabilities["original"]) == (0.0, 1.0, 1.0)
    assert verdict.at(0.5).label == "unsupported"
    assert list(verdict.to_dict()) == FIELDS


@pytest.mark.parametrize("fpr", [0, 1, -0.1, 7, float("nan"), float("inf")])
def test_no_budget(verdict_of, fpr):
    with pytest.raises(UsageError, match="between 0 and 1"):
        check_fpr(fpr)
    with pytest.raises(MtdetectError):
        verdict_of("plain " * 60).at(fpr)


def test_verdicts_are_plain_frozen_data(verdict_of):
    verdict = verdict_of("SPUN " * 60)
    assert pickle.loads(pickle.dumps(verdict)) == verdict
    assert verdict.flagged
    assert set(DEGRADED) < set(LABELS)
    with pytest.raises(AttributeError):
        verdict.score = 0.0
