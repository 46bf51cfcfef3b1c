"""Find the originals that a query may be a copy of: first candidates from the index, then a comparison of their sketches.

*Candidates* come from the posting lists of the query's rarest stems. Both the language tables and the collection determine how rare a
stem is. Originals are ranked by the weight that they share with the query: as it is (finds a passage of a long
original), relative to their length (finds a short original inside a long page), and for each stretch of a long query (finds
a quoted paragraph).

*The comparison* reads the stored sketches of some dozens of candidates and compares their sentences with the query's, ignoring the
order inside a sentence. Independent reports of one event share names and numbers, but no sentences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.originals import sketch as sketching
from mtdetect.originals.postings import Segment
from mtdetect.originals.sketch import Sketches
from mtdetect.text.arrays import F64, I64, U32

BYTES = 120_000
"""Most bytes of posting lists that a search reads, rarest stems first."""

LEAST_STEMS = 12
"""Number of stems whose lists are read however long they are."""

STRETCH = 45
"""Distinctive stems in a stretch of a long query: about a hundred words."""

MOST_STRETCHES = 24
"""Most stretches of a query; very long queries have longer ones."""

CANDIDATES = 48
"""Candidates from each of the two rankings of the whole query."""

CANDIDATES_BY_STRETCH = 8
"""Candidates from each stretch."""

MOST_CANDIDATES = 300
"""Most candidates whose sketches are compared."""

MOST_PAIRS = 2_000_000
"""Most pairs of occurrences of a stem that are compared. Two articles have thousands. Two novels would have billions, nearly all of
names that are on every page and distinguish no sentences; these are skipped."""

ALIKE = 0.4
"""Similarity from which two sentences count as a sentence and its copy (see :func:`_ramp`)."""

BY_CHANCE = 0.2
"""Similarity that sentences on one subject reach by chance."""

PLAIN = 0.6
"""Similarity from which two sentences begin to count as verbatim."""

LEAST_WEIGHT = 18.0
"""Weight, in nats, that lighter sentences are treated as having; otherwise two shared rare words would make a match."""


@dataclass(frozen=True)
class Closeness:
    """Similarity of a query and each of some originals; all arrays have one entry per original.

    Attributes
    ----------
    contained : ndarray of float64
        Share of the query's weight in stems that are anywhere in the original.
    containing : ndarray of float64
        Share of the original's weight in stems that are anywhere in the query.
    copied : ndarray of float64
        Share of the query's weight in sentences that have a counterpart in the original.
    covered : ndarray of float64
        Share of the original's weight in sentences that have a counterpart in the query.
    shared : ndarray of float64
        Weight that pairs of sentences share, in nats.
    marked : ndarray of float64
        The same, multiplied by how far the similarity of a pair exceeds ``BY_CHANCE``: large for a quoted paragraph, small for another
        report of the same event.
    plain : ndarray of float64
        The same in pairs that are nearly verbatim.
    strongest : ndarray of float64
        Largest contribution of one sentence to ``marked``.
    """

    contained: F64
    containing: F64
    copied: F64
    covered: F64
    shared: F64
    marked: F64
    plain: F64
    strongest: F64


def candidates(query: Sketches, segments: Sequence[Segment], dead: I64) -> I64:
    """Numbers of the originals whose sketches are compared with a query.

    Parameters
    ----------
    query : Sketches
        Sketch of one text.
    segments : sequence of Segment
        The index.
    dead : ndarray of int64
        Numbers of removed originals, ascending.

    Returns
    -------
    ndarray of int64
        At most ``MOST_CANDIDATES``, best first.
    """
    keys, inverse = np.unique(np.concatenate([query.keys, query.pairs]), return_inverse=True)
    if not len(keys) or not segments:
        return np.zeros(0, np.int64)
    weights = np.zeros(len(keys))
    weights[inverse] = np.concatenate([query.weights, query.pair_weights])
    inverse = inverse[: len(query.keys)]
    spans = [segment.spans(keys) for segment in segments]
    lengths = np.sum([end - start for start, end in spans], axis=0)
    weights = np.minimum(weights, _rarity_here(lengths, segments))
    number, key = _read_postings(segments, spans, _rarest(lengths))
    if not len(number):
        return number
    base, stop = segments[0].first, segments[-1].stop
    place = number - base
    total = _sums(place, weights[key], stop - base)
    own = np.zeros(len(total))
    for segment in segments:
        own[segment.first - base : segment.stop - base] = segment.weights
    if len(dead):
        total[dead[(dead >= base) & (dead < stop)] - base] = 0.0
    kept = [_best(total, CANDIDATES), _best(total / np.sqrt(own + 100.0), CANDIDATES)]
    kept += _by_stretch(query, inverse, weights, place, key, total)
    ranked = np.unique(np.concatenate(kept))
    ranked = ranked[np.argsort(-total[ranked], kind="stable")][:MOST_CANDIDATES]
    return ranked + base


def _rarity_here(lengths: I64, segments: Sequence[Segment]) -> F64:
    """Largest weight of each stem, by how many originals of the collection have it; ``lengths`` are bytes of posting lists."""
    # A posting takes one to two bytes. A stem that half of the collection has says nothing, whatever the language tables hold.
    size = sum(len(segment.weights) for segment in segments)
    return np.maximum(np.log((size + 50.0) / (lengths / 1.5 + 1.0)), 0.1)


def _rarest(lengths: I64) -> I64:
    """The stems whose lists are read, ascending."""
    order = np.argsort(lengths, kind="stable")
    taken = (np.cumsum(lengths[order]) <= BYTES) | (np.arange(len(order)) < LEAST_STEMS)
    return np.sort(order[taken & (lengths[order] > 0)])


def _read_postings(
    segments: Sequence[Segment], spans: Sequence[tuple[I64, I64]], chosen: I64
) -> tuple[I64, I64]:
    """Number and stem of each posting of the chosen stems."""
    numbers, stems = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for segment, (start, end) in zip(segments, spans, strict=True):
        held = chosen[end[chosen] > start[chosen]]
        found, which = segment.lists(start[held], end[held])
        numbers.append(found + segment.first)
        stems.append(held[which])
    return np.concatenate(numbers), np.concatenate(stems)


def _sums(groups: I64, values: F64, count: int) -> F64:
    """Sum of the values of each group."""
    sums: npt.NDArray[Any] = np.bincount(groups, values, minlength=count)
    return sums.astype(np.float64, copy=False)


def _best(values: F64, count: int) -> I64:
    """Positions of the largest values above zero, largest first."""
    # np.partition takes 10 ms where most values are equal, as here (measured, 100,000 values).
    most = float(values.max(initial=0.0))
    if most <= 0.0:
        return np.zeros(0, np.int64)
    for share in (0.7, 0.5, 0.35, 0.2, 0.1, 0.0):
        place = np.flatnonzero(values > share * most)
        if len(place) >= count:
            break
    return place[np.argsort(-values[place], kind="stable")][:count]


def _by_stretch(query: Sketches, inverse: I64, weights: F64, place: I64, key: I64, total: F64) -> list[I64]:
    """Best originals of each stretch of a long query."""
    length = max(STRETCH, -(-len(inverse) // MOST_STRETCHES))
    stretches = -(-len(inverse) // length)
    if stretches < 2:
        return []
    # Only originals with a posting get a column; otherwise a large collection would need a large table.
    met = np.flatnonzero(total > 0)
    column = np.full(len(total), -1, np.int64)
    column[met] = np.arange(len(met))
    place = column[place]
    place, key = place[place >= 0], key[place >= 0]
    # Each key belongs to the stretches that contain it, most to one.
    pairs = np.unique(inverse * np.int64(stretches) + np.arange(len(inverse)) // length)
    owner, stretch = pairs // stretches, pairs % stretches
    bounds = np.searchsorted(owner, np.arange(len(weights) + 1))
    copies = np.diff(bounds)[key]
    at = np.repeat(bounds[:-1][key], copies) + _count_up(copies)
    sums = _sums(
        stretch[at] * len(met) + np.repeat(place, copies),
        np.repeat(weights[key], copies),
        stretches * len(met),
    ).reshape(stretches, len(met))
    return [met[_best(row, CANDIDATES_BY_STRETCH)] for row in sums]


def _count_up(sizes: I64) -> I64:
    """0, 1, … up to each size, one run after the other."""
    ends = np.cumsum(sizes)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - sizes, sizes)


def closeness(query: Sketches, sketches: Sequence[bytes]) -> Closeness:
    """Compare a query with originals by their sentences.

    Parameters
    ----------
    query : Sketches
        Sketch of one text.
    sketches : sequence of bytes
        Sketches of the originals from ``sketch.packed``.

    Returns
    -------
    Closeness
        In the order of the sketches.
    """
    n = len(sketches)
    keys, inverse = np.unique(query.keys, return_inverse=True)
    weights = np.zeros(len(keys))
    weights[inverse] = query.weights
    theirs = _Stored(sketches, keys)

    once = np.unique(theirs.hit_doc * np.int64(len(keys)) + theirs.hit_key)
    found = np.bincount(once // len(keys), weights[once % len(keys)], minlength=n)
    total = np.maximum(np.bincount(theirs.doc, theirs.weight, minlength=n), 1e-9)
    containing = np.bincount(theirs.hit_doc, weights[theirs.hit_key], minlength=n) / total

    ours, our_sentence, their_sentence, shared = _sentence_pairs(query, inverse, weights, theirs)
    lesser = np.maximum(np.minimum(ours[our_sentence], theirs.weight[their_sentence]), LEAST_WEIGHT)
    greater = np.maximum(ours[our_sentence], theirs.weight[their_sentence])
    # Between the overlap coefficient, which allows for sentences that were joined or cut, and the cosine.
    alike = shared / np.sqrt(lesser * np.minimum(greater, 4.0 * lesser))

    # Only the best counterpart of each sentence counts.
    ours_best = _Best(theirs.doc[their_sentence] * np.int64(len(ours)) + our_sentence, len(ours))
    theirs_best = _Best(their_sentence, 1)
    owner = ours_best.owner
    copied = np.bincount(owner, _ramp(ours_best.of(alike)) * ours[ours_best.member], minlength=n)
    covered = np.bincount(
        theirs.doc[theirs_best.owner],
        _ramp(theirs_best.of(alike)) * theirs.weight[theirs_best.owner],
        minlength=n,
    )
    marked = ours_best.of(shared * np.clip(alike - BY_CHANCE, 0.0, 1.0))
    strongest = np.zeros(n)
    np.maximum.at(strongest, owner, marked)
    return Closeness(
        contained=found / max(weights.sum(), 1e-9),
        containing=np.minimum(containing, 1.0),
        copied=copied / max(ours.sum(), 1e-9),
        covered=covered / total,
        shared=_sums(owner, ours_best.of(shared * np.minimum(alike, 1.0)), n),
        marked=_sums(owner, marked, n),
        plain=_sums(owner, ours_best.of(shared * np.clip((alike - PLAIN) / 0.3, 0.0, 1.0)), n),
        strongest=strongest,
    )


class _Stored:
    """Stored sketches of several originals, and where they contain the stems of a query.

    Parameters
    ----------
    sketches : sequence of bytes
        Sketches from ``sketch.packed``.
    keys : ndarray of uint32
        Distinct stems of the query.

    Attributes
    ----------
    weight : ndarray of float64, shape (n_sentences,)
        Weight of each sentence.
    doc : ndarray of int64, shape (n_sentences,)
        Its original.
    hit_key, hit_sentence, hit_doc : ndarray of int64
        Index of the stem, sentence and original of each occurrence of a stem of the query.
    """

    def __init__(self, sketches: Sequence[bytes], keys: U32) -> None:
        whole = np.frombuffer(b"".join(sketches), "<u2")
        doc = np.repeat(np.arange(len(sketches)), [len(one) // 2 for one in sketches])
        separator = whole < sketching.SEPARATORS
        sentence: I64 = np.cumsum(separator) - separator
        self.weight = whole[separator].astype(np.float64) * sketching.WEIGHT_STEP
        self.doc = doc[separator]
        known = np.full(1 << 16, -1, np.int32)
        known[sketching.fingerprints(keys)] = np.arange(len(keys))
        hits = np.flatnonzero((known[whole] >= 0) & ~separator)
        self.hit_key = known[whole[hits]].astype(np.int64)
        self.hit_sentence, self.hit_doc = sentence[hits], doc[hits]


def _sentence_pairs(
    query: Sketches, inverse: I64, weights: F64, theirs: _Stored
) -> tuple[F64, I64, I64, F64]:
    """Weight of the query's sentences, and all pairs of a sentence of the query and one of an original that share a stem.

    Of each pair: the sentence of the query, that of the original, and the weight that they share.
    """
    n = len(weights)
    ours: F64 = np.asarray(np.bincount(query.sentence, query.weights), np.float64)
    hit_key, hit_sentence = theirs.hit_key, theirs.hit_sentence
    order = np.argsort(inverse, kind="stable")
    bounds = np.searchsorted(inverse[order], np.arange(n + 1))
    cost = np.bincount(hit_key, minlength=n) * np.diff(bounds)
    if cost.sum() > MOST_PAIRS:
        cheapest = np.argsort(cost, kind="stable")
        kept = np.zeros(n, bool)
        kept[cheapest[np.cumsum(cost[cheapest]) <= MOST_PAIRS]] = True
        ours = np.asarray(np.bincount(query.sentence, query.weights * kept[inverse]), np.float64)
        hit_key, hit_sentence = hit_key[kept[hit_key]], hit_sentence[kept[hit_key]]
    copies = np.diff(bounds)[hit_key]
    own = query.sentence[order[np.repeat(bounds[:-1][hit_key], copies) + _count_up(copies)]]
    pairs, group = np.unique(np.repeat(hit_sentence, copies) * np.int64(len(ours)) + own, return_inverse=True)
    shared = _sums(group, np.repeat(weights[hit_key], copies), len(pairs))
    return ours, pairs % len(ours), pairs // len(ours), shared


class _Best:
    """Maximum by group, for group numbers too large for an array with an entry for each."""

    def __init__(self, groups: I64, members: int) -> None:
        self._order = np.argsort(groups, kind="stable")
        ordered = groups[self._order]
        self._starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
        self.owner: I64 = ordered[self._starts] // members
        self.member: I64 = ordered[self._starts] % members

    def of(self, values: F64) -> F64:
        """Maximum of the values of each group."""
        if not len(self._starts):
            return np.zeros(0)
        most: F64 = np.maximum.reduceat(values[self._order], self._starts)
        return most


def _ramp(alike: F64) -> F64:
    """How far a sentence counts as copied: 0 up to half of ``ALIKE``, 1 from one and a half times ``ALIKE``."""
    return np.clip((alike - 0.5 * ALIKE) / ALIKE, 0.0, 1.0)
