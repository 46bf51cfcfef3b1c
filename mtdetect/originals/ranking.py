"""From a query's sketch to the originals it may be a copy of: first the candidates, then a closer look at the best.

*Candidates* come from the posting lists of the query's rarest stems alone; how rare a stem is, is for the collection to say as well
as for the language tables. Originals are ranked by the surprise they share with the query, once as it is (a passage
quoted from a long article) and once for their length (a short article inside a long page), and then again for each
stretch of a long query (a quoted paragraph).

*The closer look* reads the stored sketches of some dozens of candidates and compares them with the query sentence by sentence,
without regard to order inside a sentence: that is what reports of one event by two people lack, who share names and
numbers but no sentences.
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
from mtdetect.text.arrays import F64, I64

BYTES = 120_000
"""Bytes of posting lists that one search reads, rarest stems first."""

LEAST_STEMS = 12
"""Stems that are looked up however long their lists are."""

STRETCH = 45
"""Telling stems in a stretch of a long query: about a hundred words."""

MOST_STRETCHES = 24
"""Stretches of a query; those of a longer query are longer."""

CANDIDATES = 48
"""Candidates by each of the two rankings of the whole query."""

CANDIDATES_BY_STRETCH = 8
"""Candidates of each stretch."""

LOOKED_AT = 300
"""Candidates that are looked at closely, at most."""

MOST_PAIRS = 2_000_000
"""Pairs of occurrences of a stem that are looked at. Two articles have thousands; two novels would have billions, nearly all of
them of names that stand on every page and tell no sentence from another, and those are passed over."""

ALIKE = 0.4
"""Likeness from which two sentences are counted as one and its copy."""

BY_CHANCE = 0.2
"""Likeness that sentences on one subject reach by chance."""

PLAIN = 0.6
"""Likeness from which two sentences begin to count as word for word the same."""

LEAST_WEIGHT = 18.0
"""Nats: sentences that weigh less are compared as if they weighed this, or two rare words in common would do."""


@dataclass(frozen=True)
class Closeness:
    """How a query stands to each of some originals; all arrays have one entry an original.

    Attributes
    ----------
    contained : ndarray of float64
        Share of the query's weight whose stems stand anywhere in the original.
    containing : ndarray of float64
        Share of the original's weight whose stems stand anywhere in the query.
    copied : ndarray of float64
        Share of the query's weight in sentences that have a counterpart in the original.
    covered : ndarray of float64
        Share of the original's weight in sentences that have a counterpart in the query.
    shared : ndarray of float64
        Nats that pairs of sentences have in common.
    marked : ndarray of float64
        The same, but only as far as the pairs are more alike than sentences on one subject are: a quoted paragraph has it,
        another report of the event has not.
    plain : ndarray of float64
        The same in pairs that are nearly word for word the same.
    strongest : ndarray of float64
        The most that any one pair has of ``marked``.
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
    """Numbers of originals worth a closer look.

    Parameters
    ----------
    query : Sketches
        Of one text.
    segments : sequence of Segment
        The index.
    dead : ndarray of int64
        Numbers of originals that were removed, ascending.

    Returns
    -------
    ndarray of int64
        At most ``LOOKED_AT``, best first.
    """
    keys, inverse = np.unique(np.concatenate([query.keys, query.pairs]), return_inverse=True)
    if not len(keys) or not segments:
        return np.zeros(0, np.int64)
    weights = np.zeros(len(keys))
    weights[inverse] = np.concatenate([query.weights, query.pair_weights])
    inverse = inverse[: len(query.keys)]
    spans = [segment.spans(keys) for segment in segments]
    lengths = np.sum([end - start for start, end in spans], axis=0)
    # A posting takes one to two bytes. What half of the collection holds says nothing, whatever the language tables think.
    size = sum(len(segment.weights) for segment in segments)
    common = np.log((size + 50.0) / (lengths / 1.5 + 1.0))
    weights = np.minimum(weights, np.maximum(common, 0.1))
    order = np.argsort(lengths, kind="stable")
    taken = (np.cumsum(lengths[order]) <= BYTES) | (np.arange(len(order)) < LEAST_STEMS)
    chosen = np.sort(order[taken & (lengths[order] > 0)])
    if not len(chosen):
        return np.zeros(0, np.int64)
    numbers, lists = [], []
    for segment, (start, end) in zip(segments, spans, strict=True):
        held = chosen[end[chosen] > start[chosen]]
        found, which = segment.lists(start[held], end[held])
        numbers.append(found + segment.first)
        lists.append(held[which])
    number, key = np.concatenate(numbers), np.concatenate(lists)
    base = segments[0].first
    place = number - base
    total = _sums(place, weights[key], segments[-1].stop - base)
    own = np.zeros(len(total))
    for segment in segments:
        own[segment.first - base : segment.stop - base] = segment.weights
    if len(dead):
        total[dead[(dead >= base) & (dead < segments[-1].stop)] - base] = 0.0
    kept = [_best(total, CANDIDATES), _best(total / np.sqrt(own + 100.0), CANDIDATES)]
    kept += _by_stretch(query, inverse, weights, place, key, total)
    ranked = np.unique(np.concatenate(kept))
    ranked = ranked[np.argsort(-total[ranked], kind="stable")][:LOOKED_AT]
    return ranked + base


def _sums(groups: I64, values: F64, count: int) -> F64:
    """Sum of the values of each group."""
    sums: npt.NDArray[Any] = np.bincount(groups, values, minlength=count)
    return sums.astype(np.float64, copy=False)


def _best(values: F64, count: int) -> I64:
    """Places of the largest values above zero, largest first."""
    # Selecting by partition takes 10 ms where most values are equal, as they are here (measured, 100,000 values).
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
    # Only the originals that were met have a column, or a large collection would take a large table.
    met = np.flatnonzero(total > 0)
    column = np.full(len(total), -1, np.int64)
    column[met] = np.arange(len(met))
    place = column[place]
    place, key = place[place >= 0], key[place >= 0]
    # Each key belongs to the stretches that it stands in; most stand in one.
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
    """0, 1, … for each size, end to end."""
    ends = np.cumsum(sizes)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - sizes, sizes)


def closeness(query: Sketches, sketches: Sequence[bytes]) -> Closeness:
    """Compare a query with originals, sentence by sentence.

    Parameters
    ----------
    query : Sketches
        Of one text.
    sketches : sequence of bytes
        Of the originals, as ``sketch.packed`` made them.

    Returns
    -------
    Closeness
        In the order of the sketches.
    """
    n = len(sketches)
    keys, inverse = np.unique(query.keys, return_inverse=True)
    weights = np.zeros(len(keys))
    weights[inverse] = query.weights
    whole = np.frombuffer(b"".join(sketches), "<u2")
    doc = np.repeat(np.arange(n), [len(one) // 2 for one in sketches])
    separator = whole < sketching.SEPARATORS
    sentence: I64 = np.cumsum(separator) - separator
    theirs = whole[separator].astype(np.float64) * sketching.WEIGHT_STEP
    their_doc = doc[separator]
    ours = np.bincount(query.sentence, query.weights)

    known = np.full(1 << 16, -1, np.int32)
    known[sketching.prints(keys)] = np.arange(len(keys))
    hits = np.flatnonzero((known[whole] >= 0) & ~separator)
    hit_key, hit_sentence, hit_doc = known[whole[hits]].astype(np.int64), sentence[hits], doc[hits]

    once = np.unique(hit_doc * np.int64(len(keys)) + hit_key)
    found = np.bincount(once // len(keys), weights[once % len(keys)], minlength=n)
    contained = found / max(weights.sum(), 1e-9)
    their_total = np.maximum(np.bincount(their_doc, theirs, minlength=n), 1e-9)
    containing = np.minimum(np.bincount(hit_doc, weights[hit_key], minlength=n) / their_total, 1.0)

    # Every pair of a sentence of ours and one of theirs that share a stem, with what they share.
    order = np.argsort(inverse, kind="stable")
    bounds = np.searchsorted(inverse[order], np.arange(len(keys) + 1))
    cost = np.bincount(hit_key, minlength=len(keys)) * np.diff(bounds)
    if cost.sum() > MOST_PAIRS:
        cheapest = np.argsort(cost, kind="stable")
        telling = np.zeros(len(keys), bool)
        telling[cheapest[np.cumsum(cost[cheapest]) <= MOST_PAIRS]] = True
        ours = np.bincount(query.sentence, query.weights * telling[inverse])
        hit_key, hit_sentence = hit_key[telling[hit_key]], hit_sentence[telling[hit_key]]
    copies = np.diff(bounds)[hit_key]
    own = query.sentence[order[np.repeat(bounds[:-1][hit_key], copies) + _count_up(copies)]]
    pair = np.repeat(hit_sentence, copies) * np.int64(len(ours)) + own
    pairs, group = np.unique(pair, return_inverse=True)
    shared = np.bincount(group, np.repeat(weights[hit_key], copies), minlength=len(pairs))
    their_sentence, our_sentence = pairs // len(ours), pairs % len(ours)
    lesser = np.maximum(np.minimum(ours[our_sentence], theirs[their_sentence]), LEAST_WEIGHT)
    greater = np.maximum(ours[our_sentence], theirs[their_sentence])
    # Between the overlap of the lesser sentence, for sentences that were joined or cut, and the cosine.
    alike = shared / np.sqrt(lesser * np.minimum(greater, 4.0 * lesser))
    pair_doc = their_doc[their_sentence]

    # Of each sentence only its best counterpart counts.
    ours_best = _Best(pair_doc * np.int64(len(ours)) + our_sentence, len(ours))
    theirs_best = _Best(their_sentence, 1)
    owner, sentence_weight = ours_best.owner, ours[ours_best.member]
    most = ours_best.of(alike)
    copied = np.bincount(owner, _ramp(most) * sentence_weight, minlength=n) / max(ours.sum(), 1e-9)
    covered = np.bincount(
        their_doc[theirs_best.owner],
        _ramp(theirs_best.of(alike)) * theirs[theirs_best.owner],
        minlength=n,
    )
    common = _sums(owner, ours_best.of(shared * np.minimum(alike, 1.0)), n)
    each = ours_best.of(shared * np.clip(alike - BY_CHANCE, 0.0, 1.0))
    marked = _sums(owner, each, n)
    strongest = np.zeros(n)
    np.maximum.at(strongest, owner, each)
    plain = _sums(owner, ours_best.of(shared * np.clip((alike - PLAIN) / 0.3, 0.0, 1.0)), n)
    return Closeness(
        contained,
        containing,
        copied,
        covered / their_total,
        common,
        marked,
        plain,
        strongest,
    )


class _Best:
    """The largest of several values by group, for groups that are far too many for an array with a place for each."""

    def __init__(self, groups: I64, members: int) -> None:
        self._order = np.argsort(groups, kind="stable")
        ordered = groups[self._order]
        self._starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
        self.owner: I64 = ordered[self._starts] // members
        self.member: I64 = ordered[self._starts] % members

    def of(self, values: F64) -> F64:
        """Largest value of each group."""
        if not len(self._starts):
            return np.zeros(0)
        most: F64 = np.maximum.reduceat(values[self._order], self._starts)
        return most


def _ramp(alike: F64) -> F64:
    """How far a sentence counts as copied: from 0 well below ``ALIKE`` to 1 well above it."""
    return np.clip((alike - 0.5 * ALIKE) / ALIKE, 0.0, 1.0)
