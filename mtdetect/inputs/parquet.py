"""Parquet: one record a row, of which only the columns that are asked for are read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from mtdetect.errors import InputError
from mtdetect.inputs import record
from mtdetect.inputs.record import Position, RawRecord, field, no_text

ROWS = 256
"""Rows decoded at a time; pages are some kilobytes each."""

BUFFER = 1 << 20
"""Bytes read of a column at a time, so that a row group of gigabytes is never held as a whole."""


def records(
    path: str, text_field: str, id_field: str, position: Position | None = None
) -> Iterator[RawRecord]:
    """Read a file row by row.

    Parameters
    ----------
    path : str
        A Parquet file.
    text_field, id_field : str
        Names of columns, with dots where they are nested.
    position : Position, optional
        Follows the file, as far as rows tell.

    Yields
    ------
    RawRecord
        One a row. If the file is damaged, the last one says so.

    Raises
    ------
    InputError
        If the file cannot be opened or is no Parquet file.
    """
    import pyarrow as pa

    number = 0
    with _opened(path) as file:
        names = set(file.schema_arrow.names)
        if not names:
            raise InputError(f"{path}: has no columns; name a file with a column of texts")
        wanted = [
            name
            for name in dict.fromkeys(_column(one, names) for one in (text_field, id_field, "url"))
            if name
        ]
        rows = file.metadata.num_rows
        size = os.path.getsize(path)
        if position is not None:
            position.follow(lambda: size * number // max(rows, 1))
        try:
            # Some column is always read: how many rows there are is told by what is there, not by what the footer claims.
            some = wanted or file.schema_arrow.names[:1]
            for batch in file.iter_batches(ROWS, columns=some, use_threads=False):
                for fields in _rows(batch) if wanted else [{}] * batch.num_rows:
                    number += 1
                    yield _raw(path, number, fields, text_field, id_field)
        except (pa.ArrowException, OSError, SystemError):  # the last where a count of rows is below zero
            yield RawRecord(path, number + 1, b"", f"row {number + 1}: damaged; what follows is unread")


def _rows(batch: Any) -> Iterator[dict[str, Any]]:
    """Rows as plain values: a string that is no UTF-8, which writers in a hurry do not notice, as its bytes, a time out of range as None."""
    try:
        yield from batch.to_pylist()
        return
    except (ValueError, OverflowError):
        pass  # before the first row: the whole batch is converted at once
    for k in range(batch.num_rows):
        yield {
            name: _value(column[k]) for name, column in zip(batch.schema.names, batch.columns, strict=True)
        }


def _value(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except (ValueError, OverflowError):
        return scalar.as_buffer().to_pybytes() if hasattr(scalar, "as_buffer") else None


def columns(path: str) -> list[str]:
    """Read the names of the columns.

    Parameters
    ----------
    path : str
        A Parquet file.

    Raises
    ------
    InputError
        If it cannot be opened or is none.
    """
    with _opened(path) as file:
        return list(file.schema_arrow.names)


def _opened(path: str) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path, buffer_size=BUFFER, pre_buffer=False)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or 'damaged or cut short'})") from error
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is no whole Parquet file") from error


def _column(name: str, names: set[str]) -> str | None:
    """The top-level column that holds a field."""
    top = name if name in names else name.partition(".")[0]
    return top if top in names else None


def _raw(path: str, number: int, fields: dict[str, Any], text_field: str, id_field: str) -> RawRecord:
    found, text = field(fields, text_field)
    _, name = field(fields, id_field)
    if isinstance(name, bytes):
        name = name.decode("utf-8", "replace")
    if name is not None and not isinstance(name, (str, int, float, bool)):
        name = str(name)  # a time, a decimal number: nothing that JSON knows
    url = fields.get("url")
    url = url if isinstance(url, str) else None
    if isinstance(text, str):
        content = text.encode("utf-8", "surrogatepass")
    elif isinstance(text, bytes):
        content = text
    else:
        return RawRecord(
            path, number, b"", f"row {number}: {no_text(text_field, found, text)}", "string", name, url
        )
    if len(content) > record.LARGEST:
        return RawRecord(path, number, b"", f"row {number}: {record.too_large()}", "string", name, url)
    return RawRecord(path, number, content, None, "string" if isinstance(text, str) else "text", name, url)
