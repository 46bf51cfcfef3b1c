"""Build the language tables from human texts.

The texts whose role is ``tables`` are read twice: first for the vocabulary, then for its n-grams.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect import artifacts
from mtdetect.degrade import Thesaurus
from mtdetect.features.stream import pair, stream, triple
from mtdetect.features.wordclass import word_classes
from mtdetect.text import Batch, Vocabulary, read
from mtdetect.text.arrays import F32, I64, U64
from mtdetect.text.english import FUNCTION_WORDS
from mtdetect.text.lookup import Lookup
from mtdetect.text.tokens import CAPITAL, WORD, hash_word
from mtdetect.text.vocabulary import FIRST_WORD
from mtdetect.training import corpus, wordings
from mtdetect.training.neighbours import (
    WORDS,
    affinity,
    degrees,
    substitutes,
    synonyms,
)

LEAST = {"word": 3, "bigram": 2, "skip": 3, "trigram": 3}
"""Smallest counts that are kept. Half of all bigrams occur once, and one occurrence in 60 million words says little."""

BATCH_CHARACTERS = 2_000_000

STEPS_PER_OCTAVE = 5
"""Counts are stored as 1 + round(5 log2 count): 7 bits up to 2**25, within 7 %. Finer steps would cost a bit of the fingerprint, and each
bit there halves the rate of false matches."""

COUNT_BITS = 7
ID_BITS = 18


def quantize(counts: npt.NDArray[Any]) -> I64:
    """Compress counts to ``COUNT_BITS`` bits; the loader's ``COUNTS`` reverses it.

    Parameters
    ----------
    counts : ndarray
        Counts, at least 1.

    Returns
    -------
    ndarray of int64
        Of the same shape, from 1 to 127.
    """
    return np.minimum(1 + np.rint(STEPS_PER_OCTAVE * np.log2(counts)), 2**COUNT_BITS - 1).astype(np.int64)


def _batches(data: Path, vocabulary: Vocabulary) -> Iterator[tuple[str, Batch]]:
    """Yield batches of texts whose role is ``tables``, with their register: the domain that all texts of a batch share."""
    for path in corpus.human_files(data):
        name = corpus.source(path)
        waiting: dict[str, list[str]] = {}
        size: dict[str, int] = {}
        for record in corpus.records(path):
            if corpus.role(name, record["group"]) != "tables":
                continue
            register = record.get("domain") or "other"
            waiting.setdefault(register, []).append(record["text"])
            size[register] = size.get(register, 0) + len(record["text"])
            if size[register] >= BATCH_CHARACTERS:
                yield register, read(waiting.pop(register), vocabulary, identify=False)
                size[register] = 0
        for register, texts in sorted(waiting.items()):
            yield register, read(texts, vocabulary, identify=False)


def _empty_vocabulary() -> Vocabulary:
    empty = Lookup.build(np.zeros(0, np.uint64), np.zeros(0, np.int64), value_bits=ID_BITS, cell=np.uint32)
    return Vocabulary(empty, np.zeros(0, np.uint8), np.zeros(0, np.uint32))


def count_words(data: Path) -> tuple[Vocabulary, I64, F32]:
    """Count the words of the texts whose role is ``tables``.

    Parameters
    ----------
    data : Path
        Folder of the corpora.

    Returns
    -------
    vocabulary : Vocabulary
        Words that occur at least ``LEAST["word"]`` times, most frequent first (ties by hash).
    counts : ndarray of int64, shape (len(vocabulary),)
        Occurrences of each word; 0 for the word classes.
    capital : ndarray of float32, shape (len(vocabulary),)
        Share of the occurrences inside a sentence that begin with a capital.

    Raises
    ------
    InputError
        If there are no files of human texts, or one is damaged.
    """
    spelling: dict[int, str] = {}
    hashes: list[U64] = []
    numbers: list[I64] = []
    for _, batch in _batches(data, _empty_vocabulary()):
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


def _count(parts: list[U64]) -> tuple[U64, I64]:
    keys, counts = np.unique(np.concatenate(parts), return_counts=True)
    parts.clear()
    return keys, counts


COLLOCATION_COUNT, COLLOCATION_PMI = 6, 2.5
"""Smallest count and pointwise mutual information (in nats) of a collocation of two content words."""


def collocations(
    keys: U64, counts: I64, single: I64, function: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint16]]:
    """Pairs of content words that often stand together in human text, sorted by left and then by right word.

    Parameters
    ----------
    keys : ndarray of uint64, shape (n,)
        Bigrams, as :func:`mtdetect.features.stream.pair` makes them, ascending.
    counts : ndarray of int64, shape (n,)
        Occurrences of each bigram.
    single : ndarray of int64, shape (n_words,)
        Occurrences of each word.
    function : ndarray of bool, shape (n_words,)
        Whether each word is a function word.

    Returns
    -------
    left, right : ndarray of uint16
        Numbers of the left and of the right word of each pair.
    """
    left, right = (keys >> np.uint64(20)).astype(np.int64), (keys & np.uint64(0xFFFFF)).astype(np.int64)
    content = (
        (np.minimum(left, right) >= FIRST_WORD)
        & (np.maximum(left, right) < WORDS)
        & ~function[left]
        & ~function[right]
    )
    pmi = np.log(
        counts * float(single.sum()) / np.maximum(single[left].astype(np.float64) * single[right], 1)
    )
    strong = content & (counts >= COLLOCATION_COUNT) & (pmi >= COLLOCATION_PMI)
    return left[strong].astype(np.uint16), right[strong].astype(np.uint16)


REGISTER_STEP, DEGREE_STEP, SPINNER_STEP, FAVOURED_STEP = 16.0, 8.0, 36.0, 24.0
"""Steps per nat in the tables that are stored as signed bytes."""

REGISTER_PRIOR = 5.0
"""Occurrences per million added to every word in every register, so that rare words have no register."""


def _bytes(values: npt.NDArray[Any], step: float) -> npt.NDArray[np.int8]:
    return np.clip(np.rint(values * step), -127, 127).astype(np.int8)


def build_tables(data: Path, output: Path, progress: Callable[[str], None]) -> dict[str, Any]:
    """Count human texts and write the tables.

    Parameters
    ----------
    data : Path
        Folder of the corpora.
    output : Path
        Folder for the tables; created if it does not exist.
    progress : callable
        Called with each progress message.

    Returns
    -------
    dict
        The manifest, as written.
    """
    progress("vocabulary")
    folder = data / "labelled"
    parallel = [folder / f"{name}.jsonl.gz" for name in (*wordings.PARALLEL, wordings.SPUN)]
    vocabulary, words, capital = count_words(data)
    progress(f"{len(vocabulary) - FIRST_WORD:,} words; n-grams")
    parts: dict[str, list[U64]] = {"bigram": [], "skip": [], "trigram": []}
    single = np.zeros(len(vocabulary), np.int64)
    by_register: dict[str, I64] = {}
    boundaries = 0
    for register, batch in _batches(data, vocabulary):
        s = stream(batch)
        of_batch = np.bincount(s.ids, minlength=len(vocabulary))
        single += of_batch
        by_register[register] = by_register.get(register, 0) + of_batch
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
        "word_lengths": np.diff(vocabulary.ends, prepend=0).astype(np.uint16),
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
    counted: dict[str, tuple[U64, I64]] = {}
    for name, part in parts.items():
        keys, counts = _count(part)
        if name != "trigram":
            counted[name] = keys, counts
        keys, counts = keys[counts >= LEAST[name]], counts[counts >= LEAST[name]]
        sizes[name] = len(keys)
        progress(f"{len(keys):,} {name}s")
        if name == "bigram":
            # How many different words follow and precede each word: smoothing needs it for unseen pairs. In a vocabulary of this
            # size it stays below 65,536.
            arrays["followers"] = np.bincount(
                (keys >> np.uint64(20)).astype(np.int64), minlength=len(single)
            ).astype(np.uint16)
            arrays["preceders"] = np.bincount(
                (keys & np.uint64(0xFFFFF)).astype(np.int64), minlength=len(single)
            ).astype(np.uint16)
            arrays["collocation_left"], arrays["collocation_right"] = collocations(
                keys, counts, single, function
            )
            sizes["collocation"] = len(arrays["collocation_left"])
        table = Lookup.build(keys, quantize(counts), value_bits=COUNT_BITS)
        arrays[f"{name}_cells"] = table.cells
        salts[name] = table.salt
    progress("substitutes")
    thesauri = corpus.thesaurus(data), corpus.large_thesaurus(data)
    by_sense, at_large = (synonyms(Thesaurus.load(path), vocabulary) for path in thesauri)
    spinners = wordings.spinner_words(data, vocabulary, single)
    arrays["candidates"], arrays["plausible"] = substitutes(
        counted, single, by_sense, at_large, wordings.variation(data, vocabulary, function), spinners
    )
    known = min(WORDS, len(vocabulary))
    arrays["affinity_left"], arrays["affinity_right"], scale = affinity(counted, known)
    arrays["spinners"] = _bytes(spinners, SPINNER_STEP)
    arrays["degrees"] = _bytes(degrees(by_sense, single), DEGREE_STEP)
    registers = sorted(by_register)
    rate = np.stack([by_register[r][:known] / max(int(by_register[r].sum()), 1) for r in registers], axis=1)
    logs = np.log(1e6 * rate + REGISTER_PRIOR)
    arrays["registers"] = _bytes(logs - logs.mean(axis=1, keepdims=True), REGISTER_STEP)
    # Computed from the bytes that ship, so that it can be computed again without counting.
    properties = np.column_stack([arrays["degrees"][:known], arrays["registers"]])
    favoured = wordings.favoured(data, vocabulary, single, by_sense, properties)
    arrays["favoured"] = _bytes(favoured, FAVOURED_STEP)
    facts = {
        "made_with": "mtdetect train --stage tables",
        "words_counted": int(words.sum()),
        "vocabulary": len(vocabulary) - FIRST_WORD,
        "ngrams": sizes,
        "least_count": LEAST,
        "salts": salts,
        "affinity_scale": scale,
        "register_names": registers,
        "steps": {
            "registers": REGISTER_STEP,
            "degrees": DEGREE_STEP,
            "spinners": SPINNER_STEP,
            "favoured": FAVOURED_STEP,
        },
        "sources": [
            corpus.source(p)
            for p in corpus.human_files(data)
            if corpus.source(p) not in corpus.OUTSIDE_TABLES
        ],
        "inputs": {p.name: artifacts.sha256(p) for p in [*corpus.human_files(data), *parallel, *thesauri]},
    }
    return artifacts.write(output, arrays, facts)
