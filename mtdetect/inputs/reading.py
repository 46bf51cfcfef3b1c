"""Reading any file as records, and extracting the text of any record."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mtdetect.errors import InputError
from mtdetect.inputs import delimited, formats, html, http_message, lines, parquet, texts, warc
from mtdetect.inputs.record import STDIN, Position, RawRecord, Record
from mtdetect.verdict import SHORT, Mark

MOST_NAMES = 20
"""Columns that an error message lists."""


def records(
    path: str,
    text_field: str = "text",
    id_field: str = "id",
    *,
    format: str | None = None,
    position: Position | None = None,
) -> Iterator[RawRecord]:
    """Split one file into records.

    Parameters
    ----------
    path : str
        File in any of the formats, plain or compressed with gzip, xz or Zstandard; ``-`` is standard input.
    text_field, id_field : str
        Fields of the text and the id, for formats in which only some columns are read.
    format : str, optional
        One of :data:`~mtdetect.inputs.formats.FORMATS`; guessed from the name if None.
    position : Position, optional
        Updated as the file is read.

    Yields
    ------
    RawRecord
        One per record. If the file is truncated or damaged, the last record carries the error.

    Raises
    ------
    InputError
        If the file cannot be opened, or does not have its format at all.
    MissingExtraError
        If a package that the format needs is not installed.
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
    """Check that a CSV or Parquet file has the column of the texts, and that a file of JSON Lines is no array.

    Parameters
    ----------
    path : str
        A file; other formats are not checked.
    text_field : str
        Name of the column, with dots where it is nested.
    format : str, optional
        Format of the file; guessed from the name if None.

    Raises
    ------
    InputError
        If the column is missing, the file is an array, or it cannot be read.
    """
    kind = format or formats.format_of(path)
    if kind == "jsonl" and path != STDIN and lines.may_be_array(path):
        next(lines.records(path), None)
    columns: Callable[[str], list[str]] | None = {
        "csv": delimited.columns,
        "tsv": delimited.columns,
        "parquet": parquet.columns,
    }.get(kind)
    if columns is None or path == STDIN:
        return
    names = columns(path)
    if text_field not in names and text_field.partition(".")[0] not in names:
        known = ", ".join(f"'{name}'" for name in names[:MOST_NAMES]) + (
            " ..." if len(names) > MOST_NAMES else ""
        )
        raise InputError(f"{path}: no column '{text_field}'; it has {known or 'none'} (see --text-field)")


def parse(raw: RawRecord, text_field: str = "text", id_field: str = "id") -> Record:
    """Extract the text and the id of a record.

    Parameters
    ----------
    raw : RawRecord
        From :func:`records`.
    text_field, id_field : str
        Names of fields; ``a.b`` is the field ``b`` of the object in ``a``.

    Returns
    -------
    Record
        With an ``error`` if there is no text.
    """
    name = raw.place if raw.id is None else raw.id
    text: str | bytes | None
    marks: tuple[Mark, ...] | None = None
    error = raw.error
    if error is not None:
        text = None
    elif raw.kind == "json" and raw.line:
        return lines.parse(raw, text_field, id_field)
    elif raw.kind == "string":
        text = raw.content.decode("utf-8", "surrogatepass")
    elif raw.kind == "html":
        text, marks = html.read(raw.content)
    elif raw.kind == "http":
        text, error, marks = _page(raw.content)
    else:
        text = raw.content
    return Record(name, text, error, {}, raw.url, marks)


def _page(message: bytes) -> tuple[str | bytes | None, str | None, tuple[Mark, ...] | None]:
    """The text of an HTTP response, or why there is none; and the marks of a page."""
    try:
        response = http_message.parse(message)
    except ValueError as error:
        return None, str(error), None
    refusal = f"HTTP status {response.status}"
    if 300 <= response.status < 400:
        return None, refusal, None
    failed = not 200 <= response.status < 300
    media_type = response.media_type
    known = (*http_message.PAGE_TYPES, *http_message.TEXT_TYPES, *http_message.VAGUE_TYPES)
    if media_type in known:
        content = http_message.decoded(response)
        if media_type in http_message.PAGE_TYPES or (
            media_type in http_message.VAGUE_TYPES and html.is_page(content, sure=bool(media_type))
        ):
            text, marks = html.read(content, response.charset)
            if failed and len(text.split()) < SHORT:
                return None, refusal, None  # a page about the error itself
            return text, None, marks
        if failed:
            return None, refusal, None
        if media_type in http_message.TEXT_TYPES or not media_type:
            return html.declared(content, response.charset) or content, None, None
    return None, refusal if failed else f"media type {media_type}", None
