#!/usr/bin/env python3
"""Robustness: how simple evasion tricks change the true-positive rate.

    python3 benchmarks/evasion.py DATA [--texts N] [--json FILE]

DATA is the folder of the corpora. The texts are machine texts of the development sets of 60 words or more, up to N of each set, and human texts
spun by one of our spinners. Each trick is applied to each text; the random seed depends on the text. Prints a Markdown table:

- *found*: true-positive rate: share labelled ``machine_translated`` or ``spun`` at the default budget;
- *kept*: share of the texts found unchanged that are still found after the trick;
- *shift*: change of the median log-odds of the score;
- *warned*: share of verdicts with a warning.

In the row "not undone", the folding of confusables is switched off, to show its effect.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

import mtdetect
from mtdetect.degrade.spin import Spinner
from mtdetect.degrade.thesaurus import Thesaurus
from mtdetect.text import confusables, read
from mtdetect.training import corpus
from running import run_main
from texts import people

SETS = (("essays_round_trip_dev", "machine_translated"), ("science_spun_round_trip_dev", "spun"))
LEAST_WORDS = 60
CYRILLIC = dict(zip("aceopxyABEHKMOPCTX", "асеорхуАВЕНКМОРСТХ", strict=True))
GREEK = dict(zip("ovABEHIKMNOPTXYZ", "ονΑΒΕΗΙΚΜΝΟΡΤΧΥΖ", strict=True))
WORD = re.compile(r"[A-Za-z]{4,}")

Trick = Callable[[str, random.Random], str]


def letters(table: dict[str, str], share: float) -> Trick:
    """Replace a share of the letters by confusables."""
    return lambda text, chance: "".join(
        table[c] if c in table and chance.random() < share else c for c in text
    )


def inside(mark: str, share: float) -> Trick:
    """Insert a mark after the second letter of a share of the words."""

    def trick(text: str, chance: random.Random) -> str:
        def put(match: re.Match[str]) -> str:
            word = match.group()
            return word[:2] + mark + word[2:] if chance.random() < share else word

        return WORD.sub(put, text)

    return trick


def doubled_spaces(text: str, chance: random.Random) -> str:
    """Double all spaces."""
    return text.replace(" ", "  ")


def misspelt(share: float) -> Trick:
    """Swap two adjacent letters in a share of the words."""

    def trick(text: str, chance: random.Random) -> str:
        def swap(match: re.Match[str]) -> str:
            word = match.group()
            if chance.random() >= share:
                return word
            at = chance.randrange(1, len(word) - 1)
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]

        return WORD.sub(swap, text)

    return trick


def sentences(text: str) -> list[str]:
    """Sentences of a text."""
    document = read([text], mtdetect.load().lexicon.vocabulary, identify=False)[0]
    return [text[start:end] for start, end in document.sentences.tolist()]


def shuffled(text: str, chance: random.Random) -> str:
    """Shuffle the sentences."""
    parts = sentences(text)
    chance.shuffle(parts)
    return " ".join(parts)


def mixed(share: float, others: list[str]) -> Trick:
    """Insert human sentences until they are a given share of all sentences."""

    def trick(text: str, chance: random.Random) -> str:
        own = sentences(text)
        wanted = round(len(own) * share / (1 - share))
        strangers: list[str] = []
        while len(strangers) < wanted:
            strangers += sentences(chance.choice(others))
        for sentence in strangers[:wanted]:
            own.insert(chance.randrange(len(own) + 1), sentence)
        return " ".join(own)

    return trick


def reworded(share: float, thesaurus: Thesaurus) -> Trick:
    """Replace a share of the words by the synonym that fits its neighbours best, as a spinner with bigram counts would."""
    lexicon = mtdetect.load().lexicon
    numbers = lexicon.vocabulary.numbers

    @cache
    def known(word: str) -> tuple[str, ...]:
        options = (one for sense in thesaurus.senses(word) for one in sense)
        return tuple(one for one in options if one.isalpha() and one in numbers)

    def trick(text: str, chance: random.Random) -> str:
        document = read([text], lexicon.vocabulary, identify=False)[0]
        ids, spans = document.ids, document.spans
        gains = []
        for k in range(1, len(ids) - 1):
            word = text[spans[k, 0] : spans[k, 1]]
            options = known(word) if word.islower() else ()
            if not options:
                continue
            own = np.array([numbers.get(word, 0), *(numbers[one] for one in options)])
            before, behind = np.full(len(own), ids[k - 1]), np.full(len(own), ids[k + 1])
            fit = np.log1p(lexicon.pairs(lexicon.bigram, before, own)) + np.log1p(
                lexicon.pairs(lexicon.bigram, own, behind)
            )
            best = int(np.argmax(fit[1:]))
            gains.append((float(fit[1 + best] - fit[0]), k, options[best]))
        chosen = sorted(gains, reverse=True)[: round(share * document.words)]
        for _, k, option in sorted(chosen, key=lambda one: -one[1]):
            text = text[: spans[k, 0]] + option + text[spans[k, 1] :]
        return text

    return trick


def advised(text: str, chance: random.Random) -> str:
    """Apply all suggestions of the evidence."""
    for item in reversed(mtdetect.load().score(text, retranslate="never").evidence):
        if item.suggestion:
            text = text[: item.start] + item.suggestion.split("|")[0] + text[item.end :]
    return text


def the_sets(data: Path, count: int) -> dict[str, tuple[list[str], list[str]]]:
    """Machine texts and human texts of each set."""
    found = {}
    for name, label in SETS:
        records = sorted(
            corpus.records(data / "labelled" / f"{name}.jsonl.gz"),
            key=lambda r: corpus.chance("evasion", r["id"]),
        )
        long = [r for r in records if len(r["text"].split()) >= LEAST_WORDS]
        machines = [r["text"] for r in long if r["label"] == label][:count]
        found[f"`{name}`"] = machines, [r["text"] for r in long if r["label"] == "original"][:count]
    sources = people(data, 2 * count // 25 + 1, 400)
    spinner = Spinner(Thesaurus.load(data / "phrases" / "synonyms.tsv.gz"), rate=0.3)
    half = len(sources) // 2
    found["spun by us, 30 %"] = spinner.degrade(sources[:half][:count], seed=0), sources[half:]
    return found


def tricks(data: Path, others: list[str]) -> dict[str, Trick]:
    """All tricks, by name. The names are part of the random seeds."""
    thesaurus = Thesaurus.load(data / "phrases" / "synonyms.tsv.gz")
    return {
        "as they are": lambda text, chance: text,
        "Cyrillic letters for a third of those alike": letters(CYRILLIC, 0.33),
        "… not undone": letters(CYRILLIC, 0.33),
        "Greek letters for all alike": letters(GREEK, 1.0),
        "zero-width space in a third of the words": inside("\u200b", 0.33),
        "soft hyphen in every word": inside("\u00ad", 1.0),
        "doubled spaces": doubled_spaces,
        "2 % of the words misspelt": misspelt(0.02),
        "5 % of the words misspelt": misspelt(0.05),
        "sentences shuffled": shuffled,
        "a quarter of the sentences by people": mixed(0.25, others),
        "half of the sentences by people": mixed(0.5, others),
        "5 % of the words reworded by n-grams": reworded(0.05, thesaurus),
        "10 % of the words reworded by n-grams": reworded(0.1, thesaurus),
        "all suggestions of the evidence taken": advised,
    }


def main() -> None:
    """Try all tricks and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of the corpora")
    parser.add_argument(
        "--texts", type=int, default=150, help="largest number of texts of each set (default: %(default)s)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    args = parser.parse_args()
    detector = mtdetect.load()
    rows: dict[str, dict[str, Any]] = {}
    sets = the_sets(args.data, args.texts)
    for name, (machines, others) in sets.items():
        plain: list[bool] = []
        at_first = 0.0
        for trick_name, trick in tricks(args.data, others).items():
            texts = [trick(text, random.Random(f"{trick_name} {text[:80]}")) for text in machines]
            with mock.patch.object(
                confusables,
                "latin",
                (lambda text: confusables.Latin(text, 0, 0))
                if "not undone" in trick_name
                else confusables.latin,
            ):
                verdicts = list(detector.score_many(texts, retranslate="never"))
            scores = np.clip([verdict.score for verdict in verdicts], 1e-6, 1 - 1e-6)
            odds = float(np.median(np.log(scores / (1 - scores))))
            flagged = [verdict.flagged for verdict in verdicts]
            if not plain:
                plain, at_first = flagged, odds
            rows.setdefault(trick_name, {})[name] = {
                "texts": len(texts),
                "found": float(np.mean(flagged)),
                "kept": float(np.mean([now for now, then in zip(flagged, plain, strict=True) if then])),
                "shift": odds - at_first,
                "warned": float(np.mean([bool(verdict.warnings) for verdict in verdicts])),
            }
    print(
        "| trick | "
        + " | ".join(f"{name} ({len(sets[name][0])}): found | kept | shift" for name in sets)
        + " | warned |"
    )
    print("|---|" + "---:|" * (3 * len(sets) + 1))
    for trick_name, row in rows.items():
        cells = [
            f"{100 * of['found']:.0f} % | {100 * of['kept']:.0f} % | {of['shift']:+.1f}"
            for of in row.values()
        ]
        warned = np.mean([of["warned"] for of in row.values()])
        print(f"| {trick_name} | {' | '.join(cells)} | {100 * warned:.0f} % |")
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run_main(main)
