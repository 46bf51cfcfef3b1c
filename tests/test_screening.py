"""One row for each record, in input order, whatever the record."""

from __future__ import annotations

import csv
import gzip
import json
import lzma
from html.parser import HTMLParser

import pytest

from mtdetect import Originals
from mtdetect.cli import main
from mtdetect.cli import screen as screen_command
from mtdetect.cli.progress import Meter
from mtdetect.errors import InputError, UsageError
from mtdetect.inputs import RawRecord
from mtdetect.rendering.html_screening import html_report
from mtdetect.rendering.screening import text_summary
from mtdetect.screening import Options, Tally, plan, screen
from mtdetect.screening.judging import Judge
from mtdetect.screening.tally import BINS, SOURCES

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


def test_every_record_gets_a_row(stub, mixed, tmp_path):
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


@pytest.mark.parametrize(("name", "jobs"), [("out.jsonl", 2), ("out.csv", 1), ("out.parquet", 1)])
def test_ids_come_out_as_they_came_in(shipped, tmp_path, name, jobs):
    spelt = ["18446744073709551617", "1.0", "1", "-0.0", "1.10", "1e400", "1" + "0" * 50]
    source, output = tmp_path / "in.jsonl", tmp_path / name
    source.write_text("".join(f'{{"id": {one}, "text": "Too short."}}\n' for one in spelt))
    screen([str(source)], str(output), options=Options(output_format=output.suffix[1:]), jobs=jobs)
    if name.endswith("jsonl"):
        found = [one.partition('"id":')[2].partition(",")[0] for one in output.read_text().splitlines()]
    elif name.endswith("csv"):
        found = [row["id"] for row in csv.DictReader(output.read_text().splitlines())]
    else:
        found = pytest.importorskip("pyarrow.parquet").read_table(output)["id"].to_pylist()
    assert found == spelt


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
def test_compressed_input_and_output(stub, tmp_path, suffix, unpack):
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


def test_failed_run_leaves_the_old_output(stub, mixed, tmp_path, monkeypatch):
    out = tmp_path / "out.jsonl"
    out.write_text("before\n", encoding="utf-8")

    def fails(*args, **options):
        raise InputError("on the way")

    monkeypatch.setattr(stub, "score_many", fails)
    with pytest.raises(InputError, match="on the way"):
        screen([mixed], str(out))
    assert out.read_text(encoding="utf-8") == "before\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mixed.jsonl", "out.jsonl"]


def test_invalid_outputs(stub, mixed, tmp_path, monkeypatch):
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
    assert b"mtdetect: 1 record in " in err


def test_two_workers_write_the_same_as_one(shipped, mixed, tmp_path, monkeypatch):
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
    assert all(row["match"] is None for row in rows_without(mixed, tmp_path))


def test_what_is_not_judged_has_no_match(tmp_path):
    french = "Le bateau est parti avant l'aube et le boulanger, qui avait dormi trop longtemps, l'a regardé du bout de la jetée. "
    with Originals(tmp_path / "o.db") as originals:
        originals.add([("bateau", french * 3)])
    (tmp_path / "in.jsonl").write_text(json.dumps({"text": french * 3}) + "\n", encoding="utf-8")
    screen(
        [str(tmp_path / "in.jsonl")],
        str(tmp_path / "out.jsonl"),
        options=Options(originals=str(tmp_path / "o.db")),
    )
    (row,) = rows(tmp_path / "out.jsonl")
    assert (row["label"], row["match"]) == ("unsupported", None)


def rows_without(mixed, tmp_path):
    screen([mixed], str(tmp_path / "plain.jsonl"))
    return rows(tmp_path / "plain.jsonl")


def test_a_record_that_cannot_be_judged_keeps_its_id(shipped):
    judge = Judge(Options(output_format="jsonl"))
    failed = judge.failed(RawRecord("f.parquet", 3, b"", kind="string", id=0), "worker lost")
    assert (json.loads(failed.content)["id"], json.loads(failed.content)["reason"]) == (0, "worker lost")


@pytest.mark.parametrize(
    ("options", "first"),
    [
        (Options(output_format="jsonl.gz"), b"\x1f\x8b"),
        (Options(output_format="jsonl.gz", packing=""), b'{"id"'),
        (Options(), b"id,label"),
        (Options(output_format="jsonl"), b'{"id"'),
        (Options(packing=".gz"), b"\x1f\x8b"),
    ],
)
def test_options_take_precedence_over_the_name(stub, mixed, tmp_path, options, first):
    out = tmp_path / "out.csv"
    screen([mixed], str(out), options=options)
    assert out.read_bytes().startswith(first)


@pytest.mark.parametrize("form", screen_command.OUTPUT_FORMATS)
def test_formats_on_the_command_line(stub, mixed, tmp_path, form):
    for package in ("pyarrow", "zstandard"):
        pytest.importorskip(package)
    assert main(["screen", mixed, "--output", f"{tmp_path / 'out'}/", "--output-format", form]) == 0
    assert [path.name for path in (tmp_path / "out").glob("part-*")] == [f"part-00000.{form}"]


def test_missing_collection_is_reported_before_the_work(stub, mixed, tmp_path):
    out = tmp_path / "out.jsonl"
    with pytest.raises(InputError, match=r"none\.db: no such file"):
        screen([mixed], str(out), options=Options(originals=str(tmp_path / "none.db")))
    assert not out.exists()


# ---------------------------------------------------------------- what is written


def test_only_flagged_records_are_kept(stub, mixed, tmp_path):
    tally = screen([mixed], str(tmp_path / "out.jsonl"), options=Options(keep="flagged", with_text=True))
    [row] = rows(tmp_path / "out.jsonl")
    assert (row["id"], row["text"]) == ("9", "SPUN " + GOOD)
    assert (tally.records, tally.flagged) == (8, 1)


def test_text_is_the_decoded_one(stub, tmp_path):
    (tmp_path / "a.txt").write_bytes(("Grüße. " * 9).encode("utf-16"))
    screen([str(tmp_path / "a.txt")], str(tmp_path / "out.jsonl"), options=Options(with_text=True))
    assert rows(tmp_path / "out.jsonl")[0]["text"].startswith("Grüße. ")


OPTIONAL = {"sentences", "evidence", "reasons", "text"}
WITHOUT = {"plain": Options(), "fpr": Options(fpr=0.5), "flagged": Options(keep="flagged")}
WITH = Options(evidence=True, with_text=True)


def test_json_lines_have_the_requested_fields(stub, mixed, tmp_path):
    for options in WITHOUT.values():
        screen([mixed], str(tmp_path / "out.jsonl"), options=options)
        assert not any(OPTIONAL & set(row) for row in rows(tmp_path / "out.jsonl"))
    screen([mixed], str(tmp_path / "out.jsonl"), options=WITH)
    assert all(set(row) >= OPTIONAL for row in rows(tmp_path / "out.jsonl"))


def test_csv_has_the_requested_columns(stub, mixed, tmp_path):
    heads = set()
    for name, options in WITHOUT.items():
        screen([mixed], str(tmp_path / f"{name}.csv"), options=options)
        with open(tmp_path / f"{name}.csv", encoding="utf-8", newline="") as file:
            head, *body = csv.reader(file)
        heads.add(tuple(head))
        assert len(body) == (1 if name == "flagged" else 8)
        assert {len(row) for row in body} == {len(head)}
    [head] = heads
    assert not OPTIONAL & set(head)
    screen([mixed], str(tmp_path / "with.csv"), options=WITH)
    with open(tmp_path / "with.csv", encoding="utf-8", newline="") as file:
        *_, last = csv.DictReader(file)
    assert set(last) == {*head, *OPTIONAL}
    assert json.loads(last["evidence"])[1]["suggestion"] == "better words"
    assert (last["id"], last["label"], last["text"]) == ("9", "spun", "SPUN " + GOOD)


def test_parquet_has_the_requested_columns(stub, mixed, tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    for name, options in {**WITHOUT, "with": WITH}.items():
        screen([mixed], str(tmp_path / f"{name}.parquet"), options=options)
    tables = {name: pq.read_table(tmp_path / f"{name}.parquet") for name in (*WITHOUT, "with")}
    assert [table.num_rows for table in tables.values()] == [8, 8, 1, 8]
    assert len({str(tables[name].schema) for name in WITHOUT}) == 1
    assert not OPTIONAL & set(tables["plain"].column_names)
    assert set(tables["with"].column_names) == {*tables["plain"].column_names, *OPTIONAL}
    screen([mixed], str(tmp_path / "with.jsonl"), options=WITH)
    for typed, row in zip(tables["with"].to_pylist(), rows(tmp_path / "with.jsonl"), strict=True):
        text = row["text"] and row["text"].encode("utf-8", "replace").decode()
        assert typed == {
            **row,
            "id": str(row["id"]),
            "text": text,
            "warnings": row.get("warnings"),
            "markup": None,
        }
    (tmp_path / "none.jsonl").write_bytes(b"")
    screen([str(tmp_path / "none.jsonl")], str(tmp_path / "none.parquet"))
    assert pq.read_table(tmp_path / "none.parquet").schema == tables["plain"].schema


def matches_in(path):
    if path.suffix == ".csv":
        with open(path, encoding="utf-8", newline="") as file:
            return [json.loads(row["match"] or "null") for row in csv.DictReader(file)]
    if path.suffix == ".parquet":
        return pytest.importorskip("pyarrow.parquet").read_table(path).column("match").to_pylist()
    return [row["match"] for row in rows(path)]


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_match_is_null_or_an_object(stub, mixed, tmp_path, form):
    if form == "parquet":
        pytest.importorskip("pyarrow")
    with Originals(tmp_path / "o.db") as originals:
        originals.add([("ferry", GOOD)])
    out = tmp_path / f"out.{form}"
    screen([mixed], str(out), options=Options(originals=str(tmp_path / "o.db")))
    first, *others = matches_in(out)
    assert set(first) == {"original", "score", "relation", "direction", "copied", "covered"}
    assert (first["original"], first["relation"], first["copied"]) == ("ferry", "verbatim", 1.0)
    assert [match is None for match in others] == [True] * 5 + [False] * 2
    screen([mixed], str(out))
    assert matches_in(out) == [None] * 8


def test_shards_together_equal_the_file(stub, mixed, tmp_path, monkeypatch):
    monkeypatch.setattr(plan, "BATCH_BYTES", 500)
    monkeypatch.setattr("mtdetect.screening.output.SHARD_BYTES", 1500)
    screen([mixed, mixed], str(tmp_path / "out.jsonl"))
    screen([mixed, mixed], f"{tmp_path}/out/")
    shards = sorted((tmp_path / "out").glob("part-*.jsonl"))
    assert len(shards) > 2
    assert b"".join(path.read_bytes() for path in shards) == (tmp_path / "out.jsonl").read_bytes()
    manifest = json.loads((tmp_path / "out" / "_manifest.json").read_text(encoding="utf-8"))
    assert manifest["shards"] == [path.name for path in shards]
    assert manifest["tally"]["records"] == 16
    with pytest.raises(UsageError, match="contains other files"):
        screen([mixed], f"{tmp_path}/out/")
    assert screen([mixed], f"{tmp_path}/out/", restart=True).records == 8


def test_file_of_another_format_is_a_record(stub, mixed, tmp_path):
    pytest.importorskip("pyarrow")
    (tmp_path / "broken.parquet").write_bytes(b"no table")
    screen([mixed, str(tmp_path / "broken.parquet"), mixed], str(tmp_path / "out.jsonl"))
    got = rows(tmp_path / "out.jsonl")
    assert len(got) == 17
    assert (got[8]["id"], got[8]["reason"]) == (
        str(tmp_path / "broken.parquet"),
        "is not a complete Parquet file",
    )


# ---------------------------------------------------------------- counts, summary and report


def crowd(count):
    tally = Tally()
    for n in range(count):
        kind = "spun" if n % 4 == 0 else "original" if n % 4 < 3 else "unsupported"
        tally.count(
            kind,
            n % 100 / 100,
            f"line {n}: not JSON" if kind == "unsupported" else None,
            f"site{n % 7}.example",
            10,
        )
    return tally


def test_tally_adds_up_and_survives_serialisation():
    tally, parts = Tally(), [crowd(40), crowd(17), crowd(3)]
    for part in parts:
        tally.add(part)
    assert tally.records == 60
    assert tally.reasons == {"not JSON": sum(part.labels["unsupported"] for part in parts)}
    assert sum(tally.scores.values()) == 60 - tally.labels["unsupported"]
    assert sum(pages for pages, _ in tally.sources.values()) == 60
    assert Tally.from_dict(json.loads(json.dumps(tally.to_dict()))) == tally


def test_tally_does_not_grow_with_the_crawl():
    tally = Tally()
    for start in range(0, 3 * SOURCES, SOURCES // 2):
        part = Tally()
        for n in range(start, start + SOURCES // 2):
            part.count("original", 0.1, None, f"site{n}", 1)
        part.count("unsupported", 0.0, f"reason {start}", "bad.example", 1)
        part.count("spun", 0.9, None, "bad.example", 1)
        tally.add(part)
    assert len(tally.sources) <= 2 * SOURCES
    assert tally.worst() == [("bad.example", 12, 6)]
    assert tally.records == 3 * SOURCES + 12


def test_summary_tells_labels_scores_sites_and_reasons():
    lines = text_summary(crowd(400), 2.0).split("\n")
    assert lines[0] == "mtdetect: 400 records in 2.0 s (2.0 kB/s): 200 original, 100 spun, 100 unsupported"
    assert len(lines[1].split(" 0 ")[1].removesuffix(" 1")) == BINS
    assert lines[2].startswith("worst     site")
    assert lines[3] == "unjudged  100 × not JSON"


def test_summary_says_of_which_time_the_speed_is():
    assert "in 9.0 s (2.5 MB/s once started):" in text_summary(crowd(400), 9.0, speed=2.5)
    assert "in 9.0 s (25.0 kB/s once started):" in text_summary(crowd(400), 9.0, speed=0.025)


def test_summary_counts_one_record():
    tally = Tally(retranslated=1)
    tally.count("original", 0.1, None, "good.example", 500)
    lines = text_summary(tally, 1.0).split("\n")
    assert lines[0] == "mtdetect: 1 record in 1.0 s (0.5 kB/s): 1 original"
    assert lines[-1] == "engine    consulted about 1 of 1 record"


class Sound(HTMLParser):
    """Every element that is opened is closed, and nothing is fetched."""

    VOID = ("meta",)

    def __init__(self):
        super().__init__()
        self.open, self.text = [], []

    def handle_starttag(self, tag, attrs):
        assert tag not in ("script", "link", "img", "iframe")
        assert not {name for name, _ in attrs} & {"src", "href", "onload"}
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.mark.parametrize("tally", [crowd(400), Tally()])
def test_report_is_a_sound_page(tally):
    tally.count("spun", 1.0, None, "<script>alert(1)</script>", 5)
    page = html_report(tally, 3.0, ["crawl/*.warc.gz", "<b>"], 0.01)
    sound = Sound()
    sound.feed(page)
    assert sound.open == []
    assert "prefers-color-scheme: dark" in page
    assert page.count("<svg") == 2
    assert "<script>alert(1)</script>" in "".join(sound.text)


def test_report_beside_the_output(stub, mixed, tmp_path, capsys):
    out, report = str(tmp_path / "out.csv.gz"), tmp_path / "report.html"
    assert main(["screen", mixed, "--output", out, "--html", str(report)]) == 0
    assert "8 records, 1 flagged" in report.read_text(encoding="utf-8")
    assert "unjudged  1 × not JSON" in capsys.readouterr().err
    for wrong, told in ((mixed, "is an input, too"), (out, "is the --output, too"), ("-", "needs the name")):
        assert main(["screen", mixed, "--output", out, "--html", wrong]) == 2
        assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--output", "o.parquet.gz"], "Parquet compresses its own data"),
        (["--output", "-", "--output-format", "parquet"], "Parquet needs the name of a file or folder"),
        (["--output", "o.jsonl", "--resume", "--restart"], "not allowed with"),
        (["--output", "o.jsonl", "--checkpoint", "-1"], "not a number of seconds"),
        (["--output", "o.jsonl", "--input-format", "arc"], "invalid choice"),
        (["--output", "o.jsonl", "--keep", "some"], "invalid choice"),
    ],
)
def test_wrong_usage_is_one_line(stub, mixed, tmp_path, monkeypatch, capsys, args, told):
    monkeypatch.chdir(tmp_path)
    assert main(["screen", mixed, *args]) == 2
    err = capsys.readouterr().err
    assert told in err
    assert err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["mixed.jsonl"]


def test_progress_in_a_log(stub, mixed, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(plan, "BATCH_BYTES", 300)
    monkeypatch.setattr("mtdetect.cli.progress.EVERY", 0.0)
    assert main(["screen", mixed, "--output", str(tmp_path / "o.jsonl")]) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if "flagged (" in line]
    assert len(lines) > 2
    assert "records" in lines[-1]
    assert "(100%)" in lines[-1]


def test_progress_counts_one_text_as_one(monkeypatch, capsys):
    monkeypatch.setattr("mtdetect.cli.progress.EVERY", 0.0)
    with Meter("texts") as meter:
        meter.show(1, 1)
        meter.show(2, 2, "none flagged")
    assert capsys.readouterr().err == "mtdetect: 1 text\nmtdetect: 2 texts, none flagged\n"


def test_missing_extra_of_the_output_is_named(stub, mixed, tmp_path, monkeypatch):
    monkeypatch.setattr("mtdetect.screening.rows.find_spec", lambda name: None)
    for name in ("o.parquet", "o.jsonl.zst"):
        with pytest.raises(ImportError, match=r'pip install "mtdetect\[screen\]"'):
            screen([mixed], str(tmp_path / name))
