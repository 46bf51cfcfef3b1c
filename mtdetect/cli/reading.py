"""Records of the inputs of a command."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mtdetect.inputs import Record


class Reading:
    """Records of some inputs. Errors of those that cannot be read are kept for a message at the end.

    Parameters
    ----------
    given : sequence of str
        Files, folders and patterns; ``-`` is standard input.
    args : Namespace
        With ``text_field`` and ``id_field``.

    Attributes
    ----------
    unreadable : list of str
        An error for each record without a text.
    """

    def __init__(self, given: Sequence[str], args: argparse.Namespace) -> None:
        from mtdetect import inputs

        self._args = args
        self._sources = inputs.expand(given)
        self.unreadable: list[str] = []

    def __iter__(self) -> Iterator[Record]:
        from mtdetect import inputs

        for source in self._sources:
            for raw in inputs.records(source, self._args.text_field, self._args.id_field):
                record = inputs.parse(raw, self._args.text_field, self._args.id_field)
                if record.error is not None:
                    self.unreadable.append(f"{source}: {record.error}")
                yield record
