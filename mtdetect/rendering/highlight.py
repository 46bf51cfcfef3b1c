"""Where a text is marked: cut at the bounds of its sentences and of its evidence, so that each piece is marked in one way.

The terminal and the HTML report both print these pieces one after the other. Evidence may overlap; of what overlaps only the
most telling is marked in the text, and lists show the rest.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from mtdetect.verdict import Evidence, SentenceScore, Verdict

HOT, WARM = 0.8, 0.5
"""Scores from which a sentence counts as very suspicious, and as suspicious."""

TAB = "    "
REPLACEMENT = "\ufffd"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text that is marked in one way.

    Attributes
    ----------
    start, end : int
        Offsets in code points of the text as given, end exclusive.
    text : str
        The stretch, fit to be shown.
    sentence : SentenceScore or None
        The sentence it lies in.
    evidence : Evidence or None
        The span it lies in.
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

    @property
    def closes_sentence(self) -> bool:
        """Whether its sentence ends here."""
        return self.sentence is not None and self.end == self.sentence.end


def pieces(text: str, verdict: Verdict) -> Iterator[Piece]:
    """Cut a text where its marks change.

    Parameters
    ----------
    text : str
        As it was scored.
    verdict : Verdict
        What was said about it, with evidence.

    Yields
    ------
    Piece
        End to end, the whole text.
    """
    spans = apart(verdict.evidence)
    cuts = {0, len(text)}
    marks: list[Evidence | SentenceScore] = [*spans, *verdict.sentences]
    for one in marks:
        cuts |= {min(one.start, len(text)), min(one.end, len(text))}
    bounds = sorted(cuts)
    sentences, s, e = verdict.sentences, 0, 0
    for start, end in pairwise(bounds):
        while s < len(sentences) and sentences[s].end <= start:
            s += 1
        while e < len(spans) and spans[e].end <= start:
            e += 1
        sentence = sentences[s] if s < len(sentences) and sentences[s].start <= start else None
        evidence = spans[e] if e < len(spans) and spans[e].start <= start else None
        yield Piece(start, end, printable(text[start:end]), sentence, evidence)


def apart(evidence: tuple[Evidence, ...]) -> list[Evidence]:
    """Choose spans that do not overlap, the most telling first.

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


def suspicious(verdict: Verdict, count: int = 3) -> tuple[SentenceScore, ...]:
    """Choose the sentences that look worst.

    Parameters
    ----------
    verdict : Verdict
        With sentences.
    count : int
        At most so many.

    Returns
    -------
    tuple of SentenceScore
        The worst first; none if the text is not flagged, or no sentence looks worse than even.
    """
    if not verdict.flagged:
        return ()
    worst = sorted(verdict.sentences, key=lambda one: (-one.score, one.start))
    return tuple(one for one in worst[:count] if one.score >= WARM)


def printable(text: str) -> str:
    """Make somebody's text fit to be shown, line by line.

    Parameters
    ----------
    text : str
        May hold control codes, marks that turn the direction of writing, lone surrogates.

    Returns
    -------
    str
        Only printable characters, spaces and plain line ends, which all other line ends become. Tabs and odd spaces become
        spaces, invisible marks vanish, and what is left of unprintable signs becomes U+FFFD.
    """
    if text.isprintable():
        return text
    lines = text.replace("\r\n", "\n").translate(_LINE_ENDS)
    return "".join(c if c.isprintable() or c == "\n" else _stand_in(c) for c in lines)


def one_line(text: str) -> str:
    """Make somebody's text fit to stand in a line, with nothing that could turn or hide what stands beside it.

    Parameters
    ----------
    text : str
        As for :func:`printable`.

    Returns
    -------
    str
        Words parted by single spaces.
    """
    return " ".join(printable(text).split())


def html_line(text: str) -> str:
    """The same, escaped for HTML.

    Parameters
    ----------
    text : str
        As for :func:`printable`.

    Returns
    -------
    str
    """
    return escape(one_line(text))


_LINE_ENDS = dict.fromkeys(map(ord, "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), "\n")


def _stand_in(character: str) -> str:
    if character == "\t":
        return TAB
    category = unicodedata.category(character)
    if category.startswith("Z"):
        return " "
    return "" if category == "Cf" else REPLACEMENT
