#!/usr/bin/env python3
"""What the first look leaves out: how many texts end early, and what that costs.

    python3 benchmarks/first_look.py DATA [--texts N] [--json FILE]

DATA is the folder of the corpora; its development sets have taught neither the model nor the first look. Each set is scored in full and by the cascade, N
human and N machine texts of it. ``lost`` is the share of the texts with p-values up to 0.05 after a full measurement that end early. The mean weighs sets
alike. The curve of the calibration texts, by which thresholds were chosen, is in ``trained/first_look/manifest.json``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

import mtdetect
from mtdetect.detector import Detector
from mtdetect.model.first_look import OPEN
from mtdetect.training import corpus
from mtdetect.verdict import SHORT
from running import run_main
from texts import by_person, development_sets

COLUMNS = (
    "people measured",
    "machines measured",
    "lost",
    "AUC in full",
    "AUC of the cascade",
    "found in full",
    "found by the cascade",
    "people flagged in full",
    "people flagged by the cascade",
)


def measure(detector: Detector, texts: list[str], machine: np.ndarray[Any, Any]) -> dict[str, float]:
    """Compare the two on one set."""
    full = list(detector.score_many(texts, evidence=False, retranslate="never"))
    cascade = list(detector.score_many(texts, evidence=False, retranslate="never", full=False))
    judged = np.array([v.label != "unsupported" and v.words >= SHORT for v in full])
    on = np.array([v.stage == "full" for v in cascade])
    is_open = judged & (np.array([v.p_value for v in full]) <= OPEN)
    row = {
        "people measured": on[judged & ~machine].mean(),
        "machines measured": on[judged & machine].mean(),
        "lost": (~on)[is_open].mean(),
    }
    for name, verdicts in (("in full", full), ("of the cascade", cascade)):
        row[f"AUC {name}"] = roc_auc_score(machine[judged], np.array([v.score for v in verdicts])[judged])
    for name, verdicts in (("in full", full), ("by the cascade", cascade)):
        flagged = np.array([v.flagged for v in verdicts])
        row[f"found {name}"] = flagged[judged & machine].mean()
        row[f"people flagged {name}"] = flagged[judged & ~machine].mean()
    return {name: float(row[name]) for name in COLUMNS}


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of the corpora")
    parser.add_argument(
        "--texts",
        type=int,
        default=600,
        help="human and as many machine texts of each set (default: %(default)s)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    args = parser.parse_args()
    detector = mtdetect.load()
    if detector.first_look is None:
        parser.error("the installed model has no first look; mtdetect train DATA --stage first-look makes it")
    print(f"| set | {' | '.join(COLUMNS)} |\n|---|{'---:|' * len(COLUMNS)}")
    found: dict[str, dict[str, float]] = {}
    for path in development_sets(args.data):
        records = [r for r in corpus.records(path) if len(r["text"].split()) >= SHORT]
        records.sort(key=lambda r: corpus.chance("first look", str(r["id"])))
        people = [r["text"] for r in records if by_person(r)]
        machines = [r["text"] for r in records if r["label"] != "original"]
        people, machines = people[: args.texts], machines[: args.texts]
        if min(len(people), len(machines)) < 25:
            continue
        machine = np.arange(len(people) + len(machines)) >= len(people)
        found[path.name.split(".")[0]] = row = measure(detector, people + machines, machine)
        print(
            f"| {path.name.split('.')[0]} | {' | '.join(f'{value:.4f}' for value in row.values())} |",
            flush=True,
        )
    if not found:
        parser.error(
            f"{args.data}: no labelled/*_dev.jsonl.gz with 25 texts by people and 25 by machines in it; name the folder of the corpora"
        )
    mean = {name: float(np.nanmean([row[name] for row in found.values()])) for name in COLUMNS}
    print(f"| mean | {' | '.join(f'{value:.4f}' for value in mean.values())} |")
    if args.json:
        args.json.write_text(json.dumps(found | {"mean": mean}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run_main(main)
