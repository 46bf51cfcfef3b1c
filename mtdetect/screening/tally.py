"""Counts of a run, of limited size however large the crawl."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mtdetect.verdict import DEGRADED

BINS = 20
"""Bins of the histogram of scores."""

SOURCES = 20_000
"""Maximum number of sites with their own counts; beyond it, sites with the fewest flagged pages are dropped."""

REASONS = 200
"""Maximum number of reasons with their own counts; further ones count as ``other``."""

_PLACE = re.compile(r"^(?:line|row|record) \d+: ")


@dataclass(slots=True)
class Tally:
    """Counts of a run or of a batch.

    Attributes
    ----------
    records : int
        Records judged.
    bytes : int
        Size of their lines, texts or pages, decompressed.
    read : int
        Bytes of the input files read, as they are on disk.
    labels : Counter
        Records by label.
    scores : Counter
        Records by bin of the histogram, ``int(score * BINS)``, except ``unsupported`` ones.
    reasons : Counter
        ``unsupported`` records by reason.
    markup : Counter
        Pages by mark of translation (:mod:`mtdetect.inputs.markup`).
    sources : dict
        Pages and flagged pages by site, or by file where there is no address.
    retranslated : int
        Records about which the translation engine was consulted.
    worth_asking : int
        Records about which it would be consulted in mode ``auto``; counted in mode ``never``.
    """

    records: int = 0
    bytes: int = 0
    read: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    scores: Counter[int] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    sources: dict[str, tuple[int, int]] = field(default_factory=dict)
    markup: Counter[str] = field(default_factory=Counter)
    retranslated: int = 0
    worth_asking: int = 0

    @property
    def flagged(self) -> int:
        """Number of flagged records."""
        return sum(self.labels[label] for label in DEGRADED)

    def count(
        self, label: str, score: float, reason: str | None, source: str, size: int, markup: Iterable[str] = ()
    ) -> None:
        """Count one record.

        Parameters
        ----------
        label, score, reason
            Fields of its verdict.
        source : str
            Its site.
        size : int
            Its size in bytes.
        markup : iterable of str
            Names of the marks of a page.
        """
        self.records += 1
        self.markup.update(markup)
        self.bytes += size
        self.labels[label] += 1
        if label == "unsupported":
            self.reasons[_PLACE.sub("", reason or "unknown")] += 1
        else:
            self.scores[min(int(score * BINS), BINS - 1)] += 1
        pages, flagged = self.sources.get(source, (0, 0))
        self.sources[source] = (pages + 1, flagged + (label in DEGRADED))

    def add(self, other: Tally) -> None:
        """Add the counts of a batch, except ``read``, which the main process sets.

        Parameters
        ----------
        other : Tally
            Counts of the batch.
        """
        self.records += other.records
        self.bytes += other.bytes
        self.labels += other.labels
        self.markup += other.markup
        self.retranslated += other.retranslated
        self.worth_asking += other.worth_asking
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
            Maximum number.

        Returns
        -------
        list of tuple
            Site, pages and flagged pages.
        """
        found = [(name, pages, flagged) for name, (pages, flagged) in self.sources.items() if flagged]
        return sorted(found, key=lambda one: (-one[2], one[1], one[0]))[:count]

    def to_dict(self) -> dict[str, Any]:
        """A JSON object that :meth:`from_dict` reads."""
        return {
            "records": self.records,
            "bytes": self.bytes,
            "read": self.read,
            "labels": dict(self.labels),
            "scores": {str(bar): count for bar, count in self.scores.items()},
            "reasons": dict(self.reasons),
            "markup": dict(self.markup),
            "retranslated": self.retranslated,
            "worth_asking": self.worth_asking,
            "sources": {name: list(counts) for name, counts in self.sources.items()},
        }

    @classmethod
    def from_dict(cls, given: dict[str, Any]) -> Tally:
        """Read a tally from a JSON object.

        Parameters
        ----------
        given : dict
            From :meth:`to_dict`.
        """
        return cls(
            records=given["records"],
            bytes=given["bytes"],
            read=given["read"],
            labels=Counter(given["labels"]),
            scores=Counter({int(bar): count for bar, count in given["scores"].items()}),
            reasons=Counter(given["reasons"]),
            sources={name: (pages, flagged) for name, (pages, flagged) in given["sources"].items()},
            markup=Counter(given["markup"]),
            retranslated=given["retranslated"],
            worth_asking=given["worth_asking"],
        )
