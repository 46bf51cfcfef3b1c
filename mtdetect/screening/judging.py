"""A batch of records becomes a batch of verdicts, in whatever process: the one function that all engines run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
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
from mtdetect.verdict import Verdict

if TYPE_CHECKING:
    from mtdetect.detector import Detector
    from mtdetect.originals import Match, Originals


class Judged(NamedTuple):
    """What became of a batch.

    Attributes
    ----------
    content : bytes
        To be written.
    tally : Tally
        To be counted.
    """

    content: bytes
    tally: Tally


@dataclass(frozen=True, slots=True)
class Judge:
    """All that a worker needs to know: small to send, and the same for all batches.

    Attributes
    ----------
    options : Options
        What is asked about each record.
    model : Path or None
        Folder of the model; the English one that ships if None.
    phrases : Path or None
        List of phrases that become evidence.
    profile : Path or None
        Clean texts of the user's own to judge by, as ``mtdetect calibrate`` measured them.
    stamp : tuple of int
        What tells list and profile from earlier ones under the same names.
    """

    options: Options
    model: Path | None = None
    phrases: Path | None = None
    profile: Path | None = None
    stamp: tuple[int, ...] = ()

    def detector(self) -> Detector:
        """The detector, made once a process; its tables are memory-mapped, so that processes share them."""
        from mtdetect.detector import load

        if self.phrases is None and self.profile is None:
            return load(self.model)
        return _detector(self.model, self.phrases, self.profile, self.stamp)

    def __call__(self, batch: list[RawRecord]) -> Judged:
        """Judge a batch.

        Parameters
        ----------
        batch : list of RawRecord
            As read.

        Returns
        -------
        Judged
        """
        return judge_batch(batch, self.detector(), self.options)

    def broken(self, raw: RawRecord, why: str) -> Judged:
        """Say of a record that it could not be judged.

        Parameters
        ----------
        raw : RawRecord
            Which.
        why : str
            What happened.
        """
        return self(
            [
                RawRecord(
                    raw.source, raw.line, b"", why, raw.kind, raw.id or _id_of(raw, self.options), raw.url
                )
            ]
        )


def judge_batch(batch: list[RawRecord], detector: Detector, options: Options) -> Judged:
    """Score the records of a batch together.

    Parameters
    ----------
    batch : list of RawRecord
        As read.
    detector : Detector
        Scores them.
    options : Options
        What is asked about each.

    Returns
    -------
    Judged
        One row for each record that is kept, in order.
    """
    records = [_parsed(raw, options) for raw in batch]
    texts = [record.text for record in records if record.text is not None]
    verdicts = iter(_scored(texts, detector, options))
    matches: Iterator[list[Match]] = iter(())
    if options.originals is not None:
        matches = _collection(options.originals).search_many(texts, top=1)
    kept: list[dict[str, Any]] = []
    tally = Tally()
    for raw, record in zip(batch, records, strict=True):
        if record.text is None:
            verdict = Verdict.unsupported(str(record.error), model=detector.model, fpr=options.fpr)
        else:
            verdict = next(verdicts)
        tally.count(verdict.label, verdict.score, verdict.reason, _site(raw, record), len(raw.content))
        # The id goes out as it came in, whatever its JSON type, so that the caller can join on it.
        row = {**verdict.to_dict(options.evidence), "id": record.id}
        if options.originals is not None:
            found = [] if record.text is None else next(matches)
            row["match"] = found[0].to_dict() if found and found[0].relation != "unrelated" else None
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
    except Exception as error:  # a page that breaks its parser
        return Record(raw.place if raw.id is None else raw.id, None, _reason("reading", error), {}, raw.url)


def _scored(texts: list[str | bytes], detector: Detector, options: Options) -> list[Verdict]:
    """Score texts together; if that fails, by halves, until the one is found that breaks it."""
    try:
        return list(detector.score_many(texts, fpr=options.fpr, evidence=options.evidence))
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
            for verdict in _scored(half, detector, options)
        ]


def _reason(what: str, error: Exception) -> str:
    said = " ".join(str(error).split())[:200]
    return f"{what} failed: {type(error).__name__}" + (f" ({said})" if said else "")


def _site(raw: RawRecord, record: Record) -> str:
    """The host that a page came from; its file where no address tells."""
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
    """The text whose offsets the evidence counts."""
    from mtdetect.text import decode

    return decode(text) if isinstance(text, bytes) else text


def _collection(path: str) -> Originals:
    """The collection, opened once a process: what SQLite has open must not cross a fork."""
    return _opened(path, os.getpid(), os.stat(path).st_ino if os.path.exists(path) else 0)


@lru_cache(maxsize=1)
def _opened(path: str, process: int, inode: int) -> Originals:
    from mtdetect.originals import Originals

    return Originals(path, create=False)


@lru_cache(maxsize=1)
def _detector(
    model: Path | None, phrases: Path | None, profile: Path | None, stamp: tuple[int, ...]
) -> Detector:
    from mtdetect.detector import load

    detector = load(model)
    if profile is not None:
        detector = detector.with_calibration(profile)
    return detector if phrases is None else detector.with_phrases(phrases)


def check(judge: Judge) -> None:
    """Tell what is wrong with the list of phrases, the profile or the collection before the work starts.

    Parameters
    ----------
    judge : Judge
        Who is to work.

    Raises
    ------
    InputError
        If one of them is missing or cannot be read.
    ModelError
        If the model is.
    """
    judge.detector()
    if judge.options.originals is not None:
        _collection(judge.options.originals)


def stamp(given: Path | None, shared: bool) -> tuple[int, ...]:
    """What tells a list or profile from an earlier one under the same name.

    Parameters
    ----------
    given : Path or None
        The file.
    shared : bool
        Whether several processes are to read it.

    Raises
    ------
    UsageError
        If they cannot.
    """
    if given is None or not given.exists():
        return ()
    if shared and not given.is_file():
        raise UsageError(f"{given}: is no plain file, and each worker reads it; save it, or use --jobs 1")
    facts = given.stat()
    return facts.st_mtime_ns, facts.st_size, facts.st_ino
