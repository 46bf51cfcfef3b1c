"""Glitches: small damage that people mend and machines leave.

Spinners replace a word and forget the article before it ("a image"); engines double words, loop, leave words of the
source language, and lose the start of a sentence. Spaces before punctuation are *not* counted, although French round trips
leak them: so do tokenized corpora and careless typists.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from mtdetect.features.view import View

from mtdetect.text import Batch
from mtdetect.text.folding import tables
from mtdetect.text.segments import bounds, sums
from mtdetect.text.tokens import ALL_CAPITALS, CAPITAL, MIXED, SPACED, WORD, hash_word
from mtdetect.text.vocabulary import FIRST_WORD, UNKNOWN
from mtdetect.text.wordlist import WordList

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]

NAMES = (
    "wrong_article",
    "doubled_words",
    "unknown_words",
    "mixed_words",
    "small_starts",
    "loops",
    "odd_capitals",
)

_BY_SOUND = ("ewe", "xray")
_CONSONANT_SOUNDS = ("eu", "one", "onc")  # "a European", "a one-off", "a once-proud"
_MAY_DOUBLE = ("that", "had", "no", "so", "very", "her", "is")
_VOWELS = np.array([ord(c) for c in "aeio"], np.uint16)  # "u" is as often "you" as not
_CONSONANTS = np.array([ord(c) for c in "bcdfgjklmnpqrstvwxyz"], np.uint16)  # "h" is sometimes mute


@lru_cache(maxsize=1)
def _word_lists() -> tuple[WordList, WordList]:
    return WordList.of(_BY_SOUND), WordList.of(_MAY_DOUBLE)


def _begins(batch: Batch, at: Places, letters: str) -> Mask:
    """Which tokens begin with these letters, in either case."""
    tokens = batch.tokens
    begins = tokens.end[at] - tokens.start[at] >= len(letters)
    for k, letter in enumerate(letters):
        code = batch.codes[np.minimum(tokens.start[at] + k, len(batch.codes) - 1)]
        begins &= tables().lower[code] == ord(letter)
    return begins


def _articles(batch: Batch) -> tuple[Places, Places]:
    """Articles "a" and "an" before a plain word, and those of them that do not fit its first letter."""
    tokens = batch.tokens
    a, an = np.uint64(hash_word("a")), np.uint64(hash_word("an"))
    at = np.flatnonzero((tokens.hash[:-1] == a) | (tokens.hash[:-1] == an))
    single = (tokens.hash[at] == a) & (tokens.end[at] - tokens.start[at] == 1)
    at = at[single | (tokens.flags[at] & ALL_CAPITALS == 0)]
    next_word = (tokens.kind[at + 1] == WORD) & ((tokens.flags[at + 1] & SPACED) > 0)
    at = at[next_word & (batch.sentence[at + 1] == batch.sentence[at])]
    # Only before a known word in lower case: "an FBI agent" and "a one-off" follow the sound, not the letter.
    following = at + 1
    plain = (tokens.flags[following] & (CAPITAL | MIXED) == 0) & (batch.ids[following] >= FIRST_WORD)
    plain &= tokens.end[following] - tokens.start[following] > 2
    plain &= ~_word_lists()[0].holds(tokens.hash[following]) & ~batch.function[following]
    for sound in _CONSONANT_SOUNDS:
        plain &= ~_begins(batch, following, sound)
    at = at[plain]
    letter = tables().lower[tokens.code[at + 1]]
    wrong = np.where(tokens.hash[at] == a, np.isin(letter, _VOWELS), np.isin(letter, _CONSONANTS))
    return at, at[wrong]


def _doubled(batch: Batch) -> Places:
    """Words that repeat the one before them; "that that" and "had had" are good English."""
    tokens = batch.tokens
    at = np.flatnonzero((tokens.hash[1:] == tokens.hash[:-1]) & batch.function[1:]) + 1
    at = at[(tokens.kind[at] == WORD) & (batch.sentence[at] == batch.sentence[at - 1])]
    return at[~_word_lists()[1].holds(tokens.hash[at])]


def spots(batch: Batch) -> list[tuple[str, npt.NDArray[np.int64]]]:
    """Places to show: kind, and the first token of each pair.

    People double a word 0.24 times and slip on an article 0.45 times in ten thousand words (measured on the 452,137 words
    of the note in ``view``).
    """
    return [("repetition", _doubled(batch) - 1), ("article", _articles(batch)[1])]


def measure(view: View) -> npt.NDArray[np.float64]:
    """Measure a batch.

    Returns
    -------
    ndarray of float64, shape (n_texts, len(NAMES))
        Rates a word (``small_starts``: a sentence; ``wrong_article``: an article that can be wrong); NaN for an empty text.
    """
    batch = view.batch
    tokens = batch.tokens
    size = len(batch)
    word = tokens.kind == WORD
    n = np.diff(view.word_first).astype(np.float64)
    n[n == 0] = np.nan
    article, wrong = _articles(batch)
    starts = batch.sentence_first[:-1]
    of_sentences = bounds(batch.sentence_doc, size)
    begins_word = word[starts]
    small = begins_word & (tokens.flags[starts] & CAPITAL == 0)

    s = view.stream
    # The same three words within one sentence of each other's end: an engine that loops.
    key = s.before2.astype(np.int64) * 1_000_003 + s.before.astype(np.int64) * 1_009 + s.ids
    loops = np.zeros(len(key), bool)
    inner = s.before2 >= FIRST_WORD
    for distance in (1, 2, 3, 4, 5, 6):
        loops[distance:] |= inner[distance:] & (key[distance:] == key[:-distance])
    capital = word & (tokens.flags & CAPITAL > 0) & (tokens.flags & ALL_CAPITALS == 0)
    capital[starts] = False
    odd = capital & batch.function

    def counted(places: Places) -> npt.NDArray[np.int64]:
        return np.diff(np.searchsorted(places, batch.first))

    with np.errstate(invalid="ignore", divide="ignore"):
        columns = [
            counted(wrong) / (counted(article) + 1),
            counted(_doubled(batch)) / n,
            sums(batch.ids == UNKNOWN, batch.first) / n,
            sums(word & (tokens.flags & MIXED > 0), batch.first) / n,
            sums(small, of_sentences) / (sums(begins_word, of_sentences) + 1),
            view.per_text(loops) / n,
            sums(odd, batch.first) / n,
        ]
    return np.stack(columns, axis=1)
