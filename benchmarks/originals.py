#!/usr/bin/env python3
"""Collections of originals: size, speed and recall, compared with MinHash and SQLite's full-text search.

    python3 benchmarks/originals.py DATA [--sizes 1000,10000,100000] [--queries N] [--peers] [--json FILE]

DATA is the folder of the corpora. The texts of ``human/`` fill the collection; some of them are spun, cut and quoted to make queries. The
development sets of ``labelled/`` give real round trips. All choices have a fixed seed. Times are processor seconds of one core; a
search is a call with one text. Prints Markdown tables.

``--peers`` adds SQLite FTS5 (BM25 over the 25 rarest words of the query) and MinHash-LSH over word 5-grams (rensa or
datasketch, whichever is installed).
"""

from __future__ import annotations

import argparse
import gzip
import json
import lzma
import os
import random
import re
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import mtdetect
from measuring import own_peak_mb
from mtdetect.degrade import FAMILIES, Spinner, Thesaurus
from mtdetect.features.lexicon import shipped
from mtdetect.training import corpus
from running import run_main
from texts import by_person

RATES = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7)
TARGETS = 240
"""Number of texts of the collection that are altered to make queries."""

PASSAGE = 60
"""Words of a passage that is a query."""

RARE_WORDS = 25
"""Words of a query that the full-text search looks up."""

Text = tuple[str, str]
"""Id and text."""


@dataclass(frozen=True)
class Query:
    """An altered text and the id of its original."""

    kind: str
    text: str
    original: str


class Collection(Protocol):
    """Interface of what is measured."""

    def add(self, texts: list[Text]) -> None:
        """Add texts as originals."""

    def search(self, text: str) -> list[str]:
        """Ids of ten originals, best first."""

    def bytes(self) -> int:
        """Size on disk, or in memory if it is not on disk."""


def rows(path: Path) -> Iterator[dict[str, Any]]:
    opened = {".gz": gzip.open, ".xz": lzma.open}[path.suffix]
    with opened(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def shuffled(texts: list[Text]) -> list[Text]:
    """Order texts pseudo-randomly, by their ids only."""
    return sorted(texts, key=lambda one: sha256(one[0].encode()).digest())


def people(data: Path) -> tuple[list[Text], list[Text]]:
    """Human texts of 80 to 6,000 words: those that training does not use, and the others."""
    found: tuple[list[Text], list[Text]] = ([], [])
    for path in corpus.human_files(data):
        for row in rows(path):
            if 80 <= len(row["text"].split()) <= 6000:
                seen = corpus.role(corpus.source(path), row["group"]) != "calibrate"
                found[seen].append((row["id"], row["text"]))
    return shuffled(found[0]), shuffled(found[1])


def round_trips(data: Path, names: tuple[str, ...], least: int = 100) -> tuple[list[Text], list[Query]]:
    """Human texts of labelled sets, of at least ``least`` words, and one machine version of each as a query."""
    originals, queries = [], []
    for name in names:
        groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in rows(data / "labelled" / f"{name}.jsonl.gz"):
            if len(row["text"].split()) >= least:
                groups[row.get("node") or row["group"]].append(row)
        chance = random.Random(0)
        for _, group in sorted(groups.items()):
            human = list(filter(by_person, group))
            machine = [r for r in group if r["label"] != "original"]
            if human and machine:
                originals.append((human[0]["id"], human[0]["text"]))
                one = chance.choice(machine)
                queries.append(
                    Query(
                        f"{name.rsplit('_', 1)[0]}: {one.get('method', 'machine')}",
                        one["text"],
                        human[0]["id"],
                    )
                )
    return originals, queries


def paragraph(text: str, words: int, chance: random.Random) -> str:
    """Consecutive words of a text, from the start of a sentence if one is near."""
    parts = text.split()
    start = chance.randrange(max(1, len(parts) - words))
    ends = [k + 1 for k in range(max(0, start - 25), start) if parts[k].endswith((".", "!", "?"))]
    start = ends[-1] if ends else start
    return " ".join(parts[start : start + words])


def altered(targets: list[Text], pages: list[Text], data: Path, count: int) -> list[Query]:
    """Make queries of each kind from texts of the collection; ``pages`` are texts that are not in it."""
    thesaurus = Thesaurus.load(data / "phrases" / "synonyms.tsv.gz")
    vocabulary = shipped().vocabulary
    counts = {word: int(shipped().counts[number]) for word, number in vocabulary.numbers.items()}
    families = sorted(FAMILIES)
    spinners = {
        (family, rate): Spinner(thesaurus, family, rate, frequency=counts)
        for family in families
        for rate in RATES
    }
    chance = random.Random(1)
    queries = []
    for k, (name, text) in enumerate(targets[:count]):
        for rate in RATES:
            spun = spinners[families[k % len(families)], rate].degrade([text], k)[0]
            queries.append(Query(f"spun {rate:.0%}", spun, name))
        passage = paragraph(text, PASSAGE, chance)
        queries.append(Query(f"passage of {PASSAGE} words", passage, name))
        spun = spinners[families[k % len(families)], 0.3].degrade([passage], k)[0]
        queries.append(Query(f"passage of {PASSAGE} words, spun 30%", spun, name))
        page = pages[k % len(pages)][1].split()
        middle = len(page) // 2
        inside = " ".join([*page[:middle], "\n\n" + paragraph(text, 80, chance) + "\n\n", *page[middle:]])
        queries.append(Query("80 words quoted in another page", inside, name))
    return queries


class Ours:
    """``mtdetect.Originals``."""

    name = "mtdetect"
    store_text = False

    def __init__(self, folder: Path) -> None:
        self._path = folder / "originals.db"
        self._originals = mtdetect.Originals(self._path, store_text=self.store_text)

    def add(self, texts: list[Text]) -> None:
        self._originals.add(texts)

    def search(self, text: str) -> list[str]:
        return [match.original for match in self._originals.search(text, top=10)]

    def bytes(self) -> int:
        return self._originals.info().bytes


class OursWithTexts(Ours):
    """``mtdetect.Originals`` with stored texts, which are compared with the query."""

    name = "mtdetect, texts stored"
    store_text = True


_WORD = re.compile(r"[a-z0-9]+")


class FullText:
    """SQLite FTS5 without stored texts, BM25 over the rarest words of the query."""

    name = f"SQLite FTS5, {RARE_WORDS} rarest words"

    def __init__(self, folder: Path) -> None:
        self._path = folder / "fts.db"
        self._connection = sqlite3.connect(self._path)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("CREATE VIRTUAL TABLE t USING fts5(body, content='')")
        self._ids: list[str] = []
        self._frequency: dict[str, int] = defaultdict(int)

    def add(self, texts: list[Text]) -> None:
        with self._connection:
            for name, text in texts:
                self._ids.append(name)
                self._connection.execute("INSERT INTO t(rowid, body) VALUES (?, ?)", (len(self._ids), text))
                for word in set(_WORD.findall(text.lower())):
                    self._frequency[word] += 1

    def search(self, text: str) -> list[str]:
        words = {word for word in _WORD.findall(text.lower()) if word in self._frequency}
        rarest = sorted(words, key=lambda word: (self._frequency[word], word))[:RARE_WORDS]
        if not rarest:
            return []
        query = " OR ".join(f'"{word}"' for word in rarest)
        found = self._connection.execute(
            "SELECT rowid FROM t WHERE t MATCH ? ORDER BY rank LIMIT 10", (query,)
        )
        return [self._ids[number - 1] for (number,) in found]

    def bytes(self) -> int:
        return sum(os.path.getsize(path) for path in self._path.parent.glob("fts.db*"))


class MinHash:
    """MinHash-LSH over word 5-grams, 128 permutations in bands of 4, by datasketch."""

    name = "MinHash-LSH, word 5-grams"

    def __init__(self, folder: Path) -> None:
        from datasketch import MinHashLSH

        self._lsh = MinHashLSH(num_perm=128, params=(32, 4))
        self._prints: dict[str, Any] = {}

    @staticmethod
    def _print(text: str) -> Any:
        from datasketch import MinHash as Signature

        words = _WORD.findall(text.lower())
        grams = {" ".join(words[k : k + 5]).encode() for k in range(max(1, len(words) - 4))}
        signature = Signature(num_perm=128)
        signature.update_batch(sorted(grams))
        return signature

    def add(self, texts: list[Text]) -> None:
        for name, text in texts:
            self._prints[name] = self._print(text)
            self._lsh.insert(name, self._prints[name])

    def search(self, text: str) -> list[str]:
        own = self._print(text)
        found = self._lsh.query(own)
        return sorted(found, key=lambda name: (-own.jaccard(self._prints[name]), name))[:10]

    def bytes(self) -> int:
        return len(self._prints) * 128 * 8


class Rensa(MinHash):
    """MinHash-LSH by rensa."""

    def __init__(self, folder: Path) -> None:
        from rensa import RMinHashLSH

        self._lsh = RMinHashLSH(threshold=0.3, num_perm=128, num_bands=32)
        self._prints = {}
        self._ids: list[str] = []

    @staticmethod
    def _print(text: str) -> Any:
        from rensa import RMinHash

        words = _WORD.findall(text.lower())
        signature = RMinHash(num_perm=128, seed=1)
        signature.update([" ".join(words[k : k + 5]) for k in range(max(1, len(words) - 4))])
        return signature

    def add(self, texts: list[Text]) -> None:
        for name, text in texts:
            self._prints[name] = self._print(text)
            self._lsh.insert(len(self._ids), self._prints[name])
            self._ids.append(name)

    def search(self, text: str) -> list[str]:
        own = self._print(text)
        found = [self._ids[number] for number in self._lsh.query(own)]
        return sorted(found, key=lambda name: (-own.jaccard(self._prints[name]), name))[:10]


@dataclass
class Figures:
    """Results of one collection at one size."""

    name: str
    originals: int
    add_seconds: float
    bytes_each: float
    searches_per_second: float
    kinds: dict[str, tuple[int, float, float]] = field(default_factory=dict)


def measured(collection: Any, size: int, took: float, queries: list[Query]) -> Figures:
    """Search for every query; only the searches are timed."""
    ranks: dict[str, list[int]] = defaultdict(list)
    collection.search(queries[0].text)  # the first search reads data that later ones reuse
    start = time.process_time()
    for query in queries:
        found = collection.search(query.text)
        ranks[query.kind].append(found.index(query.original) if query.original in found else 99)
    clock = time.process_time() - start
    kinds = {
        kind: (
            len(places),
            sum(p == 0 for p in places) / len(places),
            sum(p < 10 for p in places) / len(places),
        )
        for kind, places in ranks.items()
    }
    return Figures(collection.name, size, took, collection.bytes() / size, len(queries) / clock, kinds)


def peers() -> list[Callable[[Path], Any]]:
    """Constructors of the collections to compare with."""
    found: list[Callable[[Path], Any]] = [FullText]
    for package, maker in (("rensa", Rensa), ("datasketch", MinHash)):
        try:
            __import__(package)
        except ImportError:
            continue
        return [*found, maker]
    print("MinHash-LSH skipped: neither rensa nor datasketch is installed", file=sys.stderr)
    return found


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of the corpora")
    parser.add_argument(
        "--sizes", default="1000,10000,100000", help="numbers of originals (default: %(default)s)"
    )
    parser.add_argument(
        "--queries",
        type=int,
        default=TARGETS,
        help="largest number of queries of each kind (default: %(default)s)",
    )
    parser.add_argument("--peers", action="store_true", help="measure other tools, too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    args = parser.parse_args()
    sizes = sorted(map(int, args.sizes.split(",")))

    unseen, others = people(args.data)
    targets, pages = unseen[: args.queries], unseen[-args.queries :]
    texts = targets + others
    trips, queries = round_trips(args.data, ("essays_round_trip_dev", "mt_dev"))
    by_kind: dict[str, list[Query]] = defaultdict(list)
    for query in sorted(queries, key=lambda query: sha256(query.original.encode()).digest()):
        by_kind[query.kind].append(query)
    queries = [query for kind in sorted(by_kind) for query in by_kind[kind][: args.queries]]
    asked = {query.original for query in queries}
    trips = [one for one in trips if one[0] in asked]
    queries = altered(targets, pages, args.data, args.queries) + queries
    pool = trips + texts[: max(0, sizes[-1] - len(trips))]
    if len(pool) < sizes[-1]:
        parser.error(f"--sizes: {sizes[-1]:,} originals asked for, but DATA has only {len(pool):,} texts")
    print(
        f"{len(pool):,} originals, {sum(len(t.split()) for _, t in pool) / len(pool):.0f} words each",
        file=sys.stderr,
    )

    results = []
    for make in [Ours, OursWithTexts, *(peers() if args.peers else [])]:
        with tempfile.TemporaryDirectory() as folder:
            collection, held, took = make(Path(folder)), 0, 0.0
            for size in sizes:
                start = time.process_time()
                collection.add(pool[held:size])
                took += time.process_time() - start
                held = size
                results.append(measured(collection, size, took, queries))
                one = results[-1]
                print(
                    f"{one.name}: {size:,} originals, {took:.1f} s, {one.searches_per_second:.0f} searches/s",
                    file=sys.stderr,
                    flush=True,
                )
    show(results)
    if args.json:
        result = {"peak_mb": own_peak_mb(), "results": [vars(one) for one in results]}
        args.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def show(results: list[Figures]) -> None:
    """Print the tables."""
    print("| collection | originals | add, s | bytes each | searches/s |\n|---|---|---|---|---|")
    for one in results:
        print(
            f"| {one.name} | {one.originals:,} | {one.add_seconds:.1f} | {one.bytes_each:,.0f} "
            f"| {one.searches_per_second:,.0f} |"
        )
    print("\nShare of queries with the original at rank 1 / among the first ten:\n")
    print("| query | n | " + " | ".join(f"{one.name}, {one.originals:,}" for one in results) + " |")
    print("|---" * (len(results) + 2) + "|")
    for kind, (n, _, _) in results[0].kinds.items():
        cells = (f"{one.kinds[kind][1]:.1%} / {one.kinds[kind][2]:.1%}" for one in results)
        print(f"| {kind} | {n} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    run_main(main)
