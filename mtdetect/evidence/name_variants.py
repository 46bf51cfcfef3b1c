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

LONGEST = 30
"""Longer names are not compared: hardly any name has so many letters, and comparing takes the square of the length."""

FEW = 40
"""Names of one initial up to which each is compared with each, which takes less time than an index of so few."""

COMPARED = 10
"""Letters after the initial by which the index finds spellings."""

MOST_ALIKE = 8
"""Spellings that the index keeps of those which lose one or two letters to become the same."""

MOST_INDEXED = 20_000
"""Spellings of one initial that the index holds, the most frequent ones. They take about 6 kilobytes each (measured)."""

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

    Parameters
    ----------
    view : View
        The batch.

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
    """Pair each rarer spelling with the most frequent one of the same name."""
    names = [one for one in names if len(one.letters) <= LONGEST and _LATIN.fullmatch(one.letters)]
    names.sort(key=lambda one: (-one.sightings, one.token))
    pairs = []
    index = _Index(names) if len(names) > FEW else None
    for k, rare in enumerate(names):
        if not rare.stranger:
            continue
        earlier = range(k) if index is None else index.near(k)
        usual = next((names[n] for n in earlier if _is_variant(rare, names[n])), None)
        if usual is not None:
            pairs.append((rare, usual))
    return pairs


class _Index:
    """Spellings by what is left of them after the deletion of a letter or two.

    Two words that differ in at most two letters (changed, missing or exchanged with a neighbour) have such a rest in common, so the
    spellings near a word are found without a comparison with all others. Of the spellings with one rest, the ``MOST_ALIKE`` most
    frequent ones are kept: the work for a word is bounded, whatever the text holds.
    """

    def __init__(self, names: list[_Spelling]) -> None:
        self._names = names
        self._with: dict[str, list[int]] = {}
        for k, one in enumerate(names[:MOST_INDEXED]):
            # Of two spellings that are seen often enough together, the more frequent one is seen at least this often.
            if 2 * one.sightings < LEAST_SIGHTINGS:
                break
            for rest in _rests(one.letters):
                held = self._with.setdefault(rest, [])
                if len(held) < MOST_ALIKE:
                    held.append(k)

    def near(self, k: int) -> list[int]:
        """Numbers of the more frequent spellings that may be near a spelling, the most frequent first."""
        found: set[int] = set()
        for rest in _rests(self._names[k].letters):
            found.update(self._with.get(rest, ()))
        return sorted(n for n in found if n < k)


def _rests(letters: str) -> set[str]:
    """The letters after the initial, which all spellings of a group share, without each one or two of them.

    Only the first ``COMPARED`` letters count; what two words differ in beyond them is for :func:`_is_variant` to see. A word too
    short to be compared in two letters loses one.
    """
    head = letters[1 : 1 + COMPARED]
    rests = {head} | {head[:i] + head[i + 1 :] for i in range(len(head))}
    if len(letters) >= LONG - 2:
        rests |= {
            head[:i] + head[i + 1 : j] + head[j + 1 :] for i, j in itertools.combinations(range(len(head)), 2)
        }
    return rests


def _is_variant(rare: _Spelling, usual: _Spelling) -> bool:
    from rapidfuzz.distance import OSA

    if rare.sightings + usual.sightings < LEAST_SIGHTINGS:
        return False
    a, b = rare.letters, usual.letters
    most = 2 if max(len(a), len(b)) >= LONG else 1
    if OSA.distance(a, b, score_cutoff=most) > most:
        return False
    shorter, longer = sorted((a, b), key=len)
    return not (longer.startswith(shorter) and longer[len(shorter) :] in ENDINGS)
