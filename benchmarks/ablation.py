#!/usr/bin/env python3
"""Ablation of the feature blocks: AUC on each development set without each block.

    python3 benchmarks/ablation.py DATA [--jobs N] [--json FILE]

DATA is the folder of the corpora. The n-gram models are fitted once; the trees are fitted again without each block in turn. Prints a
Markdown table. Takes about ten times as long as fitting the trees once.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from mtdetect.features.blocks import BLOCKS
from mtdetect.model import classifier
from mtdetect.model.loading import shipped_folder
from mtdetect.training import corpus, examples, fit
from rig import Rig, report
from running import run_main
from texts import by_person

DEV = {
    "translation": ("mt_dev", "machine_translated"),
    "essays": ("essays_round_trip_dev", "machine_translated"),
    "SpinBot": ("science_spun_round_trip_dev", "spun"),
}
"""Columns of the table: development set, and the label that is positive in it; human texts, translators' included, are negative."""


def dev_examples(data: Path) -> list[examples.Example]:
    """Texts of the development sets, of 40 words or more, as examples."""
    found = []
    for name, label in DEV.values():
        for record in corpus.records(data / "labelled" / f"{name}.jsonl.gz"):
            if len(record["text"].split()) >= examples.LENGTHS[0] and (
                by_person(record) or record["label"] == label
            ):
                found.append(
                    examples.Example(
                        record["text"], record["label"], record["group"], name, "", "", "dev", name
                    )
                )
    return found


def main() -> None:
    """Run the ablation and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of the corpora")
    parser.add_argument("--jobs", type=int, default=2, help="number of processes (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    args = parser.parse_args()
    rig = Rig.build(args.data, jobs=args.jobs, held=dev_examples(args.data))
    data, held = rig.data, rig.measured
    x, z = rig.columns()
    shipped = classifier.load(shipped_folder())[0]
    results: dict[str, dict[str, float]] = {}
    for dropped in ["nothing", *(block.name for block in BLOCKS), "candidates", "ngrams"]:
        gone = [k for k, name in enumerate(classifier.COLUMNS) if name.split(".")[0] == dropped]
        without, without_dev = x.copy(), z.copy()
        without[:, gone] = without_dev[:, gone] = 0.0  # no tree can split on a constant
        trees = {
            name: fit.export_trees(fit.fit_trees(name, data, without), classifier.columns_of(name))
            for name in classifier.EXPERTS
        }
        logits = classifier.tree_logits(trees, without_dev)
        people = held.label == "original"
        scatter = fit.people_scatter(logits[people], held.words[people], held.population[people])
        known = z.copy()
        known[:, gone] = np.nan  # what is not measured says nothing of style
        strengths = classifier.relative(logits, held.words, *scatter)
        strengths = classifier.without_style(strengths, known, shipped.style)
        odds = classifier.claims(strengths, shipped.slopes, shipped.shifts).max(axis=1)
        results[dropped] = {}
        for column, (name, label) in DEV.items():
            own = held.corpus == name
            results[dropped][column] = float(roc_auc_score(held.label[own] == label, odds[own]))
        report(f"without {dropped}: {results[dropped]}")
    print("| without | " + " | ".join(DEV) + " |\n|---|" + "---:|" * len(DEV))
    for dropped, row in results.items():
        print(f"| {dropped} | " + " | ".join(f"{row[c]:.3f}" for c in DEV) + " |")
    if args.json:
        args.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run_main(main)
