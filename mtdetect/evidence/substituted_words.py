"""Substituted words: spans in which a machine probably replaced words, with the original wording.

:mod:`mtdetect.model.candidates` selects the words. This module joins them to spans, and :mod:`mtdetect.evidence.suggestions` finds what
they replaced.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt

from mtdetect.evidence.suggestions import decode, lattices, transitions
from mtdetect.features.view import View
from mtdetect.model.candidates import KINDS, CandidateModel, Judged
from mtdetect.text.arrays import I64
from mtdetect.text.capitals import with_capitals_of
from mtdetect.text.dialects import american, same_word
from mtdetect.text.tokens import hash_word
from mtdetect.verdict import Evidence

IN_SPUN = 0.03
"""P-value at which a candidate is reported if the whole text looks spun. Measured on texts in which spinners replaced 5, 10 and 30 % of all
words (150 each), as the share of replaced content words that are reported, and the share of reports that are right:
without this rule 4.9, 7.5, 16.0 % and 78, 84, 97 %; with 0.02 6.8, 13.5, 19.9 % and 68, 80, 96 %; with 0.03 7.5, 16.5, 22.9 % and
62, 77, 95 %. Human texts hardly ever look spun, so their evidence does not change."""

FALSE_PER_WORD, ONE_SENTENCE = 0.0004, 30
"""False reports that a word of human text may cost, and the words of a text from which that holds. The error rate of
``model.candidates.FALSE_SHARES`` is a share of the reports of a text, and in a short text one report is all there are: of human paragraphs of 30 to
60 words one in ten had a false one (2.9 false reports in 1,000 words). With 0.0004, 0.001 and no limit, of words replaced at a rate of 8 % in
such paragraphs 228, 359 and 756 are reported, and 12, 27 and 393 others. Several odd words together, judged by a Poisson or a negative binomial tail, do
worse: odd words come together in human text as well. Shorter texts are single sentences that somebody asks about."""

FALSE_IN_SENTENCE = 0.26
"""The same for a whole text of fewer words. On the 2,655 tortured phrases for tuning, in sentences of a dozen words: no limit finds 63.3 % with 88.7 % of the
reports right, 0.3 60.8 % with 89.9 %, 0.26 59.7 % with 90.1 %, 0.2 55.3 % with 91.0 %."""

LEAST_WEIGHT = 0.01
"""Nats. Evidence never has a weight of 0 or below."""

VOWELS = frozenset("aeiouyáéíóúäöüàèìòùâêîôû")
"""A word without a vowel is an abbreviation, and spinners do not insert those: of 100 false reports, a fifth were "pct" in agency news."""

LONGEST_SPAN = 4
"""Most words of a reported span."""

MOST_SPANS = 200
"""Spans of a text that are reported. An explanation shows as much evidence in all, in order of place, so the rest would not be seen."""

TOGETHER = 1000
"""Spans that are decoded together. It limits memory: a span takes some ten kilobytes while it is decoded."""

LEAST_BESIDE_NAME = 5
"""Count of an alternative before a reported name, from which the word there is reported with the name."""


def find(view: View, model: CandidateModel, spun: npt.NDArray[np.bool_]) -> list[list[Evidence]]:
    """Find substituted words in a batch.

    Parameters
    ----------
    view : View
        The batch.
    model : CandidateModel
        Selects them.
    spun : ndarray of bool, shape (n_texts,)
        Texts that look spun as a whole; there every candidate with a p-value of at most ``IN_SPUN`` is reported.

    Returns
    -------
    list of list of Evidence
        For each text, spans with the wording they probably replaced.
    """
    found: list[list[Evidence]] = [[] for _ in range(len(view))]
    judged = model.judge(view)
    weights = np.maximum(judged.weight, LEAST_WEIGHT)
    taken: set[int] = set()
    for k in np.flatnonzero(judged.found & (judged.kind > 0)).tolist():
        if int(judged.at[k]) not in taken:
            kind = KINDS[int(judged.kind[k])]
            first, wording = _pair(view, kind, int(judged.at[k]), int(judged.row[k]), taken)
            if _respelt(view, first, wording):
                continue
            last = first + len(wording) - 1
            taken |= set(range(first, last + 1))
            item = _evidence(view, kind, first, last, wording, float(weights[k]))
            found[int(view.stream.doc[first])].append(item)
    spans = [
        (first, last, members)
        for first, last, members in _spans(view, judged, _reported(view, judged, spun))
        if taken.isdisjoint(range(first, last + 1))
    ]
    reported = [0] * len(view)
    for begin in range(0, len(spans), TOGETHER):
        part = [
            (int(view.stream.doc[first]), first, last, members)
            for first, last, members in spans[begin : begin + TOGETHER]
            if reported[int(view.stream.doc[first])] < MOST_SPANS
        ]
        wordings = decode(view, [(first, last, set(judged.at[own].tolist())) for _, first, last, own in part])
        for (doc, first, last, members), suggested in zip(part, wordings, strict=True):
            if suggested is None or not _respelt(view, first, suggested):
                reported[doc] += 1
                item = _evidence(view, KINDS[0], first, last, suggested, float(weights[members].max()))
                found[doc].append(item)
    return found


def _pair(view: View, kind: str, first: int, row: int, taken: set[int]) -> tuple[int, list[int]]:
    """First place and original wording of a reported name or misspelt pair, with the word before a name if that was replaced, too."""
    pairs = view.name_pairs if kind == "name" else view.spelling_pairs
    wording = view.stream.ids[first : first + 2].tolist()
    wording[int(pairs.side[row])] = int(pairs.wording[row])
    if kind == "name" and first and view.misfits[first - 1] and first - 1 not in taken:
        before = _before(view, first, wording[0])
        return first - len(before), [*before, *wording]
    return first, wording


def _reported(view: View, judged: Judged, spun: npt.NDArray[np.bool_]) -> I64:
    """Rows of ``judged`` that are candidates to report."""
    doc = view.stream.doc[judged.at]
    words = view.batch.words
    # Of the misfits of a human text, each of which may be reported, this p-value lets through that many.
    most_false = np.where(words < ONE_SENTENCE, FALSE_IN_SENTENCE, FALSE_PER_WORD * words)
    limit = most_false / np.maximum(view.per_text(view.misfits), 1)
    limit[spun] = 1.0
    found = judged.found & (judged.p <= limit.take(doc))
    found |= (judged.p <= IN_SPUN) & spun.take(doc)
    rows = np.flatnonzero(found & (judged.kind == 0))
    wordings = [view.lexicon.vocabulary.word(int(k)) for k in view.stream.ids[judged.at[rows]]]
    kept = [
        not VOWELS.isdisjoint(word) and not _fits_respelt(view, int(judged.at[row]))
        for word, row in zip(wordings, rows.tolist(), strict=True)
    ]
    return rows[np.array(kept, bool)]


def _fits_respelt(view: View, at: int) -> bool:
    """Whether a word was seen beside a neighbour if one of them is spelt the American way: "harbour master" is as good as "harbor master"."""
    s, lexicon = view.stream, view.lexicon
    for k in (at - 1, at):
        if not (0 <= k < len(s.ids) - 1 and _touch(view, k)):
            continue
        left, right = (_spellings(view, int(number)) for number in s.ids[k : k + 2])
        _, *respelt = product(left, right)  # the first is as in the text
        pairs = np.array(respelt, np.int32).reshape(-1, 2)
        if np.any(lexicon.pairs(lexicon.bigram, pairs[:, 0], pairs[:, 1]) > 0):
            return True
    return False


def _spellings(view: View, number: int) -> list[int]:
    """A word, and the same in American spelling if that is another word of the vocabulary."""
    vocabulary = view.lexicon.vocabulary
    word = vocabulary.word(number)
    respelt = american(word)
    if respelt == word:
        return [number]
    other = int(vocabulary.lookup.get(np.array([hash_word(respelt)], np.uint64))[0])
    return [number, other] if other else [number]


def _respelt(view: View, first: int, wording: list[int]) -> bool:
    """Whether a wording is the text's own in British instead of American spelling, or the reverse."""
    word, found = view.lexicon.vocabulary.word, view.stream.ids[first : first + len(wording)].tolist()
    return all(same_word(word(a), word(b)) for a, b in zip(found, wording, strict=True) if a != b)


def _before(view: View, first: int, name: int) -> list[int]:
    """What the verb or title before a reported name replaced ("informed NBC" was "told NBC"); empty if nothing is likely enough."""
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
    """Join reported candidates that touch to spans, each with an adjacent content word that it was never seen with."""
    s, content = view.stream, view.content
    spans: list[tuple[int, int, list[int]]] = []
    for k in found.tolist():
        i = int(judged.at[k])
        first = last = i
        # If it was never seen with either neighbour, the span takes the one that follows.
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
    """Whether a word of the stream and the next are adjacent in the text."""
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
                own = with_capitals_of(own, view.lexicon.vocabulary.word(number))
            parts.append(own)
            if k + 1 < len(wording):
                parts.append(text[end[k] : start[k + 1]])
        suggestion = "".join(parts)
    return Evidence(int(start[0]), int(end[-1]), text[start[0] : end[-1]], kind, weight, suggestion)
