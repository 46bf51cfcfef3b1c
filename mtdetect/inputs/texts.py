"""Files as one text each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mtdetect.errors import InputError
from mtdetect.inputs import formats, html, record
from mtdetect.inputs.record import Item, Position, RawRecord
from mtdetect.inputs.unpacking import DAMAGED, opened, why


def items(inputs: Iterable[str]) -> Iterator[Item]:
    """Read each input as one text, a folder as one text a file; of a page, its article.

    Parameters
    ----------
    inputs : iterable of str
        Paths of files and folders; ``-`` is standard input. All are looked at before the first is read, so that a
        wrong name stops the work before it starts.

    Yields
    ------
    Item
        In the order given, folders in the order of their sorted paths.

    Raises
    ------
    InputError
        If an input is missing, cannot be read, holds records instead of a text or is larger than ``LARGEST``.
    MissingExtraError
        If one needs a package that is not installed.
    """
    paths = formats.expand(inputs, only=formats.WHOLE)
    kinds = ["text" if path == record.STDIN else formats.format_of(path) for path in paths]
    for path, kind in zip(paths, kinds, strict=True):
        if kind not in formats.WHOLE:
            raise InputError(f"{path}: holds records, not one text; score them with 'mtdetect screen'")
        formats.require(kind, path)
    for path, kind in zip(paths, kinds, strict=True):
        with opened(path) as file:
            try:
                content = file.read(record.LARGEST + 1)
            except DAMAGED as error:
                raise InputError(f"{path}: {why(error)}") from error
        if len(content) > record.LARGEST:
            raise InputError(f"{path}: {record.too_large()}; split it")
        yield Item(path, html.main_text(content).encode("utf-8", "replace") if kind == "html" else content)


def one_record(path: str, kind: record.Kind, position: Position | None = None) -> Iterator[RawRecord]:
    """Read a file that is one record.

    Parameters
    ----------
    path : str
        A text or a page, plain or packed; ``-`` is standard input.
    kind : str
        What the content is.
    position : Position, optional
        Follows the file.

    Yields
    ------
    RawRecord
        One.

    Raises
    ------
    InputError
        If the file cannot be opened.
    """
    with opened(path, position) as file:
        try:
            content = file.read(record.LARGEST + 1)
        except DAMAGED as error:
            yield RawRecord(path, 0, b"", why(error))
            return
    if len(content) > record.LARGEST:
        yield RawRecord(path, 0, b"", record.too_large())
    else:
        yield RawRecord(path, 0, content, kind=kind)
