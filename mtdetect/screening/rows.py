"""Verdicts as the bytes of an output: JSON Lines, CSV or Parquet.

Each batch becomes a piece that can stand after any other: lines, or a packed member or frame (gzip, xz and Zstandard files may
consist of several), so that pieces are packed by the workers and a file that was cut off goes on after its last whole one. A
Parquet file cannot be gone on with; its rows lie as pieces in Arrow's stream format until all are there.
"""

from __future__ import annotations

import csv
import gzip
import io
import lzma
import os
import struct
from collections.abc import Iterator
from typing import IO, Any

from mtdetect.errors import MissingExtraError
from mtdetect.screening.options import Options
from mtdetect.serialization import to_json

CSV_COLUMNS = (
    "id",
    "label",
    "score",
    "quality",
    "probability_original",
    "probability_machine_translated",
    "probability_spun",
    "fpr",
    "p_value",
    "reason",
    "words",
    "language",
    "pivot",
    "reasons",
    "sentences",
    "evidence",
    "match",
    "warnings",
    "text",
)
"""Always the same; nested values as JSON, those that were not asked for empty."""

ROW_GROUP = 20_000
ROW_GROUP_BYTES = 64 << 20
"""A row group ends at whichever comes first; it is held in memory as a whole."""


def encode(rows: list[dict[str, Any]], options: Options) -> bytes:
    """Turn rows into a piece of the output.

    Parameters
    ----------
    rows : list of dict
        As the contract has them; none gives no bytes.
    options : Options
        Which format, how packed.

    Returns
    -------
    bytes
        To be written after the pieces before it.
    """
    if not rows:
        return b""
    if options.output_format == "parquet":
        return _arrow(rows)
    if options.output_format == "csv":
        return pack(_csv(_csv_row(row) for row in rows), options.packing)
    return pack(b"".join(to_json(row) + b"\n" for row in rows), options.packing)


def head(options: Options) -> bytes:
    """What an output begins with.

    Parameters
    ----------
    options : Options
        Which format, how packed.
    """
    return pack(_csv([CSV_COLUMNS]), options.packing) if options.output_format == "csv" else b""


def pack(content: bytes, packing: str) -> bytes:
    """Pack a piece so that it can stand after others.

    Parameters
    ----------
    content : bytes
        Any.
    packing : str
        ``.gz``, ``.xz``, ``.zst`` or empty.

    Returns
    -------
    bytes
        The same each time.
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
    """Make sure that the output can be written here.

    Parameters
    ----------
    options : Options
        Which format, how packed.

    Raises
    ------
    MissingExtraError
        If a package is missing.
    """
    from importlib.util import find_spec

    for needed, package in (
        (options.output_format == "parquet", "pyarrow"),
        (options.packing == ".zst", "zstandard"),
    ):
        if needed and find_spec(package) is None:
            raise MissingExtraError(f'this output needs {package}; pip install "mtdetect[screen]"')


def schema() -> Any:
    """The columns of a Parquet output and their types: always the same, whatever was asked for.

    Returns
    -------
    pyarrow.Schema
        Ids are strings; one that is another JSON value is written as JSON.
    """
    import pyarrow as pa

    span = [("start", pa.int32()), ("end", pa.int32())]
    return pa.schema(
        [
            ("id", pa.string()),
            ("label", pa.string()),
            ("score", pa.float64()),
            ("quality", pa.float64()),
            (
                "probabilities",
                pa.struct([(name, pa.float64()) for name in ("original", "machine_translated", "spun")]),
            ),
            ("fpr", pa.float64()),
            ("p_value", pa.float64()),
            ("reason", pa.string()),
            ("words", pa.int32()),
            ("language", pa.string()),
            ("pivot", pa.list_(pa.struct([("language", pa.string()), ("probability", pa.float64())]))),
            ("sentences", pa.list_(pa.struct([*span, ("score", pa.float64())]))),
            (
                "evidence",
                pa.list_(
                    pa.struct(
                        [
                            *span,
                            ("text", pa.string()),
                            ("kind", pa.string()),
                            ("weight", pa.float64()),
                            ("suggestion", pa.string()),
                        ]
                    )
                ),
            ),
            ("model", pa.struct([("name", pa.string()), ("version", pa.string()), ("sha256", pa.string())])),
            (
                "reasons",
                pa.list_(
                    pa.struct(
                        [
                            ("feature", pa.string()),
                            ("text", pa.string()),
                            ("contribution", pa.float64()),
                            ("value", pa.float64()),
                            ("typical", pa.list_(pa.float64())),
                        ]
                    )
                ),
            ),
            (
                "match",
                pa.struct(
                    [
                        ("original", pa.string()),
                        ("score", pa.float64()),
                        ("relation", pa.string()),
                        ("direction", pa.string()),
                        ("copied", pa.float64()),
                        ("covered", pa.float64()),
                    ]
                ),
            ),
            ("warnings", pa.list_(pa.string())),
            ("text", pa.string()),
        ]
    )


def table(rows: list[dict[str, Any]]) -> Any:
    """Turn rows into an Arrow record batch of :func:`schema`.

    Parameters
    ----------
    rows : list of dict
        As the contract has them; fields that are not there become null.

    Returns
    -------
    pyarrow.RecordBatch
    """
    import pyarrow as pa

    typed = []
    for row in rows:
        row = {**row, "id": as_string(row["id"])}
        if row.get("match") is not None:
            row["match"] = {**row["match"], "original": as_string(row["match"]["original"])}
        typed.append(_sound(row))
    return pa.RecordBatch.from_pylist(typed, schema=schema())


def as_string(value: Any) -> str | None:
    """Give an id as a string; what is none becomes JSON.

    Parameters
    ----------
    value : any JSON value
        As in the input.
    """
    return value if value is None or isinstance(value, str) else to_json(value).decode()


def write_parquet(pieces: IO[bytes], file: IO[bytes]) -> None:
    """Put the pieces of a Parquet output together.

    Parameters
    ----------
    pieces : binary file
        What :func:`encode` gave, one after the other.
    file : binary file
        Where the Parquet file goes.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer = pq.ParquetWriter(file, schema(), compression="zstd")
    gathered: list[Any] = []
    for batch in _pieces(pieces):
        gathered.append(batch)
        if sum(map(len, gathered)) >= ROW_GROUP or sum(one.nbytes for one in gathered) >= ROW_GROUP_BYTES:
            writer.write_table(pa.Table.from_batches(gathered))
            gathered = []
    if gathered:
        writer.write_table(pa.Table.from_batches(gathered))
    writer.close()


_LENGTH = struct.Struct("<Q")


def _arrow(rows: list[dict[str, Any]]) -> bytes:
    import pyarrow as pa

    batch = table(rows)
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, batch.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as stream:
        stream.write_batch(batch)
    return _LENGTH.pack(sink.tell()) + sink.getvalue()


def _pieces(file: IO[bytes]) -> Iterator[Any]:
    import pyarrow as pa

    end = file.seek(0, os.SEEK_END)
    file.seek(0)
    while file.tell() < end:
        [length] = _LENGTH.unpack(file.read(_LENGTH.size))
        with pa.ipc.open_stream(file.read(length)) as stream:
            yield from stream


def _csv(rows: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def _csv_row(row: dict[str, Any]) -> list[Any]:
    flat = row | {f"probability_{name}": share for name, share in row["probabilities"].items()}
    flat["id"] = as_string(row["id"])
    return [
        to_json(value).decode() if isinstance(value, (list, dict)) else value
        for value in (flat.get(name) for name in CSV_COLUMNS)
    ]


def _sound(value: Any) -> Any:
    """The same without lone surrogates, which Arrow's UTF-8 does not hold."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_sound(one) for one in value]
    if isinstance(value, dict):
        return {name: _sound(one) for name, one in value.items()}
    return value
