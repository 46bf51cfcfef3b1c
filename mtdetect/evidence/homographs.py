"""Function words that a spinner took for something else that is spelt the same.

A thesaurus lists "are" as a unit of area, "an" as a degree in nursing, "in" as a metal. Spinners that look words up without
their part of speech write "the results square measure shown" and "as associate degree example". Such a wording is reported where the
function word would fit its neighbours far better, which spares all who mean the thing itself ("square measure of land", "a
rich person").
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.features.lexicon import Lexicon
from mtdetect.features.view import View
from mtdetect.text.arrays import F64
from mtdetect.text.tokens import hash_word
from mtdetect.text.vocabulary import SENTENCE
from mtdetect.verdict import Evidence

KIND = "homograph"

HOMOGRAPHS = {
    "are": ("square measure", "area unit"),
    "an": ("associate in nursing", "associate degree"),
    "am": ("amplitude modulation", "artium magister"),
    "as": ("american samoa", "eastern samoa"),
    "do": ("doctor of osteopathy",),
    "have": ("rich person", "wealthy person"),
    "in": ("hoosier state",),
    "me": ("pine tree state",),
    "more": ("sir thomas more",),
    "or": ("operating room", "operating theater", "operating theatre", "beaver state"),
    "there": ("in that respect", "at that place"),
    "too": ("to a fault",),
    "who": ("world health organization", "united nations agency"),
}
"""What a general thesaurus of English lists under the spelling of a function word, as far as it has several words; two are left out: learners write
"in United States", and of "it" nobody can tell ("such as information technology")."""

ATOMIC = {"2": "he", "4": "be", "33": "as", "49": "in", "53": "i", "85": "at", "95": "am", "102": "no"}
"""Function words that are spelt like the symbol of a chemical element, by its number."""

LEAST_GAIN = 5.5
"""Nats by which the function word must fit better than the wording. In 15 million words of people's English (a sixth of the corpora) the
listed wordings stand 130 times and none gains more than 5.1; of 32 in the 39 passages of wild spun text 28 do."""

WEIGHT, MOST = 5.0, 10.0
"""Nats that each counts for the text's being spun, and all together at most. Never seen in 15 million words by people, and seven times in
1,000 words by spinners that make the mistake, each could count for ten; but a writer may quote one."""

ELEMENT = ("atomic", "number")
"""What stands before the number of an element."""


@dataclass(frozen=True)
class _Wording:
    """A listed wording: numbers of its words, which of them is the rarest, and the function word's number (0: an element's)."""

    ids: tuple[int, ...]
    rarest: int
    head: int


@dataclass(frozen=True)
class Place:
    """Where a listed wording stands.

    Attributes
    ----------
    first, last : int
        In the stream.
    head : int
        Number of the function word.
    gain : float
        Nats by which that would fit the neighbours better.
    """

    first: int
    last: int
    head: int
    gain: float


def tell(view: View) -> list[list[Evidence]]:
    """Find such wordings in a batch.

    Returns
    -------
    list of list of Evidence
        Of each text.
    """
    told: list[list[Evidence]] = [[] for _ in range(len(view))]
    for place in view.once(mistaken):
        told[int(view.stream.doc[place.first])].append(_evidence(view, place))
    return told


def weigh(view: View) -> F64:
    """Nats that the wordings of each text count for its being spun, shape (n_texts,).

    The classifier cannot learn them: no spinner that it learns from makes this mistake.
    """
    count = np.bincount(
        [int(view.stream.doc[place.first]) for place in view.once(mistaken)], minlength=len(view)
    )
    return np.minimum(WEIGHT * count, MOST)


def mistaken(view: View) -> list[Place]:
    """The places of a batch where the function word would fit far better."""
    return [place for place in places(view) if place.gain >= LEAST_GAIN]


def places(view: View) -> list[Place]:
    """Find where listed wordings stand in a batch, whether they are meant or not."""
    s = view.stream
    numbers, by_rarest, rare = view.lexicon.once(_listed)
    stand = []
    for i in np.flatnonzero(rare.take(s.ids)).tolist():
        for wording in by_rarest[int(s.ids[i])]:
            first = i - wording.rarest
            last = first + len(wording.ids) - (wording.head > 0)  # the number of an element follows its words
            whole = first >= 0 and last < len(s.ids) and s.doc[first] == s.doc[last]
            whole = whole and s.token[last] - s.token[first] == last - first
            if whole and tuple(s.ids[first : first + len(wording.ids)].tolist()) == wording.ids:
                head = wording.head or _element(view, last, numbers)
                if head:
                    stand.append((first, last, head))
    if not stand:
        return []
    first, last, head = np.array(stand).T
    before, after = s.before[first], s.after[last]
    gain = _fit(view, before, head) + _fit(view, head, after)
    gain -= _fit(view, before, s.ids[first]) + _fit(view, s.ids[last], after)
    return [Place(*which, nats) for which, nats in zip(stand, gain.tolist(), strict=True)]


LISTED = [(head, tuple(words.split())) for head, several in HOMOGRAPHS.items() for words in several] + [
    ("", ELEMENT)
]
WORDS = sorted({word for head, words in LISTED for word in (head, *words) if word} | set(ATOMIC.values()))
HASHES = np.array([hash_word(word) for word in WORDS], np.uint64)


def _listed(lexicon: Lexicon) -> tuple[dict[str, int], dict[int, list[_Wording]], npt.NDArray[np.bool_]]:
    """Numbers of the words, the wordings by their rarest word, and which words are the rarest of some."""
    numbers = _numbers(lexicon)
    by_rarest = _wordings(lexicon, numbers)
    rare = np.zeros(len(lexicon.counts), bool)
    rare[list(by_rarest)] = True
    return numbers, by_rarest, rare


def _numbers(lexicon: Lexicon) -> dict[str, int]:
    """Numbers of the words that are asked about; 0 for those that the tables lack."""
    return dict(zip(WORDS, lexicon.vocabulary.lookup.get(HASHES).tolist(), strict=True))


def _wordings(lexicon: Lexicon, numbers: dict[str, int]) -> dict[int, list[_Wording]]:
    """The listed wordings by the number of their rarest word; those with a word that the tables lack are left out."""
    found: dict[int, list[_Wording]] = defaultdict(list)
    for head, words in LISTED:
        ids = [numbers[word] for word in words]
        if all(ids) and (not head or numbers[head]):
            rarest = int(np.argmin(lexicon.counts[ids]))
            found[ids[rarest]].append(_Wording(tuple(ids), rarest, numbers[head] if head else 0))
    return found


def _element(view: View, place: int, numbers: dict[str, int]) -> int:
    """Number of the function word that is spelt like the symbol of the element whose number stands there; 0 if none is."""
    start, end = _span(view, place, place)
    return numbers.get(ATOMIC.get(view.batch.texts[int(view.stream.doc[place])][start:end], ""), 0)


def _fit(view: View, left: npt.NDArray[Any], right: npt.NDArray[Any]) -> F64:
    """Log P(right | left)."""
    count = view.lexicon.pairs(view.lexicon.bigram, left, right)
    return np.log(view.lexicon.bigrams.probability(left, right, count)).astype(np.float64)


def _span(view: View, first: int, last: int) -> tuple[int, int]:
    s, batch = view.stream, view.batch
    tokens = s.token[[first, last]]
    start, end = batch.spans(int(s.doc[first]), batch.tokens.start[tokens], batch.tokens.end[tokens])
    return int(start[0]), int(end[1])


def _evidence(view: View, place: Place) -> Evidence:
    start, end = _span(view, place.first, place.last)
    text = view.batch.texts[int(view.stream.doc[place.first])][start:end]
    head = view.lexicon.vocabulary.word(place.head)
    if head == "i":
        head = "I"
    elif view.stream.before[place.first] == SENTENCE and text[0].isupper():
        head = head.capitalize()
    return Evidence(start, end, text, KIND, WEIGHT, head)
