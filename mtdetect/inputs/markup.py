"""Marks in the markup of a page that say it is a machine translation, or that its site offers some.

Translation plugins and browsers leave them. They say nothing about the text's wording, so they change neither score nor
label. The first ones are those by which the crawl cleaner warc2text drops pages.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from mtdetect.verdict import Mark

MIN_LANGUAGES = 12
"""Copies of a page in so many languages are rarely all made by people: the European Union's institutions, which do it, have 24."""

Says = Literal["translated", "offered"]


class _Sign(NamedTuple):
    name: str
    says: Says
    meaning: str
    tag: str | None = None
    """Pattern of a tag."""
    page: str | None = None
    """Pattern of anything in the page."""


_SIGNS = (
    _Sign(
        "translation-stats", "translated", "a plugin (Transposh) counts how much of this page it translated",
        r"<meta\b[^>]*\bname\s*=\s*[\"']?translation-stats\b",
    ),
    _Sign(
        "machine-translated-from", "translated", "the page names the page that it was machine-translated from",
        r"<link\b[^>]*\brel\s*=\s*[\"']?[^\"'>]*\bmachine-translated-from\b",
    ),
    _Sign(
        "translated-class", "translated", "saved from a browser that showed the page translated (Google Translate)",
        r"<(?:html|body)\b[^>]*\bclass\s*=\s*[\"']?[^\"'>]*\btranslated-(?:ltr|rtl)\b",
    ),
    _Sign(
        "inherit-font", "translated", "text wrapped as Google Translate wraps what it translated",
        r"<font\b[^>]*\bstyle\s*=\s*[\"']?\s*vertical-align:\s*inherit\b",
    ),
    _Sign(
        "edge-translation", "translated", "saved from a browser that showed the page translated (Microsoft Translator)",
        r"<[a-z][^>]*\s_mst(?:texthash|hash|visible)\s*=",
    ),
    _Sign(
        "immersive-translate", "translated", "saved from a browser with the extension Immersive Translate, which adds translations",
        r"<[a-z][^>]*\b(?:class|data-immersive-translate[\w-]*)\s*=\s*[\"']?[^\"'>]*\bimmersive-translate-target",
    ),
    _Sign(
        "translation-proxy", "translated", "served by a translating proxy (Google Translate)",
        r"<(?:base|link|meta)\b[^>]*(?:\.translate\.goog\b|translate\.googleusercontent\.com\b)",
    ),
    _Sign(
        "notice", "translated", "the page says that it was translated automatically",
        page=r"\b(?:this|the following)\s+(?:page|article|content|text|post|website|site|translation)\s+(?:was|is|has\s+been)\s+"
        r"(?:(?:automatically|machine)[\s-]+(?:translated|generated\s+translation)"
        r"|translated\s+(?:automatically|by\s+(?:a\s+)?(?:machine|google|deepl|bing|software|computer)))",
    ),
    _Sign("gtranslate", "offered", "the site offers machine translations of its pages (GTranslate)", r"<[a-z][^>]*\bgt(?:ranslate|_selector|-current-lang)"),
    _Sign("transposh", "offered", "the site offers machine translations of its pages (Transposh)", r"<[a-z][^>]*\btransposh"),
    _Sign(
        "weglot", "offered", "the site offers machine translations of its pages (Weglot)",
        r"<[a-z][^>]*(?:\bweglot|\sdata-wg-)", r"\bWeglot\.(?:initialize|setup)\b",
    ),
    _Sign("translatepress", "offered", "the site offers translations of its pages (TranslatePress)", r"<[a-z][^>]*(?:\btranslatepress|\sdata-trp-|\btrp-language-switcher)"),
    _Sign("conveythis", "offered", "the site offers machine translations of its pages (ConveyThis)", r"<[a-z][^>]*\bconveythis"),
    _Sign("linguise", "offered", "the site offers machine translations of its pages (Linguise)", r"<[a-z][^>]*\blinguise"),
    _Sign(
        "google-translate-widget", "offered", "the page has a button for machine translation (Google Translate)",
        r"<[a-z][^>]*(?:\bgoogle_translate_element|translate_a/element\.js)",
    ),
)  # fmt: skip

_MANY_LANGUAGES = Mark(
    "hreflang", "offered", f"the page names copies of itself in {MIN_LANGUAGES} or more languages"
)

NAMES = (*(sign.name for sign in _SIGNS), _MANY_LANGUAGES.mark)
MEANINGS = {sign.name: sign.meaning for sign in _SIGNS} | {_MANY_LANGUAGES.mark: _MANY_LANGUAGES.meaning}
"""What each mark means."""
SAYS: tuple[Says, ...] = ("translated", "offered")

_TAG = re.compile(r"<[A-Za-z][^<>]{0,2000}>")
_HREFLANG = re.compile(r"<(?:link|a)\b[^>]*\bhreflang\s*=\s*[\"']?([a-z]{2,3})\b", re.IGNORECASE)
_PATTERNS = tuple(
    (
        Mark(sign.name, sign.says, sign.meaning),
        re.compile(sign.tag, re.IGNORECASE) if sign.tag else None,
        re.compile(sign.page, re.IGNORECASE) if sign.page else None,
    )
    for sign in _SIGNS
)


def marks(page: str) -> tuple[Mark, ...]:
    """Find the marks of a page.

    Parameters
    ----------
    page : str
        HTML.

    Returns
    -------
    tuple of Mark
        Each at most once; those that say the page is a translation first.
    """
    tags = "\n".join(_TAG.findall(page))
    found = [
        mark
        for mark, tag, anywhere in _PATTERNS
        if (tag and tag.search(tags)) or (anywhere and anywhere.search(page))
    ]
    languages = {language.lower() for language in _HREFLANG.findall(tags)}
    if len(languages) >= MIN_LANGUAGES:
        found.append(_MANY_LANGUAGES)
    return tuple(found)
