#!/usr/bin/env python3
"""Gain from the original: how many copies are found by the text alone, and with the original.

    python3 benchmarks/against.py DATA [--pairs N] [--only machines|rewrites|directions]

DATA is the folder of the corpora. From each development set it takes up to N pairs of a human text and one machine version of it. The machine
text is scored alone, and against the human text. For a fair comparison, the human text is scored against the machine text, too, as if
the copy had been mistaken for the original. Prints a Markdown table:

- *TPR at 1 % FPR*: share of machine texts that score higher than 99 % of the human texts;
- *flagged*: share of machine texts, and of human texts, that are flagged at the default budget;
- *direction given*, *right*: share of the pairs with a direction, and share of these directions that are right.

A second table is about texts that a language model rewrote (language_model_rewrites_dev), by prompt and by domain, each second pair swapped:

- *recognised*: share of the rewritten texts that are called a copy of their original;
- *at no false copy*: the same share at the threshold that no pair without a copy reaches: none of the pairs of a rewritten text and
  other people's texts of its domain, and none of the independent reports of one event that training held out;
- *named*: share of them that are called paraphrased or edited.

A third table tells how often a direction is given, and right, by the pair model alone and where the translation engine (mtdetect[retranslate]) is
asked, too; every second pair is swapped, and pairs by Firefox engines stand apart, because the engine is one of them.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import defaultdict
from pathlib import Path

import numpy as np

import mtdetect
from mtdetect.comparison import Comparison
from mtdetect.training.corpus import chance
from mtdetect.verdict import Mode
from originals import round_trips
from originals import rows as rows_of
from running import run_main
from texts import by_person

SETS = ("mt_dev", "essays_round_trip_dev", "claims_round_trip_dev")


REWRITES = "language_model_rewrites_dev"

DIRECTED = (
    "mt_dev",
    "essays_round_trip_dev",
    "exams_round_trip_dev",
    "reddit_round_trip_dev",
    "persona_chat_mt_dev",
    "patients_round_trip_dev",
    "wiki_round_trip_dev",
    "reviews_adversarial_substitution_dev",
)
"""Sets of the third table, beside the rewritten texts."""

REPORTS = 1000
"""Pairs of independent reports of one event."""


def machines(data: Path, pairs_of_each: int) -> None:
    """Print the table of machine texts."""
    detector = mtdetect.load()
    print(
        "| set | pairs | TPR at 1 % FPR, alone | … with original | flagged, alone | … with original | human texts flagged, alone "
        "| … with original | direction given | right |\n|---|" + "---:|" * 9
    )
    for name in SETS:
        least = 10 if name.startswith("claims") else 100
        originals, queries = round_trips(data, (name,), least)
        human = dict(originals)
        pairs = [(query.text, human[query.original]) for query in queries][:pairs_of_each]
        columns: dict[str, list[list[float]]] = {"machine": [], "human": []}
        given, right = [], []
        for machine, person in pairs:
            for kind, text, other in (("machine", machine, person), ("human", person, machine)):
                alone = detector.score(text, evidence=False, retranslate="never")
                beside = detector.against(alone, text, other, retranslate="never")
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


def rewrites(data: Path) -> None:
    """Print the table of rewritten texts."""
    from mtdetect.training.pairs import same_event

    with gzip.open(data / "labelled" / f"{REWRITES}.jsonl.gz", "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    people = {r["group"]: r for r in records if r["origin"] != "language_model"}
    same = defaultdict(list)
    for record in people.values():
        same[record["domain"]].append(record)
    rows: dict[str, list[tuple[float, bool, bool, bool, bool]]] = defaultdict(list)
    others: dict[str, list[float]] = defaultdict(list)
    for k, record in enumerate(
        r for r in records if r["origin"] == "language_model" and r["group"] in people
    ):
        own = people[record["group"]]
        swapped = bool(k % 2)
        texts = (own["text"], record["text"]) if swapped else (record["text"], own["text"])
        found = mtdetect.load().compare(*texts, retranslate="never")
        given = found.direction != "unclear"
        right = found.direction == ("original_is_copy" if swapped else "suspect_is_copy")
        named = found.relation in ("paraphrased", "edited")
        row = (_probability(found), found.is_copy, named, given, right)
        rows[f"prompt: {record['prompt']}"].append(row)
        rows[f"domain: {record['domain']}"].append(row)
        rest = same[record["domain"]]
        # Half the domain away, since neighbours may be passages of one article; and a third.
        for step in {len(rest) // 2, len(rest) // 3} - {0}:
            other = rest[(rest.index(own) + step) % len(rest)]
            others[f"domain: {record['domain']}"].append(
                _probability(mtdetect.compare(record["text"], other["text"]))
            )
    reports = [pair for pair in same_event(data, 1.0, held_out=True) if not pair.is_copy][:REPORTS]
    others["independent reports"] = [_probability(mtdetect.compare(p.suspect, p.original)) for p in reports]
    highest = max(max(values) for values in others.values())
    print(
        "| rewritten texts | pairs | recognised | at no false copy | named | direction given | right |\n|---|"
        + "---:|" * 6
    )
    for name, own_rows in sorted(rows.items()):
        probability, copy, named, given, right = np.array(own_rows, float).T
        shares = [
            copy.mean(),
            (probability > highest).mean(),
            named.mean(),
            given.mean(),
            right.sum() / max(1, given.sum()),
        ]
        print(
            f"| {name} | {len(own_rows)} | " + " | ".join(f"{100 * share:.1f} %" for share in shares) + " |"
        )
    print("\n| no copies | pairs | called copies |\n|---|---:|---:|")
    for name, values in sorted(others.items()):
        print(f"| {name} | {len(values)} | {sum(value >= 0.5 for value in values)} |")


def directions(data: Path, pairs_of_each: int) -> None:
    """Print the table of directions."""
    detector = mtdetect.load()
    rows: dict[str, list[list[bool]]] = defaultdict(list)
    for name in (*DIRECTED, REWRITES):
        for k, (tool, made, person) in enumerate(_pairs(data, name)[:pairs_of_each]):
            swapped = bool(k % 2)
            told = []
            for mode in MODES:
                texts = (person, made) if swapped else (made, person)
                found = detector.compare(*texts, retranslate=mode)
                wanted = "original_is_copy" if swapped else "suspect_is_copy"
                told += [found.direction != "unclear", found.direction == wanted, found.retranslated]
            labels = [f"`{name}`" + (", Firefox engines" if "bergamot" in tool else "")]
            if "round_trip" in name or "mt_" in name:
                least = min(len(made.split()), len(person.split()))
                labels += ["round trips and translations"]
                labels += ["… of at least 100 words"] if least >= 100 else []
                labels += ["… and without Firefox engines"] if least >= 100 and "bergamot" not in tool else []
            for label in labels:
                rows[label].append(told)
    print(
        "| pairs | number | given, alone | right | given, with the engine | right | asked |\n|---|"
        + "---:|" * 6
    )
    for label, own in sorted(rows.items(), key=lambda row: row[0].startswith("`")):
        alone, right_alone, _, given, right, asked = np.array(own, float).T
        shares = [
            alone.mean(),
            right_alone.sum() / max(1, alone.sum()),
            given.mean(),
            right.sum() / max(1, given.sum()),
            asked.mean(),
        ]
        print(
            f"| {label} | {len(own)} | " + " | ".join(f"{100 * share:.1f} %" for share in shares) + " |",
            flush=True,
        )


MODES: tuple[Mode, ...] = ("never", "auto")
"""Without the engine, and with it."""


def _pairs(data: Path, name: str) -> list[tuple[str, str, str]]:
    """Tool, machine text and human text of each group of a set, in an order drawn by chance."""
    groups: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows_of(data / "labelled" / f"{name}.jsonl.gz"):
        groups[row.get("node") or row["group"]].append(row)
    pairs = []
    for key in sorted(groups, key=lambda key: chance("directions", key)):
        human = list(filter(by_person, groups[key]))
        others = [r for r in groups[key] if r not in human]
        if human and others:
            made = min(others, key=lambda r: chance("directions", r["id"]))
            if min(len(r["text"].split()) for r in (made, human[0])) >= LEAST:
                pairs.append((str(made.get("tool")), made["text"], human[0]["text"]))
    return pairs


LEAST = 40
"""Words of either text of a pair of the third table."""


def _probability(comparison: Comparison) -> float:
    """Probability that there is a copy."""
    return comparison.confidence if comparison.is_copy else 1 - comparison.confidence


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of the corpora")
    parser.add_argument(
        "--pairs", type=int, default=400, help="largest number of pairs of each set (default: %(default)s)"
    )
    parser.add_argument("--only", choices=("machines", "rewrites", "directions"), help="one of the tables")
    args = parser.parse_args()
    if args.only in (None, "machines"):
        machines(args.data, args.pairs)
    if args.only in (None, "rewrites"):
        rewrites(args.data)
    if args.only in (None, "directions"):
        directions(args.data, args.pairs)


if __name__ == "__main__":
    run_main(main)
