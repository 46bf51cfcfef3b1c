"""What a pair of texts shows, in figures.

Three questions are asked of a pair, each with columns of its own: is one a copy, what kind of machine stands between them, and which of
the two came out of it? The columns of the first two do not know which text is which; those of the third are
differences, suspect less original, so that turning the pair round turns their sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.comparison.alignment import Alignment
from mtdetect.comparison.sides import Side
from mtdetect.comparison.substitutions import Change, changes
from mtdetect.features import blocks
from mtdetect.features.view import View
from mtdetect.text.arrays import F64, I64, U64
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
"""Columns that tell whether one of two texts is a copy."""

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
"""Columns that tell what stands between the two: a hand, an engine, a spinner."""

DENSE_BLOCKS = tuple(block for block in blocks.BLOCKS if block.name != "collocations")
"""Whole texts are compared by these. The collocations ask each word for its best substitute; here the other text offers it."""

DENSE = tuple(name for block in DENSE_BLOCKS for name in block.names)

PLACES = (
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
"""Differences inside aligned sentences."""

BITS = 18
"""Of the number of a hashed n-gram."""

LONGEST = (7.3, 4.4, 40.0)
"""Logarithms of words and sentences, and root of n-grams that differ, as far as pairs were learnt from; longer texts count as so
long."""

SURPRISE = -9.0
"""Log-probability below which a word surprises."""

RARE = 20_000
"""Words that are rarer are not told apart: what they say is the text's business, not its maker's."""

COMMA = 44

_MIXER = np.uint64(GOLDEN_RATIO)


def dense(view: View) -> F64:
    """Style of whole texts, shape (n_texts, len(DENSE)); NaN for what cannot be measured."""
    return np.concatenate([block.measure(view) for block in DENSE_BLOCKS], axis=1)


@dataclass(frozen=True)
class Measures:
    """Figures of a pair.

    Attributes
    ----------
    copy : ndarray, shape (len(COPY),)
    kind : ndarray, shape (len(KIND),)
    places : ndarray, shape (len(PLACES),)
    grams : ndarray of int64
        Hashed n-grams that one side's aligned sentences have more often.
    excess : ndarray of float64
        How much more often in the suspect; negative for the original. Its squares add up to 1.
    size : float
        Root of the number of n-grams that differ, up to ``LONGEST``.
    changes : list of Change
        Where aligned sentences differ.
    """

    copy: F64
    kind: F64
    places: F64
    grams: I64
    excess: F64
    size: float
    changes: list[Change]


def measure(alignment: Alignment) -> Measures:
    """Measure a pair.

    Parameters
    ----------
    alignment : Alignment
        Of the two texts.
    """
    return Pair(alignment).measures()


def _copy(alignment: Alignment) -> F64:
    a, b, found = alignment.suspect, alignment.original, alignment.similarities
    sides = (a, b)
    words = np.array([max(s.words, 1) for s in sides])
    alike = np.zeros(2)
    weighted, weights = 0.0, 0
    for link in alignment.links:
        sizes = int(a.size[list(link.suspect)].sum()), int(b.size[list(link.original)].sum())
        alike += np.array(sizes) * link.similarity
        weighted += sum(sizes) * link.similarity
        weights += sum(sizes)
    alike /= words
    best = [np.where(found.mass[k] > 0, found.best(k), 0) for k in (0, 1)]
    mean = [float((best[k] * sides[k].size).sum() / words[k]) for k in (0, 1)]
    shares = {
        least: [float(((best[k] >= least) * sides[k].size).sum() / words[k]) for k in (0, 1)]
        for least in (0.35, 0.55)
    }
    aligned = (alignment.copied, alignment.covered)
    steps = [
        y.original[0] - x.original[-1] for x, y in zip(alignment.links, alignment.links[1:], strict=False)
    ]
    names = [np.unique(s.stem[s.name]) for s in sides]
    numbers = [np.unique(s.hash[s.numeral]) for s in sides]
    terms = [_weights(s) for s in sides]
    common = np.intersect1d(terms[0][0], terms[1][0], return_indices=True)
    shared = terms[0][1][common[1]]
    masses = [float(t[1].sum()) for t in terms]
    squares = [float((t[1] ** 2).sum()) for t in terms]
    return np.array(
        [
            min(float(np.log(words.min())), LONGEST[0]),
            min(float(np.log1p(min(s.sentences for s in sides))), LONGEST[1]),
            max(aligned),
            min(aligned),
            alike.max(),
            alike.min(),
            weighted / max(weights, 1),
            max(mean),
            min(mean),
            max(shares[0.35]),
            min(shares[0.35]),
            max(shares[0.55]),
            min(shares[0.55]),
            _containment(_ngrams(a, 5), _ngrams(b, 5)),
            _containment(_ngrams(a, 3), _ngrams(b, 3)),
            _containment(_ngrams(a, 2), _ngrams(b, 2)),
            float(shared.sum()) / max(min(masses), 1e-9),
            float((shared**2).sum()) / max(np.sqrt(squares[0] * squares[1]), 1e-9),
            _containment(*names),
            _containment(*numbers),
            float(np.mean([0 < step <= 3 for step in steps])) if steps else 0.5,
            abs(float(np.log(words[0] / words[1]))),
        ]
    )


def _weights(side: Side) -> tuple[U64, F64]:
    at = np.flatnonzero(~side.function)
    keys, first = np.unique(side.stem[at], return_index=True)
    return keys, side.weight[at][first]


def _ngrams(side: Side, n: int) -> U64:
    """Hashes of runs of ``n`` words inside sentences, each once."""
    if side.words < n:
        return np.zeros(0, np.uint64)
    key = np.zeros(side.words - n + 1, np.uint64)
    for k in range(n):
        key = (key ^ side.hash[k : side.words - n + 1 + k]) * _MIXER
        key ^= key >> np.uint64(32)
    inside = side.sentence[: side.words - n + 1] == side.sentence[n - 1 :]
    return np.unique(key[inside])


def five_grams(a: Side, b: Side) -> float:
    """Share of the shorter text's runs of five words that stand in the other, too."""
    return _containment(_ngrams(a, 5), _ngrams(b, 5))


def _containment(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> float:
    fewest = min(len(a), len(b))
    # Few say little: half a match of none is the best guess.
    return float((len(np.intersect1d(a, b, assume_unique=True)) + 0.25) / (fewest + 1))


class Pair:
    """Two texts whose figures are worked out when they are asked for: where no copy is, nobody asks what was changed.

    Parameters
    ----------
    alignment : Alignment
        Of the two texts.
    """

    def __init__(self, alignment: Alignment) -> None:
        self.a, self.b = alignment.suspect, alignment.original
        self.alignment = alignment
        self.rows = [np.flatnonzero(mask[side.sentence]) for mask, side in self._masks()]
        self.total = max(sum(map(len, self.rows)) / 2, 1.0)

    def measures(self) -> Measures:
        """All figures."""
        grams, excess, size = _grams(self.alignment)
        return Measures(self.copy, self.kind, self._places(), grams, excess, size, self.found)

    @cached_property
    def found(self) -> list[Change]:
        """Where aligned sentences differ."""
        return changes(self.alignment)

    @cached_property
    def copy(self) -> F64:
        """Figures under ``COPY``."""
        return _copy(self.alignment)

    def _masks(self) -> list[tuple[npt.NDArray[np.bool_], Side]]:
        masks = self.alignment.aligned
        return [(masks[0], self.a), (masks[1], self.b)]

    @cached_property
    def changed(self) -> list[I64]:
        """Words of each side in changes."""
        result = []
        for spans in ([c.suspect for c in self.found], [c.original for c in self.found]):
            runs = [np.arange(*span) for span in spans]
            result.append(np.concatenate(runs) if runs else np.zeros(0, np.int64))
        return result

    @cached_property
    def single(self) -> tuple[I64, I64]:
        """Words of each side that stand for each other one by one, content for content."""
        pairs = [
            (c.suspect[0], c.original[0])
            for c in self.found
            if c.suspect[1] - c.suspect[0] == 1 and c.original[1] - c.original[0] == 1
        ]
        x, y = np.array(pairs, np.int64).reshape(-1, 2).T
        content = ~self.a.function[x] & ~self.b.function[y] & (self.a.stem[x] != self.b.stem[y])
        return x[content], y[content]

    @cached_property
    def kind(self) -> F64:
        """Figures under ``KIND``."""
        a, b = self.a, self.b
        lengths = np.array(
            [[c.suspect[1] - c.suspect[0], c.original[1] - c.original[0]] for c in self.found], np.int64
        ).reshape(-1, 2)
        kinds = [c.kind for c in self.found]
        number = max(len(self.found), 1)
        x, y = self.single
        changed = [len(rows) for rows in self.changed]
        alternatives = a.view.lexicon.alternatives
        limit = len(alternatives)
        close = np.zeros(len(x), bool)
        for p, q in ((a.id[x], b.id[y]), (b.id[y], a.id[x])):
            known = (p < limit) & (q >= FIRST_WORD)
            close[known] |= (alternatives[p[known]] == q[known, None]).any(axis=1)
        functional = sum(int(s.function[rows].sum()) for s, rows in zip((a, b), self.changed, strict=True))
        identical = sum(
            int(a.size[list(link.suspect)].sum()) for link in self.alignment.links if link.similarity == 1.0
        )
        logs = [s.log_probability[rows] for s, rows in zip((a, b), self.rows, strict=True)]
        means = [float(log.mean()) if len(log) else 0.0 for log in logs]
        surprises = [float((log < SURPRISE).mean()) if len(log) else 0.0 for log in logs]
        unknown = [
            float((~s.known[rows]).mean()) if len(rows) else 0.0
            for s, rows in zip((a, b), self.rows, strict=True)
        ]
        return np.array(
            [
                identical / max(len(self.rows[0]), 1),
                sum(changed) / (2 * self.total),
                2 * len(x) / max(sum(changed), 1),
                (close.sum() + 0.3) / (len(x) + 1),
                functional / max(sum(changed), 1),
                kinds.count("reordering") / number,
                float((lengths[:, 0] != lengths[:, 1]).mean()) if len(lengths) else 0.0,
                kinds.count("inflection") / number,
                kinds.count(None) / number,
                abs(float(np.log((len(self.rows[0]) + 1) / (len(self.rows[1]) + 1)))),
                min(means),
                abs(means[0] - means[1]),
                max(surprises),
                abs(surprises[0] - surprises[1]),
                abs(unknown[0] - unknown[1]),
            ]
        )

    def _places(self) -> F64:
        sides = (self.a, self.b)

        def mean(values: list[npt.NDArray[Any]], rows: list[I64]) -> float:
            if not len(rows[0]) or not len(rows[1]):
                return 0.0
            return float(values[0][rows[0]].mean() - values[1][rows[1]].mean())

        logs = [s.log_probability for s in sides]
        rarity = [s.weight for s in sides]
        changed, rows = self.changed, self.rows
        sums = [float(logs[k][changed[k]].sum()) for k in (0, 1)]
        number = max(len(self.found), 1)
        kinds = [c.kind for c in self.found]
        x, y = self.single
        root = np.sqrt(len(x) + 1.0)
        tables = self.a.view.lexicon.spinners, self.a.view.lexicon.degrees
        met = [s.met_before + s.met_after for s in sides]
        collocations = [_collocations(s, r) for s, r in zip(sides, rows, strict=True)]
        commas = [_commas(s, r) for s, r in zip(sides, rows, strict=True)]
        sentences = [len(np.unique(s.sentence[r])) for s, r in zip(sides, rows, strict=True)]
        return np.array(
            [
                mean(logs, changed),
                mean(logs, rows),
                (sums[0] - sums[1]) / np.sqrt(number),
                mean(rarity, changed),
                (len(changed[0]) - len(changed[1])) / np.sqrt(sum(map(len, changed)) + 1.0),
                float(np.log((len(rows[0]) + 5) / (len(rows[1]) + 5))),
                (kinds.count("addition") - kinds.count("omission")) / np.sqrt(number),
                mean([log < SURPRISE for log in logs], rows),
                float((rarity[0][x] - rarity[1][y]).sum()) / root,
                float((logs[0][x] - logs[1][y]).sum()) / root,
                *(float((table[self.a.id[x]] - table[self.b.id[y]]).sum()) / root for table in tables),
                float((met[0][x] - met[1][y]).sum()) / root,
                mean(met, changed),
                mean([one == 0 for one in met], changed),
                mean([one == 0 for one in met], rows),
                _worst(logs[0][rows[0]]) - _worst(logs[1][rows[1]]),
                mean([~s.known for s in sides], changed),
                (float(self.a.name[changed[0]].sum()) - float(self.b.name[changed[1]].sum()))
                / np.sqrt(sum(map(len, changed)) + 1.0),
                mean([s.function for s in sides], changed),
                mean([s.letters for s in sides], changed),
                float(np.sqrt(collocations[0]) - np.sqrt(collocations[1])),
                float(np.sqrt(commas[0]) - np.sqrt(commas[1])),
                float(np.log((sentences[0] + 2) / (sentences[1] + 2))),
            ]
        )


def _worst(logs: npt.NDArray[Any]) -> float:
    """Mean of the lowest twentieth."""
    if not len(logs):
        return 0.0
    count = max(1, len(logs) // 20)
    return float(np.partition(logs, count - 1)[:count].mean())


def _collocations(side: Side, rows: I64) -> int:
    """Usual pairs of content words among neighbours."""
    beside = rows[:-1][np.diff(rows) == 1]
    beside = beside[(side.sentence[beside] == side.sentence[beside + 1])]
    return int(side.view.lexicon.are_collocations(side.id[beside], side.id[beside + 1]).sum())


def _commas(side: Side, rows: I64) -> int:
    """Commas behind words."""
    code = side.view.batch.tokens.code
    after = np.minimum(side.word[rows] + 1, len(code) - 1)
    return int((code[after] == COMMA).sum())


def _grams(alignment: Alignment) -> tuple[I64, F64, float]:
    """N-grams that the aligned sentences of one side have more often than the other's."""
    found = [
        _hashed(side, np.flatnonzero(mask[side.sentence]))
        for mask, side in zip(alignment.aligned, (alignment.suspect, alignment.original), strict=True)
    ]
    grams, place = np.unique(np.concatenate(found), return_inverse=True)
    excess = np.bincount(place, np.repeat([1.0, -1.0], [len(one) for one in found]), minlength=len(grams))
    grams, excess = grams[excess != 0], excess[excess != 0]
    # A name that one side repeats is one observation, not ten.
    value = np.sign(excess) * np.sqrt(np.abs(excess))
    size = float(np.sqrt((value**2).sum()))
    return grams, value / max(size, 1.0), min(size, LONGEST[2])


def _hashed(side: Side, rows: I64) -> I64:
    """Numbers of the words, pairs and class triples of words."""
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
    key = np.concatenate(keys) * _MIXER
    key ^= key >> np.uint64(29)
    return ((key * _MIXER) >> np.uint64(64 - BITS)).astype(np.int64)
