"""The shipped detector on texts written for these tests."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mtdetect
import mtdetect.trained
from golden import cases
from mtdetect.errors import ModelError, UsageError
from mtdetect.verdict import DEFAULT_FPR, LABELS

TEXTS = [case["text"] for file in cases.FILES[:3] for case in cases.load(file) if "label" in case]
NEWS, SPUN = cases.text("news-by-a-person"), cases.text("spun-news")


def golden(wanted: str) -> list[Any]:
    """Cases of all files that say what is wanted; those of known failures must fail, and for no other reason."""
    known = pytest.mark.xfail(
        raises=AssertionError, strict=True, reason="known failure; it passes now: move it"
    )
    return [
        pytest.param(case, id=f"{file}-{case['id']}", marks=[known] if file == "known_failures" else [])
        for file in cases.FILES
        for case in cases.load(file)
        if wanted in case
    ]


@pytest.mark.parametrize("case", golden("label"))
def test_golden_verdicts(shipped, case) -> None:
    verdict = shipped.score(case["text"], fpr=case.get("fpr", DEFAULT_FPR))
    assert verdict.label in cases.labels(case)
    assert "reason" not in case or verdict.reason == case["reason"]


@pytest.mark.parametrize("case", golden("evidence"))
def test_golden_evidence(shipped, case) -> None:
    evidence = shipped.score(case["text"]).evidence
    assert [wanted for wanted in case["evidence"] if not any(cases.found(wanted, e) for e in evidence)] == []
    assert case["evidence"] or evidence == ()


def test_golden_cases_cover_every_label_and_kind(shipped) -> None:
    passing = [case for file in cases.FILES[:3] for case in cases.load(file)]
    assert {label for case in passing if isinstance(label := case.get("label"), str)} == set(LABELS)
    kinds = {wanted["kind"] for case in passing for wanted in case.get("evidence", [])}
    seen = {item.kind for case in passing for item in shipped.score(case["text"]).evidence}
    assert seen <= kinds
    names = [case["id"] for file in cases.FILES for case in cases.load(file)]
    assert len(set(names)) == len(names)


def test_spans_are_the_text(shipped) -> None:
    spans = 0
    for given in TEXTS:
        text = "\u00ad" + given.replace("'", "&#39;")
        verdict = shipped.score(text)
        spans += len(verdict.evidence)
        for item in verdict.evidence:
            assert text[item.start : item.end] == item.text
        at = 0
        for sentence in verdict.sentences:
            assert at <= sentence.start < sentence.end <= len(text)
            assert 0 <= sentence.score <= 1
            at = sentence.start
    assert spans > 20


def test_shape(shipped) -> None:
    verdict = shipped.score(NEWS, id="a").to_dict()
    assert list(verdict)[:15] == (
        "id label score quality probabilities fpr p_value reason words language pivot sentences evidence model reasons".split()
    )
    assert sum(verdict["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    assert 0 <= verdict["score"] <= 1
    assert 0 < verdict["p_value"] <= 1
    assert 0 <= verdict["quality"] <= 100


def test_alone_or_in_company(shipped) -> None:
    cut = [
        NEWS[:-1],
        f". {NEWS}",
        f"...{SPUN} .",
        f".NET and {SPUN[:-1]} . ",
        f'"{NEWS}',
        f"of. {SPUN} Mary Ellen",
    ]
    texts = [*TEXTS, *cut, "", "Short one.", None, b"\x00\x01\x02\x03" * 9]
    together = list(shipped.score_many(texts * 3, ids=map(str, range(3 * len(texts)))))
    for k, verdict in enumerate(together):
        alone = shipped.score(texts[k % len(texts)], id=str(k))
        assert alone == verdict


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda d: list(d.score_many("Some text.")), "texts: is one text"),
        (lambda d: list(d.score_many({"a": "Some text."})), "texts: is a table"),
        (lambda d: list(d.score_many(["a", "b"], ids=["1"])), "ids: only 1, fewer than texts"),
        (lambda d: list(d.score_many(["a", "b"], ids=["1", "2", "3"])), "ids: more than the 2 texts"),
        (lambda d: list(d.score_many([], ids=["1"])), "ids: more than the 0 texts"),
        (lambda d: list(d.score_many(5)), "must be lists"),
        (lambda d: list(d.score_many(["a"], ids="x")), "must be lists"),
        (lambda d: list(d.score_many(["a", 5])), "a text must be str or bytes, not int"),
        (lambda d: list(d.score_many(["a"], jobs=0)), "jobs must be 1 or more"),
        (lambda d: d.score(5), "a text must be str or bytes, not int"),
        (lambda d: d.score("a", fpr="0.01"), "the error budget"),
    ],
)
def test_wrong_calls_say_what_is_wrong(shipped, call, says) -> None:
    with pytest.raises(UsageError, match=says):
        call(shipped)


def test_missing_values_of_tables_are_no_texts(shipped) -> None:
    assert [one.reason for one in shipped.score_many([float("nan"), np.float32("nan"), None])] == [
        "empty"
    ] * 3


def test_workers_agree(shipped) -> None:
    texts = [NEWS, SPUN, cases.text("learner"), cases.text("minutes-by-a-person"), ""] * 40
    one = [v.to_dict() for v in shipped.score_many(texts)]
    two = [v.to_dict() for v in shipped.score_many(texts, jobs=2)]
    assert one == two


def test_threads_share_a_detector(shipped) -> None:
    text = NEWS
    expected = shipped.score(text)
    got: list[object] = []
    threads = [threading.Thread(target=lambda: got.append(shipped.score(text))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [expected] * 4


def test_pickles_as_its_folder(shipped) -> None:
    assert len(pickle.dumps(shipped)) < 1000
    assert pickle.loads(pickle.dumps(shipped)).model == shipped.model


def test_short_and_unsupported(shipped) -> None:
    assert shipped.score("Nice hat.").reason == "short"
    assert shipped.score("Nice hat.").label == "uncertain"
    for content, reason in (
        (None, "empty"),
        (bytes(range(256)) * 20, "binary"),
        ("Le conseil a voté hier soir. " * 9, "language: fr"),
    ):
        verdict = shipped.score(content)
        assert (verdict.label, verdict.reason, verdict.score) == ("unsupported", reason, 0.0)


def test_budget(shipped) -> None:
    strict = shipped.score(SPUN, fpr=1e-9)
    assert (strict.label, strict.reason) == ("uncertain", "budget")
    assert strict.at(0.01) == shipped.score(SPUN, fpr=0.01)
    for wrong in (0.0, 1.5, -1, float("nan")):
        with pytest.raises(UsageError):
            shipped.score(SPUN, fpr=wrong)


def test_no_model_there(tmp_path) -> None:
    with pytest.raises(ModelError, match="manifest"):
        mtdetect.load(tmp_path)


def test_damaged_model(tmp_path) -> None:
    source = Path(mtdetect.trained.__file__).with_name("en")
    copy = tmp_path / "en"
    copy.mkdir()
    for file in source.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    assert mtdetect.load(copy).score("Nice hat.").label == "uncertain"
    weights = copy / "ngram_weights.npy"
    weights.write_bytes(weights.read_bytes()[:-100])
    damaged = tmp_path / "damaged"
    copy.rename(damaged)
    with pytest.raises(ModelError, match="ngram_weights"):
        mtdetect.load(damaged)
    manifest = json.loads((damaged / "manifest.json").read_text())
    manifest["files"]["../../etc/passwd.npy"] = {"bytes": 1, "sha256": ""}
    (damaged / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match=r"foreign file|does not match"):
        mtdetect.load(damaged)


def test_scoring_needs_no_heavy_import(shipped) -> None:
    code = (
        "import sys, mtdetect; mtdetect.load().score('A sentence of a person, said to a person, and no more.');"
        "print([m for m in ('sklearn', 'nltk', 'textstat', 'scipy', 'joblib') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(sys.prefix), check=True
    )
    assert done.stdout.strip() == "[]"
