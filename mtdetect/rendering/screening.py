"""The result of a screening run as lines for the terminal."""

from __future__ import annotations

from mtdetect.rendering.terminal import shown
from mtdetect.screening.tally import BINS, Tally
from mtdetect.verdict import LABELS

SITES = 5
REASONS = 8
"""Sites and reasons shown, at most."""

BLOCKS = " ▁▂▃▄▅▆▇█"


def text_summary(tally: Tally, took: float, speed: float | None = None) -> str:
    """Sum up a run in a few lines.

    Parameters
    ----------
    tally : Tally
        What the run counted.
    took : float
        Seconds.
    speed : float, optional
        MB/s from the first batch on. Without it, the summary gives the speed over the whole run.

    Returns
    -------
    str
        One to six lines: what is empty is not shown.
    """
    whole = tally.bytes / 1e6 / max(took, 1e-9)
    pace = pace_of(whole) if speed is None else f"{pace_of(speed)} once started"
    count = f"{tally.records:,} record{'' if tally.records == 1 else 's'}"
    labels = ", ".join(f"{tally.labels[label]:,} {label}" for label in LABELS if tally.labels[label])
    lines = [f"mtdetect: {count} in {took:.1f} s ({pace})" + (f": {labels}" if labels else "")]
    if tally.scores:
        lines.append(f"scores    0 {_histogram(tally)} 1")
    if tally.flagged:
        sites = (
            f"{shown(site, None)} {flagged:,} of {pages:,}" for site, pages, flagged in tally.worst(SITES)
        )
        lines.append("worst     " + ", ".join(sites))
    if tally.reasons:
        reasons = (
            f"{count:,} × {shown(reason, None)}" for reason, count in tally.reasons.most_common(REASONS)
        )
        lines.append("unjudged  " + ", ".join(reasons))
    if tally.markup:
        lines.append(
            "markup    " + ", ".join(f"{count:,} × {mark}" for mark, count in tally.markup.most_common())
        )
    if tally.retranslated:
        lines.append(f"engine    consulted about {tally.retranslated:,} of {count}")
    elif tally.worth_asking:
        lines.append(f"engine    --retranslate auto would consult it about {tally.worth_asking:,} of {count}")
    return "\n".join(lines)


def pace_of(speed: float) -> str:
    """A speed, given in MB/s, in a unit that does not round it to nothing.

    Parameters
    ----------
    speed : float
        In MB/s (a million bytes a second).

    Returns
    -------
    str
        Such as ``1.5 MB/s``; below 0.1 MB/s in kB/s.
    """
    return f"{speed:.1f} MB/s" if speed >= 0.1 else f"{1000 * speed:.1f} kB/s"


def _histogram(tally: Tally) -> str:
    """How many records have which score; a bar that is not empty is seen, however small."""
    most = max(tally.scores.values())
    heights = (round(8 * tally.scores[bar] / most) for bar in range(BINS))
    return "".join(BLOCKS[max(1, high) if tally.scores[bar] else 0] for bar, high in enumerate(heights))
