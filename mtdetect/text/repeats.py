"""Repeated lines: blanks out lines that stand in a text a second time.

Scraped pages often hold a paragraph twice: as a teaser and in the article, or quoted. What is said twice is no second piece of evidence, and a text that is pasted twice
would be judged as one of twice its length, whose words are strangely few.
"""

from __future__ import annotations

import re

LEAST = 40
"""Characters from which a line counts as a paragraph. Shorter ones repeat in any text: headings, refrains, "Yes."."""

_LINE = re.compile(rf"[^\n]{{{LEAST},}}")


def blanked(text: str) -> str:
    r"""Replace every line that repeats an earlier one by spaces, so offsets stay valid.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        A text of the same length; the same object if no line of ``LEAST`` characters repeats an earlier one. White space around a line does not count.

    Examples
    --------
    >>> blanked("A line of forty characters, and no more.\nA line of forty characters, and no more.").rstrip()
    'A line of forty characters, and no more.'
    """
    lines = _LINE.findall(text) if "\n" in text else []
    if len(lines) < 2 or len({line.strip() for line in lines}) == len(lines):
        return text
    seen: set[str] = set()

    def once(line: re.Match[str]) -> str:
        known = line[0].strip()
        if len(known) < LEAST or known not in seen:
            seen.add(known)
            return line[0]
        return " " * len(line[0])

    return _LINE.sub(once, text)
