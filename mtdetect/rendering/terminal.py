"""Somebody's text made fit for a terminal, and the terminal itself."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

SPAN = 60
"""Characters of a text shown in a table cell, at most."""

PLAIN_WIDTH = 120
"""Columns of a table that goes into a file or a pipe, where nobody says how wide it may be."""


def shown(text: str, longest: int | None = SPAN) -> str:
    """Make a stretch of somebody's text fit for a terminal.

    Parameters
    ----------
    text : str
        May hold line ends, control codes, marks that turn the direction of writing.
    longest : int or None
        Characters, at most.

    Returns
    -------
    str
        One line of printable characters.
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if longest is None or len(line) <= longest else line[: longest - 1] + "…"


def console(file: IO[str]) -> Console:
    """Open a file for tables and styled lines.

    Parameters
    ----------
    file : text file
        Coloured only if it is a terminal and NO_COLOR is not set.
    """
    from rich.console import Console

    # Names of files and what records say of themselves are printed as they stand, also where they look like markup.
    width = None if file.isatty() else PLAIN_WIDTH
    return Console(file=file, width=width, markup=False, emoji=False, highlight=False)
