"""Letters that only look Latin, and marks that nobody sees: cheap ways to make "council" another word.

"cоuncil" with a Cyrillic "о" reads as before, and to a program it is a word that no table knows. Such letters become the Latin ones they
stand for, one for one, so that offsets stay:

- in a word that also has Latin letters, if its other letters all look Latin: "cоuncil", but not "µm" or "α-helix";
- in a word of such letters alone ("а" for "a"), if the text has no other letter of their script: Russian and Greek words stay;
- letters of a style, "𝐜𝐨𝐮𝐧𝐜𝐢𝐥" or "ⓒⓞⓤⓝⓒⓘⓛ", always.

The letters are those that Unicode's list of confusables (UTS 39) draws to one Latin letter and that fonts draw alike. Invisible marks
are deleted by :mod:`~mtdetect.text.folding`; here it is counted how many words hold one, because few texts have a reason to.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mtdetect.text.folding import holds_any

_PAIRS = (
    # Cyrillic
    "аa еe оo рp сc уy хx ѕs іi јj ԁd ԛq ԝw һh ӏl ѵv кk АA ВB ЕE КK МM НH ОO РP СC ТT УY ХX ЅS ІI ЈJ ԌG ԚQ ԜW ҮY ӀI ѴV "
    # Greek
    "οo νv ρp ιi κk υu ϲc ϳj χx ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX ϹC "
    # Armenian
    "օo ոn սu հh ցg զq ՕO ՏS ԼL "
    # Latin letters of phonetics
    "ɑa ɡg ɩi ʏy ᴏo ᴠv ᴡw ᴢz ꜱs ꞵb"
)
CONFUSABLES = {pair[0]: pair[1] for pair in _PAIRS.split()}

STYLED = {
    chr(code): plain
    for first, last in ((0x2100, 0x214F), (0x2160, 0x217F), (0x24B6, 0x24E9), (0x1D400, 0x1D7FF))
    for code in range(first, last + 1)
    if len(plain := unicodedata.normalize("NFKC", chr(code))) == 1 and plain.isascii() and plain.isalnum()
}

_SCRIPTS = {"Greek": "\u0370-\u03ff", "Cyrillic": "\u0400-\u052f", "Armenian": "\u0531-\u0587"}
_INVISIBLE = "\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
_FOREIGN = "".join(_SCRIPTS.values())
_PHONETIC = "".join(c for c in CONFUSABLES if not re.match(f"[{_FOREIGN}]", c))
_STYLES = "\u2100-\u214f\u2160-\u217f\u24b6-\u24e9\U0001d400-\U0001d7ff"
_LETTERS = "A-Za-z\u00c0-\u024f"
_ANY = f"[{_LETTERS}{_FOREIGN}{_PHONETIC}]"

_STYLED_LETTER = re.compile(f"[{_STYLES}]")
_WORD = re.compile(f"{_ANY}+(?:[{_INVISIBLE}\u00ad]+{_ANY}+)*")
_HIDDEN = re.compile(f"(?<=[{_LETTERS}])[{_INVISIBLE}]+(?=[{_LETTERS}])")
_LATIN = re.compile(f"[{_LETTERS}]")
_ALIKE = re.compile(f"[{''.join(CONFUSABLES)}]")
_OTHER = re.compile(f"(?![{''.join(CONFUSABLES)}])[{_FOREIGN}]")
_SCRIPT = {name: re.compile(f"[{letters}]") for name, letters in _SCRIPTS.items()}
_BY_CODE = str.maketrans(CONFUSABLES)
_STYLES_BY_CODE = str.maketrans(STYLED)

LEAST = 3
LEAST_SHARE = 0.005
"""Words that are changed or hold a hidden mark, and their share of all, from which it is worth a warning: a mark or two come with a paste."""


class Latin(NamedTuple):
    """A text with Latin letters where letters only looked Latin.

    Attributes
    ----------
    text : str
        As long as the one given.
    mixed : int
        Words that were changed.
    hidden : int
        Invisible marks, or runs of them, between two letters. Soft hyphens do not count: pages are full of them.
    """

    text: str
    mixed: int
    hidden: int


def latin(text: str) -> Latin:
    r"""Undo letters that only look Latin.

    Parameters
    ----------
    text : str
        Any.

    Returns
    -------
    Latin

    Examples
    --------
    >>> latin("The c\u043euncil met the \u043c\u044d\u0440.")
    Latin(text='The council met the мэр.', mixed=1, hidden=0)
    """
    if text.isascii() or not holds_any(text, _suspicious()):
        return Latin(text, 0, 0)
    if len(_OTHER.findall(text)) > len(text) / 4:
        return Latin(text, 0, 0)  # no English, whatever else it is
    mixed = 0
    plain = text
    if _STYLED_LETTER.search(text):
        plain = text.translate(_STYLES_BY_CODE)
        mixed = sum(1 for word in text.split() if _STYLED_LETTER.search(word))
    if not _ALIKE.search(plain):  # the αs and βs of papers: every word would stay
        return Latin(plain, mixed, _hidden(plain))
    alone: dict[str, set[str]] = {}  # words of confusables alone, with their scripts
    genuine: set[str] = set()  # scripts in which the text has other words

    def undone(match: re.Match[str]) -> str:
        nonlocal mixed
        word = match.group()
        other = _OTHER.search(word)
        if not other and not _ALIKE.search(word):
            return word
        if _LATIN.search(word):
            mixed += not other
            return word if other else word.translate(_BY_CODE)
        scripts = {name for name, letters in _SCRIPT.items() if letters.search(word)}
        if other:
            genuine.update(scripts)
        else:
            alone[word] = scripts
        return word

    def undone_alone(match: re.Match[str]) -> str:
        nonlocal mixed
        word = match.group()
        if alone.get(word, genuine) & genuine or word not in alone:
            return word
        mixed += 1
        return word.translate(_BY_CODE)

    plain = _WORD.sub(undone, plain)
    if alone:
        plain = _WORD.sub(undone_alone, plain)
    return Latin(plain, mixed, _hidden(plain))


@lru_cache(maxsize=1)
def _suspicious() -> npt.NDArray[np.bool_]:
    """UTF-16 units of the letters and marks that are looked for."""
    suspicious = np.zeros(0x10000, bool)
    for span in re.findall(".-.|.", _FOREIGN + _PHONETIC + _STYLES + _INVISIBLE):
        first, last = (np.frombuffer(end.encode("utf-16-le"), np.uint16)[0] for end in (span[0], span[-1]))
        suspicious[first : int(last) + 1] = True  # beyond the first plane: all that begin alike
    return suspicious


def _hidden(text: str) -> int:
    return sum(1 for _ in _HIDDEN.finditer(text))


def warnings(found: Latin, words: int) -> tuple[str, ...]:
    """What is odd enough about a text's letters to say so.

    Parameters
    ----------
    found : Latin
        Of the text.
    words : int
        How many it has.

    Returns
    -------
    tuple of str
        ``hidden_marks``, ``mixed_scripts``, both or none.
    """
    if not found.hidden and not found.mixed:
        return ()
    least = max(LEAST, LEAST_SHARE * words)
    counts = {"hidden_marks": found.hidden, "mixed_scripts": found.mixed}
    return tuple(name for name, count in counts.items() if count >= least)
