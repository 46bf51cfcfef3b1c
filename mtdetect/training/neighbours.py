"""Which words could have stood in a word's place.

Three sources name candidates: a thesaurus (what a spinner looks up, read backwards and through inflection),
words that keep the same company in people's English (distributional neighbours, from the same counts as the
language tables), and, for both, the words they have in common. A candidate costs table space and look-ups at
scoring, so each word keeps its best ``WIDTH``.
"""

from __future__ import annotations

import gzip
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack
from sklearn.utils.extmath import randomized_svd

from mtdetect.errors import InputError
from mtdetect.text.inflection import FORMS, forms
from mtdetect.text.vocabulary import FIRST_WORD, Vocabulary

WORDS = 50_000
"""Words that get candidates; rarer ones are names and misspellings."""

WIDTH = 16
"""Candidates of a word."""

DIMENSIONS = 128
CONTEXTS = 12_000
SMOOTHING = 0.75
"""Context counts to this power: rare contexts otherwise dominate (Levy, Goldberg and Dagan, TACL 2015, section 3.1)."""

NEAREST = 10
LEAST_SIMILARITY = 0.35
"""Below this cosine, neighbours are no longer of the same kind (read off the neighbours of some twenty words)."""

U64 = npt.NDArray[np.uint64]


def embed(ngrams: dict[str, tuple[U64, npt.NDArray[np.int64]]], words: int) -> npt.NDArray[np.float32]:
    """Vectors of the commonest words from their neighbours to the left, to the right and beyond.

    Singular vectors of the matrix of positive pointwise mutual information (Levy and Goldberg, NIPS 2014), with one block
    of columns for each position: words that fit the same slots come close.

    Parameters
    ----------
    ngrams : dict
        Keys and counts of ``bigram`` and ``skip``.
    words : int
        Rows: the numbers below.

    Returns
    -------
    ndarray of float32, shape (words, DIMENSIONS)
        Unit vectors.
    """
    blocks = []
    for name in ("bigram", "skip"):
        keys, counts = ngrams[name]
        left = (keys >> np.uint64(20)).astype(np.int64)
        right = (keys & np.uint64(0xFFFFF)).astype(np.int64)
        for row, column in ((left, right), (right, left)):
            keep = (row < words) & (column < CONTEXTS) & (row >= FIRST_WORD)
            matrix = csr_matrix(
                (counts[keep].astype(np.float64), (row[keep], column[keep])), shape=(words, CONTEXTS)
            )
            of_row = np.asarray(matrix.sum(axis=1)).ravel()
            of_column = np.asarray(matrix.sum(axis=0)).ravel() ** SMOOTHING
            of_column /= of_column.sum()
            coordinates = matrix.tocoo()
            expected = of_row[coordinates.row] * of_column[coordinates.col]
            pmi = np.log(np.maximum(coordinates.data / np.maximum(expected, 1e-12), 1.0))
            blocks.append(csr_matrix((pmi, (coordinates.row, coordinates.col)), shape=matrix.shape))
    u, s, _ = randomized_svd(hstack(blocks).tocsr(), DIMENSIONS, n_iter=4, random_state=0)
    vectors = u * np.sqrt(s)  # half the weight on the spectrum (Levy, Goldberg and Dagan 2015, section 3.3)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(norms, 1e-9)).astype(np.float32)


def nearest(vectors: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """The ``NEAREST`` words of each word and their cosines, best first."""
    found, cosine = [], []
    for start in range(0, len(vectors), 2000):
        similar = vectors[start : start + 2000] @ vectors.T
        rows = np.arange(len(similar))
        similar[rows, start + rows] = -1
        similar[:, :FIRST_WORD] = -1
        best = np.argpartition(-similar, NEAREST, axis=1)[:, :NEAREST]
        value = np.take_along_axis(similar, best, axis=1)
        order = np.lexsort((best, -value), axis=1)
        found.append(np.take_along_axis(best, order, axis=1))
        cosine.append(np.take_along_axis(value, order, axis=1))
    return np.concatenate(found), np.concatenate(cosine)


def thesaurus(path: Path, vocabulary: Vocabulary) -> dict[int, set[int]]:
    """Single-word synonyms in both directions, through all inflections that the vocabulary knows.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    known = vocabulary.numbers
    pairs: dict[int, set[int]] = defaultdict(set)
    inflected: dict[str, dict[str, tuple[str, ...]]] = {}

    def all_forms(base: str) -> dict[str, tuple[str, ...]]:
        if base not in inflected:
            inflected[base] = forms(base)
        return inflected[base]

    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            next(lines)
            for line in lines:
                word, _, senses = line.rstrip("\n").partition("\t")
                if not word.isalpha():
                    continue
                for synonym in {s for sense in senses.split("|") for s in sense.split(",")}:
                    if not synonym.isalpha():
                        continue
                    spellings: list[tuple[tuple[str, ...], tuple[str, ...]]] = [((word,), (synonym,))]
                    ours, theirs = all_forms(word), all_forms(synonym)
                    spellings += [(ours[name], theirs[name]) for name in FORMS]
                    for mine, others in spellings:
                        a = next((known[w] for w in mine if w in known), None)
                        b = next((known[w] for w in others if w in known), None)
                        if a is not None and b is not None and a != b:
                            pairs[a].add(b)
                            pairs[b].add(a)
    except (OSError, EOFError, UnicodeDecodeError, StopIteration) as error:
        raise InputError(f"{path}: not a table of synonyms ({error})") from error
    return pairs


def substitutes(
    ngrams: dict[str, tuple[U64, npt.NDArray[np.int64]]],
    counts: npt.NDArray[np.int64],
    vocabulary: Vocabulary,
    synonyms: Path,
) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Candidates for each word.

    Returns
    -------
    candidates : ndarray of uint16, shape (WORDS, WIDTH)
        Numbers of words, most plausible first; 0 fills up.
    plausible : ndarray of uint8, shape (WORDS, WIDTH)
        Cosine of the two words, 0 to 250; synonyms by thesaurus have the lowest bit set.
    vectors : ndarray of float32, shape (WORDS, DIMENSIONS)
        For building further tables.
    """
    words = min(WORDS, len(vocabulary))
    vectors = embed(ngrams, words)
    near, cosine = nearest(vectors)
    by_sense = thesaurus(synonyms, vocabulary)
    candidates = np.zeros((words, WIDTH), np.uint16)
    plausible = np.zeros((words, WIDTH), np.uint8)
    for number in range(FIRST_WORD, words):
        listed = {b for b in by_sense.get(number, ()) if b < words}
        score = {
            int(b): float(c)
            for b, c in zip(near[number].tolist(), cosine[number].tolist(), strict=True)
            if c >= LEAST_SIMILARITY
        }
        if listed:
            of_listed = sorted(listed)
            for b, c in zip(of_listed, (vectors[of_listed] @ vectors[number]).tolist(), strict=True):
                score[b] = c
        # A synonym is what spinners draw from, and common words are what they replace.
        rank = sorted(
            score, key=lambda b: (-(score[b] + 0.3 * (b in listed) + 0.02 * np.log(counts[b] + 1)), b)
        )[:WIDTH]
        candidates[number, : len(rank)] = rank
        plausible[number, : len(rank)] = [(int(max(score[b], 0.0) * 125) << 1) | (b in listed) for b in rank]
    return candidates, plausible, vectors


def describe(word: str, vocabulary: Vocabulary, candidates: npt.NDArray[Any]) -> list[str]:
    """Candidates of a word as spellings, for people who build tables."""
    return [vocabulary.word(int(b)) for b in candidates[vocabulary.numbers[word]] if b]
