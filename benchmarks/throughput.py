#!/usr/bin/env python3
"""Cost of a verdict: throughput, share of each stage, start-up, memory, size and latency.

    python3 benchmarks/throughput.py DATA [--each N] [--runs N] [--tool PATH] [--json FILE]

DATA is the folder of the corpora. The installed command screens N texts of each source in ``human/``, cut at 700 words. Processor time is that
of all processes, so other load on the machine matters little. The gain of a second worker shows only in wall-clock time, on two
idle cores. Start-up, measured as the cost of one record, is subtracted. Each figure is the median of the runs. Prints Markdown tables.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import mtdetect
from measuring import median, run
from mtdetect import trained
from mtdetect.evidence import explanation, outside_features
from mtdetect.features import ngrams
from mtdetect.features.blocks import BLOCKS
from mtdetect.features.lexicon import FOLDER
from mtdetect.features.view import View
from mtdetect.serialization import to_json
from mtdetect.text import read
from running import run_main
from texts import cut, people

SHORT_TEXT = "The council voted on Monday to keep the old swimming pool open for another two years. " * 6


def screened(tool: str, texts: list[str], runs: int) -> dict[str, Any]:
    """Throughput of ``mtdetect screen`` with and without evidence, with one worker and with two."""
    size = sum(len(text.encode()) for text in texts) / 1e6
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        source, one, output = (Path(folder, name) for name in ("in.jsonl", "one.jsonl", "out.jsonl"))
        lines = [json.dumps({"id": k, "text": text}) for k, text in enumerate(texts)]
        source.write_text("\n".join(lines) + "\n", encoding="utf-8")
        one.write_text(lines[0] + "\n", encoding="utf-8")
        for name, options in (("with evidence", ["--evidence"]), ("without", [])):
            for jobs in (1, 2):
                call = [tool, "screen", "--output", str(output), "--jobs", str(jobs), *options]
                begin = median([run([*call, str(one)]) for _ in range(runs)])
                whole = median([run([*call, str(source)]) for _ in range(runs)])
                processor, clock = whole.processor - begin.processor, whole.clock - begin.clock
                found[f"{name}, {jobs} worker{'s' * (jobs > 1)}"] = {
                    "mb_per_processor_second": size / processor,
                    "mb_per_second": size / clock,
                    "texts_per_second": len(texts) / clock,
                    "peak_mb": whole.peak_mb,
                }
    return {"mb": size, "texts": len(texts), "runs": found}


def stages(texts: list[str]) -> dict[str, float]:
    """Processor seconds of each stage, in the order of the stages."""
    detector = mtdetect.load()
    classifier = detector._model.classifier
    spent: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        start = time.process_time()
        result = work()
        spent[name] = spent.get(name, 0.0) + time.process_time() - start
        return result

    for lap in range(2):  # the first lap builds tables that are built once in a process
        spent.clear()
        for begin in range(0, len(texts), 128):
            group = texts[begin : begin + 128]
            view = View(
                timed("read", lambda group=group: read(group, detector.lexicon.vocabulary)), detector.lexicon
            )
            timed("n-gram probabilities", lambda view=view: (view.fit, view.log_trigram, view.skip))
            timed("alternatives of words", lambda view=view: view.gains)
            for block in BLOCKS:
                timed(f"block {block.name}", lambda view=view, block=block: block.measure(view))
            timed("candidates", lambda view=view: view.candidates)
            timed(
                "pairs of names and misspelt words", lambda view=view: (view.name_pairs, view.spelling_pairs)
            )
            timed("judging candidates", lambda view=view: classifier.candidates.measure(view))
            timed("linear n-grams", lambda view=view: ngrams.logits(view, classifier.weights))
            x = classifier.features(view)
            timed("trees of the text", lambda x=x: classifier.leaves(x))
            spun = timed(
                "evidence outside the features",
                lambda view=view: outside_features.weigh(view, detector._model.spinner_wordings),
            )
            scores = detector._model.score(view, spun)
            timed(
                "p-values",
                lambda view=view, scores=scores: detector._calibrated("never").p_values(
                    scores.log_odds, view.batch.words
                ),
            )
            timed(
                "sentences, evidence, reasons",
                lambda view=view, scores=scores: explanation.explain(view, detector._model, scores),
            )
            if lap:
                verdicts = list(detector.score_many(group, retranslate="never"))
                timed("JSON", lambda verdicts=verdicts: [to_json(v.to_dict()) for v in verdicts])
    return spent


def latencies(texts: list[str]) -> dict[str, float]:
    """Milliseconds of a call with one text of 600 words."""
    detector = mtdetect.load()
    asked = [cut(text, 600) for text in texts if len(text.split()) >= 600][:400]
    took = []
    warming = asked[:20]
    for text in warming + asked:
        start = time.process_time()
        detector.score(text, retranslate="never")
        took.append(1000 * (time.process_time() - start))
    p50, p99 = np.percentile(took[len(warming) :], [50, 99])
    return {"texts": len(asked), "p50_ms": float(p50), "p99_ms": float(p99)}


def start_up(tool: str, runs: int) -> dict[str, float]:
    """Cost of scoring one short file, and of ``--help``, in a new process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "short.txt")
        path.write_text(SHORT_TEXT, encoding="utf-8")
        score = median([run([tool, "score", str(path), "--format", "json"]) for _ in range(runs)])
        shown = median([run([tool, "--help"]) for _ in range(runs)])
    return {"score_s": score.clock, "score_peak_mb": score.peak_mb, "help_s": shown.clock}


def sizes() -> dict[str, float]:
    """Size of the shipped tables and models in MB."""
    folders = {"tables": FOLDER, "models": Path(trained.__file__).parent}
    return {
        name: sum(path.stat().st_size for path in folder.rglob("*.npy")) / 1e6
        for name, folder in folders.items()
    }


def show(found: dict[str, Any]) -> None:
    """Print the tables."""
    print(f"{found['throughput']['texts']:,} texts, {found['throughput']['mb']:.1f} MB; {found['machine']}\n")
    print("| screen | MB per processor second | MB/s | texts/s | peak MB |\n|---|---:|---:|---:|---:|")
    for name, row in found["throughput"]["runs"].items():
        print(
            f"| {name} | {row['mb_per_processor_second']:.2f} | {row['mb_per_second']:.2f} "
            f"| {row['texts_per_second']:,.0f} | {row['peak_mb']:.0f} |"
        )
    total = sum(found["stages"].values())
    print("\n| stage | share | µs per kB |\n|---|---:|---:|")
    for name, spent in found["stages"].items():
        print(f"| {name} | {spent / total:.1%} | {1000 * spent / found['throughput']['mb']:.1f} |")
    start, latency = found["start_up"], found["latency"]
    print("\n| figure | value |\n|---|---:|")
    print(f"| score one short file | {start['score_s']:.2f} s, {start['score_peak_mb']:.0f} MB |")
    print(f"| --help | {start['help_s']:.2f} s |")
    print(f"| one text of 600 words, p50 / p99 | {latency['p50_ms']:.1f} / {latency['p99_ms']:.1f} ms |")
    for name, size in found["sizes_mb"].items():
        print(f"| {name} on disk | {size:.1f} MB |")


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of the corpora")
    parser.add_argument(
        "--each", type=int, default=100, help="number of texts of each source (default: %(default)s)"
    )
    parser.add_argument(
        "--runs", type=int, default=3, help="number of runs of each command (default: %(default)s)"
    )
    parser.add_argument("--tool", default="mtdetect", help="mtdetect command to run (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    args = parser.parse_args()
    tool = shutil.which(args.tool)
    if tool is None:
        parser.error(f"command {args.tool!r} not found; install mtdetect or give --tool")
    texts = people(args.data, args.each)
    if not texts:
        parser.error(f"{args.data}: no human/*.jsonl.xz in it; DATA must be the folder of the corpora")
    found = {
        "version": mtdetect.__version__,
        "machine": f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}",
        "throughput": screened(tool, texts, args.runs),
        "stages": stages(texts),
        "latency": latencies(texts),
        "start_up": start_up(tool, args.runs),
        "sizes_mb": sizes(),
    }
    show(found)
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run_main(main)
