"""Suggestions: the wording that a substituted span probably replaced.

The span is decoded as a noisy channel (Viterbi): the original is a probable phrase, and its words resemble those of the text.

The constants here decide what is shown. They feed no feature, so the model's manifest does not record them
(:mod:`mtdetect.model.tuned_constants`).
"""

from __future__ import annotations

import codecs
import itertools
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.features.lexicon import Lexicon, unpack
from mtdetect.features.view import View
from mtdetect.text.arrays import I64
from mtdetect.text.tokens import hash_word
from mtdetect.text.vocabulary import FIRST_WORD

PER_COSINE, PER_SPUN, CHANGE = 16.0, 2.0, 5.0
"""Weights in decoding, in nats: of a unit of cosine, of a unit of spinners' preference (subtracted), and of each changed word
(subtracted)."""

LISTED, PER_AFFINITY, MOST_AFFINITY = 4.0, 1.5, (-4.0, 8.0)
"""Weights in decoding, in nats: of a thesaurus's synonym against a word that is only used in similar contexts, and of a nat of affinity
between neighbours, within bounds. Affinities help because most pairs of technical words are in no table.

The weights were chosen one after the other on one half of the 2,655 tortured phrases for tuning. The first suggestion is right for 37 %
of the phrases found there, and for 36 % in the other half (27 % before alternatives came from a large thesaurus). With ``CHANGE`` at 2
these are 38 and 36 %, but "press convention" becomes "news conference", although "press" is right. More columns help little: shared
synonyms, context similarity without the thesaurus, frequency and a weight for each thesaurus together add 2 %."""

Lattice = list[tuple[I64, npt.NDArray[Any]]]
"""For each word of a span: the numbers of the words that it may have replaced, and the log-probability of each replacement."""

ALTERNATIVE_FLOOR = -6.0
"""Nats. A wording whose sum is lower than that of the text by more than this is no suggestion."""


def decode(view: View, spans: list[tuple[int, int, set[int]]]) -> list[list[int] | None]:
    """Decode the most probable original wording of spans (Viterbi over the alternatives of their words).

    Parameters
    ----------
    view : View
    spans : list of (int, int, set of int)
        First and last place in the stream, and the places of the substituted words, which must change.

    Returns
    -------
    list of (list of int or None)
        Numbers of words; ``None`` if no alternative is probable enough.
    """
    s = view.stream
    of_spans = lattices(view, spans)
    # Neighbours of all spans are looked up at once.
    steps = [
        (left, right)
        for (first, last, _), lattice in zip(spans, of_spans, strict=True)
        if lattice is not None
        for left, right in itertools.pairwise(
            [np.array([s.before[first]]), *(options for options, _ in lattice), np.array([s.after[last]])]
        )
    ]
    fits = iter(transitions(view, steps))
    return [
        None if lattice is None else _best(view, first, last, lattice, fits)
        for (first, last, _), lattice in zip(spans, of_spans, strict=True)
    ]


def _best(
    view: View, first: int, last: int, lattice: Lattice, fits: Iterator[npt.NDArray[Any]]
) -> list[int] | None:
    """The best path through the lattice of one span; takes the scores of its steps from ``fits``."""
    total = np.zeros(1)
    back = []
    for _, cost in lattice:
        joint = total[:, None] + next(fits)
        back.append(joint.argmax(axis=0))
        total = joint.max(axis=0) + cost
    total = total + next(fits)[:, 0]
    end = int(total.argmax())
    as_found = float(view.log_bigram[first : last + 1].sum() + view.log_bigram_right[last])
    if total[end] - as_found < ALTERNATIVE_FLOOR:
        return None
    path = [end]
    for pointer in reversed(back[1:]):
        path.append(int(pointer[path[-1]]))
    return [int(lattice[k][0][j]) for k, j in enumerate(reversed(path))]


def lattices(view: View, spans: Sequence[tuple[int, int, set[int]]]) -> list[Lattice | None]:
    """List what each word of spans may have replaced.

    Parameters
    ----------
    view : View
    spans : sequence of (int, int, set of int)
        As for :func:`decode`.

    Returns
    -------
    list of (Lattice or None)
        ``None`` for a span with a substituted word that has no alternatives.
    """
    s, lexicon = view.stream, view.lexicon
    sizes = [last - first + 1 for first, last, _ in spans]
    at = [i for first, last, _ in spans for i in range(first, last + 1)]
    replaced = np.array(
        [i in members for first, last, members in spans for i in range(first, last + 1)], bool
    )
    own = s.ids[at].astype(np.int64)
    known = np.flatnonzero((own >= FIRST_WORD) & (own < len(lexicon.alternatives)))
    # The word of the text first, then its alternatives.
    options = np.zeros((len(at), lexicon.alternatives.shape[1] + 1), np.int64)
    cost = np.zeros(options.shape, np.float32)
    options[:, 0] = own
    other = lexicon.alternatives[own[known]].astype(np.int64)
    likeness, listed = unpack(lexicon.plausible[own[known]])
    # An unchanged word has a cosine of 1.
    change = PER_COSINE * (likeness - 1) + LISTED * listed
    change -= PER_SPUN * (lexicon.spinners[other] - lexicon.spinners[own[known], None])
    options[known, 1:], cost[known, 1:] = other, change - CHANGE
    possible = (options > 0) & lexicon.once(may_be_suggested).take(options)
    possible[:, 0] = ~replaced
    cost[replaced] += CHANGE  # changing back a substituted word costs nothing
    words = [(options[k][use], cost[k][use]) for k, use in enumerate(possible)]
    ends = np.cumsum(sizes).tolist()
    lattices = [words[end - size : end] for end, size in zip(ends, sizes, strict=True)]
    return [lattice if all(len(one) for one, _ in lattice) else None for lattice in lattices]


def may_be_suggested(lexicon: Lexicon) -> npt.NDArray[np.bool_]:
    """Which words of the vocabulary may be suggested: all but those of ``unfit_words.txt``, which are obscene or abusive.

    Parameters
    ----------
    lexicon : Lexicon
        Language tables.

    Returns
    -------
    ndarray of bool, shape (len(lexicon.counts),)
        One for each number of the vocabulary.
    """
    file = resources.files("mtdetect.evidence") / "unfit_words.txt"
    lines = file.read_text(encoding="ascii").splitlines()
    words = [codecs.decode(line, "rot13") for line in lines if not line.startswith("#")]
    unfit = lexicon.vocabulary.lookup.get(np.array([hash_word(word) for word in words], np.uint64))
    fit = np.ones(len(lexicon.counts), bool)
    fit[unfit[unfit > 0].astype(np.int64)] = False
    return fit


def transitions(view: View, steps: list[tuple[I64, I64]]) -> list[npt.NDArray[Any]]:
    """Score neighbours: log P(right | left), plus their affinity.

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
