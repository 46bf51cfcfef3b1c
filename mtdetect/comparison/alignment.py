"""Sentence alignment: which sentences of two texts correspond.

Translation engines and spinners keep names, numbers and about half of the words; they also split and join sentences, and editors drop
and move them. So sentences are matched by their shared terms, in any order. Sentences whose neighbours match need less in common.
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

LEAST = 0.33
"""Score (similarity plus ``HELP`` times that of neighbours) from which two sentences that are each other's best match are a pair.

Short texts have few sentences to choose from, so their best matches say little. Of 250 pairs of a rewritten and an unrelated text of some 90 words,
0.27 aligned a sentence in 8.4 %, 0.33 in 2.4 %; rewritten texts kept 91 of 92 % of their words aligned to their originals."""

LEAST_BESIDE = 0.13
"""Similarity from which two sentences next to a pair are a pair."""

LEAST_MERGED = 0.42
"""Share of a sentence's weight found in a sentence already paired from which the two are joined."""

MOST_JOINED = 3
"""Most sentences that correspond to one sentence of the other text."""

HELP = 0.2
"""Weight of the similarity of neighbouring sentences."""

SUBSTITUTE, SYNONYM = 0.25, 0.5
"""Weight of a shared term where the words are only alternatives: by their contexts, by a thesaurus."""

EVENTS = 3_000_000
"""Most pairs of words compared; beyond it the most frequent terms are dropped."""

FEWEST = 3
"""Fewest words of a sentence that can be paired on its own; headings and page fragments are shorter."""


@dataclass(frozen=True)
class Link:
    """Sentences that correspond.

    Attributes
    ----------
    suspect, original : tuple of int
        Sentences of each text, counted from 0, ascending; at least one of the two tuples has one member.
    similarity : float
        0 to 1.
    """

    suspect: tuple[int, ...]
    original: tuple[int, ...]
    similarity: float


@dataclass(frozen=True)
class Similarities:
    """Similarities of all pairs of sentences that share terms, sorted by ``row``, then ``column``.

    Attributes
    ----------
    row, column : ndarray of int64
        Sentence of the suspect and of the original.
    soft, hard : ndarray of float64
        Cosine similarity with and without alternatives.
    shared : ndarray of float64
        Dot product of their term weights, with alternatives.
    mass : tuple of ndarray
        Sum of the squared term weights of each sentence, for each text.
    """

    row: I64
    column: I64
    soft: F64
    hard: F64
    shared: F64
    mass: tuple[F64, F64]

    def best(self, side: int, *, soft: bool = False) -> F64:
        """Highest similarity of each sentence of one text.

        Parameters
        ----------
        side : int
            0 for the suspect, 1 for the original.
        soft : bool
            Whether alternatives count.
        """
        highest = np.zeros(len(self.mass[side]))
        np.maximum.at(highest, self.column if side else self.row, self.soft if soft else self.hard)
        return highest


def similarities(suspect: Side, original: Side) -> Similarities:
    """Compute the similarities of all pairs of sentences that share a term.

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
    extra_key, extra_row, extra_weight = _alternatives(suspect.view.lexicon, a, b, wa)
    key_a = np.concatenate([a.key, extra_key])
    row_a = np.concatenate([a.row, extra_row])
    weight_a = np.concatenate([wa, extra_weight])
    exact = np.arange(len(key_a)) < len(a.key)

    # An entry for each pair of equal terms; the entries of the same two sentences add up.
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
    """Factor of each term's weight: the more sentences have the term, the less it distinguishes them."""
    keys, inverse = np.unique(np.concatenate([a.key, b.key]), return_inverse=True)
    in_a = np.bincount(inverse[: len(a.key)], minlength=len(keys))
    in_b = np.bincount(inverse[len(a.key) :], minlength=len(keys))
    rarity = np.log1p(sentences / np.maximum(in_a, in_b)) / np.log1p(sentences)
    of_each = rarity[inverse]
    return of_each[: len(a.key)], of_each[len(a.key) :]


def _alternatives(lexicon: Lexicon, a: Terms, b: Terms, weight: F64) -> tuple[U64, I64, F64]:
    """Alternatives of the suspect's terms that the original has, as further terms of the suspect: key, row and weight."""
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
    # A term that the sentence already has, or that is an alternative of two of its words, counts once.
    found, owner_at, strength = found[other], owner_at[other], strength[other]
    row = a.row[owner_at]
    order = np.lexsort((-strength, found, row))
    found, owner_at, strength, row = found[order], owner_at[order], strength[order], row[order]
    new = np.ones(len(found), bool)
    new[1:] = (found[1:] != found[:-1]) | (row[1:] != row[:-1])
    new &= ~np.isin(
        found + row.astype(np.uint64) * np.uint64(GOLDEN_RATIO),
        a.key + a.row.astype(np.uint64) * np.uint64(GOLDEN_RATIO),
    )
    return found[new], row[new], (weight[owner_at] * strength)[new]


def _affordable(key: U64, count: I64) -> npt.NDArray[np.bool_]:
    """Entries to compare: all, or those of the rarest terms if there are more than ``EVENTS`` pairs."""
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
    """Aligned sentences of two texts.

    Attributes
    ----------
    suspect, original : Side
        The texts.
    links : tuple of Link
        In the order of the suspect; no sentence is in two of them.
    similarities : Similarities
        Similarities from which they were derived.
    """

    suspect: Side
    original: Side
    links: tuple[Link, ...]
    similarities: Similarities

    @cached_property
    def aligned(self) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Which sentences of each text are in a link."""
        masks = np.zeros(self.suspect.sentences, bool), np.zeros(self.original.sentences, bool)
        for link in self.links:
            masks[0][list(link.suspect)] = True
            masks[1][list(link.original)] = True
        return masks

    @property
    def copied(self) -> float:
        """Share of the suspect's words that are in links."""
        return float(self.suspect.size[self.aligned[0]].sum() / max(self.suspect.words, 1))

    @property
    def covered(self) -> float:
        """Share of the original's words that are in links."""
        return float(self.original.size[self.aligned[1]].sum() / max(self.original.words, 1))

    @property
    def kept(self) -> float:
        """Share of identical sentences in the suspect's linked words, each link weighted by its similarity."""
        size = self.suspect.size
        alike = [(link.similarity, int(size[list(link.suspect)].sum())) for link in self.links]
        identical = sum(words for similarity, words in alike if similarity == 1.0)
        return identical / max(sum(similarity * words for similarity, words in alike), 1.0)


def align(suspect: Side, original: Side) -> Alignment:
    """Align the sentences of two texts.

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
    return Alignment(suspect, original, tuple(_Aligner(suspect, original, found).links()), found)


class _Aligner:
    """The steps of :func:`align`: pair sentences, then their neighbours, then join sentences that were split."""

    def __init__(self, suspect: Side, original: Side, found: Similarities) -> None:
        self.sides = suspect, original
        self.found = found
        self.columns = max(original.sentences, 1)
        self.cell = found.row * self.columns + found.column
        # From sentences of the suspect to those of the original, and back.
        self.pair: dict[int, int] = {}
        self.back: dict[int, int] = {}
        # Further sentences of the original that are joined to one of the suspect, and the reverse.
        self.joined: dict[int, list[int]] = {}
        self.joined_back: dict[int, list[int]] = {}

    def links(self) -> list[Link]:
        """All links."""
        self._pair_best_matches()
        self._pair_identical()
        self._pair_neighbours()
        self._join_neighbours()
        result = []
        for j, i in self.back.items():
            if self.pair[i] != j:
                continue  # joined to another sentence's link
            rows = sorted({i, *self.joined_back.get(j, [])})
            columns = sorted({j, *self.joined.get(i, [])})
            result.append(Link(tuple(rows), tuple(columns), self._similarity(rows, columns)))
        return sorted(result, key=lambda link: link.suspect)

    def _at(self, row: I64, column: I64) -> F64:
        """``soft`` similarity of pairs of sentences; 0 where they share no term or do not exist."""
        if not len(self.cell):
            return np.zeros(len(row))
        inside = (row >= 0) & (column >= 0) & (column < self.columns) & (row < self.sides[0].sentences)
        wanted = row * self.columns + column
        at = np.minimum(np.searchsorted(self.cell, wanted), len(self.cell) - 1)
        return np.where(inside & (self.cell[at] == wanted), self.found.soft[at], 0.0)

    def _pair_best_matches(self) -> None:
        """Pair sentences that are each other's best match."""
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
        # Repeated sentences are paired in their order.
        for at in np.flatnonzero(mutual):
            i, j = int(row[at]), int(column[at])
            if i not in self.pair and j not in self.back:
                self.pair[i], self.back[j] = j, i

    def _pair_identical(self) -> None:
        """Pair the remaining identical sentences in their order: in very repetitive texts no term distinguishes them."""
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

    def _pair_neighbours(self) -> None:
        """Pair the sentences next to a pair if they are similar enough, and so on outwards."""
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

    def _join_neighbours(self) -> None:
        """Join unpaired sentences to their neighbour's pair if that contains their terms, outwards from the pair."""
        suspect, original = self.sides
        for side, text, taken, joined in (
            (1, original, self.back, self.joined),
            (0, suspect, self.pair, self.joined_back),
        ):
            for step in (1, -1):
                for k in range(text.sentences)[::step]:
                    partner = taken.get(k - step)
                    if k in taken or partner is None or not text.size[k] or self._is_joined(side, partner):
                        continue
                    if len(joined.get(partner, ())) < MOST_JOINED - 1 and self._is_contained(
                        side, k, partner
                    ):
                        joined.setdefault(partner, []).append(k)
                        taken[k] = partner

    def _is_contained(self, side: int, k: int, partner: int) -> bool:
        """Whether a sentence of the other text contains most of what a sentence says."""
        mass = float(self.found.mass[side][k])
        row, column = (partner, k) if side else (k, partner)
        return mass > 0 and self._shared(row, column) >= LEAST_MERGED * mass

    def _is_joined(self, side: int, partner: int) -> bool:
        """Whether joining would make a link of several sentences to several: links are 1-n or n-1."""
        if side:
            return bool(self.joined_back.get(self.pair[partner]))
        return bool(self.joined.get(self.back[partner]))

    def _shared(self, row: int, column: int) -> float:
        """``shared`` of a pair of sentences."""
        at = int(np.searchsorted(self.cell, row * self.columns + column))
        if at < len(self.cell) and self.cell[at] == row * self.columns + column:
            return float(self.found.shared[at])
        return 0.0

    def _similarity(self, rows: list[int], columns: list[int]) -> float:
        """Similarity of a link."""
        suspect, original = self.sides
        if np.array_equal(suspect.sentence_hash[rows], original.sentence_hash[columns]):
            return 1.0
        shared = sum(self._shared(i, j) for i in rows for j in columns)
        mass = float(self.found.mass[0][rows].sum() * self.found.mass[1][columns].sum())
        return float(min(1.0, shared / np.sqrt(mass))) if mass > 0 else 0.0
