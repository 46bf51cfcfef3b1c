"""What belongs in which batch: the same for the same inputs, so that a run can be taken up again at any batch.

Large files are cut into batches, small ones (a text or page each) go together; no batch holds parts of two large files.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mtdetect.errors import InputError
from mtdetect.inputs import STDIN, Position, RawRecord, format_of, records
from mtdetect.inputs.formats import WHOLE
from mtdetect.screening.options import Options

BATCH_BYTES = 512 << 10
"""Of text: large enough that the cost of a batch is lost in its scoring, small enough that a few in flight are nothing."""

BATCH_RECORDS = 512
"""However small they are: a batch is what a crash may cost at least, and a second or two of work."""

MARKUP = 4
"""About one byte in so many of a small page is its article's; in large ones it is fewer."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the work goes on.

    Attributes
    ----------
    group : int
        Group of files, from 0.
    batch : int
        Batches of the group that are done.
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
        Where the work goes on when they are done.
    read : int
        Bytes of the group's files read so far, as they lie on disk.
    """

    records: list[RawRecord]
    after: Place
    read: int

    @property
    def bytes(self) -> int:
        """Bytes of the records."""
        return sum(len(raw.content) for raw in self.records)


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
        Bytes of text that close a batch; on every machine the same as where the plan was made.
    """

    sources: tuple[str, ...]
    before: int
    batch_bytes: int


def groups(sources: Sequence[str], options: Options) -> list[Group]:
    """Put small files together.

    Parameters
    ----------
    sources : sequence of str
        Files, in the order in which they are read.
    options : Options
        Says what the files are.

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
        whole = (options.input_format or format_of(source)) in WHOLE
        if not whole or held + size > BATCH_BYTES * MARKUP or len(gathered) >= BATCH_RECORDS:
            close()
        gathered.append(source)
        held += size
        if not whole:
            close()
    close()
    return found


def total(sources: Sequence[str]) -> int | None:
    """Bytes of all files as they lie on disk; None if that cannot be told.

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
        What to read.
    options : Options
        Says how.
    start : Place, optional
        Where to begin; what lies before it in its group is read again and left out.

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
    """Batches of one group, and how far it is read."""
    batch: list[RawRecord] = []
    held = earlier = 0
    position = Position()
    for source in group.sources:
        position = Position()
        for raw in _readable(source, options, position):
            batch.append(raw)
            held += len(raw.content) // (MARKUP if raw.kind in ("html", "http") else 1)
            if held >= group.batch_bytes or len(batch) >= BATCH_RECORDS:
                yield batch, earlier + position.bytes
                batch, held = [], 0
        if source != STDIN and len(group.sources) > 1:
            earlier += os.path.getsize(source) if os.path.exists(source) else 0
    if batch:
        yield batch, earlier + (position.bytes if len(group.sources) == 1 else 0)


def _readable(source: str, options: Options, position: Position) -> Iterator[RawRecord]:
    """Records of a file; one that cannot be opened, or is not what its name says, is a record that says so."""
    try:
        yield from records(
            source, options.text_field, options.id_field, format=options.input_format, position=position
        )
    except InputError as error:
        yield RawRecord(source, 0, b"", str(error).removeprefix(f"{source}: "))
