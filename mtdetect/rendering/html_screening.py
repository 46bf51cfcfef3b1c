"""An HTML page about a screening run: labels, scores, suspect sites, and records without a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mtdetect.inputs.markup import MEANINGS
from mtdetect.rendering.html import render
from mtdetect.screening.tally import BINS, Tally
from mtdetect.verdict import DEGRADED, LABELS

INPUTS = 5
SITES = 30
REASONS = 40
"""Inputs, sites and reasons shown, at most."""


def html_report(tally: Tally, took: float, inputs: Sequence[str], fpr: float) -> str:
    """Make a page about a run.

    Parameters
    ----------
    tally : Tally
        What the run counted.
    took : float
        Seconds.
    inputs : sequence of str
        As the caller named them.
    fpr : float
        Error budget.

    Returns
    -------
    str
        A whole HTML document.
    """
    share = tally.flagged / tally.records if tally.records else 0.0
    more = f" and {len(inputs) - INPUTS:,} more" if len(inputs) > INPUTS else ""
    return render(
        "screening.html",
        title=f"mtdetect: {tally.records:,} records, {tally.flagged:,} flagged",
        inputs=", ".join(inputs[:INPUTS]) + more,
        records=f"{tally.records:,}",
        flagged=f"{tally.flagged:,} ({share:.1%})",
        fpr=f"{fpr:g}",
        megabytes=f"{tally.bytes / 1e6:,.1f}",
        seconds=f"{took:,.0f}",
        labels=_labels(tally),
        scores=_scores(tally),
        sites=[
            (site, f"{pages:,}", f"{flagged:,}", f"{flagged / pages:.0%}")
            for site, pages, flagged in tally.worst(SITES)
        ],
        reasons=[(reason, f"{count:,}") for reason, count in tally.reasons.most_common(REASONS)],
        markup=[(mark, MEANINGS[mark], f"{count:,}") for mark, count in tally.markup.most_common()],
        budget=f"{100 * fpr:g} %",
    )


def _labels(tally: Tally) -> list[dict[str, Any]]:
    """The bars of the chart of labels."""
    shares = {label: tally.labels[label] / tally.records if tally.records else 0.0 for label in LABELS}
    return [
        {
            "name": label,
            "flagged": label in DEGRADED,
            "share": share,
            "records": f"{tally.labels[label]:,} ({share:.1%})",
        }
        for label, share in shares.items()
    ]


def _scores(tally: Tally) -> list[dict[str, Any]]:
    """The bars of the histogram, with heights from 0 to 1; none if no record was judged."""
    most = max(tally.scores.values(), default=0)
    if not most:
        return []
    return [
        {
            "title": f"{k / BINS:.2f} to {(k + 1) / BINS:.2f}: {tally.scores[k]:,}",
            "height": tally.scores[k] / most,
            "records": _short(tally.scores[k]) if tally.scores[k] else "",
        }
        for k in range(BINS)
    ]


def _short(count: int) -> str:
    for size, mark in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{count / size:.1f}{mark}" if count < 10 * size else f"{count // size}{mark}"
    return str(count)
