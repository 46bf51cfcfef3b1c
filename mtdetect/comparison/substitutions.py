"""What was changed: the wordings that stand for each other in sentences that say the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from mtdetect.comparison.alignment import Alignment
from mtdetect.comparison.sides import Side

Kind = Literal["synonym", "name", "inflection", "reordering", "omission", "addition"]
"""What a substitution does. ``omission``: the suspect lacks it; ``addition``: the original lacks it."""

KINDS: tuple[Kind, ...] = get_args(Kind)

LONGEST = 3
"""Words of a wording, at most: more is another sentence, not another wording."""

LARGEST_BLOCK = 14
"""Words on a side of a changed stretch that is looked into word by word."""

HYPHEN, APOSTROPHE = 45, 39


@dataclass(frozen=True, slots=True)
class Substitution:
    """Two wordings that stand for each other.

    Attributes
    ----------
    suspect, original : str
        As they stand in the texts where they first stand for each other; empty for an omission and an addition.
    count : int
        How often.
    kind : str
        One of ``KINDS``.
    """

    suspect: str
    original: str
    count: int
    kind: Kind

    def to_dict(self) -> dict[str, Any]:
        """Give the contract's JSON object."""
        return {"suspect": self.suspect, "original": self.original, "count": self.count, "kind": self.kind}


@dataclass(frozen=True, slots=True)
class Change:
    """One place where two sentences differ.

    Attributes
    ----------
    suspect, original : tuple of int
        Words of each side, from and to; one of the two may be empty.
    kind : str or None
        What it does, or None for a stretch too long to be a wording.
    """

    suspect: tuple[int, int]
    original: tuple[int, int]
    kind: Kind | None


def changes(alignment: Alignment) -> list[Change]:
    """Where aligned sentences differ, in the order of the suspect.

    Parameters
    ----------
    alignment : Alignment
        Of two texts.

    Returns
    -------
    list of Change
    """
    result: list[Change] = []
    for link in alignment.links:
        if link.similarity < 1.0:
            a = _words(alignment.suspect, link.suspect)
            b = _words(alignment.original, link.original)
            result += _differences(alignment, a, b)
    return result


def substitutions(alignment: Alignment, found: list[Change]) -> tuple[Substitution, ...]:
    """Count the wordings of changes.

    Parameters
    ----------
    alignment : Alignment
        Of two texts.
    found : list of Change
        As :func:`changes` gives them.

    Returns
    -------
    tuple of Substitution
        The commonest first; of equally common ones replaced wordings before omissions and additions.
    """
    counts: dict[tuple[str, str, Kind], int] = {}
    shown: dict[tuple[str, str, Kind], tuple[str, str]] = {}
    for change in found:
        if change.kind is None:
            continue
        wordings = wording(alignment.suspect, *change.suspect), wording(alignment.original, *change.original)
        key = (str(wordings[0]).lower(), str(wordings[1]).lower(), change.kind)
        if None in wordings or key[0] == key[1]:
            continue
        counts[key] = counts.get(key, 0) + 1
        shown.setdefault(key, (str(wordings[0]), str(wordings[1])))
    order = sorted(counts, key=lambda key: (-counts[key], key[2] in ("omission", "addition"), key))
    return tuple(Substitution(*shown[key], counts[key], key[2]) for key in order)


def wording(side: Side, first: int, last: int) -> str | None:
    """Words as they stand in the text, in one line.

    Parameters
    ----------
    side : Side
        The text.
    first, last : int
        Words, end exclusive.

    Returns
    -------
    str or None
        None where marks that part phrases stand between them.
    """
    if first == last:
        return ""
    words = side.word[first:last].tolist()
    between = set(range(words[0], words[-1])).difference(words)
    if any(side.view.batch.tokens.code[k] not in (HYPHEN, APOSTROPHE) for k in between):
        return None
    return " ".join(side.text[int(side.spans[first, 0]) : int(side.spans[last - 1, 1])].split())


def _words(side: Side, sentences: tuple[int, ...]) -> list[int]:
    return [k for s in sentences for k in range(int(side.first[s]), int(side.first[s + 1]))]


def _differences(alignment: Alignment, a: list[int], b: list[int]) -> Iterator[Change]:
    from rapidfuzz.distance import Levenshtein

    suspect, original = alignment.suspect, alignment.original
    left, right = suspect.hash[a].tolist(), original.hash[b].tolist()
    start: tuple[int, int] | None = None
    end = (0, 0)
    # One changed stretch is what lies between two unchanged words, whatever steps lead from one to the other.
    for step in Levenshtein.opcodes(left, right):
        if step.tag == "equal":
            if start is not None:
                yield from _inside(suspect, original, a[start[0] : end[0]], b[start[1] : end[1]], a, b)
                start = None
        else:
            if start is None:
                start = (step.src_start, step.dest_start)
            end = (step.src_end, step.dest_end)
    if start is not None:
        yield from _inside(suspect, original, a[start[0] : end[0]], b[start[1] : end[1]], a, b)


def _inside(
    suspect: Side, original: Side, a: list[int], b: list[int], around_a: list[int], around_b: list[int]
) -> Iterator[Change]:
    """Changes of one changed stretch: as a whole if it is short, else by its likeliest pairs of words."""
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


def _paired(
    suspect: Side, original: Side, a: list[int], b: list[int]
) -> Iterator[tuple[list[int], list[int]]]:
    """Cut a changed stretch into pairs of words, by the cheapest way through the table of their costs."""
    cost = _costs(suspect, original, a, b)
    gap = 0.7
    best = [[gap * (i + j) for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            best[i][j] = min(
                best[i - 1][j - 1] + cost[i - 1][j - 1], best[i - 1][j] + gap, best[i][j - 1] + gap
            )
    i, j = len(a), len(b)
    steps: list[tuple[list[int], list[int]]] = []
    while i or j:
        if i and j and best[i][j] >= best[i - 1][j - 1] + cost[i - 1][j - 1] - 1e-9:
            i, j = i - 1, j - 1
            steps.append(([a[i]], [b[j]]))
        elif i and best[i][j] >= best[i - 1][j] + gap - 1e-9:
            i -= 1
            steps.append(([a[i]], []))
        else:
            j -= 1
            steps.append(([], [b[j]]))
    # Words without a partner belong to the wording before them, so that "put up with" answers "tolerate".
    joined: list[tuple[list[int], list[int]]] = []
    for x, y in reversed(steps):
        if (
            joined
            and (not x or not y)
            and max(len(joined[-1][0]) + len(x), len(joined[-1][1]) + len(y)) <= LONGEST
        ):
            joined[-1] = (joined[-1][0] + x, joined[-1][1] + y)
        else:
            joined.append((x, y))
    yield from joined


def _costs(suspect: Side, original: Side, a: list[int], b: list[int]) -> list[list[float]]:
    """How unlikely each word of the one stands for each of the other, 0 to 1.2."""
    x, y = np.array(a)[:, None], np.array(b)
    cost = np.where(suspect.name[x] == original.name[y], 0.9, 1.1)
    cost[_are_alternatives(suspect, suspect.id[a], original.id[b])] = 0.4
    cost[suspect.function[x] != original.function[y]] = 1.2
    cost[suspect.stem[x] == original.stem[y]] = 0.1
    rows: list[list[float]] = cost.tolist()
    return rows


def _are_alternatives(side: Side, x: npt.NDArray[Any], y: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Which words could stand in the place of which, either way."""
    alternatives = np.asarray(side.view.lexicon.alternatives)
    found = np.zeros((len(x), len(y)), bool)
    for at, other, result in ((x, y, found), (y, x, found.T)):
        known = at < len(alternatives)
        result[known] |= (alternatives[at[known]][:, :, None] == other).any(axis=1) & (other > 0)
    return found


def _change(suspect: Side, original: Side, a: list[int], b: list[int]) -> Change:
    # Words joined from two sentences are one wording only if they follow each other.
    left = (a[0], a[-1] + 1) if a else (0, 0)
    right = (b[0], b[-1] + 1) if b else (0, 0)
    if max(len(a), len(b)) > LONGEST or left[1] - left[0] > LONGEST or right[1] - right[0] > LONGEST:
        return Change(left, right, None)
    return Change(left, right, _kind(suspect, original, a, b))


def _kind(suspect: Side, original: Side, a: list[int], b: list[int]) -> Kind:
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
