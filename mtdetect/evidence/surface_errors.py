"""Surface errors: small errors that can be shown without a model.

Doubled words, wrong articles, possessives in the wrong form ("ours objective"), hyphens detached from their words ("69 -year -old"), stray
full stops and sentence fragments ("across. the river."), unexpanded spin syntax ("{big|large}"), words of the source language. Each
has its correction as suggestion, where that is known.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from mtdetect.features import surface_errors
from mtdetect.features.view import View
from mtdetect.text import Batch
from mtdetect.text.arrays import I64
from mtdetect.text.tokens import CAPITAL, DOTTED, MIXED, SPACED, WORD, hash_word
from mtdetect.text.vocabulary import FIRST_WORD, UNKNOWN
from mtdetect.verdict import Evidence

POSSESSIVES = {"ours": "our", "yours": "your", "theirs": "their", "hers": "her"}
"""Not "mine": of nine in 14,000 texts by people and agencies, seven were right ("mine life" in agency news, "mine eyes" in poems)."""

LEAST_OWNED = 20
"""Count of a word after "our" (or "your", …) from which the possessive before it is checked."""

LEAST_OWNED_SHARE = 50
"""How many times as frequent the word must be after "our" as after "ours"."""

MOST_DOUBLED = 5
"""Count of a doubled content word in the tables above which people double it on purpose."""

MEANT_SHARE = 1e-3
"""Share of a word's occurrences that are doubled, above which people double it on purpose: 0.0006 for "the", 0.002 for "many"."""

_FOREIGN = re.compile(
    r"(?=.*[^a-z])[a-zß-ïñ-öø-ýÿĀ-žș-ț]{4,}|[\u0400-\u052f]{3,}|[\u0590-\u06ff]{3,}|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,}"
)
"""Latin words with a letter that English lacks, and words in other scripts; not Greek, which is mathematics."""

_SPIN = re.compile(r"\{(?! )[^{}|\n]{1,60}(?<! )(?:\|(?! )[^{}|\n]{0,60}(?<! ))+\}")
_SPUN_WORD = re.compile(r"(?<![^\W_])[a-z]{3,}(?![^\W_])")
"""A lower-case word: what an alternative of spin syntax has, and a symbol of a grammar has not."""

SPIN_GROUPS, SPIN_PHRASES = 3, 1
"""Groups of alternatives from which a text is raw spin syntax, and how many of them must have an alternative of several words: usage lines such
as {start|stop|restart} have none."""

_HYPHEN = re.compile(
    r"(?<![\w-])(?:\d+ -[a-z]+|\w+ -\w+)(?: -\w+)+(?![\w-])|(?<![\w-])\d+ -[a-z]{2,}(?![\w-])"
)
"""Two detached hyphens in a row, or one after a number; a single one may be a dash, a minus or an option."""

_DETACHED = re.compile(r" -(?:\w+ -\w|(?<=\d -)[a-z]{2})")
"""Occurs in everything that ``_HYPHEN`` matches, and is ten times as fast because it begins with plain characters."""

WEIGHTS = {
    "repetition": 1.5,
    "article": 2.0,
    "agreement": 4.0,
    "spin_syntax": 8.0,
    "hyphen": 1.0,
    "stop": 1.5,
    "orphan": 1.5,
    "untranslated": 3.0,
}
"""Nats of each kind. Chosen, not fitted: they rank surface errors among the evidence. The docstring of each function has the rate in
human text; the rate in machine text depends on the machine."""


def find(view: View) -> list[list[Evidence]]:
    """Find the surface errors of a batch.

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
    batch = view.batch
    spots = view.once(surface_errors.find)
    pairs = [
        ("repetition", spots.doubled - 1),
        ("article", spots.wrong_articles),
        ("stop", spots.stops - 1),
        ("repetition", _doubled(view)),
        ("agreement", _agreement(view)),
    ]
    for kind, at in pairs:
        if kind == "repetition":
            at = at[~_meant(view, at)]
        for token in at.tolist():
            found[int(batch.doc[token])].append(_pair(batch, kind, token))
    for first, last in spots.orphans.T.tolist():
        found[int(batch.doc[first])].append(_orphan(batch, first, last))
    for token in _untranslated(view).tolist():
        found[int(batch.doc[token])].append(_left_over(batch, token))
    for k, text in enumerate(batch.texts):
        found[k] += _marks(text)
    return found


def _agreement(view: View) -> I64:
    """Find tokens "ours", "theirs" and so on before a noun (0.01 in 10,000 words of human text)."""
    s, lexicon = view.stream, view.lexicon
    numbers = _numbers(view)
    where = [np.zeros(0, np.int64)]
    for long, short in numbers:
        at = np.flatnonzero(s.ids[:-1] == long)
        at = at[view.content[at + 1] & ~s.last[at]]
        at = at[s.token[at + 1] == s.token[at] + 1]
        at = at[(view.batch.tokens.flags[s.token[at + 1]] & CAPITAL) == 0]
        noun = s.ids[at + 1]
        right = lexicon.pairs(lexicon.bigram, np.full(len(at), short), noun)
        wrong = view.bigram_right[at]
        where.append(at[(right >= LEAST_OWNED) & (right > LEAST_OWNED_SHARE * wrong)])
    return s.token[np.sort(np.concatenate(where))]


def _doubled(view: View) -> I64:
    """Find first tokens of doubled content words; ``features.surface_errors`` finds function words.

    In 1,000 words: people 0.01, translation engines 0.04 to 0.05, spinners 0.1.
    """
    s = view.stream
    flags = view.batch.tokens.flags[s.token]
    same = view.content[:-1] & (s.ids[1:] == s.ids[:-1]) & ~s.last[:-1] & (s.token[1:] == s.token[:-1] + 1)
    same &= (flags[:-1] | flags[1:]) & CAPITAL == 0
    same &= view.bigram_right[:-1] <= MOST_DOUBLED
    same[1:] &= ~same[:-1]  # only the first pair of a run
    return s.token[np.flatnonzero(same)]


def _meant(view: View, at: I64) -> npt.NDArray[np.bool_]:
    """Whether people double each word often enough that they mean to ("many many", "well, well")."""
    lexicon, words = view.lexicon, view.batch.ids[at]
    meant: npt.NDArray[np.bool_] = (
        lexicon.pairs(lexicon.bigram, words, words) > MEANT_SHARE * lexicon.counts[words]
    )
    return meant


def _untranslated(view: View) -> I64:
    """Find words with letters of another language between plain English words.

    In 1,000 words: people 0.002, translation engines 0.05. Names, quotations and formulas are no errors, so neither neighbour may have
    a capital, and no punctuation may come between. Lists of common words of twelve languages were tried instead: engines leave rare
    words untranslated, and common foreign words in English texts are quotations.
    """
    batch, tokens = view.batch, view.batch.tokens
    at = np.flatnonzero(batch.ids[1:-1] == UNKNOWN) + 1

    def plain(at: I64) -> npt.NDArray[np.bool_]:
        small: npt.NDArray[np.bool_] = tokens.flags[at] & (CAPITAL | MIXED | DOTTED) == 0
        return small & (tokens.kind[at] == WORD)

    def english(at: I64) -> npt.NDArray[np.bool_]:
        return plain(at) & (batch.ids[at] >= FIRST_WORD) & (tokens.code[at] < ord("\x7f"))

    at = at[plain(at) & english(at - 1) & english(at + 1)]
    inside = (batch.sentence[at - 1] == batch.sentence[at]) & (batch.sentence[at + 1] == batch.sentence[at])
    inside &= (tokens.flags[at] & tokens.flags[at + 1] & SPACED) > 0
    at = at[inside]
    foreign = [
        _FOREIGN.fullmatch("".join(map(chr, batch.codes[start:end].tolist()))) is not None
        for start, end in zip(tokens.start[at].tolist(), tokens.end[at].tolist(), strict=True)
    ]
    return at[np.array(foreign, bool)]


def _numbers(view: View) -> list[tuple[int, int]]:
    lookup = view.lexicon.vocabulary.lookup
    words = np.array([[hash_word(a), hash_word(b)] for a, b in POSSESSIVES.items()], np.uint64)
    found = lookup.get(words.ravel()).reshape(words.shape)
    return [(int(a), int(b)) for a, b in found.tolist() if a and b]


def _pair(batch: Batch, kind: str, token: int) -> Evidence:
    doc = int(batch.doc[token])
    both = np.array([token, token + 1])
    start, end = batch.spans(doc, batch.tokens.start[both], batch.tokens.end[both])
    text = batch.texts[doc]
    head, gap, tail = text[start[0] : end[0]], text[end[0] : start[1]], text[start[1] : end[1]]
    if kind in ("repetition", "stop"):
        suggestion = head
    elif kind == "agreement":
        short = POSSESSIVES[head.lower()]
        suggestion = (short.capitalize() if head[0].isupper() else short) + gap + tail
    else:
        suggestion = (head[0] if len(head) == 2 else head + "n") + gap + tail
    return Evidence(int(start[0]), int(end[1]), head + gap + tail, kind, WEIGHTS[kind], suggestion)


def _left_over(batch: Batch, token: int) -> Evidence:
    """Evidence for a word of the source language; its translation is not known."""
    doc = int(batch.doc[token])
    one = np.array([token])
    start, end = batch.spans(doc, batch.tokens.start[one], batch.tokens.end[one])
    text = batch.texts[doc][start[0] : end[0]]
    return Evidence(int(start[0]), int(end[0]), text, "untranslated", WEIGHTS["untranslated"])


def _orphan(batch: Batch, first: int, last: int) -> Evidence:
    """Evidence for a sentence fragment; where it belongs is not known."""
    doc = int(batch.doc[first])
    ends = np.array([first, last])
    start, end = batch.spans(doc, batch.tokens.start[ends], batch.tokens.end[ends])
    text = batch.texts[doc][start[0] : end[1]]
    return Evidence(int(start[0]), int(end[1]), text, "orphan", WEIGHTS["orphan"])


def _marks(text: str) -> list[Evidence]:
    """Find spin syntax and detached hyphens, which tokens do not show. Cheap tests come first, and exclude most texts."""
    found = []
    for match in _spin_groups(text):
        first = match.group()[1:-1].split("|")[0]
        found.append(
            Evidence(match.start(), match.end(), match.group(), "spin_syntax", WEIGHTS["spin_syntax"], first)
        )
    if " -" in text and _DETACHED.search(text):
        for match in _HYPHEN.finditer(text):
            joined = match.group().replace(" -", "-")
            found.append(
                Evidence(match.start(), match.end(), match.group(), "hyphen", WEIGHTS["hyphen"], joined)
            )
    return found


def is_spin_syntax(text: str) -> bool:
    """Whether a text is raw spin syntax: groups of alternatives from which a spinner would have drawn, never expanded.

    Parameters
    ----------
    text : str
        As given.

    Returns
    -------
    bool
        True from :data:`SPIN_GROUPS` groups on, if :data:`SPIN_PHRASES` or more of them hold a space.
    """
    groups = [match.group() for match in _spin_groups(text)]
    return len(groups) >= SPIN_GROUPS and sum(" " in group for group in groups) >= SPIN_PHRASES


def _spin_groups(text: str) -> list[re.Match[str]]:
    """Groups of alternatives that are words of prose; braces in code and grammars ({GET|POST}, {a|b|c}) are not."""
    if "{" not in text:
        return []
    return [match for match in _SPIN.finditer(text) if _SPUN_WORD.search(match.group())]
