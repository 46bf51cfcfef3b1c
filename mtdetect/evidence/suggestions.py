"""Naming: what stood where a machine put something else.

The original wording is decoded from the alternatives of a whole span at once, as a noisy channel: a likely phrase, from words
that resemble those found.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.features.lexicon import unpack
from mtdetect.features.view import View
from mtdetect.text.arrays import I64
from mtdetect.text.vocabulary import FIRST_WORD

PER_COSINE, PER_SPUN, CHANGE = 16.0, 2.0, 5.0
"""Nats that a unit of cosine weighs when wordings are decoded, that a unit of spinners' preference takes off, and that every changed word
costs."""

LISTED, PER_AFFINITY, MOST_AFFINITY = 4.0, 1.5, (-4.0, 8.0)
"""Nats by which a thesaurus's synonym is preferred to a word that merely keeps the same company, and that a nat of affinity weighs, within
bounds, in what neighbours say of each other: most pairs of technical words are in no table. The weights were chosen one after the other on one half of
the 2,655 tortured phrases for tuning: a right word stands first in 37 % of those found there and in 36 % of the other half (27 % before
alternatives came from a large thesaurus). That a change costs 2 makes 38 and 36 %, but "press convention" becomes a news conference, though
nothing is wrong with "press". More columns help little: the share of synonyms that two words have in common, their company
without the thesaurus, their frequency and a weight for each thesaurus together add 2 %."""

Lattice = list[tuple[I64, npt.NDArray[Any]]]
"""Of each word of a span the numbers of what may have stood there, and the log-probabilities that they became what stands there now."""

ALTERNATIVE_FLOOR = -6.0
"""Nats below the sum for unchanged neighbours at which a wording is no suggestion."""


def decode(view: View, spans: list[tuple[int, int, set[int]]]) -> list[list[int] | None]:
    """The likeliest original wording of spans (Viterbi over the alternatives of their words).

    Parameters
    ----------
    view : View
    spans : list of (int, int, set of int)
        First and last place in the stream, and the places whose word must not stay.

    Returns
    -------
    list of (list of int or None)
        Numbers of words; ``None`` if no alternative is likelier than what stands there.
    """
    s = view.stream
    of_spans = lattices(view, spans)
    # What neighbours say of each other is asked for all spans at once.
    steps = [
        (left, right)
        for (first, last, _), lattice in zip(spans, of_spans, strict=True)
        if lattice is not None
        for left, right in itertools.pairwise(
            [np.array([s.before[first]]), *(options for options, _ in lattice), np.array([s.after[last]])]
        )
    ]
    fits = iter(transitions(view, steps))
    wordings: list[list[int] | None] = []
    for (first, last, _), lattice in zip(spans, of_spans, strict=True):
        if lattice is None:
            wordings.append(None)
            continue
        total = np.zeros(1)
        back = []
        for _, cost in lattice:
            joint = total[:, None] + next(fits)
            back.append(joint.argmax(axis=0))
            total = joint.max(axis=0) + cost
        total = total + next(fits)[:, 0]
        here = int(total.argmax())
        as_found = float(view.log_bigram[first : last + 1].sum() + view.log_bigram_right[last])
        if total[here] - as_found < ALTERNATIVE_FLOOR:
            wordings.append(None)
            continue
        path = [here]
        for pointer in reversed(back[1:]):
            path.append(int(pointer[path[-1]]))
        wordings.append([int(lattice[k][0][j]) for k, j in enumerate(reversed(path))])
    return wordings


def lattices(view: View, spans: Sequence[tuple[int, int, set[int]]]) -> list[Lattice | None]:
    """What may have stood in the place of each word of spans.

    Parameters
    ----------
    view : View
    spans : sequence of (int, int, set of int)
        As for :func:`decode`.

    Returns
    -------
    list of (Lattice or None)
        ``None`` for a span with a word that must not stay and has no alternatives.
    """
    s, lexicon = view.stream, view.lexicon
    sizes = [last - first + 1 for first, last, _ in spans]
    at = [i for first, last, _ in spans for i in range(first, last + 1)]
    replaced = np.array(
        [i in members for first, last, members in spans for i in range(first, last + 1)], bool
    )
    own = s.ids[at].astype(np.int64)
    known = np.flatnonzero((own >= FIRST_WORD) & (own < len(lexicon.alternatives)))
    # First what stands there, then its alternatives.
    options = np.zeros((len(at), lexicon.alternatives.shape[1] + 1), np.int64)
    cost = np.zeros(options.shape, np.float32)
    options[:, 0] = own
    other = lexicon.alternatives[own[known]].astype(np.int64)
    likeness, listed = unpack(lexicon.plausible[own[known]])
    # One unit of cosine is what an unchanged word has.
    change = PER_COSINE * (likeness - 1) + LISTED * listed
    change -= PER_SPUN * (lexicon.spinners[other] - lexicon.spinners[own[known], None])
    options[known, 1:], cost[known, 1:] = other, change - CHANGE
    possible = options > 0
    possible[:, 0] = ~replaced
    cost[replaced] += CHANGE  # it was replaced: changing it back is free
    words = [(options[k][use], cost[k][use]) for k, use in enumerate(possible)]
    ends = np.cumsum(sizes).tolist()
    lattices = [words[end - size : end] for end, size in zip(ends, sizes, strict=True)]
    return [lattice if all(len(one) for one, _ in lattice) else None for lattice in lattices]


def transitions(view: View, steps: list[tuple[I64, I64]]) -> list[npt.NDArray[Any]]:
    """What neighbours say of each other: log P(right | left), and their affinity.

    Parameters
    ----------
    view : View
    steps : list of (ndarray of int64, ndarray of int64)
        Numbers that may stand to the left, and to the right.

    Returns
    -------
    list of ndarray, shape (len(left), len(right))
        Nats of all pairs of each step.
    """
    if not steps:
        return []
    left = np.concatenate([np.repeat(a, len(b)) for a, b in steps])
    right = np.concatenate([np.tile(b, len(a)) for a, b in steps])
    count = view.lexicon.pairs(view.lexicon.bigram, left, right)
    fit = np.log(view.lexicon.bigrams.probability(left, right, count))
    ends = np.cumsum([len(a) * len(b) for a, b in steps])
    fits = [
        part.reshape(len(a), len(b)) for part, (a, b) in zip(np.split(fit, ends[:-1]), steps, strict=True)
    ]
    for own, (a, b) in zip(fits, steps, strict=True):
        rows, columns = (np.flatnonzero(view.lexicon.compared.take(side)) for side in (a, b))
        if len(rows) and len(columns):
            affinity = view.lexicon.affinities(a.take(rows), b.take(columns))
            own[np.ix_(rows, columns)] += PER_AFFINITY * np.clip(affinity, *MOST_AFFINITY)
    return fits
