"""What a run has found, for people: some lines for the terminal, a page for browsers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import mtdetect
from mtdetect.rendering.highlight import one_line
from mtdetect.rendering.html_score import POLICY, STYLE
from mtdetect.screening.tally import BINS, Tally
from mtdetect.verdict import DEGRADED, LABELS

WORST = 10
REASONS = 8
BLOCKS = " ▁▂▃▄▅▆▇█"

CHART_STYLE = """
svg{width:100%;height:auto;max-height:18rem;font:11px system-ui,sans-serif}
svg text{fill:var(--soft)}svg .bar{fill:var(--bar)}svg .flag{fill:var(--mark)}svg line{stroke:var(--line)}
:root{--bar:#4a7fb5}@media (prefers-color-scheme:dark){:root{--bar:#7fb0e0}}
"""


def text_summary(tally: Tally, took: float, speed: float | None = None) -> str:
    """Sum a run up in some lines.

    Parameters
    ----------
    tally : Tally
        What was found.
    took : float
        Seconds.
    speed : float, optional
        MB/s from the first batch on, if the run was long enough to tell; else that of the whole time is told.

    Returns
    -------
    str
        Lines, the first of which stands alone where nothing is flagged or unreadable.
    """
    labels = ", ".join(f"{tally.labels[label]:,} {label}" for label in LABELS if tally.labels[label])
    pace = (
        f"{tally.bytes / 1e6 / max(took, 1e-9):.1f} MB/s"
        if speed is None
        else f"{speed:.1f} MB/s once started"
    )
    lines = [
        f"mtdetect: {tally.records:,} records in {took:.1f} s ({pace})" + (f": {labels}" if labels else "")
    ]
    if tally.scores:
        most = max(tally.scores.values())
        bars = "".join(
            BLOCKS[max(1, round(8 * tally.scores[bar] / most)) if tally.scores[bar] else 0]
            for bar in range(BINS)
        )
        lines.append(f"scores    0 {bars} 1")
    if tally.flagged:
        lines.append("worst     " + ", ".join(_site(*one) for one in tally.worst(5)))
    if tally.reasons:
        told = tally.reasons.most_common(REASONS)
        lines.append("unread    " + ", ".join(f"{count:,} × {one_line(reason)}" for reason, count in told))
    return "\n".join(lines)


def html_report(tally: Tally, took: float, inputs: Sequence[str], fpr: float) -> str:
    """Sum a run up in a page: one file without script, font or address, for light and dark.

    Parameters
    ----------
    tally : Tally
        What was found.
    took : float
        Seconds.
    inputs : sequence of str
        As they were named.
    fpr : float
        Error budget.

    Returns
    -------
    str
        A whole HTML document.
    """
    share = tally.flagged / tally.records if tally.records else 0.0
    facts = {
        "records": f"{tally.records:,}",
        "flagged": f"{tally.flagged:,} ({share:.1%})",
        "error budget": f"{fpr:g}",
        "read": f"{tally.bytes / 1e6:,.1f} MB",
        "time": f"{took:,.0f} s",
    }
    names = ", ".join(map(one_line, inputs[:5])) + (
        f" and {len(inputs) - 5:,} more" if len(inputs) > 5 else ""
    )
    title = f"mtdetect: {tally.records:,} records, {tally.flagged:,} flagged"
    return "".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            f"<title>{title}</title>\n<style>{STYLE}{CHART_STYLE}</style>\n</head>\n<body>\n<main>\n",
            f'<h1>{title}</h1>\n<p class="soft">{escape(names)}</p>\n<dl>',
            *(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts.items()),
            "</dl>\n<h3>Labels</h3>\n",
            _bars([(label, tally.labels[label], label in DEGRADED) for label in LABELS], tally.records),
            "<h3>Scores</h3>\n",
            _histogram(tally),
            "<h3>Sites with the most flagged pages</h3>\n",
            _table(
                ("site", "pages", "flagged", "share"),
                (
                    (one_line(site), f"{pages:,}", f"{flagged:,}", f"{flagged / pages:.0%}")
                    for site, pages, flagged in tally.worst(3 * WORST)
                ),
                "No page is flagged.",
            ),
            "<h3>Records without a verdict</h3>\n",
            _table(
                ("reason", "records"),
                (
                    (one_line(reason), f"{count:,}")
                    for reason, count in tally.reasons.most_common(5 * REASONS)
                ),
                "Every record was judged.",
            ),
            f"</main>\n<footer><p>mtdetect {escape(mtdetect.__version__)}. Of pages by people, the error budget's share may be "
            "flagged; a site is suspect if its share is well above that.</p></footer>\n</body>\n</html>\n",
        ]
    )


def _bars(rows: list[tuple[str, int, bool]], total: int) -> str:
    """Horizontal bars with their figures."""
    height = 24
    parts = [f'<svg viewBox="0 0 640 {height * len(rows)}" role="img" aria-label="Records by label">']
    for k, (name, count, flagged) in enumerate(rows):
        share = count / total if total else 0.0
        parts.append(
            f'<text x="0" y="{k * height + 16}">{escape(name)}</text><rect class="{"flag" if flagged else "bar"}" x="130" '
            f'y="{k * height + 4}" width="{400 * share:.1f}" height="16"/>'
            f'<text x="{136 + 400 * share:.1f}" y="{k * height + 16}">{count:,} ({share:.1%})</text>'
        )
    return "".join(parts) + "</svg>\n"


def _histogram(tally: Tally) -> str:
    """How many records have which score."""
    most = max(tally.scores.values(), default=0)
    if not most:
        return "<p>No record was judged.</p>\n"
    width = 640 / BINS
    parts = ['<svg viewBox="0 0 640 200" role="img" aria-label="Records by score, from 0 to 1">']
    for bar in range(BINS):
        count = tally.scores[bar]
        high = 150 * count / most
        low, up = bar / BINS, (bar + 1) / BINS
        parts.append(
            f'<rect class="bar" x="{bar * width + 1:.1f}" y="{170 - high:.1f}" width="{width - 2:.1f}" height="{high:.1f}">'
            f"<title>{low:.2f} to {up:.2f}: {count:,}</title></rect>"
        )
        if count:
            parts.append(
                f'<text x="{(bar + 0.5) * width:.1f}" y="{166 - high:.1f}" text-anchor="middle">{_short(count)}</text>'
            )
    parts.append('<line x1="0" y1="170.5" x2="640" y2="170.5"/>')
    for k in range(5):
        anchor = ("start", "middle", "middle", "middle", "end")[k]
        parts.append(f'<text x="{160 * k}" y="186" text-anchor="{anchor}">{k / 4:g}</text>')
    return "".join(parts) + "</svg>\n"


def _table(names: tuple[str, ...], rows: Iterable[tuple[str, ...]], none: str) -> str:
    given = list(rows)
    if not given:
        return f"<p>{none}</p>\n"
    numeric = ["", *[' class="n"'] * (len(names) - 1)]
    head = "".join(f'<th scope="col"{kind}>{name}</th>' for name, kind in zip(names, numeric, strict=True))
    body = "".join(
        "<tr>"
        + "".join(f"<td{kind}>{escape(cell)}</td>" for cell, kind in zip(row, numeric, strict=True))
        + "</tr>\n"
        for row in given
    )
    return (
        f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>\n'
    )


def _site(site: str, pages: int, flagged: int) -> str:
    return f"{one_line(site)} {flagged:,} of {pages:,}"


def _short(count: int) -> str:
    for size, mark in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{count / size:.1f}{mark}" if count < 10 * size else f"{count // size}{mark}"
    return str(count)
