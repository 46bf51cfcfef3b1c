#!/usr/bin/env python3
"""What asking the translation engine costs: loading, memory, and seconds for a text.

    python3 benchmarks/retranslation.py [FILE] [--words N] [--runs N] [--threads N]...

The first N words of FILE (``examples/person.txt`` if not given; repeated if it is shorter) are translated into Portuguese, then scored
with the way back. Seconds are processor time; the median and the least of the runs, for on a busy machine the least says most. The last line
is the speed of the same process at the engine's own matrix product, for comparison between machines. Prints a Markdown table for each number of
threads.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from measuring import own_peak_mb

ARTICLE = Path(__file__).parents[1] / "examples" / "person.txt"


def measure(path: Path, words: int, runs: int) -> dict[str, float]:
    """Figures of this process, whose number of threads is set."""
    import numpy as np

    from mtdetect.features.lexicon import shipped
    from mtdetect.text.batch import read

    found_words = path.read_text(encoding="utf-8").split()
    text = " ".join((found_words * (words // len(found_words) + 1))[:words])
    batch = read([text], shipped().vocabulary, identify=False)
    before = own_peak_mb()
    clock, processor = time.perf_counter(), time.process_time()
    from mtdetect.features.retranslation import shared
    from mtdetect.features.retranslation.asking import segments

    engine = shared()
    found = {
        "loading, seconds of the clock": time.perf_counter() - clock,
        "loading, seconds of the processor": time.process_time() - processor,
    }
    sentences = [text[a:b] for a, b in segments(batch, 0)[0]]
    spent: dict[str, list[float]] = {"translating": [], "scoring": [], "both": []}
    for _ in range(runs):
        start = time.process_time()
        translated = engine.there.translate(sentences)
        middle = time.process_time()
        engine.back.score(translated, sentences)
        end = time.process_time()
        for name, seconds in (
            ("translating", middle - start),
            ("scoring", end - middle),
            ("both", end - start),
        ):
            spent[name].append(seconds)
    for name, seconds in spent.items():
        found[f"{name} {words} words, median"] = statistics.median(seconds)
        found[f"{name} {words} words, least"] = min(seconds)
    found["words a second, median"] = words / statistics.median(spent["both"])
    found["memory added, MB"] = own_peak_mb() - before
    left, right = np.ones((333, 256), np.float32), np.ones((256, 1536), np.float32)
    start = time.process_time()
    for _ in range(50):
        left @ right
    found["matrix products, GFLOP a second"] = 100 * left.size * 1536 / (time.process_time() - start) / 1e9
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", nargs="?", type=Path, default=ARTICLE)
    parser.add_argument("--words", type=int, default=250)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--threads", type=int, action="append", help="repeatable; 1 if not given")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.here:
        print(json.dumps(measure(args.file, args.words, args.runs)))
        return
    for threads in args.threads or [1]:
        options = [str(args.file), "--words", str(args.words), "--runs", str(args.runs), "--here"]
        limits = {f"{name}_NUM_THREADS": str(threads) for name in ("OMP", "OPENBLAS", "MKL")}
        done = subprocess.run(
            [sys.executable, __file__, *options],
            env={**os.environ, **limits},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            sys.exit(done.stderr)
        print(f"| {threads} thread{'s' * (threads > 1)} | |\n|---|---:|")
        for name, value in json.loads(done.stdout).items():
            print(f"| {name} | {value:.3g} |")
        print()


if __name__ == "__main__":
    main()
