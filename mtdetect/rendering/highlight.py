"""A text cut into pieces, each of which lies in one sentence and one span of evidence or in none.

The terminal and the HTML report print the pieces one after the other. Evidence may overlap: the text then marks only the
span with the largest weight, and lists show the others.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from mtdetect.rendering.printable import printable
from mtdetect.verdict import Evidence, SentenceScore, Verdict

HOT, WARM = 0.8, 0.5
"""Scores from which a sentence is marked as very suspicious, and as suspicious."""


class Piece(NamedTuple):
    """A piece of a text that is marked in one way.

    Attributes
    ----------
    start, end : int
        Offsets in code points of the text as given, end exclusive.
    text : str
        The piece, made printable.
    sentence : SentenceScore or None
        The sentence that holds it.
    evidence : Evidence or None
        The span that holds it.
    """

    start: int
    end: int
    text: str
    sentence: SentenceScore | None
    evidence: Evidence | None

    @property
    def closes_evidence(self) -> bool:
        """Whether its span of evidence ends here."""
        return self.evidence is not None and self.end == self.evidence.end


def pieces(text: str, verdict: Verdict) -> Iterator[Piece]:
    """Cut a text where a sentence or a span of evidence begins or ends.

    Parameters
    ----------
    text : str
        As it was scored.
    verdict : Verdict
        Its verdict, with evidence.

    Yields
    ------
    Piece
        In order; together they are the whole text.
    """
    spans = without_overlaps(verdict.evidence)
    cuts = {0, len(text)}
    marks: list[Evidence | SentenceScore] = [*spans, *verdict.sentences]
    for one in marks:
        cuts.add(one.start)
        cuts.add(one.end)
    bounds = sorted(cut for cut in cuts if cut <= len(text))
    sentences, s, e = verdict.sentences, 0, 0
    for start, end in pairwise(bounds):
        while s < len(sentences) and sentences[s].end <= start:
            s += 1
        while e < len(spans) and spans[e].end <= start:
            e += 1
        sentence = sentences[s] if s < len(sentences) and sentences[s].start <= start else None
        evidence = spans[e] if e < len(spans) and spans[e].start <= start else None
        yield Piece(start, end, printable(text[start:end]), sentence, evidence)


def without_overlaps(evidence: tuple[Evidence, ...]) -> list[Evidence]:
    """Choose spans that do not overlap; of two that do, the one with the larger weight.

    Parameters
    ----------
    evidence : tuple of Evidence
        In any order.

    Returns
    -------
    list of Evidence
        In the order of the text.
    """
    chosen: list[tuple[int, int, int]] = []
    for k, one in sorted(enumerate(evidence), key=lambda item: -item[1].weight):
        at = bisect_left(chosen, (one.start, one.end))
        if one.end <= one.start or (at < len(chosen) and chosen[at][0] < one.end):
            continue
        if at and chosen[at - 1][1] > one.start:
            continue
        insort(chosen, (one.start, one.end, k))
    return [evidence[k] for _, _, k in chosen]


def suspicious(verdict: Verdict) -> tuple[SentenceScore, ...]:
    """Choose the three sentences with the highest scores.

    Parameters
    ----------
    verdict : Verdict
        With sentences.

    Returns
    -------
    tuple of SentenceScore
        The highest score first, and none below ``WARM``. Empty if the text is not flagged.
    """
    if not verdict.flagged:
        return ()
    worst = sorted(verdict.sentences, key=lambda one: (-one.score, one.start))
    return tuple(one for one in worst[:3] if one.score >= WARM)
