"""Tokenizer: words, numbers and punctuation as spans of an array of folded code points.

No token becomes a Python object. A batch is one array of code points, token boundaries come from comparing neighbouring
characters, and a word is represented by a 64-bit polynomial hash of its lower-case letters. Only this module decides what a
token is:

- a *word* is a run of letters and digits. It includes apostrophes between letters ("don't") and the points of a dotted
  abbreviation ("U.S", "p.m"); a final ``'s`` is a token of its own ("Mexico" + "'s");
- a *number* is a run of digits with points or commas between them;
- *punctuation* is any other visible character; a run of the same character is one token ("...", "==").

Hyphens split words: "well-known" is three tokens without spaces between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from mtdetect.text.arrays import I32, I64, U64
from mtdetect.text.folding import (
    IS_BLANK,
    IS_DIGIT,
    IS_LETTER,
    IS_SMALL,
    IS_UPPER,
    tables,
)
from mtdetect.text.hashing import GOLDEN_RATIO

WORD, NUMERAL, PUNCTUATION = range(3)
"""Kinds of token."""

CAPITAL, ALL_CAPITALS, SPACED, DOTTED, MIXED = 1, 2, 4, 8, 16
"""Flags of a token: begins with a capital; has no small letter; follows white space; contains a point; mixes letters and
digits."""

STRETCH = 1 << 14
"""Characters over which running sums are computed together."""

LONGEST = 64
"""Letters of a word that enter its hash; the longest dictionary entry has 45."""

POWERS = np.array([pow(GOLDEN_RATIO, k, 1 << 64) for k in range(LONGEST)] + [0], dtype=np.uint64)
"""Factor of each letter of a word in its hash; 0 beyond ``LONGEST``."""


@lru_cache(maxsize=1)
def _powers() -> tuple[U64, U64]:
    """Powers of the base modulo 2**64, and powers of its inverse."""
    rising, falling = (
        np.cumprod(np.append(np.uint64(1), np.full(STRETCH - 1, base, np.uint64)), dtype=np.uint64)
        for base in (np.uint64(GOLDEN_RATIO), np.uint64(pow(GOLDEN_RATIO, -1, 1 << 64)))
    )
    return rising, falling


@lru_cache(maxsize=65536)
def hash_word(word: str) -> int:
    """Hash of a word, as the tokenizer computes it; for building word lists.

    Parameters
    ----------
    word : str
        One word, in any case.
    """
    lower = tables().lower
    codes = lower[np.frombuffer(word.encode("utf-32-le"), np.uint32)][:LONGEST].astype(np.uint64)
    return int((codes * POWERS[: len(codes)]).sum(dtype=np.uint64))


@dataclass(frozen=True)
class Tokens:
    """The tokens of a batch, in order; all arrays have one entry per token.

    Attributes
    ----------
    start, end : ndarray of int32
        Span in the folded code points.
    hash : ndarray of uint64
        Hash of the lower-case token.
    kind : ndarray of uint8
        ``WORD``, ``NUMERAL`` or ``PUNCTUATION``.
    flags : ndarray of uint8
        Bitwise or of ``CAPITAL`` and the other flags.
    newlines : ndarray of uint8
        Line breaks between the previous token and this one: 0, 1, or 2 for two and more.
    code : ndarray of uint16
        First folded code point, which identifies a punctuation character.
    """

    start: I32
    end: I32
    hash: U64
    kind: npt.NDArray[np.uint8]
    flags: npt.NDArray[np.uint8]
    newlines: npt.NDArray[np.uint8]
    code: npt.NDArray[np.uint16]

    def __len__(self) -> int:
        return len(self.start)


def tokenize(codes: npt.NDArray[np.uint16]) -> Tokens:
    """Split folded code points into tokens.

    Parameters
    ----------
    codes : ndarray of uint16
        Folded code points; the texts of a batch must be separated by line breaks.
    """
    table = tables()
    # Two sentinels on each side, so that comparisons of neighbours need no bounds check.
    c = np.full(len(codes) + 4, ord("\n"), np.uint16)
    c[2:-2] = codes
    traits = table.traits.take(c)
    letter = (traits & IS_LETTER) > 0
    digit = (traits & IS_DIGIT) > 0
    alnum = letter | digit
    here = slice(2, -2)

    word = alnum[here].copy()
    apostrophe = np.flatnonzero(codes == ord("'")) + 2
    apostrophe = apostrophe[letter[apostrophe - 1] & letter[apostrophe + 1]]
    word[apostrophe - 2] = True
    clitic = apostrophe[(table.lower[c[apostrophe + 1]] == ord("s")) & ~alnum[apostrophe + 2]] - 2
    point = np.flatnonzero((codes == ord(".")) | (codes == ord(","))) + 2
    numeric = digit[point - 1] & digit[point + 1]
    dotted = (
        (c[point] == ord(".")) & letter[point - 1] & ~alnum[point - 2] & letter[point + 1] & ~alnum[point + 2]
    )
    inner = point[numeric | dotted] - 2
    word[inner] = True

    visible = (traits[here] & IS_BLANK) == 0
    starts = np.empty(len(codes) + 1, bool)
    starts[0] = starts[-1] = True
    np.not_equal(word[1:], word[:-1], out=starts[1:-1])
    starts[1:-1] |= ~word[1:] & (codes[1:] != codes[:-1])
    starts[clitic] = True
    # A token ends where the next one or white space begins.
    ends = starts[1:] & visible
    ends[:-1] |= visible[:-1] & ~visible[1:]
    starts[:-1] &= visible
    start = np.flatnonzero(starts[:-1])
    if not len(start):
        nothing = np.zeros(0, np.int32)
        return Tokens(
            nothing,
            nothing,
            np.zeros(0, np.uint64),
            np.zeros(0, np.uint8),
            np.zeros(0, np.uint8),
            np.zeros(0, np.uint8),
            np.zeros(0, np.uint16),
        )
    end = np.flatnonzero(ends) + 1

    of_word = word.take(start)
    within = _traits_within(traits, np.flatnonzero(digit), start + 2, end + 2, of_word)
    has_letter = (within & IS_LETTER) > 0
    kinds = np.where(of_word, np.where(has_letter, np.uint8(WORD), np.uint8(NUMERAL)), np.uint8(PUNCTUATION))
    # A clitic begins with its apostrophe.
    flags = ((traits[start + 2] & IS_UPPER) > 0) * np.uint8(CAPITAL)
    flags |= (has_letter & ((within & IS_SMALL) == 0)) * np.uint8(ALL_CAPITALS)
    flags |= ((kinds == WORD) & ((within & IS_DIGIT) > 0)) * np.uint8(MIXED)
    spaced = np.ones(len(start), bool)
    np.greater(start[1:], end[:-1], out=spaced[1:])
    flags |= spaced * np.uint8(SPACED)
    if len(inner):
        owner = np.searchsorted(start, inner, side="right") - 1
        flags[owner[has_letter[owner]]] |= DOTTED
    line_ends = np.flatnonzero(codes == ord("\n"))
    newlines = np.bincount(np.searchsorted(start, line_ends), minlength=len(start) + 1)[:-1]
    return Tokens(
        start.astype(np.int32),
        end.astype(np.int32),
        _hashes(table.lower.take(codes), start, end),
        kinds,
        flags,
        np.minimum(newlines, 2).astype(np.uint8),
        codes[start],
    )


def _traits_within(
    traits: npt.NDArray[np.uint8], digits: I64, start: I64, end: I64, of_word: npt.NDArray[np.bool_]
) -> npt.NDArray[np.uint8]:
    """Bitwise or of the traits of the characters of each word and number; 0 for punctuation.

    For a word without digits that has a small letter among its first two characters, these suffice. Nearly all words are of
    that kind; only for the others are all characters read.
    """
    first, second = traits.take(start), traits.take(start + 1)
    small = (first & IS_SMALL > 0) | ((second & IS_SMALL > 0) & (end - start > 1) & (first & IS_LETTER > 0))
    plain = small.copy()
    plain[np.searchsorted(start, digits, side="right") - 1] = False
    within = (small & of_word) * np.uint8(IS_LETTER | IS_SMALL)
    others = np.flatnonzero(of_word & ~plain)
    if len(others):
        bounds = np.stack([start.take(others), end.take(others)], axis=1).ravel()
        within[others] = np.bitwise_or.reduceat(traits, bounds)[::2]
    return within


def _hashes(lowered: npt.NDArray[np.uint16], start: I64, end: I64) -> U64:
    """Hash of each token, equal to that of :func:`hash_word`, from differences of running sums.

    Each letter is multiplied by the power of the base for its position in a stretch of the batch. The difference of the running
    sum between a token's end and start is then its hash, times the power for its start. That power is divided out: odd
    numbers have an inverse modulo 2**64.
    """
    rising, falling = _powers()
    stop = np.minimum(end, start + LONGEST)
    hashes = np.empty(len(start), np.uint64)
    step = STRETCH - LONGEST
    first = np.searchsorted(start, np.arange(0, len(lowered) + step, step))
    total = np.zeros(STRETCH + 1, np.uint64)
    for k, (a, b) in enumerate(zip(first[:-1].tolist(), first[1:].tolist(), strict=True)):
        letters = lowered[k * step : k * step + STRETCH].astype(np.uint64)
        letters *= rising[: len(letters)]
        np.cumsum(letters, out=total[1 : len(letters) + 1])
        place = start[a:b] - k * step
        own = hashes[a:b]
        np.subtract(total.take(stop[a:b] - k * step), total.take(place), out=own)
        own *= falling.take(place)
    return hashes
