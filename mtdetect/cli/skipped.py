"""What a command could not read: told in one line, when the rest is done."""

from __future__ import annotations

import sys
from collections.abc import Sequence

UNREADABLE = 2
"""Exit status of a command that left something out."""


def tell(what: str, problems: Sequence[str]) -> int:
    """Tell what was left out, if anything was.

    Parameters
    ----------
    what : str
        What is counted, in the singular.
    problems : sequence of str
        One for each, of which the first is told.

    Returns
    -------
    int
        Exit status.
    """
    if not problems:
        return 0
    left = len(problems)
    print(
        f"mtdetect: {left:,} {what}{'s' if left > 1 else ''} left out: {problems[0]}"
        + (" and others" if left > 1 else ""),
        file=sys.stderr,
    )
    return UNREADABLE
