"""HTML pages: extraction of the article without the boilerplate.

Resiliparse extracts the main content. It takes a tenth of trafilatura's time (``benchmarks/screening.py`` prints both);
trafilatura would take longer than scoring the text. The selectors below remove the comments, notices and teasers that
resiliparse keeps, and :func:`_is_prose` removes the rest of the menus. This matters because boilerplate is not the
author's wording: a machine-translated cookie notice says nothing about the article.
"""

from __future__ import annotations

import re
from typing import Any

BOILERPLATE = (
    "advert", "ad-", "author-bio", "breadcrumb", "byline", "caption", "colophon", "comment", "consent", "cookie", "copyright",
    "disqus", "entry-meta", "entry-utility", "footer", "gdpr", "infobox", "legal", "masthead", "menu", "modal", "navbar",
    "navigation", "newsletter", "overlay", "pagination", "paywall", "popup", "post-meta", "promo", "recommend", "related",
    "reference", "respond", "share", "sharing", "sidebar", "signup", "site-footer", "site-header", "social", "sponsor",
    "subscribe", "tags", "teaser", "trending", "widget",
)  # fmt: skip
"""Prefixes of the class and id names of boilerplate elements."""

WRAPPERS = ("div", "section", "ul", "ol", "dl", "p", "span", "table")
"""Elements that are removed because of their class or id. ``body``, ``main`` and ``article`` are not among them: their names describe
the whole page."""

ELEMENTS = (
    "nav",
    "footer",
    "aside",
    "form",
    "figcaption",
    "button",
    "select",
    "[role=navigation]",
    "sup > a",
)

MIN_WORDS = 20
"""If fewer words than this remain, the class names were misleading; then all of the main content is used."""

NOTICE = re.compile(
    r"^(?:©|copyright\b|\(c\)\s)|\ball rights reserved\b|\b(?:we|this (?:web)?site) uses? cookies\b",
    re.IGNORECASE,
)
"""Legal notices, which some pages do not separate from the article by markup."""

SHORT_LINE = 12
"""A line with fewer words must end like a sentence: headings, menus and bylines do not."""

MAX_DEPTH = 256
"""Maximum depth of nested blocks. Real pages have a few dozen levels; browsers stop at 512."""

FEW_TAGS = 2000
"""Pages with fewer tags need no check of their depth, because parsing them is fast in any case."""

_BLOCK = re.compile(r"<(/?)(?:div|article)\b[^<>]*>", re.IGNORECASE)
_EXTRACTION: dict[str, Any] = {"main_content": True, "alt_texts": False, "list_bullets": False}
_WRAPPER = re.compile(rf"<({'|'.join(WRAPPERS)})\s([^<>]{{1,2000}})>", re.IGNORECASE)
_NAMES = re.compile(r"""\b(class|id)\s*=\s*["']([^"']*)""", re.IGNORECASE)
_BOILERPLATE_NAME = re.compile(rf"(?:{'|'.join(BOILERPLATE)})[\w-]*", re.ASCII | re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?…:;][\"'”’)\]]*$")


def main_text(content: bytes, charset: str | None = None) -> str:
    """Extract the article of a page.

    Parameters
    ----------
    content : bytes
        HTML.
    charset : str, optional
        Encoding that the server declared; the page's own declaration and its bytes count, too.

    Returns
    -------
    str
        One paragraph per line; empty if there is no prose.
    """
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.html import HTMLTree

    page = _flattened(_decoded(content, charset))
    tree = HTMLTree.parse(page)
    inner = _prose(extract_plain_text(tree, skip_elements=_selectors(page), **_EXTRACTION))
    if inner.count(" ") >= MIN_WORDS:
        return inner
    return _prose(extract_plain_text(tree, **_EXTRACTION))


def declared(content: bytes, charset: str | None) -> str | None:
    """Decode a text with the encoding that its server declared.

    Only the encodings of the WHATWG Encoding Standard count. Python knows others (``idna``, ``punycode``,
    ``unicode_escape``) that do not encode web texts or take quadratic time.

    Parameters
    ----------
    content : bytes
        The text.
    charset : str, optional
        Encoding that the server declared.

    Returns
    -------
    str or None
        None if the server declared no such encoding; the encoding must then be guessed from the bytes.
    """
    from resiliparse.parse.encoding import bytes_to_str, map_encoding_to_html5

    known = map_encoding_to_html5(charset, fallback_utf8=False) if charset else None
    return bytes_to_str(content, known) if known else None


def _decoded(content: bytes, charset: str | None) -> str:
    """The decoded page. A byte-order mark takes precedence over the server, and the server over the page (HTML Standard)."""
    from resiliparse.parse.encoding import bytes_to_str, detect_encoding, map_encoding_to_html5

    found = detect_encoding(content, html5_compatible=True, from_html_meta=True)
    marked = content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"))
    if charset and not marked:
        known = map_encoding_to_html5(charset, fallback_utf8=False)
        found = known or found
    return bytes_to_str(content, found or "utf-8")


def _flattened(page: str) -> str:
    """The page without the tags of blocks nested too deeply; their content stays. Browsers do the same.

    Extraction time grows with the square of the depth of nested ``div`` and ``article`` elements (no other element that
    was tried): 80,000 of them, half a megabyte, took minutes.
    """
    if page.count("<") <= FEW_TAGS:
        return page
    depth = 0

    def kept(match: re.Match[str]) -> str:
        nonlocal depth
        if match[1]:
            depth = max(depth - 1, 0)
            return match[0] if depth < MAX_DEPTH else " "
        depth += 1
        return match[0] if depth <= MAX_DEPTH else " "

    return _BLOCK.sub(kept, page)


def _selectors(page: str) -> list[str]:
    """Selectors of boilerplate. Only names that the page uses, because each selector costs a walk through the tree."""
    found = {
        f"{tag.lower()}[class~='{name}']" if name_of.lower() == "class" else f"{tag.lower()}[id='{name}']"
        for tag, attributes in _WRAPPER.findall(page)
        for name_of, names in _NAMES.findall(attributes)
        for name in names.split()
        if _BOILERPLATE_NAME.fullmatch(name)
    }
    return [*ELEMENTS, *sorted(found)]


def _prose(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if _is_prose(line))


def _is_prose(line: str) -> bool:
    """Whether a line reads like part of an article."""
    words = line.count(" ") + 1
    if not line or words < 3 or (len(line) < 300 and NOTICE.search(line)):
        return False
    return words >= SHORT_LINE or bool(_SENTENCE_END.search(line))
