"""Substituted words: the spans in which a machine probably replaced words, with the wording that stood there.

:mod:`mtdetect.model.candidates` says which words are reported; here they are joined to spans and
:mod:`mtdetect.evidence.suggestions` says what they replaced.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mtdetect.evidence.suggestions import decode, lattices, transitions
from mtdetect.features.view import View
from mtdetect.model.candidates import KINDS, CandidateModel, Judged
from mtdetect.text.arrays import I64
from mtdetect.text.dialects import same_word
from mtdetect.text.tokens import ALL_CAPITALS, CAPITAL
from mtdetect.verdict import Evidence

IN_SPUN = 0.03
"""P-value at which a candidate is told in a text that looks spun as a whole. Of the content words that spinners replaced at 5, 10 and 30 % of all words, in 150
texts each, 7.5, 16.5 and 22.9 % are told instead of 4.9, 7.5 and 16.0 %, and 62, 77 and 95 instead of 78, 84 and 97 % of the reports are
right; with 0.02 these are 6.8, 13.5 and 19.9 %, and 68, 80 and 96 %. People's texts hardly ever look spun: theirs stay as they are."""

LEAST_WEIGHT = 0.01

VOWELS = frozenset("aeiouyáéíóúäöüàèìòùâêîôû")
"""A word without any is an abbreviation, which no spinner puts in another's place: a fifth of 100 false reports that were read was
the "pct" of agencies."""

LONGEST_SPAN = 4
"""Words of a reported span."""

LEAST_BESIDE_NAME = 5
"""Sightings before a reported name of what a misfit there may have been, at which it is reported with the name."""


def tell(view: View, model: CandidateModel, spun: npt.NDArray[np.bool_]) -> list[list[Evidence]]:
    """Report the candidates of a batch as evidence.

    Parameters
    ----------
    view : View
        The batch.
    model : CandidateModel
        Judges them.
    spun : ndarray of bool, shape (n_texts,)
        Texts that look spun as a whole; there any candidate of a p-value of at most ``IN_SPUN`` is told.

    Returns
    -------
    list of list of Evidence
        For each text, spans with the wording they probably replaced.
    """
    told: list[list[Evidence]] = [[] for _ in range(len(view))]
    judged = model.judge(view)
    weights = np.maximum(judged.weight, LEAST_WEIGHT)
    taken: set[int] = set()
    for k in np.flatnonzero(judged.found & (judged.kind > 0)).tolist():
        first = int(judged.at[k])
        if first in taken:
            continue
        kind = KINDS[int(judged.kind[k])]
        pairs = view.name_pairs if kind == "name" else view.spelling_pairs
        row = int(judged.row[k])
        wording = view.stream.ids[first : first + 2].tolist()
        wording[int(pairs.side[row])] = int(pairs.wording[row])
        if kind == "name" and first and view.misfits[first - 1] and first - 1 not in taken:
            before = _before(view, first, wording[0])
            wording, first = [*before, *wording], first - len(before)
        last = first + len(wording) - 1
        taken |= set(range(first, last + 1))
        told[int(view.stream.doc[first])].append(
            _evidence(view, kind, first, last, wording, float(weights[k]))
        )
    found = judged.found | ((judged.p <= IN_SPUN) & spun.take(view.stream.doc[judged.at]))
    candidates = np.flatnonzero(found & (judged.kind == 0))
    words = [view.lexicon.vocabulary.word(int(k)) for k in view.stream.ids[judged.at[candidates]]]
    candidates = candidates[[not VOWELS.isdisjoint(word) for word in words]] if words else candidates
    spans = [
        (first, last, members)
        for first, last, members in _spans(view, judged, candidates)
        if taken.isdisjoint(range(first, last + 1))
    ]
    wordings = decode(view, [(first, last, set(judged.at[own].tolist())) for first, last, own in spans])
    for (first, last, members), wording in zip(spans, wordings, strict=True):
        if wording is not None and _respelt(view, first, wording):
            continue
        told[int(view.stream.doc[first])].append(
            _evidence(view, KINDS[0], first, last, wording, float(weights[members].max()))
        )
    return told


def _respelt(view: View, first: int, wording: list[int]) -> bool:
    """Whether a wording only spells what stands there as on the other side of the ocean."""
    word, found = view.lexicon.vocabulary.word, view.stream.ids[first : first + len(wording)].tolist()
    return all(same_word(word(a), word(b)) for a, b in zip(found, wording, strict=True) if a != b)


def _before(view: View, first: int, name: int) -> list[int]:
    """What the verb or title before a reported name replaced ("informed NBC" was told NBC), if that can be said."""
    place = first - 1
    if not _touch(view, place) or view.bigram_right[place] > 0:
        return []
    (lattice,) = lattices(view, [(place, place, {place})])
    if lattice is None:
        return []
    ((options, cost),) = lattice
    seen = view.lexicon.pairs(view.lexicon.bigram, options, np.full(len(options), name))
    before = np.array([view.stream.before[place]])
    to_left, to_right = (
        part.ravel() for part in transitions(view, [(before, options), (options, np.array([name]))])
    )
    worth = np.where(seen >= LEAST_BESIDE_NAME, to_left + to_right + cost, -np.inf)
    best = int(worth.argmax())
    return [int(options[best])] if np.isfinite(worth[best]) else []


def _spans(view: View, judged: Judged, found: I64) -> list[tuple[int, int, list[int]]]:
    """Runs of words to report: reported candidates that touch, each with a content word beside it that it was never seen with."""
    s, content = view.stream, view.content
    spans: list[tuple[int, int, list[int]]] = []
    for k in found.tolist():
        i = int(judged.at[k])
        first = last = i
        # A stranger beside it belongs to the picture; of two, the one that follows.
        if i + 1 < len(s.ids) and content[i + 1] and view.bigram_right[i] == 0 and _touch(view, i):
            last = i + 1
        elif i > 0 and content[i - 1] and view.bigram_left[i] == 0 and _touch(view, i - 1):
            first = i - 1
        if spans and first <= spans[-1][1] and last - spans[-1][0] < LONGEST_SPAN:
            begin, end, members = spans[-1]
            spans[-1] = (begin, max(end, last), [*members, k])
        elif spans and first <= spans[-1][1]:
            spans.append((spans[-1][1] + 1, max(last, spans[-1][1] + 1), [k]))
        else:
            spans.append((first, last, [k]))
    return spans


def _touch(view: View, i: int) -> bool:
    """Whether nothing stands between a word of the stream and the next."""
    s = view.stream
    return not s.last[i] and s.token[i + 1] == s.token[i] + 1 and s.doc[i + 1] == s.doc[i]


def _evidence(
    view: View, kind: str, first: int, last: int, wording: list[int] | None, weight: float
) -> Evidence:
    s, batch = view.stream, view.batch
    doc = int(s.doc[first])
    tokens = s.token[first : last + 1]
    start, end = batch.spans(doc, batch.tokens.start[tokens], batch.tokens.end[tokens])
    text = batch.texts[doc]
    suggestion = None
    if wording is not None:
        parts = []
        for k, number in enumerate(wording):
            own = text[start[k] : end[k]]
            if number != int(s.ids[first + k]):
                own = _dressed(
                    view.lexicon.vocabulary.word(number), int(batch.tokens.flags[tokens[k]]), len(own)
                )
            parts.append(own)
            if k + 1 < len(wording):
                parts.append(text[end[k] : start[k + 1]])
        suggestion = "".join(parts)
    return Evidence(int(start[0]), int(end[-1]), text[start[0] : end[-1]], kind, weight, suggestion)


def _dressed(word: str, flags: int, length: int) -> str:
    """A word in the capitals of the one it stands for."""
    if flags & ALL_CAPITALS and length > 1:
        return word.upper()
    return word[:1].upper() + word[1:] if flags & CAPITAL else word
