"""Screening: a verdict for each record of a collection, however large.

Records flow through in batches of about half a megabyte, so memory stays flat. A worker is handed the bytes of a batch
and gives back the lines to write: parsing, scoring and serialising all happen there, and the main process only reads
and writes. The output is written beside its place and renamed when it is whole, so that what stands there is never a
part.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from mtdetect import inputs, outputs
from mtdetect.errors import UsageError
from mtdetect.verdict import DEFAULT_FPR, DEGRADED, Verdict, check_fpr

if TYPE_CHECKING:
    from mtdetect.detector import Detector
    from mtdetect.originals import Match, Originals

BATCH_BYTES = 512 << 10
"""Large enough that the cost of a batch is lost in its scoring, small enough that a few in flight are nothing."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked about each record.

    Attributes
    ----------
    fpr : float
        Error budget.
    evidence : bool
        Whether ``sentences`` and ``evidence`` are written.
    text_field, id_field : str
        Where a record holds its text and its id; dots reach into nested objects.
    originals : str or None
        A collection of originals in which each text is looked up; the best match becomes ``match``.
    """

    fpr: float = DEFAULT_FPR
    evidence: bool = False
    text_field: str = "text"
    id_field: str = "id"
    originals: str | None = None


@dataclass(slots=True)
class Tally:
    """How far the work is.

    Attributes
    ----------
    records : int
        Records judged.
    bytes : int
        Of their lines or files, unpacked.
    labels : Counter
        Records by label.
    """

    records: int = 0
    bytes: int = 0
    labels: Counter[str] = field(default_factory=Counter)

    @property
    def flagged(self) -> int:
        """Records with a degraded label."""
        return sum(self.labels[label] for label in DEGRADED)


def screen(
    paths: Iterable[str],
    output: str,
    *,
    options: Options | None = None,
    model: Path | None = None,
    phrases: Path | None = None,
    jobs: int = 1,
    progress: Callable[[Tally], None] | None = None,
) -> Tally:
    """Judge every record of the inputs and write one line for each, in their order.

    Parameters
    ----------
    paths : iterable of str
        JSON Lines files, plain texts (one record each), either packed with gzip or xz, folders of them; ``-`` is JSON
        Lines on standard input.
    output : str
        JSON Lines file to write, packed if its name ends in ``.gz`` or ``.xz``; ``-`` is standard output.
    options : Options, optional
        What is asked about each record.
    model : Path, optional
        Folder of the model; the English one that ships if None.
    phrases : Path, optional
        List of phrases that become evidence (:func:`mtdetect.phrases.load`).
    jobs : int
        Worker processes; with 1 the work is done in this one.
    progress : callable, optional
        Told after each batch how far the work is.

    Returns
    -------
    Tally
        What was found.

    Raises
    ------
    UsageError
        If the output cannot be written or is also an input, or the error budget makes no sense.
    InputError
        If an input, the list of phrases or the collection of originals is missing or cannot be opened. A record that cannot be read is no error: its line says
        ``unsupported`` and why.
    """
    options = options or Options()
    check_fpr(options.fpr)
    sources = inputs.expand(paths)
    if any(outputs.same(source, output) for source in sources):
        raise UsageError(f"{output}: is an input, too; name another output")
    source = _Source(model, phrases, _stamp(phrases, jobs))
    if phrases is not None:
        source.detector()  # a list that cannot be read is told before the work starts
    if options.originals is not None:
        _collection(options.originals)  # and so is a collection
    tally = Tally()
    with outputs.replacing(output) as file:
        raw = (record for source in sources for record in inputs.records(source))
        for lines, size, labels in _judged(inputs.in_batches(raw, BATCH_BYTES), options, source, jobs):
            with outputs.told(output):
                file.write(lines)
            tally.records += labels.total()
            tally.bytes += size
            tally.labels += labels
            if progress is not None:
                progress(tally)
    return tally


Judged = tuple[bytes, int, "Counter[str]"]
"""Lines to write, bytes read, labels given."""


def judge_batch(batch: list[inputs.RawRecord], detector: Detector, options: Options) -> Judged:
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
    lines : bytes
        JSON Lines, one for each record, in order.
    size : int
        Bytes of the records.
    labels : Counter
        Records by label.
    """
    records = [inputs.parse(raw, options.text_field, options.id_field) for raw in batch]
    texts = [record.text for record in records if record.text is not None]
    verdicts = iter(detector.score_many(texts, fpr=options.fpr, evidence=options.evidence))
    matches: Iterator[list[Match]] = iter(())
    if options.originals is not None:
        matches = _collection(options.originals).search_many(texts, top=1)
    lines = []
    labels: Counter[str] = Counter()
    for record in records:
        if record.text is None:
            verdict = Verdict.unsupported(str(record.error), model=detector.model, fpr=options.fpr)
        else:
            verdict = next(verdicts)
        labels[verdict.label] += 1
        # The id goes out as it came in, whatever its JSON type, so that the caller can join on it.
        line = {**verdict.to_dict(options.evidence), "id": record.id}
        if options.originals is not None:
            found = [] if record.text is None else next(matches)
            line["match"] = found[0].to_dict() if found and found[0].relation != "unrelated" else None
        lines.append(inputs.to_json(line))
    lines.append(b"")
    return b"\n".join(lines), sum(len(raw.content) for raw in batch), labels


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a worker finds the detector: small to send, and the same for all batches."""

    model: Path | None
    phrases: Path | None
    stamp: tuple[int, ...]

    def detector(self) -> Detector:
        """The detector, made once a process."""
        from mtdetect.detector import load

        return load(self.model) if self.phrases is None else _with_phrases(self)


def _collection(path: str) -> Originals:
    """The collection, opened once a process: what SQLite has open must not cross a fork."""
    return _opened(path, os.getpid(), os.stat(path).st_ino if os.path.exists(path) else 0)


@lru_cache(maxsize=1)
def _opened(path: str, process: int, inode: int) -> Originals:
    from mtdetect.originals import Originals

    return Originals(path, create=False)


@lru_cache(maxsize=1)
def _with_phrases(source: _Source) -> Detector:
    from mtdetect.detector import load

    assert source.phrases is not None
    return load(source.model).with_phrases(source.phrases)


def _stamp(phrases: Path | None, jobs: int) -> tuple[int, ...]:
    """What tells a list from an earlier one under the same name."""
    if phrases is None or not phrases.exists():
        return ()
    if jobs > 1 and not phrases.is_file():
        raise UsageError(
            f"{phrases}: is no plain file, and each worker reads the list; save it, or use --jobs 1"
        )
    facts = phrases.stat()
    return facts.st_mtime_ns, facts.st_size, facts.st_ino


def _judged(
    batches: Iterator[list[inputs.RawRecord]], options: Options, source: _Source, jobs: int
) -> Iterator[Judged]:
    """Each batch's lines, in order."""
    if jobs == 1:
        for batch in batches:
            yield _judge(batch, options, source)
        return
    from joblib import Parallel, delayed

    parallel = Parallel(
        n_jobs=jobs, return_as="generator", batch_size=1, pre_dispatch="2*n_jobs", max_nbytes=None
    )
    yield from parallel(delayed(_judge)(batch, options, source) for batch in batches)


def _judge(batch: list[inputs.RawRecord], options: Options, source: _Source) -> Judged:
    return judge_batch(batch, source.detector(), options)
