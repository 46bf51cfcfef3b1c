"""From a batch of records to a batch of verdicts: the function that every engine runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from mtdetect import inputs
from mtdetect.errors import MtdetectError, UsageError
from mtdetect.inputs import RawRecord, Record
from mtdetect.screening import rows
from mtdetect.screening.options import Options
from mtdetect.screening.tally import Tally
from mtdetect.verdict import Mode, Verdict, match_of

if TYPE_CHECKING:
    from mtdetect.detector import Detector
    from mtdetect.originals import Match, Originals


class Judged(NamedTuple):
    """The result of a batch.

    Attributes
    ----------
    content : bytes
        Rows in the format of the output.
    tally : Tally
        Counts of the batch.
    """

    content: bytes
    tally: Tally


@dataclass(frozen=True, slots=True)
class Judge:
    """The settings of a worker: small to send, and the same for all batches.

    Attributes
    ----------
    options : Options
        Settings of the run.
    model : Path or None
        Folder of the model; the English one of the package if None.
    phrases : Path or None
        List of phrases that become evidence.
    profile : Path or None
        Calibration profile, as ``mtdetect calibrate`` writes it.
    stamp : tuple of int
        Identifies the versions of the phrase list and the profile (:func:`stamp`).
    engine_folder : Path or None
        Files of the translation engine, if not those of the extra ``retranslate``.
    """

    options: Options
    model: Path | None = None
    phrases: Path | None = None
    profile: Path | None = None
    stamp: tuple[int, ...] = ()
    engine_folder: Path | None = None

    def detector(self) -> Detector:
        """The detector, loaded once per process; processes share its memory-mapped tables."""
        from mtdetect.detector import load

        if self.phrases is None and self.profile is None and self.engine_folder is None:
            return load(self.model)
        return _detector(self.model, self.phrases, self.profile, self.stamp, self.engine_folder)

    def __call__(self, batch: list[RawRecord]) -> Judged:
        """Judge a batch.

        Parameters
        ----------
        batch : list of RawRecord
            Not parsed yet.

        Returns
        -------
        Judged
        """
        return judge_batch(batch, self.detector(), self.options)

    def failed(self, raw: RawRecord, reason: str) -> Judged:
        """Result for a record that cannot be judged: ``unsupported`` with a reason.

        Parameters
        ----------
        raw : RawRecord
            The record.
        reason : str
            What happened.
        """
        name = _id_of(raw, self.options) if raw.id is None else raw.id
        return self([replace(raw, content=b"", error=reason, id=name)])


def judge_batch(batch: list[RawRecord], detector: Detector, options: Options) -> Judged:
    """Score the records of a batch together.

    Parameters
    ----------
    batch : list of RawRecord
        Not parsed yet.
    detector : Detector
        Scores the texts.
    options : Options
        Settings of the run.

    Returns
    -------
    Judged
        One row for each record, or for each flagged one if ``options.keep`` says so, in order.
    """
    records = [_parsed(raw, options) for raw in batch]
    texts = [record.text for record in records if record.text is not None]
    mode = mode_of(detector, options)
    scored = _scored(texts, detector, options, mode)
    verdicts = iter(scored)
    matches: Iterator[list[Match]] = iter(())
    if options.originals is not None:
        matches = _collection(options.originals).search_many(texts, top=1)
    kept: list[dict[str, Any]] = []
    tally = Tally(retranslated=sum(one.retranslated for one in scored))
    if mode == "never":
        tally.worth_asking = detector.worth_asking(scored)
    for raw, record in zip(batch, records, strict=True):
        if record.text is None:
            verdict = Verdict.unsupported(str(record.error), model=detector.model, fpr=options.fpr)
        else:
            verdict = next(verdicts)
        if record.markup is not None:
            verdict = replace(verdict, markup=record.markup)
        tally.count(
            verdict.label,
            verdict.score,
            verdict.reason,
            site(raw, record),
            len(raw.content),
            [mark.mark for mark in record.markup or ()],
        )
        # The id keeps its JSON type, so that the caller can join on it.
        row = {**verdict.to_dict(bool(options.evidence)), "id": record.id}
        if options.originals is not None:
            found = [] if record.text is None else next(matches)
            match = match_of(verdict, found)
            row["match"] = None if match is None else match.to_dict()
        if options.with_text:
            row["text"] = _as_text(record.text)
        if options.keep == "all" or verdict.flagged:
            kept.append(row)
    return Judged(rows.encode(kept, options), tally)


def _parsed(raw: RawRecord, options: Options) -> Record:
    try:
        return inputs.parse(raw, options.text_field, options.id_field)
    except MtdetectError:
        raise
    except Exception as error:  # a page on which its parser fails
        return Record(raw.place if raw.id is None else raw.id, None, _reason("reading", error), {}, raw.url)


def mode_of(detector: Detector, options: Options) -> Mode:
    """When the translation engine is consulted: a crawl is screened without it, unless somebody says otherwise.

    Parameters
    ----------
    detector : Detector
        May have a calibration profile.
    options : Options
        Settings of the run.

    Raises
    ------
    UsageError
        If both contradict each other.
    """
    return detector.mode(options.retranslate, default="never")


def _scored(texts: list[str | bytes], detector: Detector, options: Options, mode: Mode) -> list[Verdict]:
    """Score texts together; if that fails, halve the batch until the responsible text is found."""
    try:
        evidence = options.evidence if options.evidence == "flagged" else bool(options.evidence)
        return list(
            detector.score_many(
                texts, fpr=options.fpr, evidence=evidence, retranslate=mode, full=options.measures_all
            )
        )
    except MtdetectError:
        raise
    except Exception as error:
        if len(texts) == 1:
            why = _reason("scoring", error)
            return [Verdict.unsupported(why, model=detector.model, fpr=options.fpr)]
        middle = len(texts) // 2
        return [
            verdict
            for half in (texts[:middle], texts[middle:])
            for verdict in _scored(half, detector, options, mode)
        ]


def _reason(what: str, error: Exception) -> str:
    said = " ".join(str(error).split())[:200]
    return f"{what} failed: {type(error).__name__}" + (f" ({said})" if said else "")


def site(raw: RawRecord, record: Record) -> str:
    """The host of a page; the input file if there is no address.

    Parameters
    ----------
    raw : RawRecord
        Where the page comes from.
    record : Record
        The same, parsed.
    """
    for address in (record.url, record.id):
        if isinstance(address, str) and "://" in address[:12]:
            try:
                host = urlsplit(address).hostname
            except ValueError:
                continue
            if host:
                return host.removeprefix("www.")
    return raw.source


def _id_of(raw: RawRecord, options: Options) -> Any:
    return _parsed(raw, options).id if raw.kind == "json" else None


def _as_text(text: str | bytes | None) -> str | None:
    """The decoded text, to which the offsets of the evidence refer."""
    from mtdetect.text import decode

    return decode(text) if isinstance(text, bytes) else text


def _collection(path: str) -> Originals:
    """The collection, opened once per process: an SQLite connection must not be used after a fork."""
    return _opened(path, os.getpid(), os.stat(path).st_ino if os.path.exists(path) else 0)


@lru_cache(maxsize=1)
def _opened(path: str, process: int, inode: int) -> Originals:
    from mtdetect.originals import Originals

    return Originals(path, create=False)


@lru_cache(maxsize=1)
def _detector(
    model: Path | None,
    phrases: Path | None,
    profile: Path | None,
    stamp: tuple[int, ...],
    engine_folder: Path | None,
) -> Detector:
    from mtdetect.detector import load

    return load(model).with_options(engine_folder=engine_folder, profile=profile, phrases=phrases)


def checked(judge: Judge) -> Judge:
    """Check the model, the phrase list, the profile, the engine and the collection before the work starts.

    Parameters
    ----------
    judge : Judge
        Settings of the workers.

    Returns
    -------
    Judge
        The same, with the mode in which the engine is consulted; ``never`` if it is not there.

    Raises
    ------
    InputError
        If the phrase list, the profile or the collection is missing or cannot be read.
    ModelError
        If the model or the translation engine is damaged.
    MissingExtraError
        If the translation engine is needed and not installed.
    """
    detector = judge.detector()
    mode = mode_of(detector, judge.options)
    detector.prepare(mode, load=False)
    if judge.options.originals is not None:
        _collection(judge.options.originals)
    mode = mode if detector.consults(mode) else "never"
    return replace(judge, options=replace(judge.options, retranslate=mode))


def stamp(given: Path | None, shared: bool) -> tuple[int, ...]:
    """Identify the version of a file by its time, size and inode, so that a changed file is loaded again.

    Parameters
    ----------
    given : Path or None
        A phrase list or a profile.
    shared : bool
        Whether several processes read it.

    Raises
    ------
    UsageError
        If several processes cannot read it, as with a pipe.
    """
    if given is None or not given.exists():
        return ()
    if shared and not given.is_file():
        raise UsageError(
            f"{given}: is not a regular file, and each worker reads it; save it to a file, or use --jobs 1"
        )
    facts = given.stat()
    return facts.st_mtime_ns, facts.st_size, facts.st_ino
