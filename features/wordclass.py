"""Word classes: the grammatical behaviour of a word without its topic.

A classifier that sees content words learns the topics of its training texts (that "Prague" was translated, for example).
Classes avoid that. A common word is its own class; the class of any other word is its ending, its frequency band, and
whether it is a name. In English, endings carry most of the information of a part-of-speech tag (Mikheev, "Automatic rule
induction for unknown-word guessing", Computational Linguistics 1997), at the cost of a table look-up.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mtdetect.text.vocabulary import FIRST_WORD, Vocabulary

OWN_CLASS = 400
"""Number of commonest words that are classes of their own: function words, and verbs like "said" that engines use differently."""

ENDINGS = (
    "ization isation ations ation itions ition tions tion sions sion ments ment nesses ness ities ity ings ing edly "
    "ingly ably ibly ally ly ed able ible ical ial al ful less ous ive ish ic ary ory ists ist isms ism ers er ors or est "
    "ances ance ences ence ancy ency ies ied ship hood ward wards wise ize ise izes ises ized ised ates ate ated ants ant "
    "ents ent en ss us is as s y e"
).split()
"""Endings that define a class; the longest one that a word of at least four letters has counts."""

BANDS = (2_000, 8_000, 30_000)
"""Ranks that separate common, usual, unusual and rare words."""


def word_classes(vocabulary: Vocabulary, capital: npt.NDArray[Any]) -> npt.NDArray[np.uint16]:
    """Class of every id of a vocabulary.

    Parameters
    ----------
    vocabulary : Vocabulary
        Words by descending count.
    capital : ndarray, shape (len(vocabulary),)
        Share of occurrences within sentences that have a capital.

    Returns
    -------
    ndarray of uint16, shape (len(vocabulary),)
        The classes of the vocabulary and the ``OWN_CLASS`` commonest words keep their id.
    """
    classes = np.arange(len(vocabulary), dtype=np.uint32)
    longest = sorted(range(len(ENDINGS)), key=lambda k: -len(ENDINGS[k]))
    base = FIRST_WORD + OWN_CLASS
    per_band = len(ENDINGS) + 2
    for number in range(base, len(vocabulary)):
        word = vocabulary.word(number)
        rank = number - FIRST_WORD
        band = sum(rank >= bound for bound in BANDS)
        if capital[number] > 0.6:
            kind = len(ENDINGS) + 1
        elif len(word) < 4:
            kind = len(ENDINGS)
        else:
            kind = next((k for k in longest if word.endswith(ENDINGS[k])), len(ENDINGS))
        classes[number] = base + band * per_band + kind
    return classes.astype(np.uint16)
