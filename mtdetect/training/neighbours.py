"""Which words could have stood in a word's place.

Words are points: what keeps the same company in people's English comes close (singular vectors of the tables' own counts). Then a
graph of substitutions pulls together what a thesaurus lists, in all inflections, and what translators and engines were seen
to put for one another (``training.wordings``): *retrofitting* (Faruqui et al., NAACL 2015). On 3,522 replaced words of the
tortured phrases for tuning, the right word is among the 16 nearest in 14 % by company alone, 31 % with the thesaurus, 36 %
with both. An alternative costs table space and look-ups at scoring, so each word keeps its best ``WIDTH``.
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
"""Words that get alternatives; rarer ones are names and misspellings."""

WIDTH = 32
"""Alternatives of a word, likeliest first; 48 hold 4 % more of the right words, in half as much again of the space."""

DIMENSIONS = 128
CONTEXTS = 12_000
SMOOTHING = 0.75
"""Context counts to this power: rare contexts otherwise dominate (Levy, Goldberg and Dagan, TACL 2015, section 3.1)."""

SPECTRUM = 0.25
"""Power of the singular values in the vectors; 0.5 finds 2 % fewer, 0 as many."""

LOYALTY = 0.3
"""Weight of a word's own company against its substitutes when vectors are retrofitted."""

ROUNDS = 10

LEAST_VARIATION, SURE_VARIATION, ALIKE = 2, 6, 0.1
"""Sightings that make a substitution an edge of the graph: the first number if company agrees (cosine), the second anyway."""

VARIATION_WEIGHT = 3.0
"""Of a substitution seen often and before all others, against 1 for an entry of the thesaurus."""

LISTED, COMMON, SPUN = 0.25, 0.03, 0.04
"""What being listed by a thesaurus, one unit of log frequency, and one of being replaced by spinners add to an alternative's cosine when
alternatives are ranked. Of the right words above 32 alternatives hold 53 % with 0.1, 60 % with 0.2, 61 % with 0.5 for the first; 60, 61 and 62 % with 0.012,
0.025 and 0.04 for the second; 57, 60 and 61 % with 0, 0.03 and 0.06 for the third, each time with 0.25, 0.012 and 0.03 for the others."""

AFFINITY = 32
"""Dimensions of the affinity of neighbours: 64 and 100 tell tortured from right wordings hardly better (area under the curve
0.72 and 0.73 against 0.71)."""


def _ppmi(keys: U64, counts: I64, words: int, contexts: int, *, backwards: bool = False) -> csr_matrix:
    """Positive pointwise mutual information of words (rows) with what follows them, or precedes them."""
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
    """Two vectors a word whose product foretells the mutual information of a pair that was never seen.

    Returns
    -------
    first, second : ndarray of int8, shape (words, AFFINITY)
        Of a word as the left and as the right half of a pair.
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
    """Pull words towards the words that stand for them.

    Parameters
    ----------
    vectors : ndarray, shape (n, d)
        Unit vectors.
    graph : sparse matrix, shape (n, n)
        Weights of the edges.

    Returns
    -------
    ndarray of float32, shape (n, d)
        Unit vectors.
    """
    degree = np.asarray(graph.sum(axis=1)).ravel()[:, None]
    pulled = vectors.astype(np.float64)
    for _ in range(ROUNDS):
        mean = (graph @ pulled) / np.maximum(degree, 1e-9)
        pulled = np.where(degree > 0, (LOYALTY * vectors + mean) / (1 + LOYALTY), vectors)
    return _unit(pulled)


def synonyms(thesaurus: Thesaurus, vocabulary: Vocabulary) -> dict[int, set[int]]:
    """Single-word synonyms in both directions, through all inflections that the vocabulary knows.

    Parameters
    ----------
    thesaurus : Thesaurus
        Whose senses are taken together.
    vocabulary : Vocabulary

    Returns
    -------
    dict of int to set of int
        Numbers of words.
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
        if n >= SURE_VARIATION or (n >= LEAST_VARIATION and float(vectors[a] @ vectors[b]) > ALIKE):
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
    """Alternatives for each word.

    Parameters
    ----------
    ngrams : dict
        Keys and counts of ``bigram`` and ``skip``, the rare ones too.
    counts : ndarray, shape (n,)
        Of each number.
    by_sense, at_large : mapping of int to set of int
        A strict thesaurus, whose synonyms are pulled together, and a large one, as :func:`synonyms` gives them.
    variation : Counter
        Substitutions seen, as ``wordings.variation`` gives them.
    spinners : ndarray, shape (n,)
        Preference of spinners, as ``wordings.spinner_words`` gives it.

    Returns
    -------
    alternatives : ndarray of uint16, shape (WORDS, WIDTH)
        Numbers of words, likeliest first; 0 fills up.
    plausible : ndarray of uint8, shape (WORDS, WIDTH)
        Cosine of the two words, 0 to 250; synonyms by either thesaurus have the lowest bit set.
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
    """Synonyms of a word among the commonest."""
    return sorted({b for thesaurus in thesauri for b in thesaurus.get(word, ()) if b < words})


def degrees(by_sense: Mapping[int, set[int]], counts: I64) -> F64:
    """How much a word is a thesaurus's rather than people's: log ratio of the frequency of all words it stands for to its own."""
    stands_for = np.zeros(len(counts))
    for a, bs in by_sense.items():
        stands_for[a] = sum(int(counts[b]) for b in sorted(bs))
    ratio: F64 = np.log((stands_for + 1) / (counts + 1))
    return ratio
