#!/usr/bin/env python3
"""How well sentence scores tell where a text was rewritten, before and after the translation engine tells the sentences apart.

    python3 benchmarks/sentences.py DATA [--each N]

DATA is the folder of the corpora. N texts of each development set and label are half by people: where a person's text and a machine's version have
equally many sentences, consecutive ones of the person's are replaced by the machine's. The engine is consulted for the verdicts (``auto``), and then for the sentences,
too: each pair of figures is before and after. Columns: mean AUC within texts, the share of texts whose sentences are told apart, the AUC within these, and of all
sentences the Brier score and the share of those scored 0.8 and more that were rewritten. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

import mtdetect
from mtdetect.evidence import explanation
from mtdetect.features.lexicon import shipped
from mtdetect.text import read
from mtdetect.training import corpus
from mtdetect.training.corpus import chance
from rig import report
from running import run_main
from texts import by_person, development_sets

WORDS = (100, 400)
"""Lengths of the texts."""

LEAST_SENTENCES = 4
HIGH = 0.8


class Mixed(NamedTuple):
    """A text of which a machine wrote some sentences; the others are known."""

    text: str
    written: frozenset[str]


def sentences(text: str) -> list[str]:
    """Sentences of a text."""
    (document,) = read([text], shipped().vocabulary, identify=False)
    return [document.text[start:end] for start, end in document.sentences.tolist()]


def mixed(data: Path, each: int) -> dict[tuple[str, str], list[Mixed]]:
    """Mixed texts of each development set and label."""
    made: dict[tuple[str, str], list[Mixed]] = {}
    for path in development_sets(data):
        groups = defaultdict(list)
        for record in corpus.records(path):
            if WORDS[0] <= len(record["text"].split()) <= WORDS[1]:
                groups[record["group"]].append(record)
        for group in sorted(groups, key=lambda name: chance("mixed", path.name, name)):
            people = [record["text"] for record in groups[group] if by_person(record)]
            for label in ("machine_translated", "spun"):
                own = made.setdefault((corpus.source(path), label), [])
                versions = [record["text"] for record in groups[group] if record["label"] == label]
                if people and versions and len(own) < each:
                    own += mixture(people[0], min(versions, key=lambda text: chance("version", text)))
    return {name: own for name, own in made.items() if own}


def mixture(person: str, machine: str) -> list[Mixed]:
    """Two versions of a text mixed; none if their sentences do not match."""
    ours, theirs = sentences(person), sentences(machine)
    half = len(ours) // 2
    if len(ours) != len(theirs) or len(ours) < LEAST_SENTENCES:
        return []
    at = int(chance("run", person) * (len(ours) - half + 1))
    text = " ".join([*ours[:at], *theirs[at : at + half], *ours[at + half :]])
    return [Mixed(text, frozenset(ours))]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--each", type=int, default=25)
    options = parser.parse_args()
    detector = mtdetect.load()
    print("| set | texts | AUC within | told apart | AUC of these | Brier score | right at 0.8 |")
    print("|---|---|---|---|---|---|---|")
    of_label = defaultdict(list)
    for (name, label), texts in mixed(options.data, options.each).items():
        report(f"{name}, {label}")
        rows = [
            (text, verdict(detector, text.text, apart=False), verdict(detector, text.text)) for text in texts
        ]
        of_label[label] += rows
        print(f"| {name}, {label} | {line(rows)} |", flush=True)
    for label, rows in of_label.items():
        print(f"| all, {label} | {line(rows)} |", flush=True)


def verdict(detector: mtdetect.Detector, text: str, *, apart: bool = True) -> mtdetect.Verdict:
    """The verdict, with or without the engine's word on sentences."""
    bound = explanation.LIKELY_TRANSLATED
    try:
        explanation.LIKELY_TRANSLATED = bound if apart else np.inf
        return detector.score(text, retranslate="auto")
    finally:
        explanation.LIKELY_TRANSLATED = bound


def line(rows: list[tuple[Mixed, mtdetect.Verdict, mtdetect.Verdict]]) -> str:
    """Figures of a set."""
    areas, told, scores, truth = [], [], [], []
    for text, *verdicts in rows:
        spans = [(one.start, one.end) for one in verdicts[0].sentences]
        rewritten = np.array([text.text[start:end] not in text.written for start, end in spans])
        own = np.array([[one.score for one in verdict.sentences] for verdict in verdicts])
        scores.append(own)
        truth.append(rewritten)
        if 0 < rewritten.sum() < len(rewritten):
            areas.append([roc_auc_score(rewritten, values) for values in own])
            shares = verdicts[1].probabilities
            translated = shares["machine_translated"]
            likely = translated >= explanation.LIKELY_TRANSLATED and translated > shares["spun"]
            told.append(verdicts[1].retranslated and likely)
    figures: list[npt.NDArray[np.float64]] = [np.array(areas).reshape(-1, 2)]
    figures.append(figures[0][np.array(told, bool)])
    within, of_told = (
        " → ".join(f"{value:.2f}" for value in one.mean(axis=0)) if len(one) else "" for one in figures
    )
    of_all, all_rewritten = np.hstack(scores), np.concatenate(truth)
    brier = " → ".join(f"{np.mean((own - all_rewritten) ** 2):.3f}" for own in of_all)
    right = " → ".join(
        f"{all_rewritten[own >= HIGH].mean():.2f}" if (own >= HIGH).any() else "" for own in of_all
    )
    return (
        f"{len(areas)} | {within} | {np.mean(told) if told else np.nan:.0%} | {of_told} | {brier} | {right}"
    )


if __name__ == "__main__":
    run_main(main)
