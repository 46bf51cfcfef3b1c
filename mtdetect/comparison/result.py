"""The result of a comparison: plain data without the texts and without numpy, so it can be stored and sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from mtdetect.comparison.alignment import Link
from mtdetect.comparison.substitutions import Substitution
from mtdetect.verdict import Direction, Relation

_MIRRORED: dict[Direction, Direction] = {
    "suspect_is_copy": "original_is_copy",
    "original_is_copy": "suspect_is_copy",
    "unclear": "unclear",
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Result of comparing two texts.

    Attributes
    ----------
    suspect, original : str or None
        Names of the texts.
    relation : str
        One of ``mtdetect.verdict.RELATIONS``.
    is_copy : bool
        Whether one text was made from the other, or both from the same.
    direction : str
        ``suspect_is_copy``, ``original_is_copy``, or ``unclear``.
    confidence : float
        Probability that ``is_copy`` is right, 0 to 1.
    copied, covered : float
        Share of the suspect's and of the original's words that are in aligned sentences.
    alignment : tuple of Link
        Aligned sentences, in the order of the suspect.
    substitutions : tuple of Substitution
        Wordings that replace each other, most frequent first; empty if there is no copy.
    direction_odds : float
        Natural log-odds that the suspect, not the original, is the copy.
    retranslated : bool
        Whether a translation engine was consulted about the direction.
    """

    suspect: str | None
    original: str | None
    relation: Relation
    is_copy: bool
    direction: Direction
    confidence: float
    copied: float
    covered: float
    alignment: tuple[Link, ...]
    substitutions: tuple[Substitution, ...]
    direction_odds: float = 0.0
    retranslated: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Convert to the JSON object of ``mtdetect compare --format json``.

        Returns
        -------
        dict
            Plain data; sentences are numbered from 0.
        """
        return {
            "suspect": self.suspect,
            "original": self.original,
            "relation": self.relation,
            "is_copy": self.is_copy,
            "direction": self.direction,
            "confidence": round(self.confidence, 4),
            "copied": round(self.copied, 4),
            "covered": round(self.covered, 4),
            "retranslated": self.retranslated,
            "alignment": [
                {
                    "suspect": list(link.suspect),
                    "original": list(link.original),
                    "similarity": round(link.similarity, 4),
                }
                for link in self.alignment
            ],
            "substitutions": [one.to_dict() for one in self.substitutions],
        }

    def mirrored(self) -> Comparison:
        """The comparison with the two texts swapped."""
        links = sorted(
            (Link(link.original, link.suspect, link.similarity) for link in self.alignment),
            key=lambda link: link.suspect,
        )
        return replace(
            self,
            suspect=self.original,
            original=self.suspect,
            direction=_MIRRORED[self.direction],
            copied=self.covered,
            covered=self.copied,
            alignment=tuple(links),
            substitutions=tuple(one.mirrored() for one in self.substitutions),
            direction_odds=-self.direction_odds,
        )
