#!/usr/bin/env python3
"""Screening: cost by format and number of workers, memory, and quality of the extraction of pages.

    python3 benchmarks/screening.py [--pages N] [--folder FOLDER] [--jobs N] [--json FILE]

Generates N synthetic pages, 10 % of them spun (default 3,000; ``--pages 200000`` takes a night). A page has sentences of the texts of this
project, in one of the layouts of ``tests/pages.py``. The crawl is written as JSON Lines, Parquet and WARC. Prints four Markdown tables:

- *formats*: records and MB of text per processor second, without start-up, and whether all formats give the same verdicts;
- *workers*: one process against several;
- *memory*: largest resident size of each process in each quarter of the run;
- *pages*: precision and recall of the extraction for each layout, and those of trafilatura if it is installed.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from running import run_main

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from archives import response  # noqa: E402
from pages import ARTICLE, BOILERPLATE, LAYOUTS, TITLE  # noqa: E402

SITES = 400
"""Number of web sites in the crawl."""

WORD = re.compile(r"\w+")


def sentences(text: str) -> list[str]:
    """Sentences of a text."""
    return [
        one
        for part in text.split("\n\n")
        for one in re.split(r"(?<=[.!?])\s+", " ".join(part.split()))
        if one
    ]


def crawl(pages: int, seed: int = 0) -> Iterator[tuple[str, list[str], str]]:
    """Yield address, paragraphs and layout of each page."""
    person = sentences((ROOT / "examples" / "person.txt").read_text(encoding="utf-8")) + [
        one for paragraph in ARTICLE for one in sentences(paragraph)
    ]
    spun = sentences((ROOT / "examples" / "spun.txt").read_text(encoding="utf-8"))
    chance = random.Random(seed)
    layouts = sorted(LAYOUTS)
    for number in range(pages):
        given = spun if number % 10 == 3 else person
        paragraphs = [" ".join(chance.sample(given, 4)) for _ in range(chance.randint(1, 6))]
        site = min(int(chance.expovariate(0.02)), SITES)
        yield f"https://www.site{site}.example/{number}", paragraphs, layouts[number % len(layouts)]


def write(folder: Path, pages: int) -> tuple[dict[str, Path], float]:
    """Write the crawl in each format; returns the files and the size of the text in MB."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    paths = {name: folder / f"crawl.{name}" for name in ("jsonl", "parquet", "warc.gz")}
    schema = pa.schema([("id", pa.string()), ("text", pa.string())])
    size = 0
    with (
        paths["jsonl"].open("wb") as lines,
        pq.ParquetWriter(paths["parquet"], schema) as table,
        paths["warc.gz"].open("wb") as archive,
    ):
        rows: list[dict[str, str]] = []
        for address, paragraphs, layout in crawl(pages):
            text = "\n".join(paragraphs)
            size += len(text.encode())
            row = {"id": address, "text": text}
            lines.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
            page = LAYOUTS[layout](TITLE, tuple(paragraphs)).encode()
            archive.write(gzip.compress(response(address, page), 6))
            rows.append(row)
            if len(rows) == 1000:
                table.write_table(pa.Table.from_pylist(rows, schema=schema))
                rows = []
        table.write_table(pa.Table.from_pylist(rows, schema=schema))
    return paths, size / 1e6


@dataclass
class Run:
    """Cost of one call of the command."""

    wall: float
    cpu: float
    main: float
    """Processor time of the main process; if it is large, the workers wait."""
    memory: list[tuple[float, int, float]]
    """Samples: seconds since the start, process id, MB."""


def screen(source: Path, output: Path, *options: str) -> Run:
    """Run ``mtdetect screen`` and measure it."""
    program = "import sys; from mtdetect.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "screen", str(source), "--output", str(output), *options]
    start, before = time.perf_counter(), os.times()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    memory = []
    main = 0.0
    while process.poll() is None:
        main = used(process.pid) or main
        at = time.perf_counter() - start
        memory += [(at, pid, size) for pid, size in resident(process.pid)]
        time.sleep(0.2)
    if process.returncode:
        sys.exit(f"{' '.join(command)}: exit status {process.returncode}")
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Run(time.perf_counter() - start, cpu, main, memory)


def used(pid: int) -> float:
    """Processor seconds that a process has used."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(parent: int) -> Iterator[tuple[int, float]]:
    """Resident memory of a process and its workers in MB, shared pages included."""
    try:
        pids = [parent, *map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split())]
        for pid in pids:
            if b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes():
                yield (
                    pid,
                    int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6,
                )
    except OSError:
        return


def verdicts(path: Path) -> list[tuple[str, str, float]]:
    """Id, label and score of each record of an output file."""
    with path.open("rb") as file:
        return [(row["id"], row["label"], row["score"]) for row in map(json.loads, file)]


def quality(extract: Callable[[str], str], page: str) -> tuple[float, float, float, int]:
    """Precision, recall, milliseconds, and number of boilerplate sentences in the extracted text."""
    text = extract(page)
    start = time.process_time()
    for _ in range(20):
        extract(page)
    took = (time.process_time() - start) / 20 * 1e3
    got, article = Counter(WORD.findall(text)), Counter(WORD.findall(" ".join(ARTICLE)))
    right = (got & article).total()
    return right / max(1, got.total()), right / article.total(), took, sum(one in text for one in BOILERPLATE)


def extractors() -> dict[str, Callable[[str], str]]:
    """Functions that extract the article of a page, by name."""
    from mtdetect.inputs.html import main_text

    found: dict[str, Callable[[str], str]] = {"mtdetect": lambda page: main_text(page.encode())}
    if importlib.util.find_spec("trafilatura"):
        import trafilatura

        found["trafilatura"] = lambda page: trafilatura.extract(page, include_comments=False) or ""
    return found


def measured(args: argparse.Namespace, folder: Path) -> dict[str, object]:
    """Measure, print the tables and return the figures."""
    paths, size = write(folder, args.pages)
    few = folder / "few.jsonl"
    few.write_text(json.dumps({"id": "1", "text": ARTICLE[0]}) + "\n", encoding="utf-8")
    idle = screen(few, folder / "idle.jsonl")
    print(f"{args.pages:,} pages, {size:.1f} MB of text; start-up: {idle.cpu:.2f} s of processor time\n")
    figures: dict[str, object] = {"pages": args.pages, "megabytes": size}

    print("| format | on disk, MB | processor, s | records/s | MB/s |\n|---|---:|---:|---:|---:|")
    runs, seen = {}, {}
    for name, path in paths.items():
        runs[name] = run = screen(path, folder / f"{name}.out.jsonl")
        seen[name] = verdicts(folder / f"{name}.out.jsonl")
        cpu = run.cpu - idle.cpu
        print(
            f"| {name} | {path.stat().st_size / 1e6:.1f} | {cpu:.1f} | {args.pages / cpu:,.0f} | {size / cpu:.2f} |"
        )
        figures[f"MB/s, {name}"] = size / cpu
    first = seen["jsonl"]
    for name, others in seen.items():
        labels = sum(a[:2] != b[:2] for a, b in zip(first, others, strict=True))
        scores = max(abs(a[2] - b[2]) for a, b in zip(first, others, strict=True))
        print(
            f"\n{name}: {labels} of {len(others):,} labels differ from JSON Lines; largest difference of scores: {scores:.2g}"
        )
        figures[f"labels that differ, {name}"] = labels
    flagged = sum(label in ("spun", "machine_translated") for _, label, _ in first)
    print(f"\nflagged: {flagged:,} of {len(first):,}")

    several = screen(paths["jsonl"], folder / "several.jsonl", "--jobs", str(args.jobs))
    alike = (folder / "several.jsonl").read_bytes() == (folder / "jsonl.out.jsonl").read_bytes()
    one = runs["jsonl"]
    print("\n| workers | wall, s | processor, s | of which main process, s |\n|---|---:|---:|---:|")
    print(f"| 1 | {one.wall:.1f} | {one.cpu:.1f} | |")
    print(f"| {args.jobs} | {several.wall:.1f} | {several.cpu:.1f} | {several.main:.1f} |")
    print(f"\nwall: {one.wall / several.wall:.2f} times faster; identical output: {'yes' if alike else 'no'}")
    print(f"\nload average: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    figures["speed-up"] = one.wall / several.wall

    print("\n| process | first quarter, MB | second | third | last |\n|---|---:|---:|---:|---:|")
    for name, run in (("alone", one), (f"of {args.jobs}", several)):
        for number, pid in enumerate(dict.fromkeys(pid for _, pid, _ in run.memory)):
            sizes = [
                max(
                    (mb for at, who, mb in run.memory if who == pid and low <= at / run.wall < low + 0.25),
                    default=0.0,
                )
                for low in (0.0, 0.25, 0.5, 0.75)
            ]
            role = "main" if number == 0 else f"worker {number}"
            print(f"| {role}, {name} | " + " | ".join(f"{mb:.0f}" for mb in sizes) + " |")
            figures[f"MB, {role}, {name}"] = sizes

    print(
        "\n| layout | extractor | precision | recall | ms | boilerplate sentences |\n|---|---|---:|---:|---:|---:|"
    )
    for layout in LAYOUTS:
        for name, extract in extractors().items():
            precision, recall, took, leaked = quality(extract, LAYOUTS[layout](TITLE, ARTICLE))
            print(f"| {layout} | {name} | {precision:.3f} | {recall:.3f} | {took:.2f} | {leaked} |")
    return figures


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=3000, help="number of pages (default: %(default)s)")
    parser.add_argument(
        "--folder", type=Path, help="folder for the crawl, which is kept there (default: a temporary folder)"
    )
    parser.add_argument("--jobs", type=int, default=2, help="number of workers (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    args = parser.parse_args()
    if args.folder is not None:
        args.folder.mkdir(parents=True, exist_ok=True)
        figures = measured(args, args.folder)
    else:
        with tempfile.TemporaryDirectory() as folder:
            figures = measured(args, Path(folder))
    if args.json is not None:
        args.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run_main(main)
