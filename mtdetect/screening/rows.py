"""Verdicts as the bytes of an output: JSON Lines, CSV or Parquet.

Each batch becomes a piece that can follow any other piece: lines, or one compressed member or frame (gzip, xz and
Zstandard files may have several). So the workers do the compression, and an interrupted file continues after its last
complete piece. A Parquet file cannot be continued; its rows are kept as pieces in Arrow's stream format until the run ends.
"""

from __future__ import annotations

import csv
import gzip
import io
import lzma
import os
import struct
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from typing import IO, TYPE_CHECKING, Any

from mtdetect.errors import MissingExtraError
from mtdetect.screening.options import Options
from mtdetect.serialization import to_json
from mtdetect.verdict import CLASSES

if TYPE_CHECKING:
    import pyarrow

Row = dict[str, Any]
"""A verdict as a JSON object (docs/scoring.md); the id is any JSON value."""

ROW_GROUP = 20_000
ROW_GROUP_BYTES = 64 << 20
"""A row group ends at whichever comes first; it is held in memory as a whole."""


def columns(options: Options) -> list[str]:
    """Names of the columns of a Parquet output: the fields of the JSON Lines output with the same options.

    A column that nobody asked for is missing, not empty. ``match`` is always there, null where no original was found,
    and so is ``markup``, null for records that are no pages.

    Parameters
    ----------
    options : Options
        Whether evidence and texts are written.

    Returns
    -------
    list of str
        In order.
    """
    return [
        *(
            "id",
            "label",
            "score",
            "quality",
            "probabilities",
            "fpr",
            "p_value",
            "reason",
            "words",
            "language",
        ),
        "pivot",
        *(("sentences", "evidence") if options.evidence else ()),
        "model",
        *(("reasons",) if options.evidence else ()),
        *("stage", "retranslated", "match", "warnings", "markup"),
        *(("text",) if options.with_text else ()),
    ]


def csv_columns(options: Options) -> list[str]:
    """Names of the columns of a CSV output: one for each probability, none for the model.

    Parameters
    ----------
    options : Options
        Whether evidence and texts are written.

    Returns
    -------
    list of str
        In order.
    """
    spread = {"probabilities": [f"probability_{name}" for name in CLASSES], "model": []}
    return [column for name in columns(options) for column in spread.get(name, [name])]


def encode(rows: list[Row], options: Options) -> bytes:
    """Convert rows to a piece of the output.

    Parameters
    ----------
    rows : list of dict
        Verdicts as JSON objects; no rows give no bytes.
    options : Options
        Format and compression.

    Returns
    -------
    bytes
        To be appended to the pieces before it.
    """
    if not rows:
        return b""
    if options.output_format == "parquet":
        return _arrow(rows, options)
    if options.output_format == "csv":
        names = csv_columns(options)
        return pack(_csv(_csv_row(row, names) for row in rows), options.packing)
    return pack(b"".join(to_json(row) + b"\n" for row in rows), options.packing)


def head(options: Options) -> bytes:
    """The bytes at the start of an output: for CSV, the column names.

    Parameters
    ----------
    options : Options
        Format and compression.
    """
    return pack(_csv([csv_columns(options)]), options.packing) if options.output_format == "csv" else b""


def pack(content: bytes, packing: str | None) -> bytes:
    """Compress a piece so that it can follow others.

    Parameters
    ----------
    content : bytes
        Any.
    packing : str or None
        ``.gz``, ``.xz`` or ``.zst``; empty or None for none.

    Returns
    -------
    bytes
        The same for the same content.
    """
    if packing == ".gz":
        return gzip.compress(content, 6, mtime=0)
    if packing == ".xz":
        return lzma.compress(content)
    if packing == ".zst":
        import zstandard

        return zstandard.ZstdCompressor().compress(content)
    return content


def require(options: Options) -> None:
    """Check that the packages for the output are installed.

    Parameters
    ----------
    options : Options
        Format and compression.

    Raises
    ------
    MissingExtraError
        If a package is missing.
    """
    for needed, package in (
        (options.output_format == "parquet", "pyarrow"),
        (options.packing == ".zst", "zstandard"),
    ):
        if needed and find_spec(package) is None:
            raise MissingExtraError(f'this output needs {package}; pip install "mtdetect[screen]"')


def schema(options: Options) -> pyarrow.Schema:
    """Columns of a Parquet output and their types.

    Parameters
    ----------
    options : Options
        Decides which columns there are (:func:`columns`).

    Returns
    -------
    pyarrow.Schema
        Ids are strings; an id of another JSON type is written as JSON.
    """
    import pyarrow as pa

    types = _types()
    return pa.schema([(name, types[name]) for name in columns(options)])


def _types() -> dict[str, pyarrow.DataType]:
    """Arrow type of each column."""
    import pyarrow as pa

    string, number, count = pa.string(), pa.float64(), pa.int32()

    def objects(**fields: pyarrow.DataType) -> pyarrow.DataType:
        return pa.list_(pa.struct(list(fields.items())))

    return {
        "id": string,
        "label": string,
        "score": number,
        "quality": number,
        "probabilities": pa.struct([(name, number) for name in CLASSES]),
        "fpr": number,
        "p_value": number,
        "reason": string,
        "words": count,
        "language": string,
        "pivot": objects(language=string, probability=number),
        "sentences": objects(start=count, end=count, score=number),
        "evidence": objects(
            start=count, end=count, text=string, kind=string, weight=number, suggestion=string
        ),
        "model": pa.struct([("name", string), ("version", string), ("sha256", string)]),
        "reasons": objects(
            feature=string, text=string, contribution=number, value=number, typical=pa.list_(number)
        ),
        "stage": string,
        "retranslated": pa.bool_(),
        "match": pa.struct(
            [
                *(("original", string), ("score", number), ("relation", string), ("direction", string)),
                *(("copied", number), ("covered", number)),
            ]
        ),
        "warnings": pa.list_(string),
        "markup": objects(mark=string, says=string, meaning=string),
        "text": string,
    }


def table(rows: list[Row], options: Options) -> pyarrow.RecordBatch:
    """Convert rows to an Arrow record batch.

    Parameters
    ----------
    rows : list of dict
        Verdicts as JSON objects; missing fields become null.
    options : Options
        Decides which columns there are.

    Returns
    -------
    pyarrow.RecordBatch
        With the columns of :func:`schema`.
    """
    import pyarrow as pa

    typed = []
    for row in rows:
        row = {**row, "id": as_string(row["id"])}
        if row.get("match") is not None:
            row["match"] = {**row["match"], "original": as_string(row["match"]["original"])}
        typed.append(_valid_utf8(row))
    return pa.RecordBatch.from_pylist(typed, schema=schema(options))


def as_string(value: Any) -> str | None:
    """An id as a string; other JSON values are written as JSON.

    Parameters
    ----------
    value : any JSON value
        Id in the input.
    """
    return value if value is None or isinstance(value, str) else to_json(value).decode()


def write_parquet(pieces: IO[bytes], file: IO[bytes], options: Options) -> None:
    """Join the pieces of a Parquet output.

    Parameters
    ----------
    pieces : binary file
        Results of :func:`encode`, one after the other.
    file : binary file
        Receives the Parquet file.
    options : Options
        Decides which columns there are.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer = pq.ParquetWriter(file, schema(options), compression="zstd")
    gathered: list[pyarrow.RecordBatch] = []
    for batch in _pieces(pieces):
        gathered.append(batch)
        if sum(map(len, gathered)) >= ROW_GROUP or sum(one.nbytes for one in gathered) >= ROW_GROUP_BYTES:
            writer.write_table(pa.Table.from_batches(gathered))
            gathered = []
    if gathered:
        writer.write_table(pa.Table.from_batches(gathered))
    writer.close()


_LENGTH = struct.Struct("<Q")


def _arrow(rows: list[Row], options: Options) -> bytes:
    import pyarrow as pa

    batch = table(rows, options)
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, batch.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as stream:
        stream.write_batch(batch)
    return _LENGTH.pack(sink.tell()) + sink.getvalue()


def _pieces(file: IO[bytes]) -> Iterator[pyarrow.RecordBatch]:
    import pyarrow as pa

    end = file.seek(0, os.SEEK_END)
    file.seek(0)
    while file.tell() < end:
        [length] = _LENGTH.unpack(file.read(_LENGTH.size))
        with pa.ipc.open_stream(file.read(length)) as stream:
            yield from stream


def _csv(rows: Iterable[list[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def _csv_row(row: Row, names: list[str]) -> list[Any]:
    """Values of the columns; nested and truth values are written as JSON."""
    flat = row | {f"probability_{name}": share for name, share in row["probabilities"].items()}
    flat["id"] = as_string(row["id"])
    return [
        to_json(value).decode() if isinstance(value, (list, dict, bool)) else value
        for value in (flat.get(name) for name in names)
    ]


def _valid_utf8(value: Any) -> Any:
    """The same JSON value without lone surrogates, which Arrow cannot store."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_valid_utf8(one) for one in value]
    if isinstance(value, dict):
        return {name: _valid_utf8(one) for name, one in value.items()}
    return value
