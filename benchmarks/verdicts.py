#!/usr/bin/env python3
"""Verdicts on samples of the development sets, without and with the translation engine.

    python3 benchmarks/verdicts.py DATA [--each N] [--set NAME]...

DATA is the folder of the corpora. N texts of each label of each development set are judged at the default budget, with ``--retranslate never`` and ``auto``:
AUC of the score, share of machine texts found, and share of human texts flagged. ``mtdetect evaluate`` shows a whole set in detail. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np

import mtdetect
from mtdetect.errors import InputError
from mtdetect.evaluation import metrics
from mtdetect.training import corpus
from mtdetect.training.corpus import chance
from mtdetect.verdict import Mode
from rig import report
from running import run_main
from texts import development_sets

LEAST = 20
"""Texts of a set that figures need, on each side."""

PARTS = {"machine_translated": "translated", "spun": "spun"}
"""What the two kinds of machine texts of a set are called."""

MODES: tuple[Mode, ...] = ("never", "auto")


def sample(path: Path, each: int) -> dict[str, list[str]]:
    """Texts of each label; of the same file always the same ones."""
    of_label = defaultdict(list)
    for one in sorted(metrics.read(str(path)), key=lambda one: chance("verdicts", one.group, one.text)):
        of_label[one.label].append(one.text)
    return {label: texts[:each] for label, texts in of_label.items()}


def figures(people: list[mtdetect.Verdict], machines: list[mtdetect.Verdict]) -> list[float]:
    """AUC, share of the machine texts found, and share of the human texts flagged."""
    both = [*people, *machines]
    machine = np.arange(len(both)) >= len(people)
    flagged = np.array([verdict.flagged for verdict in both])
    scores = [verdict.score for verdict in both]
    return [metrics.auc(scores, machine), flagged[machine].mean(), flagged[~machine].mean()]


def line(name: str, rows: list[list[float]]) -> str:
    """A row of the table, given the figures without and with the engine."""
    cells = [f"{auc:.3f}" for auc, *_ in rows]
    cells += [f"{share:.1%}" for shares in zip(*(own[1:] for own in rows), strict=True) for share in shares]
    return f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of the corpora")
    parser.add_argument("--each", type=int, default=150, help="texts of each label (default: %(default)s)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME", help="only this set")
    args = parser.parse_args()
    detector = mtdetect.load()
    if not detector.consults("auto"):
        raise InputError("the translation engine is not installed: pip install mtdetect[retranslate]")
    print("| development set | AUC | with the engine | found | with | people flagged | with |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    seen = []
    for path in development_sets(args.data):
        name = corpus.source(path)
        texts = sample(path, args.each)
        machine_labels = [label for label in PARTS if len(texts.get(label, ())) >= LEAST]
        if (
            (args.set and name not in args.set)
            or not machine_labels
            or len(texts.get("original", ())) < LEAST
        ):
            continue
        report(name)
        told = {
            (label, mode): list(detector.score_many(own, evidence=False, retranslate=mode))
            for label, own in texts.items()
            for mode in MODES
        }
        for label in machine_labels:
            seen.append([figures(told["original", mode], told[label, mode]) for mode in MODES])
            part = f", {PARTS[label]}" if len(machine_labels) > 1 else ""
            print(line(f"`{name}`{part}", seen[-1]), flush=True)
    if seen:
        print(line("mean", np.mean(seen, axis=0).tolist()))


if __name__ == "__main__":
    run_main(main)
