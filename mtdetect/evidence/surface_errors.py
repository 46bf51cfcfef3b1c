"""Slips: small damage that can be shown as it stands, without a model.

Doubled words and wrong articles, possessives in the wrong form ("ours objective"), hyphens torn off their words
("69 -year -old"), stops and pieces of sentences left behind ("across. the river."), spin syntax that was never expanded ("{big|large}"), words
of the source language. Each comes with what should stand there, where that is known.
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
"""Not "mine": agencies write of "mine life", poets of "mine eyes", and of nine in 14,000 texts by people and agencies seven were such."""

LEAST_OWNED = 20
"""Sightings after "our" that make a word one that is owned."""

LEAST_OWNED_SHARE = 50
"""How many times as often it must stand after "our" as after "ours"."""

MOST_DOUBLED = 5
"""Sightings of a doubled content word in the tables: what people double more often, they mean to."""

MEANT_SHARE = 1e-3
"""Of a word's sightings, the share that is doubled from which people mean it; of "the" it is 0.0006, of "many" 0.002."""

_FOREIGN = re.compile(
    r"(?=.*[^a-z])[a-zß-ïñ-öø-ýÿĀ-žș-ț]{4,}|[\u0400-\u052f]{3,}|[\u0590-\u06ff]{3,}|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,}"
)
"""Latin words with a letter that English has not, and words in other scripts; Greek letters are mathematics."""

_SPIN = re.compile(r"\{(?! )[^{}|\n]{1,60}(?<! )(?:\|(?! )[^{}|\n]{0,60}(?<! ))+\}")
_HYPHEN = re.compile(
    r"(?<![\w-])(?:\d+ -[a-z]+|\w+ -\w+)(?: -\w+)+(?![\w-])|(?<![\w-])\d+ -[a-z]{2,}(?![\w-])"
)
"""Two torn hyphens in a row, or one after a number: a single one may be a dash, a minus or an option."""

_TORN = re.compile(r" -(?:\w+ -\w|(?<=\d -)[a-z]{2})")
"""Stands in all that ``_HYPHEN`` finds, and is found ten times as fast because it begins with plain characters."""

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
"""Nats of each kind. They rank slips among the evidence: how often people make them is in the notes of each function, how often machines
do depends on the machine."""


def tell(view: View) -> list[list[Evidence]]:
    """Find the slips of a batch.

    Returns
    -------
    list of list of Evidence
        Of each text.
    """
    told: list[list[Evidence]] = [[] for _ in range(len(view))]
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
            told[int(batch.doc[token])].append(_pair(batch, kind, token))
    for first, last in spots.orphans.T.tolist():
        told[int(batch.doc[first])].append(_orphan(batch, first, last))
    for token in _untranslated(view).tolist():
        told[int(batch.doc[token])].append(_left_over(batch, token))
    for k, text in enumerate(batch.texts):
        told[k] += _marks(text)
    return told


def _agreement(view: View) -> I64:
    """Tokens "ours", "theirs" and so on before a word that is owned: 0.01 in ten thousand words by people."""
    s, lexicon = view.stream, view.lexicon
    numbers = _numbers(view)
    where = [np.zeros(0, np.int64)]
    for long, short in numbers:
        at = np.flatnonzero(s.ids[:-1] == long)
        at = at[view.content[at + 1] & ~s.last[at]]
        at = at[s.token[at + 1] == s.token[at] + 1]
        at = at[(view.batch.tokens.flags[s.token[at + 1]] & CAPITAL) == 0]
        noun = s.ids[at + 1]
        owned = lexicon.pairs(lexicon.bigram, np.full(len(at), short), noun)
        seen = view.bigram_right[at]
        where.append(at[(owned >= LEAST_OWNED) & (owned > LEAST_OWNED_SHARE * seen)])
    return s.token[np.sort(np.concatenate(where))]


def _doubled(view: View) -> I64:
    """First tokens of doubled content words: 0.01 in 1,000 words by people, 0.04 to 0.05 by engines, 0.1 by spinners. Of function words ``surface_errors`` tells."""
    s = view.stream
    flags = view.batch.tokens.flags[s.token]
    same = view.content[:-1] & (s.ids[1:] == s.ids[:-1]) & ~s.last[:-1] & (s.token[1:] == s.token[:-1] + 1)
    same &= (flags[:-1] | flags[1:]) & CAPITAL == 0
    same &= view.bigram_right[:-1] <= MOST_DOUBLED
    same[1:] &= ~same[:-1]  # of a run only its first pair
    return s.token[np.flatnonzero(same)]


def _meant(view: View, at: I64) -> npt.NDArray[np.bool_]:
    """Which doubled words people double on purpose ("many many", "well, well"), by how often they do."""
    lexicon, words = view.lexicon, view.batch.ids[at]
    meant: npt.NDArray[np.bool_] = (
        lexicon.pairs(lexicon.bigram, words, words) > MEANT_SHARE * lexicon.counts[words]
    )
    return meant


def _untranslated(view: View) -> I64:
    """Words in letters of another language between plain English words: 0.002 in 1,000 words by people, 0.05 by engines.

    Names, quotations and formulas are no slips, so nothing with a capital may stand beside them, and no mark. Lists of common
    words of twelve languages were tried instead: what engines leave are rare words, and such words in English texts are
    quotations.
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
    """A word of the source language; what it should have become is not known."""
    doc = int(batch.doc[token])
    one = np.array([token])
    start, end = batch.spans(doc, batch.tokens.start[one], batch.tokens.end[one])
    text = batch.texts[doc][start[0] : end[0]]
    return Evidence(int(start[0]), int(end[0]), text, "untranslated", WEIGHTS["untranslated"])


def _orphan(batch: Batch, first: int, last: int) -> Evidence:
    """A piece of a sentence; where it belongs is not known."""
    doc = int(batch.doc[first])
    ends = np.array([first, last])
    start, end = batch.spans(doc, batch.tokens.start[ends], batch.tokens.end[ends])
    text = batch.texts[doc][start[0] : end[1]]
    return Evidence(int(start[0]), int(end[1]), text, "orphan", WEIGHTS["orphan"])


def _marks(text: str) -> list[Evidence]:
    """Spin syntax and torn hyphens, which no token shows. The cheap tests keep most texts from being searched."""
    found = []
    if "{" in text:
        for match in _SPIN.finditer(text):
            first = match.group()[1:-1].split("|")[0]
            found.append(
                Evidence(
                    match.start(), match.end(), match.group(), "spin_syntax", WEIGHTS["spin_syntax"], first
                )
            )
    if " -" in text and _TORN.search(text):
        for match in _HYPHEN.finditer(text):
            mended = match.group().replace(" -", "-")
            found.append(
                Evidence(match.start(), match.end(), match.group(), "hyphen", WEIGHTS["hyphen"], mended)
            )
    return found
