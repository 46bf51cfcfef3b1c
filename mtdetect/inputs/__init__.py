"""Readers for files, folders, patterns and standard input.

Reading has two steps, so that the expensive one can run in a worker. :func:`records` splits a file into records;
:func:`parse` extracts the text of a record. Neither drops a record: one that cannot be read carries the reason.
Each format has its own module; :mod:`mtdetect.inputs.formats` maps file names to formats.
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
