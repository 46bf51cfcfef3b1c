"""What the command line is given: files, folders, globs and standard input, as texts or as records of many formats.

Reading is split in two, so that the costly half can run in a worker: :func:`records` finds where each record begins
and ends and leaves its bytes alone, :func:`parse` takes the text out of them. Neither drops a record: one that cannot
be read carries the reason. There is one module a format; :mod:`mtdetect.inputs.formats` knows which is which.
"""

from __future__ import annotations

from mtdetect.inputs.formats import FORMATS, WHOLE, expand, format_of
from mtdetect.inputs.reading import parse, records
from mtdetect.inputs.record import STDIN, Item, Position, RawRecord, Record, in_batches
from mtdetect.inputs.texts import items

__all__ = [
    "FORMATS",
    "STDIN",
    "WHOLE",
    "Item",
    "Position",
    "RawRecord",
    "Record",
    "expand",
    "format_of",
    "in_batches",
    "items",
    "parse",
    "records",
]
