"""Parquet: one record per row; only the requested columns are read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mtdetect.errors import InputError
from mtdetect.inputs import record
from mtdetect.inputs.record import Position, RawRecord, field, no_text

if TYPE_CHECKING:
    import pyarrow
    import pyarrow.parquet

ROWS = 256
"""Rows decoded at a time; a page is a few kilobytes."""

BUFFER = 1 << 20
"""Bytes of a column read at a time, so that a row group of gigabytes never fills the memory."""


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
        Updated as rows are read.

    Yields
    ------
    RawRecord
        One per row. If the file is damaged, the last record carries the error.

    Raises
    ------
    InputError
        If the file cannot be opened or is not a Parquet file.
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
            # One column is always read: the number of rows comes from the data, because the footer may be wrong.
            some = wanted or file.schema_arrow.names[:1]
            for batch in file.iter_batches(ROWS, columns=some, use_threads=False):
                for fields in _rows(batch) if wanted else [{}] * batch.num_rows:
                    number += 1
                    yield _raw(path, number, fields, text_field, id_field)
        except (pa.ArrowException, OSError, SystemError):  # SystemError: a negative number of rows
            yield RawRecord(
                path, number + 1, b"", f"row {number + 1}: damaged; the rest of the file is unread"
            )


def _rows(batch: pyarrow.RecordBatch) -> Iterator[dict[str, Any]]:
    """Rows as plain values. A string that is not valid UTF-8 becomes bytes, a time out of range None."""
    try:
        yield from batch.to_pylist()
        return
    except (ValueError, OverflowError):
        pass  # no row was yielded yet: to_pylist converts the whole batch at once
    for k in range(batch.num_rows):
        yield {
            name: _value(column[k]) for name, column in zip(batch.schema.names, batch.columns, strict=True)
        }


def _value(scalar: pyarrow.Scalar) -> Any:
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
        If the file cannot be opened or is not a Parquet file.
    """
    with _opened(path) as file:
        return list(file.schema_arrow.names)


def _opened(path: str) -> pyarrow.parquet.ParquetFile:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path, buffer_size=BUFFER, pre_buffer=False)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or 'damaged or truncated'})") from error
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is not a complete Parquet file") from error


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
        name = str(name)  # a time or a decimal number, which JSON does not have
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
