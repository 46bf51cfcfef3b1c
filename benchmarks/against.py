#!/usr/bin/env python3
"""What it is worth to have the original at hand: copies found by the text alone, and beside the original.

    python3 benchmarks/against.py DATA [--pairs N]

DATA is the folder of the corpora; of its dev sets every pair of a person's text and one machine's version of it is taken, up to N. The
machine's text is scored alone, and against the person's. So that the comparison is fair, the person's text is scored against the
machine's, too: as if the copy had been taken for the original. Prints a Markdown table:

- *found at 1 %*: share of the machines' texts that score higher than all but 1 % of the people's;
- *flagged*: share labelled at the default budget, of machines and of people;
- *told which*: share of the pairs for which a direction is given, and how many of these are right.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from originals import round_trips

import mtdetect

SETS = ("mt_dev", "essays_round_trip_dev", "claims_round_trip_dev")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--pairs", type=int, default=400, help="of each set, at most")
    args = parser.parse_args()
    detector = mtdetect.load()
    print(
        "| pairs | n | found at 1 %, alone | … beside the original | flagged, alone | … beside | people flagged, alone "
        "| … beside | direction given | right |\n|---|" + "---:|" * 9
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
                alone = detector.score(text, evidence=False)
                beside = detector.against(alone, text, other)
                columns[kind].append([alone.score, beside.score, alone.flagged, beside.flagged])
                if kind == "machine" and beside.match is not None:
                    given.append(beside.match.direction != "unclear")
                    right.append(beside.match.direction == "suspect_is_copy")
        of = {kind: np.array(rows) for kind, rows in columns.items()}
        found = [float((of["machine"][:, k] > np.quantile(of["human"][:, k], 0.99)).mean()) for k in (0, 1)]
        flagged = {kind: of[kind][:, 2:].mean(axis=0) for kind in of}
        told = [
            *found,
            *flagged["machine"],
            *flagged["human"],
            np.mean(given),
            sum(right) / max(1, sum(given)),
        ]
        print(f"| `{name}` | {len(pairs)} | " + " | ".join(f"{100 * value:.1f} %" for value in told) + " |")


if __name__ == "__main__":
    main()
