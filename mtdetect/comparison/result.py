"""What is said about two texts: plain data that can be kept and sent without the texts or numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from mtdetect.comparison.alignment import Link
from mtdetect.comparison.substitutions import Substitution

Relation = Literal["verbatim", "edited", "machine_translated", "spun", "related", "unrelated"]
"""How two texts can be related; the last two are no copies."""

RELATIONS: tuple[Relation, ...] = get_args(Relation)

Direction = Literal["suspect_is_copy", "original_is_copy", "unclear"]
"""Which of the two is the copy."""

_MIRRORED: dict[Direction, Direction] = {
    "suspect_is_copy": "original_is_copy",
    "original_is_copy": "suspect_is_copy",
    "unclear": "unclear",
}
_MIRRORED_KINDS = {"omission": "addition", "addition": "omission"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two texts compared.

    Attributes
    ----------
    suspect, original : str or None
        Names of the texts.
    relation : str
        One of ``RELATIONS``.
    is_copy : bool
        Whether one text was made from the other, or both from the same.
    direction : str
        ``suspect_is_copy``, ``original_is_copy``, or ``unclear``.
    confidence : float
        Probability that ``is_copy`` is right, 0 to 1.
    copied : float
        Share of the suspect's words in aligned sentences.
    covered : float
        Share of the original's.
    alignment : tuple of Link
        Sentences that say the same, in the order of the suspect.
    substitutions : tuple of Substitution
        Wordings that stand for each other, the commonest first; none if there is no copy.
    direction_odds : float
        Natural log-odds that the suspect is the copy rather than the original.
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

    def to_dict(self) -> dict[str, Any]:
        """Give the contract's JSON object.

        Returns
        -------
        dict
            Sentences are numbered from 0.
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
        """The same with the texts in each other's place."""
        links = sorted(
            (Link(link.original, link.suspect, link.similarity) for link in self.alignment),
            key=lambda link: link.suspect,
        )
        turned = (
            Substitution(one.original, one.suspect, one.count, _MIRRORED_KINDS.get(one.kind, one.kind))  # type: ignore[arg-type]
            for one in self.substitutions
        )
        return Comparison(
            self.original,
            self.suspect,
            self.relation,
            self.is_copy,
            _MIRRORED[self.direction],
            self.confidence,
            self.covered,
            self.copied,
            tuple(links),
            tuple(turned),
            -self.direction_odds,
        )
