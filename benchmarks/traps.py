#!/usr/bin/env python3
"""Adversarial input: check that time grows linearly with the size of texts and files that are made to be slow.

    python3 benchmarks/traps.py [--largest BYTES] [--kinds KIND]...

A trap repeats a unit up to a size. Kinds are ways to give it to mtdetect: a text to score, two texts to compare, a page, a line of JSON, a row of
CSV. Prints a Markdown table with the processor seconds at the largest size, the speed in MB/s, and the largest ``exponent`` (slope of log
time against log size) between sizes that take long enough to measure: 1 is linear, 2 is quadratic. Exit status 1 if one exceeds 1.5.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import mtdetect
from mtdetect import inputs
from mtdetect.errors import InputError
from running import run_main

UNITS = {
    "prose": "The council voted on Monday to keep the old pool open for another year. ",
    "one word": "a",
    "one letter a word": "a ",
    "one word a sentence": "No. ",
    "initials": "U.S. ",
    "full stops": ".",
    "quotes": "“",
    "line ends": "\n",
    "ampersands": "&amp",
    "entities": "&amp;",
    "marks on a letter": "\u0315\u0300",
    "zero-width marks": "a\u200b",
    "mixed letters": "c\u043euncil ",
    "Cyrillic confusables": "\u0430",
    "styled letters": "\U0001d41a ",
    "spin syntax": "{a|",
    "torn hyphens": "x -y ",
    "open tags": "<div class=",
    "tags in tags": "<div>",
    "text in open tags": "<div>The council voted on Monday to keep the old pool open for another year. ",
    "open tags of two kinds": "<div></article><blockquote>The council voted on Monday to keep the old pool open. ",
    "end tags in comments": "<div><!-- </div> -->The council voted on Monday to keep the old pool open. ",
    "formatting in links": "<div><a href=x><b>The council voted on Monday to keep the old pool open. ",
    "an attribute": "<p class='a ",
    "tabs": "\t",
    "commas": ",",
    "doubled quotes": '""',
    "JSON in JSON": "[",
    "one sentence twice": "The shire council balloted to hold the aged swimming pond unfastened. ",
}
TOO_SHORT = 0.05
"""Seconds below which a time is too inaccurate for an exponent."""


def score(text: str, folder: Path) -> None:
    """Score a text."""
    mtdetect.load().score(text)


def compare(text: str, folder: Path) -> None:
    """Compare a text with a changed version of it."""
    other = text[: len(text) // 2] + " Another end. " + text[len(text) // 2 :]
    mtdetect.compare("The council met on Monday, and it was a long day. " + text, other)


def file_of(ending: str, wrap: Callable[[str], str]) -> Callable[[str, Path], None]:
    """Make a function that writes a text to a file and reads the file."""

    def run(text: str, folder: Path) -> None:
        path = folder / f"trap.{ending}"
        path.write_text(wrap(text), encoding="utf-8", newline="")
        for raw in inputs.records(str(path)):
            inputs.parse(raw)

    return run


KINDS = {
    "score": score,
    "compare": compare,
    "html": file_of("html", lambda text: f"<html><body><article>{text}</article></body></html>"),
    "jsonl": file_of("jsonl", lambda text: json.dumps({"text": text}) + "\n" + text + "\n"),
    "csv": file_of("csv", lambda text: f'id,text\n1,"{text}\n2,x\n'),
}


def measured(
    run: Callable[[str, Path], None], unit: str, sizes: list[int], folder: Path
) -> list[tuple[int, float]]:
    """Seconds at each size, up to the first that takes more than 20 seconds."""
    found: list[tuple[int, float]] = []
    for size in sizes:
        text = unit * max(1, size // len(unit))
        start = time.process_time()
        try:
            run(text, folder)
        except InputError:
            return found
        found.append((size, time.process_time() - start))
        if found[-1][1] > 20:
            break
    return found


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--largest", type=int, default=1_000_000, help="largest size in bytes (default: %(default)s)"
    )
    parser.add_argument(
        "--kinds", nargs="*", default=list(KINDS), choices=KINDS, help="kinds to run (default: all)"
    )
    args = parser.parse_args()
    sizes = [args.largest // 16, args.largest // 4, args.largest]
    score(UNITS["prose"] * 3000, Path())  # the first large text builds some tables
    worst = 0.0
    print("| kind | trap | bytes | seconds | MB/s | exponent |\n|---|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as temporary:
        for kind in args.kinds:
            for name, unit in UNITS.items():
                found = measured(KINDS[kind], unit, sizes, Path(temporary))
                slopes = [
                    math.log(b[1] / a[1]) / math.log(b[0] / a[0])
                    for a, b in pairwise(found)
                    if a[1] > TOO_SHORT
                ]
                if not found:
                    continue
                size, seconds = found[-1]
                exponent = max(slopes, default=math.nan)
                worst = max(worst, 0.0 if math.isnan(exponent) else exponent)
                shown = "–" if math.isnan(exponent) else f"{exponent:.2f}"
                print(
                    f"| {kind} | {name} | {size:,} | {seconds:.2f} | {size / 1e6 / max(seconds, 1e-9):.2f} | {shown} |",
                    flush=True,
                )
    return int(worst > 1.5)


if __name__ == "__main__":
    run_main(main)
