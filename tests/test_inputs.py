"""Files, folders and standard input as texts and records; nothing is dropped."""

from __future__ import annotations

import gzip
import json
import lzma
import os
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtdetect import inputs
from mtdetect.cli import main
from mtdetect.errors import InputError
from mtdetect.inputs import RawRecord
from mtdetect.serialization import from_json, to_json


def write(path, content: bytes):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return str(path)


def line(content: bytes | str) -> RawRecord:
    return RawRecord("f.jsonl", 3, content.encode() if isinstance(content, str) else content)


def test_folder_yields_its_texts_in_order(tmp_path):
    for name in ("b.txt", "a.md", "deep/er/c.TEXT", "picture.png", "d.txt.gz"):
        write(tmp_path / name, gzip.compress(name.encode()) if name.endswith(".gz") else name.encode())
    found = list(inputs.items([str(tmp_path)]))
    names = ["a.md", "b.txt", "d.txt.gz", os.path.join("deep", "er", "c.TEXT")]
    assert [item.id for item in found] == [str(tmp_path / name) for name in names]
    assert [item.content for item in found] == [b"a.md", b"b.txt", b"d.txt.gz", b"deep/er/c.TEXT"]


def test_named_file_may_have_any_suffix(tmp_path):
    path = write(tmp_path / "article", b"\xff\xfewords")
    assert [(item.id, item.content) for item in inputs.items([path])] == [(path, b"\xff\xfewords")]


def test_standard_input(stdin):
    stdin(b"from a pipe")
    assert [(item.id, item.content) for item in inputs.items(["-"])] == [("-", b"from a pipe")]


def test_wrong_name_is_reported_before_anything_is_read(tmp_path):
    good = write(tmp_path / "good.txt", b"words")
    with pytest.raises(InputError, match=r"gone\.txt: no such file or folder"):
        next(inputs.items([good, str(tmp_path / "gone.txt")]))


def test_invalid_texts_are_reported(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"no file in it ends with \.txt"):
        list(inputs.items([str(tmp_path)]))
    with pytest.raises(InputError, match="no such file"):
        list(inputs.items([""]))
    with pytest.raises(InputError, match="mtdetect screen"):
        list(inputs.items([write(tmp_path / "r.jsonl.gz", b"")]))
    with pytest.raises(InputError, match="damaged or truncated"):
        list(inputs.items([write(tmp_path / "cut.txt.gz", gzip.compress(os.urandom(500))[:200])]))
    monkeypatch.setattr("mtdetect.inputs.record.LARGEST", 10)
    with pytest.raises(InputError, match="larger than"):
        list(inputs.items([write(tmp_path / "large.txt", b"x" * 11)]))
    assert [item.content for item in inputs.items([write(tmp_path / "fits.txt", b"x" * 10)])] == [b"x" * 10]


def test_broken_link(tmp_path):
    link = tmp_path / "link.txt"
    link.symlink_to(tmp_path / "gone")
    with pytest.raises(InputError, match="broken link"):
        list(inputs.items([str(link)]))


@pytest.mark.parametrize(
    ("name", "pack"), [("r.jsonl", bytes), ("r.ndjson.gz", gzip.compress), ("R.JSON.XZ", lzma.compress)]
)
def test_records_of_compressed_files(tmp_path, name, pack):
    path = write(tmp_path / name, pack(b'\xef\xbb\xbf{"a":1}\r\n\n   \n{"a":2}'))
    found = list(inputs.records(path))
    assert [(raw.line, json.loads(raw.content)) for raw in found] == [(1, {"a": 1}), (4, {"a": 2})]
    assert found[1].place == f"{path}:4"


def test_plain_text_is_one_record(tmp_path):
    path = write(tmp_path / "t.txt.xz", lzma.compress(b"first\n\nsecond\n"))
    [raw] = inputs.records(path)
    record = inputs.parse(raw)
    assert (record.id, record.text, record.error) == (path, b"first\n\nsecond\n", None)


@pytest.mark.parametrize(("name", "pack"), [("r.jsonl.gz", gzip.compress), ("r.jsonl.xz", lzma.compress)])
@pytest.mark.parametrize(
    "harm", [lambda packed: packed[:-20], lambda packed: packed[:400] + b"\0" * 99 + packed[499:]]
)
def test_damaged_file_ends_in_a_record_with_the_error(tmp_path, name, pack, harm):
    content = b"".join(b'{"text": "%s"}\n' % os.urandom(30).hex().encode() for _ in range(200))
    path = write(tmp_path / name, harm(pack(content)))
    *whole, last = inputs.records(path)
    assert all(raw.error is None for raw in whole)
    assert last.error == f"line {len(whole) + 1}: damaged or truncated"
    assert inputs.parse(last).text is None
    text = write(tmp_path / name.replace("jsonl", "txt"), harm(pack(content)))
    assert [raw.error for raw in inputs.records(text)] == ["damaged or truncated"]


def test_line_without_end_is_one_record_with_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr("mtdetect.inputs.record.LARGEST", 20)
    path = write(tmp_path / "r.jsonl", b'{"a": 1}\n' + b"x" * 95 + b'\n{"a": 2}\n' + b"y" * 21)
    found = list(inputs.records(path))
    assert [(raw.line, raw.error is None) for raw in found] == [(1, True), (2, False), (3, True), (4, False)]
    assert found[1].content == b""


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("{broken", "line 3: not JSON"),
        ("[" * 100_000, "line 3: not JSON"),
        ("[1, 2]", "line 3: not a JSON object"),
        ('{"id": "x"}', "line 3: no field 'text'"),
        ('{"text": null}', "line 3: field 'text' is null"),
        ('{"text": 7}', "line 3: field 'text' is not a string"),
        ('{"text": ["a"]}', "line 3: field 'text' is not a string"),
    ],
)
def test_broken_records_have_an_error(content, error):
    record = inputs.parse(line(content))
    assert (record.text, record.error) == (None, error)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"id": "a", "text": "t"}', "a"),
        ('{"id": 7, "text": "t"}', 7),
        ('{"id": 18446744073709551615, "text": "t"}', 18446744073709551615),
        ('{"id": null, "text": "t"}', "f.jsonl:3"),
        ('{"text": "t"}', "f.jsonl:3"),
        ('{"id": 0}', 0),
    ],
)
def test_id_keeps_its_json_type(content, expected):
    assert inputs.parse(line(content)).id == expected


SPELLINGS = (
    *("0", "-0", "7", "-7", "18446744073709551615", "18446744073709551616", "-9223372036854775809"),
    *(
        "1.0",
        "1",
        "-0.0",
        "1.10",
        "1E5",
        "1e400",
        "-1e400",
        "1e-400",
        "5e-324",
        "0.1e1",
        "3.14159265358979323846",
    ),
    *("1" + "0" * 40, "9" * 5000, '[1E5,{"a":[1.10,18446744073709551616]}]', '"é"', "true", "false"),
)


@pytest.mark.parametrize("spelt", SPELLINGS, ids=lambda spelt: spelt[:24])
@pytest.mark.parametrize("more", ["", ', "x": "\\ud83d"', ', "x": 1e400, "y": [NaN]'])
def test_an_id_is_spelt_as_it_came(spelt, more):
    record = pickle.loads(pickle.dumps(inputs.parse(line(f'{{"id": {spelt}, "text": "t"{more}}}'))))
    assert record.text == "t"
    assert to_json({"id": record.id}).decode() == f'{{"id":{spelt}}}'
    assert to_json({"id": record.id, "x": "\ud83d"}).isascii()  # what orjson refuses


def test_of_two_ids_the_last_one_counts():
    assert to_json(inputs.parse(line('{"id": 1, "text": "t", "id": 1E5}')).id) == b"1E5"
    nested = line('{"doc": {"n": 1e400}, "text": "t"}')
    assert to_json(inputs.parse(nested, "text", "doc.n").id) == b"1e400"


def test_an_id_that_is_no_json_is_no_id():
    assert inputs.parse(line('{"id": NaN, "text": "t"}')).id == "f.jsonl:3"


def test_a_number_has_its_spelling_everywhere():
    number = from_json("1.10")
    assert (number, repr(number), f"{number!s}") == (1.1, "1.10", "1.10")
    surrogate = {"a": [number, "\ud83d", None, True, 10**30], "b": {"c": -0.0}}
    assert to_json(surrogate) == b'{"a":[1.10,"\\ud83d",null,true,' + b"1" + b"0" * 30 + b'],"b":{"c":-0.0}}'
    with pytest.raises(TypeError):
        to_json({"a": {1, 2}})


def test_nested_fields():
    raw = line('{"doc": {"body": "inner", "n": {"k": 5}}, "doc.title": "plain", "id": 1}')
    assert inputs.parse(raw, "doc.body", "doc.n.k").text == "inner"
    assert inputs.parse(raw, "doc.body", "doc.n.k").id == 5
    assert inputs.parse(raw, "doc.title").text == "plain"
    assert inputs.parse(raw, "doc.body.more").error == "line 3: no field 'doc.body.more'"


def test_invalid_bytes_and_surrogates_do_not_lose_the_record():
    assert inputs.parse(line(rb'{"text": "h\u00e9llo \ud83d"}')).text == "héllo \ud83d"
    assert inputs.parse(line(b'{"text": "caf\xe9"}')).text == "caf\ufffd"
    assert json.loads(to_json({"id": "\ud83d", "n": 10**30})) == {"id": "\ud83d", "n": 10**30}
    assert to_json({"a": "é"}) == '{"a":"é"}'.encode()


@given(st.lists(st.binary(max_size=30).map(lambda b: b.replace(b"\n", b""))))
def test_every_line_that_is_not_blank_is_a_record(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("lines") / "r.jsonl"
    path.write_bytes(b"\n".join(lines))
    lines = [one.removeprefix(b"\xef\xbb\xbf") if number == 0 else one for number, one in enumerate(lines)]
    found = [inputs.parse(raw) for raw in inputs.records(str(path))]
    assert len(found) == sum(bool(one.strip()) for one in lines)
    assert all(record.error for record in found)


def test_batches_contain_everything_in_order():
    raws = [RawRecord("f", n, b"x" * size) for n, size in enumerate((1, 9, 30, 0, 4, 4), start=1)]
    batches = list(inputs.in_batches(raws, 10))
    assert [[raw.line for raw in batch] for batch in batches] == [[1, 2], [3], [4, 5, 6]]
    assert list(inputs.in_batches([], 10)) == []


ARRAY = b'\n [{"text": "one"},\n {"text": "two"}]\n'


@pytest.mark.parametrize("name", ["a.json", "a.json.gz", "-"])
@pytest.mark.parametrize("command", ["screen", "calibrate", "originals add o.db"])
def test_array_is_refused_in_one_line(stub, tmp_path, monkeypatch, stdin, capsys, name, command):
    monkeypatch.chdir(tmp_path)
    stdin(ARRAY)
    (tmp_path / "a.json").write_bytes(b"\xef\xbb\xbf" + ARRAY)
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(ARRAY))
    output = [] if command.startswith("originals") else ["--output", "out.jsonl"]
    assert main([*command.split(), name, *output]) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err == (
        f"mtdetect: {name}: is a JSON array; JSON Lines is expected, one object per line (jq -c '.[]' FILE makes it)\n"
    )
    assert not (tmp_path / "out.jsonl").exists()


def test_array_among_other_files_is_a_row(stub, tmp_path, monkeypatch, capsys):
    """A crawl goes on, and its row says why. What is named .jsonl is read line by line."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.jsonl", "b.json", "c.jsonl"):
        (tmp_path / name).write_bytes(b'{"text": "one"}\n' if name < "b" else ARRAY)
    assert main(["screen", ".", "--output", "-"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["id"] for row in rows] == ["a.jsonl:1", "b.json", "c.jsonl:2", "c.jsonl:3"]
    assert [row["reason"] for row in rows[1:3]] == [
        "is a JSON array; JSON Lines is expected, one object per line (jq -c '.[]' FILE makes it)",
        "line 2: not JSON",
    ]


@pytest.mark.parametrize("packed", [gzip.compress, lzma.compress, "zst"])
def test_compressed_standard_input_is_read(stub, stdin, capsys, packed):
    if packed == "zst":
        packed = pytest.importorskip("zstandard").ZstdCompressor().compress
    stdin(packed(b'{"id": 7, "text": "SPUN"}\n'))
    assert main(["screen", "-", "--output", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == 7
    stdin(packed(b"from a pipe"))
    assert [item.content for item in inputs.items(["-"])] == [b"from a pipe"]


def test_truncated_standard_input_is_said(stdin, capsys):
    stdin(gzip.compress(b"from a pipe")[:-9])
    assert main(["score", "-"]) == 2
    assert capsys.readouterr().err == "mtdetect: -: damaged or truncated\n"
