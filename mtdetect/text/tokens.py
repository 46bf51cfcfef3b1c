"""Words, numbers and marks, as spans of an array of folded code points.

No token becomes a Python object: a batch of texts is one array of code points, boundaries fall out of comparisons of
neighbours, and a word is known by the 64-bit polynomial hash of its lower-cased letters. This is the only place in the
project that decides what a token is:

- a *word* is a run of letters and digits; apostrophes between letters belong to it ("don't"), but a final ``'s`` is a
  token of its own ("Mexico" + "'s"), and so do the points of a dotted abbreviation ("U.S", "p.m");
- a *number* is a run of digits with points or commas between them;
- any other visible character is a *mark*; a run of the same mark is one token ("...", "==").

Hyphens split words: "well-known" is three tokens without space between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from mtdetect.text.folding import APOSTROPHE, DIGIT, LETTER, NEWLINE, SPACE, tables

WORD, NUMERAL, PUNCTUATION = range(3)
"""Kinds of token."""

CAPITAL, ALL_CAPITALS, SPACED, DOTTED, MIXED = 1, 2, 4, 8, 16
"""Flags: begins with a capital; has no small letter; white space before it; holds a point; letters and digits."""

LONGEST = 64
"""Letters of a word that its hash looks at; the longest entry of any dictionary has 45."""

_BASE = 0x9E3779B97F4A7C15 | 1
POWERS = np.array([pow(_BASE, k, 1 << 64) for k in range(LONGEST)] + [0], dtype=np.uint64)
"""Factors of the letters of a word in its hash; beyond the longest, 0."""

I32 = npt.NDArray[np.int32]


@lru_cache(maxsize=65536)
def hash_word(word: str) -> int:
    """Hash of a word as the tokenizer computes it, for building word lists.

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
    """The tokens of a batch, in order; all arrays have one entry a token.

    Attributes
    ----------
    start, end : ndarray of int32
        Span in the folded code points.
    hash : ndarray of uint64
        Of the lower-cased token.
    kind : ndarray of uint8
        ``WORD``, ``NUMERAL`` or ``PUNCTUATION``.
    flags : ndarray of uint8
        ``CAPITAL`` and its like, or-ed.
    newlines : ndarray of uint8
        Line ends between the token before and this one: 0, 1, or 2 for two and more.
    code : ndarray of uint16
        First folded code point: tells the mark.
    """

    start: I32
    end: I32
    hash: npt.NDArray[np.uint64]
    kind: npt.NDArray[np.uint8]
    flags: npt.NDArray[np.uint8]
    newlines: npt.NDArray[np.uint8]
    code: npt.NDArray[np.uint16]

    def __len__(self) -> int:
        return len(self.start)


def tokenize(codes: npt.NDArray[np.uint16]) -> Tokens:
    """Cut folded code points into tokens.

    Parameters
    ----------
    codes : ndarray of uint16
        Folded code points; texts of a batch must be separated by a line end.
    """
    table = tables()
    # Two sentinels on each side spare every neighbour test its bounds.
    c = np.full(len(codes) + 4, 10, np.uint16)
    c[2:-2] = codes
    kind = table.kind[c]
    letter = kind == LETTER
    digit = kind == DIGIT
    alnum = letter | digit
    here = slice(2, -2)

    word = alnum[here].copy()
    apostrophe = np.flatnonzero(kind[here] == APOSTROPHE) + 2
    apostrophe = apostrophe[letter[apostrophe - 1] & letter[apostrophe + 1]]
    word[apostrophe - 2] = True
    clitic = apostrophe[(table.lower[c[apostrophe + 1]] == 115) & ~alnum[apostrophe + 2]] - 2
    point = np.flatnonzero((c[here] == 46) | (c[here] == 44)) + 2
    numeric = digit[point - 1] & digit[point + 1]
    dotted = (c[point] == 46) & letter[point - 1] & ~alnum[point - 2] & letter[point + 1] & ~alnum[point + 2]
    inner = point[numeric | dotted] - 2
    word[inner] = True

    blank = (kind[here] == SPACE) | (kind[here] == NEWLINE)
    starts = np.empty(len(codes), bool)
    if len(codes):
        starts[0] = not blank[0]
        np.not_equal(word[1:], word[:-1], out=starts[1:])
        starts[1:] |= ~word[1:] & (codes[1:] != codes[:-1])
        starts[clitic] = True
        starts &= ~blank
    start = np.flatnonzero(starts)
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
    # A token ends where the next begins, less the white space between them.
    visible = np.flatnonzero(~blank)
    last = np.searchsorted(visible, np.append(start[1:], len(codes)), side="left") - 1
    end = visible[last] + 1

    # Characters of tokens only, so that reduceat's segments are the tokens.
    owner_start = np.repeat(start, last + 1 - np.append(0, last[:-1] + 1))
    place = visible - owner_start
    np.minimum(place, LONGEST, out=place)
    lowered = table.lower[codes[visible]].astype(np.uint64)
    lowered *= POWERS[place]
    first = np.append(0, last[:-1] + 1)
    hashes = np.add.reduceat(lowered, first)

    head = start + 2
    letters = np.add.reduceat(letter[here][visible].view(np.uint8), first, dtype=np.int32)
    digits = np.add.reduceat(digit[here][visible].view(np.uint8), first, dtype=np.int32)
    capitals = np.add.reduceat(table.upper[codes[visible]].view(np.uint8), first, dtype=np.int32)
    is_word = word[start]
    kinds = np.where(is_word, np.where(letters > 0, WORD, NUMERAL), PUNCTUATION).astype(np.uint8)
    # A clitic begins with its apostrophe.
    flags = table.upper[c[head]].astype(np.uint8) * np.uint8(CAPITAL)
    flags |= ((capitals == letters) & (letters > 0)).astype(np.uint8) * np.uint8(ALL_CAPITALS)
    flags |= (is_word & (letters > 0) & (digits > 0)).astype(np.uint8) * np.uint8(MIXED)
    spaced = np.empty(len(start), bool)
    spaced[0] = True
    spaced[1:] = start[1:] > end[:-1]
    flags |= spaced.astype(np.uint8) * np.uint8(SPACED)
    holds = np.zeros(len(start), bool)
    if len(inner):
        holds[np.searchsorted(start, inner, side="right") - 1] = True
        flags |= (holds & (letters > 0)).astype(np.uint8) * np.uint8(DOTTED)
    lines = np.flatnonzero(kind[here] == NEWLINE)
    before = np.searchsorted(lines, start)
    newlines = np.minimum(np.diff(before, prepend=0), 2).astype(np.uint8)
    return Tokens(
        start.astype(np.int32),
        end.astype(np.int32),
        hashes,
        kinds,
        flags,
        newlines,
        codes[start].astype(np.uint16),
    )
