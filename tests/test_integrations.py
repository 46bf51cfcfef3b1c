"""In each pipeline the verdicts equal those of the detector; tests run with the real packages if they are installed."""

from __future__ import annotations

import os
import pickle
import shutil
import sys
from pathlib import Path

import pytest

from mtdetect.errors import InputError

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore")]
EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture(scope="module")
def texts():
    person, spun = ((EXAMPLES / f"{name}.txt").read_text(encoding="utf-8") for name in ("person", "spun"))
    return [person, spun, "Too short to say.", "", None, spun + " It ends."]


@pytest.fixture(scope="module")
def expected(shipped, texts):
    return [
        (v.label, float(f"{v.score:.6g}"), v.reason)
        for v in shipped.score_many(texts, evidence=False, retranslate="never")
    ]


def said(rows):
    return [(row["mtdetect_label"], row["mtdetect_score"], row["mtdetect_reason"]) for row in rows]


def test_arrow_tables_and_batches(texts, expected):
    pa = pytest.importorskip("pyarrow")
    from mtdetect.integrations.arrow import ArrowJudge

    judge = pickle.loads(pickle.dumps(ArrowJudge()))
    table = pa.table({"n": range(len(texts)), "text": texts})
    judged = judge(table)
    assert said(judged.to_pylist()) == expected
    assert judged.column_names[:3] == ["n", "text", "mtdetect_label"]
    assert isinstance(judged, pa.Table)
    batches = list(judge(iter(table.to_batches(max_chunksize=2))))
    assert pa.Table.from_batches(batches).equals(judged)
    assert judge(table.slice(0, 0)).schema == judged.schema
    with pytest.raises(InputError, match="no column 'body'; there are n, text"):
        ArrowJudge("body")(table)
    assert ArrowJudge(fpr=0.00001)(table)["mtdetect_label"].to_pylist()[1] == "uncertain"


def test_pandas_and_dask(texts, expected):
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    from mtdetect.integrations.arrow import ArrowJudge

    frame = pd.DataFrame({"text": texts}, index=[f"r{n}" for n in range(len(texts))])
    judged = ArrowJudge()(frame)
    assert list(judged.index) == list(frame.index)

    def rows(given):
        return [
            {name: None if pd.isna(value) else value for name, value in row.items()}
            for row in given.to_dict("records")
        ]

    assert said(rows(judged)) == expected
    dd = pytest.importorskip("dask.dataframe")
    lazy = dd.from_pandas(frame, npartitions=3, sort=False).map_partitions(ArrowJudge())
    done = lazy.compute(scheduler="synchronous")
    assert said(rows(done)) == expected
    assert list(lazy.dtypes.index) == list(judged.columns)


@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java")
def test_spark(texts, expected, tmp_path, monkeypatch):
    pyspark_sql = pytest.importorskip("pyspark.sql")
    pytest.importorskip("pandas")
    from mtdetect.integrations.arrow import ArrowJudge

    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    session = (
        pyspark_sql.SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.warehouse.dir", str(tmp_path))
        .getOrCreate()
    )
    try:
        frame = session.createDataFrame(list(enumerate(texts)), "n int, text string")
        judge = ArrowJudge()
        rows = [row.asDict() for row in frame.mapInArrow(judge, judge.spark_schema(frame)).collect()]
        assert said(sorted(rows, key=lambda row: row["n"])) == expected
    finally:
        session.stop()


def test_datatrove(texts, expected, tmp_path):
    pytest.importorskip("datatrove")
    from datatrove.data import Document
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.writers.jsonl import JsonlWriter

    from mtdetect.integrations.datatrove import DegradedTextFilter

    documents = [Document(text or "", str(n)) for n, text in enumerate(texts)]
    dropped = JsonlWriter(str(tmp_path / "dropped"), compression=None)
    kept = list(DegradedTextFilter(exclusion_writer=dropped, batch_size=4).run(iter(documents)))
    flagged = [label in ("spun", "machine_translated") for label, _, _ in expected]
    assert [doc.id for doc in kept] == [str(n) for n, one in enumerate(flagged) if not one]
    assert [doc.metadata["mtdetect_label"] for doc in documents] == [label for label, _, _ in expected]
    [file] = (tmp_path / "dropped").iterdir()
    assert file.read_text(encoding="utf-8").count('"filter_reason":"spun"') == sum(flagged)
    documents = [Document(text or "", str(n)) for n, text in enumerate(texts)]
    assert len(list(DegradedTextFilter(drop=False, batch_size=1).run(iter(documents)))) == len(texts)
    executor = LocalPipelineExecutor(
        [
            [Document(text or "", str(n)) for n, text in enumerate(texts)],
            DegradedTextFilter(),
            JsonlWriter(str(tmp_path / "kept"), compression=None),
        ],
        logging_dir=str(tmp_path / "logs"),
    )
    executor.run()
    [file] = (tmp_path / "kept").iterdir()
    assert len(file.read_text(encoding="utf-8").splitlines()) == len(texts) - sum(flagged)


def test_scrapy(texts, expected, tmp_path):
    """A crawl of a page on disk, in its own process: Scrapy's reactor starts only once per process."""
    pytest.importorskip("scrapy")
    import subprocess

    page = tmp_path / "page.html"
    page.write_text("<p>start</p>", encoding="utf-8")
    program = f"""
import json, pathlib, scrapy
from scrapy.crawler import CrawlerProcess

class Pages(scrapy.Spider):
    name = "pages"
    start_urls = ["{page.as_uri()}"]

    def parse(self, response):
        for n, name in enumerate(["person", "spun"]):
            text = pathlib.Path({str(EXAMPLES)!r}, name + ".txt").read_text(encoding="utf-8")
            yield {{"n": n, "text": text}}
        yield {{"n": 2, "title": "no text"}}

process = CrawlerProcess({{
    "ITEM_PIPELINES": {{"mtdetect.integrations.scrapy.MtdetectPipeline": 300}},
    "MTDETECT_DROP": True, "LOG_LEVEL": "ERROR", "TELNETCONSOLE_ENABLED": False,
    "FEEDS": {{{(tmp_path / "items.jsonl").as_uri()!r}: {{"format": "jsonlines"}}}},
}})
crawler = process.create_crawler(Pages)
process.crawl(crawler)
process.start()
print(json.dumps({{k: v for k, v in crawler.stats.get_stats().items() if "mtdetect" in k or "dropped_count" in k}}))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert (
        done.stdout.split("\n")[-2] == '{"mtdetect/original": 1, "mtdetect/spun": 1, "item_dropped_count": 1}'
    ), done.stderr
    import json

    items = [json.loads(line) for line in (tmp_path / "items.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [item["n"] for item in items] == [0, 2]
    assert (items[0]["mtdetect"]["label"], items[0]["mtdetect"]["score"]) == expected[0][:2]
    assert "mtdetect" not in items[1]
