"""The work of a worker process: texts in, JSON out.

A job is a frozen dataclass, and :meth:`Worker.do` answers it. The worker makes the JSON, so that the process that talks to the
clients has little work per request.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtdetect.errors import UsageError
from mtdetect.policy.rules import Policy
from mtdetect.serve.shapes import Shape, shaped
from mtdetect.verdict import match_of

if TYPE_CHECKING:
    from mtdetect.comparison import Comparison
    from mtdetect.detector import Detector
    from mtdetect.originals import Match, Originals
    from mtdetect.verdict import Mode, ModelInfo, Verdict


@dataclass(frozen=True, slots=True)
class Item:
    """A text, with the id and the source that the caller gave it."""

    text: str
    id: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """Score texts."""

    items: tuple[Item, ...]
    fpr: float
    evidence: bool = True
    shape: Shape = "mtdetect"
    policy: Policy | None = None
    match: bool = False
    against: str | None = None
    audit: bool = False
    audit_text: bool = True
    retranslate: Mode | None = None

    @property
    def size(self) -> int:
        """Number of characters."""
        return sum(len(item.text) for item in self.items) + len(self.against or "")


@dataclass(frozen=True, slots=True)
class Compare:
    """Compare two texts."""

    suspect: str
    original: str
    names: tuple[str | None, str | None] = (None, None)
    spans: bool = False
    retranslate: Mode | None = None

    @property
    def size(self) -> int:
        """Number of characters."""
        return len(self.suspect) + len(self.original)


@dataclass(frozen=True, slots=True)
class Report:
    """Write an HTML page about one text, or about two side by side."""

    text: str
    name: str | None
    fpr: float
    original: str | None = None
    original_name: str | None = None
    retranslate: Mode | None = None

    @property
    def size(self) -> int:
        """Number of characters."""
        return len(self.text) + len(self.original or "")


@dataclass(frozen=True, slots=True)
class Add:
    """Add originals."""

    records: tuple[tuple[str, str], ...]

    @property
    def size(self) -> int:
        """Number of characters."""
        return sum(len(text) for _, text in self.records)


@dataclass(frozen=True, slots=True)
class Search:
    """Find the originals of texts."""

    items: tuple[Item, ...]
    top: int

    @property
    def size(self) -> int:
        """Number of characters."""
        return sum(len(item.text) for item in self.items)


Job = Score | Compare | Report | Add | Search


@dataclass(frozen=True, slots=True)
class Scored:
    """The answer on one text, and what the metrics and the audit log need.

    Attributes
    ----------
    answer : bytes
        JSON.
    label : str
        Of the verdict.
    action : str or None
        What a policy decided.
    entry : dict or None
        For the audit log.
    engine_seconds : float or None
        Time of the translation engine, shared equally between the texts of a job; None if it was not consulted about this text.
    """

    answer: bytes
    label: str
    action: str | None
    entry: dict[str, Any] | None
    engine_seconds: float | None = None


def _engine_seconds() -> float:
    """Seconds that this process has spent asking the translation engine, which is not loaded for that."""
    loaded = sys.modules.get("mtdetect.features.retranslation")
    return 0.0 if loaded is None else loaded.clock.seconds


class Worker:
    """Does jobs one after the other.

    Parameters
    ----------
    model, phrases, profile : Path or None
        As in ``Settings``.
    originals : str or None
        Collection of originals.
    retranslate, engine_folder, store_text
        As in ``Settings``.
    """

    def __init__(
        self,
        model: Path | None,
        phrases: Path | None,
        profile: Path | None,
        originals: str | None,
        retranslate: Mode | None = None,
        engine_folder: Path | None = None,
        store_text: bool = False,
    ) -> None:
        from mtdetect.detector import load

        self._path = originals
        self._store_text = store_text
        self._detector: Detector = load(model).with_options(
            engine_folder=engine_folder, profile=profile, phrases=phrases
        )
        self._mode = self._detector.mode(retranslate)

    @property
    def model(self) -> ModelInfo:
        """The model in use."""
        return self._detector.model

    @property
    def consults(self) -> bool:
        """Whether a translation engine is consulted, unless a request says otherwise."""
        return self._detector.consults(self._mode)

    def warm_up(self) -> None:
        """Load what the first request would otherwise wait for."""
        text = "The first text takes longest, because it opens the tables. " * 8
        self._detector.prepare(self._mode)
        self._detector.score(text, retranslate=self._mode)
        self._detector.score("Short.", retranslate="never")  # loads the language identifier
        self._detector.compare(text, text, retranslate=self._mode)
        if self._path is not None:
            len(self._originals)

    def do(self, job: Job) -> Any:
        """Do a job.

        Parameters
        ----------
        job : Job
            The work.

        Returns
        -------
        list of Scored or bytes
            A list for ``Score``; JSON or HTML for other jobs.

        Raises
        ------
        MtdetectError
            If a text is not suitable.
        """
        if isinstance(job, Score):
            return self._score(job)
        if isinstance(job, Compare):
            return self._compare(job)
        if isinstance(job, Report):
            return self._report(job)
        return self._add(job) if isinstance(job, Add) else self._search(job)

    @cached_property
    def _originals(self) -> Originals:
        from mtdetect.originals import Originals

        if self._path is None:
            raise UsageError("the service was started without a collection of originals")
        return Originals(self._path, store_text=self._store_text)

    def _mode_of(self, job: Score | Report | Compare) -> Mode:
        """When the engine is consulted about the texts of a job."""
        if self._mode == "never" and job.retranslate == "always":
            raise UsageError("this service consults no translation engine; leave out 'retranslate'")
        if job.retranslate is None or self._mode == "never":
            return self._mode
        return self._detector.mode(job.retranslate)

    def _score(self, job: Score) -> list[Scored]:
        from mtdetect.serialization import to_json

        texts = [item.text for item in job.items]
        spans = job.evidence or job.shape == "perspective"
        mode = self._mode_of(job)
        begun = _engine_seconds()
        verdicts = list(
            self._detector.score_many(
                texts, fpr=job.fpr, ids=[item.id for item in job.items], evidence=spans, retranslate=mode
            )
        )
        if job.against is not None:
            verdicts = [
                self._detector.against(verdict, text, job.against, retranslate=mode)
                for verdict, text in zip(verdicts, texts, strict=True)
            ]
        asked = sum(verdict.retranslated for verdict in verdicts)
        seconds = (_engine_seconds() - begun) / max(asked, 1)
        matches: list[Match | None] = [None] * len(texts)
        if job.match:
            found = self._originals.search_many(texts, top=1)
            # A match that the verdict has is that of the original which the request names.
            matches = [
                match_of(verdict, own) if verdict.match is None else None
                for verdict, own in zip(verdicts, found, strict=True)
            ]
        scored = []
        for item, verdict, match in zip(job.items, verdicts, matches, strict=True):
            entry = None
            if job.policy is not None:
                verdict = replace(
                    verdict, decision=job.policy.decide(verdict, source=item.source, match=match)
                )
                entry = self._entry(job, item, verdict, match, mode)
            answer = shaped(verdict, item.text, job.shape, evidence=job.evidence)
            if match is not None and job.shape == "mtdetect":
                answer["match"] = match.to_dict()
            action = verdict.decision.action if verdict.decision is not None else None
            engine_seconds = seconds if verdict.retranslated else None
            scored.append(Scored(to_json(answer), verdict.label, action, entry, engine_seconds))
        return scored

    def _entry(
        self, job: Score, item: Item, verdict: Verdict, match: Match | None, mode: Mode
    ) -> dict[str, Any] | None:
        from mtdetect.policy import audit

        if not job.audit or verdict.decision is None:
            return None
        return audit.record(
            item.text,
            verdict,
            verdict.decision,
            source=item.source,
            match=match,
            keep_text=job.audit_text,
            retranslate=mode,
            profile=self._detector.profile_sha256,
        )

    def _compare(self, job: Compare) -> bytes:
        from mtdetect.serialization import to_json

        comparison = self._detector.compare(
            job.suspect, job.original, names=job.names, retranslate=self._mode_of(job)
        )
        answer = comparison.to_dict()
        if job.spans:
            answer["spans"] = self._spans(job, comparison)
        return to_json(answer)

    def _spans(self, job: Compare, comparison: Comparison) -> dict[str, Any]:
        """Offsets of the sentences of both texts, and of the changes in them."""
        from mtdetect.comparison.compare import locate_changes

        sides, found = locate_changes(comparison, job.suspect, job.original, self._detector.lexicon)
        answer = {}
        for side, name in enumerate(("suspect", "original")):
            offsets = sides[side].spans
            places = ((change.suspect, change.original)[side] for change in found)
            answer[name] = {
                "sentences": sides[side].view.batch[side].sentences.tolist(),
                "changes": sorted(
                    [int(offsets[first, 0]), int(offsets[last - 1, 1])]
                    for first, last in places
                    if first < last
                ),
            }
        return answer

    def _report(self, job: Report) -> bytes:
        if job.original is not None:
            from mtdetect.rendering.html_comparison import html_page

            comparison = self._detector.compare(
                job.text,
                job.original,
                names=(job.name, job.original_name),
                retranslate=self._mode_of(job),
            )
            return html_page(comparison, job.text, job.original).encode("utf-8", "replace")
        from mtdetect.rendering.html_score import ReportItem, html_report

        verdict = self._detector.score(job.text, fpr=job.fpr, id=job.name, retranslate=self._mode_of(job))
        item = ReportItem(job.text, verdict, self._detector.style(job.text))
        return html_report([item]).encode("utf-8", "replace")

    def _add(self, job: Add) -> bytes:
        from dataclasses import asdict

        from mtdetect.serialization import to_json

        done = self._originals.add(job.records)
        return to_json({**asdict(done), "originals": len(self._originals)})

    def _search(self, job: Search) -> bytes:
        from mtdetect.serialization import to_json

        found = self._originals.search_many([item.text for item in job.items], top=job.top)
        lines = [
            to_json({"id": item.id, "matches": [match.to_dict() for match in matches]})
            for item, matches in zip(job.items, found, strict=True)
        ]
        return b",".join(lines)
