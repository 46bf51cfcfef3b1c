"""Features of a pair of texts.

Three models each read columns of their own: ``COPY`` (is one text a copy of the other?), ``KIND`` (how was the copy made?) and
``DIRECTION`` (which of the two is the copy?). The columns of the first two are symmetric in the texts. Those of ``DIRECTION`` are
differences, suspect minus original, so swapping the texts changes their sign.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.comparison.alignment import Alignment
from mtdetect.comparison.sides import Side
from mtdetect.comparison.style_counts import counts
from mtdetect.comparison.substitutions import Change, find_changes
from mtdetect.features import blocks
from mtdetect.features.view import View
from mtdetect.text.arrays import F32, F64, I64, U64
from mtdetect.text.hashing import GOLDEN_RATIO
from mtdetect.text.vocabulary import FIRST_WORD

COPY = (
    "log_words",
    "log_sentences",
    "aligned_most",
    "aligned_least",
    "alike_most",
    "alike_least",
    "link_similarity",
    "best_most",
    "best_least",
    "soft_most",
    "soft_least",
    "diagonal",
    "share_35_most",
    "share_35_least",
    "share_55_most",
    "share_55_least",
    "five_grams",
    "three_grams",
    "pairs",
    "terms",
    "cosine",
    "names",
    "numbers",
    "order",
    "length_ratio",
)
"""Columns for: is one of the two texts a copy of the other?"""

KIND = (
    "identical",
    "changed",
    "replaced_one_by_one",
    "substitutes",
    "function_changed",
    "moved",
    "uneven",
    "inflected",
    "stretches",
    "length_ratio",
    "probability_least",
    "probability_gap",
    "surprises_most",
    "surprises_gap",
    "unknown_gap",
)
"""Columns for: was the copy made by a translation engine, a spinner or an editor?"""

DENSE_BLOCKS = tuple(block for block in blocks.BLOCKS if block.name != "collocations")
"""Feature blocks that measure the style of a whole text. Collocations are skipped: they guess which wording a word replaced, and here
the other text shows it."""

DENSE = tuple(name for block in DENSE_BLOCKS for name in block.names)

DIRECTION = (
    "probability_changed",
    "probability_aligned",
    "probability_sum",
    "frequency_changed",
    "words_changed",
    "words_aligned",
    "additions",
    "surprises",
    "frequency_substitutes",
    "probability_substitutes",
    "spinners_substitutes",
    "thesaurus_substitutes",
    "met_substitutes",
    "met_changed",
    "unmet_changed",
    "unmet_aligned",
    "worst_aligned",
    "unknown_changed",
    "names_changed",
    "function_changed",
    "letters_changed",
    "collocations",
    "commas",
    "sentences",
)
"""Columns for: which text is the copy? Differences between the aligned sentences of the two."""

BITS = 18
"""Bits of a hashed n-gram."""

MOST_LOG_WORDS, MOST_LOG_SENTENCES, MOST_GRAMS = 7.3, 4.4, 40.0
"""Largest values in the training pairs of the logarithms of words and of sentences, and of the root of the number of n-grams that differ.
Larger values are cut to these."""

SAME_PLACE = 0.2
"""Largest difference of the relative places of two sentences in their texts that counts as the same place."""

SURPRISE = -9.0
"""Log-probability below which a word counts as a surprise."""

RARE = 20_000
"""Rank in the vocabulary from which all words share one number: rarer words show the subject of a text, not how it was made."""

COMMA = 44


def dense(view: View) -> F64:
    """Style features of whole texts.

    Parameters
    ----------
    view : View
        The batch.

    Returns
    -------
    ndarray of float64, shape (n_texts, len(DENSE))
        NaN where undefined.
    """
    return np.concatenate([block.measure(view) for block in DENSE_BLOCKS], axis=1)


@dataclass(frozen=True)
class Measures:
    """All features of a pair.

    Attributes
    ----------
    copy : ndarray, shape (len(COPY),)
    kind : ndarray, shape (len(KIND),)
    direction : ndarray, shape (len(DIRECTION),)
    counts : ndarray, shape (len(COUNTS),)
        Counts of style in the aligned sentences of the suspect minus those of the original.
    grams : ndarray of int64
        Hashed n-grams whose counts differ between the aligned sentences of the two texts.
    excess : ndarray of float64
        For each, the signed root of the count in the suspect minus that in the original, divided by ``size`` if it is above 1.
    size : float
        Root of the sum of the absolute count differences, at most ``MOST_GRAMS``.
    changes : list of Change
        Where aligned sentences differ.
    """

    copy: F64
    kind: F64
    direction: F64
    counts: F64
    grams: I64
    excess: F64
    size: float
    changes: list[Change]


def measure(alignment: Alignment) -> Measures:
    """Compute all features of a pair.

    Parameters
    ----------
    alignment : Alignment
        Alignment of the two texts.
    """
    return Pair(alignment).measures()


def _row(columns: tuple[str, ...], values: dict[str, float]) -> F64:
    """The values in the order of their columns."""
    if len(values) != len(columns):
        raise ValueError(f"{len(values)} values for {len(columns)} columns")
    return np.array([values[name] for name in columns])


def _copy(alignment: Alignment) -> F64:
    """Features of ``COPY``."""
    a, b = alignment.suspect, alignment.original
    words = (max(a.words, 1), max(b.words, 1))
    return _row(
        COPY,
        {
            "log_words": min(float(np.log(min(words))), MOST_LOG_WORDS),
            "log_sentences": min(float(np.log1p(min(a.sentences, b.sentences))), MOST_LOG_SENTENCES),
            **_aligned(alignment, words),
            **_best_sentences(alignment, words),
            "five_grams": _containment(_ngrams(a, 5), _ngrams(b, 5)),
            "three_grams": _containment(_ngrams(a, 3), _ngrams(b, 3)),
            "pairs": _containment(_ngrams(a, 2), _ngrams(b, 2)),
            **_shared_terms(a, b),
            "names": _containment(*(np.unique(side.stem[side.name]) for side in (a, b))),
            "numbers": _containment(*(np.unique(side.hash[side.numeral]) for side in (a, b))),
            "length_ratio": abs(float(np.log(words[0] / words[1]))),
        },
    )


def _aligned(alignment: Alignment, words: tuple[int, int]) -> dict[str, float]:
    """How much of each text is aligned, how similar linked sentences are, and how often they keep their order."""
    a, b, links = alignment.suspect, alignment.original, alignment.links
    shares = (alignment.copied, alignment.covered)
    alike = np.zeros(2)
    weighted, weights = 0.0, 0
    for link in links:
        sizes = int(a.size[list(link.suspect)].sum()), int(b.size[list(link.original)].sum())
        alike += np.array(sizes) * link.similarity
        weighted += sum(sizes) * link.similarity
        weights += sum(sizes)
    alike /= np.array(words)
    steps = [after.original[0] - before.original[-1] for before, after in pairwise(links)]
    return {
        "aligned_most": max(shares),
        "aligned_least": min(shares),
        "alike_most": alike.max(),
        "alike_least": alike.min(),
        "link_similarity": weighted / max(weights, 1),
        "order": float(np.mean([0 < step <= 3 for step in steps])) if steps else 0.5,
    }


def _best_sentences(alignment: Alignment, words: tuple[int, int]) -> dict[str, float]:
    """How similar the sentences of each text are to the most similar ones of the other, weighted by their words."""
    found = alignment.similarities
    sizes = (alignment.suspect.size, alignment.original.size)
    best = [np.where(found.mass[k] > 0, found.best(k), 0) for k in (0, 1)]
    mean = [float((best[k] * sizes[k]).sum() / words[k]) for k in (0, 1)]
    soft = [float((found.best(k, soft=True) * sizes[k]).sum() / words[k]) for k in (0, 1)]
    figures = {
        "best_most": max(mean),
        "best_least": min(mean),
        "soft_most": max(soft),
        "soft_least": min(soft),
        "diagonal": _diagonal(alignment),
    }
    for least in (0.35, 0.55):
        share = [float(((best[k] >= least) * sizes[k]).sum() / words[k]) for k in (0, 1)]
        figures[f"share_{100 * least:.0f}_most"] = max(share)
        figures[f"share_{100 * least:.0f}_least"] = min(share)
    return figures


def _diagonal(alignment: Alignment) -> float:
    """Share of all similarity between sentences at about the same place of their texts; paraphrases keep the order of what is said."""
    found = alignment.similarities
    place = [
        (at + 0.5) / max(side.sentences, 1)
        for at, side in ((found.row, alignment.suspect), (found.column, alignment.original))
    ]
    near = np.abs(place[0] - place[1]) <= SAME_PLACE
    return float((found.soft[near].sum() + SAME_PLACE) / (found.soft.sum() + 1.0))


def _shared_terms(a: Side, b: Side) -> dict[str, float]:
    """Weight of the terms that both texts have: as a share of the lighter text, and as a cosine."""
    (keys_a, weights_a), (keys_b, weights_b) = _weights(a), _weights(b)
    shared = weights_a[np.intersect1d(keys_a, keys_b, return_indices=True)[1]]
    least = min(float(weights_a.sum()), float(weights_b.sum()))
    norm = np.sqrt(float((weights_a**2).sum()) * float((weights_b**2).sum()))
    return {
        "terms": float(shared.sum()) / max(least, 1e-9),
        "cosine": float((shared**2).sum()) / max(norm, 1e-9),
    }


def _weights(side: Side) -> tuple[U64, F64]:
    """Different stems of a text, without function words, and their weights."""
    at = np.flatnonzero(~side.function)
    keys, first = np.unique(side.stem[at], return_index=True)
    return keys, side.weight[at][first]


def _ngrams(side: Side, n: int) -> U64:
    """Hashes of the different n-grams of words inside sentences."""
    if side.words < n:
        return np.zeros(0, np.uint64)
    key = np.zeros(side.words - n + 1, np.uint64)
    for k in range(n):
        key = (key ^ side.hash[k : side.words - n + 1 + k]) * np.uint64(GOLDEN_RATIO)
        key ^= key >> np.uint64(32)
    inside = side.sentence[: side.words - n + 1] == side.sentence[n - 1 :]
    return np.unique(key[inside])


def _containment(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> float:
    """Share of the smaller set that is in the other one, smoothed: small sets say little."""
    fewest = min(len(a), len(b))
    return float((len(np.intersect1d(a, b, assume_unique=True)) + 0.25) / (fewest + 1))


class Pair:
    """Two texts whose features are computed on demand: how a copy was made is needed only if there is one.

    Parameters
    ----------
    alignment : Alignment
        Alignment of the two texts.
    """

    def __init__(self, alignment: Alignment) -> None:
        self.a, self.b = alignment.suspect, alignment.original
        self.sides = (self.a, self.b)
        self.alignment = alignment
        self.rows = [
            np.flatnonzero(mask[side.sentence])
            for mask, side in zip(alignment.aligned, self.sides, strict=True)
        ]

    def measures(self) -> Measures:
        """All features."""
        grams, excess, size = _grams(self.alignment)
        return Measures(
            copy=self.copy,
            kind=self.kind,
            direction=self._direction(),
            counts=counts(self.a, self.rows[0]) - counts(self.b, self.rows[1]),
            grams=grams,
            excess=excess,
            size=size,
            changes=self.changes,
        )

    @cached_property
    def changes(self) -> list[Change]:
        """Where aligned sentences differ."""
        return find_changes(self.alignment)

    @cached_property
    def copy(self) -> F64:
        """Features of ``COPY``."""
        return _copy(self.alignment)

    @cached_property
    def changed(self) -> list[I64]:
        """Words of each text that are part of a change."""
        result = []
        for spans in ([c.suspect for c in self.changes], [c.original for c in self.changes]):
            runs = [np.arange(*span) for span in spans]
            result.append(np.concatenate(runs) if runs else np.zeros(0, np.int64))
        return result

    @cached_property
    def single(self) -> tuple[I64, I64]:
        """Content words that replace each other one by one: those of the suspect and those of the original."""
        pairs = [
            (c.suspect[0], c.original[0])
            for c in self.changes
            if c.suspect[1] - c.suspect[0] == 1 and c.original[1] - c.original[0] == 1
        ]
        x, y = np.array(pairs, np.int64).reshape(-1, 2).T
        content = ~self.a.function[x] & ~self.b.function[y] & (self.a.stem[x] != self.b.stem[y])
        return x[content], y[content]

    @cached_property
    def kind(self) -> F64:
        """Features of ``KIND``."""
        a, (rows_a, rows_b) = self.a, self.rows
        aligned = max((len(rows_a) + len(rows_b)) / 2, 1.0)
        changed = sum(len(rows) for rows in self.changed)
        functional = sum(
            int(side.function[rows].sum()) for side, rows in zip(self.sides, self.changed, strict=True)
        )
        identical = sum(
            int(a.size[list(link.suspect)].sum()) for link in self.alignment.links if link.similarity == 1.0
        )
        one_by_one = len(self.single[0])
        return _row(
            KIND,
            {
                "identical": identical / max(len(rows_a), 1),
                "changed": changed / (2 * aligned),
                "replaced_one_by_one": 2 * one_by_one / max(changed, 1),
                "substitutes": (self._alternatives() + 0.3) / (one_by_one + 1),
                "function_changed": functional / max(changed, 1),
                **self._change_kinds(),
                "length_ratio": abs(float(np.log((len(rows_a) + 1) / (len(rows_b) + 1)))),
                **self._predictability(),
            },
        )

    def _alternatives(self) -> int:
        """How many of the one-by-one replacements the language tables list as alternatives of each other."""
        p, q = self.a.id[self.single[0]], self.b.id[self.single[1]]
        alternatives = self.a.view.lexicon.alternatives
        listed = np.zeros(len(p), bool)
        for word, other in ((p, q), (q, p)):
            known = (word < len(alternatives)) & (other >= FIRST_WORD)
            listed[known] |= (alternatives[word[known]] == other[known, None]).any(axis=1)
        return int(listed.sum())

    def _change_kinds(self) -> dict[str, float]:
        """Shares of the kinds of change."""
        kinds = [c.kind for c in self.changes]
        number = max(len(kinds), 1)
        uneven = [c.suspect[1] - c.suspect[0] != c.original[1] - c.original[0] for c in self.changes]
        return {
            "moved": kinds.count("reordering") / number,
            "uneven": float(np.mean(uneven)) if uneven else 0.0,
            "inflected": kinds.count("inflection") / number,
            "stretches": kinds.count(None) / number,
        }

    def _predictability(self) -> dict[str, float]:
        """How well the language model predicts the aligned words of the two texts."""
        logs = [side.log_probability[rows] for side, rows in zip(self.sides, self.rows, strict=True)]
        means = [float(log.mean()) if len(log) else 0.0 for log in logs]
        surprises = [float((log < SURPRISE).mean()) if len(log) else 0.0 for log in logs]
        unknown = [
            float((~side.known[rows]).mean()) if len(rows) else 0.0
            for side, rows in zip(self.sides, self.rows, strict=True)
        ]
        return {
            "probability_least": min(means),
            "probability_gap": abs(means[0] - means[1]),
            "surprises_most": max(surprises),
            "surprises_gap": abs(surprises[0] - surprises[1]),
            "unknown_gap": abs(unknown[0] - unknown[1]),
        }

    def _direction(self) -> F64:
        """Features of ``DIRECTION``."""
        rows = self.rows
        kinds = [c.kind for c in self.changes]
        logs = [side.log_probability for side in self.sides]
        sentences = [len(np.unique(s.sentence[r])) for s, r in zip(self.sides, rows, strict=True)]
        return _row(
            DIRECTION,
            {
                **self._direction_of_changes(),
                **self._direction_of_replacements(),
                "probability_aligned": _difference(logs, rows),
                "words_aligned": float(np.log((len(rows[0]) + 5) / (len(rows[1]) + 5))),
                "additions": (kinds.count("addition") - kinds.count("omission"))
                / np.sqrt(max(len(kinds), 1)),
                "surprises": _difference([log < SURPRISE for log in logs], rows),
                "unmet_aligned": _difference([count == 0 for count in self._log_counts], rows),
                "worst_aligned": _worst(logs[0][rows[0]]) - _worst(logs[1][rows[1]]),
                "collocations": self._root_difference(_collocations),
                "commas": self._root_difference(_commas),
                "sentences": float(np.log((sentences[0] + 2) / (sentences[1] + 2))),
            },
        )

    def _direction_of_changes(self) -> dict[str, float]:
        """Differences between the changed words of the two texts."""
        changed, sides = self.changed, self.sides
        logs = [side.log_probability for side in sides]
        total = [float(logs[k][changed[k]].sum()) for k in (0, 1)]
        names = [float(side.name[rows].sum()) for side, rows in zip(sides, changed, strict=True)]
        root = np.sqrt(sum(map(len, changed)) + 1.0)
        return {
            "probability_changed": _difference(logs, changed),
            "probability_sum": (total[0] - total[1]) / np.sqrt(max(len(self.changes), 1)),
            "frequency_changed": _difference([side.weight for side in sides], changed),
            "words_changed": (len(changed[0]) - len(changed[1])) / root,
            "met_changed": _difference(self._log_counts, changed),
            "unmet_changed": _difference([count == 0 for count in self._log_counts], changed),
            "unknown_changed": _difference([~side.known for side in sides], changed),
            "names_changed": (names[0] - names[1]) / root,
            "function_changed": _difference([side.function for side in sides], changed),
            "letters_changed": _difference([side.letters for side in sides], changed),
        }

    def _direction_of_replacements(self) -> dict[str, float]:
        """Differences between the words that replace each other one by one."""
        (x, y), (a, b) = self.single, self.sides
        lexicon = a.view.lexicon
        root = np.sqrt(len(x) + 1.0)
        ours, theirs = self._log_counts

        def total(differences: npt.NDArray[Any]) -> float:
            return float(differences.sum()) / root

        return {
            "frequency_substitutes": total(a.weight[x] - b.weight[y]),
            "probability_substitutes": total(a.log_probability[x] - b.log_probability[y]),
            "spinners_substitutes": total(lexicon.spinners[a.id[x]] - lexicon.spinners[b.id[y]]),
            "thesaurus_substitutes": total(lexicon.degrees[a.id[x]] - lexicon.degrees[b.id[y]]),
            "met_substitutes": total(ours[x] - theirs[y]),
        }

    @cached_property
    def _log_counts(self) -> list[F32]:
        """For each text, the log counts of each word's two bigrams added up."""
        return [side.log_count_left + side.log_count_right for side in self.sides]

    def _root_difference(self, count: Callable[[Side, I64], int]) -> float:
        """Difference of the roots of a count in the aligned sentences of the two texts."""
        suspect, original = (count(side, rows) for side, rows in zip(self.sides, self.rows, strict=True))
        return float(np.sqrt(suspect) - np.sqrt(original))


def _difference(values: list[npt.NDArray[Any]], rows: list[I64]) -> float:
    """Difference of the means of both texts' values over some of their words; 0 where a text has none of these words."""
    if not len(rows[0]) or not len(rows[1]):
        return 0.0
    return float(values[0][rows[0]].mean() - values[1][rows[1]].mean())


def _worst(logs: npt.NDArray[Any]) -> float:
    """Mean of the lowest 5 %."""
    if not len(logs):
        return 0.0
    count = max(1, len(logs) // 20)
    return float(np.partition(logs, count - 1)[:count].mean())


def _collocations(side: Side, rows: I64) -> int:
    """Number of collocations among neighbouring words."""
    beside = rows[:-1][np.diff(rows) == 1]
    beside = beside[(side.sentence[beside] == side.sentence[beside + 1])]
    return int(side.view.lexicon.are_collocations(side.id[beside], side.id[beside + 1]).sum())


def _commas(side: Side, rows: I64) -> int:
    """Number of words followed by a comma."""
    return int((side.code_after(rows) == COMMA).sum())


def _grams(alignment: Alignment) -> tuple[I64, F64, float]:
    """``grams``, ``excess`` and ``size`` of :class:`Measures`."""
    found = [
        _hashed(side, np.flatnonzero(mask[side.sentence]))
        for mask, side in zip(alignment.aligned, (alignment.suspect, alignment.original), strict=True)
    ]
    grams, place = np.unique(np.concatenate(found), return_inverse=True)
    excess = np.bincount(place, np.repeat([1.0, -1.0], [len(one) for one in found]), minlength=len(grams))
    grams, excess = grams[excess != 0], excess[excess != 0]
    # Roots, because a name that one text repeats ten times is not ten observations.
    value = np.sign(excess) * np.sqrt(np.abs(excess))
    size = float(np.sqrt((value**2).sum()))
    return grams, value / max(size, 1.0), min(size, MOST_GRAMS)


def _hashed(side: Side, rows: I64) -> I64:
    """Hashes of the words, of the pairs of words and of the triples of word classes."""
    if not len(rows):
        return np.zeros(0, np.int64)
    lexicon = side.view.lexicon
    number = side.id[rows].astype(np.uint64)
    rare = side.id[rows] >= RARE
    named = side.name[rows]
    number[rare] = np.uint64(RARE)
    number[named] = np.uint64(RARE + 1)
    classes = lexicon.classes[side.id[rows]].astype(np.uint64) + np.uint64(RARE + 2)
    coarse = np.where(side.function[rows], number, classes)
    sentence = side.sentence[rows]
    start = side.starts[rows]
    keys = [number * np.uint64(4) + np.uint64(1), number[start] * np.uint64(4) + np.uint64(2)]
    if len(rows) > 1:
        together = sentence[1:] == sentence[:-1]
        keys.append(((number[:-1] << np.uint64(20)) + number[1:])[together] * np.uint64(4) + np.uint64(3))
    if len(rows) > 2:
        together = sentence[2:] == sentence[:-2]
        triple = (coarse[:-2] << np.uint64(40)) + (coarse[1:-1] << np.uint64(20)) + coarse[2:]
        keys.append(triple[together] * np.uint64(4))
    key = np.concatenate(keys) * np.uint64(GOLDEN_RATIO)
    key ^= key >> np.uint64(29)
    return ((key * np.uint64(GOLDEN_RATIO)) >> np.uint64(64 - BITS)).astype(np.int64)
