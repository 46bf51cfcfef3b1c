"""Homographs: function words that a spinner replaced as if they were another word of the same spelling.

A thesaurus lists "are" as a unit of area, "an" as a degree in nursing, "in" as a metal. Spinners that ignore the part of speech
write "the results square measure shown" and "as associate degree example". Such a wording is reported only where the function word
would fit the neighbours far better, so that "square measure of land" and "a rich person" are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mtdetect.features.lexicon import Lexicon
from mtdetect.features.view import View
from mtdetect.model.spinner_wordings import Index, gains, indexed
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

_WORDINGS: list[tuple[Sequence[str], Sequence[str]]] = [
    *((words.split(), [head]) for head, several in HOMOGRAPHS.items() for words in several),
    (ELEMENT, ELEMENT),
]
"""Words of each listed wording and the function word; the last are those before the number of an element."""


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

    Parameters
    ----------
    view : View
        The batch.

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
    """Weigh them: nats that the homographs of each text add to the log-odds of spun text.

    The classifier cannot learn this, because no spinner in its training texts makes the mistake.

    Parameters
    ----------
    view : View
        The batch.

    Returns
    -------
    ndarray of float64, shape (n_texts,)
        0 to :data:`MOST`, in nats.
    """
    count = np.bincount(
        [int(view.stream.doc[place.first]) for place in view.once(mistaken)], minlength=len(view)
    )
    return np.minimum(WEIGHT * count, MOST)


def mistaken(view: View) -> list[Place]:
    """Select the places where the function word would fit far better.

    Parameters
    ----------
    view : View
        The batch.

    Returns
    -------
    list of Place
        Those of :func:`mtdetect.evidence.homographs.places` whose gain is at least :data:`LEAST_GAIN`.
    """
    return [place for place in places(view) if place.gain >= LEAST_GAIN]


def places(view: View) -> list[Place]:
    """Find all listed wordings of a batch, meant or not.

    Parameters
    ----------
    view : View
        The batch.

    Returns
    -------
    list of Place
        Sorted by the position of their rarest word in the stream.
    """
    index = view.lexicon.once(_index)
    first, last, row = index.occurrences(view)
    head = index.heads.take(row)
    for k in np.flatnonzero(row == len(_WORDINGS) - 1).tolist():
        last[k] += 1  # the number of an element follows its words
        head[k] = _element(view, int(last[k]))
    stand = head > 0
    first, last, head = first[stand], last[stand], head[stand]
    gain = gains(view, first, last, head, head)
    return [
        Place(*place)
        for place in zip(first.tolist(), last.tolist(), head.tolist(), gain.tolist(), strict=True)
    ]


def _index(lexicon: Lexicon) -> Index:
    return indexed(_WORDINGS, lexicon)


def _symbols(lexicon: Lexicon) -> dict[str, int]:
    """Number of the function word for each number of an element."""
    hashes = np.array([hash_word(word) for word in ATOMIC.values()], np.uint64)
    return dict(zip(ATOMIC, lexicon.vocabulary.lookup.get(hashes).tolist(), strict=True))


def _element(view: View, place: int) -> int:
    """The function word that is spelt like the symbol of the element with the number at ``place``; 0 if there is none."""
    s = view.stream
    if place == len(s.ids) or s.doc[place] != s.doc[place - 1] or s.token[place] - s.token[place - 1] != 1:
        return 0
    start, end = _span(view, place, place)
    symbols = view.lexicon.once(_symbols)
    return symbols.get(view.batch.texts[int(s.doc[place])][start:end], 0)


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
