"""Files that hold one text each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mtdetect.errors import InputError
from mtdetect.inputs import formats, html, record
from mtdetect.inputs.record import Item, Position, RawRecord
from mtdetect.inputs.unpacking import DAMAGED, opened, read_error


def items(inputs: Iterable[str]) -> Iterator[Item]:
    """Read each file as one text; for an HTML page, its article.

    Parameters
    ----------
    inputs : iterable of str
        Paths of files and folders; ``-`` is standard input. All paths are checked before the first file is read, so
        that a wrong name is reported before the work starts.

    Yields
    ------
    Item
        In the order given; the files of a folder are sorted.

    Raises
    ------
    InputError
        If an input is missing, cannot be read, contains records instead of a text or is larger than ``LARGEST``.
    MissingExtraError
        If a package that an input needs is not installed.
    """
    paths = formats.expand(inputs, only=formats.WHOLE)
    kinds = ["text" if path == record.STDIN else formats.format_of(path) for path in paths]
    for path, kind in zip(paths, kinds, strict=True):
        if kind not in formats.WHOLE:
            raise InputError(
                f"{path}: contains records, not one text; 'mtdetect screen' scores them, 'mtdetect originals add' keeps them to compare with"
            )
        formats.require(kind, path)
    for path, kind in zip(paths, kinds, strict=True):
        with opened(path) as file:
            try:
                content = file.read(record.LARGEST + 1)
            except DAMAGED as error:
                raise InputError(f"{path}: {read_error(error)}") from error
        if len(content) > record.LARGEST:
            raise InputError(f"{path}: {record.too_large()}; split it")
        if kind == "html":
            text, marks = html.read(content)
            yield Item(path, text.encode("utf-8", "replace"), marks)
        else:
            yield Item(path, content)


def one_record(path: str, kind: record.Kind, position: Position | None = None) -> Iterator[RawRecord]:
    """Read a file that is one record.

    Parameters
    ----------
    path : str
        A text or a page, plain or compressed; ``-`` is standard input.
    kind : str
        Type of the content.
    position : Position, optional
        Updated as the file is read.

    Yields
    ------
    RawRecord
        Exactly one.

    Raises
    ------
    InputError
        If the file cannot be opened.
    """
    with opened(path, position) as file:
        try:
            content = file.read(record.LARGEST + 1)
        except DAMAGED as error:
            yield RawRecord(path, 0, b"", read_error(error))
            return
    if len(content) > record.LARGEST:
        yield RawRecord(path, 0, b"", record.too_large())
    else:
        yield RawRecord(path, 0, content, kind=kind)
