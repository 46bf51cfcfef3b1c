"""Every format yields the same records; a damaged file yields all records before the damage, then an error."""

from __future__ import annotations

import csv
import gzip
import json
import lzma
import re
import sys
import tracemalloc
from pathlib import Path

import pytest

from archives import packed, record, response
from mtdetect import inputs
from mtdetect.cli import main
from mtdetect.errors import InputError, MissingExtraError
from mtdetect.inputs import Position, delimited
from mtdetect.inputs.formats import require
from mtdetect.inputs.reading import check_fields
from mtdetect.inputs.unpacking import CHUNK, opened
from pages import ARTICLE, LAYOUTS, TITLE

TEXTS = ["one “two”, three\nfour", "", "five;six\tseven", "a" * 5000]


def read(path, **options):
    """Ids, texts and errors of all records."""
    found = [
        inputs.parse(raw, *options.get("fields", ()))
        for raw in inputs.records(str(path), *options.get("fields", ()), format=options.get("format"))
    ]
    return [
        (one.id, one.text.decode() if isinstance(one.text, bytes) else one.text, one.error) for one in found
    ]


def write_csv(path, header=("id", "text", "url"), delimiter=",", texts=TEXTS):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(header)
        writer.writerows([f"r{n}", text, f"https://a.example/{n}"] for n, text in enumerate(texts))
    return path


def write_parquet(path, columns, **options):
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.table(columns), path, **options)
    return path


EXPECTED = [(f"r{n}", text, None) for n, text in enumerate(TEXTS)]


@pytest.mark.parametrize(
    ("name", "delimiter"), [("a.csv", ","), ("b.csv", ";"), ("c.tsv", "\t"), ("d.csv", "|")]
)
def test_delimited(tmp_path, name, delimiter):
    assert read(write_csv(tmp_path / name, delimiter=delimiter)) == EXPECTED


def test_delimited_rows_with_missing_fields(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('id,text\n1,"whole\n\nrow"\n\n2\n,no id\n', encoding="utf-8-sig")
    assert read(path) == [
        ("1", "whole\n\nrow", None),
        ("2", None, "line 6: no field 'text'"),
        (f"{path}:7", "no id", None),
    ]


def test_unclosed_quote(tmp_path, monkeypatch):
    monkeypatch.setattr("mtdetect.inputs.record.LARGEST", 100)
    path = tmp_path / "a.csv"
    path.write_text('id,text\n1,fine\n2,"open\n' + "more\n" * 50, encoding="utf-8")
    *whole, last = read(path)
    assert whole == [("1", "fine", None)]
    assert last[2] == "line 3: unclosed quote; the rest of the file is unread"


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_quote_that_is_open_at_the_end(tmp_path, end):
    path = tmp_path / "a.csv"
    path.write_text(f'id,text\n1,fine\n2,"open\n3,more{end}', encoding="utf-8")
    assert read(path) == [
        ("1", "fine", None),
        (f"{path}:3", None, "line 3: unclosed quote; the rest of the file is unread"),
    ]
    path.write_text(f'id,text\n1,fine\n2,"closed\n3,more"{end}', encoding="utf-8")
    assert read(path) == [("1", "fine", None), ("2", "closed\n3,more", None)]


@pytest.mark.parametrize(
    "options", [{}, {"row_group_size": 2}, {"compression": "zstd", "use_dictionary": False}]
)
def test_parquet(tmp_path, options):
    columns = {"other": [1, 2, 3, 4], "text": TEXTS, "id": [f"r{n}" for n in range(4)]}
    assert read(write_parquet(tmp_path / "a.parquet", columns, **options)) == EXPECTED


def test_parquet_nested_fields_and_odd_values(tmp_path):
    columns = {
        "page": [{"body": "t", "n": 7}, {"body": None, "n": 8}, None],
        "url": ["https://a.example/1", None, None],
    }
    path = write_parquet(tmp_path / "a.parquet", columns)
    assert read(path, fields=("page.body", "page.n")) == [
        (7, "t", None),
        (8, None, "row 2: field 'page.body' is null"),
        (f"{path}:3", None, "row 3: no field 'page.body'"),
    ]
    assert next(raw.url for raw in inputs.records(str(path), "page.body")) == "https://a.example/1"


def test_parquet_without_the_column_yields_every_row(tmp_path):
    path = write_parquet(tmp_path / "a.parquet", {"id": list(range(600))})
    assert read(path) == [(n, None, f"row {n + 1}: no field 'text'") for n in range(600)]
    assert len(read(path, fields=("a", "b"))) == 600


def test_columns_are_checked_before_the_work(tmp_path):
    table = write_parquet(tmp_path / "a.parquet", {"id": [1], "body": ["x"]})
    with pytest.raises(InputError, match=r"a\.parquet: no column 'text'; it has 'id', 'body'"):
        check_fields(str(table), "text")
    with pytest.raises(InputError, match=r"b\.csv: no column 'page\.text'; it has 'id', 'text', 'url'"):
        check_fields(str(write_csv(tmp_path / "b.csv")), "page.text")
    check_fields(str(table), "body")
    check_fields(str(tmp_path / "c.jsonl"), "anything")
    assert delimited.columns(str(tmp_path / "b.csv")) == ["id", "text", "url"]


def test_parquet_that_claims_more_rows_than_it_has(tmp_path):
    path = write_parquet(
        tmp_path / "a.parquet", {"number": [1] * 9}, compression="none", use_dictionary=False
    )
    content = path.read_bytes()
    size = int.from_bytes(content[-8:-4], "little")
    footer = content[-8 - size : -8]
    nine, endless = (
        b"\x16\x12",
        b"\x16" + b"\x80" * 8 + b"\x20",
    )  # 9 and 2**60 as Thrift encodes numbers of 64 bits
    assert footer.count(nine) > 1
    footer = footer.replace(nine, endless)
    path.write_bytes(content[: -8 - size] + footer + len(footer).to_bytes(4, "little") + b"PAR1")
    assert 9 <= sum(1 for _ in read(path)) <= 10  # the last one may carry the error


def test_parquet_without_columns(tmp_path):
    with pytest.raises(InputError, match=r"a\.parquet: has no columns"):
        read(write_parquet(tmp_path / "a.parquet", {}))


def test_damaged_parquet(tmp_path):
    path = write_parquet(
        tmp_path / "a.parquet", {"id": [1, 2], "text": ["x" * 999, "y" * 999]}, compression="none"
    )
    content = path.read_bytes()
    path.write_bytes(content[:-30])
    with pytest.raises(InputError, match=r"a\.parquet: is not a complete Parquet file"):
        read(path)
    path.write_bytes(b"not parquet at all")
    with pytest.raises(InputError, match="is not a complete Parquet file"):
        read(path)


# ---------------------------------------------------------------- compressed files


def zstandard(content):
    return pytest.importorskip("zstandard").ZstdCompressor().compress(content)


@pytest.mark.parametrize(
    ("suffix", "pack"), [(".gz", gzip.compress), (".xz", lzma.compress), (".zst", zstandard)]
)
def test_compressed_in_several_members(tmp_path, suffix, pack):
    lines = [json.dumps({"id": n, "text": f"text {n}"}).encode() + b"\n" for n in range(9)]
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(b"".join(pack(b"".join(lines[k : k + 3])) for k in (0, 3, 6)))
    assert read(path) == [(n, f"text {n}", None) for n in range(9)]
    position = Position()
    for _ in inputs.records(str(path), position=position):
        assert position.bytes <= path.stat().st_size
    assert read(write_csv(tmp_path / "plain.csv")) == EXPECTED
    (tmp_path / f"b.csv{suffix}").write_bytes(pack((tmp_path / "plain.csv").read_bytes()))
    assert read(tmp_path / f"b.csv{suffix}") == EXPECTED


def test_truncated_zstandard_file(tmp_path):
    lines = b"".join(b'{"id": %d, "text": "%d"}\n' % (n, n * 7919) for n in range(2000))
    content = zstandard(lines)
    path = tmp_path / "a.jsonl.zst"
    for harmed in (
        content[:-5],
        content[: len(content) // 2] + b"\0" * 40 + content[len(content) // 2 + 40 :],
    ):
        path.write_bytes(harmed)
        *whole, last = read(path)
        assert last[2].endswith("damaged or truncated")
        assert all(error is None or error.endswith("not JSON") for _, _, error in whole)


def test_zstandard_bomb_is_decompressed_in_small_pieces(tmp_path):
    path = tmp_path / "bomb.zst"
    path.write_bytes(zstandard(bytes(128 << 20)))
    assert path.stat().st_size < CHUNK
    tracemalloc.start()
    try:
        with opened(str(path)) as file:
            size = sum(len(piece) for piece in iter(lambda: file.read(CHUNK), b""))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size == 128 << 20
    assert peak < 80 << 20  # twice what one input of Zstandard can expand to: as pieces and joined


# ---------------------------------------------------------------- WARC


BODY = "<p>{}</p>".format("The ferry left before dawn, and the baker watched it go. " * 3)
LINE = "The ferry left before dawn, and the baker watched it go. " * 3


@pytest.fixture
def archive():
    pytest.importorskip("fastwarc")
    pytest.importorskip("resiliparse")
    return [
        record("warcinfo", None, b"software: by hand\r\n", "application/warc-fields"),
        record(
            "request", "https://a.example/1", b"GET / HTTP/1.1\r\n\r\n", "application/http; msgtype=request"
        ),
        response("https://a.example/1", BODY.encode()),
        response(
            "https://a.example/2",
            BODY.replace("ferry", "féerie").encode("latin-1"),
            media_type="text/html; charset=iso-8859-1",
        ),
        response("https://a.example/3", gzip.compress(BODY.encode()), "Content-Encoding: gzip"),
        response(
            "https://a.example/4",
            b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY.encode()),
            "Transfer-Encoding: chunked",
        ),
        response("https://a.example/5", BODY.encode(), "Content-Encoding: gzip"),
        response("https://a.example/6", LINE.encode(), media_type="text/plain"),
        response("https://a.example/7", b"\x89PNG", media_type="image/png"),
        response("https://a.example/8", b"", "Location: /1", status="301 Moved"),
        response("https://a.example/9", BODY.encode(), media_type=None),
        record("response", "https://a.example/10", b"no answer"),
        record("metadata", "https://a.example/1", b"x: y", "application/warc-fields"),
        record("conversion", "https://a.example/11", LINE.encode(), "text/plain"),
        record("resource", "https://a.example/12", BODY.encode(), "text/html"),
    ]


WORDS = LINE.strip()
PAGES = [
    (f"https://a.example/{n}", text, error)
    for n, text, error in [
        (1, WORDS, None),
        (2, WORDS.replace("ferry", "féerie"), None),
        (3, WORDS, None),
        (4, WORDS, None),
        (5, WORDS, None),
        (6, LINE, None),
        (7, None, "media type image/png"),
        (8, None, "HTTP status 301"),
        (9, WORDS, None),
        (10, None, "not an HTTP response"),
        (11, LINE, None),
        (12, WORDS, None),
    ]
]


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz", "a.wet.gz", "one-member.warc.gz", "a.warc.xz"])
def test_archive(tmp_path, archive, name):
    plain = b"".join(archive)
    content = {"a.warc": plain, "a.warc.xz": lzma.compress(plain), "one-member.warc.gz": gzip.compress(plain)}
    (tmp_path / name).write_bytes(content.get(name) or packed(archive))
    assert read(tmp_path / name) == PAGES


def test_archive_from_a_pipe(archive, stdin):
    stdin(b"".join(archive))
    assert read("-", format="warc") == PAGES


def test_truncated_archive(tmp_path, archive):
    path = tmp_path / "a.warc"
    path.write_bytes(b"".join(archive)[:-40])
    assert read(path) == [*PAGES[:-1], (PAGES[-1][0], None, "damaged or truncated")]
    path.write_bytes(b"".join(archive[:-1]) + archive[-1][:30])
    assert read(path) == [*PAGES[:-1], (f"{path}:15", None, "record 15: damaged or truncated")]
    path = tmp_path / "a.warc.gz"
    path.write_bytes(packed(archive)[:-60])
    *whole, last = read(path)
    assert whole == PAGES[:-1]
    assert last[1:] == (None, "damaged or truncated")
    path.write_bytes(packed(archive[:4]) + b"\0" * 100 + packed(archive[4:]))
    *whole, last = read(path)
    assert whole == PAGES[:2]
    assert last[2] == "record 5: damaged; the rest of the file is unread"


def test_a_wrong_length_is_told_of_its_record(tmp_path, archive):
    path = tmp_path / "a.warc"
    head, _, tail = archive[3].partition(b"Content-Length: ")
    path.write_bytes(b"".join(archive[:3]) + head + b"Content-Length: many" + tail[tail.index(b"\r") :])
    errors = [error for *_, error in read(path) if error]
    assert errors[0] == "record 4: damaged or truncated"


def test_file_that_is_not_an_archive(tmp_path, archive):
    path = tmp_path / "a.warc"
    path.write_bytes(b"hello world\n" * 100)
    with pytest.raises(InputError, match=r"a\.warc: is not a WARC file"):
        read(path)


def test_page_that_is_too_large(tmp_path, archive, monkeypatch):
    monkeypatch.setattr("mtdetect.inputs.record.LARGEST", 400)
    path = tmp_path / "a.warc"
    path.write_bytes(response("https://a.example/1", b"x" * 500) + archive[5])
    assert [error for _, _, error in read(path)] == ["larger than 0 MiB", None]


# ---------------------------------------------------------------- pages


@pytest.mark.parametrize("layout", LAYOUTS)
def test_text_of_a_page_is_its_article(layout):
    pytest.importorskip("resiliparse")
    from mtdetect.inputs.html import main_text

    assert main_text(LAYOUTS[layout](TITLE, ARTICLE).encode()).split() == " ".join(ARTICLE).split()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["spun", "person"])
def test_verdict_on_a_page_equals_that_on_its_text(shipped, layout, name):
    pytest.importorskip("resiliparse")

    from mtdetect.inputs.html import main_text

    text = (Path(__file__).parents[1] / "examples" / f"{name}.txt").read_text(encoding="utf-8")
    paragraphs = tuple(" ".join(part.split()) for part in text.split("\n\n") if part.strip())
    page = main_text(LAYOUTS[layout](TITLE, paragraphs).encode())
    on_page, on_text = shipped.score_many([page, "\n".join(paragraphs)])
    assert on_page.label == on_text.label
    assert on_page.score == pytest.approx(on_text.score, abs=0.02)


def test_comments_are_removed_from_a_short_article():
    pytest.importorskip("resiliparse")
    from mtdetect.inputs.html import main_text

    assert main_text(LAYOUTS["blog"](TITLE, ARTICLE[:1]).encode()) == ARTICLE[0]


def test_a_page_is_scored_and_compared_by_its_article(tmp_path, capsys, monkeypatch):
    pytest.importorskip("resiliparse")
    from mtdetect.inputs.html import main_text

    monkeypatch.chdir(tmp_path)
    page = LAYOUTS["news"](TITLE, ARTICLE).encode()
    Path("page.html").write_bytes(page)
    Path("article.txt").write_text(main_text(page), encoding="utf-8")
    Path("folder").mkdir()
    Path("folder", "page.htm").write_bytes(page)
    assert main(["score", "page.html", "article.txt", "folder", "--format", "json"]) == 0
    verdicts = json.loads(capsys.readouterr().out)
    assert [one.pop("id") for one in verdicts] == ["page.html", "article.txt", "folder/page.htm"]
    assert [one.pop("markup", None) for one in verdicts] == [[], None, []]
    assert verdicts[0] == verdicts[1] == verdicts[2]
    assert main(["compare", "page.html", "article.txt", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["relation"] == "verbatim"
    assert main(["score", "page.html", "--format", "sarif"]) == 2
    assert re.fullmatch(r"mtdetect: page\.html: SARIF cannot point .*\n", capsys.readouterr().err)


def test_class_names_of_the_body_do_not_remove_it():
    pytest.importorskip("resiliparse")
    from mtdetect.inputs.html import main_text

    page = LAYOUTS["divs"](TITLE, ARTICLE)
    for whole in ('<body class="sidebar-right comments-open">', '<body><div class="sidebar-layout">'):
        assert main_text(page.replace("<body>", whole).encode()).split() == " ".join(ARTICLE).split()


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1252", "utf-16"])
def test_encoding_that_only_the_page_declares(encoding):
    pytest.importorskip("resiliparse")
    from mtdetect.inputs.html import main_text

    page = LAYOUTS["news"](TITLE, ARTICLE).replace('"utf-8"', f'"{encoding}"')
    assert "“Nobody builds a timetable around one van,”" in main_text(page.encode(encoding, "replace"))


def test_page_without_prose_is_empty():
    pytest.importorskip("resiliparse")
    from mtdetect.inputs.html import main_text

    assert (
        main_text(b"<html><body><nav><a href=/>Home</a></nav><script>var x = 1;</script></body></html>") == ""
    )
    assert main_text(b"") == ""
    assert main_text(b"\0\xff" * 99) == ""


# ---------------------------------------------------------------- which files


def test_patterns_and_folders(tmp_path):
    for name in ("b/2.csv", "b/1.html.gz", "a.WARC.GZ", "b/.hidden.csv", "c.data"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")

    def names(*given, **options):
        return [
            path[len(str(tmp_path)) + 1 :]
            for path in inputs.expand([f"{tmp_path}/{one}" for one in given], **options)
        ]

    assert names("b/*.csv", "**/*.html*") == ["b/2.csv", "b/1.html.gz"]
    assert names("") == ["a.WARC.GZ", "b/.hidden.csv", "b/1.html.gz", "b/2.csv"]
    assert names("", all_files=True) == ["a.WARC.GZ", "b/1.html.gz", "b/2.csv", "c.data"]
    with pytest.raises(InputError, match="no file matches"):
        names("*.parquet")
    assert [
        inputs.format_of(name) for name in ("x.jsonl.zst", "CC-MAIN.warc.wet.gz", "a.PQ", "b.htm", "-", "c")
    ] == [
        "jsonl",
        "warc",
        "parquet",
        "html",
        "jsonl",
        "text",
    ]


@pytest.mark.parametrize(
    ("kind", "path", "package"),
    [
        ("parquet", "a.parquet", "pyarrow"),
        ("warc", "a.warc", "fastwarc"),
        ("html", "a.html", "resiliparse"),
        ("csv", "a.csv.zst", "zstandard"),
    ],
)
def test_missing_extra_is_named(monkeypatch, kind, path, package):
    monkeypatch.setattr("mtdetect.inputs.formats.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=rf'needs {package}; pip install "mtdetect\[screen\]"'):
        require(kind, path)
    require("jsonl", "a.jsonl.gz")


def test_parquet_is_not_read_from_standard_input():
    pytest.importorskip("pyarrow")
    with pytest.raises(InputError, match="cannot be read from standard input"):
        read("-", format="parquet")
    assert sys.stdin is not None
