"""A line out for each record in, in order, whatever the record."""

from __future__ import annotations

import gzip
import json
import lzma

import pytest

from mtdetect import Originals
from mtdetect.cli import main
from mtdetect.errors import InputError, UsageError
from mtdetect.screening import Options, Tally, plan, screen

GOOD = (
    "The ferry left before dawn and the baker, who had overslept, watched it go from the end of the pier. "
    * 3
)
LINES = [
    json.dumps({"id": "1", "text": GOOD}),
    "{broken",
    json.dumps({"id": 3}),
    json.dumps({"id": "4", "text": None}),
    json.dumps({"id": "5", "text": 7}),
    "",
    "[1,2]",
    json.dumps({"id": "8", "text": GOOD + "\ud83d"}),
    json.dumps({"id": "9", "text": "SPUN " + GOOD}),
]


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def mixed(tmp_path):
    path = tmp_path / "mixed.jsonl"
    path.write_text("\n".join(LINES) + "\n", encoding="utf-8")
    return str(path)


def test_every_record_gets_a_line(stub, mixed, tmp_path):
    tally = screen([mixed], str(tmp_path / "out.jsonl"))
    got = rows(tmp_path / "out.jsonl")
    assert [row["id"] for row in got] == ["1", f"{mixed}:2", 3, "4", "5", f"{mixed}:7", "8", "9"]
    assert [row["label"] for row in got] == ["original", *["unsupported"] * 5, "original", "spun"]
    assert [row["reason"] for row in got[1:6]] == [
        "line 2: not JSON",
        "line 3: no field 'text'",
        "line 4: field 'text' is null",
        "line 5: field 'text' is not a string",
        "line 7: not a JSON object",
    ]
    assert all("evidence" not in row and "sentences" not in row for row in got)
    assert list(got[1]) == list(got[0])
    assert (tally.records, tally.flagged, tally.labels["unsupported"]) == (8, 1, 5)


def test_evidence_and_budget_are_passed_on(stub, mixed, tmp_path):
    screen([mixed], str(tmp_path / "out.jsonl"), options=Options(fpr=0.0001, evidence=True))
    last = rows(tmp_path / "out.jsonl")[-1]
    assert (last["label"], last["reason"], last["fpr"]) == ("uncertain", "budget", 0.0001)
    assert last["evidence"][1]["suggestion"] == "better words"


def test_batches_keep_the_order(stub, tmp_path, monkeypatch):
    monkeypatch.setattr(plan, "BATCH_BYTES", 500)
    source, seen = tmp_path / "many.jsonl", []
    source.write_text(
        "".join(json.dumps({"id": n, "text": f"{GOOD} {n}"}) + "\n" for n in range(50)), encoding="utf-8"
    )
    tally = screen([str(source)], str(tmp_path / "o"), progress=lambda tally: seen.append(tally.records))
    assert [row["id"] for row in rows(tmp_path / "o")] == list(range(50))
    assert seen == sorted(set(seen))
    assert len(seen) > 10
    assert seen[-1] == tally.records == 50
    assert tally.bytes == source.stat().st_size


@pytest.mark.parametrize(("suffix", "unpack"), [(".gz", gzip.open), (".xz", lzma.open)])
def test_packed_on_both_sides(stub, tmp_path, suffix, unpack):
    source, out = tmp_path / f"in.jsonl{suffix}", tmp_path / f"out.jsonl{suffix}"
    with unpack(source, "wt", encoding="utf-8") as file:
        file.write(json.dumps({"url": "x", "page": {"text": GOOD}}))
    screen([str(source)], str(out), options=Options(text_field="page.text", id_field="url"))
    with unpack(out, "rt", encoding="utf-8") as file:
        assert [json.loads(line)["id"] for line in file] == ["x"]


def test_files_and_folders_one_after_the_other(stub, mixed, tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "a.txt").write_text(GOOD, encoding="utf-8")
    (folder / "b.jsonl").write_text(json.dumps({"id": "b", "text": ""}), encoding="utf-8")
    screen([str(folder), mixed], str(tmp_path / "out.jsonl"))
    got = rows(tmp_path / "out.jsonl")
    assert [row["id"] for row in got[:3]] == [str(folder / "a.txt"), "b", "1"]
    assert got[1]["reason"] == "empty"


def test_nothing_half_written(stub, mixed, tmp_path, monkeypatch):
    out = tmp_path / "out.jsonl"
    out.write_text("before\n", encoding="utf-8")

    def fails(*args, **options):
        raise InputError("on the way")

    monkeypatch.setattr(stub, "score_many", fails)
    with pytest.raises(InputError, match="on the way"):
        screen([mixed], str(out))
    assert out.read_text(encoding="utf-8") == "before\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mixed.jsonl", "out.jsonl"]


def test_output_that_cannot_be(stub, mixed, tmp_path, monkeypatch):
    def never(*args, **options):
        raise AssertionError("work has started")

    monkeypatch.setattr(stub, "score_many", never)
    with pytest.raises(UsageError, match="cannot be written"):
        screen([mixed], str(tmp_path / "none" / "out.jsonl"))
    with pytest.raises(UsageError, match="is a folder"):
        screen([mixed], str(tmp_path))
    with pytest.raises(UsageError, match="is an input"):
        screen([mixed], mixed)
    with pytest.raises(UsageError, match="between 0 and 1"):
        screen([mixed], str(tmp_path / "out.jsonl"), options=Options(fpr=2))
    with pytest.raises(InputError, match="no such file"):
        screen([str(tmp_path / "gone")], str(tmp_path / "out.jsonl"))


def test_device_as_output(stub, mixed):
    assert screen([mixed], "/dev/null").records == 8


def test_empty_input_gives_empty_output(stub, tmp_path):
    (tmp_path / "empty.jsonl").write_bytes(b"\n\n")
    assert screen([str(tmp_path / "empty.jsonl")], str(tmp_path / "out.jsonl")) == Tally()
    assert (tmp_path / "out.jsonl").read_bytes() == b""


def test_command(stub, mixed, tmp_path, capsys):
    out = str(tmp_path / "out.jsonl")
    assert main(["screen", mixed, "--output", out]) == 0
    assert main(["screen", mixed, "--output", out, "--fail-on-flagged"]) == 1
    assert main(["screen", mixed, "--output", out, "--fail-on-flagged", "--fpr", "0.0001"]) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert "8 records in " in told.err
    assert "2 original, 1 spun, 5 unsupported" in told.err


def test_command_with_pipes(stub, stdin, capfdbinary):
    stdin(b'{"id": 1, "text": "SPUN"}\n')
    assert main(["screen", "-", "--output", "-"]) == 0
    out, err = capfdbinary.readouterr()
    assert json.loads(out)["reason"] == "short"
    assert b"1 records" in err


def test_two_workers_write_what_one_writes(shipped, mixed, tmp_path, monkeypatch):
    monkeypatch.setattr(plan, "BATCH_BYTES", 200)
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    first = screen([mixed, mixed], str(one), options=Options(evidence=True))
    second = screen([mixed, mixed], str(two), options=Options(evidence=True), jobs=2)
    assert first == second
    assert one.read_bytes() == two.read_bytes()
    assert len(rows(one)) == 16


@pytest.mark.parametrize("jobs", [1, 2])
def test_records_are_looked_up_among_originals(shipped, mixed, tmp_path, jobs):
    with Originals(tmp_path / "o.db") as originals:
        originals.add(
            [("ferry", GOOD), ("other", "Nobody in Penrith had seen the astrolabe since the eclipse.")]
        )
    options = Options(originals=str(tmp_path / "o.db"))
    screen([mixed], str(tmp_path / "out.jsonl"), options=options, jobs=jobs)
    got = rows(tmp_path / "out.jsonl")
    matches = [row["match"] and (row["match"]["original"], row["match"]["relation"]) for row in got]
    assert matches[:6] == [("ferry", "verbatim"), None, None, None, None, None]
    assert [match[0] for match in matches[6:]] == ["ferry", "ferry"]
    assert all("match" not in row for row in rows_without(mixed, tmp_path))


def rows_without(mixed, tmp_path):
    screen([mixed], str(tmp_path / "plain.jsonl"))
    return rows(tmp_path / "plain.jsonl")


def test_collection_that_is_none_is_told_before_the_work(stub, mixed, tmp_path):
    out = tmp_path / "out.jsonl"
    with pytest.raises(InputError, match=r"none\.db: no such file"):
        screen([mixed], str(out), options=Options(originals=str(tmp_path / "none.db")))
    assert not out.exists()
