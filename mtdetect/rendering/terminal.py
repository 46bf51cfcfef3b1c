"""The terminal, and text made fit for it."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from mtdetect.rendering.printable import one_line

if TYPE_CHECKING:
    from rich.console import Console

SPAN = 60
"""Characters of a text shown in a table cell, at most."""

PLAIN_WIDTH = 120
"""Columns of a table that goes into a file or a pipe, which have no width of their own."""


def shown(text: str, longest: int | None = SPAN) -> str:
    """Put a text on one line that is fit for a terminal.

    Parameters
    ----------
    text : str
        May hold line ends, control codes, or marks that turn the direction of writing.
    longest : int or None
        Characters, at most.

    Returns
    -------
    str
        As from :func:`~mtdetect.rendering.printable.one_line`.
    """
    line = one_line(text)
    return line if longest is None or len(line) <= longest else line[: longest - 1] + "…"


def console(file: IO[str]) -> Console:
    """Make a console that prints tables and styled lines to a file.

    Parameters
    ----------
    file : text file
        Coloured only if it is a terminal and NO_COLOR is not set.
    """
    from rich.console import Console

    class Piped(Console):
        def on_broken_pipe(self) -> None:
            """Let the command decide: Rich ends the process with status 1, which says that a text is flagged."""
            raise BrokenPipeError

    # Names of files and ids of records are printed as they are, even if they look like Rich's markup.
    width = None if file.isatty() else PLAIN_WIDTH
    return Piped(file=file, width=width, markup=False, emoji=False, highlight=False)
