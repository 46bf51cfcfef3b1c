"""What a run has found so far, in memory that does not grow with the crawl."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from mtdetect.verdict import DEGRADED

BINS = 20
"""Bars of the histogram of scores."""

SOURCES = 20_000
"""Sites that are counted one by one; past it those with the fewest pages are forgotten."""

REASONS = 200
"""Reasons that are counted one by one; the others count as ``other``."""

_PLACE = re.compile(r"^(?:line|row|record) \d+: ")


@dataclass(slots=True)
class Tally:
    """How far the work is.

    Attributes
    ----------
    records : int
        Records judged.
    bytes : int
        Of their lines, texts or pages, unpacked.
    read : int
        Of the input files as they lie on disk.
    labels : Counter
        Records by label.
    scores : Counter
        Records that were judged, by bar of the histogram: ``int(score * BINS)``.
    reasons : Counter
        Records without a verdict (``unsupported``), by reason.
    sources : dict
        By site, or by file where there is no address: pages, and how many of them are flagged.
    """

    records: int = 0
    bytes: int = 0
    read: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    scores: Counter[int] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    sources: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def flagged(self) -> int:
        """Records with a degraded label."""
        return sum(self.labels[label] for label in DEGRADED)

    def count(self, label: str, score: float, reason: str | None, source: str, size: int) -> None:
        """Count one record.

        Parameters
        ----------
        label, score, reason
            Of its verdict.
        source : str
            Its site.
        size : int
            Bytes.
        """
        self.records += 1
        self.bytes += size
        self.labels[label] += 1
        if label == "unsupported":
            self.reasons[_PLACE.sub("", reason or "unknown")] += 1
        else:
            self.scores[min(int(score * BINS), BINS - 1)] += 1
        pages, flagged = self.sources.get(source, (0, 0))
        self.sources[source] = (pages + 1, flagged + (label in DEGRADED))

    def add(self, other: Tally) -> None:
        """Add what another part of the work has found; ``read`` is the main process's own business.

        Parameters
        ----------
        other : Tally
            Of a batch.
        """
        self.records += other.records
        self.bytes += other.bytes
        self.labels += other.labels
        self.scores += other.scores
        for reason, count in other.reasons.items():
            self.reasons[reason if reason in self.reasons or len(self.reasons) < REASONS else "other"] += (
                count
            )
        for source, (pages, flagged) in other.sources.items():
            before = self.sources.get(source, (0, 0))
            self.sources[source] = (before[0] + pages, before[1] + flagged)
        if len(self.sources) > 2 * SOURCES:
            kept = sorted(self.sources.items(), key=lambda item: (-item[1][1], -item[1][0], item[0]))[
                :SOURCES
            ]
            self.sources = dict(kept)

    def worst(self, count: int = 10) -> list[tuple[str, int, int]]:
        """List the sites with the most flagged pages.

        Parameters
        ----------
        count : int
            How many at most.

        Returns
        -------
        list of tuple
            Site, pages, flagged pages.
        """
        found = [(name, pages, flagged) for name, (pages, flagged) in self.sources.items() if flagged]
        return sorted(found, key=lambda one: (-one[2], one[1], one[0]))[:count]

    def to_dict(self) -> dict[str, Any]:
        """Give JSON from which :meth:`from_dict` makes the tally again."""
        return {
            "records": self.records,
            "bytes": self.bytes,
            "read": self.read,
            "labels": dict(self.labels),
            "scores": {str(bar): count for bar, count in self.scores.items()},
            "reasons": dict(self.reasons),
            "sources": {name: list(counts) for name, counts in self.sources.items()},
        }

    @classmethod
    def from_dict(cls, given: dict[str, Any]) -> Tally:
        """Make a tally from JSON.

        Parameters
        ----------
        given : dict
            As :meth:`to_dict` gave it.
        """
        return cls(
            given["records"],
            given["bytes"],
            given["read"],
            Counter(given["labels"]),
            Counter({int(bar): count for bar, count in given["scores"].items()}),
            Counter(given["reasons"]),
            {name: (pages, flagged) for name, (pages, flagged) in given["sources"].items()},
        )
