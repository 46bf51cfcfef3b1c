"""One text with its evidence marked, and the measurements of its style that are unusual for human texts."""

from __future__ import annotations

import math
from typing import IO, TYPE_CHECKING

from mtdetect.rendering import highlight
from mtdetect.rendering.terminal import console, shown
from mtdetect.rendering.verdicts import STYLES, match_in_words, reasons_in_words, remarks
from mtdetect.style import StyleProfile, figure, readability
from mtdetect.verdict import Verdict

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

SENTENCE = 100
"""Characters of a suspicious sentence in a list, at most."""

MARK = "bold underline"
TINTS = ((highlight.HOT, "on color(52)"), (highlight.WARM, "on grey19"))
"""Styles of evidence, and of sentences from a score on."""


def write_explanation(text: str, verdict: Verdict, style: StyleProfile, file: IO[str]) -> None:
    """Write everything known about one text, for people.

    Parameters
    ----------
    text : str
        As it was scored.
    verdict : Verdict
        With evidence.
    style : StyleProfile
        Its style.
    file : text file
        Coloured only if it is a terminal and NO_COLOR is not set; otherwise evidence is put into square brackets.
    """
    terminal = console(file)
    colour = terminal.color_system is not None and not terminal.no_color
    terminal.print(_headline(verdict))
    why = reasons_in_words(verdict, 1) if verdict.label in ("unsupported", "uncertain") else []
    for line in dict.fromkeys([*why, *remarks(verdict)]):
        terminal.print(line)
    if copy := match_in_words(verdict.match):
        terminal.print(copy)
    if verdict.label != "unsupported":
        terminal.print()
        terminal.print(marked(text, verdict, colour=colour))
        worst = highlight.suspicious(verdict)
        if worst:
            terminal.print("\nmost suspicious sentences", style="bold")
            for one in worst:
                line = f"{one.score:5.0%}  {shown(text[one.start : one.end], SENTENCE)}"
                terminal.print(line)
        if verdict.reasons:
            terminal.print("\nwhat moved the score", style="bold")
            for reason in verdict.reasons:
                terminal.print(f"  {shown(reason.text, None)}")
        terminal.print()
        _write_outside(style, terminal)
        indices = readability(text)
        if indices:
            line = ", ".join(f"{name} {value:.1f}" for name, value in indices.items())
            terminal.print(f"readability: {line}")
    terminal.print()


def marked(text: str, verdict: Verdict, *, colour: bool) -> Text:
    """Mark the evidence in a text and, if it is flagged, its suspicious sentences.

    Parameters
    ----------
    text : str
        As it was scored.
    verdict : Verdict
        With evidence.
    colour : bool
        Whether to mark by colour. Otherwise evidence is put into square brackets, with its suggestion.

    Returns
    -------
    rich.text.Text
        Without characters that could control a terminal.
    """
    from rich.text import Text

    result = Text()
    for piece in highlight.pieces(text, verdict):
        tint = ""
        if verdict.flagged and piece.sentence is not None and colour:
            tint = next((style for least, style in TINTS if piece.sentence.score >= least), "")
        evidence = piece.evidence
        if evidence is None:
            result.append(piece.text, tint)
            continue
        note = f" → {shown(evidence.suggestion)}" if evidence.suggestion else f" ({evidence.kind})"
        if colour:
            result.append(piece.text, f"{tint} {MARK}")
            if piece.closes_evidence:
                result.append(note, f"{tint} dim")
        else:
            opens = "[" if piece.start == evidence.start else ""
            result.append(opens + piece.text + (note + "]" if piece.closes_evidence else ""))
    result.rstrip()
    return result


def _headline(verdict: Verdict) -> Text:
    from rich.text import Text

    line = Text(shown(verdict.id or "text", None), "bold")
    line.append(": ", "not bold").append(verdict.label.replace("_", " "), STYLES[verdict.label])
    facts = [f"{verdict.words:,} word{'' if verdict.words == 1 else 's'}"]
    if verdict.label != "unsupported":
        facts = [
            f"score {verdict.score:.3f}",
            f"p-value {verdict.p_value:.2g} (budget {verdict.fpr:g})",
            f"quality {verdict.quality:.0f}",
            *facts,
            *(["translation engine consulted"] if verdict.retranslated else []),
        ]
    return line.append("  " + ", ".join(facts), "not bold")


def _write_outside(style: StyleProfile, terminal: Console) -> None:
    from rich.box import HORIZONTALS
    from rich.table import Table

    outside, every = style.outside, len(style.measurements)
    if not outside:
        line = f"style: all {every} measurements lie in the range of people's texts"
        terminal.print(line, style="bold")
        return
    line = f"style: {len(outside)} of {every} measurements lie outside the range of people's texts"
    terminal.print(line, style="bold")
    table = Table(box=HORIZONTALS, header_style="bold")
    table.add_column("measurement", overflow="fold")
    for head in ("here", "people", "outside by", "in widths"):
        table.add_column(head, justify="right", no_wrap=True)
    for one in outside:
        table.add_row(
            one.name,
            figure(one.value, one.unit),
            f"{figure(one.low, one.unit)} – {figure(one.high, one.unit)}",
            figure(one.beyond, one.unit, signed=True),
            "–" if math.isinf(one.excess) else f"{one.excess:.1f}",
        )
    terminal.print(table)
