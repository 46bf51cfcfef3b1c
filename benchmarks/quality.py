#!/usr/bin/env python3
"""Quality and source language: correlation of ``quality`` with COMET and post-editing, accuracy of ``pivot``.

    python3 benchmarks/quality.py DATA [--json FILE]

DATA is the folder of the corpora. Prints Markdown:

- *engines*: Spearman correlation of the mean ``quality`` of an engine's development texts with its published COMET score; over all test sets,
  languages and engines, and among the engines of one test set and language.
- *post-editing*: Spearman correlation of ``quality`` with the share of characters that post-editors kept, on texts of ``LINES`` development
  sentences of one engine and language.
- *pivot*: top-1 and top-3 accuracy of the source language, on development texts of ``LEAST_WORDS`` words or more from languages that
  the model can name; and the same on texts joined to ``LONG`` words.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
from rapidfuzz.distance import Levenshtein
from scipy.stats import spearmanr

import mtdetect
import mtdetect.trained
from mtdetect import artifacts
from mtdetect.features import ngrams
from mtdetect.model.source_language import LEAST_WORDS, SourceLanguageModel
from mtdetect.text import read
from mtdetect.training import corpus
from mtdetect.training.quality import engine_scores
from running import run_main

LINES = 25
"""Sentences joined to one text for the correlation with post-editing."""

LONG = 1000
"""Words of a long text for the accuracy of the source language."""

LEAST_TEXTS = 8
"""Smallest number of texts of a group that is reported."""


def engines(data: Path, detector: mtdetect.Detector) -> list[tuple[str, int, float]]:
    """Correlations with COMET: name, number of means compared, Spearman's rho."""
    scores = engine_scores(data)
    texts: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for record in corpus.records(data / "labelled" / "mt_dev.jsonl.gz"):
        key = (record["source"], record.get("pivot") or "", record.get("tool") or "")
        if record["label"] != "original" and key in scores:
            texts[key].append(record["text"])
    keys = [key for key, own in sorted(texts.items()) if len(own) >= LEAST_TEXTS]
    qualities = [
        float(
            np.mean([v.quality for v in detector.score_many(texts[key], evidence=False, retranslate="never")])
        )
        for key in keys
    ]
    comet = [scores[key] for key in keys]
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for k, (name, language, _) in enumerate(keys):
        groups[name, language].append(k)
    within_quality, within_comet = [], []
    for rows in groups.values():
        if len(rows) > 1:
            within_quality += (np.array(qualities)[rows] - np.mean(np.array(qualities)[rows])).tolist()
            within_comet += (np.array(comet)[rows] - np.mean(np.array(comet)[rows])).tolist()
    by_tool: dict[str, list[int]] = defaultdict(list)
    for k, (_, _, tool) in enumerate(keys):
        by_tool[tool].append(k)
    tools = [rows for _, rows in sorted(by_tool.items())]
    means = [[float(np.mean(np.array(of)[rows])) for rows in tools] for of in (qualities, comet)]
    return [
        ("set, language and engine", len(keys), float(spearmanr(qualities, comet)[0])),
        ("within set and language", len(within_quality), float(spearmanr(within_quality, within_comet)[0])),
        ("engine, means over sets and languages", len(tools), float(spearmanr(*means)[0])),
    ]


def post_edited(data: Path, detector: mtdetect.Detector) -> list[tuple[str, int, float]]:
    """Correlations with post-editing: language, number of texts, Spearman's rho."""
    pairs: dict[str, dict[str, corpus.Record]] = defaultdict(dict)
    for record in corpus.records(data / "labelled" / "sentences_mt_post_edit_dev.jsonl.gz"):
        pairs[record["group"]][record["label"]] = record
    by_language: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for pair in pairs.values():
        if len(pair) == 2:
            machine, person = pair["machine_translated"], pair["original"]
            by_language[str(machine["pivot"])].append((machine["text"], person["text"]))
    rows, all_qualities, all_kept = [], [], []
    for language, lines in sorted(by_language.items()):
        # Sorted by how much was changed, so that the texts differ; texts of random sentences would all be average.
        lines.sort(key=lambda pair: Levenshtein.normalized_similarity(*pair))
        blocks = [lines[k : k + LINES] for k in range(0, len(lines) - LINES + 1, LINES)]
        if len(blocks) < LEAST_TEXTS:
            continue
        kept = [
            float(np.mean([Levenshtein.normalized_similarity(*pair) for pair in block])) for block in blocks
        ]
        texts = ["\n".join(machine for machine, _ in block) for block in blocks]
        qualities = [v.quality for v in detector.score_many(texts, evidence=False, retranslate="never")]
        rows.append((language, len(blocks), float(spearmanr(qualities, kept)[0])))
        all_qualities += qualities
        all_kept += kept
    return [("all", len(all_qualities), float(spearmanr(all_qualities, all_kept)[0])), *rows]


def pivots(data: Path, detector: mtdetect.Detector) -> list[tuple[str, int, float, float, int, float, float]]:
    """Language; then number, top-1 and top-3 accuracy, for texts as they are and for texts joined to ``LONG`` words."""
    arrays, manifest = artifacts.read(Path(mtdetect.trained.__file__).parent / "en")
    model = SourceLanguageModel.load(arrays, manifest)
    texts: dict[str, dict[tuple[str, str], list[str]]] = defaultdict(lambda: defaultdict(list))
    for record in corpus.records(data / "labelled" / "mt_dev.jsonl.gz"):
        language = (record.get("pivot") or "").split("-")[0]
        if record["label"] != "original" and language in model.languages:
            texts[language][record["source"], record.get("tool") or ""].append(record["text"])

    def ranks(own: list[str], language: str) -> list[int]:
        batch = read(own, detector.lexicon.vocabulary, identify=False)
        single, double, _ = ngrams.hashed(batch)
        found = []
        for k in np.flatnonzero(batch.words >= LEAST_WORDS).tolist():
            tokens = slice(*batch.first[k : k + 2].tolist())
            columns = np.concatenate([single[tokens], double[tokens]])
            names = [guess.language for guess in model.guess(columns, int(batch.words[k]))]
            found.append(names.index(language) if language in names else len(names))
        return found

    rows = []
    for language, by_engine in sorted(texts.items()):
        short = ranks([text for own in by_engine.values() for text in own], language)
        long = ranks([text for own in by_engine.values() for text in joined(own)], language)
        if len(short) >= LEAST_TEXTS:
            shares = [
                float(np.mean([rank < first for rank in found])) if found else float("nan")
                for found in (short, long)
                for first in (1, 3)
            ]
            rows.append((language, len(short), *shares[:2], len(long), *shares[2:]))
    return rows


def joined(texts: list[str]) -> list[str]:
    """Join consecutive texts to texts of ``LONG`` words or more."""
    found, part, words = [], [], 0
    for text in texts:
        part.append(text)
        words += len(text.split())
        if words >= LONG:
            found.append("\n".join(part))
            part, words = [], 0
    return found


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of the corpora")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    args = parser.parse_args()
    detector = mtdetect.load()
    found = {"engines": engines(args.data, detector), "post-editing": post_edited(args.data, detector)}
    for name, rows in found.items():
        print(f"| {name} | compared | Spearman |\n|---|---:|---:|")
        for group, count, rho in rows:
            print(f"| {group} | {count} | {rho:.2f} |")
        print()
    languages = pivots(args.data, detector)
    print(f"| pivot | texts | top-1 | top-3 | texts of {LONG:,} words | top-1 | top-3 |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for language, *shares in languages:
        cells = [f"{share:.0%}" if isinstance(share, float) else str(share) for share in shares]
        print(f"| {language} | {' | '.join(cells)} |".replace("nan%", ""))
    means = [f"{np.nanmean([row[k] for row in languages]):.0%}" for k in (2, 3, 5, 6)]
    print(f"| mean of {len(languages)} | | {means[0]} | {means[1]} | | {means[2]} | {means[3]} |")
    if args.json:
        args.json.write_text(json.dumps(found | {"pivot": languages}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run_main(main)
