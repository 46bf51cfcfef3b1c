"""The language tables: counts of human English, and what is known of each word.

The counts come from 60 million words (``tables/manifest.json``). The files are memory-mapped, so loading takes milliseconds
and worker processes share the memory.
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
from mtdetect.text.arrays import F32, F64, I64
from mtdetect.text.keyset import KeySet
from mtdetect.text.lookup import Lookup
from mtdetect.text.vocabulary import FIRST_WORD, Vocabulary

Result = TypeVar("Result")

FOLDER = Path(__file__).parent / "tables"

COUNTS = np.append(0.0, np.exp2(np.arange(127) / 5)).astype(np.float32)
"""Count that each code of the tables stands for; code 0 is an n-gram that is not in them."""

ROWS = 512
"""Words whose alternatives are looked up together."""

PER_COSINE, PER_LISTED, PER_SPUN = 6.0, 1.5, 0.4
"""Nats for a unit of cosine, for a thesaurus entry, and for a nat of spinners' preference, when the likeliest alternative is
chosen. The proportions are those of ``evidence.suggestions``; the values are smaller because affinities are not used here."""

COLLOCATION_BITS = 20
"""Slots of the filter of collocations, as a power of two: seven per collocation."""

COMPARED = 16
"""Alternatives that a word is compared with. With 16, 24 and 32 the candidate model finds 8.6, 8.7 and 8.8 % of the words that nine
spinners replaced in 527 texts, at two false reports per 1,000 words in as many other texts. Suggestions use all alternatives."""

PER_DEGREE, PER_SPINNER, PER_CAPITAL_HABIT = 0.46, 2.54, 2.26
"""Weights of ``degrees``, ``spinners`` and ``capital`` in the suspicion score (``gains.SUSPICION``)."""


@dataclass(frozen=True)
class Substitutes:
    """What is known of the alternatives of ``n`` words, ``k`` for each (``COMPARED``).

    Attributes
    ----------
    numbers : ndarray of uint16, shape (n, k)
        Ids; 0 where there is no alternative.
    listed : ndarray of bool, shape (n, k)
        Whether a thesaurus lists them.
    columns : tuple of ndarray of float32, shape (n, k)
        Continuation, backoff and log total (``Bigrams``), cosine with the word, and preference over alternatives that fit as
        well, in nats.
    """

    numbers: npt.NDArray[Any]
    listed: npt.NDArray[np.bool_]
    columns: tuple[F32, ...]


def unpack(plausible: npt.NDArray[np.uint8]) -> tuple[F32, npt.NDArray[np.bool_]]:
    """Cosines, and whether a thesaurus lists the pair, from the bytes of the table ``plausible``.

    Parameters
    ----------
    plausible : ndarray of uint8
        Entries of the table, in an array of any shape.

    Returns
    -------
    cosines : ndarray of float32
        From 0 to 1, in the same shape.
    listed : ndarray of bool
        In the same shape.
    """
    return (plausible >> 1).astype(np.float32) / np.float32(125), (plausible & 1).astype(np.bool_)


def _blocks(rows: I64) -> Iterator[I64]:
    return (rows[begin : begin + ROWS] for begin in range(0, len(rows), ROWS))


@dataclass(frozen=True)
class Lexicon:
    """The language tables.

    Attributes
    ----------
    vocabulary : Vocabulary
        Words by frequency.
    counts : ndarray of uint32, shape (n,)
        Count of each id in the stream of the language model.
    capital : ndarray of uint8, shape (n,)
        Share of capitalised occurrences within sentences, 0 to 255.
    classes : ndarray of uint16, shape (n,)
        Word class of each id.
    function : ndarray of bool, shape (n,)
        Whether each id is a function word.
    followers, preceders : ndarray of uint16, shape (n,)
        Number of different words seen after and before each.
    bigram, skip, trigram : Lookup
        Codes into ``COUNTS`` of adjacent pairs, of pairs with one word between, and of triples.
    alternatives : ndarray of uint16, shape (m, k)
        Words that could replace each of the ``m`` commonest words; padded with 0.
    plausible : ndarray of uint8, shape (m, k)
        Their cosine, 0 to 250, with the lowest bit set if a thesaurus lists the pair.
    collocation_left, collocation_right : ndarray of uint16, shape (c,)
        Pairs of content words that people often write together, sorted by the left word and then the right. Unlike the n-grams they
        are stored exactly, without false positives.
    affinity_left, affinity_right : ndarray of int8, shape (m, d)
        Vectors of a word as left and as right half of a pair; see :meth:`affinity`.
    affinity_scale : float
        Nats per unit of their product.
    spinners, degrees : ndarray of float32, shape (n,)
        How much more often spinners, and thesauri, use each word than people do, in nats.
    favoured : ndarray of float32, shape (n,)
        As ``spinners``, but predicted from properties of the word where no spinner was seen to use it; 0 for rare words.
    registers : ndarray of float32, shape (m, r)
        Log frequency of each word in news, fiction, papers and so on, minus its mean over these registers.
    total : float
        Number of words in the stream.
    folder : Path
        Where the tables come from. Pickled, they are the name of this folder, so that another process loads them once.
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
    folder: Path

    def __reduce__(self) -> tuple[Any, ...]:
        return _loaded, (self.folder,)

    @cached_property
    def _once(self) -> Once:
        return Once()

    def once(self, compute: Callable[[Lexicon], Result]) -> Result:
        """Result of a function of these tables, computed at the first call (:class:`mtdetect.features.once.Once`).

        Parameters
        ----------
        compute : callable
            Called with the lexicon: a function, a bound method or a class. The result is kept as long as the tables are.
        """
        return self._once(compute, self)

    @cached_property
    def most(self) -> npt.NDArray[np.uint8]:
        """Highest code that an n-gram with this id can have, allowing one step of rounding."""
        return np.searchsorted(COUNTS, self.counts, side="left").astype(np.uint8) + np.uint8(1)

    def pairs(self, table: Lookup, left: npt.NDArray[Any], right: npt.NDArray[Any]) -> F32:
        """Counts of pairs of ids in ``bigram`` or ``skip``.

        Parameters
        ----------
        table : Lookup
            ``bigram`` or ``skip`` of these tables.
        left, right : ndarray of int
            Ids of the words of each pair, in arrays of the same shape.

        Returns
        -------
        ndarray of float32
            In the same shape, rounded to the values of ``COUNTS``; 0 for nearly every pair that the table lacks.
        """
        return COUNTS.take(self._codes(table, left, right))

    def _codes(
        self, table: Lookup, left: npt.NDArray[Any], right: npt.NDArray[Any]
    ) -> npt.NDArray[np.uint16]:
        """Codes of pairs in a table.

        One absent pair in 512 matches a fingerprint by chance and returns a random code. A pair cannot be commoner than its rarer
        word, so most of these false positives, and all harmful ones, are set to 0.
        """
        found = table.get(pair(left, right))
        found *= found <= np.minimum(self.most.take(left), self.most.take(right))
        return found

    @cached_property
    def bigrams(self) -> Bigrams:
        """Smoothed bigram model of the counts in ``bigram``."""
        return Bigrams.of(self, COUNTS)

    @cached_property
    def log_counts(self) -> F32:
        """Natural logarithm of ``counts`` + 0.5."""
        return np.log(self.counts + np.float32(0.5)).astype(np.float32)

    @cached_property
    def log_frequencies(self) -> F32:
        """Natural logarithm of each id's share of the stream."""
        return np.log((self.counts + 0.5) / self.total).astype(np.float32)

    @cached_property
    def rarity(self) -> F64:
        """Information content of each id, in nats: minus the logarithm of its share of the stream."""
        return -np.log((self.counts + 0.5) / self.total)

    @cached_property
    def compared(self) -> npt.NDArray[np.bool_]:
        """Whether each id is a content word that has alternatives."""
        numbers = np.arange(len(self.counts))
        compared: npt.NDArray[np.bool_] = ~self.function & (numbers >= FIRST_WORD)
        compared &= numbers < len(self.alternatives)
        return compared

    @cached_property
    def suspicion(self) -> F32:
        """Part of the suspicion score of each word that does not depend on its context (``gains.SUSPICION``)."""
        by_habit = np.float32(PER_DEGREE) * self.degrees + np.float32(PER_SPINNER) * self.spinners
        return by_habit + np.float32(PER_CAPITAL_HABIT / 255) * self.capital

    @cached_property
    def complete(self) -> bool:
        """Whether every word has ``COMPARED`` alternatives."""
        return bool(self._first[0].all())

    @cached_property
    def _first(self) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint8]]:
        """The first ``COMPARED`` alternatives of each word and their entries in ``plausible``, copied to contiguous arrays."""
        return self.alternatives[:, :COMPARED].copy(), self.plausible[:, :COMPARED].copy()

    def substitutes(self, words: npt.NDArray[Any], *, many: bool) -> Substitutes:
        """What is known of the alternatives of some words.

        Parameters
        ----------
        words : ndarray of int, shape (n,)
            Ids below ``len(alternatives)``.
        many : bool
            Whether to use a table of all words, which takes 0.1 s to build.
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
    def _frequent_codes(self) -> npt.NDArray[np.uint8]:
        """Cache of codes plus 1 of pairs of a frequent id with an alternative after it, and before it; 0 if not looked up yet.

        Most of these pairs never occur: filling the whole cache would take longer than 50 MB of text need.
        """
        return np.zeros((2, FREQUENT, int(self.alternatives.max(initial=0)) + 1), np.uint8)

    def beside(
        self, neighbour: npt.NDArray[Any], words: npt.NDArray[Any], side: int
    ) -> npt.NDArray[np.uint8]:
        """Codes of the pairs of each word's alternatives with the word's neighbour.

        Parameters
        ----------
        neighbour, words : ndarray of int, shape (n,)
            Ids; those of words are below ``len(alternatives)``.
        side : int
            0 if the neighbour comes before, 1 if it comes after.

        Returns
        -------
        ndarray of uint8, shape (n, k)
        """
        codes = np.empty((len(words), self._first[0].shape[1]), np.uint8)
        frequent = neighbour < FREQUENT
        rows = np.flatnonzero(frequent)
        # Sorted by neighbour, so that a row of the table stays in the processor's cache.
        rows = rows[np.argsort(neighbour[rows].astype(np.uint8), kind="stable")]
        codes[rows] = self._beside_frequent(neighbour[rows], words[rows], side)
        for own in _blocks(np.flatnonzero(~frequent)):
            options, beside = self._first[0].take(words[own], axis=0), neighbour[own][:, None]
            pair = (options, beside) if side else (beside, options)
            codes[own] = self._codes(self.bigram, *pair)
        return codes

    def _beside_frequent(
        self, neighbour: npt.NDArray[Any], words: npt.NDArray[Any], side: int
    ) -> npt.NDArray[np.uint8]:
        """As :meth:`beside`, for frequent neighbours: each pair is looked up in ``bigram`` once per process."""
        options = self._first[0].take(words, axis=0)
        cache = self._frequent_codes[side]
        at = options.astype(np.intp)
        at += neighbour.astype(np.intp)[:, None] * cache.shape[1]
        codes = cache.ravel().take(at)
        new = np.flatnonzero(codes == 0)
        pair = neighbour.take(new // options.shape[1]), options.ravel().take(new)
        found = self._codes(self.bigram, *(reversed(pair) if side else pair)).astype(np.uint8) + np.uint8(1)
        codes.ravel()[new] = found
        cache.ravel()[at.ravel().take(new)] = found
        return codes - np.uint8(1)

    @cached_property
    def _collocations(self) -> KeySet:
        return KeySet.of(pair(self.collocation_left, self.collocation_right), COLLOCATION_BITS)

    @cached_property
    def _collocates(
        self,
    ) -> tuple[tuple[npt.NDArray[Any], I64, npt.NDArray[np.int32]], ...]:
        """Collocates before words, and after words: ids sorted by the word, where each word's begin, and their outlines."""
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
        """Whether pairs of ids are collocations, that is, usual pairs of content words.

        Parameters
        ----------
        left, right : ndarray of int
            Ids of the words of each pair, in arrays of the same shape.

        Returns
        -------
        ndarray of bool
            In the same shape.
        """
        return self._collocations.holds(pair(left, right))

    def collocates(
        self, words: npt.NDArray[Any], side: int, outline: npt.NDArray[np.int32]
    ) -> tuple[I64, I64]:
        """Collocates of some words that have given first and last letters.

        Parameters
        ----------
        words : ndarray of int, shape (n,)
            Ids.
        side : int
            0 for collocates before the words, 1 for those after.
        outline : ndarray of int32, shape (n,)
            Required value of ``Vocabulary.outline`` for the collocates of each word.

        Returns
        -------
        which : ndarray of int64
            Index into ``words`` for each collocate found.
        collocate : ndarray of int64
            Its id.
        """
        other, first, outlines = self._collocates[side]
        begin = first[words]
        size = first[words + 1] - begin
        end = np.cumsum(size)
        at = np.repeat(begin - (end - size), size)
        at += np.arange(len(at))
        # A word has dozens of collocates and few have the outline, so the rest is computed only for those.
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
        """Counts of triples of ids.

        Parameters
        ----------
        left, middle, right : ndarray of int, shape (n,)
            Ids of the words of each triple.
        history : ndarray of float32, shape (n,)
            Count of its first two words as a pair; where it is 0, the triple is not looked up.

        Returns
        -------
        ndarray of float32, shape (n,)
            Rounded to the values of ``COUNTS``; 0 for nearly every triple that the table lacks.
        """
        # A triple whose first pair is unseen is unseen, which saves a third of the look-ups.
        some = np.flatnonzero(history)
        right = right.take(some)
        found = COUNTS.take(self.trigram.get(triple(left.take(some), middle.take(some), right)))
        found[(found > 1.1 * history.take(some)) | (found > 1.1 * self.counts.take(right))] = 0
        count = np.zeros(len(history), np.float32)
        count[some] = found
        return count

    def affinity(self, left: npt.NDArray[Any], right: npt.NDArray[Any]) -> F32:
        """Mutual information of pairs of the ``m`` commonest words, in nats, predicted from the pairs of similar words.

        Parameters
        ----------
        left, right : ndarray of int, shape (n,)
            Ids below ``m``.

        Returns
        -------
        ndarray of float32, shape (n,)
            Below 0 for a pair that is rarer than by chance.
        """
        product = np.einsum(
            "ij,ij->i",
            self.affinity_left.take(left, axis=0).astype(np.float32),
            self.affinity_right.take(right, axis=0).astype(np.float32),
        )
        return product * np.float32(self.affinity_scale)

    def affinities(self, left: npt.NDArray[Any], right: npt.NDArray[Any]) -> F32:
        """Affinity of each left with each right word, shape (len(left), len(right)).

        The values equal those of :meth:`affinity` bit for bit, because sums of products of int8 are exact in float32.

        Parameters
        ----------
        left : ndarray of int, shape (n_left,)
            Ids below ``m`` of words that come before.
        right : ndarray of int, shape (n_right,)
            Ids below ``m`` of words that come after.

        Returns
        -------
        ndarray of float32, shape (n_left, n_right)
            In nats.
        """
        product = (
            self.affinity_left[left].astype(np.float32) @ self.affinity_right[right].astype(np.float32).T
        )
        return product * np.float32(self.affinity_scale)

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Lexicon:
        """Load the tables of a folder.

        Parameters
        ----------
        folder : Path
            The artifact with the tables; that of the package if not given.

        Raises
        ------
        ModelError
            If the manifest or a file is missing, cut off, unreadable or of another format. Checksums are not compared.
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
            folder=folder,
            **plain,
            **grams,
        )


@lru_cache(maxsize=2)
def _loaded(folder: Path) -> Lexicon:
    return Lexicon.load(folder)


def shipped() -> Lexicon:
    """The language tables of the package, loaded once per process."""
    return _loaded(FOLDER)
