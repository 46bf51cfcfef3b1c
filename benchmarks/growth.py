#!/usr/bin/env python3
"""Scaling: time and memory by length of a text, size of a batch and number of workers.

    python3 benchmarks/growth.py DATA [--longest WORDS] [--plots FOLDER] [--json FILE]

DATA is the folder of the corpora; their human texts are joined to the lengths that are measured. Each length runs in its own process, so
that peak memory can be measured (from /proc, on Linux only). ``exponent`` is the slope of log time against log size between a row and
the row above; 1 is linear. Prints Markdown tables; ``--plots`` draws them as SVG, too.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from math import log
from pathlib import Path
from typing import Any

from measuring import run
from running import run_main
from texts import people

LENGTHS = (10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000)
BATCHES = (1, 3, 10, 30, 100, 300, 1000, 3000)
WORKERS = (1, 2)

ONE = """
import json, re, sys, time
import mtdetect
text = open(sys.argv[1], encoding="utf-8").read()
detector = mtdetect.load()
detector.score(text, retranslate="never")  # the first large text builds some tables
took = []
while not took or (sum(took) < 0.5 and len(took) < 20):
    start = time.process_time()
    detector.score(text, retranslate="never")
    took.append(time.process_time() - start)
peak = re.search("VmHWM:\\s+(\\d+)", open("/proc/self/status").read())  # ru_maxrss would include the parent's
print(json.dumps([sorted(took)[len(took) // 2], int(peak[1]) / 1024]))
"""


def by_length(words: list[str], longest: int) -> list[dict[str, float]]:
    """Score one text of each length."""
    import subprocess

    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "text.txt")
        for length in (n for n in LENGTHS if n <= min(longest, len(words))):
            path.write_text(" ".join(words[:length]), encoding="utf-8")
            done = subprocess.run(
                [sys.executable, "-c", ONE, str(path)], capture_output=True, text=True, check=True
            )
            seconds, peak = json.loads(done.stdout)
            found.append({"size": length, "seconds": seconds, "peak_mb": peak})
    return found


def by_batch(texts: list[str]) -> list[dict[str, float]]:
    """Score batches of each size in one call."""
    import mtdetect

    detector = mtdetect.load()
    list(detector.score_many(texts[:300], retranslate="never"))
    found = []
    for count in (n for n in BATCHES if n <= len(texts)):
        laps = max(1, 100 // count)
        start = time.process_time()
        for lap in range(laps):
            batch = texts[lap * count : (lap + 1) * count] or texts[:count]
            list(detector.score_many(batch, retranslate="never"))
        found.append({"size": count, "seconds": (time.process_time() - start) / laps})
    return found


def by_workers(tool: str, texts: list[str]) -> list[dict[str, float]]:
    """Run ``mtdetect screen`` with each number of workers."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "in.jsonl")
        source.write_text("".join(json.dumps({"id": k, "text": t}) + "\n" for k, t in enumerate(texts)))
        for workers in WORKERS:
            cost = run(
                [
                    tool,
                    "screen",
                    str(source),
                    "--output",
                    f"{folder}/out.jsonl",
                    "--evidence",
                    "--jobs",
                    str(workers),
                ]
            )
            found.append(
                {"size": workers, "seconds": cost.clock, "processor": cost.processor, "peak_mb": cost.peak_mb}
            )
    return found


def show(title: str, rows: list[dict[str, float]]) -> None:
    """Print a table."""
    print(f"\n| {title} | ms | µs each | exponent | peak MB |\n|---:|---:|---:|---:|---:|")
    for before, row in zip([None, *rows[:-1]], rows, strict=True):
        slope = ""
        if before is not None:
            slope = f"{log(row['seconds'] / before['seconds']) / log(row['size'] / before['size']):.2f}"
        peak = f"{row['peak_mb']:.0f}" if "peak_mb" in row else ""
        each = 1e6 * row["seconds"] / row["size"]
        print(f"| {row['size']:,.0f} | {1000 * row['seconds']:,.1f} | {each:,.1f} | {slope} | {peak} |")


def draw(folder: Path, found: dict[str, Any]) -> None:
    """Plot time and memory against size."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    for name, label in (("length", "words in a text"), ("batch", "texts in a call")):
        rows = found[name]
        figure, axis = plt.subplots(figsize=(6, 4))
        size = [row["size"] for row in rows]
        axis.loglog(size, [row["seconds"] for row in rows], marker="o", label="seconds")
        last = rows[-1]
        axis.loglog(size, [last["seconds"] * n / last["size"] for n in size], ":", label="linear")
        axis.set(xlabel=label, ylabel="processor seconds")
        if "peak_mb" in last:
            memory = axis.twinx()
            memory.semilogx(size, [row["peak_mb"] for row in rows], "s--", color="tab:red", label="peak MB")
            memory.set(ylabel="peak MB", ylim=(0, None))
        axis.legend()
        figure.tight_layout()
        figure.savefig(folder / f"growth_{name}.svg")
        plt.close(figure)


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of the corpora")
    parser.add_argument(
        "--longest", type=int, default=1_000_000, help="largest number of words (default: %(default)s)"
    )
    parser.add_argument("--tool", default="mtdetect", help="mtdetect command to run (default: %(default)s)")
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="draw the tables into this folder, too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    args = parser.parse_args()
    tool = shutil.which(args.tool)
    if tool is None:
        parser.error(f"command {args.tool!r} not found; install mtdetect or give --tool")
    texts = people(args.data, 100)
    if not texts:
        parser.error(f"{args.data}: no human/*.jsonl.xz in it; DATA must be the folder of the corpora")
    words = "\n\n".join(texts).split(" ")
    words *= -(-args.longest // len(words))
    steps: dict[str, tuple[str, Callable[[], list[dict[str, float]]]]] = {
        "length": ("words in a text", lambda: by_length(words, args.longest)),
        "batch": ("texts in a call", lambda: by_batch(texts)),
        "workers": ("workers", lambda: by_workers(tool, texts)),
    }
    found = {}
    for name, (title, measure) in steps.items():
        found[name] = measure()
        show(title, found[name])
    if args.plots:
        draw(args.plots, found)
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run_main(main)
