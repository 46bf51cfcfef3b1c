"""Baselines of evaluations: what got worse beyond noise, and what only looks so."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from mtdetect.cli import main
from mtdetect.errors import InputError
from mtdetect.evaluation import baseline
from mtdetect.evaluation.metrics import Evaluation, Labelled, Signature, summarise
from mtdetect.verdict import ModelInfo

TEXTS = [
    Labelled(
        f"text {k} of {tool or 'a person'}",
        "spun" if tool else "original",
        f"g{k}",
        {"tool": tool} if tool else {},
    )
    for tool in ("", "A", "B")
    for k in range(100)
]
MACHINE = np.array([one.label != "original" for one in TEXTS])
OF_B = np.array([one.traits.get("tool") == "B" for one in TEXTS])


class Said:
    """As much of a verdict as figures need."""

    def __init__(self, score: float) -> None:
        self.score = score
        self.flagged = score > 0.5
        self.label = "spun" if self.flagged else "original"


def judged(scores: np.ndarray, fpr: float = 0.01) -> Evaluation:
    signature = Signature("1", ModelInfo("m", "1", "ab" * 32), {}, fpr, 40, None, 0, len(TEXTS))
    return summarise(TEXTS, [Said(float(score)) for score in scores], signature)


def loaded(evaluation: Evaluation, folder) -> baseline.Baseline:
    path = folder / "baseline.json"
    path.write_bytes(baseline.baseline_of(evaluation))
    return baseline.load(path)


@pytest.fixture
def scores():
    return np.random.default_rng(7).normal(0.3 + 0.3 * MACHINE, 0.1)


def test_what_did_not_change_is_no_worse(scores, tmp_path):
    change = baseline.compare(judged(scores), loaded(judged(scores), tmp_path))
    assert not change.worse
    assert all(one.before == one.after for one in change.changes if one.figure != "auc")
    assert {one.group for one in change.changes} == {"all", "tool: A", "tool: B"}
    assert change.texts == len(TEXTS)


def test_another_use_of_the_engine_is_refused(scores, tmp_path):
    before = loaded(judged(scores), tmp_path)
    now = judged(scores)
    now = replace(now, signature=replace(now.signature, retranslate="auto"))
    with pytest.raises(InputError, match="was made with --retranslate never"):
        baseline.compare(now, before)


def test_one_lost_tool_is_named(scores, tmp_path):
    lost = np.where(OF_B, scores - 0.25, scores)
    change = baseline.compare(judged(lost), loaded(judged(scores), tmp_path))
    named = {(one.group, one.figure) for one in change.worse}
    assert {("tool: B", "auc"), ("tool: B", "found")} <= named
    assert not any(group == "tool: A" for group, _ in named)
    back = baseline.compare(judged(scores), loaded(judged(lost), tmp_path))
    assert not back.worse


def test_more_people_flagged_is_worse(scores, tmp_path):
    change = baseline.compare(
        judged(np.where(MACHINE, scores, scores + 0.2)), loaded(judged(scores), tmp_path)
    )
    assert ("all", "alarms") in {(one.group, one.figure) for one in change.worse}


def test_noise_is_no_loss(scores, tmp_path):
    shaken = scores + np.random.default_rng(8).normal(0, 0.02, len(scores))
    assert not baseline.compare(judged(shaken), loaded(judged(scores), tmp_path)).worse


def test_other_texts_or_budgets_cannot_be_compared(scores, tmp_path):
    earlier = loaded(judged(scores), tmp_path)
    with pytest.raises(InputError, match="other texts"):
        baseline.compare(judged(scores), replace(earlier, scores={}))
    with pytest.raises(InputError, match=r"--fpr 0\.01"):
        baseline.compare(judged(scores, fpr=0.001), earlier)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"format": "mtdetect evaluation baseline 1", "texts": [[1]]}']
)
def test_foreign_baselines_are_refused(content, tmp_path):
    path = tmp_path / "foreign.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"foreign\.json: is not a baseline"):
        baseline.load(path)


def test_command(stub, tmp_path, capsys, monkeypatch):
    filler = " ".join(f"w{n}" for n in range(50))
    rows = [
        {"id": f"{mark}{k}", "label": label, "group": f"g{k}", "text": f"{mark} {k} {filler}"}
        for mark, label in (("plain", "original"), ("SPUN", "spun"))
        for k in range(25)
    ]
    texts, kept = tmp_path / "labelled.jsonl", tmp_path / "baseline.json"
    texts.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert main(["evaluate", str(texts), "--save", str(kept)]) == 0
    assert "SPUN" not in kept.read_text(encoding="utf-8")
    capsys.readouterr()
    assert main(["evaluate", str(texts), "--baseline", str(kept)]) == 0
    out = capsys.readouterr().out
    assert "since stub:1:" in out
    assert "got worse beyond noise" in out
    assert "none of" in out

    few = tmp_path / "few.jsonl"
    few.write_text("\n".join(map(json.dumps, rows[:9] + rows[-9:])), encoding="utf-8")
    assert main(["evaluate", str(few), "--baseline", str(kept)]) == 0
    assert "nothing was compared: too few groups of texts" in capsys.readouterr().out

    blind = type(stub).score_many
    monkeypatch.setattr(
        type(stub),
        "score_many",
        lambda self, given, **options: blind(
            self, (text.replace("SPUN", "plain") for text in given), **options
        ),
    )
    assert main(["evaluate", str(texts), "--baseline", str(kept), "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)["regression_check"]
    assert told["worse"] == sum(one["worse"] for one in told["changes"]) > 0
    assert main(["evaluate", str(texts), "--baseline", str(tmp_path / "none.json")]) == 2
    assert "cannot be read" in capsys.readouterr().err
