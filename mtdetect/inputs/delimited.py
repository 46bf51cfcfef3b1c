"""CSV and TSV: a line of column names, then one record per row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager

from mtdetect.errors import InputError
from mtdetect.inputs import record
from mtdetect.inputs.record import Position, RawRecord, field, no_text
from mtdetect.inputs.unpacking import DAMAGED, opened, read_error

DELIMITERS = ",;\t|"
"""The most frequent of these in the header line separates the columns. Spreadsheets write ``;`` where the comma is the
decimal separator."""


_END = "\ufdd0"
"""Line after the last one. If a quote is still open there, it becomes part of a field."""

_UNCLOSED = "unclosed quote"


def records(
    path: str, text_field: str, id_field: str, delimiter: str | None = None, position: Position | None = None
) -> Iterator[RawRecord]:
    """Split a file into rows; a quoted field may contain line breaks.

    Parameters
    ----------
    path : str
        UTF-8, plain or compressed; ``-`` is standard input.
    text_field, id_field : str
        Names of columns.
    delimiter : str, optional
        Separates columns; guessed from the first line if None.
    position : Position, optional
        Updated as the file is read.

    Yields
    ------
    RawRecord
        One for each row that is not blank. If the file is truncated, damaged or has an unclosed quote, the last record
        carries the error.

    Raises
    ------
    InputError
        If the file cannot be opened.
    """
    csv.field_size_limit(record.LARGEST)
    line = 0
    try:
        with _text(path, position) as text:
            names, rows = _rows(text, delimiter)
            for row in rows:
                if row and row[-1].endswith(_END):
                    if row != [_END]:
                        yield _unread(path, line + 1, _UNCLOSED)
                    break
                line = rows.line_num
                if row:
                    yield _raw(path, line, dict(zip(names, row, strict=False)), text_field, id_field)
    except (*DAMAGED, csv.Error) as error:
        reason = read_error(error)
        if isinstance(error, csv.Error):
            reason = _UNCLOSED if "limit" in str(error) else "not CSV"
        yield _unread(path, line + 1, reason)


def _unread(path: str, line: int, reason: str) -> RawRecord:
    return RawRecord(path, line, b"", f"line {line}: {reason}; the rest of the file is unread")


def columns(path: str) -> list[str]:
    """Read the names of the columns.

    Parameters
    ----------
    path : str
        As for :func:`records`.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    try:
        with _text(path) as text:
            return _rows(text, None)[0]
    except (*DAMAGED, csv.Error) as error:
        raise InputError(f"{path}: {read_error(error)}") from error


@contextmanager
def _text(path: str, position: Position | None = None) -> Iterator[io.TextIOWrapper]:
    with opened(path, position) as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
        try:
            yield text
        finally:
            text.detach()


def _rows(text: io.TextIOWrapper, delimiter: str | None) -> tuple[list[str], csv._reader]:  # type: ignore[name-defined]
    """The column names, and the rows that follow."""
    head = text.readline(record.LARGEST)
    delimiter = delimiter or max(DELIMITERS, key=head.count)

    def lines() -> Iterator[str]:
        yield head
        # A line without end arrives in pieces; the csv module rejects the field once it exceeds the limit.
        yield from iter(lambda: text.readline(record.LARGEST), "")
        yield _END

    rows = csv.reader(lines(), delimiter=delimiter)
    return next(rows, []), rows


def _raw(path: str, line: int, fields: dict[str, str], text_field: str, id_field: str) -> RawRecord:
    found, text = field(fields, text_field)
    _, name = field(fields, id_field)
    content = (text or "").encode("utf-8", "surrogatepass")
    error = None
    if not found:
        content, error = b"", f"line {line}: {no_text(text_field, found, text)}"
    elif len(content) > record.LARGEST:
        content, error = b"", f"line {line}: {record.too_large()}"
    return RawRecord(path, line, content, error, "string", name or None, fields.get("url"))
