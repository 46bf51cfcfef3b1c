"""The language tables of people's English, as every block asks them.

Counts come from 60 million words (see ``tables/manifest.json``); the files are memory-mapped, so loading takes
milliseconds and workers share the pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from mtdetect import artifacts
from mtdetect.features.bigrams import FREQUENT, Bigrams
from mtdetect.features.once import Once
from mtdetect.features.stream import pair, triple
from mtdetect.text.arrays import F32, F64, I64, U64
from mtdetect.text.hashing import slots
from mtdetect.text.lookup import Lookup
from mtdetect.text.vocabulary import FIRST_WORD, Vocabulary

Result = TypeVar("Result")

FOLDER = Path(__file__).parent / "tables"

COUNTS = np.append(0.0, np.exp2(np.arange(127) / 5)).astype(np.float32)
"""Count behind each code in the tables; 0 for an n-gram that is not in them."""


ROWS = 512
"""Words whose alternatives are looked up together."""

PER_COSINE, PER_LISTED, PER_SPUN = 6.0, 1.5, 0.4
"""Nats that one unit of cosine, being listed by a thesaurus, and being a spinner's own word weigh when the likeliest substitute is chosen:
in the proportion in which ``naming.decode`` weighs them, smaller as affinities are not asked."""

SIEVE_BITS = 20
"""One usual pair for every seven slots."""

COMPARED = 16
"""Alternatives of a word that are compared with it: the model of candidates trained with 16, 24 and 32 finds 8.6, 8.7 and 8.8 % of the words that
nine spinners replaced in 527 texts, with two false reports in 1,000 words of as many others; what may have stood there is decoded from all."""

PER_DEGREE, PER_SPINNER, PER_CAPITAL_HABIT = 0.46, 2.54, 2.26
"""Weights of the habits of thesauri, of spinners and of people's capitals in the suspicion that a word is a substitute (``gains.SUSPICION``)."""


@dataclass(frozen=True)
class Substitutes:
    """What is known of the alternatives of ``n`` words, ``k`` of each (``COMPARED``).

    Attributes
    ----------
    numbers : ndarray of uint16, shape (n, k)
        0 where there is none.
    listed : ndarray of bool, shape (n, k)
        Whether a thesaurus lists them.
    columns : tuple of ndarray of float32, shape (n, k)
        Their continuation, backoff and log total (``Bigrams``), their cosine with the word, and the nats by which they are preferred
        to others that fit as well.
    """

    numbers: npt.NDArray[Any]
    listed: npt.NDArray[np.bool_]
    columns: tuple[F32, ...]


def unpack(plausible: npt.NDArray[np.uint8]) -> tuple[F32, npt.NDArray[np.bool_]]:
    """Cosines, and whether a thesaurus lists the pair, from the table's bytes."""
    return (plausible >> 1).astype(np.float32) / np.float32(125), (plausible & 1).astype(np.bool_)


def _blocks(rows: I64) -> Iterator[I64]:
    return (rows[begin : begin + ROWS] for begin in range(0, len(rows), ROWS))


@dataclass(frozen=True)
class Lexicon:
    """The tables.

    Attributes
    ----------
    vocabulary : Vocabulary
        Words by frequency.
    counts : ndarray of uint32, shape (n,)
        Sightings of each number in the stream of the language model.
    capital : ndarray of uint8, shape (n,)
        Share of capitalised sightings inside sentences, 0 to 255.
    classes : ndarray of uint16, shape (n,)
        Word class of each number.
    function : ndarray of bool, shape (n,)
        Function words.
    followers, preceders : ndarray of uint16, shape (n,)
        Different words seen after and before each.
    bigram, skip, trigram : Lookup
        Codes into ``COUNTS`` of adjacent pairs, of pairs with one word between, of triples.
    alternatives : ndarray of uint16, shape (m, k)
        Words that could have stood in the place of the ``m`` commonest; 0 fills up.
    plausible : ndarray of uint8, shape (m, k)
        Their cosine, 0 to 250, with the lowest bit set for synonyms by thesaurus.
    collocation_left, collocation_right : ndarray of uint16, shape (c,)
        Pairs of content words that people often write together, by the left word and then the right. Unlike the n-grams they are
        stored as they are: no stranger is among them.
    affinity_left, affinity_right : ndarray of int8, shape (m, d)
        Of a word as left and as right half of a pair; see :meth:`affinity`.
    affinity_scale : float
        Nats in one unit of their product.
    spinners, degrees : ndarray of float32, shape (n,)
        How much spinners, and thesauri, prefer each word to people's habit, in nats.
    favoured : ndarray of float32, shape (n,)
        The same of spinners, foretold from the kind of word where they were not seen to use it; 0 for rare words.
    registers : ndarray of float32, shape (m, r)
        Log frequency of each word in news, fiction, papers and so on, less its mean over them.
    total : float
        Words in the stream.
    """

    vocabulary: Vocabulary
    counts: npt.NDArray[Any]
    capital: npt.NDArray[Any]
    classes: npt.NDArray[Any]
    function: npt.NDArray[Any]
    followers: npt.NDArray[Any]
    preceders: npt.NDArray[Any]
    bigram: Lookup
    skip: Lookup
    trigram: Lookup
    alternatives: npt.NDArray[Any]
    plausible: npt.NDArray[Any]
    collocation_left: npt.NDArray[Any]
    collocation_right: npt.NDArray[Any]
    affinity_left: npt.NDArray[Any]
    affinity_right: npt.NDArray[Any]
    affinity_scale: float
    spinners: F32
    degrees: F32
    favoured: F32
    registers: F32
    total: float

    @cached_property
    def _once(self) -> Once:
        return Once()

    def once(self, compute: Callable[[Lexicon], Result]) -> Result:
        """What a function returns for these tables, computed at the first call (:class:`mtdetect.features.once.Once`)."""
        return self._once(compute, self)

    @cached_property
    def most(self) -> npt.NDArray[np.uint8]:
        """Code that no n-gram with this number in it can exceed, one step of rounding allowed."""
        return np.searchsorted(COUNTS, self.counts, side="left").astype(np.uint8) + np.uint8(1)

    def pairs(self, table: Lookup, left: npt.NDArray[Any], right: npt.NDArray[Any]) -> F32:
        """Counts of pairs of numbers in ``bigram`` or ``skip``."""
        return COUNTS.take(self._codes(table, left, right))

    def _codes(
        self, table: Lookup, left: npt.NDArray[Any], right: npt.NDArray[Any]
    ) -> npt.NDArray[np.uint16]:
        """Codes of pairs in a table.

        One stranger in 512 shows the fingerprint of a key and then a random count. A pair cannot be commoner than its rarer
        word, which unmasks most of them, and all that would do harm.
        """
        found = table.get(pair(left, right))
        found *= found <= np.minimum(self.most.take(left), self.most.take(right))
        return found

    @cached_property
    def bigrams(self) -> Bigrams:
        """The smoothed model behind ``bigram``."""
        return Bigrams.of(self, COUNTS)

    @cached_property
    def log_counts(self) -> F32:
        """Natural logarithm of ``counts``, half a sighting added."""
        return np.log(self.counts + np.float32(0.5)).astype(np.float32)

    @cached_property
    def log_frequencies(self) -> F32:
        """Natural logarithm of each number's share of the stream."""
        return np.log((self.counts + 0.5) / self.total).astype(np.float32)

    @cached_property
    def rarity(self) -> F64:
        """Nats of each number: the negative logarithm of its share of the stream."""
        return -np.log((self.counts + 0.5) / self.total)

    @cached_property
    def compared(self) -> npt.NDArray[np.bool_]:
        """Which numbers are content words with alternatives."""
        numbers = np.arange(len(self.counts))
        compared: npt.NDArray[np.bool_] = ~self.function & (numbers >= FIRST_WORD)
        compared &= numbers < len(self.alternatives)
        return compared

    @cached_property
    def suspicion(self) -> F32:
        """Nats by which each number, wherever it stands, is suspect of standing for another (``gains.SUSPICION``)."""
        by_habit = np.float32(PER_DEGREE) * self.degrees + np.float32(PER_SPINNER) * self.spinners
        return by_habit + np.float32(PER_CAPITAL_HABIT / 255) * self.capital

    @cached_property
    def complete(self) -> bool:
        """Whether every word has as many candidates as are compared."""
        return bool(self._first[0].all())

    @cached_property
    def _first(self) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint8]]:
        """Alternatives that are compared, and what is known of them, each word's in one piece."""
        return self.alternatives[:, :COMPARED].copy(), self.plausible[:, :COMPARED].copy()

    def substitutes(self, words: npt.NDArray[Any], *, many: bool) -> Substitutes:
        """What is known of the alternatives of some words.

        Parameters
        ----------
        words : ndarray of int, shape (n,)
            Numbers below ``len(alternatives)``.
        many : bool
            Whether to take it from a table of all words, which takes a tenth of a second to make.
        """
        numbers, plausible = (table.take(words, axis=0) for table in self._first)
        columns = (
            tuple(table.take(words, axis=0) for table in self._facts)
            if many
            else self._facts_of(numbers, plausible)
        )
        return Substitutes(numbers, (plausible & 1).view(np.bool_), columns)

    def _facts_of(self, numbers: npt.NDArray[Any], plausible: npt.NDArray[np.uint8]) -> tuple[F32, ...]:
        options = numbers.astype(np.intp)
        model, (likeness, listed) = self.bigrams, unpack(plausible)
        preference = np.float32(PER_COSINE) * likeness + np.float32(PER_LISTED) * listed.astype(np.float32)
        preference -= np.float32(PER_SPUN) * self.spinners.take(options)
        tables = (model.continuation, model.single_backoff, model.log_total)
        return *(table.take(options) for table in tables), likeness, preference

    @cached_property
    def _facts(self) -> tuple[F32, ...]:
        parts = zip(*(np.array_split(table, 64) for table in self._first), strict=True)
        found = [self._facts_of(numbers, plausible) for numbers, plausible in parts]
        return tuple(np.concatenate(columns) for columns in zip(*found, strict=True))

    @cached_property
    def _beside_frequent(self) -> npt.NDArray[np.uint8]:
        """Codes, plus one, of pairs of a frequent number with an alternative behind it, and before it; 0 for those not asked yet.

        To ask for all of them at once takes longer than 50 MB of text need: most never come.
        """
        return np.zeros((2, FREQUENT, int(self.alternatives.max(initial=0)) + 1), np.uint8)

    def beside(
        self, neighbour: npt.NDArray[Any], words: npt.NDArray[Any], side: int
    ) -> npt.NDArray[np.uint8]:
        """Codes of the pairs that the alternatives of words make with the words' neighbours.

        Parameters
        ----------
        neighbour, words : ndarray of int, shape (n,)
            Numbers; of words below ``len(alternatives)``.
        side : int
            0 if the neighbour comes before, 1 if it comes behind.

        Returns
        -------
        ndarray of uint8, shape (n, k)
        """
        codes = np.empty((len(words), self._first[0].shape[1]), np.uint8)
        frequent = neighbour < FREQUENT
        rows = np.flatnonzero(frequent)
        # In order of the neighbour, so that a row of the table stays in the cache.
        rows = rows[np.argsort(neighbour[rows].astype(np.uint8), kind="stable")]
        codes[rows] = self._remembered(neighbour[rows], words[rows], side)
        for own in _blocks(np.flatnonzero(~frequent)):
            options, beside = self._first[0].take(words[own], axis=0), neighbour[own][:, None]
            pair = (options, beside) if side else (beside, options)
            codes[own] = self._codes(self.bigram, *pair)
        return codes

    def _remembered(
        self, neighbour: npt.NDArray[Any], words: npt.NDArray[Any], side: int
    ) -> npt.NDArray[np.uint8]:
        """The same for frequent neighbours: each pair is looked up in the large table once a process."""
        options = self._first[0].take(words, axis=0)
        told = self._beside_frequent[side]
        spots = options.astype(np.intp)
        spots += neighbour.astype(np.intp)[:, None] * told.shape[1]
        codes = told.ravel().take(spots)
        new = np.flatnonzero(codes == 0)
        pair = neighbour.take(new // options.shape[1]), options.ravel().take(new)
        found = self._codes(self.bigram, *(reversed(pair) if side else pair)).astype(np.uint8) + np.uint8(1)
        codes.ravel()[new] = found
        told.ravel()[spots.ravel().take(new)] = found
        return codes - np.uint8(1)

    @cached_property
    def _collocation_keys(self) -> U64:
        return pair(self.collocation_left, self.collocation_right)

    @cached_property
    def _collocation_sieve(self) -> npt.NDArray[np.bool_]:
        """By scrambled bits of a pair, whether any usual pair has them: a look-up turns most others away before they are searched for."""
        sieve = np.zeros(1 << SIEVE_BITS, bool)
        sieve[slots(self._collocation_keys, SIEVE_BITS)] = True
        return sieve

    @cached_property
    def _collocates(
        self,
    ) -> tuple[tuple[npt.NDArray[Any], I64, npt.NDArray[np.int32]], ...]:
        """What stands before words, and what stands behind them: collocates in order of the word, where each word's begin, and their outlines."""
        by_right = np.argsort(self.collocation_right, kind="stable")
        numbers = np.arange(len(self.counts) + 1)
        return tuple(
            (other, np.searchsorted(own, numbers).astype(np.int64), self.vocabulary.outline.take(other))
            for own, other in (
                (self.collocation_right[by_right], self.collocation_left[by_right]),
                (self.collocation_left, self.collocation_right),
            )
        )

    def are_collocations(self, left: npt.NDArray[Any], right: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Whether pairs of numbers are usual pairs of content words."""
        keys, asked = self._collocation_keys, pair(left, right)
        found = self._collocation_sieve.take(slots(asked, SIEVE_BITS))
        maybe = np.flatnonzero(found)
        wanted = asked.ravel().take(maybe)
        found.ravel()[maybe] = keys[np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)] == wanted
        return found

    def collocates(
        self, words: npt.NDArray[Any], side: int, outline: npt.NDArray[np.int32]
    ) -> tuple[I64, I64]:
        """What people write beside some words, as far as it has the first and the last letter that are asked for.

        Parameters
        ----------
        words : ndarray of int, shape (n,)
        side : int
            0 for what comes before them, 1 for what comes after.
        outline : ndarray of int32, shape (n,)
            What ``Vocabulary.outline`` shall say of the collocates of each.

        Returns
        -------
        which : ndarray of int64
            Index into ``words``.
        collocate : ndarray of int64
            Number of the word beside it.
        """
        other, first, outlines = self._collocates[side]
        begin = first[words]
        size = first[words + 1] - begin
        end = np.cumsum(size)
        at = np.repeat(begin - (end - size), size)
        at += np.arange(len(at))
        # A word has dozens of collocates, and few are alike: all else is made for those.
        alike = np.flatnonzero(outlines.take(at) == np.repeat(outline, size))
        which = np.searchsorted(end, alike, side="right")
        return which, other.take(at.take(alike)).astype(np.int64)

    def triples(
        self,
        left: npt.NDArray[Any],
        middle: npt.NDArray[Any],
        right: npt.NDArray[Any],
        history: npt.NDArray[Any],
    ) -> F32:
        """Counts of triples of numbers; ``history`` are the counts of their first two."""
        # Without the first two there is no triple, so that a third of the look-ups is spared.
        some = np.flatnonzero(history)
        right = right.take(some)
        found = COUNTS.take(self.trigram.get(triple(left.take(some), middle.take(some), right)))
        found[(found > 1.1 * history.take(some)) | (found > 1.1 * self.counts.take(right))] = 0
        count = np.zeros(len(history), np.float32)
        count[some] = found
        return count

    def affinity(self, left: npt.NDArray[Any], right: npt.NDArray[Any]) -> F32:
        """Mutual information, in nats, that pairs of the ``m`` commonest words should have, by what their likes keep company with."""
        product = np.einsum(
            "ij,ij->i",
            self.affinity_left.take(left, axis=0).astype(np.float32),
            self.affinity_right.take(right, axis=0).astype(np.float32),
        )
        return product * np.float32(self.affinity_scale)

    def affinities(self, left: npt.NDArray[Any], right: npt.NDArray[Any]) -> F32:
        """Affinity of each left with each right number, shape (len(left), len(right)): to the bit that of :meth:`affinity`, for sums of bytes are exact."""
        product = (
            self.affinity_left[left].astype(np.float32) @ self.affinity_right[right].astype(np.float32).T
        )
        return product * np.float32(self.affinity_scale)

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Lexicon:
        """Load the tables of a folder.

        Raises
        ------
        ModelError
            If they are missing or damaged.
        """
        arrays, manifest = artifacts.read(folder)
        salts = manifest["salts"]
        ends = np.cumsum(arrays["word_lengths"], dtype=np.uint32)
        vocabulary = Vocabulary(Lookup(arrays["word_cells"], 18, salts["word"]), arrays["word_letters"], ends)
        grams: dict[str, Any] = {
            name: Lookup(arrays[f"{name}_cells"], 7, salts[name]) for name in ("bigram", "skip", "trigram")
        }

        plain: dict[str, Any] = {
            name: arrays[name]
            for name in (
                "counts",
                "capital",
                "classes",
                "function",
                "followers",
                "preceders",
                "plausible",
                "affinity_left",
                "affinity_right",
                "collocation_left",
                "collocation_right",
            )
        }
        for name, step in manifest["steps"].items():
            plain[name] = arrays[name].astype(np.float32) / np.float32(step)
        return cls(
            vocabulary=vocabulary,
            alternatives=arrays["candidates"],
            total=float(plain["counts"].sum()),
            affinity_scale=float(manifest["affinity_scale"]),
            **plain,
            **grams,
        )


@lru_cache(maxsize=1)
def shipped() -> Lexicon:
    """The tables that come with the package, loaded once a process."""
    return Lexicon.load()
