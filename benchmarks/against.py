#!/usr/bin/env python3
"""Gain from the original: how many copies are found by the text alone, and with the original.

    python3 benchmarks/against.py DATA [--pairs N]

DATA is the folder of the corpora. From each development set it takes up to N pairs of a human text and one machine version of it. The machine
text is scored alone, and against the human text. For a fair comparison, the human text is scored against the machine text, too, as if
the copy had been mistaken for the original. Prints a Markdown table:

- *TPR at 1 % FPR*: share of machine texts that score higher than 99 % of the human texts;
- *flagged*: share of machine texts, and of human texts, that are flagged at the default budget;
- *direction given*, *right*: share of the pairs with a direction, and share of these directions that are right.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from originals import round_trips

import mtdetect

SETS = ("mt_dev", "essays_round_trip_dev", "claims_round_trip_dev")


def main() -> None:
    """Score the pairs and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of the corpora")
    parser.add_argument(
        "--pairs", type=int, default=400, help="largest number of pairs of each set (default: %(default)s)"
    )
    args = parser.parse_args()
    detector = mtdetect.load()
    print(
        "| set | pairs | TPR at 1 % FPR, alone | … with original | flagged, alone | … with original | human texts flagged, alone "
        "| … with original | direction given | right |\n|---|" + "---:|" * 9
    )
    for name in SETS:
        least = 10 if name.startswith("claims") else 100
        originals, queries = round_trips(args.data, (name,), least)
        human = dict(originals)
        pairs = [(query.text, human[query.original]) for query in queries][: args.pairs]
        columns: dict[str, list[list[float]]] = {"machine": [], "human": []}
        given, right = [], []
        for machine, person in pairs:
            for kind, text, other in (("machine", machine, person), ("human", person, machine)):
                alone = detector.score(text, evidence=False, retranslate="never")
                beside = detector.against(alone, text, other)
                columns[kind].append([alone.score, beside.score, alone.flagged, beside.flagged])
                if kind == "machine" and beside.match is not None:
                    given.append(beside.match.direction != "unclear")
                    right.append(beside.match.direction == "suspect_is_copy")
        of = {kind: np.array(rows) for kind, rows in columns.items()}
        found = [float((of["machine"][:, k] > np.quantile(of["human"][:, k], 0.99)).mean()) for k in (0, 1)]
        flagged = {kind: of[kind][:, 2:].mean(axis=0) for kind in of}
        shares = [
            *found,
            *flagged["machine"],
            *flagged["human"],
            np.mean(given),
            sum(right) / max(1, sum(given)),
        ]
        print(f"| `{name}` | {len(pairs)} | " + " | ".join(f"{100 * value:.1f} %" for value in shares) + " |")


if __name__ == "__main__":
    main()
