#!/usr/bin/env python3
"""Does ``quality`` follow what is known of engines, and does ``pivot`` name the language?

    python3 benchmarks/quality.py DATA [--json FILE]

DATA is the folder of the corpora. Prints Markdown:

- *engines*: Spearman correlation of the mean ``quality`` of an engine's development texts with its published COMET score; over all test sets,
  languages and engines, and among the engines of one test set and language.
- *post-editing*: development sentences of one engine and language, joined to texts of ``LINES``; Spearman correlation of ``quality`` with
  the share of characters that people left as they were when they corrected them.
- *pivot*: development texts of ``LEAST_WORDS`` words and more, translated from languages that the model knows: how often the
  language is first, and among the first three; and the same for texts joined to ``LONG`` words.
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

LINES = 25
LONG = 1000
LEAST_TEXTS = 8
"""Of an engine on a set and language: fewer make no mean."""


def engines(data: Path, detector: mtdetect.Detector) -> list[tuple[str, int, float]]:
    """Correlations with COMET: name, number of engines compared, Spearman's rho."""
    scores = engine_scores(data)
    texts: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for record in corpus.records(data / "labelled" / "mt_dev.jsonl.gz"):
        key = (record["source"], record.get("pivot") or "", record.get("tool") or "")
        if record["label"] != "original" and key in scores:
            texts[key].append(record["text"])
    keys = [key for key, own in sorted(texts.items()) if len(own) >= LEAST_TEXTS]
    told = [
        float(np.mean([v.quality for v in detector.score_many(texts[key], evidence=False)])) for key in keys
    ]
    comet = [scores[key] for key in keys]
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for k, (name, language, _) in enumerate(keys):
        groups[name, language].append(k)
    within_told, within_comet = [], []
    for rows in groups.values():
        if len(rows) > 1:
            within_told += (np.array(told)[rows] - np.mean(np.array(told)[rows])).tolist()
            within_comet += (np.array(comet)[rows] - np.mean(np.array(comet)[rows])).tolist()
    by_tool: dict[str, list[int]] = defaultdict(list)
    for k, (_, _, tool) in enumerate(keys):
        by_tool[tool].append(k)
    tools = [rows for _, rows in sorted(by_tool.items())]
    means = [[float(np.mean(np.array(of)[rows])) for rows in tools] for of in (told, comet)]
    return [
        ("set, language and engine", len(keys), float(spearmanr(told, comet)[0])),
        ("within set and language", len(within_told), float(spearmanr(within_told, within_comet)[0])),
        ("engine, means over sets and languages", len(tools), float(spearmanr(*means)[0])),
    ]


def post_edited(data: Path, detector: mtdetect.Detector) -> list[tuple[str, int, float]]:
    """Correlations with post-editing: language, texts, Spearman's rho."""
    pairs: dict[str, dict[str, corpus.Record]] = defaultdict(dict)
    for record in corpus.records(data / "labelled" / "sentences_mt_post_edit_dev.jsonl.gz"):
        pairs[record["group"]][record["label"]] = record
    by_language: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for pair in pairs.values():
        if len(pair) == 2:
            machine, person = pair["machine_translated"], pair["original"]
            by_language[str(machine["pivot"])].append((machine["text"], person["text"]))
    rows, all_told, all_kept = [], [], []
    for language, lines in sorted(by_language.items()):
        # Sorted by how much was changed, so that the texts differ; drawn at random, they would all be average.
        lines.sort(key=lambda pair: Levenshtein.normalized_similarity(*pair))
        blocks = [lines[k : k + LINES] for k in range(0, len(lines) - LINES + 1, LINES)]
        if len(blocks) < LEAST_TEXTS:
            continue
        kept = [
            float(np.mean([Levenshtein.normalized_similarity(*pair) for pair in block])) for block in blocks
        ]
        texts = ["\n".join(machine for machine, _ in block) for block in blocks]
        told = [v.quality for v in detector.score_many(texts, evidence=False)]
        rows.append((language, len(blocks), float(spearmanr(told, kept)[0])))
        all_told += told
        all_kept += kept
    return [("all", len(all_told), float(spearmanr(all_told, all_kept)[0])), *rows]


def pivots(data: Path, detector: mtdetect.Detector) -> list[tuple[str, int, float, float, int, float, float]]:
    """Language; then for texts as they are, and joined to ``LONG`` words: their number, share first, share among three."""
    arrays, manifest = artifacts.read(Path(mtdetect.trained.__file__).parent / "en")
    model = SourceLanguageModel.load(arrays, manifest)
    texts: dict[str, dict[tuple[str, str], list[str]]] = defaultdict(lambda: defaultdict(list))
    for record in corpus.records(data / "labelled" / "mt_dev.jsonl.gz"):
        language = (record.get("pivot") or "").split("-")[0]
        if record["label"] != "original" and language in model.languages:
            texts[language][record["source"], record.get("tool") or ""].append(record["text"])

    def ranks(own: list[str], language: str) -> list[int]:
        batch = read(own, detector.lexicon.vocabulary, identify=False)
        single, double = ngrams.hashed(batch)
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
    """Texts of ``LONG`` words and more, out of consecutive short ones."""
    found, part, words = [], [], 0
    for text in texts:
        part.append(text)
        words += len(text.split())
        if words >= LONG:
            found.append("\n".join(part))
            part, words = [], 0
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    detector = mtdetect.load()
    found = {"engines": engines(args.data, detector), "post-editing": post_edited(args.data, detector)}
    for name, rows in found.items():
        print(f"| {name} | compared | Spearman |\n|---|---:|---:|")
        for group, count, rho in rows:
            print(f"| {group} | {count} | {rho:.2f} |")
        print()
    languages = pivots(args.data, detector)
    print(f"| pivot | texts | first | among three | of {LONG:,} words | first | among three |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for language, *shares in languages:
        cells = [f"{share:.0%}" if isinstance(share, float) else str(share) for share in shares]
        print(f"| {language} | {' | '.join(cells)} |".replace("nan%", ""))
    means = [f"{np.nanmean([row[k] for row in languages]):.0%}" for k in (2, 3, 5, 6)]
    print(f"| mean of {len(languages)} | | {means[0]} | {means[1]} | | {means[2]} | {means[3]} |")
    if args.json:
        args.json.write_text(json.dumps(found | {"pivot": languages}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
