"""Measure the wordings of web spinners on human text: how often people use them where the original would fit better.

No spun page is needed. Where people write the original, a spinner would have written its wording, so the gain of the original over
the wording there is the gain on a spun page. Where people write the wording themselves, it is the gain on a human page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np

from mtdetect.degrade.web_spinners import tables
from mtdetect.evidence.suggestions import may_be_suggested
from mtdetect.features.lexicon import Lexicon
from mtdetect.features.view import View
from mtdetect.model.spinner_wordings import Word, Wording, gains, indexed
from mtdetect.text import read
from mtdetect.text.arrays import F64
from mtdetect.text.english import FUNCTION_WORDS
from mtdetect.training.examples import Example

BATCH = 200

THRESHOLDS = np.arange(-2.0, 14.0, 0.25)
"""Thresholds that are tried, in nats."""

LEAST_SIGHTINGS, LEAST_SHARE, LEAST_RATIO = 20, 0.1, 50.0
"""Smallest count of the original, share of these occurrences above the threshold, and likelihood ratio there, of a wording that is kept."""

MOST_WEIGHT = 7.0
"""Largest weight in nats; some ten million words cannot support a larger one."""

REPLACED = 0.5
"""Share of the occurrences of a word in its table that a web spinner is taken to replace. With 0.3, 0.5, 0.6 and 0.7, at the total that 0.05 % of people's texts
exceed, 62, 60, 55 and 54 % of the pages for tuning are found."""

REPLACED_BY = {"g": 0.3}
"""The same for spinners that leave more as it is. Of the 11 pages by spinner G for tuning 5, 5, 6 and 7 have strong evidence with 0.5, 0.4, 0.3 and 0.2, and of 12,000 people's texts
0.11, 0.09, 0.12 and 0.16 %; with the entries of G alone, without those of K, 3 and 0.09 %."""

SAME = {"k": "g"}
"""Tables of one spinner: entries of the first count as the second's, unless it has one for the same words."""

MOST_WORD = 4.0
"""Largest weight of a single word in nats; with 3 to 6 as many pages are found."""

Words = tuple[str, ...]


def fit_spinner_wordings(examples: Iterable[Example], lexicon: Lexicon) -> list[Wording]:
    """Fit thresholds and weights, and keep the wordings that separate spun from human text.

    Parameters
    ----------
    examples : iterable of Example
        Human texts.
    lexicon : Lexicon
        The language tables.

    Returns
    -------
    list of Wording
        Sorted by their originals.
    """
    known = _known()
    pairs = sorted(known)
    people: list[list[F64]] = [[] for _ in pairs]
    spinners: list[list[F64]] = [[] for _ in pairs]
    texts = (example.text for example in examples)
    while batch := list(islice(texts, BATCH)):
        view = View(read(batch, lexicon.vocabulary, identify=False), lexicon)
        for side, found in ((0, people), (1, spinners)):
            # People's uses of the wording are compared with the original; then people's uses of the original with the wording.
            found_and_other = [(pair[1 - side], pair[side]) for pair in pairs]
            for row, gain in _gains(view, found_and_other, lexicon):
                found[row].append(gain if side == 0 else -gain)
    rows = []
    for pair, own, other in zip(pairs, people, spinners, strict=True):
        fitted = _threshold_and_weight(
            np.concatenate([*own, np.zeros(0)]), np.concatenate([*other, np.zeros(0)])
        )
        if fitted is not None:
            rows.append(Wording(" ".join(pair[1]), " ".join(pair[0]), "".join(sorted(known[pair])), *fitted))
    return rows


def spinner_words(wordings: Sequence[Wording], lexicon: Lexicon) -> list[Word]:
    """Weigh the single words of the tables of web spinners by their frequency.

    Of the occurrences of a word that a spinner knows it replaces a share of ``REPLACED``, or ``REPLACED_BY``, by each of its substitutes equally often. So with counts ``n`` among
    people, a word has the weight ``log((n·(1 − share if the spinner knows it) + sum over the words that it replaces of share·n'/substitutes) / n)``.

    Parameters
    ----------
    wordings : sequence of Wording
        Wordings with weights of their own (:func:`fit_spinner_wordings`), whose pairs are left out.
    lexicon : Lexicon
        The language tables.

    Returns
    -------
    list of Word
        Sorted by spinner and word; without those whose weight is 0.
    """
    weighed = {(row.original, row.wording) for row in wordings}
    numbers = lexicon.vocabulary.numbers
    fit = may_be_suggested(lexicon)
    found = []
    for spinner, table in _spinners().items():
        share = REPLACED_BY.get(spinner, REPLACED)
        rates: dict[str, float] = defaultdict(float)
        replaced: dict[str, tuple[float, str]] = defaultdict(lambda: (0.0, ""))
        known = {original[0]: several for original, several in table.items() if len(original) == 1}
        known = {word: several for word, several in known.items() if word in numbers}
        count = {word: float(lexicon.counts[numbers[word]]) + 1.0 for word in known}
        for word, several in known.items():
            rates[word] -= share * count[word]
            for substitute in several:
                if substitute in numbers and substitute != word and (word, substitute) not in weighed:
                    often = share * count[word] / len(several)
                    rates[substitute] += often
                    if fit[numbers[word]]:
                        replaced[substitute] = max(replaced[substitute], (often, word))
        for word, rate in sorted(rates.items()):
            people = float(lexicon.counts[numbers[word]]) + 1.0
            weight = float(np.clip(np.log((people + rate) / people), -MOST_WORD, MOST_WORD))
            if round(weight, 3):
                found.append(Word(word, spinner, round(weight, 3), replaced[word][1]))
    return found


def _spinners() -> dict[str, dict[Words, Words]]:
    """Table of each spinner, by its letter in lower case; tables of the same one are joined."""
    found: dict[str, dict[Words, Words]] = {}
    for family, table in sorted(tables().items()):
        spinner = SAME.get(family[-1], family[-1])
        found[spinner] = {**table, **found.get(spinner, {})}
    return found


def _known() -> dict[tuple[Words, Words], set[str]]:
    """Pairs of original and wording, with the spinners that use them: function words, and pairs with several words on either side.

    Single content words are weighed by their frequency (:func:`spinner_words`).
    """
    function = set(FUNCTION_WORDS)
    known: dict[tuple[Words, Words], set[str]] = {}
    for spinner, table in _spinners().items():
        for original, wordings in table.items():
            for wording in wordings:
                words = tuple(wording.replace("’", "'").replace("-", " ").split())
                usable = len(words) > 1 or len(original) > 1 or function.issuperset(original)
                if usable and all(word.replace("'", "").isalpha() for word in original + words):
                    known.setdefault((original, words), set()).add(spinner)
    return known


def _gains(
    view: View, pairs: Sequence[tuple[Sequence[str], Sequence[str]]], lexicon: Lexicon
) -> Iterable[tuple[int, F64]]:
    """Yield, for each first wording of ``pairs`` that occurs in a batch, the nats by which the second would fit better there."""
    index = indexed(pairs, lexicon)
    s = view.stream
    for wordings in index.by_rarest.values():
        for row, offset, ids in wordings:
            first = np.flatnonzero(s.ids == ids[offset]) - offset
            first = first[(first >= 0) & (first + len(ids) <= len(s.ids))]
            for k, number in enumerate(ids):
                first = first[s.ids[first + k] == number]
            last = first + len(ids) - 1
            whole = (s.doc[first] == s.doc[last]) & (s.token[last] - s.token[first] == len(ids) - 1)
            first, last = first[whole], last[whole]
            if len(first):
                head, tail = (np.full(len(first), ends[row]) for ends in (index.heads, index.tails))
                yield row, gains(view, first, last, head, tail)


def _threshold_and_weight(people: F64, spinners: F64) -> tuple[float, float] | None:
    """Threshold with a large likelihood ratio above it and many occurrences there, and the weight; None if no threshold is good enough."""
    if len(spinners) < LEAST_SIGHTINGS:
        return None
    best: tuple[float, float, float] | None = None
    for threshold in THRESHOLDS.tolist():
        above = int((spinners >= threshold).sum())
        if above < LEAST_SHARE * len(spinners):
            break
        ratio = above / (int((people >= threshold).sum()) + 1.0)
        if best is None or ratio * above**0.5 > best[0]:
            best = ratio * above**0.5, threshold, ratio
    if best is None or best[2] < LEAST_RATIO:
        return None
    return best[1], round(min(float(np.log(best[2])), MOST_WEIGHT), 3)
