#!/usr/bin/env python3
"""Who is flagged: human calibration texts, each source judged by the others.

    python3 benchmarks/populations.py [FOLDER] [--sources]

FOLDER is a model that ``mtdetect train`` wrote (the shipped one if not given), or the model that asks the translation engine
(``trained/retranslation``). Needs no corpora: a model holds the scores of its calibration texts. The p-values of each source come from the
calibration set without it, as for a user whose writers are in no set; a text counts as flagged if its p-value keeps the budget and its
log-odds are not negative. Prints a Markdown table by kind of writer at budgets of 0.1, 1 and 5 %; with ``--sources``, one by source, too.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mtdetect import artifacts
from mtdetect.errors import ModelError
from mtdetect.model.calibration import Calibration
from mtdetect.model.loading import shipped_folder
from running import run_main

BUDGETS = (0.001, 0.01, 0.05)


class Group(NamedTuple):
    """Texts of one source.

    Attributes
    ----------
    source, kind : str
        Its name, and the kind of its writers.
    texts : int
        How many.
    flagged : tuple of float
        Share flagged at each of ``BUDGETS``.
    """

    source: str
    kind: str
    texts: int
    flagged: tuple[float, ...]


def held_out(folder: Path) -> list[Group]:
    """What the other sources of a model's calibration set would flag of each."""
    arrays, manifest = artifacts.read(folder)
    scores, words, source, population = (
        np.array(arrays[f"calibration_{name}"]) for name in ("scores", "words", "source", "population")
    )
    weight = np.array(arrays.get("calibration_weight", np.ones(len(scores), np.float32)))
    groups = []
    for k, name in enumerate(manifest["sources"]):
        own = source == k
        others = Calibration(*(column[~own] for column in (scores, words, source, population, weight)))
        p_values = others.p_values(scores[own], words[own])
        kind = manifest["populations"][int(np.bincount(population[own]).argmax())]
        flagged = tuple(
            float(np.average((p_values <= fpr) & (scores[own] >= 0), weights=weight[own])) for fpr in BUDGETS
        )
        groups.append(Group(name, kind, int(own.sum()), flagged))
    return groups


def percents(shares: tuple[float, ...] | np.ndarray) -> str:
    """Shares as cells of a table."""
    return " | ".join(f"{share:.2%}".removesuffix("%") for share in shares)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=shipped_folder())
    parser.add_argument("--sources", action="store_true", help="print a table by source, too")
    args = parser.parse_args()
    try:
        groups = held_out(args.folder)
    except ModelError as error:
        parser.error(str(error))
    by_kind: dict[str, list[Group]] = defaultdict(list)
    for group in groups:
        by_kind[group.kind].append(group)
    print("| kind of writer | sources | texts | 0.1 % | 1 % | 5 % | most at 1 % |")
    print("|---|---:|---:|---:|---:|---:|---|")
    for kind, own in sorted(by_kind.items()):
        mean = np.mean([group.flagged for group in own], axis=0)
        most = max(own, key=lambda group: group.flagged[1])
        texts = sum(group.texts for group in own)
        print(
            f"| {kind.replace('_', ' ')} | {len(own)} | {texts:,} | {percents(mean)} | {most.source} {most.flagged[1]:.1%} |"
        )
    mean = np.mean([group.flagged for group in groups], axis=0)
    print(
        f"| mean over sources | {len(groups)} | {sum(g.texts for g in groups):,} | {percents(mean)} | "
        f"{sum(g.flagged[1] > 0.02 for g in groups)} above 2 % |"
    )
    if args.sources:
        print("\n| source | kind of writer | texts | 0.1 % | 1 % | 5 % |\n|---|---|---:|---:|---:|---:|")
        for group in sorted(groups, key=lambda group: -group.flagged[1]):
            print(
                f"| {group.source} | {group.kind.replace('_', ' ')} | {group.texts:,} | {percents(group.flagged)} |"
            )


if __name__ == "__main__":
    run_main(main)
