"""Build the language tables from people's English.

Two passes over the texts whose role is ``tables``: the first finds the vocabulary, the second counts its n-grams.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect import artefacts
from mtdetect.features.stream import pair, stream, triple
from mtdetect.features.wordclass import word_classes
from mtdetect.text import Batch, Vocabulary, read
from mtdetect.text.english import FUNCTION_WORDS
from mtdetect.text.lookup import Lookup
from mtdetect.text.tokens import CAPITAL, WORD, hash_word
from mtdetect.text.vocabulary import FIRST_WORD
from mtdetect.training import corpus
from mtdetect.training.neighbours import substitutes

U64 = npt.NDArray[np.uint64]

LEAST = {"word": 3, "bigram": 2, "skip": 3, "trigram": 3}
"""Counts below these are left out: half of all bigrams stand once, and one sighting in 60 million words says little."""

BATCH_CHARACTERS = 2_000_000

STEPS_PER_OCTAVE = 5
"""Counts are stored as 1 + round(5 log2 count): 7 bits to 2**25, within 7 %. The bit that finer steps would take is worth more in
the fingerprint: it halves the strangers that seem to be seen."""

COUNT_BITS = 7
ID_BITS = 18


def quantize(counts: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Counts in few bits; the loader's ``COUNTS`` undoes it."""
    return np.minimum(1 + np.rint(STEPS_PER_OCTAVE * np.log2(counts)), 2**COUNT_BITS - 1).astype(np.int64)


def _batches(data: Path, vocabulary: Vocabulary) -> Iterator[Batch]:
    for path in corpus.human_files(data):
        name = corpus.source(path)
        texts: list[str] = []
        size = 0
        for record in corpus.records(path):
            if corpus.role(name, record["group"]) != "tables":
                continue
            texts.append(record["text"])
            size += len(record["text"])
            if size >= BATCH_CHARACTERS:
                yield read(texts, vocabulary, identify=False)
                texts, size = [], 0
        if texts:
            yield read(texts, vocabulary, identify=False)


def _empty_vocabulary() -> Vocabulary:
    nothing = Lookup.build(np.zeros(0, np.uint64), np.zeros(0, np.int64), value_bits=ID_BITS, cell=np.uint32)
    return Vocabulary(nothing, np.zeros(0, np.uint8), np.zeros(0, np.uint32))


def count_words(data: Path) -> tuple[Vocabulary, npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Vocabulary of the texts for tables, with counts.

    Returns
    -------
    vocabulary : Vocabulary
        Words seen at least ``LEAST["word"]`` times, by falling count (ties by hash).
    counts : ndarray of int64, shape (len(vocabulary),)
        How often; 0 for the classes.
    capital : ndarray of float32, shape (len(vocabulary),)
        Share of the sightings inside a sentence that began with a capital.
    """
    spelling: dict[int, str] = {}
    hashes: list[U64] = []
    numbers: list[npt.NDArray[np.int64]] = []
    for batch in _batches(data, _empty_vocabulary()):
        tokens = batch.tokens
        at = np.flatnonzero(tokens.kind == WORD)
        inside = np.ones(len(tokens), bool)
        inside[batch.sentence_first[:-1]] = False
        inside, capital = inside[at], (tokens.flags[at] & CAPITAL) > 0
        unique, first, which = np.unique(tokens.hash[at], return_index=True, return_inverse=True)
        n = len(unique)
        hashes.append(unique)
        numbers.append(
            np.stack(
                [
                    np.bincount(which, minlength=n),
                    np.bincount(which, inside, minlength=n).astype(np.int64),
                    np.bincount(which, inside & capital, minlength=n).astype(np.int64),
                ]
            )
        )
        for key, token in zip(unique.tolist(), at[first].tolist(), strict=True):
            if key not in spelling:
                codes = batch.codes[tokens.start[token] : tokens.end[token]]
                spelling[key] = codes.tobytes().decode("utf-16-le", "replace").lower()
    unique, which = np.unique(np.concatenate(hashes), return_inverse=True)
    totals = np.stack(
        [np.bincount(which, row, minlength=len(unique)) for row in np.concatenate(numbers, axis=1)]
    )
    keep = np.flatnonzero(totals[0] >= LEAST["word"])
    keep = keep[np.lexsort((unique[keep], -totals[0][keep]))][: (1 << ID_BITS) - FIRST_WORD]
    words = [spelling[key].encode("utf-8") for key in unique[keep].tolist()]
    vocabulary = Vocabulary(
        Lookup.build(unique[keep], FIRST_WORD + np.arange(len(keep)), value_bits=ID_BITS, cell=np.uint32),
        np.frombuffer(b"".join(words), np.uint8),
        np.cumsum([len(w) for w in words]).astype(np.uint32),
    )
    classes = np.zeros(FIRST_WORD)
    counts = np.append(classes, totals[0][keep]).astype(np.int64)
    capital_share = np.append(classes, totals[2][keep] / np.maximum(totals[1][keep], 1)).astype(np.float32)
    return vocabulary, counts, capital_share


def _count(parts: list[U64], least: int) -> tuple[U64, npt.NDArray[np.int64]]:
    keys, counts = np.unique(np.concatenate(parts), return_counts=True)
    parts.clear()
    keep = counts >= least
    return keys[keep], counts[keep]


def build_tables(data: Path, output: Path, progress: Callable[[str], None]) -> dict[str, Any]:
    """Count people's English and write the tables.

    Parameters
    ----------
    data : Path
        Folder of the corpora.
    output : Path
        Folder for the tables; made if absent.
    progress : callable
        Told what is going on, a line at a time.

    Returns
    -------
    dict
        The manifest, as written.
    """
    progress("vocabulary")
    vocabulary, words, capital = count_words(data)
    progress(f"{len(vocabulary) - FIRST_WORD:,} words; n-grams")
    parts: dict[str, list[U64]] = {"bigram": [], "skip": [], "trigram": []}
    single = np.zeros(len(vocabulary), np.int64)
    boundaries = 0
    for batch in _batches(data, vocabulary):
        s = stream(batch)
        single += np.bincount(s.ids, minlength=len(vocabulary))
        boundaries += int(s.last.sum())
        parts["bigram"].append(pair(s.before, s.ids))
        parts["bigram"].append(pair(s.ids, s.after)[s.last])
        skip = s.before2 >= FIRST_WORD
        parts["skip"].append(pair(s.before2, s.ids)[skip & s.word])
        inner = s.before2 != 0
        parts["trigram"].append(triple(s.before2, s.before, s.ids)[inner])
        parts["trigram"].append(triple(s.before, s.ids, s.after)[s.last])
    single[1] = boundaries
    arrays: dict[str, npt.NDArray[Any]] = {
        "word_letters": vocabulary.letters,
        "word_ends": vocabulary.ends,
        "word_cells": vocabulary.lookup.cells,
        "counts": single.astype(np.uint32),
        "capital": np.rint(255 * capital).astype(np.uint8),
        "classes": word_classes(vocabulary, capital),
    }
    function = np.zeros(len(vocabulary), bool)
    function[vocabulary.lookup.get(np.array([hash_word(w) for w in FUNCTION_WORDS], np.uint64))] = True
    function[0] = False
    arrays["function"] = function
    salts = {"word": vocabulary.lookup.salt}
    sizes = {}
    counted: dict[str, tuple[U64, npt.NDArray[np.int64]]] = {}
    for name, part in parts.items():
        keys, counts = _count(part, LEAST[name])
        sizes[name] = len(keys)
        counted[name] = keys, counts
        progress(f"{len(keys):,} {name}s")
        if name == "bigram":
            # How many different words follow and precede each: what is left for the unseen after it.
            arrays["followers"] = np.bincount(
                (keys >> np.uint64(20)).astype(np.int64), minlength=len(single)
            ).astype(np.uint32)
            arrays["preceders"] = np.bincount(
                (keys & np.uint64(0xFFFFF)).astype(np.int64), minlength=len(single)
            ).astype(np.uint32)
        table = Lookup.build(keys, quantize(counts), value_bits=COUNT_BITS)
        arrays[f"{name}_cells"] = table.cells
        salts[name] = table.salt
    progress("substitutes")
    synonyms = data / "phrases" / "synonyms.tsv.gz"
    arrays["candidates"], arrays["plausible"], _ = substitutes(counted, single, vocabulary, synonyms)
    facts = {
        "made_with": "mtdetect train --tables",
        "words_counted": int(words.sum()),
        "vocabulary": len(vocabulary) - FIRST_WORD,
        "ngrams": sizes,
        "least_count": LEAST,
        "salts": salts,
        "sources": [
            corpus.source(p)
            for p in corpus.human_files(data)
            if corpus.source(p) not in corpus.OUTSIDE_TABLES
        ],
        "inputs": {p.name: artefacts.sha256(p) for p in [*corpus.human_files(data), synonyms]},
    }
    return artefacts.write(output, arrays, facts)
