"""Folding: normalises characters that depend on the publisher of a text, not on its writer.

Curly or straight quotes, long or short dashes, ``&amp;`` or ``&`` depend on the site that published a text. In the training
corpora such glyphs alone predict the label (English originals of the news test sets were normalised, translations were
not), so a classifier must not see them. They are folded before anything is measured.

Most folds replace one character by one character, by table look-up on an array of code points. Invisible characters are
deleted. Three folds change the length of the text in other ways (HTML entities, letters with combining marks, ligatures).
They are rare: texts that need them pass :func:`unfold` first, which keeps a map of offsets.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache
from html.entities import html5

import numpy as np
import numpy.typing as npt

from mtdetect.text.arrays import I64, U32

IS_LETTER, IS_DIGIT, IS_UPPER, IS_SMALL, IS_BLANK = (1 << bit for bit in range(5))
"""Traits of a folded character, as bits. A letter that is not upper case counts as small."""

_TO_APOSTROPHE = "\u2018\u2019\u201a\u201b\u2032\u0060\u00b4\u02bc\u02b9\uff07\u2039\u203a"
_TO_QUOTE = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\u301d\u301e\u301f\uff02"
_TO_HYPHEN = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d\u2043"
_TO_NEWLINE = "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_INVISIBLE = (
    "\u00ad\u034f\u061c\u180e\ufeff\ufffc"
    + "".join(map(chr, range(0x200B, 0x2010)))
    + "".join(map(chr, range(0x202A, 0x202F)))
    + "".join(map(chr, range(0x2060, 0x2070)))
    + "".join(map(chr, range(0xFE00, 0xFE10)))
    + "".join(map(chr, range(0xE000, 0xF900)))
    + "".join(map(chr, set(range(0x20)) - set(b"\t\n\r\x0b\x0c\x1c\x1d\x1e")))
    + "\x7f"
)
_DELETED = 0xFFFF  # a noncharacter, which valid text never contains

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_COMPOSED = (
    (0x0300, 0x036F),
    (0x0483, 0x0487),
    (0x064B, 0x065F),
    (0x1AB0, 0x1AFF),
    (0x20D0, 0x20F0),
    (0xFB00, 0xFB06),
    (0xFE20, 0xFE2F),
)
"""Combining marks and ligatures: first and last of each range."""

_CLUSTER = re.compile(
    # Letters of real languages carry four marks at most; normalising thousands takes quadratic time.
    "[^\u0300-\u036f][\u0300-\u036f]{1,30}|[\ufb00-\ufb06]|" + _ENTITY.pattern,
    re.DOTALL,
)


class Tables:
    """Look-up tables over the Basic Multilingual Plane.

    Attributes
    ----------
    fold : ndarray of uint16, shape (65536,)
        The folded code point; 0xFFFF where the character is deleted.
    traits : ndarray of uint8, shape (65536,)
        Bitwise or of ``IS_LETTER`` and the other traits.
    lower : ndarray of uint16, shape (65536,)
        Lower case without diacritics, for hashing words: "Café" and "cafe" are the same word.
    """

    def __init__(self) -> None:
        codes = np.arange(0x10000, dtype=np.uint32)
        codes[0xD800:0xE000] = 0xFFFD
        characters = codes.view("U1")
        letters = np.strings.isalpha(characters)
        fold = np.arange(0x10000, dtype=np.uint16)
        for folded, glyphs in (
            ("'", _TO_APOSTROPHE),
            ('"', _TO_QUOTE),
            ("-", _TO_HYPHEN),
            ("\n", _TO_NEWLINE),
        ):
            fold[[ord(c) for c in glyphs]] = ord(folded)
        fold[np.strings.isspace(characters) & (fold != 10)] = 32
        fold[0xFF01:0xFF5F] = np.arange(0x21, 0x7F)  # full-width forms of ASCII
        for glyphs, code in ((_TO_APOSTROPHE, 39), (_TO_QUOTE, 34), (_TO_HYPHEN, 45)):
            fold[[ord(c) for c in glyphs]] = code
        fold[[ord(c) for c in _INVISIBLE]] = _DELETED
        upper = letters & np.strings.isupper(characters)
        letters[0x300:0x370] = True  # combining marks that did not compose with a letter
        traits = letters * np.uint8(IS_LETTER)
        traits |= upper * np.uint8(IS_UPPER)
        traits |= (letters & ~upper) * np.uint8(IS_SMALL)
        traits |= np.strings.isdecimal(characters) * np.uint8(IS_DIGIT)
        traits[[32, 10]] = IS_BLANK
        # Only of characters that change: lower-casing all 65,536 would take longer than the rest of this function.
        lower = codes.astype(np.uint16)
        changes = np.flatnonzero(upper | np.strings.istitle(characters))
        lower[changes] = _single(np.strings.lower(characters[changes]), codes[changes])
        self.fold = fold
        self.traits = traits
        self.lower = _without_diacritics(lower)


def _single(strings: npt.NDArray[np.str_], codes: U32) -> npt.NDArray[np.uint16]:
    """Code point of each lower-cased character; the character itself where lower case has more than one."""
    width = strings.dtype.itemsize // 4
    points = np.ascontiguousarray(strings).view(np.uint32).reshape(len(codes), width)
    alone = (points[:, 1:] == 0).all(axis=1) & (points[:, 0] < 0x10000)
    return np.where(alone, points[:, 0], codes).astype(np.uint16)


def _without_diacritics(lower: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint16]:
    plain = lower.copy()
    for code in range(
        0xC0, 0x250
    ):  # Latin-1 Supplement to Latin Extended-B: the letters that English borrows
        base = unicodedata.normalize("NFD", chr(int(lower[code])))[0]
        plain[code] = ord(base)
    plain[ord("ø")] = plain[ord("Ø")] = ord("o")
    plain[ord("ł")] = plain[ord("Ł")] = ord("l")
    return plain


@lru_cache(maxsize=1)
def _composed() -> npt.NDArray[np.bool_]:
    """Which code points of the Basic Multilingual Plane are combining marks or ligatures."""
    composed = np.zeros(0x10000, bool)
    for first, last in _COMPOSED:
        composed[first : last + 1] = True
    return composed


@lru_cache(maxsize=1)
def tables() -> Tables:
    """The tables, built once per process (about 60 ms)."""
    return Tables()


def holds_any(text: str, wanted: npt.NDArray[np.bool_]) -> bool:
    """Whether a text contains any of the non-ASCII UTF-16 code units marked in ``wanted``.

    This takes a twentieth of the time of a regular expression.

    Parameters
    ----------
    text : str
        Any text; unpaired surrogates are allowed.
    wanted : ndarray of bool, shape (65536,)
        Marks code units. What it says of ASCII does not count.
    """
    units = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), np.uint16)
    [few] = (units > 0x7F).nonzero()
    return bool(wanted.take(units.take(few)).any())


def shrinks(text: str) -> bool:
    """Whether a text has entities, combining marks or ligatures, so that it must pass :func:`unfold`.

    Parameters
    ----------
    text : str
        As given, or with tags blanked out.
    """
    if "&" in text and _ENTITY.search(text):
        return True
    if text.isascii():
        return False
    return holds_any(text, _composed())


def unfold(text: str) -> tuple[str, I64]:
    """Decode entities, compose letters, split ligatures.

    Parameters
    ----------
    text : str
        A text for which :func:`shrinks` is true.

    Returns
    -------
    plain : str
        The resulting text.
    origin : ndarray of int64, shape (len(plain) + 1,)
        Offset in ``text`` of each character of ``plain``; the last entry is ``len(text)``.

    Notes
    -----
    ``html.unescape`` on the whole text would also decode entities without a semicolon ("&copy" in a query string), and would
    lose the offsets. Only complete entities are decoded here, one at a time.
    """
    parts: list[str] = []
    starts: list[I64] = []
    at = 0
    for match in _CLUSTER.finditer(text):
        cluster = match.group()
        if cluster[0] == "&" and cluster[-1] == ";":
            # "&eacuteb;" is not an entity, but begins with one that browsers accept without a semicolon.
            known = cluster[1] == "#" or cluster[1:] in html5
            plain = html.unescape(cluster) if known else cluster
        elif cluster[0] >= "\ufb00":
            plain = unicodedata.normalize("NFKC", cluster)
        else:
            plain = unicodedata.normalize("NFC", cluster)
        if plain == cluster:
            continue
        if match.start() > at:
            parts.append(text[at : match.start()])
            starts.append(np.arange(at, match.start(), dtype=np.int64))
        parts.append(plain)
        starts.append(np.full(len(plain), match.start(), dtype=np.int64))
        at = match.end()
    parts.append(text[at:])
    starts.append(np.arange(at, len(text) + 1, dtype=np.int64))
    return "".join(parts), np.concatenate(starts)


def fold(codes: U32) -> tuple[npt.NDArray[np.uint16], I64 | None]:
    """Fold an array of code points.

    Parameters
    ----------
    codes : ndarray of uint32
        Code points of one or several concatenated texts.

    Returns
    -------
    folded : ndarray of uint16
        Folded code points; those beyond the Basic Multilingual Plane become U+FFFD.
    kept : ndarray of int64 or None
        Index in ``codes`` of each folded code point; ``None`` if nothing was deleted.
    """
    folded = codes.astype(np.uint16)
    # Printable ASCII stays as it is, except the backtick; few characters are others.
    other = codes - np.uint32(0x20) > np.uint32(0x7E - 0x20)
    other |= codes == ord("`")
    at = np.flatnonzero(other)
    given = np.minimum(codes.take(at), 0xFFFD)
    own = tables().fold.take(given)
    folded[at] = own
    deleted = own == _DELETED
    # "\r\n" is one line break, not two.
    returns = at[given == 13]
    deleted[given == 13] |= codes.take(np.minimum(returns + 1, len(codes) - 1)) == 10
    if not deleted.any():
        return folded, None
    stays = np.ones(len(codes), bool)
    stays[at[deleted]] = False
    return folded[stays], np.flatnonzero(stays)
