"""The figures, against hand-computed cases and scikit-learn."""

from __future__ import annotations

import json
import math
import shutil
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtdetect.cli import main
from mtdetect.errors import InputError, MissingExtraError
from mtdetect.evaluation import metrics
from mtdetect.evaluation.metrics import auc, auc_with_interval, evaluate, read, threshold
from mtdetect.model.calibration import Calibration
from mtdetect.rendering.plots import plot

FILLER = " ".join(f"w{n}" for n in range(60))


def record(id, label, mark="", words=60, **traits):
    text = f"{mark} {FILLER * (words // 60)}".strip()
    return {"id": id, "label": label, "text": f"{id} {text}", **traits}


RECORDS = [
    *(record(f"p{n}", "original", domain="news", origin="native", group=f"g{n}") for n in range(8)),
    record("p8", "original", "SPUN", domain="blog", origin="non_native", group="g8"),
    record("p9", "original", "MAYBE", domain="blog", origin="native", group="g9"),
    *(
        record(f"s{n}", "spun", "SPUN", tool="A", domain="news", origin="machine", group=f"g{n}")
        for n in range(3)
    ),
    record(
        "t0", "machine_translated", "MT", tool="B", pivot="fr", domain="news", origin="machine", group="g3"
    ),
    record(
        "t1", "machine_translated", "", 180, tool="B", pivot="de", domain="blog", origin="machine", group="g4"
    ),
    record(
        "t2", "machine_translated", "MAYBE", tool="B", pivot="fr", domain="blog", origin="machine", group="g5"
    ),
]


@pytest.fixture
def labelled(tmp_path):
    path = tmp_path / "labelled.jsonl"
    short = {"id": "tiny", "label": "spun", "text": "too short"}
    path.write_text("".join(json.dumps(one) + "\n" for one in [*RECORDS, short]), encoding="utf-8")
    return str(path)


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans(), st.integers(0, 3)), min_size=2, max_size=40))
@settings(max_examples=60)
def test_auc_agrees_with_scikit_learn(rows):
    from sklearn.metrics import roc_auc_score

    scores, machine, weight = (np.array(column) for column in zip(*rows, strict=True))
    ours = auc(scores / 7, machine, weight)
    if weight[machine.astype(bool)].sum() and weight[~machine.astype(bool)].sum():
        kept = weight > 0
        assert ours == pytest.approx(
            roc_auc_score(machine[kept], scores[kept] / 7, sample_weight=weight[kept])
        )
    else:
        assert math.isnan(ours)


def test_auc_by_hand():
    assert auc([0.1, 0.2, 0.8, 0.9], [False, False, True, True]) == 1.0
    assert auc([0.5, 0.5], [False, True]) == 0.5
    assert auc([0.1, 0.4, 0.4, 0.3], [False, False, True, True]) == 0.625
    assert math.isnan(auc([], []))


def test_threshold_lets_through_at_most_the_budget():
    people = np.arange(1000) / 1000
    for budget, passed in ((0.001, 1), (0.01, 10), (0.05, 50)):
        assert (people > threshold(people, budget)).sum() == passed
    assert threshold([0.2, 0.7, 0.4], 0.01) == 0.7
    assert threshold([0.7, 0.7, 0.7, 0.1], 0.5) == 0.7
    assert math.isnan(threshold([], 0.01))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50), st.floats(0.001, 0.999))
def test_threshold_never_exceeds_the_budget(people, budget):
    assert sum(score > threshold(people, budget) for score in people) <= budget * len(people) + 1e-6


def test_interval_holds_the_area_and_widens_with_clusters():
    rng = np.random.default_rng(5)
    machine = np.tile([False, True], 300)
    of_group = np.repeat(np.arange(60), 10)
    scores = rng.normal(size=600) + machine * 0.8 * rng.normal(1, 1, 60)[of_group]
    area, (low, high) = auc_with_interval(scores, machine, of_group)
    assert area == auc(scores, machine)
    assert low < area < high
    _, (apart_low, apart_high) = auc_with_interval(scores, machine, np.arange(600))
    assert high - low > apart_high - apart_low
    assert auc_with_interval(scores, machine, of_group) == (area, (low, high))


def test_figures_by_hand(stub, labelled):
    result = evaluate([labelled], stub)
    overall = result.overall
    assert (overall.people, overall.machines) == (10, 6)
    # Machines score .97 .97 .97 .9 .04 .8; people .04 (8 times), .97, .8. Pairs won: 3 x 9.5, 9, 8/2, 8 + 1/2.
    assert overall.auc == pytest.approx((3 * 9.5 + 9 + 4 + 8.5) / 60)
    assert overall.found == {0.001: 0.0, 0.01: 0.0, 0.05: 0.0}
    assert overall.found_at_budget == pytest.approx(4 / 6)
    assert overall.false_alarms == pytest.approx(1 / 10)
    by_bin = [abs(8 * 0.04 - 0 + 0.04 - 1), abs(2 * 0.8 - 1), abs(0.9 - 1), abs(4 * 0.97 - 3)]
    assert overall.calibration_error == pytest.approx(sum(by_bin) / 16)
    assert overall.confusion == {
        "original": {"original": 8, "machine_translated": 0, "spun": 1, "uncertain": 1, "unsupported": 0},
        "machine_translated": {
            "original": 1,
            "machine_translated": 1,
            "spun": 0,
            "uncertain": 1,
            "unsupported": 0,
        },
        "spun": {"original": 0, "machine_translated": 0, "spun": 3, "uncertain": 0, "unsupported": 0},
    }


def test_groups_meet_the_people_they_lack(stub, labelled):
    groups = evaluate([labelled], stub).groups
    assert {name: list(of) for name, of in groups.items()} == {
        "tool": ["A", "B"],
        "pivot": ["de", "fr"],
        "domain": ["blog", "news"],
        "origin": ["machine", "native", "non_native"],
        "length": ["40–80", "150–300"],
    }
    tool, news, learners = groups["tool"]["A"], groups["domain"]["news"], groups["origin"]["non_native"]
    assert (tool.people, tool.machines, tool.auc) == (10, 3, pytest.approx(0.95))
    assert tool.confusion["original"]["original"] == 0
    assert (news.people, news.machines, news.auc) == (8, 4, 1.0)
    assert (learners.people, learners.machines, learners.false_alarms) == (1, 6, 1.0)


def test_only_machines(stub, tmp_path):
    path = tmp_path / "spun.jsonl"
    path.write_text("\n".join(json.dumps(one) for one in RECORDS if one["label"] == "spun"), encoding="utf-8")
    result = evaluate([str(path)], stub)
    assert math.isnan(result.overall.auc)
    assert math.isnan(result.overall.false_alarms)
    assert result.overall.found_at_budget == 1.0
    figures = result.to_dict()["overall"]
    assert figures["auc"] is None
    assert figures["auc_interval"] == [None, None]
    assert figures["found"] == {"0.001": None, "0.01": None, "0.05": None}
    json.dumps(figures, allow_nan=False)


def test_budget_of_the_caller(stub, labelled):
    strict = evaluate([labelled], stub, fpr=0.0001)
    assert strict.overall.found_at_budget == 0
    assert strict.overall.auc == evaluate([labelled], stub).overall.auc


def test_sample_is_of_each_label_and_the_same_each_time(stub, labelled):
    one = evaluate([labelled], stub, limit=2)
    assert sorted(one.labels) == ["machine_translated"] * 2 + ["original"] * 2 + ["spun"] * 2
    again = evaluate([labelled], stub, limit=2)
    assert one.to_dict() == again.to_dict()
    texts = read(labelled)
    samples = {tuple(text.text for text in metrics._sample(texts, 2, seed)) for seed in range(8)}
    assert len(samples) > 1
    assert metrics._sample(texts, 2, 3) == metrics._sample(texts[::-1], 2, 3)


def test_signature_pins_everything(stub, labelled):
    signature = evaluate([labelled], stub, fpr=0.02, limit=5, seed=3).signature
    digest = signature.data["labelled.jsonl"]
    assert signature.line().endswith(
        f"model:stub:1:abababababab data:labelled.jsonl:{digest[:12]} fpr:0.02 min_words:40 limit:5 seed:3 texts:11 retranslate:never"
    )


def test_signature_names_files_of_the_same_name_apart(stub, labelled, tmp_path):
    other = tmp_path / "more" / "labelled.jsonl"
    other.parent.mkdir()
    shutil.copy(labelled, other)
    files = [str(labelled), str(other)]
    assert list(evaluate(files, stub, limit=2).signature.data) == files


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"text": "a", "label": "human"}', "line 1: label 'human' is not one of"),
        ('{"text": "a"}', "line 1: label None is not one of"),
        ('{"label": "spun"}', "line 1: no field 'text'"),
        ("nonsense", "line 1: not JSON"),
        ("", "no labelled text of 40 words or more"),
    ],
)
def test_broken_labels_stop_the_work(stub, tmp_path, content, message):
    path = tmp_path / "l.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        evaluate([str(path)], stub)


def test_command(stub, labelled, capsys):
    assert main(["evaluate", labelled]) == 0
    out = capsys.readouterr().out
    for piece in (
        "tool: A",
        "pivot: fr",
        "length: 150–300",
        "66.7%",
        "10.0%",
        "data:labelled.jsonl:",
        "unsupported",
    ):
        assert piece in out
    assert main(["evaluate", labelled, "--format", "json", "--min-words", "1", "--limit", "4"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert list(printed) == ["signature", "overall", "groups"]
    assert printed["overall"]["found"].keys() == {"0.001", "0.01", "0.05"}
    assert printed["signature"]["min_words"] == 1
    assert main(["evaluate", "-"]) == 2
    assert "cannot come from standard input" in capsys.readouterr().err


def test_names_that_look_like_markup_are_printed_unchanged(stub, tmp_path, capsys):
    path, saved = tmp_path / "a[b].jsonl", tmp_path / "saved.json"
    odd = [one | {"tool": "A[/b] :smile: \x1b[1m"} for one in RECORDS]
    path.write_text("\n".join(map(json.dumps, odd)), encoding="utf-8")
    assert main(["evaluate", str(path), "--save", str(saved)]) == 0
    out = capsys.readouterr().out
    assert all(piece in out for piece in ("tool: A[/b]", ":smile:", "data:a[b].jsonl:"))
    assert "\x1b" not in out
    assert main(["evaluate", str(path), "--baseline", str(saved)]) == 0
    assert "since stub:1:" in capsys.readouterr().out


def test_plots(stub, labelled, tmp_path):
    pytest.importorskip("matplotlib")
    made = plot(evaluate([labelled], stub), tmp_path / "new" / "plots")
    assert [path.name for path in made] == ["roc.png", "calibration.png", "score_by_length.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in made)
    only = [one for one in RECORDS if one["label"] == "original"]
    (tmp_path / "people.jsonl").write_text("\n".join(map(json.dumps, only)), encoding="utf-8")
    assert len(plot(evaluate([str(tmp_path / "people.jsonl")], stub), tmp_path)) == 3
    with pytest.raises(InputError, match="cannot be written"):
        plot(evaluate([labelled], stub), tmp_path / "people.jsonl")


def test_plots_without_matplotlib(stub, labelled, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"mtdetect\[plots\]"):
        plot(evaluate([labelled], stub), tmp_path)


def test_a_missing_package_is_reported_before_scoring(stub, labelled, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert main(["evaluate", labelled, "--plots", str(tmp_path / "figures")]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "mtdetect[plots]" in printed.err


def test_a_text_that_stands_for_several_weighs_as_they_do() -> None:
    chance = np.random.default_rng(11)
    scores = chance.normal(0, 1, 4000).astype(np.float32)
    words, source = np.full(4000, 200, np.int32), np.zeros(4000, np.int16)
    everybody = Calibration(scores, words, source, np.zeros(4000, np.int8))
    # All high scores, and one in five of the others, each for five.
    kept = (scores > 1.5) | (np.arange(4000) % 5 == 0)
    weight = np.where(scores > 1.5, 1, 5).astype(np.float32)
    some = Calibration(
        scores[kept], words[kept], source[kept], np.zeros(int(kept.sum()), np.int8), weight[kept]
    )
    asked, length = np.array([-1.0, 1.0, 2.0, 3.0, 9.0]), np.full(5, 200)
    np.testing.assert_allclose(some.p_values(asked, length), everybody.p_values(asked, length), rtol=0.1)
    assert some.p_values(asked, length)[-1] < 0.001
