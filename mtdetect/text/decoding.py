"""Bytes of unknown encoding become a string.

Pages and files rarely say what encoding they are in. Three questions settle nearly all of them: is there a
byte-order mark, is it valid UTF-8, does it look like UTF-16 without a mark? What is left is read as
Windows-1252, the superset of Latin-1 that browsers also assume (WHATWG Encoding Standard, section 4).
"""

from __future__ import annotations

import codecs

BINARY_SHARE = 0.05
"""More control bytes than this and the input is no text: plain text has next to none, compressed or compiled
data has about a tenth."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\x0b\x0c\x1b"))


def decode(content: bytes) -> str | None:
    """Decode bytes whose encoding nobody told.

    Parameters
    ----------
    content : bytes
        The whole file or field.

    Returns
    -------
    str or None
        The text; ``None`` if the bytes are no text in any encoding that pages use.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    sample = content[:65536]
    zeros = sample.count(0)
    if zeros:
        # ASCII in UTF-16 has a zero in every other byte, always on the same side.
        for side, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
            if (
                sample[side::2].count(0) > 0.9 * zeros
                and zeros > len(sample) // 4
                and zeros < 0.6 * len(sample)
            ):
                return content.decode(encoding, "replace")
        return None
    if len(sample) - len(sample.translate(None, _CONTROL)) > BINARY_SHARE * len(sample):
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        # A file cut inside its last character is still UTF-8, if it showed any before.
        if error.start >= len(content) - 3 and not content[: error.start].isascii():
            return content[: error.start].decode("utf-8")
    return content.decode("cp1252", "replace")
