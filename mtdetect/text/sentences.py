"""Sentence splitting by rules on arrays of tokens.

A terminator (``. ! ?`` or an ellipsis), with any closing quotes and brackets, ends a sentence if white space follows, except

- after an abbreviation or a single capital ("Dr.", "J. Smith"), unless the abbreviation is one that can end a sentence
  ("Inc.", "p.m.", "U.S.") and the next word is one that often begins a sentence;
- before a lower-case word, unless the whole text is in lower case.

A blank line always ends a sentence. A single line break ends one too (headings, bullets, captions), unless the line seems to
have been wrapped: it has no terminator, and either the next word is in lower case, or most lines of the text have about
the same length and no terminator (e-mail, old files).

The rules cost a few comparisons per token. Libraries with better rules take longer than the whole verdict may (measured:
nupunkt 8 to 36 MB/s, with one Python object per sentence; pysbd 0.3 MB/s).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from mtdetect.text.english import ABBREVIATIONS, ENDING_ABBREVIATIONS, STARTERS
from mtdetect.text.keyset import KeySet
from mtdetect.text.tokens import CAPITAL, PUNCTUATION, SPACED, WORD, Tokens

WRAPPED_LINE = (45, 95)
"""Least and most characters of a line that a program wrapped: e-mail wraps at 72, terminals at 80."""


@lru_cache(maxsize=1)
def _word_lists() -> tuple[KeySet, ...]:
    return tuple(KeySet.of_words(words) for words in (ABBREVIATIONS, ENDING_ABBREVIATIONS, STARTERS))


def sentence_starts(tokens: Tokens, doc: npt.NDArray[np.int32], docs: int) -> npt.NDArray[np.bool_]:
    """Which tokens begin a sentence.

    Parameters
    ----------
    tokens : Tokens
        Tokens of a batch.
    doc : ndarray of int32
        Text of each token.
    docs : int
        Number of texts in the batch.
    """
    n = len(tokens)
    begins = np.zeros(n, bool)
    if n == 0:
        return begins
    begins[0] = True
    begins[1:] = doc[1:] != doc[:-1]
    begins |= tokens.newlines >= 2

    code = tokens.code
    mark = tokens.kind == PUNCTUATION
    terminator = code == ord(".")
    for character in "!?…。":
        terminator |= code == ord(character)
    terminator &= mark
    closing = mark & ((code == ord('"')) | (code == ord("'")) | (code == ord(")")) | (code == ord("]")))

    # A sentence may begin at the first token after a terminator and the closing marks that follow it.
    ends = np.flatnonzero(terminator)
    following = ends + 1
    spaced = (tokens.flags & SPACED) > 0
    for _ in range(2):
        inside = following < n
        at = np.where(inside, following, 0)
        following = following + (inside & closing[at] & ~spaced[at])
    keep = (following < n) & ~np.append(terminator, False)[np.minimum(following, n)]
    ends, following = ends[keep], following[keep]
    same = doc[ends] == doc[following]
    ends, following = ends[same], following[same]
    # A missing space ("ended.The next") still ends a sentence between a lower-case word and a capital.
    before = np.maximum(ends - 1, 0)
    # A terminator that begins a text (".NET") follows nothing, whatever text stands before it in the batch.
    word_before = (tokens.kind[before] == WORD) & (doc[before] == doc[ends]) & (before < ends)
    capital = (tokens.flags[following] & CAPITAL) > 0
    small = (tokens.kind[following] == WORD) & ~capital
    glued = (
        capital
        & word_before
        & (tokens.flags[before] & CAPITAL == 0)
        & (tokens.end[before] - tokens.start[before] > 2)
    )
    possible = spaced[following] | glued

    abbreviations, ending, starters = _word_lists()
    stop = code[ends] == ord(".")
    previous = tokens.hash[before]
    attached = ~spaced[ends]
    abbreviation = stop & attached & word_before & abbreviations.holds(previous)
    initial = (
        stop
        & attached
        & word_before
        & (tokens.end[before] - tokens.start[before] == 1)
        & (tokens.flags[before] & CAPITAL > 0)
    )
    starter = starters.holds(tokens.hash[following]) & capital
    continues = (abbreviation & ~(ending.holds(previous) & starter)) | (initial & ~starter)

    # A text is written without capitals if more than two thirds of its sentences begin in lower case.
    plain = possible & ~continues
    lower = np.bincount(doc[following[plain & small]], minlength=docs)
    upper = np.bincount(doc[following[plain & capital]], minlength=docs)
    uncapitalised = lower > 2 * upper
    continues |= small & ~uncapitalised[doc[following]]
    begins[following[possible & ~continues]] = True

    _single_line_ends(tokens, doc, docs, begins, terminator | closing)
    return begins


def _single_line_ends(
    tokens: Tokens,
    doc: npt.NDArray[np.int32],
    docs: int,
    begins: npt.NDArray[np.bool_],
    closed: npt.NDArray[np.bool_],
) -> None:
    """Decide for each single line break whether a sentence begins after it; changes ``begins``."""
    at = np.flatnonzero(tokens.newlines == 1)
    at = at[(at > 0)]
    at = at[doc[at] == doc[at - 1]]
    if not len(at):
        return
    open_end = ~closed[at - 1]
    # Length of the line before: from the previous line break, or the start of the text.
    lines = np.flatnonzero((tokens.newlines > 0) | np.append(True, doc[1:] != doc[:-1]))
    line = lines[np.searchsorted(lines, at) - 1]
    length = tokens.end[at - 1] - tokens.start[line]
    wrapped = open_end & (length >= WRAPPED_LINE[0]) & (length <= WRAPPED_LINE[1])
    count = np.bincount(doc[at], minlength=docs)
    share = np.bincount(doc[at[wrapped]], minlength=docs) / np.maximum(count, 1)
    hard = (share > 0.5) & (count >= 2)
    small = (tokens.kind[at] == WORD) & (tokens.flags[at] & CAPITAL == 0)
    joined = open_end & (small | (hard[doc[at]] & (length >= WRAPPED_LINE[0])))
    begins[at[~joined]] = True
