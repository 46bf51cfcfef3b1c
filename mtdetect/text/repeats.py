"""Repeated lines: blanks out lines that stand in a text a second time.

Scraped pages often hold a paragraph twice: as a teaser and in the article, or quoted. What is said twice is no second piece of evidence, and a text that is pasted twice
would be judged as one of twice its length, whose words are strangely few.
"""

from __future__ import annotations

import re

LEAST = 40
"""Characters from which a line counts as a paragraph. Shorter ones repeat in any text: headings, refrains, "Yes."."""

_LINE = re.compile(rf"[^\n\r\v\f\x85\u2028\u2029]{{{LEAST},}}")
_QUOTED = re.compile(r"^[\s>|]+")
_ALIKE = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"", "\u00ad\u200b\ufeff")


def blanked(text: str) -> str:
    r"""Replace every line that repeats an earlier one by spaces, so offsets stay valid.

    White space, straight or curly quotation marks, and the marks that quote a line in a mail make no difference.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        A text of the same length; the same object if no line of ``LEAST`` characters repeats an earlier one.

    Examples
    --------
    >>> blanked("A line of forty characters, and no more.\n> A line of forty characters, and no more.").rstrip()
    'A line of forty characters, and no more.'
    """
    lines = _LINE.findall(text)
    if len(lines) < 2 or len({_plain(line) for line in lines}) == len(lines):
        return text
    seen: set[str] = set()

    def once(line: re.Match[str]) -> str:
        known = _plain(line[0])
        if len(known) < LEAST or known not in seen:
            seen.add(known)
            return line[0]
        return " " * len(line[0])

    return _LINE.sub(once, text)


def _plain(line: str) -> str:
    """What two lines that say the same have in common."""
    return " ".join(_QUOTED.sub("", line).translate(_ALIKE).split())
