"""Two texts side by side in HTML: their sentences linked, what was changed marked, a summary on top.

One file that needs nothing else: no script, no font, no address, and a Content-Security-Policy that forbids the browser to
load or run anything. A sentence links to its counterpart; what colour says is also said by a line or a number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from html import escape
from typing import Any

import mtdetect
from mtdetect.comparison.alignment import Link
from mtdetect.comparison.result import Comparison
from mtdetect.comparison.sides import Side
from mtdetect.comparison.substitutions import KINDS, Change
from mtdetect.rendering import highlight
from mtdetect.rendering.comparison import concluded, telling_wordings
from mtdetect.rendering.highlight import html_line
from mtdetect.rendering.html_score import POLICY

HEADINGS = {
    "verbatim": "Verbatim copy",
    "edited": "Edited copy",
    "machine_translated": "Machine-translated copy",
    "spun": "Spun copy",
    "related": "No copy: the same subject",
    "unrelated": "No copy: unrelated",
}

KIND_NAMES = {
    "synonym": ("other wording", "other wordings"),
    "name": ("changed name", "changed names"),
    "inflection": ("inflection", "inflections"),
    "reordering": ("reordering", "reorderings"),
    "omission": ("omission", "omissions"),
    "addition": ("addition", "additions"),
}

WORDINGS = 200
"""Substitutions listed, at most."""

STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--soft:#57606a;--line:#d0d7de;--card:#f6f8fa;--same:#e2efe4;
--pair:#e3edf8;--target:#ffe9a8;--mark:#9a1c1c;--good:#0f6b2f;--bad:#9a1c1c}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#0d1117;--soft:#9ea7b3;--line:#3d444d;--card:#161b22;
--same:#16301d;--pair:#152a42;--target:#5a4300;--mark:#ffb3a7;--good:#6fdd8b;--bad:#ffb3a7}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:80rem;padding:1rem;font:1rem/1.6 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
h1{font-size:1.4rem;margin:.5rem 0}h2{font-size:1.1rem;margin:0 0 .5rem;overflow-wrap:anywhere}p{margin:.4rem 0}
.soft,footer,caption{color:var(--soft)}.verdict{font-size:1.1rem;font-weight:700}.good{color:var(--good)}.bad{color:var(--bad)}
dl{display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;margin:.5rem 0}dl div{display:flex;gap:.4rem}dt{color:var(--soft)}
dd{margin:0;font-variant-numeric:tabular-nums}
.texts{display:grid;grid-template-columns:1fr 1fr;gap:1rem;margin:1rem 0}.texts section{min-width:0}
.text{white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate;background:var(--card);border:1px solid var(--line);
border-radius:.4rem;padding:.8rem}
.s{background:var(--pair);scroll-margin-top:30vh}.same{background:var(--same)}.s:target{background:var(--target);outline:2px solid var(--mark)}
.s>a{font-size:.7em;vertical-align:super;padding:.35em .45em;color:var(--ink);text-decoration:none;border:1px solid transparent}
.s>a:is(:hover,:focus){border-color:var(--mark)}
mark{background:none;color:inherit;font-weight:600;text-decoration:underline wavy var(--mark);text-underline-offset:.2em}
.legend{display:flex;flex-wrap:wrap;gap:.4rem;list-style:none;padding:0;font-size:.85rem}
.legend li{padding:.1rem .5rem;border:1px solid var(--line);border-radius:.3rem}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}caption{text-align:left}
th,td{text-align:left;padding:.25rem .6rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
@media (max-width:45rem){.texts{grid-template-columns:1fr}}
@media print{body{max-width:none;padding:0;font-size:9pt}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}tr{break-inside:avoid}}
"""


def html_page(comparison: Comparison, suspect: str | bytes, original: str | bytes) -> str:
    """Show a comparison.

    Parameters
    ----------
    comparison : Comparison
        Of the two texts.
    suspect, original : str or bytes
        The texts, as they were compared.

    Returns
    -------
    str
        A whole HTML document.
    """
    from mtdetect.comparison.compare import locate_changes
    from mtdetect.features.lexicon import shipped

    sides, found = locate_changes(comparison, suspect, original, shipped())
    names = (comparison.suspect or "suspect", comparison.original or "original")
    title = f"mtdetect: {HEADINGS[comparison.relation]}"
    return "".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            '<meta name="referrer" content="no-referrer">\n',
            f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n",
            *_summary(comparison, names),
            '<div class="texts">\n',
            *_text(0, sides, names[0], comparison.alignment, found),
            *_text(1, sides, names[1], comparison.alignment, found),
            "</div>\n",
            *_wordings(comparison, names),
            f"</main>\n<footer><p>mtdetect {html_line(mtdetect.__version__)}. A comparison is a statement about wording, not proof "
            "of what somebody did.</p></footer>\n</body>\n</html>\n",
        ]
    )


def _summary(comparison: Comparison, names: tuple[str, str]) -> Iterator[str]:
    tone = "bad" if comparison.is_copy else "good"
    yield f"<h1>{html_line(names[0])} beside {html_line(names[1])}</h1>\n"
    yield f'<p class="verdict {tone}">{HEADINGS[comparison.relation]}</p>\n<p>{html_line(concluded(comparison))}.</p>\n'
    facts = {
        "confidence": f"{comparison.confidence:.3f}",
        "sentences aligned": f"{len(comparison.alignment):,}",
        "of the suspect’s words": f"{comparison.copied:.0%}",
        "of the original’s words": f"{comparison.covered:.0%}",
    }
    yield "<dl>" + "".join(f"<div><dt>{k}</dt><dd>{v}</dd></div>" for k, v in facts.items()) + "</dl>\n"
    yield '<ul class="legend" aria-label="Legend">\n<li class="s">aligned: its number leads to the counterpart</li>\n'
    yield '<li class="s same">word for word the same</li>\n<li><mark>underlined</mark>: changed; rest the pointer on it to see what stands in the other text</li>\n<li>plain: no counterpart</li>\n</ul>\n'


def _text(
    side: int, sides: tuple[Side, Side], name: str, links: tuple[Link, ...], found: list[Change]
) -> Iterator[str]:
    """One text: aligned sentences as linked spans, changed words as marks."""
    given = sides[side]
    role = ("Suspect", "Original")[side]
    yield f'<section aria-labelledby="h{side}">\n<h2 id="h{side}">{role}: {html_line(name)}</h2>\n<div class="text" dir="ltr">'
    link_of: dict[int, tuple[int, Link]] = {}
    for number, link in enumerate(links, start=1):
        for sentence in (link.suspect, link.original)[side]:
            link_of[sentence] = number, link
    spans = given.view.batch[given.index].sentences.tolist()
    marks = _marks(side, given, found, sides[1 - side])
    text, at = given.text, 0
    anchored: set[int] = set()
    for sentence, (start, end) in enumerate(spans):
        yield _plain(text[at:start])
        at = end
        if sentence not in link_of:
            yield _plain(text[start:end])
            continue
        number, link = link_of[sentence]
        anchor = "" if number in anchored else f' id="{"so"[side]}{number}"'
        anchored.add(number)
        same = " same" if link.similarity == 1.0 else ""
        other = "os"[side]
        yield f'<span class="s{same}"{anchor} title="similarity {link.similarity:.2f}">'
        yield from _marked(text, start, end, marks)
        label = f"to the counterpart, pair {number}"
        yield f'<a href="#{other}{number}" aria-label="{label}">{number}</a></span>'
    yield _plain(text[at:]) + "</div>\n</section>\n"


def _marks(side: int, given: Side, found: list[Change], other: Side) -> list[tuple[int, int, str]]:
    """Spans of changed words, in order, with what was done to them."""
    spans = []
    for change in found:
        first, last = (change.suspect, change.original)[side]
        if first < last:
            there = (change.original, change.suspect)[side]
            wording = _span(other, *there)
            what = f"{change.kind or 'reworked'}: {wording}" if there[0] < there[1] else str(change.kind)
            spans.append((*_offsets(given, first, last), what))
    return sorted(spans)


def _offsets(side: Side, first: int, last: int) -> tuple[int, int]:
    return int(side.spans[first, 0]), int(side.spans[last - 1, 1])


def _span(side: Side, first: int, last: int) -> str:
    """Words as they stand in the text; empty if there are none."""
    if first >= last:
        return ""
    start, end = _offsets(side, first, last)
    return side.text[start:end]


def _marked(text: str, start: int, end: int, marks: list[tuple[int, int, str]]) -> Iterator[str]:
    import bisect

    at = start
    for k in range(bisect.bisect_left(marks, (start, 0, "")), len(marks)):
        first, last, what = marks[k]
        if first >= end:
            break
        first, last = max(first, at), min(last, end)
        if first >= last:
            continue
        yield _plain(text[at:first])
        yield f'<mark title="{html_line(what)}">{_plain(text[first:last])}</mark>'
        at = last
    yield _plain(text[at:end])


def _wordings(comparison: Comparison, names: tuple[str, str]) -> Iterator[str]:
    if not comparison.substitutions:
        return
    rows: list[Any] = telling_wordings(comparison, WORDINGS)
    every = len(comparison.substitutions)
    counts = Counter(one.kind for one in comparison.substitutions for _ in range(one.count))
    caption = f"{counts.total():,} changes: " + ", ".join(
        f"{counts[kind]:,} {KIND_NAMES[kind][counts[kind] > 1]}" for kind in KINDS if counts[kind]
    )
    caption += f"; {every:,} different ones" + (f", {len(rows):,} shown" if len(rows) < every else "")
    yield f'<div class="wide"><table>\n<caption>{caption}</caption>\n<thead><tr><th scope="col">{html_line(names[0])}</th>'
    yield f'<th scope="col">{html_line(names[1])}</th><th scope="col">kind</th><th scope="col" class="n">count</th></tr></thead>\n<tbody>\n'
    for one in rows:
        yield (
            f"<tr><td>{html_line(one.suspect or '–')}</td><td>{html_line(one.original or '–')}</td>"
            f'<td>{one.kind}</td><td class="n">{one.count:,}</td></tr>\n'
        )
    yield "</tbody></table></div>\n"


def _plain(text: str) -> str:
    return escape(highlight.printable(text), quote=False)
