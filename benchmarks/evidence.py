#!/usr/bin/env python3
"""Precision and recall of the evidence, false reports in human text, and cost.

    python3 benchmarks/evidence.py DATA [--texts N] [--json FILE]

DATA is the folder of the corpora. Prints Markdown:

- *machine texts*: evidence in machine versions of development texts and in texts spun by us. A report is right if it covers a word that
  differs from the original; a changed content word is found if a report covers it.
- *human texts*: reports in 1,000 words of calibration texts, for each source and for each kind.
- *cost*: time of scoring with evidence, relative to scoring without.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from rapidfuzz.distance import Levenshtein

import mtdetect
from mtdetect.features.lexicon import shipped
from mtdetect.text.english import FUNCTION_WORDS
from mtdetect.training import corpus, examples
from running import run_main

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
PAIRED = ("mt_dev", "essays_round_trip_dev")
RATES = (0.05, 0.1, 0.3, 0.6)


def changed(altered: str, original: str) -> list[tuple[int, int]]:
    """Spans of the words of the altered text that an alignment does not match to the original."""
    ours, theirs = list(WORD.finditer(altered)), [m.group().lower() for m in WORD.finditer(original)]
    steps = Levenshtein.opcodes([m.group().lower() for m in ours], theirs)
    return [
        ours[k].span()
        for step in steps
        if step.tag in ("replace", "delete")
        for k in range(step.src_start, step.src_end)
    ]


def paired(data: Path, name: str, count: int) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """Machine texts of a development set, with the spans that differ from the original."""
    versions: dict[str, dict[str, list[str]]] = defaultdict(lambda: {"people": [], "machines": []})
    for record in corpus.records(data / "labelled" / f"{name}.jsonl.gz"):
        side = "people" if record["label"] == "original" else "machines"
        versions[record.get("node") or record["group"]][side].append(record["text"])
    keys = sorted((k for k, v in versions.items() if v["people"] and v["machines"]), key=corpus.chance)
    for key in keys[:count]:
        text = min(versions[key]["machines"], key=corpus.chance)
        yield text, changed(text, versions[key]["people"][0])


def people(data: Path, count: int) -> list[tuple[str, str]]:
    """Sources and human texts with the role ``calibrate``: the tables and the model of single words were not trained on them."""
    found = []
    for path in corpus.human_files(data):
        name = corpus.source(path)
        own = [r for r in corpus.records(path) if corpus.role(name, r["group"]) == "calibrate"]
        own.sort(key=lambda r: corpus.chance(r["id"]))
        found += [(name, examples.cut(r["text"], 600)) for r in own[:count]]
    return found


def spun(data: Path, texts: list[str], rate: float) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """Human texts, spun by all families in turn."""
    makers = examples.spinners(data, shipped())
    for k, text in enumerate(texts):
        yield from makers[k % len(makers)](rate).marked([text])


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of the corpora")
    parser.add_argument(
        "--texts", type=int, default=400, help="number of texts of each set (default: %(default)s)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    args = parser.parse_args()
    detector = mtdetect.load()
    written = people(args.data, max(4, args.texts // 20))
    sets = {name: list(paired(args.data, name, args.texts)) for name in PAIRED}
    some = [text for name, text in written if name not in corpus.JOINED][
        :: max(1, len(written) // args.texts)
    ]
    sets |= {f"spun at {rate:.0%}": list(spun(args.data, some, rate)) for rate in RATES}
    results: dict[str, object] = {}
    print("| texts | kind | reports | right | changed content words found |\n|---|---|---:|---:|---:|")
    for name, texts in sets.items():
        reports, right = Counter[str](), Counter[str]()
        words = found = 0
        for verdict, (text, spans) in zip(
            detector.score_many([t for t, _ in texts], retranslate="never"), texts, strict=True
        ):
            for item in verdict.evidence:
                reports[item.kind] += 1
                right[item.kind] += any(a < item.end and b > item.start for a, b in spans)
            for a, b in spans:
                if text[a:b].lower() not in FUNCTION_WORDS:
                    words += 1
                    found += any(a < e.end and b > e.start for e in verdict.evidence)
        for kind, count in reports.most_common():
            share = f"{found / max(words, 1):.1%}" if kind == "collocation" else ""
            print(f"| {name} | {kind} | {count} | {right[kind] / count:.0%} | {share} |")
        results[name] = {"reports": reports, "right": right, "changed": words, "found": found}
    per: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    false = Counter[str]()
    for verdict, (name, text) in zip(
        detector.score_many([t for _, t in written], retranslate="never"), written, strict=True
    ):
        per[name][0] += sum(e.suggestion is not None for e in verdict.evidence)
        per[name][1] += len(text.split())
        false.update(e.kind for e in verdict.evidence)
    total = [sum(values) for values in zip(*per.values(), strict=True)]
    print("\n| source of human text | words | reports in 1,000 words |\n|---|---:|---:|")
    for name, (count, words) in [*sorted(per.items()), ("all", total)]:
        print(f"| {name} | {words:,} | {1000 * count / max(words, 1):.2f} |")
    print("\n| kind, in human text | reports | in 1,000 words |\n|---|---:|---:|")
    for kind, count in false.most_common():
        print(f"| {kind} | {count} | {1000 * count / max(total[1], 1):.3f} |")
    results["people"], results["people_by_kind"] = per, false
    texts = [text for _, text in written]
    seconds: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(3):
        for evidence, times in seconds.items():
            start = time.perf_counter()
            for _ in detector.score_many(texts, evidence=evidence, retranslate="never"):
                pass
            times.append(time.perf_counter() - start)
    cost = min(seconds[True]) / min(seconds[False])
    size = sum(len(text.encode()) for text in texts) / 1e6
    print(
        f"\nScoring with evidence takes {cost:.2f} times as long as without: {size / min(seconds[True]):.2f} MB/s."
    )
    results["cost"] = cost
    if args.json:
        args.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run_main(main)
