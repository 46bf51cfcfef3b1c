#!/usr/bin/env python3
"""mtdetect compared with other tools: speed and AUC on the same texts, in one run.

    python3 benchmarks/peers.py DATA [--train N] [--test N] [--runs N] [--json FILE]

DATA is the folder of the corpora. Classifiers are trained on ``labelled/mt_train`` (N human and N machine texts), language models on the
human texts of these. All tools score ``mt_dev``, ``essays_round_trip_dev`` and ``science_spun_round_trip_dev``, which share no group with
``mt_train``. AUC is that of machine against human texts; below 0.5 a tool ranks them the other way round. mtdetect itself was trained on more
than ``mt_train``. Speed is MB per processor second, from string to score, on one core, over two collections: human texts of every source in
``human/``, cut to the length of a long article, as in a crawl; and the texts of the three sets. It is the median of several runs, in each of which
every tool has its turn, so that other load on the machine meets all of them. ``ratio`` is the speed of mtdetect as ``screen --evidence`` runs it
(the cascade, with evidence for what is measured in full) on human texts over the tool's. A tool that is not installed, or whose data cannot be
had offline, is listed with the reason.

The deduplicators do not separate human from machine texts; they are listed for the cost of a MinHash sketch.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from math import log10
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import roc_auc_score

import mtdetect.detector
from mtdetect.features.lexicon import shipped
from mtdetect.training import corpus
from running import run_main
from texts import by_person

DEV = ("mt_dev", "essays_round_trip_dev", "science_spun_round_trip_dev")
LEAST_WORDS, CRAWLED_WORDS = 40, 700
DISCOUNT = 0.7
FOREIGN = (
    "Der Bäcker hat am Morgen verschlafen, und die Fähre fuhr ohne ihn und ohne sein Brot über den Fluss. "
    * 4
)
WORD = re.compile(r"\w+|[^\w\s]")

Scorer = Callable[[list[str]], "list[float] | None"]


def labelled(path: Path, count: int) -> list[tuple[str, bool]]:
    """Texts of a labelled set, and whether each is a machine's; up to ``count`` of either kind, chosen by their ids."""
    found = [r for r in corpus.records(path) if len(r["text"].split()) >= LEAST_WORDS]
    found.sort(key=lambda r: corpus.chance("peers", r["id"]))
    people = [(r["text"], False) for r in found if by_person(r)]
    machines = [(r["text"], True) for r in found if r["label"] != "original"]
    return people[:count] + machines[:count]


def crawled(data: Path, count: int) -> list[str]:
    """Up to ``count`` human texts of every source, at most ``CRAWLED_WORDS`` words of each."""
    found = []
    for path in corpus.human_files(data):
        records = sorted(corpus.records(path), key=lambda r: corpus.chance("peers", r["id"]))[:count]
        found += [" ".join(r["text"].split(" ")[:CRAWLED_WORDS]) for r in records]
    return found


def ours(train: list[tuple[str, bool]], *, evidence: bool, full: bool) -> Scorer:
    """Scores of mtdetect, with empty caches."""
    shipped.cache_clear()
    mtdetect.detector._load.cache_clear()
    detector = mtdetect.load()
    # The first large batch builds some tables, and the first text that may be in another language loads the language identifier.
    list(detector.score_many([FOREIGN, *(text for text, _ in train[:1000])], retranslate="never"))
    return lambda texts: [
        v.score for v in detector.score_many(texts, evidence=evidence, retranslate="never", full=full)
    ]


def hashed(train: list[tuple[str, bool]]) -> Scorer:
    """Hashed word 1-2-grams with a linear classifier, in scikit-learn."""
    vectorizer = HashingVectorizer(ngram_range=(1, 2), alternate_sign=False)
    model = SGDClassifier(loss="log_loss", random_state=0)
    model.fit(vectorizer.transform([t for t, _ in train]), [y for _, y in train])
    return lambda texts: model.decision_function(vectorizer.transform(texts)).tolist()


def fasttext(train: list[tuple[str, bool]]) -> Scorer:
    """Supervised fastText with word bigrams."""
    import fasttext as library

    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        for text, machine in train:
            file.write(f"__label__{int(machine)} {' '.join(text.split())}\n")
        file.flush()
        model = library.train_supervised(
            file.name, wordNgrams=2, epoch=10, dim=50, thread=1, seed=0, verbose=0
        )

    def score(texts: list[str]) -> list[float]:
        # The compiled function below predict(), because predict() fails with numpy 2.
        answers = [model.f.predict(" ".join(text.split()) + "\n", 2, 0.0, "strict") for text in texts]
        return [sum(p for p, label in answer if label == "__label__1") for answer in answers]

    return score


def kenlm(train: list[tuple[str, bool]]) -> Scorer:
    """Perplexity by KenLM, under bigrams of human texts. Its wheel cannot fit models, so absolute discounting is done here."""
    import kenlm as library

    sentences = [["<s>", *WORD.findall(text.lower()), "</s>"] for text, machine in train if not machine]
    single = Counter(word for words in sentences for word in words)
    double = Counter(pair for words in sentences for pair in pairwise(words))
    followers = Counter(left for left, _ in double)
    total = sum(single.values())
    chance = {word: (count - DISCOUNT) / total for word, count in single.items()}
    backoff = {word: DISCOUNT * followers[word] / single[word] or 1e-9 for word in single}
    unknown = DISCOUNT * len(single) / total
    lines = ["\\data\\", f"ngram 1={len(single) + 1}", f"ngram 2={len(double)}", "", "\\1-grams:"]
    lines.append(f"{log10(unknown):.6f}\t<unk>\t0")
    lines += [f"{log10(chance[word]):.6f}\t{word}\t{log10(backoff[word]):.6f}" for word in single]
    lines += ["", "\\2-grams:"]
    for (left, right), count in double.items():
        p = (count - DISCOUNT) / single[left] + backoff[left] * chance[right]
        lines.append(f"{log10(p):.6f}\t{left} {right}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "people.arpa")
        path.write_text("\n".join([*lines, "", "\\end\\", ""]), encoding="utf-8")
        config = library.Config()
        config.show_progress = False
        model = library.Model(str(path), config)
    return lambda texts: [-model.perplexity(" ".join(WORD.findall(t.lower()))) for t in texts]


def nltk_perplexity(train: list[tuple[str, bool]]) -> Scorer:
    """Perplexity under NLTK's interpolated bigrams of 300 human texts; more take too much memory as Python objects."""
    from nltk.lm import WittenBellInterpolated
    from nltk.lm.preprocessing import padded_everygram_pipeline

    sentences = [WORD.findall(t.lower()) for t, machine in train if not machine][:300]
    model = WittenBellInterpolated(2)
    model.fit(*padded_everygram_pipeline(2, sentences))

    def score(texts: list[str]) -> list[float]:
        found = []
        for text in texts:
            words = ["<s>", *model.vocab.lookup(WORD.findall(text.lower()))]
            chances = [model.score(b, [a]) for a, b in pairwise(words)]
            found.append(float(np.mean(np.log(np.maximum(chances, 1e-9)))))
        return found

    return score


def nltk_tags(train: list[tuple[str, bool]]) -> Scorer:
    """Share of nouns by NLTK's tagger, to measure the cost of tagging."""
    from nltk import pos_tag

    pos_tag(["probe"])  # needs data that NLTK would download

    def score(texts: list[str]) -> list[float]:
        tagged = [pos_tag(WORD.findall(text)) for text in texts]
        return [sum(t.startswith("NN") for _, t in one) / max(len(one), 1) for one in tagged]

    return score


def readability(train: list[tuple[str, bool]]) -> Scorer:
    """Five readability indices of textstat that count no syllables and so need no download; the AUC is that of the first."""
    import textstat

    others = [getattr(textstat, name) for name in ("coleman_liau_index", "lix", "rix", "mcalpine_eflaw")]

    def score(texts: list[str]) -> list[float]:
        found = []
        for text in texts:
            found.append(float(textstat.automated_readability_index(text)))
            for index in others:
                index(text)
        return found

    return score


def rensa(train: list[tuple[str, bool]]) -> Scorer:
    """MinHash of words by rensa."""
    from rensa import RMinHash

    def score(texts: list[str]) -> None:
        for text in texts:
            sketch = RMinHash(num_perm=128, seed=0)
            sketch.update(text.split())
            sketch.digest()

    return score


def datasketch(train: list[tuple[str, bool]]) -> Scorer:
    """MinHash of words by datasketch."""
    from datasketch import MinHash

    def score(texts: list[str]) -> None:
        for text in texts:
            MinHash(num_perm=128, seed=0).update_batch([word.encode() for word in text.split()])

    return score


PEERS: dict[str, Callable[[list[tuple[str, bool]]], Scorer]] = {
    "mtdetect, cascade, with evidence": lambda train: ours(train, evidence=True, full=False),
    "mtdetect, cascade, scores alone": lambda train: ours(train, evidence=False, full=False),
    "mtdetect in full, with evidence": lambda train: ours(train, evidence=True, full=True),
    "mtdetect in full, scores alone": lambda train: ours(train, evidence=False, full=True),
    "hashed 1-2-grams, scikit-learn": hashed,
    "fastText supervised": fasttext,
    "KenLM bigram perplexity": kenlm,
    "NLTK bigram perplexity": nltk_perplexity,
    "NLTK tagger": nltk_tags,
    "textstat, five indices": readability,
    "rensa MinHash": rensa,
    "datasketch MinHash": datasketch,
}

MOST_BYTES = {"NLTK bigram perplexity": 500_000, "NLTK tagger": 500_000, "textstat, five indices": 1_000_000}
"""Bytes of text that slow tools score, in random order."""


def part(name: str, texts: list[str]) -> list[str]:
    """The texts that a tool scores: all, or some if it is slow."""
    some, size = [], 0
    for k in np.random.default_rng(0).permutation(len(texts)).tolist():
        if size < MOST_BYTES.get(name, 1 << 62):
            some.append(texts[k])
            size += len(texts[k].encode())
    return some


def measured(
    train: list[tuple[str, bool]], tests: dict[str, list[tuple[str, bool]]], people: list[str], runs: int
) -> dict[str, dict[str, Any]]:
    """Measure the tools, by name; of a tool that cannot run, the reason."""
    scorers: dict[str, Scorer] = {}
    found: dict[str, dict[str, Any]] = {}
    for name, make in PEERS.items():
        try:
            scorers[name] = make(train)
        except (ImportError, LookupError, OSError) as error:
            why = "its data is not installed" if isinstance(error, LookupError) else str(error)
            found[name] = {"absent": why}
    speeds: dict[str, list[tuple[float, float]]] = {name: [] for name in scorers}
    texts = [text for pairs in tests.values() for text, _ in pairs]
    for run in range(runs):
        for name, score in scorers.items():
            speed = []
            for given in (part(name, people), part(name, texts)):
                start = time.process_time()
                scores = score(given)
                speed.append(sum(len(text.encode()) for text in given) / 1e6 / (time.process_time() - start))
            speeds[name].append((speed[0], speed[1]))
            if run == 0:
                by_text = dict(zip(given, scores, strict=True)) if scores is not None else {}
                found[name] = {"auc": _auc(tests, by_text)}
    for name, several in speeds.items():
        human, all_sets = np.median(several, axis=0).tolist()
        found[name] |= {"mb_per_processor_second": {"people": human, "sets": all_sets}, "runs": several}
    return {name: found[name] for name in PEERS}


def _auc(tests: dict[str, list[tuple[str, bool]]], by_text: dict[str, float]) -> dict[str, float]:
    """AUC of each set of which there are scores of both kinds of texts."""
    auc = {}
    for test, pairs in tests.items():
        asked = [(y, by_text[text]) for text, y in pairs if text in by_text]
        if len({y for y, _ in asked}) == 2:
            auc[test] = roc_auc_score(*zip(*asked, strict=True))
    return auc


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of the corpora")
    parser.add_argument(
        "--train",
        type=int,
        default=3000,
        help="human and as many machine texts to train on (default: %(default)s)",
    )
    parser.add_argument(
        "--test",
        type=int,
        default=300,
        help="human and as many machine texts of each set (default: %(default)s)",
    )
    parser.add_argument(
        "--people",
        type=int,
        default=40,
        help="human texts of each source whose speed is measured (default: %(default)s)",
    )
    parser.add_argument(
        "--runs", type=int, default=5, help="runs, of which the median counts (default: %(default)s)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    args = parser.parse_args()
    folder = args.data / "labelled"
    train = labelled(folder / "mt_train.jsonl.gz", args.train)
    tests = {name: labelled(folder / f"{name}.jsonl.gz", args.test) for name in DEV}
    people = crawled(args.data, args.people)
    sizes = ", ".join(f"{name} {len(pairs)}" for name, pairs in tests.items())
    print(f"Trained on {len(train)} texts; scored: {len(people)} human texts of all sources; {sizes}.\n")
    print(f"| tool | MB/s, people | ratio | MB/s, sets | {' | '.join(f'AUC {name}' for name in DEV)} |")
    print("|---|---:|---:|---:" + "|---:" * len(DEV) + "|")
    found = measured(train, tests, people, args.runs)
    own = next(iter(found.values()))["mb_per_processor_second"]["people"]
    for name, one in found.items():
        if "absent" in one:
            print(f"| {name} | not run: {one['absent']} |" + " |" * (2 + len(DEV)))
            continue
        speed = one["mb_per_processor_second"]
        one["ratio"] = own / speed["people"]
        cells = (f"{one['auc'][test]:.3f}" if test in one["auc"] else "" for test in DEV)
        print(
            f"| {name} | {speed['people']:.2f} | {one['ratio']:.2f} | {speed['sets']:.2f} | {' | '.join(cells)} |"
        )
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run_main(main)
