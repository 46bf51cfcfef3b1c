"""Decoding of bytes whose encoding is not stated.

Pages and files rarely state their encoding. Three checks decide nearly always: a byte-order mark, valid UTF-8, the byte
pattern of UTF-16 without a mark. All other text is read as Windows-1252, the superset of Latin-1 that browsers also assume
(WHATWG Encoding Standard, section 4).
"""

from __future__ import annotations

import codecs

BINARY_SHARE = 0.05
"""Share of control bytes above which the input is not text: plain text has almost none, compressed or compiled data about
a tenth."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\x0b\x0c\x1b"))


def decode(content: bytes) -> str | None:
    """Decode bytes of unknown encoding.

    Parameters
    ----------
    content : bytes
        The whole file or field.

    Returns
    -------
    str or None
        The text; ``None`` if the bytes are not text in any encoding that web pages use.
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
    if len(sample) - len(sample.translate(None, _CONTROL)) > BINARY_SHARE * len(sample):
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        # A file cut inside its last character is still UTF-8, if it has other non-ASCII characters before.
        if error.start >= len(content) - 3 and not content[: error.start].isascii():
            return content[: error.start].decode("utf-8")
    return content.decode("cp1252", "replace")
