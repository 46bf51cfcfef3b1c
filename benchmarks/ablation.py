#!/usr/bin/env python3
"""What each feature block adds: AUC on every dev set with the block taken away.

    python3 benchmarks/ablation.py DATA [--jobs N] [--json FILE]

DATA is the folder of the corpora. The n-gram models are fitted once; the trees are grown anew without each block in turn. Prints a
Markdown table; takes about as long as six trainings of the trees.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from rig import SHIPPED, Rig, tell
from sklearn.metrics import roc_auc_score

from mtdetect.features.blocks import BLOCKS
from mtdetect.model import classifier
from mtdetect.training import corpus, examples, fit

DEV = {
    "translation": ("mt_dev", "machine_translated"),
    "essays": ("essays_round_trip_dev", "machine_translated"),
    "SpinBot": ("science_spun_round_trip_dev", "spun"),
}
"""Column of the table: dev set and the label that counts as degraded in it; people and translators are the others."""


def dev_examples(data: Path) -> list[examples.Example]:
    """Dev texts of 40 words and more, as examples."""
    found = []
    for name, label in DEV.values():
        for record in corpus.records(data / "labelled" / f"{name}.jsonl.gz"):
            people = record["label"] == "original" and record.get("origin") != "language_model"
            if len(record["text"].split()) >= examples.LENGTHS[0] and (people or record["label"] == label):
                found.append(
                    examples.Example(
                        record["text"], record["label"], record["group"], name, "", "", "dev", name
                    )
                )
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    rig = Rig.build(args.data, jobs=args.jobs, held=dev_examples(args.data))
    data, held = rig.data, rig.measured
    x, z = rig.columns()
    shipped = classifier.load(SHIPPED)[0]
    results: dict[str, dict[str, float]] = {}
    for dropped in ["nothing", *(block.name for block in BLOCKS), "candidates", "ngrams"]:
        gone = [k for k, name in enumerate(classifier.COLUMNS) if name.split(".")[0] == dropped]
        without, without_dev = x.copy(), z.copy()
        without[:, gone] = without_dev[:, gone] = 0.0  # constant: no tree can split on it
        trees = {
            name: fit.export_trees(fit.fit_trees(name, data, without), classifier.columns_of(name))
            for name in classifier.EXPERTS
        }
        logits = classifier.tree_logits(trees, without_dev)
        people = held.label == "original"
        scatter = fit.people_scatter(logits[people], held.words[people], held.population[people])
        strengths = classifier.relative(logits, held.words, *scatter)
        odds = classifier.claims(strengths, shipped.slopes, shipped.shifts).max(axis=1)
        results[dropped] = {}
        for column, (name, label) in DEV.items():
            own = held.corpus == name
            results[dropped][column] = float(roc_auc_score(held.label[own] == label, odds[own]))
        tell(f"without {dropped}: {results[dropped]}")
    print("| without | " + " | ".join(DEV) + " |\n|---|" + "---:|" * len(DEV))
    for dropped, row in results.items():
        print(f"| {dropped} | " + " | ".join(f"{row[c]:.3f}" for c in DEV) + " |")
    if args.json:
        args.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
