"""Homographs: function words that a spinner replaced as if they were another word of the same spelling.

A thesaurus lists "are" as a unit of area, "an" as a degree in nursing, "in" as a metal. Spinners that ignore the part of speech
write "the results square measure shown" and "as associate degree example". Such a wording is reported only where the function word
would fit the neighbours far better, so that "square measure of land" and "a rich person" are not.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mtdetect.features.lexicon import Lexicon
from mtdetect.features.view import View
from mtdetect.model.spinner_wordings import gains
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
"""Function word: what a general English thesaurus lists under its spelling, if that has several words. Two are omitted: "in" for
"United States", because learners write it, and "it" for "information technology", because both readings are common ("such as
information technology")."""

ATOMIC = {"2": "he", "4": "be", "33": "as", "49": "in", "53": "i", "85": "at", "95": "am", "102": "no"}
"""Number of a chemical element: the function word that is spelt like its symbol."""

LEAST_GAIN = 5.5
"""Nats by which the function word must fit better than the wording. In 15 million words of human English (a sixth of the corpora) the
listed wordings occur 130 times, and none exceeds 5.1; of 32 in 39 passages of spun text from the web, 28 exceed 5.5."""

WEIGHT, MOST = 5.0, 10.0
"""Nats that each homograph adds to the log-odds of spun text, and the most that all add together. They occur never in 15 million words
of human text and seven times in 1,000 words of spinners that make the mistake, so ten nats each would be justified; but a writer may
quote one."""

ELEMENT = ("atomic", "number")
"""Words before the number of an element."""


@dataclass(frozen=True)
class _Wording:
    """A listed wording, by the numbers of its words."""

    ids: tuple[int, ...]
    rarest: int
    """Index of its rarest word."""
    head: int
    """The function word; 0 if the number of an element decides."""


@dataclass(frozen=True)
class Place:
    """An occurrence of a listed wording.

    Attributes
    ----------
    first, last : int
        Its first and last word in the stream.
    head : int
        Number of the function word.
    gain : float
        Nats by which the function word would fit the neighbours better.
    """

    first: int
    last: int
    head: int
    gain: float


def find(view: View) -> list[list[Evidence]]:
    """Find replaced homographs in a batch.

    Returns
    -------
    list of list of Evidence
        One list for each text.
    """
    found: list[list[Evidence]] = [[] for _ in range(len(view))]
    for place in view.once(mistaken):
        found[int(view.stream.doc[place.first])].append(_evidence(view, place))
    return found


def weigh(view: View) -> F64:
    """Weigh them: nats that the homographs of each text add to the log-odds of spun text, shape (n_texts,).

    The classifier cannot learn this, because no spinner in its training texts makes the mistake.
    """
    count = np.bincount(
        [int(view.stream.doc[place.first]) for place in view.once(mistaken)], minlength=len(view)
    )
    return np.minimum(WEIGHT * count, MOST)


def mistaken(view: View) -> list[Place]:
    """Select the places where the function word would fit far better."""
    return [place for place in places(view) if place.gain >= LEAST_GAIN]


def places(view: View) -> list[Place]:
    """Find all listed wordings of a batch, meant or not."""
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
    gain = gains(view, first, last, head, head)
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
    """Numbers of all listed words; 0 for those that the tables lack."""
    return dict(zip(WORDS, lexicon.vocabulary.lookup.get(HASHES).tolist(), strict=True))


def _wordings(lexicon: Lexicon, numbers: dict[str, int]) -> dict[int, list[_Wording]]:
    """The listed wordings by the number of their rarest word; those with a word that the tables lack are skipped."""
    found: dict[int, list[_Wording]] = defaultdict(list)
    for head, words in LISTED:
        ids = [numbers[word] for word in words]
        if all(ids) and (not head or numbers[head]):
            rarest = int(np.argmin(lexicon.counts[ids]))
            found[ids[rarest]].append(_Wording(tuple(ids), rarest, numbers[head] if head else 0))
    return found


def _element(view: View, place: int, numbers: dict[str, int]) -> int:
    """The function word that is spelt like the symbol of the element with the number at ``place``; 0 if there is none."""
    start, end = _span(view, place, place)
    return numbers.get(ATOMIC.get(view.batch.texts[int(view.stream.doc[place])][start:end], ""), 0)


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
