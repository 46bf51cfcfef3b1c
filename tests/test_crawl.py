"""``benchmarks/crawl.py``: from a crawl to a sheet for reading, and from its answers to a precision."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import pytest

from archives import packed, response
from pages import news

ROOT = Path(__file__).resolve().parents[1]
HOSTILE = "<script>document.title='taken'</script>"


def crawl_module():
    spec = importlib.util.spec_from_file_location("crawl", ROOT / "benchmarks" / "crawl.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def crawl():
    return crawl_module()


def example(name):
    text = (ROOT / "examples" / f"{name}.txt").read_text(encoding="utf-8")
    return tuple(" ".join(one.split()) for one in text.strip().split("\n\n"))


def refused(crawl, capsys, args):
    """What is told about bad input, in one line and with the exit status of ``mtdetect``."""
    with pytest.raises(SystemExit) as left:
        crawl.main(args)
    told = capsys.readouterr().err
    assert left.value.code == 2
    assert told.startswith("crawl.py: ")
    assert told.count("\n") == 1
    return told


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Nine spun pages of two hosts, twelve by a person, one of them hostile, an error page and a page of four words."""
    pytest.importorskip("fastwarc")
    spun, person = example("spun"), example("person")
    records = [
        response(f"https://www.mirror{n % 3 // 2}.example/{n}", news(f"Copy {n}", spun).encode())
        for n in range(9)
    ]
    records += [
        response(
            f"https://paper.example/{n}", news(f"News {n}", (f"{person[0]} {HOSTILE}", *person[1:])).encode()
        )
        for n in range(12)
    ]
    records.append(response("https://paper.example/gone", b"<p>Not here.</p>", status="404 Not Found"))
    records.append(
        response("https://paper.example/short", news("Short", ("Closed until Monday morning.",)).encode())
    )
    path = tmp_path_factory.mktemp("crawl") / "pages.warc.gz"
    path.write_bytes(packed(records))
    return path


@pytest.fixture(scope="module")
def drawn(shipped, crawl, archive, tmp_path_factory):
    """The folder of a sample of five flagged and five other pages."""
    folder = tmp_path_factory.mktemp("sample")
    crawl.main(["sample", str(archive), "--output", str(folder), "--flagged", "5", "--unflagged", "5"])
    return folder


def facts_of(folder):
    return json.loads((folder / "sample.json").read_bytes())


def answer(folder, path, of):
    facts = facts_of(folder)
    given = {str(page["number"]): of(page) for page in facts["pages"]}
    path.write_text(
        json.dumps({"sample": facts["sample"], "judgements": {k: v for k, v in given.items() if v}})
    )
    return str(path)


def test_report_names_hosts_and_kinds(drawn, crawl, archive, capsys):
    crawl.main(["sample", str(archive), "--output", str(drawn), "--flagged", "5", "--unflagged", "5"])
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "23 records, 9 flagged, 12 judged and not flagged"
    assert told[4:6] == ["| mirror0.example | 6 | 0 | 6 |", "| mirror1.example | 3 | 0 | 3 |"]


def test_sample_is_drawn_by_the_seed_alone(drawn, crawl, archive, tmp_path):
    first = facts_of(drawn)
    again = ["sample", str(archive), "--flagged", "5", "--unflagged", "5", "--output"]
    crawl.main([*again, str(drawn)])
    assert facts_of(drawn) == first
    crawl.main([*again, str(tmp_path)])
    assert facts_of(tmp_path) == first
    crawl.main([*again, str(tmp_path), "--seed", "1"])
    other = facts_of(tmp_path)
    assert {page["id"] for page in other["pages"]} != {page["id"] for page in first["pages"]}
    assert other["sample"] != first["sample"]
    assert sum(page["flagged"] for page in first["pages"]) == 5
    assert len({page["id"] for page in first["pages"]}) == 10
    assert [page["number"] for page in first["pages"]] == list(range(1, 11))


def test_each_item_has_the_same_chance(crawl):
    counts = [0] * 10
    for seed in range(2000):
        drawn = crawl.Reservoir(3, str(seed))
        for item in range(10):
            drawn.offer(item, None)
        for item, _ in drawn.items:
            counts[item] += 1
    assert min(counts) > 520
    assert max(counts) < 680


def test_sheet_shows_the_pages_and_runs_nothing_of_theirs(drawn):
    sheet = (drawn / "sheet.html").read_text(encoding="utf-8")
    assert sheet.count("<article ") == 10
    assert HOSTILE not in sheet
    assert sheet.count("&lt;script&gt;") >= 4
    assert len(re.findall("<script", sheet)) == 1
    assert "script-src 'sha256-" in sheet
    assert 'href="https://www.mirror0.example/' in sheet


def test_precision_of_a_reader(drawn, crawl, tmp_path, capsys):
    path = answer(drawn, tmp_path / "j.json", lambda page: "y" if page["flagged"] else "n")
    crawl.main(["precision", str(drawn), path])
    told = capsys.readouterr().out.splitlines()
    assert told[2:4] == ["| flagged | 5 | 100% | 48% to 100% |", "| not flagged | 5 | 0% | 0% to 52% |"]
    doubtful = min(page["number"] for page in facts_of(drawn)["pages"] if page["flagged"])
    path = answer(
        drawn,
        tmp_path / "j.json",
        lambda page: "?" if page["number"] == doubtful else "y" if page["flagged"] else "",
    )
    crawl.main(["precision", str(drawn), path])
    told = capsys.readouterr().out
    assert "| flagged | 4 | 100% | 40% to 100% |\n| flagged, ? taken as n | 5 | 80% | 28% to 99% |" in told
    assert "| not flagged | 0 | | |" in told
    assert "5 of 10 pages have no answer yet." in told
    assert re.search(r"The flagged pages of the sample come from [12] hosts, \d of 5 from mirror", told)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "is no file of judgements"),
        ("[]", "is no file of judgements"),
        ('{"sample": "other", "judgements": {}}', "belongs to another sample"),
        ('{"sample": "SAMPLE", "judgements": {"1": "yes"}}', "'yes' is no answer; there are y, n, "),
        ('{"sample": "SAMPLE", "judgements": {"99": "y"}}', "page 99: 'y' is no answer"),
    ],
)
def test_judgements_that_do_not_fit(drawn, crawl, capsys, tmp_path, content, told):
    path = tmp_path / "j.json"
    path.write_text(content.replace("SAMPLE", facts_of(drawn)["sample"]))
    assert refused(crawl, capsys, ["precision", str(drawn), str(path)]).count(told) == 1
    assert "holds no sample" in refused(crawl, capsys, ["precision", str(tmp_path / "none"), str(path)])


def test_crawl_that_is_missing(crawl, capsys, tmp_path):
    told = refused(crawl, capsys, ["sample", str(tmp_path / "none.warc"), "--output", str(tmp_path / "out")])
    assert "none.warc" in told


def test_no_processes(crawl, capsys, tmp_path):
    with pytest.raises(SystemExit) as left:
        crawl.main(["sample", "-", "--output", str(tmp_path), "--jobs", "0"])
    assert left.value.code == 2
    assert "'0' is not a number from 1 up" in capsys.readouterr().err


def test_output_that_cannot_be_written(crawl, capsys, tmp_path):
    (tmp_path / "file").touch()
    assert "file" in refused(crawl, capsys, ["sample", "-", "--output", str(tmp_path / "file")])
