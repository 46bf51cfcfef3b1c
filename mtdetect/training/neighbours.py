"""Alternatives of a word: words that could have stood in its place.

Words that occur in the same contexts in human text get similar vectors (singular vectors of the tables' counts). *Retrofitting* (Faruqui
et al., NAACL 2015) then moves together words that a thesaurus lists, in all inflections, and words that translators and engines use for
each other (``training.wordings``). Of 3,522 replaced words of the tortured phrases for tuning, the right word is among the 16 nearest in
14 % by contexts alone, 31 % with the thesaurus, 36 % with both. Each alternative costs table space and look-ups when a text is scored, so
a word keeps its best ``WIDTH``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack
from sklearn.utils.extmath import randomized_svd

from mtdetect.degrade import Thesaurus
from mtdetect.text.arrays import F32, F64, I64, U64
from mtdetect.text.inflection import FORMS, forms
from mtdetect.text.vocabulary import FIRST_WORD, Vocabulary

WORDS = 50_000
"""Number of most frequent words that get alternatives; rarer words are names and misspellings."""

WIDTH = 32
"""Number of alternatives of a word. 48 would hold 4 % more of the right words in 1.5 times the space."""

DIMENSIONS = 128
CONTEXTS = 12_000
SMOOTHING = 0.75
"""Power to which context counts are raised; rare contexts dominate otherwise (Levy, Goldberg and Dagan, TACL 2015, section 3.1)."""

SPECTRUM = 0.25
"""Power to which singular values are raised in the vectors; 0.5 finds 2 % fewer right words, 0 as many."""

OWN_WEIGHT = 0.3
"""Weight of a word's own vector against the mean of its substitutes when vectors are retrofitted."""

ROUNDS = 10

LEAST_VARIATION, SURE_VARIATION, LEAST_COSINE = 2, 6, 0.1
"""A substitution becomes an edge of the graph if it occurs ``LEAST_VARIATION`` times and the cosine of the two words is above
``LEAST_COSINE``, or if it occurs ``SURE_VARIATION`` times."""

VARIATION_WEIGHT = 3.0
"""Factor of a substitution's weight, beside the logarithm of its count and the root of its share; a thesaurus entry has weight 1."""

LISTED, COMMON, SPUN = 0.25, 0.03, 0.04
"""Added to an alternative's cosine for the ranking: if a thesaurus lists it, for a unit of log frequency, and for a unit of how much spinners
replace it. Share of the right words above among 32 alternatives: with ``LISTED`` 0.1, 0.2 and 0.5, 53, 60 and 61 %; with ``COMMON`` 0.012,
0.025 and 0.04, 60, 61 and 62 %; with ``SPUN`` 0, 0.03 and 0.06, 57, 60 and 61 %; each with 0.25, 0.012 and 0.03 for the others."""

AFFINITY = 32
"""Dimensions of the affinity of adjacent words. 64 and 100 separate tortured from right wordings hardly better (area under the curve
0.72 and 0.73, against 0.71)."""


def _ppmi(keys: U64, counts: I64, words: int, contexts: int, *, backwards: bool = False) -> csr_matrix:
    """Positive pointwise mutual information of words (rows) with the words that follow or, if ``backwards``, precede them."""
    row = (keys >> np.uint64(20)).astype(np.int64)
    column = (keys & np.uint64(0xFFFFF)).astype(np.int64)
    if backwards:
        row, column = column, row
    keep = (row < words) & (column < contexts) & (row >= FIRST_WORD)
    matrix = csr_matrix((counts[keep].astype(np.float64), (row[keep], column[keep])), shape=(words, contexts))
    of_row = np.asarray(matrix.sum(axis=1)).ravel()
    of_column = np.asarray(matrix.sum(axis=0)).ravel() ** SMOOTHING
    of_column /= of_column.sum()
    coordinates = matrix.tocoo()
    expected = of_row[coordinates.row] * of_column[coordinates.col]
    pmi = np.log(np.maximum(coordinates.data / np.maximum(expected, 1e-12), 1.0))
    return csr_matrix((pmi, (coordinates.row, coordinates.col)), shape=matrix.shape)


def _unit(vectors: npt.NDArray[Any]) -> F32:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(norms, 1e-9)).astype(np.float32)


def embed(ngrams: dict[str, tuple[U64, I64]], words: int) -> F32:
    """Vectors of the most frequent words, from the words one and two positions away on either side.

    These are singular vectors of the matrix of positive pointwise mutual information (Levy and Goldberg, NIPS 2014), with one
    block of columns for each position, so words that occur in the same positions get similar vectors.

    Parameters
    ----------
    ngrams : dict
        Keys and counts of ``bigram`` and ``skip``.
    words : int
        Number of words that get a vector.

    Returns
    -------
    ndarray of float32, shape (words, DIMENSIONS)
        Unit vectors.
    """
    blocks = [
        _ppmi(*ngrams[name], words, CONTEXTS, backwards=backwards)
        for name in ("bigram", "skip")
        for backwards in (False, True)
    ]
    matrix = hstack(blocks).tocsr()
    u, s, _ = randomized_svd(matrix, min(DIMENSIONS, min(matrix.shape) - 1), n_iter=4, random_state=0)
    return _unit(u * s**SPECTRUM)


def affinity(
    ngrams: dict[str, tuple[U64, I64]], words: int
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int8], float]:
    """Two vectors for each word, whose product predicts the mutual information of an unseen pair.

    Parameters
    ----------
    ngrams : dict
        Keys and counts of ``bigram``.
    words : int
        Number of most frequent words that get vectors.

    Returns
    -------
    first, second : ndarray of int8, shape (words, AFFINITY)
        Vectors of each word as the left and as the right word of a pair.
    scale : float
        Nats in one unit of the product.
    """
    matrix = _ppmi(*ngrams["bigram"], words, words)
    matrix = matrix[:, :words]
    u, s, vt = randomized_svd(matrix, min(AFFINITY, words - 1), n_iter=4, random_state=0)
    left, right = u * np.sqrt(s), vt.T * np.sqrt(s)
    steps = [127 / max(float(np.quantile(np.abs(side), 0.9999)), 1e-9) for side in (left, right)]
    first, second = (
        np.clip(np.rint(side * step), -127, 127).astype(np.int8)
        for side, step in zip((left, right), steps, strict=True)
    )
    return first, second, 1 / (steps[0] * steps[1])


def retrofit(vectors: F32, graph: csr_matrix) -> F32:
    """Move each vector towards those of the word's substitutes.

    Parameters
    ----------
    vectors : ndarray, shape (n, d)
        Unit vectors.
    graph : sparse matrix, shape (n, n)
        Weights of the edges between words and their substitutes.

    Returns
    -------
    ndarray of float32, shape (n, d)
        Unit vectors.
    """
    degree = np.asarray(graph.sum(axis=1)).ravel()[:, None]
    pulled = vectors.astype(np.float64)
    for _ in range(ROUNDS):
        mean = (graph @ pulled) / np.maximum(degree, 1e-9)
        pulled = np.where(degree > 0, (OWN_WEIGHT * vectors + mean) / (1 + OWN_WEIGHT), vectors)
    return _unit(pulled)


def synonyms(thesaurus: Thesaurus, vocabulary: Vocabulary) -> dict[int, set[int]]:
    """Single-word synonyms in both directions, in all inflections that are in the vocabulary.

    Parameters
    ----------
    thesaurus : Thesaurus
        The synonyms; its senses are merged.
    vocabulary : Vocabulary
        Gives each word its number.

    Returns
    -------
    dict of int to set of int
        Numbers of the synonyms, by the number of the word.
    """
    known = vocabulary.numbers
    pairs: dict[int, set[int]] = defaultdict(set)
    inflected: dict[str, dict[str, tuple[str, ...]]] = {}

    def all_forms(base: str) -> dict[str, tuple[str, ...]]:
        if base not in inflected:
            inflected[base] = forms(base)
        return inflected[base]

    for word in filter(str.isalpha, thesaurus):
        for synonym in {s for sense in thesaurus.senses(word) for s in sense if s.isalpha()}:
            spellings: list[tuple[tuple[str, ...], tuple[str, ...]]] = [((word,), (synonym,))]
            ours, theirs = all_forms(word), all_forms(synonym)
            spellings += [(ours[name], theirs[name]) for name in FORMS]
            for mine, others in spellings:
                a = next((known[w] for w in mine if w in known), None)
                b = next((known[w] for w in others if w in known), None)
                if a is not None and b is not None and a != b:
                    pairs[a].add(b)
                    pairs[b].add(a)
    return pairs


def _graph(
    by_sense: Mapping[int, set[int]],
    variation: Counter[tuple[int, int]],
    vectors: F32,
) -> csr_matrix:
    words = len(vectors)
    edges = [(a, b, 1.0) for a, bs in by_sense.items() if a < words for b in sorted(bs) if b < words]
    seen: Counter[tuple[int, int]] = Counter()
    for (a, b), n in variation.items():
        if a < words and b < words:
            seen[a, b] += n
            seen[b, a] += n
    total: Counter[int] = Counter()
    for (a, _), n in seen.items():
        total[a] += n
    for (a, b), n in sorted(seen.items()):
        if n >= SURE_VARIATION or (n >= LEAST_VARIATION and float(vectors[a] @ vectors[b]) > LEAST_COSINE):
            edges.append((a, b, VARIATION_WEIGHT * float(np.log1p(n) * np.sqrt(n / total[a]))))
    rows, columns, weights = zip(*edges, strict=True) if edges else ((), (), ())
    return csr_matrix((weights, (rows, columns)), shape=(words, words))


def substitutes(
    ngrams: dict[str, tuple[U64, I64]],
    counts: I64,
    by_sense: Mapping[int, set[int]],
    at_large: Mapping[int, set[int]],
    variation: Counter[tuple[int, int]],
    spinners: F64,
) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint8]]:
    """Choose the alternatives of each word.

    Parameters
    ----------
    ngrams : dict
        Keys and counts of ``bigram`` and ``skip``, rare ones included.
    counts : ndarray, shape (n,)
        Occurrences of each word.
    by_sense, at_large : mapping of int to set of int
        Synonyms of a strict and of a large thesaurus, as returned by :func:`synonyms`; retrofitting uses only the strict one.
    variation : Counter
        Substitutions between versions of one text, as returned by ``wordings.variation``.
    spinners : ndarray, shape (n,)
        Preference of spinners, as returned by ``wordings.spinner_words``.

    Returns
    -------
    alternatives : ndarray of uint16, shape (WORDS, WIDTH)
        Numbers of the alternatives, most likely first, padded with 0.
    plausible : ndarray of uint8, shape (WORDS, WIDTH)
        Cosine of the two words, 0 to 250; the lowest bit is set if either thesaurus lists the pair.
    """
    words = min(WORDS, len(counts))
    vectors = embed(ngrams, words)
    vectors = retrofit(vectors, _graph(by_sense, variation, vectors))
    bonus = COMMON * np.log(counts[:words] + 1) - SPUN * np.clip(spinners[:words], -3, 3)
    bonus[:FIRST_WORD] = -np.inf
    width = min(WIDTH, words - FIRST_WORD - 1)
    alternatives = np.zeros((words, WIDTH), np.uint16)
    plausible = np.zeros((words, WIDTH), np.uint8)
    for start in range(0, words, 2000):
        similar = vectors[start : start + 2000] @ vectors.T
        rank = similar + bonus
        rows = np.arange(len(similar))
        is_listed = np.zeros(rank.shape, bool)
        for row in rows.tolist():
            is_listed[row, _listed(start + row, words, by_sense, at_large)] = True
        rank += LISTED * is_listed
        rank[rows, start + rows] = -np.inf
        best = np.argpartition(-rank, width, axis=1)[:, :width]
        order = np.lexsort((best, -np.take_along_axis(rank, best, axis=1)), axis=1)
        best = np.take_along_axis(best, order, axis=1)
        cosine = np.clip(np.take_along_axis(similar, best, axis=1), 0, 1)
        alternatives[start : start + 2000, :width] = best
        packed = (cosine * 125).astype(np.uint8) << 1
        plausible[start : start + 2000, :width] = packed | np.take_along_axis(is_listed, best, axis=1)
    alternatives[:FIRST_WORD] = plausible[:FIRST_WORD] = 0
    return alternatives, plausible


def _listed(word: int, words: int, *thesauri: Mapping[int, set[int]]) -> list[int]:
    """Synonyms of a word, from all thesauri, among the ``words`` most frequent."""
    return sorted({b for thesaurus in thesauri for b in thesaurus.get(word, ()) if b < words})


def degrees(by_sense: Mapping[int, set[int]], counts: I64) -> F64:
    """How rare each word is beside its synonyms: log ratio of their summed frequency to its own.

    Parameters
    ----------
    by_sense : mapping of int to set of int
        Numbers of the synonyms of a word by its own, as returned by :func:`synonyms`.
    counts : ndarray of int64, shape (n,)
        Occurrences of each word.

    Returns
    -------
    ndarray of float64, shape (n,)
        In nats, with one occurrence added to both. A word without synonyms has the negative logarithm of its own count.
    """
    synonym_occurrences = np.zeros(len(counts))
    for a, bs in by_sense.items():
        synonym_occurrences[a] = sum(int(counts[b]) for b in sorted(bs))
    ratio: F64 = np.log((synonym_occurrences + 1) / (counts + 1))
    return ratio
