"""HTML pages: extraction of the article without the boilerplate.

Resiliparse extracts the main content. It takes a tenth of trafilatura's time (``benchmarks/screening.py`` prints both);
trafilatura would take longer than scoring the text. The selectors below remove the comments, notices and teasers that
resiliparse keeps, and :func:`_is_prose` removes the rest of the menus. This matters because boilerplate is not the
author's wording: a machine-translated cookie notice says nothing about the article.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mtdetect.inputs import markup
from mtdetect.verdict import Mark

if TYPE_CHECKING:
    from resiliparse.parse.html import ElementNode, HTMLTree

BOILERPLATE = (
    "advert", "ad-", "author-bio", "breadcrumb", "byline", "caption", "colophon", "comment", "consent", "cookie", "copyright",
    "disqus", "entry-meta", "entry-utility", "footer", "gdpr", "infobox", "legal", "masthead", "menu", "modal", "navbar",
    "navigation", "newsletter", "overlay", "pagination", "paywall", "popup", "post-meta", "promo", "recommend", "related",
    "reference", "respond", "share", "sharing", "sidebar", "signup", "site-footer", "site-header", "social", "sponsor",
    "subscribe", "tags", "teaser", "trending", "widget",
)  # fmt: skip
"""Prefixes of the class and id names of boilerplate elements."""

LATER_PARTS = frozenset(
    (
        "ad", "ads", "advert", "breadcrumb", "breadcrumbs", "byline", "caption", "comment", "comments", "commentlist", "consent",
        "cookie", "cookies", "disqus", "footer", "menu", "modal", "navbar", "navigation", "newsletter", "pagination", "paywall",
        "popup", "promo", "recommendations", "recommended", "related", "replies", "share", "sharing", "sidebar", "signup", "social",
        "sponsored", "subscribe", "tags", "teaser", "teasers", "trending", "widget", "widgets",
    )
)  # fmt: skip
"""Parts of class and id names after the first that mean boilerplate: ``user-comments``, ``article__comments``, ``postShare``. Whole
words, unlike :data:`BOILERPLATE`; not if the element holds the article, too."""

NEUTRAL_STARTS = frozenset(("has", "have", "hide", "is", "layout", "no", "not", "show", "with", "without"))
"""First parts of names that describe what else is on the page: ``has-sidebar``, ``no-comments``."""

WRAPPERS = ("div", "section", "ul", "ol", "dl", "li", "p", "span", "table", "article")
"""Elements that are removed because of their class or id. ``body`` and ``main`` are not among them, and ``article`` only as a
reader's comment: their names describe the whole page."""

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

MARKED = (("[itemprop=comment]", "itemprop"), ("[itemtype$='schema.org/Comment']", "schema.org/Comment"))
"""Selectors of comments in microdata, and the string without which a page has none."""

MAX_LINKED = 0.3
"""A list with a larger share of its words in links is a menu or a list of teasers."""

MAX_NAMES = 200
"""Maximum number of boilerplate names that are looked for in a page, because each costs a walk through it. Real pages have a few
dozen."""

MAX_LISTS = 100
"""Pages with more lists are read as they are: looking at a list takes time that grows with the page (100 lists: 40 ms)."""

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
"""Depth of nested elements from which a page counts as too deep. Real pages have a few dozen levels; browsers stop at 512."""

KEPT_BLOCKS = 64
"""Blocks that a page keeps if it is too deep; each costs a share of the time of all that it holds."""

FAST = 2_000_000
"""Number of blocks times number of tags up to which a page may be nested in any way: extraction then takes at most half a second."""

FEW_TAGS = 2000
"""Pages with fewer tags may have any formatting."""

_BLOCK = re.compile(r"<(/?)(?:div|article)(?=[\s/>])", re.IGNORECASE)
_FORMATTING = re.compile(
    r"<(/?)(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])", re.IGNORECASE
)
_PAGE_START = re.compile(
    rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_EXTRACTION: dict[str, Any] = {"main_content": True, "alt_texts": False, "list_bullets": False}
_WRAPPER = re.compile(rf"<({'|'.join(WRAPPERS)})\s([^<>]{{1,2000}})>", re.IGNORECASE)
_NAMES = re.compile(r"""\b(class|id)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_BOILERPLATE_NAME = re.compile(rf"(?:{'|'.join(BOILERPLATE)})[\w-]*", re.ASCII | re.IGNORECASE)
_COMMENT_NAME = re.compile(
    r"(?:[\w-]+[-_])?comments?(?:[-_]+(?:body|item|content|\d+))?", re.ASCII | re.IGNORECASE
)
_ASCII_NAME = re.compile(r"[\w-]{1,100}", re.ASCII)
_PART = re.compile(r"[-_]+|(?<=[a-z])(?=[A-Z])")
_SENTENCE_END = re.compile(r"[.!?…:;][\"'”’)\]]*$")


def main_text(content: bytes) -> str:
    """Extract the article of a page.

    Parameters
    ----------
    content : bytes
        HTML.

    Returns
    -------
    str
        One paragraph per line; empty if there is no prose.
    """
    return read(content)[0]


def read(content: bytes, charset: str | None = None) -> tuple[str, tuple[Mark, ...]]:
    """Extract the article of a page and its marks of translation.

    Parameters
    ----------
    content : bytes
        HTML.
    charset : str, optional
        Encoding that the server declared; the page's own declaration and its bytes count, too.

    Returns
    -------
    text : str
        As :func:`main_text` gives it.
    marks : tuple of Mark
        As :func:`mtdetect.inputs.markup.marks` gives them.
    """
    page = _decoded(content, charset)
    return _article(page), markup.marks(page)


def _article(page: str) -> str:
    from resiliparse.extract.html2text import extract_plain_text

    page, tree = _parsed(page)
    if 0 < page.lower().count("<ul") <= MAX_LISTS:
        _keep_lists_of_prose(tree)
    inner = _prose(extract_plain_text(tree, skip_elements=_selectors(page, tree), **_EXTRACTION))
    if inner.count(" ") >= MIN_WORDS:
        return inner
    return _prose(extract_plain_text(tree, **_EXTRACTION))


def is_page(content: bytes, *, sure: bool) -> bool:
    """Whether bytes of unknown type are an HTML page.

    Parameters
    ----------
    content : bytes
        The bytes.
    sure : bool
        Whether they must start like a page; otherwise a tag near the start is enough.
    """
    start = content[:512].replace(b"\0", b"")
    return bool(_PAGE_START.match(start)) if sure else b"<" in start


def declared(content: bytes, charset: str | None) -> str | None:
    """Decode a text with the encoding that its server declared.

    Only the encodings of the WHATWG Encoding Standard count. Python knows others (``idna``, ``punycode``,
    ``unicode_escape``) that do not encode web texts or take quadratic time.

    Parameters
    ----------
    content : bytes
        The text.
    charset : str, optional
        Encoding that the server declared; the page's own declaration and its bytes count, too.

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


def _parsed(page: str) -> tuple[str, HTMLTree]:
    """Parse a page so that extraction takes time in proportion to its length; also the page as it was parsed.

    - A parser opens formatting elements that are never closed anew in each block, and makes as many elements as there are blocks times
      formatting elements. The article does not depend on them, so that they become ``wbr`` elements, which hold nothing.
    - Extraction time grows with the number of ``div`` and ``article`` elements around each element (no others that were tried):
      80,000 of them, half a megabyte, took minutes. The depth is that of the parsed tree: which end tags count cannot be seen in the
      page's source. In a page that is too deep only the first ones stay, and others become ``br`` elements.
    """
    from resiliparse.parse.html import HTMLTree

    tags = page.count("<")
    if tags > FEW_TAGS:
        page = _FORMATTING.sub(r"<\1wbr", page)
    tree = HTMLTree.parse(page)
    if tags * len(_BLOCK.findall(page)) > FAST and _is_deep(tree):
        kept = [match.start() for match, _ in zip(_BLOCK.finditer(page), range(KEPT_BLOCKS), strict=False)]
        after = kept[-1] + 1
        page = page[:after] + _BLOCK.sub(r"<\1br", page[after:])
        tree = HTMLTree.parse(page)
    return page, tree


def _is_deep(tree: HTMLTree) -> bool:
    """Whether elements of a page are nested too deeply."""
    from resiliparse.parse.html import traverse_dom

    def check(context: Any) -> None:
        if context.depth > MAX_DEPTH:
            raise _DepthError

    try:
        if tree.body is not None:
            traverse_dom(tree.body, check, elements_only=True)
    except _DepthError:
        return True
    return False


class _DepthError(Exception):
    """An element is nested too deeply."""


def _keep_lists_of_prose(tree: HTMLTree) -> None:
    """Replace ``ul`` elements that hold prose by ``ol`` elements.

    Resiliparse drops every ``ul`` near the root as a menu, but no ``ol``. Few words of prose are in links, and no item has
    a heading as teasers do.
    """
    if tree.body is None:
        return
    for menu in list(tree.body.query_selector_all("ul")):
        parent = menu.parent
        if parent is None or parent.tag == "li" or _is_boilerplate(menu):
            continue
        words = _words(menu)
        if words < MIN_WORDS or menu.query_selector("h1, h2, h3, h4, article") is not None:
            continue
        items = len(menu.query_selector_all("li"))
        linked = sum(_words(link) for link in menu.query_selector_all("a"))
        if words >= SHORT_LINE * items and linked <= MAX_LINKED * words:
            prose: Any = tree.create_element("ol")
            for child in list(menu.child_nodes):  # the list changes as its items move
                prose.append_child(child)
            menu.replace_with(prose)


def _is_boilerplate(element: ElementNode) -> bool:
    names = (*element.class_list, element.id or "")
    return any(_BOILERPLATE_NAME.fullmatch(name) or _has_boilerplate_part(name) for name in names)


def _words(element: ElementNode) -> int:
    return len((element.text or "").split())


def _selectors(page: str, tree: HTMLTree) -> list[str]:
    """Selectors of boilerplate. Only names that the page uses, because each selector costs a walk through the tree."""
    found: set[str] = set()
    refused: dict[str, bool] = {}
    for tag, attributes in _WRAPPER.findall(page):
        tag = tag.lower()
        for name_of, *quoted in _NAMES.findall(attributes):
            for name in "".join(quoted).split():
                if tag == "article" and not _COMMENT_NAME.fullmatch(name):
                    continue
                if not _BOILERPLATE_NAME.fullmatch(name):
                    if not _has_boilerplate_part(name):
                        continue
                    if name not in refused:
                        if len(refused) >= MAX_NAMES:
                            continue
                        refused[name] = _holds_article(tree, name)
                    if refused[name]:
                        continue
                if len(found) >= MAX_NAMES:
                    break
                by_class = name_of.lower() == "class"
                found.add(f"{tag}[class~='{name}']" if by_class else f"{tag}[id='{name}']")
    marked = [selector for selector, mark in MARKED if mark in page]
    return [*ELEMENTS, *marked, *sorted(found)]


def _has_boilerplate_part(name: str) -> bool:
    """Whether a later part of a name says boilerplate: ``user-comments``, ``article__comments``, but not ``has-sidebar``."""
    if not _ASCII_NAME.fullmatch(name):
        return False
    first, *others = (part.lower() for part in _PART.split(name))
    return first not in NEUTRAL_STARTS and not LATER_PARTS.isdisjoint(others)


def _holds_article(tree: HTMLTree, name: str) -> bool:
    """Whether an element with this class or id holds the article, too, as a wrapper ``content-sidebar-wrap`` does."""
    body = tree.body
    if body is None:
        return False
    inner = "h1, main" if "comment" in name.lower() else "h1, main, article"
    return any(
        element.query_selector(inner) is not None
        for element in (*body.get_elements_by_class_name(name), *body.get_elements_by_attr("id", name))
    )


def _prose(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if _is_prose(line))


def _is_prose(line: str) -> bool:
    """Whether a line reads like part of an article."""
    words = line.count(" ") + 1
    if not line or words < 3 or (len(line) < 300 and NOTICE.search(line)):
        return False
    return words >= SHORT_LINE or bool(_SENTENCE_END.search(line))
