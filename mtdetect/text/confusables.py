"""Confusables: letters of other scripts that look Latin, and invisible characters inside words.

Both are used to evade detection. "cоuncil" with a Cyrillic "о" looks unchanged to a reader, but no language table has the
word. This module replaces such letters by Latin ones, one for one, so that offsets stay the same:

- in a word that also has Latin letters, if all its other letters are confusables: "cоuncil", but not "µm" or "α-helix";
- in a word of confusables alone ("а" for "a"), if the text has no other letter of their script, so that Russian and Greek
  words stay as they are;
- styled letters ("𝐜𝐨𝐮𝐧𝐜𝐢𝐥", "ⓒⓞⓤⓝⓒⓘⓛ") always.

The letters are those that Unicode's list of confusables (UTS 39) maps to one Latin letter and that common fonts draw alike.
:mod:`~mtdetect.text.folding` deletes invisible characters; this module counts the words that contain one, because
ordinary text rarely does.
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
    # phonetic letters
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
_CONFUSABLE = re.compile(f"[{''.join(CONFUSABLES)}]")
_OTHER = re.compile(f"(?![{''.join(CONFUSABLES)}])[{_FOREIGN}]")
_SCRIPT = {name: re.compile(f"[{letters}]") for name, letters in _SCRIPTS.items()}
_BY_CODE = str.maketrans(CONFUSABLES)
_STYLES_BY_CODE = str.maketrans(STYLED)

LEAST = 3
LEAST_SHARE = 0.005
"""Number and share of affected words from which a warning is given. A single invisible character is often left by copying."""


class Latin(NamedTuple):
    """A text whose confusables were replaced by Latin letters.

    Attributes
    ----------
    text : str
        Of the same length as the given text.
    mixed : int
        Number of words that were changed.
    hidden : int
        Number of invisible characters, or runs of them, between two letters. Soft hyphens do not count, because many web
        pages use them.
    """

    text: str
    mixed: int
    hidden: int


def latin(text: str) -> Latin:
    r"""Replace confusables by Latin letters.

    Parameters
    ----------
    text : str

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
        return Latin(text, 0, 0)  # mostly another script, so not English
    mixed = 0
    plain = text
    if _STYLED_LETTER.search(text):
        plain = text.translate(_STYLES_BY_CODE)
        mixed = sum(1 for word in text.split() if _STYLED_LETTER.search(word))
    if not _CONFUSABLE.search(plain):  # only letters such as α or β, as in papers: nothing to replace
        return Latin(plain, mixed, _hidden(plain))
    alone: dict[str, set[str]] = {}  # words made of confusables alone, with their scripts
    genuine: set[str] = set()  # scripts that other words of the text are really written in

    def replace_mixed(match: re.Match[str]) -> str:
        nonlocal mixed
        word = match.group()
        other = _OTHER.search(word)
        if not other and not _CONFUSABLE.search(word):
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

    def replace_alone(match: re.Match[str]) -> str:
        nonlocal mixed
        word = match.group()
        if alone.get(word, genuine) & genuine or word not in alone:
            return word
        mixed += 1
        return word.translate(_BY_CODE)

    plain = _WORD.sub(replace_mixed, plain)
    if alone:
        plain = _WORD.sub(replace_alone, plain)
    return Latin(plain, mixed, _hidden(plain))


@lru_cache(maxsize=1)
def _suspicious() -> npt.NDArray[np.bool_]:
    """Table of the UTF-16 code units that make a closer look at a text worthwhile."""
    suspicious = np.zeros(0x10000, bool)
    for span in re.findall(".-.|.", _FOREIGN + _PHONETIC + _STYLES + _INVISIBLE):
        first, last = (np.frombuffer(end.encode("utf-16-le"), np.uint16)[0] for end in (span[0], span[-1]))
        # Beyond the Basic Multilingual Plane these are high surrogates, so that characters sharing one are included.
        suspicious[first : int(last) + 1] = True
    return suspicious


def _hidden(text: str) -> int:
    return sum(1 for _ in _HIDDEN.finditer(text))


def warnings(found: Latin, words: int) -> tuple[str, ...]:
    """Warnings about the letters of a text.

    Parameters
    ----------
    found : Latin
        Result of :func:`latin` for the text.
    words : int
        Number of words in the text.

    Returns
    -------
    tuple of str
        Any of ``hidden_marks`` (invisible characters) and ``mixed_scripts`` (confusables).
    """
    if not found.hidden and not found.mixed:
        return ()
    least = max(LEAST, LEAST_SHARE * words)
    counts = {"hidden_marks": found.hidden, "mixed_scripts": found.mixed}
    return tuple(name for name, count in counts.items() if count >= least)
