"""A report in HTML: texts with a heat map of their sentences, their evidence and what speaks for the verdict.

One file that needs nothing else: no script, no font, no address. Its Content-Security-Policy forbids the browser to load or
run anything, so a hostile text that slipped through the escaping could do nothing either. What colour says is also said in
words or figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from itertools import pairwise
from typing import NamedTuple

import mtdetect
from mtdetect.rendering import highlight
from mtdetect.rendering.highlight import html_line
from mtdetect.style import NAMES, UNKNOWN_UNIT, StyleProfile, figure, name_of
from mtdetect.verdict import Evidence, SentenceScore, Verdict

POLICY = "default-src 'none'; style-src 'unsafe-inline'"

LEVELS = (0.2, 0.4, 0.6, 0.8)
"""Scores at which a sentence's background grows darker."""

NUMBERED = 0.6
"""Score from which a sentence carries its score as a figure, for eyes and printers that tell no colours apart."""

HEADINGS = {
    "original": "Written by a person",
    "machine_translated": "Machine-translated",
    "spun": "Spun",
    "uncertain": "Uncertain",
    "unsupported": "Not judged",
}

KINDS = {
    "collocation": "words that do not keep company",
    "name": "name with a part replaced",
    "spelling": "one letter from a usual pair",
    "passage": "the same passage in two versions",
    "agreement": "wrong form of a possessive",
    "hyphen": "torn hyphen",
    "spin_syntax": "spin syntax left in the text",
    "article": "wrong article",
    "repetition": "doubled word",
    "stop": "stray full stop",
    "orphan": "piece of a sentence",
    "untranslated": "word of the source language",
    "name_variant": "a name in another spelling",
    "homograph": "function word taken for another word",
    "listed": "phrase of your list",
}
"""Kinds of evidence for people; others are shown by their own name."""

STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--soft:#57606a;--line:#d0d7de;--card:#f6f8fa;
--h1:#fdf0d5;--h2:#fbe0b0;--h3:#f8c98c;--h4:#f3ab78;--mark:#9a1c1c;--note:#1b1f24;--noteink:#fff;
--good:#0f6b2f;--bad:#9a1c1c;--open:#7a4b00}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#0d1117;--soft:#9ea7b3;--line:#3d444d;--card:#161b22;
--h1:#2b2413;--h2:#40310f;--h3:#5a3d0d;--h4:#743f10;--mark:#ffb3a7;--note:#e6edf3;--noteink:#0d1117;
--good:#6fdd8b;--bad:#ffb3a7;--open:#f0c674}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:52rem;padding:1rem;font:1rem/1.6 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
h1{font-size:1.4rem;margin:.5rem 0}h2{font-size:1.25rem;margin:0;overflow-wrap:anywhere}h3{font-size:1rem;margin:1.2rem 0 .3rem}
p{margin:.4rem 0}.soft,footer,caption{color:var(--soft)}
article{border:1px solid var(--line);border-radius:.5rem;padding:1rem;margin:1.2rem 0}
.verdict{font-size:1.1rem;font-weight:700}.good{color:var(--good)}.bad{color:var(--bad)}.open{color:var(--open)}
dl{display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;margin:.5rem 0}dl div{display:flex;gap:.4rem}dt{color:var(--soft)}
dd{margin:0;font-variant-numeric:tabular-nums}
.text{white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate;background:var(--card);border-radius:.4rem;padding:.8rem}
.h1{background:var(--h1)}.h2{background:var(--h2)}.h3{background:var(--h3)}.h4{background:var(--h4)}
.s sup,.legend sup{font-size:.65em;padding:0 .15em;color:var(--ink);user-select:none}
mark{position:relative;background:none;color:inherit;text-decoration:underline wavy var(--mark);text-underline-offset:.2em;
font-weight:600}
mark:focus{outline:2px solid var(--mark);outline-offset:1px}
mark[data-note]:is(:hover,:focus)::after{content:attr(data-note);position:absolute;left:0;top:1.7em;z-index:1;width:max-content;
max-width:16rem;white-space:normal;padding:.3rem .5rem;border-radius:.3rem;background:var(--note);color:var(--noteink);
font-size:.85rem;font-weight:400;line-height:1.3}
.legend{display:flex;flex-wrap:wrap;gap:.4rem;list-style:none;padding:0;margin:.6rem 0;font-size:.85rem}
.legend li{padding:.1rem .5rem;border:1px solid var(--line);border-radius:.3rem}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}caption{text-align:left}
th,td{text-align:left;padding:.25rem .6rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}ul.plain{padding-left:1.2rem;margin:.3rem 0}
a{color:inherit}
@media print{body{max-width:none;padding:0;font-size:10pt}article{border:0;padding:0;break-before:page}
article:first-of-type{break-before:auto}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
mark::after{display:none!important}tr,li{break-inside:avoid}}
"""


class ReportItem(NamedTuple):
    """What a report says about one text.

    Attributes
    ----------
    text : str
        As it was scored.
    verdict : Verdict
        With evidence.
    profile : StyleProfile or None
        Its measurements, if they are to be shown.
    """

    text: str
    verdict: Verdict
    profile: StyleProfile | None = None


def html_report(items: Iterable[ReportItem]) -> str:
    """Write a report.

    Parameters
    ----------
    items : iterable of ReportItem
        One a text.

    Returns
    -------
    str
        A whole HTML document.

    Examples
    --------
    >>> import mtdetect
    >>> from mtdetect.rendering.html_score import ReportItem, html_report
    >>> text = "It rained all day, so we stayed in and read."
    >>> html_report([ReportItem(text, mtdetect.load().score(text))])[:15]
    '<!DOCTYPE html>'
    """
    given = list(items)
    flagged = sum(item.verdict.flagged for item in given)
    count = f"{len(given)} text{'' if len(given) == 1 else 's'}, {flagged} flagged"
    return "".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            '<meta name="referrer" content="no-referrer">\n',
            f"<title>mtdetect: {count}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n",
            f"<h1>mtdetect: {count}</h1>\n",
            *_contents(given),
            *(part for number, item in enumerate(given, start=1) for part in _article(number, item)),
            f"</main>\n<footer><p>mtdetect {html_line(mtdetect.__version__)}. A score is a statement about wording, not proof "
            "of what somebody did.</p></footer>\n</body>\n</html>\n",
        ]
    )


def _contents(items: list[ReportItem]) -> Iterator[str]:
    """A list of the texts, if there are several."""
    if len(items) < 2:
        return
    yield '<nav aria-label="Texts">\n<ul class="plain">\n'
    for number, (_, verdict, _) in enumerate(items, start=1):
        label = HEADINGS[verdict.label].lower()
        yield f'<li><a href="#t{number}">{html_line(_name(verdict, number))}</a>: {label}</li>\n'
    yield "</ul>\n</nav>\n"


def _article(number: int, item: ReportItem) -> Iterator[str]:
    text, verdict, profile = item
    yield f'<article id="t{number}" aria-labelledby="t{number}h">\n<h2 id="t{number}h">{html_line(_name(verdict, number))}</h2>\n'
    tone = "bad" if verdict.flagged else "good" if verdict.label == "original" else "open"
    yield f'<p class="verdict {tone}">{HEADINGS[verdict.label]}{_why(verdict)}</p>\n'
    if verdict.label == "unsupported":
        yield "</article>\n"
        return
    facts = {
        "score": f"{verdict.score:.3f}",
        "p-value": f"{verdict.p_value:.2g}",
        "error budget": f"{verdict.fpr:g}",
        "quality": f"{verdict.quality:.0f} of 100",
        "words": f"{verdict.words:,}",
        **{name.replace("_", " "): f"{share:.1%}" for name, share in verdict.probabilities.items()},
    }
    yield (
        "<dl>"
        + "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts.items())
        + "</dl>\n"
    )
    yield from _legend()
    yield '<div class="text" dir="ltr">'
    yield from _marked(number, text, verdict)
    yield "</div>\n"
    yield from _evidence(number, verdict.evidence)
    yield from _reasons(verdict)
    if profile is not None:
        yield from _profile(profile)
    model = verdict.model
    yield f'<p class="soft">Model {html_line(model.name)} {html_line(model.version)}, {html_line(model.sha256[:12])}</p>\n</article>\n'


def _why(verdict: Verdict) -> str:
    if verdict.reason is None:
        return ""
    if verdict.label == "unsupported":
        return f": {html_line(verdict.reason)}"
    if verdict.reason == "short":
        return ": too short to say"
    if verdict.reason == "budget":
        return ": looks degraded, but not surely enough for the error budget"
    return f": {html_line(verdict.reason)}"


def _legend() -> Iterator[str]:
    bounds = (0.0, *LEVELS, 1.0)
    yield '<ul class="legend" aria-label="Legend: background by the score of a sentence">\n'
    for level, (low, high) in enumerate(pairwise(bounds)):
        figure_ = f"<sup>{low:.2f}</sup>" if low >= NUMBERED else ""
        yield f'<li class="h{level}">{low:.1f} to {high:.1f}{figure_}</li>\n'
    yield "<li><mark>underlined</mark>: evidence</li>\n</ul>\n"


def _marked(number: int, text: str, verdict: Verdict) -> Iterator[str]:
    """The text, its sentences as tinted spans, its evidence as marks."""
    order = {id(one): k for k, one in enumerate(verdict.evidence, start=1)}
    inside: SentenceScore | None = None
    for piece in highlight.pieces(text, verdict):
        if piece.sentence is not inside:
            inside = piece.sentence
            if inside is not None:
                yield f'<span class="s h{_level(inside.score)}" title="score {inside.score:.2f}">'
        shown = escape(piece.text, quote=False)
        if piece.evidence is not None:
            note = html_line(_note(piece.evidence))
            yield (
                f'<mark tabindex="0" data-note="{note}" title="{note}" '
                f'aria-describedby="t{number}e{order[id(piece.evidence)]}">{shown}</mark>'
            )
        else:
            yield shown
        if piece.closes_sentence and inside is not None:
            if inside.score >= NUMBERED:
                yield f'<sup title="score of this sentence">{inside.score:.2f}</sup>'
            yield "</span>"
            inside = None


def _evidence(number: int, evidence: tuple[Evidence, ...]) -> Iterator[str]:
    yield f"<h3>Evidence ({len(evidence)})</h3>\n"
    if not evidence:
        yield "<p>No span was found that another wording would fit much better.</p>\n"
        return
    yield '<div class="wide"><table>\n<thead><tr><th scope="col">phrase</th><th scope="col">people would write</th>'
    yield '<th scope="col">kind</th><th scope="col" class="n">weight</th></tr></thead>\n<tbody>\n'
    for k, one in enumerate(evidence, start=1):
        yield (
            f'<tr id="t{number}e{k}"><td>{html_line(one.text)}</td><td>{html_line(one.suggestion or "–")}</td>'
            f'<td>{html_line(KINDS.get(one.kind, one.kind))}</td><td class="n">{one.weight:.1f}</td></tr>\n'
        )
    yield "</tbody></table></div>\n"


def _reasons(verdict: Verdict) -> Iterator[str]:
    if not verdict.reasons:
        return
    yield '<h3>What moved the score</h3>\n<div class="wide"><table>\n<thead><tr><th scope="col">reason</th>'
    yield '<th scope="col">measured</th><th scope="col" class="n">here</th><th scope="col" class="n">people</th></tr></thead>\n<tbody>\n'
    for reason in verdict.reasons:
        unit = NAMES.get(reason.feature, ("", UNKNOWN_UNIT))[1]
        low, high = (figure(bound, unit) for bound in reason.typical)
        yield (
            f"<tr><td>{html_line(reason.text)}</td><td>{html_line(name_of(reason.feature))}</td>"
            f'<td class="n">{figure(reason.value, unit)}</td><td class="n">{low} – {high}</td></tr>\n'
        )
    yield "</tbody></table></div>\n"


def _profile(profile: StyleProfile) -> Iterator[str]:
    outside, every = profile.outside, len(profile.measurements)
    yield f"<h3>Style: {len(outside)} of {every} measurements outside the range of people's texts</h3>\n"
    if not outside:
        return
    yield '<details open><summary>Measurements</summary>\n<div class="wide"><table>\n<thead><tr><th scope="col">measurement</th>'
    yield '<th scope="col" class="n">here</th><th scope="col" class="n">people</th>'
    yield '<th scope="col" class="n">outside by</th></tr></thead>\n<tbody>\n'
    for one in outside:
        low, high = figure(one.low, one.unit), figure(one.high, one.unit)
        yield (
            f'<tr><td>{html_line(one.name)}</td><td class="n">{figure(one.value, one.unit)}</td><td class="n">{low} – {high}</td>'
            f'<td class="n">{figure(one.beyond, one.unit, signed=True)}</td></tr>\n'
        )
    yield "</tbody></table></div>\n</details>\n"


def _name(verdict: Verdict, number: int) -> str:
    return verdict.id or f"text {number}"


def _note(evidence: Evidence) -> str:
    kind = KINDS.get(evidence.kind, evidence.kind)
    return f"→ {evidence.suggestion} ({kind})" if evidence.suggestion else kind


def _level(score: float) -> int:
    return sum(score >= bound for bound in LEVELS)
