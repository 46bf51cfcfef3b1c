"""Glitches: small damage that people mend and machines leave.

Spinners replace a word and forget the article before it ("a image"); engines double words, loop, leave words of the
source language, and lose the start of a sentence. Spaces before punctuation are *not* counted, although French round trips
leak them: so do tokenized corpora and careless typists.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from mtdetect.features.view import View

from mtdetect.text import Batch
from mtdetect.text.folding import tables
from mtdetect.text.sentences import member
from mtdetect.text.tokens import ALL_CAPITALS, CAPITAL, MIXED, SPACED, WORD, hash_word
from mtdetect.text.vocabulary import FIRST_WORD, UNKNOWN

Mask = npt.NDArray[np.bool_]

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


def _hashes(words: tuple[str, ...]) -> npt.NDArray[np.uint64]:
    return np.sort(np.array([hash_word(w) for w in words], np.uint64))


def _begins(batch: Batch, letters: str) -> Mask:
    """Tokens that begin with these letters, in either case."""
    tokens = batch.tokens
    begins = tokens.end - tokens.start >= len(letters)
    for k, letter in enumerate(letters):
        code = batch.codes[np.minimum(tokens.start + k, len(batch.codes) - 1)]
        begins &= tables().lower[code] == ord(letter)
    return begins


def _articles(batch: Batch) -> tuple[Mask, Mask]:
    """Articles "a" and "an" before a plain word, and those of them that do not fit its first letter."""
    tokens = batch.tokens
    word = tokens.kind == WORD
    a, an = np.uint64(hash_word("a")), np.uint64(hash_word("an"))
    next_word = np.zeros(len(word), bool)
    next_word[:-1] = (
        word[1:] & ((tokens.flags[1:] & SPACED) > 0) & (batch.sentence[1:] == batch.sentence[:-1])
    )
    following = np.zeros(len(word), np.uint16)
    following[:-1] = tables().lower[tokens.code][1:]
    # Only before a known word in lower case: "an FBI agent" and "a one-off" follow the sound, not the letter.
    plain = np.zeros(len(word), bool)
    plain[:-1] = (tokens.flags[1:] & (CAPITAL | MIXED) == 0) & (batch.ids[1:] >= FIRST_WORD)
    plain[:-1] &= tokens.end[1:] - tokens.start[1:] > 2
    plain[:-1] &= ~member(tokens.hash[1:], _hashes(_BY_SOUND)) & ~batch.function[1:]
    for sound in _CONSONANT_SOUNDS:
        plain[:-1] &= ~_begins(batch, sound)[1:]
    article = (
        next_word & plain & ((tokens.hash == a) | (tokens.hash == an)) & (tokens.flags & ALL_CAPITALS == 0)
    )
    article |= next_word & plain & (tokens.hash == a) & (tokens.end - tokens.start == 1)
    wrong = article & (
        ((tokens.hash == a) & np.isin(following, _VOWELS))
        | ((tokens.hash == an) & np.isin(following, _CONSONANTS))
    )
    return article, wrong


def _doubled(batch: Batch) -> Mask:
    """Words that repeat the one before them; "that that" and "had had" are good English."""
    tokens = batch.tokens
    word = tokens.kind == WORD
    doubled = np.zeros(len(word), bool)
    doubled[1:] = (
        (tokens.hash[1:] == tokens.hash[:-1])
        & word[1:]
        & (batch.sentence[1:] == batch.sentence[:-1])
        & batch.function[1:]
        & ~member(tokens.hash[1:], _hashes(_MAY_DOUBLE))
    )
    return doubled


def spots(batch: Batch) -> list[tuple[str, npt.NDArray[np.int64]]]:
    """Places to show: kind, and the first token of each pair.

    People double a word 0.24 times and slip on an article 0.45 times in ten thousand words (measured on the 452,137 words
    of the note in ``view``).
    """
    return [
        ("repetition", np.flatnonzero(_doubled(batch)) - 1),
        ("article", np.flatnonzero(_articles(batch)[1])),
    ]


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
    n = np.bincount(batch.doc[word], minlength=size).astype(np.float64)
    n[n == 0] = np.nan
    article, wrong = _articles(batch)
    articles = np.bincount(batch.doc[article], minlength=size)
    doubled = _doubled(batch)
    starts = batch.sentence_first[:-1]
    start_doc = batch.sentence_doc
    begins_word = word[starts]
    small = begins_word & (tokens.flags[starts] & CAPITAL == 0)
    sentences = np.bincount(start_doc[begins_word], minlength=size)

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
    with np.errstate(invalid="ignore", divide="ignore"):
        columns = [
            np.bincount(batch.doc[wrong], minlength=size) / (articles + 1),
            np.bincount(batch.doc[doubled], minlength=size) / n,
            np.bincount(batch.doc[batch.ids == UNKNOWN], minlength=size) / n,
            np.bincount(batch.doc[word & (tokens.flags & MIXED > 0)], minlength=size) / n,
            np.bincount(start_doc[small], minlength=size) / (sentences + 1),
            np.bincount(s.doc[loops], minlength=size) / n,
            np.bincount(batch.doc[odd], minlength=size) / n,
        ]
    return np.stack(columns, axis=1)
