"""JSON Lines: one JSON object per line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from mtdetect.errors import InputError
from mtdetect.inputs import record
from mtdetect.inputs.record import STDIN, Position, RawRecord, Record, field, no_text
from mtdetect.inputs.unpacking import DAMAGED, opened, read_error, unpacked_name
from mtdetect.serialization import from_json

_BOM = b"\xef\xbb\xbf"


def records(path: str, position: Position | None = None) -> Iterator[RawRecord]:
    """Split a file into lines.

    Parameters
    ----------
    path : str
        JSON Lines, plain or compressed; ``-`` is standard input.
    position : Position, optional
        Updated as the file is read.

    Yields
    ------
    RawRecord
        One for each line that is not blank. If the file is truncated or damaged, the last record carries the error.

    Raises
    ------
    InputError
        If the file cannot be opened, or is a JSON array.
    """
    number = 0
    unsure = may_be_array(path)
    with opened(path, position) as file:
        try:
            while line := file.readline(record.LARGEST + 1):
                number += 1
                error = None
                if len(line) > record.LARGEST:
                    while line and not line.endswith(b"\n"):
                        line = file.readline(record.LARGEST)
                    line, error = b"", f"line {number}: {record.too_large()}"
                elif number == 1:
                    line = line.removeprefix(_BOM)
                content = line.strip()
                if unsure and content:
                    if content.startswith(b"["):
                        raise InputError(
                            f"{path}: is a JSON array; JSON Lines is expected, one object per line (jq -c '.[]' FILE makes it)"
                        )
                    unsure = False
                if error or content:
                    yield RawRecord(path, number, line, error)
        except DAMAGED as error_:
            yield RawRecord(path, number + 1, b"", f"line {number + 1}: {read_error(error_)}")


def may_be_array(path: str) -> bool:
    """Whether what should be JSON Lines may be one array. Lines of a file named ``.jsonl`` are taken one by one, whatever the first is.

    Parameters
    ----------
    path : str
        Path; ``-`` is standard input.
    """
    return path == STDIN or unpacked_name(path).endswith(".json")


def parse(raw: RawRecord, text_field: str, id_field: str) -> Record:
    """Extract the text and the id of a line.

    Parameters
    ----------
    raw : RawRecord
        A line.
    text_field, id_field : str
        Names of fields, with dots where they are nested.

    Returns
    -------
    Record
        With an ``error`` if there is no text.
    """
    try:
        fields = _loads(raw.content)
    except (ValueError, RecursionError):
        return Record(raw.place, None, f"line {raw.line}: not JSON", {})
    if not isinstance(fields, dict):
        return Record(raw.place, None, f"line {raw.line}: not a JSON object", {})
    found, name = field(fields, id_field)
    if not found or name is None:
        name = raw.place
    elif not _exact(name):
        _, name = field(from_json(raw.content), id_field)
    url = fields.get("url")
    url = url if isinstance(url, str) else None
    found, text = field(fields, text_field)
    if not isinstance(text, str):
        return Record(name, None, f"line {raw.line}: {no_text(text_field, found, text)}", fields, url)
    return Record(name, text, None, fields, url)


def _loads(line: bytes) -> Any:
    """A JSON value; lone surrogates and invalid bytes are accepted, so that the record is not lost."""
    try:
        return orjson.loads(line)
    except ValueError:
        return from_json(line)


def _exact(id: Any) -> bool:
    """Whether an id certainly comes out as it came in: orjson makes floats of large integers, and 0 of -0."""
    return isinstance(id, (str, bool)) or (isinstance(id, int) and id != 0)
