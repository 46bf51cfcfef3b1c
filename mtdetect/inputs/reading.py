"""Any input as records, and any record as a text."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mtdetect.errors import InputError
from mtdetect.inputs import delimited, formats, html, lines, parquet, texts, warc
from mtdetect.inputs.record import STDIN, Position, RawRecord, Record


def records(
    path: str,
    text_field: str = "text",
    id_field: str = "id",
    *,
    format: str | None = None,
    position: Position | None = None,
) -> Iterator[RawRecord]:
    """Cut one file into records.

    Parameters
    ----------
    path : str
        Any of the formats, also packed with gzip, xz or Zstandard; ``-`` is standard input.
    text_field, id_field : str
        Where records hold their text and id, for formats of which only a part is read.
    format : str, optional
        One of :data:`~mtdetect.inputs.formats.FORMATS`; told from the name if None.
    position : Position, optional
        Follows the file.

    Yields
    ------
    RawRecord
        One a record. If the file breaks off or is damaged, the last one says so.

    Raises
    ------
    InputError
        If the file cannot be opened, or nothing in it is of its format.
    MissingExtraError
        If a package is missing that the format needs.
    """
    kind = format or formats.format_of(path)
    formats.require(kind, path)
    if kind == "jsonl":
        yield from lines.records(path, position)
    elif kind in ("csv", "tsv"):
        yield from delimited.records(
            path, text_field, id_field, "\t" if kind == "tsv" else None, position=position
        )
    elif kind == "parquet":
        if path == STDIN:
            raise InputError("Parquet cannot be read from standard input; name the file")
        yield from parquet.records(path, text_field, id_field, position)
    elif kind == "warc":
        yield from warc.records(path, position)
    else:
        yield from texts.one_record(path, "html" if kind == "html" else "text", position)


def check_fields(path: str, text_field: str, format: str | None = None) -> None:
    """Make sure that a file of columns has the one that is asked for.

    Parameters
    ----------
    path : str
        A file; only CSV and Parquet tell their columns.
    text_field : str
        Name of the column, with dots where it is nested.
    format : str, optional
        Its format; told from the name if None.

    Raises
    ------
    InputError
        If the column is not there, or the file cannot be read.
    """
    kind = format or formats.format_of(path)
    columns: Callable[[str], list[str]] | None = {
        "csv": delimited.columns,
        "tsv": delimited.columns,
        "parquet": parquet.columns,
    }.get(kind)
    if columns is None or path == STDIN:
        return
    names = columns(path)
    if text_field not in names and text_field.partition(".")[0] not in names:
        raise InputError(
            f"{path}: no column '{text_field}'; it has {', '.join(names) or 'none'} (see --text-field)"
        )


def parse(raw: RawRecord, text_field: str = "text", id_field: str = "id") -> Record:
    """Take the text and the id out of a record.

    Parameters
    ----------
    raw : RawRecord
        As :func:`records` gave it.
    text_field, id_field : str
        Names of fields; ``a.b`` is the field ``b`` of the object in ``a``.

    Returns
    -------
    Record
        With an ``error`` if there is no text to be had.
    """
    name = raw.place if raw.id is None else raw.id
    text: str | bytes | None
    error = raw.error
    if error is not None:
        text = None
    elif raw.kind == "json" and raw.line:
        return lines.parse(raw, text_field, id_field)
    elif raw.kind == "string":
        text = raw.content.decode("utf-8", "surrogatepass")
    elif raw.kind == "html":
        text = html.main_text(raw.content)
    elif raw.kind == "http":
        text, error = _page(raw.content)
    else:
        text = raw.content
    return Record(name, text, error, {}, raw.url)


def _page(message: bytes) -> tuple[str | bytes | None, str | None]:
    """The text of an HTTP response, or why there is none."""
    try:
        status, media_type, charset, content = warc.payload(message)
    except ValueError as error:
        return None, str(error)
    if not 200 <= status < 300:
        return None, f"HTTP status {status}"
    if media_type in warc.PAGE_TYPES or (not media_type and b"<" in content[:512]):
        return html.main_text(content, charset), None
    if media_type in warc.TEXT_TYPES or not media_type:
        return html.declared(content, charset) or content, None
    return None, f"media type {media_type}"
