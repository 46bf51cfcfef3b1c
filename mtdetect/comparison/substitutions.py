"""What was changed: the wordings that replace each other in aligned sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from mtdetect.comparison.alignment import Alignment
from mtdetect.comparison.sides import APOSTROPHE, Side

Kind = Literal["synonym", "name", "inflection", "reordering", "omission", "addition"]
"""Kinds of substitution. ``omission``: missing from the suspect; ``addition``: missing from the original."""

KINDS: tuple[Kind, ...] = get_args(Kind)

LONGEST = 3
"""Most words of a wording; longer stretches are rewritten sentences, not replaced wordings."""

LARGEST_BLOCK = 14
"""Most words, in either text, of a changed stretch that is split into pairs of words."""

LONGEST_SENTENCE = 20_000
"""Words of two linked sentences (their geometric mean) from which their words are not compared, as that takes the square of their number:
0.1 s for so many, 19 s for 270,000 words without a full stop."""

GAP = 0.7
"""Cost of a word without a counterpart; see :func:`_costs` for the cost of a pair."""

ARTICLES = frozenset(("a", "an", "the"))
"""Words whose change alone is no substitution: every editing changes some."""

HYPHEN = 45

_MIRRORED: dict[Kind, Kind] = {"omission": "addition", "addition": "omission"}


@dataclass(frozen=True, slots=True)
class Substitution:
    """Two wordings that replace each other.

    Attributes
    ----------
    suspect, original : str
        Both wordings as spelled where they first replace each other; ``suspect`` is empty for an omission, ``original`` for an addition.
    count : int
        How often they replace each other.
    kind : str
        One of ``KINDS``.
    """

    suspect: str
    original: str
    count: int
    kind: Kind

    def to_dict(self) -> dict[str, Any]:
        """Convert to an item of ``substitutions`` in JSON."""
        return {"suspect": self.suspect, "original": self.original, "count": self.count, "kind": self.kind}

    def mirrored(self) -> Substitution:
        """The substitution with the two texts swapped."""
        return Substitution(self.original, self.suspect, self.count, _MIRRORED.get(self.kind, self.kind))


@dataclass(frozen=True, slots=True)
class Change:
    """One place where aligned sentences differ.

    Attributes
    ----------
    suspect, original : tuple of int
        First word and end (exclusive) in each text; one of the two may be empty.
    kind : str or None
        One of ``KINDS``, or None for a stretch too long to be a wording.
    """

    suspect: tuple[int, int]
    original: tuple[int, int]
    kind: Kind | None


def find_changes(alignment: Alignment) -> list[Change]:
    """Find where aligned sentences differ.

    Parameters
    ----------
    alignment : Alignment
        Alignment of two texts.

    Returns
    -------
    list of Change
        In the order of the suspect.
    """
    result: list[Change] = []
    for link in alignment.links:
        if link.similarity < 1.0:
            a = _words(alignment.suspect, link.suspect)
            b = _words(alignment.original, link.original)
            result += _differences(alignment, a, b)
    return result


def count_substitutions(alignment: Alignment, changes: list[Change]) -> tuple[Substitution, ...]:
    """Count the substitutions among changes.

    Parameters
    ----------
    alignment : Alignment
        Alignment of two texts.
    changes : list of Change
        Result of :func:`find_changes`.

    Returns
    -------
    tuple of Substitution
        Most frequent first; at equal frequency, replacements before omissions and additions.
    """
    counts: dict[tuple[str, str, Kind], int] = {}
    shown: dict[tuple[str, str, Kind], tuple[str, str]] = {}
    for change in changes:
        if change.kind is None:
            continue
        wordings = wording(alignment.suspect, *change.suspect), wording(alignment.original, *change.original)
        key = (str(wordings[0]).lower(), str(wordings[1]).lower(), change.kind)
        if None in wordings or key[0] == key[1] or ARTICLES.issuperset(f"{key[0]} {key[1]}".split()):
            continue
        counts[key] = counts.get(key, 0) + 1
        shown.setdefault(key, (str(wordings[0]), str(wordings[1])))
    order = sorted(counts, key=lambda key: (-counts[key], key[2] in ("omission", "addition"), key))
    return tuple(Substitution(*shown[key], counts[key], key[2]) for key in order)


def wording(side: Side, first: int, last: int) -> str | None:
    """Spelling of consecutive words in the text, with its white space reduced to single spaces.

    Parameters
    ----------
    side : Side
        The text.
    first, last : int
        First word and end (exclusive).

    Returns
    -------
    str or None
        None if punctuation other than hyphens and apostrophes stands between the words.
    """
    if first == last:
        return ""
    words = side.word[first:last].tolist()
    between = set(range(words[0], words[-1])).difference(words)
    if any(side.view.batch.tokens.code[k] not in (HYPHEN, APOSTROPHE) for k in between):
        return None
    return " ".join(side.text[int(side.spans[first, 0]) : int(side.spans[last - 1, 1])].split())


def _words(side: Side, sentences: tuple[int, ...]) -> list[int]:
    """Words of some sentences."""
    return [k for s in sentences for k in range(int(side.first[s]), int(side.first[s + 1]))]


def _differences(alignment: Alignment, a: list[int], b: list[int]) -> Iterator[Change]:
    """Changes between linked sentences, given as the words of each text."""
    from rapidfuzz.distance import Levenshtein

    suspect, original = alignment.suspect, alignment.original
    if len(a) * len(b) > LONGEST_SENTENCE**2:
        yield Change((a[0], a[-1] + 1), (b[0], b[-1] + 1), None)
        return
    left, right = suspect.hash[a].tolist(), original.hash[b].tolist()
    start: tuple[int, int] | None = None
    end = (0, 0)
    # A changed stretch is everything between two unchanged words, whatever edit steps it takes.
    for step in Levenshtein.opcodes(left, right):
        if step.tag == "equal":
            if start is not None:
                yield from _split(suspect, original, a[start[0] : end[0]], b[start[1] : end[1]])
                start = None
        else:
            if start is None:
                start = (step.src_start, step.dest_start)
            end = (step.src_end, step.dest_end)
    if start is not None:
        yield from _split(suspect, original, a[start[0] : end[0]], b[start[1] : end[1]])


def _split(suspect: Side, original: Side, a: list[int], b: list[int]) -> Iterator[Change]:
    """Changes in one changed stretch: the whole if it is short, otherwise its most likely pairs of wordings."""
    short = len(a) <= LONGEST and len(b) <= LONGEST
    if (
        (a and b and sorted(suspect.stem[a].tolist()) == sorted(original.stem[b].tolist()) and short)
        or (short and (len(a) != len(b) or len(a) == 1))
        or not a
        or not b
    ):
        yield _change(suspect, original, a, b)
    elif len(a) > LARGEST_BLOCK or len(b) > LARGEST_BLOCK:
        yield Change((a[0], a[-1] + 1), (b[0], b[-1] + 1), None)
    else:
        yield from (_change(suspect, original, x, y) for x, y in _paired(suspect, original, a, b))


def _paired(suspect: Side, original: Side, a: list[int], b: list[int]) -> list[tuple[list[int], list[int]]]:
    """Pairs of wordings in a changed stretch.

    Words are matched at the least total cost; then words without a counterpart join the pair before them.
    """
    joined: list[tuple[list[int], list[int]]] = []
    for x, y in _cheapest_matching(_costs(suspect, original, a, b)):
        words = [a[x]] if x is not None else [], [b[y]] if y is not None else []
        # So that "put up with" replaces "tolerate".
        if (
            joined
            and None in (x, y)
            and max(len(joined[-1][0]) + len(words[0]), len(joined[-1][1]) + len(words[1])) <= LONGEST
        ):
            joined[-1] = (joined[-1][0] + words[0], joined[-1][1] + words[1])
        else:
            joined.append(words)
    return joined


def _cheapest_matching(cost: list[list[float]]) -> list[tuple[int | None, int | None]]:
    """Row and column of each step of the cheapest path through a table of costs; None for a word that is not matched."""
    rows, columns = len(cost), len(cost[0])
    best = [[GAP * (i + j) for j in range(columns + 1)] for i in range(rows + 1)]
    for i in range(1, rows + 1):
        for j in range(1, columns + 1):
            best[i][j] = min(
                best[i - 1][j - 1] + cost[i - 1][j - 1], best[i - 1][j] + GAP, best[i][j - 1] + GAP
            )
    i, j = rows, columns
    steps: list[tuple[int | None, int | None]] = []
    while i or j:
        if i and j and best[i][j] >= best[i - 1][j - 1] + cost[i - 1][j - 1] - 1e-9:
            i, j = i - 1, j - 1
            steps.append((i, j))
        elif i and best[i][j] >= best[i - 1][j] + GAP - 1e-9:
            i -= 1
            steps.append((i, None))
        else:
            j -= 1
            steps.append((None, j))
    return steps[::-1]


def _costs(suspect: Side, original: Side, a: list[int], b: list[int]) -> list[list[float]]:
    """How unlikely each of the suspect's words replaces each of the original's, 0.1 to 1.2."""
    x, y = np.array(a)[:, None], np.array(b)
    cost = np.where(suspect.name[x] == original.name[y], 0.9, 1.1)
    cost[_are_alternatives(suspect, suspect.id[a], original.id[b])] = 0.4
    cost[suspect.function[x] != original.function[y]] = 1.2
    cost[suspect.stem[x] == original.stem[y]] = 0.1
    rows: list[list[float]] = cost.tolist()
    return rows


def _are_alternatives(side: Side, x: npt.NDArray[Any], y: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Which words the language tables list as alternatives of each other, in either direction."""
    alternatives = np.asarray(side.view.lexicon.alternatives)
    found = np.zeros((len(x), len(y)), bool)
    for at, other, result in ((x, y, found), (y, x, found.T)):
        known = at < len(alternatives)
        result[known] |= (alternatives[at[known]][:, :, None] == other).any(axis=1) & (other > 0)
    return found


def _change(suspect: Side, original: Side, a: list[int], b: list[int]) -> Change:
    """The change of some words into others."""
    # Words from two sentences are one wording only if they are adjacent.
    left = (a[0], a[-1] + 1) if a else (0, 0)
    right = (b[0], b[-1] + 1) if b else (0, 0)
    if max(len(a), len(b)) > LONGEST or left[1] - left[0] > LONGEST or right[1] - right[0] > LONGEST:
        return Change(left, right, None)
    return Change(left, right, _kind(suspect, original, a, b))


def _kind(suspect: Side, original: Side, a: list[int], b: list[int]) -> Kind:
    """Kind of the change of some words into others."""
    if not a:
        return "omission"
    if not b:
        return "addition"
    stems = suspect.stem[a].tolist(), original.stem[b].tolist()
    if stems[0] == stems[1]:
        return "inflection"
    if sorted(stems[0]) == sorted(stems[1]):
        return "reordering"
    content = original.name[b] | original.function[b]
    if content.all() and original.name[b].any() and suspect.capital[a].any():
        return "name"
    return "synonym"
