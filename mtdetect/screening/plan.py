"""Division of the inputs into batches: the same for the same inputs, so that a run can resume at any batch.

Large files are split into batches, small ones (a text or page each) are grouped. No batch has parts of two large files.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mtdetect.errors import InputError
from mtdetect.inputs import STDIN, Position, RawRecord, format_of, records
from mtdetect.inputs.formats import WHOLE
from mtdetect.screening.options import Options

BATCH_BYTES = 1 << 20
"""Text of a batch. Of human texts with evidence, 6.2, 7.1 and 7.2 MB are judged in a processor second with half, one and two times as much, in 291, 319 and
339 MB of memory: a third of the texts go on after the first look, as a batch of their own."""

BATCH_RECORDS = 1024
"""Limit for small records: a crash loses at least one batch, which should be a second or two of work."""

CONSULTED_RECORDS = 8
"""The same if the translation engine is consulted, which takes some tenths of a second for a record."""

HTML_PER_TEXT = 4
"""Bytes of HTML per byte of article in a small page; large pages have more."""


@dataclass(frozen=True, slots=True)
class Place:
    """A position in the plan, at which a run can resume.

    Attributes
    ----------
    group : int
        Group of files, from 0.
    batch : int
        Number of batches of the group that are done.
    """

    group: int = 0
    batch: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that are judged together.

    Attributes
    ----------
    records : list of RawRecord
        At least one.
    after : Place
        Where to resume after this batch.
    read : int
        Bytes of all files read so far, as they are on disk.
    """

    records: list[RawRecord]
    after: Place
    read: int


@dataclass(frozen=True, slots=True)
class Group:
    """Files that are read one after the other.

    Attributes
    ----------
    sources : tuple of str
        Paths.
    before : int
        Bytes of all files of earlier groups.
    batch_bytes : int
        Bytes of text at which a batch ends; sent along, so that every machine of a cluster uses the same value.
    """

    sources: tuple[str, ...]
    before: int
    batch_bytes: int


def groups(sources: Sequence[str], options: Options) -> list[Group]:
    """Group small files.

    Parameters
    ----------
    sources : sequence of str
        Files in the order in which they are read.
    options : Options
        Gives the format of the files.

    Returns
    -------
    list of Group
        In the same order.
    """
    found: list[Group] = []
    gathered: list[str] = []
    held = total = 0

    def close() -> None:
        nonlocal gathered, held, total
        if gathered:
            found.append(Group(tuple(gathered), total, BATCH_BYTES))
            total += held
            gathered, held = [], 0

    for source in sources:
        size = 0 if source == STDIN else os.path.getsize(source)
        is_one_record = (options.input_format or format_of(source)) in WHOLE
        if not is_one_record or held + size > BATCH_BYTES * HTML_PER_TEXT or len(gathered) >= _most(options):
            close()
        gathered.append(source)
        held += size
        if not is_one_record:
            close()
    close()
    return found


def _most(options: Options) -> int:
    """Most records of a batch."""
    return BATCH_RECORDS if options.retranslate in (None, "never") else CONSULTED_RECORDS


def total(sources: Sequence[str]) -> int | None:
    """Size of all files on disk in bytes; None if unknown.

    Parameters
    ----------
    sources : sequence of str
        Paths; ``-`` is standard input.
    """
    return None if STDIN in sources else sum(map(os.path.getsize, sources))


def batches(given: Sequence[Group], options: Options, start: Place | None = None) -> Iterator[Batch]:
    """Read batches.

    Parameters
    ----------
    given : sequence of Group
        Files to read.
    options : Options
        Settings of the run.
    start : Place, optional
        First batch; earlier batches of its group are read again and skipped.

    Yields
    ------
    Batch
        In order.
    """
    start = start or Place()
    for number, group in enumerate(given):
        if number < start.group:
            continue
        skipped = start.batch if number == start.group else 0
        for done, (batch, read) in enumerate(_cut(group, options), start=1):
            if done > skipped:
                yield Batch(batch, Place(number, done), group.before + read)


def _cut(group: Group, options: Options) -> Iterator[tuple[list[RawRecord], int]]:
    """Batches of one group, each with the bytes read so far."""
    batch: list[RawRecord] = []
    held = earlier = 0
    position = Position()
    for source in group.sources:
        position = Position()
        for raw in _readable(source, options, position):
            batch.append(raw)
            held += len(raw.content) // (HTML_PER_TEXT if raw.kind in ("html", "http") else 1)
            if held >= group.batch_bytes or len(batch) >= _most(options):
                yield batch, earlier + position.bytes
                batch, held = [], 0
        if source != STDIN and len(group.sources) > 1:
            earlier += os.path.getsize(source) if os.path.exists(source) else 0
    if batch:
        yield batch, earlier + (position.bytes if len(group.sources) == 1 else 0)


def _readable(source: str, options: Options, position: Position) -> Iterator[RawRecord]:
    """Records of a file. A file that cannot be opened, or does not have its format, gives one record with the error.

    Standard input that does not have its format ends the run: it is mostly the only input, and one row would look like an answer.
    """
    try:
        yield from records(
            source, options.text_field, options.id_field, format=options.input_format, position=position
        )
    except InputError as error:
        if source == STDIN:
            raise
        yield RawRecord(source, 0, b"", str(error).removeprefix(f"{source}: "))
