"""Which sentence of one text says what which sentence of the other says.

Translating engines and spinners leave names, numbers and half of the words; they split and join sentences, editors drop and move them.
So sentences are matched by what they are about, order-free, and neighbours only help: two
sentences whose neighbours match need less in common.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from mtdetect.comparison.sides import Side, Terms
from mtdetect.features.lexicon import Lexicon
from mtdetect.text.arrays import F64, I64, U64
from mtdetect.text.hashing import GOLDEN_RATIO

LEAST = 0.27
"""Similarity, with the neighbours' help, from which two sentences that are each other's best are a pair."""

LEAST_BESIDE = 0.13
"""The same for sentences that stand between or beside pairs."""

LEAST_MERGED = 0.42
"""Share of a sentence's terms in a longer one that makes it a part of that."""

HELP = 0.2
"""How much the similarity of neighbours counts."""

SUBSTITUTE, SYNONYM = 0.25, 0.5
"""What a word counts that could stand in the place of another: by the company it keeps, by thesaurus."""

EVENTS = 3_000_000
"""Pairs of words looked at, at most; in long texts the commonest terms fall away first."""

FEWEST = 3
"""Words of a sentence that can be paired without a neighbour's help: headings and debris are shorter."""


@dataclass(frozen=True)
class Link:
    """Sentences that say the same.

    Attributes
    ----------
    suspect, original : tuple of int
        Sentences, from 0, in order; one of the two has one only.
    similarity : float
        0 to 1.
    """

    suspect: tuple[int, ...]
    original: tuple[int, ...]
    similarity: float


@dataclass(frozen=True)
class Similarities:
    """Pairs of sentences that share terms, by suspect's sentence, then original's.

    Attributes
    ----------
    row, column : ndarray of int64
        Sentences of the suspect and of the original.
    soft, hard : ndarray of float64
        Cosine, with and without substitutes.
    shared : ndarray of float64
        Weight in common.
    mass : tuple of ndarray
        Weight of all terms of each sentence of each side.
    """

    row: I64
    column: I64
    soft: F64
    hard: F64
    shared: F64
    mass: tuple[F64, F64]

    def best(self, side: int, *, hard: bool = True) -> F64:
        """Highest similarity of each sentence of a side.

        Parameters
        ----------
        side : int
            0 for the suspect, 1 for the original.
        hard : bool
            Without substitutes.
        """
        highest = np.zeros(len(self.mass[side]))
        np.maximum.at(highest, self.column if side else self.row, self.hard if hard else self.soft)
        return highest


def similarities(suspect: Side, original: Side) -> Similarities:
    """Compare all sentences of two texts that share a term.

    Parameters
    ----------
    suspect, original : Side
        The texts.
    """
    a, b = suspect.terms, original.terms
    rarity_a, rarity_b = _rarity(a, b, max(suspect.sentences, original.sentences, 1))
    wa, wb = a.weight * rarity_a, b.weight * rarity_b
    mass: tuple[F64, F64] = (
        np.asarray(np.bincount(a.row, wa * wa, minlength=suspect.sentences), np.float64),
        np.asarray(np.bincount(b.row, wb * wb, minlength=original.sentences), np.float64),
    )
    order = np.argsort(b.key, kind="stable")
    key_b, row_b, weight_b = b.key[order], b.row[order], wb[order]
    extra = _substitutes(suspect.view.lexicon, a, b, wa)
    key_a = np.concatenate([a.key, extra[0]])
    row_a = np.concatenate([a.row, extra[1]])
    weight_a = np.concatenate([wa, extra[2]])
    exact = np.arange(len(key_a)) < len(a.key)

    low = np.searchsorted(key_b, key_a, side="left")
    count = np.searchsorted(key_b, key_a, side="right") - low
    keep = _affordable(key_a, count)
    low, count = low[keep], count[keep]
    row_a, weight_a, exact = row_a[keep], weight_a[keep], exact[keep]
    owner = np.repeat(np.arange(len(count)), count)
    at = np.repeat(low - np.append(0, np.cumsum(count))[:-1], count) + np.arange(int(count.sum()))
    cell = row_a[owner] * max(original.sentences, 1) + row_b[at]
    value = weight_a[owner] * weight_b[at]
    cells, inverse = np.unique(cell, return_inverse=True)
    soft: F64 = np.asarray(np.bincount(inverse, value, minlength=len(cells)), np.float64)
    hard: F64 = np.asarray(np.bincount(inverse, value * exact[owner], minlength=len(cells)), np.float64)
    row, column = np.divmod(cells, max(original.sentences, 1))
    norm = np.sqrt(np.maximum(mass[0][row] * mass[1][column], 1e-9))
    return Similarities(row, column, np.minimum(soft / norm, 1.0), np.minimum(hard / norm, 1.0), soft, mass)


def _rarity(a: Terms, b: Terms, sentences: int) -> tuple[F64, F64]:
    """Less for a term that stands in many sentences: it tells little of which is which."""
    keys, inverse = np.unique(np.concatenate([a.key, b.key]), return_inverse=True)
    in_a = np.bincount(inverse[: len(a.key)], minlength=len(keys))
    in_b = np.bincount(inverse[len(a.key) :], minlength=len(keys))
    rarity = np.log1p(sentences / np.maximum(in_a, in_b)) / np.log1p(sentences)
    of_each = rarity[inverse]
    return of_each[: len(a.key)], of_each[len(a.key) :]


def _substitutes(lexicon: Lexicon, a: Terms, b: Terms, weight: F64) -> tuple[U64, I64, F64]:
    """Terms of the original that could stand in the place of the suspect's, as further terms of the suspect."""
    key_of = np.zeros(len(lexicon.counts), np.uint64)
    key_of[b.id] = b.key
    at = np.flatnonzero(a.id < len(lexicon.alternatives))
    alternatives = lexicon.alternatives[a.id[at]]
    keys = key_of[alternatives]
    keys[alternatives == 0] = 0
    owner, rank = np.nonzero(keys)
    found = keys[owner, rank]
    owner_at = at[owner]
    strength = np.where(lexicon.plausible[a.id[owner_at], rank] & 1, SYNONYM, SUBSTITUTE)
    other = found != a.key[owner_at]
    # A term that the sentence has anyway, or that two of its words could stand for, counts once.
    found, owner_at, strength = found[other], owner_at[other], strength[other]
    row = a.row[owner_at]
    order = np.lexsort((-strength, found, row))
    found, owner_at, strength, row = found[order], owner_at[order], strength[order], row[order]
    new = np.ones(len(found), bool)
    new[1:] = (found[1:] != found[:-1]) | (row[1:] != row[:-1])
    mixer = np.uint64(GOLDEN_RATIO)
    own = np.isin(found + row.astype(np.uint64) * mixer, a.key + a.row.astype(np.uint64) * mixer)
    new &= ~own
    return found[new], row[new], (weight[owner_at] * strength)[new]


def _affordable(key: U64, count: I64) -> npt.NDArray[np.bool_]:
    """Entries to look at: all unless they are too many, then those of the rarest terms."""
    keep = count > 0
    if int(count.sum()) <= EVENTS:
        return keep
    keys, inverse = np.unique(key, return_inverse=True)
    cost = np.bincount(inverse, count, minlength=len(keys))
    order = np.argsort(cost, kind="stable")
    affordable = np.zeros(len(keys), bool)
    affordable[order] = np.cumsum(cost[order]) <= EVENTS
    return keep & affordable[inverse]


@dataclass(frozen=True)
class Alignment:
    """Sentences of two texts that say the same.

    Attributes
    ----------
    suspect, original : Side
        The texts.
    links : tuple of Link
        In the order of the suspect; no sentence stands in two of them.
    similarities : Similarities
        What they were found by.
    """

    suspect: Side
    original: Side
    links: tuple[Link, ...]
    similarities: Similarities

    @cached_property
    def aligned(self) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Which sentences of each side stand in a link."""
        masks = np.zeros(self.suspect.sentences, bool), np.zeros(self.original.sentences, bool)
        for link in self.links:
            masks[0][list(link.suspect)] = True
            masks[1][list(link.original)] = True
        return masks

    @property
    def copied(self) -> float:
        """Share of the suspect's words in links."""
        return float(self.suspect.size[self.aligned[0]].sum() / max(self.suspect.words, 1))

    @property
    def covered(self) -> float:
        """Share of the original's words in links."""
        return float(self.original.size[self.aligned[1]].sum() / max(self.original.words, 1))

    @property
    def kept(self) -> float:
        """Share of the suspect's words in links that stand in identical sentences, those of other links counted by their similarity."""
        size = self.suspect.size
        alike = [(link.similarity, int(size[list(link.suspect)].sum())) for link in self.links]
        identical = sum(words for similarity, words in alike if similarity == 1.0)
        return identical / max(sum(similarity * words for similarity, words in alike), 1.0)


def align(suspect: Side, original: Side) -> Alignment:
    """Find the sentences that say the same.

    Parameters
    ----------
    suspect, original : Side
        The texts.

    Returns
    -------
    Alignment
    """
    found = similarities(suspect, original)
    if suspect.words == original.words and np.array_equal(suspect.sentence_hash, original.sentence_hash):
        links = tuple(Link((k,), (k,), 1.0) for k in range(suspect.sentences) if suspect.size[k])
        return Alignment(suspect, original, links, found)
    return Alignment(suspect, original, tuple(_Linker(suspect, original, found).links()), found)


class _Linker:
    """The work of :func:`align`: pairs first, then what stands beside them."""

    def __init__(self, suspect: Side, original: Side, found: Similarities) -> None:
        self.sides = suspect, original
        self.found = found
        self.columns = max(original.sentences, 1)
        self.cell = found.row * self.columns + found.column
        self.pair: dict[int, int] = {}
        self.back: dict[int, int] = {}
        self.joined: dict[int, list[int]] = {}  # sentences of the original joined to one of the suspect
        self.joined_back: dict[int, list[int]] = {}

    def links(self) -> list[Link]:
        """All links."""
        self._pairs()
        self._same()
        self._beside()
        self._merge()
        result = []
        for j, i in self.back.items():
            if self.pair[i] != j:
                continue  # joined to the link of another
            rows = sorted({i, *self.joined_back.get(j, [])})
            columns = sorted({j, *self.joined.get(i, [])})
            result.append(Link(tuple(rows), tuple(columns), self._similarity(rows, columns)))
        return sorted(result, key=lambda link: link.suspect)

    def _at(self, row: I64, column: I64) -> F64:
        """Similarity of pairs of sentences, 0 where they share nothing or do not exist."""
        if not len(self.cell):
            return np.zeros(len(row))
        inside = (row >= 0) & (column >= 0) & (column < self.columns) & (row < self.sides[0].sentences)
        wanted = row * self.columns + column
        at = np.minimum(np.searchsorted(self.cell, wanted), len(self.cell) - 1)
        return np.where(inside & (self.cell[at] == wanted), self.found.soft[at], 0.0)

    def _pairs(self) -> None:
        found = self.found
        row, column = found.row, found.column
        beside = np.maximum(self._at(row - 1, column - 1), self._at(row + 1, column + 1))
        score = found.soft + HELP * beside
        long = (self.sides[0].size[row] >= FEWEST) & (self.sides[1].size[column] >= FEWEST)
        score = np.where(long, score, 0.0)
        best_row = np.zeros(self.sides[0].sentences)
        best_column = np.zeros(self.columns)
        np.maximum.at(best_row, row, score)
        np.maximum.at(best_column, column, score)
        mutual = (score >= LEAST) & (score >= best_row[row] - 1e-12) & (score >= best_column[column] - 1e-12)
        # Of a sentence that stands several times, the copies are told apart by their order.
        for at in np.flatnonzero(mutual):
            i, j = int(row[at]), int(column[at])
            if i not in self.pair and j not in self.back:
                self.pair[i], self.back[j] = j, i

    def _same(self) -> None:
        """Pair what is left of identical sentences, in order: in endless repetition no term tells one from another."""
        suspect, original = self.sides
        waiting: dict[int, list[int]] = {}
        for j in range(original.sentences - 1, -1, -1):
            if j not in self.back and original.size[j] >= FEWEST:
                waiting.setdefault(int(original.sentence_hash[j]), []).append(j)
        for i in range(suspect.sentences):
            if i not in self.pair and suspect.size[i] >= FEWEST:
                left = waiting.get(int(suspect.sentence_hash[i]))
                if left:
                    j = left.pop()
                    self.pair[i], self.back[j] = j, i

    def _beside(self) -> None:
        """Pair what stands beside pairs, where that is enough."""
        suspect, original = self.sides
        for step in (1, -1):
            for i in sorted(self.pair, reverse=step < 0):
                a, b = i + step, self.pair[i] + step
                while 0 <= a < suspect.sentences and 0 <= b < original.sentences:
                    if a in self.pair or b in self.back:
                        break
                    same = suspect.sentence_hash[a] == original.sentence_hash[b]
                    alike = float(self._at(np.array([a]), np.array([b]))[0])
                    if not same and alike < LEAST_BESIDE:
                        break
                    self.pair[a], self.back[b] = b, a
                    a, b = a + step, b + step

    def _merge(self) -> None:
        """Join a sentence to its neighbour's pair if that says it, too."""
        suspect, original = self.sides
        found = self.found
        for side, size, taken, joined in (
            (1, original, self.back, self.joined),
            (0, suspect, self.pair, self.joined_back),
        ):
            for k in range(size.sentences):
                if k in taken or not size.size[k] or not found.mass[side][k]:
                    continue
                for neighbour in (k - 1, k + 1):
                    partner = taken.get(neighbour)
                    if partner is None or self._is_joined(side, partner):
                        continue
                    row, column = (partner, k) if side else (k, partner)
                    shared = self._shared(row, column)
                    if shared >= LEAST_MERGED * found.mass[side][k]:
                        joined.setdefault(partner, []).append(k)
                        taken[k] = partner
                        break

    def _is_joined(self, side: int, partner: int) -> bool:
        """Whether the link of a sentence has several on its own side already: links are 1-n or n-1."""
        if side:
            return bool(self.joined_back.get(self.pair[partner]))
        return bool(self.joined.get(self.back[partner]))

    def _shared(self, row: int, column: int) -> float:
        at = int(np.searchsorted(self.cell, row * self.columns + column))
        if at < len(self.cell) and self.cell[at] == row * self.columns + column:
            return float(self.found.shared[at])
        return 0.0

    def _similarity(self, rows: list[int], columns: list[int]) -> float:
        suspect, original = self.sides
        if np.array_equal(suspect.sentence_hash[rows], original.sentence_hash[columns]):
            return 1.0
        shared = sum(self._shared(i, j) for i in rows for j in columns)
        mass = float(self.found.mass[0][rows].sum() * self.found.mass[1][columns].sum())
        return float(min(1.0, shared / np.sqrt(mass))) if mass > 0 else 0.0
