"""An HTML page of two compared texts side by side: aligned sentences linked, changed words marked.

A sentence links to its counterpart. What colour says is also said by a line or a number.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from typing import Any

from mtdetect.comparison.alignment import Link
from mtdetect.comparison.result import Comparison
from mtdetect.comparison.sides import Side
from mtdetect.comparison.substitutions import KINDS, Change
from mtdetect.rendering.comparison import conclusion, top_substitutions
from mtdetect.rendering.html import render

HEADINGS = {
    "verbatim": "Verbatim copy",
    "edited": "Edited copy",
    "paraphrased": "Paraphrased copy",
    "machine_translated": "Machine-translated copy",
    "spun": "Spun copy",
    "related": "No copy: the same subject",
    "unrelated": "No copy: unrelated",
}

KIND_NAMES = {
    "synonym": ("other wording", "other wordings"),
    "name": ("changed name", "changed names"),
    "inflection": ("inflection", "inflections"),
    "reordering": ("reordering", "reorderings"),
    "omission": ("omission", "omissions"),
    "addition": ("addition", "additions"),
}

WORDINGS = 200
"""Substitutions listed, at most."""

Mark = tuple[int, int, str]
"""Changed words: offsets, and what was changed."""

Piece = tuple[str, str | None]
"""A part of the text, and what was changed there, if anything."""


def html_page(comparison: Comparison, suspect: str | bytes, original: str | bytes) -> str:
    """Make a page about a comparison.

    Parameters
    ----------
    comparison : Comparison
        Of the two texts.
    suspect, original : str or bytes
        The texts, as they were compared.

    Returns
    -------
    str
        A whole HTML document.
    """
    from mtdetect.comparison.compare import locate_changes
    from mtdetect.features.lexicon import shipped

    sides, changes = locate_changes(comparison, suspect, original, shipped())
    names = (comparison.suspect or "suspect", comparison.original or "original")
    concluded = conclusion(comparison)
    return render(
        "comparison.html",
        names=names,
        heading=HEADINGS[comparison.relation],
        tone="bad" if comparison.is_copy else "good",
        conclusion=concluded[0].upper() + concluded[1:],
        confidence=f"{comparison.confidence:.3f}",
        retranslated=comparison.retranslated,
        aligned=f"{len(comparison.alignment):,}",
        copied=f"{comparison.copied:.0%}",
        covered=f"{comparison.covered:.0%}",
        texts=[
            {
                "role": ("Suspect", "Original")[side],
                "name": names[side],
                "stretches": list(
                    _stretches(side, sides[side], comparison.alignment, _marks(side, sides, changes))
                ),
            }
            for side in (0, 1)
        ],
        caption=_caption(comparison),
        wordings=[
            (one.suspect or "–", one.original or "–", one.kind, f"{one.count:,}")
            for one in top_substitutions(comparison, WORDINGS)
        ],
    )


def _stretches(
    side: int, given: Side, links: tuple[Link, ...], marks: list[Mark]
) -> Iterator[tuple[dict[str, Any] | None, list[Piece]]]:
    """The text from begin to end: each aligned sentence with its link, and what stands between two without."""
    link_of = {
        sentence: (number, link)
        for number, link in enumerate(links, start=1)
        for sentence in (link.suspect, link.original)[side]
    }
    here, there = "so"[side], "os"[side]
    text, at = given.text, 0
    anchored: set[int] = set()
    for sentence, (start, end) in enumerate(given.view.batch[given.index].sentences.tolist()):
        if sentence not in link_of:
            continue
        number, link = link_of[sentence]
        yield None, [(text[at:start], None)]
        view = {
            "number": number,
            # One sentence may be the counterpart of several: only the first can be the target.
            "anchor": None if number in anchored else f"{here}{number}",
            "counterpart": f"{there}{number}",
            "style": "s same" if link.similarity == 1.0 else "s",
            "similarity": f"{link.similarity:.2f}",
        }
        yield view, list(_pieces(text, start, end, marks))
        anchored.add(number)
        at = end
    yield None, [(text[at:], None)]


def _pieces(text: str, start: int, end: int, marks: list[Mark]) -> Iterator[Piece]:
    """A sentence, cut where its marks begin and end."""
    at = start
    for k in range(bisect_left(marks, (start, 0, "")), len(marks)):
        first, last, what = marks[k]
        if first >= end:
            break
        first, last = max(first, at), min(last, end)
        if first >= last:
            continue
        yield text[at:first], None
        yield text[first:last], what
        at = last
    yield text[at:end], None


def _marks(side: int, sides: tuple[Side, Side], changes: list[Change]) -> list[Mark]:
    """The changed words of one text, in order."""
    marks = []
    for change in changes:
        here, there = change.suspect, change.original
        if side == 1:
            here, there = there, here
        if here[0] >= here[1]:
            continue
        what: str = change.kind or "reworked"
        if there[0] < there[1]:
            start, end = _offsets(sides[1 - side], there)
            what = f"{what}: {sides[1 - side].text[start:end]}"
        marks.append((*_offsets(sides[side], here), what))
    return sorted(marks)


def _offsets(side: Side, words: tuple[int, int]) -> tuple[int, int]:
    first, last = words
    return int(side.spans[first, 0]), int(side.spans[last - 1, 1])


def _caption(comparison: Comparison) -> str:
    """How many changes there are, of which kinds."""
    counts: Counter[str] = Counter()
    for one in comparison.substitutions:
        counts[one.kind] += one.count
    kinds = ", ".join(
        f"{counts[kind]:,} {KIND_NAMES[kind][counts[kind] > 1]}" for kind in KINDS if counts[kind]
    )
    every = len(comparison.substitutions)
    listed = f", {WORDINGS:,} shown" if every > WORDINGS else ""
    return f"{counts.total():,} changes: {kinds}; {every:,} different ones{listed}"
