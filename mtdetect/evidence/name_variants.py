"""Name variants: one name in several spellings within a text.

Translation engines transliterate a name anew in every sentence, or keep a case ending of the source language ("Kovalenka",
"Kovalenko"); people look a name up once. Only spellings that the language tables lack are compared, because "Marie" and "Maria" are
two persons, and everybody misspells a common name now and then.

Rate in 1,000 words: people 0.01, translators 0.006 to 0.03, engines 0.04 to 0.05 (texts of the training and development corpora that
the tables have not counted).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mtdetect.features.view import View
from mtdetect.text import Batch
from mtdetect.text.tokens import ALL_CAPITALS, CAPITAL, DOTTED, MIXED, WORD
from mtdetect.text.vocabulary import FIRST_WORD, NAME
from mtdetect.verdict import Evidence

KIND = "name_variant"

LEAST_LETTERS = 5
"""Shorter names are not compared."""

LONG = 8
"""Letters from which two spellings of a name may differ in two letters; shorter ones may differ in one."""

LEAST_SIGHTINGS = 4
"""Occurrences of both spellings together: of two names that occur once or twice, each may be right."""

WELL_KNOWN = 20
"""Count in the language tables from which a spelling is not compared: a variant of a well-known name is a typing error."""

_LATIN = re.compile("[a-zß-öø-ɏ]+")

ENDINGS = frozenset("s es n an ian ese i ish ism ist a o y e ing ed er d r in ie u ns ia ic us te on".split())
"""Endings that make another word of a name, not another spelling: plurals, adjectives, first names of both sexes."""

WEIGHT = 1.0
"""Nats. Chosen, not fitted: engines do it twice as often as translators."""


@dataclass(frozen=True)
class _Spelling:
    letters: str
    token: int
    """Its first occurrence."""
    sightings: int
    stranger: bool
    """Whether the language tables lack it."""


def find(view: View) -> list[list[Evidence]]:
    """Find names that a text spells in more than one way.

    Returns
    -------
    list of list of Evidence
        For each text, the rarer spellings with the most frequent one as suggestion.
    """
    found: list[list[Evidence]] = [[] for _ in range(len(view))]
    batch, tokens = view.batch, view.batch.tokens
    for names in _spellings(view):
        for name, usual in _variants(names):
            doc = int(batch.doc[name.token])
            both = np.array([name.token, usual.token])
            start, end = batch.spans(doc, tokens.start[both], tokens.end[both])
            text = batch.texts[doc]
            found[doc].append(
                Evidence(
                    int(start[0]),
                    int(end[0]),
                    text[start[0] : end[0]],
                    KIND,
                    WEIGHT,
                    text[start[1] : end[1]],
                )
            )
    return found


def _spellings(view: View) -> Iterator[list[_Spelling]]:
    """Groups of names, of one text and one initial, that may be spellings of each other.

    None of them is well known, at least one is not in the language tables, and at least one is repeated.
    """
    batch, tokens = view.batch, view.batch.tokens
    plain = (tokens.kind == WORD) & (tokens.end - tokens.start >= LEAST_LETTERS)
    at = np.flatnonzero(plain & (tokens.flags & (CAPITAL | ALL_CAPITALS | MIXED | DOTTED) == CAPITAL))
    number = batch.ids[at]
    known = np.where(number >= FIRST_WORD, view.lexicon.counts[number], 0)
    at = at[known <= WELL_KNOWN]
    where = batch.doc[at].astype(np.int64) << 16 | tokens.code[at]
    order = np.lexsort((tokens.hash[at], where))
    at, where = at[order], where[order]
    first = np.flatnonzero(
        np.diff(tokens.hash[at], prepend=np.uint64(0)) | np.diff(where, prepend=-1).astype(np.uint64)
    )
    sightings = np.diff(np.append(first, len(at)))
    at, where = at[first], where[first]
    stranger, often = batch.ids[at] == NAME, 2 * sightings >= LEAST_SIGHTINGS
    if not len(at):
        return
    begins = np.flatnonzero(np.diff(where, prepend=-1))
    both = np.logical_or.reduceat(stranger, begins) & np.logical_or.reduceat(often, begins)
    asked = (stranger | often) & np.repeat(both, np.diff(np.append(begins, len(at))))
    at, where, sightings = at[asked], where[asked], sightings[asked]
    edges = np.append(np.flatnonzero(np.diff(where, prepend=-1)), len(at))
    for begin, end in itertools.pairwise(edges.tolist()):
        if end - begin > 1:
            yield [
                _Spelling(_letters(batch, token), token, count, bool(batch.ids[token] == NAME))
                for token, count in zip(at[begin:end].tolist(), sightings[begin:end].tolist(), strict=True)
            ]


def _letters(batch: Batch, token: int) -> str:
    span = slice(int(batch.tokens.start[token]), int(batch.tokens.end[token]))
    return "".join(map(chr, batch.codes[span].tolist())).lower()


def _variants(names: list[_Spelling]) -> list[tuple[_Spelling, _Spelling]]:
    """Pair each rarer spelling with a more frequent one of the same name."""
    pairs = []
    names = sorted(names, key=lambda one: (-one.sightings, one.token))
    for k, rare in enumerate(names):
        usual = next((one for one in names[:k] if _is_variant(rare, one)), None) if rare.stranger else None
        if usual is not None:
            pairs.append((rare, usual))
    return pairs


def _is_variant(rare: _Spelling, usual: _Spelling) -> bool:
    from rapidfuzz.distance import OSA

    if rare.sightings + usual.sightings < LEAST_SIGHTINGS:
        return False
    a, b = rare.letters, usual.letters
    if not (_LATIN.fullmatch(a) and _LATIN.fullmatch(b)):
        return False
    most = 2 if max(len(a), len(b)) >= LONG else 1
    if OSA.distance(a, b, score_cutoff=most) > most:
        return False
    shorter, longer = sorted((a, b), key=len)
    return not (longer.startswith(shorter) and longer[len(shorter) :] in ENDINGS)
