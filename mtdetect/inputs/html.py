"""Pages: the article of a page, without what stands around it.

Resiliparse takes the main content out of the page's tree. Of the two extractors tried, it needs a tenth of trafilatura's
time (benchmarks/screening.py prints both), which would otherwise cost more than judging the text; what it leaves
of comments, notices and teasers is named by the selectors below, and :func:`_is_prose` keeps out what is left of menus.
All of that matters more than usual here: ``Ten towns you must visit`` is not the author's wording, and a cookie notice that
somebody translated by machine says nothing about the article.
"""

from __future__ import annotations

import re
from typing import Any

AROUND = (
    "advert", "ad-", "author-bio", "breadcrumb", "byline", "caption", "colophon", "comment", "consent", "cookie", "copyright",
    "disqus", "entry-meta", "entry-utility", "footer", "gdpr", "infobox", "legal", "masthead", "menu", "modal", "navbar",
    "navigation", "newsletter", "overlay", "pagination", "paywall", "popup", "post-meta", "promo", "recommend", "related",
    "reference", "respond", "share", "sharing", "sidebar", "signup", "site-footer", "site-header", "social", "sponsor",
    "subscribe", "tags", "teaser", "trending", "widget",
)  # fmt: skip
"""How the names begin that pages give to what is not their article (classes and ids)."""

WRAPPERS = ("div", "section", "ul", "ol", "dl", "p", "span", "table")
"""Elements that are left out for their name. Not ``body``, ``main`` and ``article``: theirs tell what the whole page has."""

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

LEAST = 20
"""If fewer words than this are left, the names have misled; then all of the main content is taken."""

NOTICE = re.compile(
    r"^(?:©|copyright\b|\(c\)\s)|\ball rights reserved\b|\b(?:we|this (?:web)?site) uses? cookies\b",
    re.IGNORECASE,
)
"""Lines that lawyers write, also where nothing in the page's structure tells them from the article."""

SHORT_LINE = 12
"""Words below which a line needs the mark that ends a sentence: headings, menus and bylines have none."""

DEEPEST = 256
"""Blocks within each other, at most; pages have a few dozen, and browsers stop at 512."""

FEW_TAGS = 2000
"""Tags of a page that need no look at how deep they lie: the time is small, whatever they do."""

_DEEP = re.compile(r"<(/?)(?:div|article)\b[^<>]*>", re.IGNORECASE)
_ASKED: Any = {"main_content": True, "alt_texts": False, "list_bullets": False}
_WRAPPER = re.compile(rf"<({'|'.join(WRAPPERS)})\s([^<>]{{1,2000}})>", re.IGNORECASE)
_NAMES = re.compile(r"""\b(class|id)\s*=\s*["']([^"']*)""", re.IGNORECASE)
_PLAIN = re.compile(rf"(?:{'|'.join(AROUND)})[\w-]*", re.ASCII | re.IGNORECASE)
_ENDS = re.compile(r"[.!?…:;][\"'”’)\]]*$")


def main_text(content: bytes, charset: str | None = None) -> str:
    """Take the article out of a page.

    Parameters
    ----------
    content : bytes
        HTML.
    charset : str, optional
        What the server said; the page's own word and its bytes are asked, too.

    Returns
    -------
    str
        Paragraphs in lines of their own; empty if there is no prose.
    """
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.html import HTMLTree

    page = _flattened(_decoded(content, charset))
    tree = HTMLTree.parse(page)
    inner = _prose(extract_plain_text(tree, skip_elements=_selectors(page), **_ASKED))
    if inner.count(" ") >= LEAST:
        return inner
    return _prose(extract_plain_text(tree, **_ASKED))


def declared(content: bytes, charset: str | None) -> str | None:
    """Decode a text as its server said, if that is an encoding of web pages.

    Python knows more names than browsers do, and some of them (``idna``, ``punycode``, ``unicode_escape``) are no encodings
    of texts, or take quadratic time.

    Parameters
    ----------
    content : bytes
        The text.
    charset : str, optional
        What the server said.

    Returns
    -------
    str or None
        None if it said nothing that browsers know (WHATWG Encoding Standard); the bytes may tell.
    """
    from resiliparse.parse.encoding import bytes_to_str, map_encoding_to_html5

    known = map_encoding_to_html5(charset, fallback_utf8=False) if charset else None
    return bytes_to_str(content, known) if known else None


def _decoded(content: bytes, charset: str | None) -> str:
    """The page as characters; the mark at its start outweighs the server's word, that outweighs the page's (HTML Standard)."""
    from resiliparse.parse.encoding import bytes_to_str, detect_encoding, map_encoding_to_html5

    found = detect_encoding(content, html5_compatible=True, from_html_meta=True)
    marked = content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"))
    if charset and not marked:
        known = map_encoding_to_html5(charset, fallback_utf8=False)
        found = known or found
    return bytes_to_str(content, found or "utf-8")


def _flattened(page: str) -> str:
    """The page without blocks that lie too deep; what is in them stays. Browsers do the same.

    Taking the text out of a tree takes time that grows with the square of how many of these two stand in each other (of all elements
    tried, no others): 80,000, half a megabyte, took minutes.
    """
    if page.count("<") <= FEW_TAGS:
        return page
    depth = 0

    def kept(match: re.Match[str]) -> str:
        nonlocal depth
        if match[1]:
            depth = max(depth - 1, 0)
            return match[0] if depth < DEEPEST else " "
        depth += 1
        return match[0] if depth <= DEEPEST else " "

    return _DEEP.sub(kept, page)


def _selectors(page: str) -> list[str]:
    """What to leave out of a page: only the names that it uses, because each selector costs a walk through its tree."""
    found = {
        f"{tag.lower()}[class~='{name}']" if name_of.lower() == "class" else f"{tag.lower()}[id='{name}']"
        for tag, attributes in _WRAPPER.findall(page)
        for name_of, names in _NAMES.findall(attributes)
        for name in names.split()
        if _PLAIN.fullmatch(name)
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
    return words >= SHORT_LINE or bool(_ENDS.search(line))
