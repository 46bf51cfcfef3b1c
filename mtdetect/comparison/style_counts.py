"""Counts of style in the aligned sentences of a text: function words, connectives, contractions, punctuation, endings, lengths.

Language models and translation engines shift them in opposite ways. Language models prefer long words, even sentences and connectives
such as "moreover"; they expand contractions and drop fillers. So the counts of a text and of its copy tell which of the two came first.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from mtdetect.comparison.sides import APOSTROPHE, Side
from mtdetect.features.view import View
from mtdetect.text.arrays import F64, I32, I64, U64
from mtdetect.text.tokens import hash_word

_WORDS = {
    "the": "the",
    "a": "a an",
    "of": "of",
    "to": "to",
    "and": "and",
    "in": "in",
    "that": "that",
    "which": "which",
    "who": "who whom whose",
    "be": "is are was were be been being am",
    "have": "have has had having",
    "do": "do does did don't doesn't didn't",
    "modal": "can could may might would should must will shall",
    "not": "not no never nothing none",
    "i": "i me my mine myself",
    "we": "we us our ours ourselves",
    "you": "you your yours yourself",
    "he": "he him his himself she her hers herself",
    "it": "it its itself",
    "they": "they them their theirs themselves",
    "this": "this these",
    "those": "those",
    "there": "there here",
    "but": "but yet",
    "or": "or nor",
    "so": "so then now",
    "if": "if whether unless",
    "when": "when while as",
    "because": "because since due",
    "also": "also",
    "however": "however nevertheless nonetheless",
    "moreover": "moreover furthermore additionally addition",
    "therefore": "therefore thus consequently hence thereby thereafter",
    "although": "although though despite",
    "very": "very really just quite too pretty actually even still",
    "said": "said says say told tell asked according stated",
    "plain_verbs": "get got getting go goes going went gone put make makes made take took come came want wanted give gave know knew think thought",
    "things": "thing things something anything everything lot lots kind sort bit stuff",
    "with": "with",
    "for": "for",
    "by": "by",
    "from": "from",
    "on": "on at",
    "through": "within upon through throughout towards toward among amongst via regarding concerning",
    "particles": "up out down off back away over around",
    "numbers": "one two three four five six seven eight nine ten first second",
    "various": "various numerous several certain particular specific such overall",
    "all": "all every each any some many much more most few other another",
}
"""Counted words by the name of their column."""

_ENDINGS = ("ly", "ing", "ed", "tion", "ment", "ity", "ness", "s")
"""Endings of counted words of at least ``LONGER_THAN_ENDING`` letters more."""

LONGER_THAN_ENDING = 2

_MARKS = {"comma": ",", "semicolon": ";:", "hyphen": "-", "bracket": "()[]", "quote": "\"'", "asking": "?!"}
"""Counted punctuation."""

LONG, SHORT = 8, 3
"""Least letters of a long word, and most of a short one."""

RATES = (
    *(f"word_{name}" for name in _WORDS),
    *(f"ending_{name}" for name in _ENDINGS),
    *(f"mark_{name}" for name in _MARKS),
    "contractions",
    "numerals",
    "names",
    "long",
    "short",
    "unknown",
)
"""Columns that are shares of the words; the root of each is compared, so that its spread depends little on its size."""

COUNTS = (*RATES, "letters", "sentence", "sentence_spread", "sentence_longest", "sentence_shortest", "types")
"""All columns."""


@lru_cache(maxsize=1)
def _columns() -> tuple[U64, I64]:
    """Hashes of the counted words, ascending, and the column of each."""
    column = {hash_word(word): k for k, words in enumerate(_WORDS.values()) for word in words.split()}
    hashes = np.array(sorted(column), np.uint64)
    return hashes, np.array([column[int(h)] for h in hashes], np.int64)


def counts(side: Side, rows: I64) -> F64:
    """Count the style of some words of a text.

    Parameters
    ----------
    side : Side
        The text.
    rows : ndarray of int64
        Words of its aligned sentences.

    Returns
    -------
    ndarray, shape (len(COUNTS),)
    """
    if not len(rows):
        return np.zeros(len(COUNTS))
    batch = side.view.batch
    token = side.word[rows]
    start, end = batch.tokens.start[token], batch.tokens.end[token]
    size = np.bincount(side.sentence[rows])
    length = np.log(size[size > 0])
    letters = side.letters[rows]
    apostrophes = side.view.once(_apostrophes_before)
    shares = [
        *_words(side.hash[rows]),
        *_endings(batch.codes, start, end),
        *_marks(side, rows),
        (apostrophes[end] > apostrophes[start]).sum(),
        side.numeral[rows].sum(),
        side.name[rows].sum(),
        (letters >= LONG).sum(),
        (letters <= SHORT).sum(),
        (~side.known[rows]).sum(),
    ]
    others = [
        letters.mean(),
        length.mean(),
        length.std(),
        length.max(),
        length.min(),
        len(np.unique(side.stem[rows])) / np.sqrt(2 * len(rows)),
    ]
    return np.concatenate([np.sqrt(np.array(shares, np.float64) / len(rows)), others])


def _words(hashes: U64) -> I64:
    """Number of words of each column of ``_WORDS``."""
    known, column = _columns()
    at = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
    return np.bincount(column[at[known[at] == hashes]], minlength=len(_WORDS))


def _endings(codes: npt.NDArray[np.uint16], start: I32, end: I32) -> list[int]:
    """Number of words with each of ``_ENDINGS``."""
    numbers = []
    for ending in _ENDINGS:
        has = end - start >= len(ending) + LONGER_THAN_ENDING
        for k, letter in enumerate(reversed(ending), start=1):
            has &= codes[end - k] == ord(letter)
        numbers.append(int(has.sum()))
    return numbers


def _marks(side: Side, rows: I64) -> list[int]:
    """Number of words after which each of ``_MARKS`` stands."""
    code = side.code_after(rows)
    return [int(np.isin(code, [ord(c) for c in marks]).sum()) for marks in _MARKS.values()]


def _apostrophes_before(view: View) -> I64:
    """Number of apostrophes before each character of a batch."""
    return np.append(0, np.cumsum(view.batch.codes == APOSTROPHE))
