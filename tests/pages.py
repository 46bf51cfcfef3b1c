"""Web pages in several layouts around one article, all written for this project.

Each layout adds the boilerplate of such pages: menus, teasers, captions, comments, cookie notices, addresses.
``BOILERPLATE`` lists sentences of it, which must not appear in the extracted text.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape

TITLE = "Ferry company keeps the early crossing"

ARTICLE = (
    "The ferry company will keep its early crossing for another winter, the harbour board said on Tuesday, after a "
    "petition by bakers, nurses and school teachers gathered more than nine hundred names in three weeks.",
    "Ruth Alder, who has driven the bread van for eleven years, said she had stopped counting the mornings on which "
    "hers was the only vehicle aboard. “Nobody builds a timetable around one van,” she said. “But then the nurses came, "
    "and the man who teaches physics, and all at once there were thirty of us standing in the rain.”",
    "The board had wanted to cancel the sailing because it loses about four pounds for every passenger carried between "
    "November and March. Its chairman, Peter Lunt, admitted that the figures had not changed. What had changed, he said, "
    "was the board's idea of what the figures were for.",
    "Under the new plan the first boat leaves at ten past five instead of five o'clock, and it no longer waits for the "
    "mail. The post office has agreed to send its bags with the second crossing, which gives the crew time to hose down "
    "the deck before the children arrive.",
    "Not everyone is pleased. Residents of Quay Terrace have asked for years that engines be kept off until six, and one "
    "of them told the meeting that she would sooner swim. Mr Lunt replied that the board would look at quieter winches, "
    "though he could not promise that they would be bought before the spring.",
    "The company expects to publish the winter timetable next week. Tickets bought for the old sailing remain valid, and "
    "anyone who cannot use theirs may have the money back at the office on the pier until the end of the month.",
)

BOILERPLATE = (
    "We use cookies and similar technologies to improve your experience",
    "Sign up for our morning newsletter",
    "Ten harbour towns you must visit before the summer ends",
    "All rights reserved. No part of this site may be reproduced",
    "Great article, my grandfather worked on that boat for years",
    "Follow us on social media for the latest updates",
    "You have read two of your three free articles this month",
    "Storm closes the coastal road for a second night",
)
COOKIES, NEWSLETTER, TEASER, RIGHTS, COMMENT, FOLLOW, WALL, OTHER = BOILERPLATE

MENU = "".join(
    f'<li><a href="/{name.lower()}">{name}</a></li>'
    for name in ("Home", "News", "Sport", "Weather", "Travel", "Opinion", "Video", "Jobs", "Contact")
)
TEASERS = "".join(
    f'<div class="card"><a href="/t{k}"><img src="/t{k}.jpg" alt=""><h3>{text}</h3></a>'
    f"<p>{text}, and what our readers think about it. <a href='/t{k}'>Read more</a></p></div>"
    for k, text in enumerate((TEASER, OTHER, "Council to vote on parking charges", "The last lamp lighter"))
)
SCRIPT = "<script>window.dataLayer=[];var text='The quick brown fox is not part of the article';</script>"


def paragraphs(texts: tuple[str, ...]) -> str:
    return "\n".join(f"<p>{escape(text)}</p>" for text in texts)


def page(head: str, body: str) -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{head} | The Pier</title>'
        f"<style>.a{{color:red}}</style>{SCRIPT}</head><body>{body}{SCRIPT}</body></html>"
    )


def news(title: str, texts: tuple[str, ...]) -> str:
    """Semantic elements, as large newspapers write them."""
    return page(
        title,
        f'<div id="cookie-banner" class="cookie-consent"><p>{COOKIES}. <button>Accept all</button></p></div>'
        f"<header><nav><ul>{MENU}</ul></nav></header><main><article><h1>{title}</h1>"
        f'<p class="byline">By Joan Tern, Tuesday 4 March</p>{paragraphs(texts[:2])}'
        f'<aside class="newsletter"><p>{NEWSLETTER}.</p></aside>{paragraphs(texts[2:])}</article></main>'
        f'<aside class="related"><h2>More from The Pier</h2>{TEASERS}</aside>'
        f'<section id="comments" class="comments"><h2>3 comments</h2><div class="comment"><p>{COMMENT}.</p></div></section>'
        f"<footer><p>© The Pier. {RIGHTS}.</p><p>{FOLLOW}.</p></footer>",
    )


def divs(title: str, texts: tuple[str, ...]) -> str:
    """No semantic element at all, only classes."""
    return page(
        title,
        f'<div class="top"><div class="menu"><ul>{MENU}</ul></div></div><div class="wrap"><div class="col-8">'
        f'<div class="headline">{title}</div><div class="entry-content">{paragraphs(texts)}</div>'
        f'<div class="share-buttons">{FOLLOW}.</div></div><div class="col-4 sidebar"><div class="widget">{TEASERS}</div>'
        f'<div class="widget">{NEWSLETTER}.</div></div></div><div class="footer">{RIGHTS}.</div>',
    )


def table(title: str, texts: tuple[str, ...]) -> str:
    """A table for the columns and line breaks for the paragraphs, as in the nineties."""
    cells = "".join(f'<tr><td><a href="/{k}">Page {k}</a></td></tr>' for k in range(20))
    return page(
        title,
        f'<table width="100%"><tr><td colspan="2"><table><tr>{MENU.replace("li>", "td>")}</tr></table></td></tr><tr>'
        f'<td width="150"><table>{cells}</table></td><td><font size="5"><b>{title}</b></font><br><br>'
        f'{"<br><br>".join(escape(text) for text in texts)}</td></tr><tr><td colspan="2"><font size="1">{RIGHTS}.'
        "</font></td></tr></table>",
    )


def blog(title: str, texts: tuple[str, ...]) -> str:
    """The theme of a blog engine, with comments longer than a paragraph of the article."""
    comments = "".join(
        f'<li class="comment"><div class="comment-body"><p>{COMMENT}, and I still have the photograph of it that my mother '
        f"took in the year of the flood, number {k}, which I would be glad to send to anyone who asks.</p></div></li>"
        for k in range(4)
    )
    return page(
        title,
        f'<div id="page"><div id="masthead"><h1><a href="/">The Pier</a></h1></div><ul id="nav-menu">{MENU}</ul>'
        f'<div id="content"><div class="post hentry"><h2 class="entry-title">{title}</h2>'
        f'<div class="entry-meta">Posted on March 4 by joan in <a href="/c">Harbour</a></div>'
        f'<div class="entry-content">{paragraphs(texts)}</div>'
        f'<div class="entry-utility">Tagged <a href="/t/ferry">ferry</a>, <a href="/t/bread">bread</a></div></div>'
        f'<div id="comments"><h3>4 thoughts</h3><ol class="commentlist">{comments}</ol></div></div>'
        f'<div id="secondary" class="widget-area"><h3>Recent posts</h3><ul><li><a href="/1">{OTHER}</a></li>'
        f'<li><a href="/2">{TEASER}</a></li></ul></div><div id="colophon">{RIGHTS}.</div></div>',
    )


def encyclopedia(title: str, texts: tuple[str, ...]) -> str:
    """Headings, an info box, notes, and links within the text."""
    linked = [
        escape(text)
        .replace("ferry", '<a href="/wiki/Ferry">ferry</a>')
        .replace("board", '<a href="/b">board</a>')
        for text in texts
    ]
    return page(
        title,
        f'<div id="mw-navigation"><ul>{MENU}</ul></div><div id="content" role="main"><h1>{title}</h1>'
        '<table class="infobox"><tr><th>Route</th><td>Pier to Quay</td></tr><tr><th>Length</th><td>4 km</td></tr></table>'
        f"<p>{linked[0]}</p><h2>Background</h2>{''.join(f'<p>{text}</p>' for text in linked[1:3])}<h2>Timetable</h2>"
        + "".join(f"<p>{text}<sup><a href='#n'>[1]</a></sup></p>" for text in linked[3:])
        + f'</div><div id="footer"><ul><li>{RIGHTS}.</li></ul></div>',
    )


def magazine(title: str, texts: tuple[str, ...]) -> str:
    """Class names without meaning, teasers between the paragraphs, and a paywall over the text."""
    inner = "".join(
        f'<p class="css-1x2y3z">{escape(text)}</p>'
        + (f'<div class="promo related-links"><a href="/x{k}">{TEASER}</a></div>' if k in (1, 3) else "")
        for k, text in enumerate(texts)
    )
    return page(
        title,
        f'<div class="css-9a8b"><nav class="css-77">{MENU}</nav></div><div class="css-12"><article class="css-44">'
        f'<h1 class="css-1">{title}</h1><figure><img src="a.jpg" alt=""><figcaption>The pier at dawn. Photograph: J. Tern'
        f'</figcaption></figure>{inner}</article></div><div class="paywall-overlay modal"><p>{WALL}.</p></div>'
        f'<div class="newsletter-signup"><form><p>{NEWSLETTER}.</p><input name="e"></form></div>'
        f'<footer class="css-99">{RIGHTS}.</footer>',
    )


def bare(title: str, texts: tuple[str, ...]) -> str:
    """Only the text, with unclosed tags in capitals."""
    return (
        f"<HTML><BODY><H1>{title}</H1>" + "".join(f"<P>{escape(text)}" for text in texts) + "</BODY></HTML>"
    )


def forum(title: str, texts: tuple[str, ...]) -> str:
    """A single-page application: nested divs, the text in a list of blocks."""
    blocks = "".join(
        f'<div class="block"><div class="text"><span>{escape(text)}</span></div></div>' for text in texts
    )
    return page(
        title,
        f'<div id="app"><div class="navbar">{MENU}</div><div class="layout"><div class="breadcrumbs"><a href="/">Home</a> / '
        f'<a href="/h">Harbour</a></div><div class="story"><div class="title">{title}</div>{blocks}</div>'
        f'<div class="recommended">{TEASERS}</div></div><div class="gdpr-notice">{COOKIES}.</div>'
        f'<div class="site-footer">{RIGHTS}. {FOLLOW}.</div></div>',
    )


LAYOUTS: dict[str, Callable[[str, tuple[str, ...]], str]] = {
    layout.__name__: layout for layout in (news, divs, table, blog, encyclopedia, magazine, bare, forum)
}
