#!/usr/bin/env python3
"""What asking the translation engine costs: loading, memory, and seconds for a text.

    python3 benchmarks/retranslation.py [FILE] [--words N] [--runs N]

The first N words of FILE (``examples/person.txt`` if not given; repeated if it is shorter) are translated into Portuguese, then scored with the
way back. Seconds are processor time; the median and the least of the runs, for on a busy machine the least says most. Two threads share one
engine; what they gain is told in seconds of the clock, and needs two idle cores. The last line is the speed of matrix products of the engine's
size in this process, for comparison between machines. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from measuring import own_peak_mb
from mtdetect.features.lexicon import shipped
from mtdetect.text.batch import read
from running import run_main

ARTICLE = Path(__file__).parents[1] / "examples" / "person.txt"


def measure(path: Path, words: int, runs: int) -> dict[str, float]:
    """Figures of this process."""
    given = path.read_text(encoding="utf-8").split()
    text = " ".join((given * (words // len(given) + 1))[:words])
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
    found["words a second of the processor"] = words / statistics.median(spent["both"])
    found["memory added, MB"] = own_peak_mb() - before
    for threads in (1, 2):
        with ThreadPoolExecutor(threads) as pool:
            start = time.perf_counter()
            list(pool.map(engine.score, [sentences] * 2 * runs))
            found[f"words a second of the clock, threads: {threads}"] = (
                2 * runs * words / (time.perf_counter() - start)
            )
    left, right = np.ones((333, 256), np.float32), np.ones((256, 1536), np.float32)
    with threadpool_limits(1):
        start = time.process_time()
        for _ in range(50):
            left @ right
        found["matrix products, GFLOP a second"] = (
            100 * left.size * right.shape[1] / (time.process_time() - start) / 1e9
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", nargs="?", type=Path, default=ARTICLE)
    parser.add_argument("--words", type=int, default=250)
    parser.add_argument("--runs", type=int, default=7)
    args = parser.parse_args()
    print("| retranslation | |\n|---|---:|")
    for name, value in measure(args.file, args.words, args.runs).items():
        print(f"| {name} | {value:.3g} |")


if __name__ == "__main__":
    run_main(main)
