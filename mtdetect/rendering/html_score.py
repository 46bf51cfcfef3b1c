"""An HTML report of scored texts: sentences tinted by score, evidence marked, and what speaks for each verdict.

What colour says is also said in words or figures.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby, pairwise
from operator import attrgetter
from types import SimpleNamespace
from typing import NamedTuple

from mtdetect.rendering import highlight
from mtdetect.rendering.html import render
from mtdetect.rendering.verdicts import match_in_words, remarks
from mtdetect.style import NAMES, UNKNOWN_UNIT, StyleProfile, figure, name_of
from mtdetect.verdict import Evidence, Verdict

LEVELS = (0.2, 0.4, 0.6, 0.8)
"""Scores at which a sentence's background grows darker."""

NUMBERED = 0.6
"""Score from which a sentence shows its score as a figure, for readers and printers without colours."""

HEADINGS = {
    "original": "Written by a person",
    "machine_translated": "Machine-translated",
    "spun": "Spun",
    "uncertain": "Uncertain",
    "unsupported": "Not judged",
}
"""Labels in words."""

KINDS = {
    "collocation": "unusual combination of words",
    "name": "name with a replaced part",
    "spelling": "probable misspelling",
    "passage": "passage repeated in other words",
    "agreement": "wrong form of a possessive",
    "hyphen": "hyphen separated from its word",
    "spin_syntax": "unexpanded spinner syntax",
    "article": "wrong article",
    "repetition": "doubled word",
    "stop": "doubled full stop",
    "orphan": "sentence fragment",
    "untranslated": "untranslated word",
    "name_variant": "name with a second spelling",
    "homograph": "function word replaced as its homograph",
    "wording": "wording of web spinners",
    "listed": "phrase from your list",
}
"""Kinds of evidence in words; others are shown by their own name."""

REASONS = {
    "short": "too short to say",
    "fragments": "lists or headlines, not sentences",
    "budget": "looks degraded, but not surely enough for the error budget",
}
"""Why a text is uncertain, in words."""

Row = tuple[str, ...]


class ReportItem(NamedTuple):
    """What a report shows of one text.

    Attributes
    ----------
    text : str
        As it was scored.
    verdict : Verdict
        With evidence.
    profile : StyleProfile or None
        Its style profile, if the report is to show it.
    """

    text: str
    verdict: Verdict
    profile: StyleProfile | None = None


def html_report(items: Iterable[ReportItem]) -> str:
    """Make a report.

    Parameters
    ----------
    items : iterable of ReportItem
        The texts, in the order of the report.

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
    return render(
        "score.html",
        title=f"mtdetect: {len(given)} text{'' if len(given) == 1 else 's'}, {flagged} flagged",
        legend=list(_legend()),
        contents=[
            (number, _name(number, item.verdict), HEADINGS[item.verdict.label].lower())
            for number, item in enumerate(given, start=1)
        ],
        # One after the other: made beforehand, the views of many texts keep the garbage collector busy.
        texts=(_text(number, *item) for number, item in enumerate(given, start=1)),
    )


def _legend() -> Iterator[Row]:
    """Style, bounds and, if such sentences are numbered, an example score of each level."""
    for level, (low, high) in enumerate(pairwise((0.0, *LEVELS, 1.0))):
        yield f"h{level}", f"{low:.1f} to {high:.1f}", f"{low:.2f}" if low >= NUMBERED else ""


def _text(number: int, text: str, verdict: Verdict, profile: StyleProfile | None) -> SimpleNamespace:
    """One text as the template shows it."""
    view = SimpleNamespace(
        anchor=f"t{number}",
        name=_name(number, verdict),
        heading=HEADINGS[verdict.label],
        tone="bad" if verdict.flagged else "good" if verdict.label == "original" else "open",
        why=_why(verdict),
        judged=verdict.label != "unsupported",
        remarks=[line[:1].upper() + line[1:] for line in remarks(verdict)],
    )
    if view.judged:
        rows = [(f"{view.anchor}e{k}", one) for k, one in enumerate(verdict.evidence, start=1)]
        model = verdict.model
        copy = match_in_words(verdict.match)
        view.match = copy[:1].upper() + copy[1:]
        view.score = f"{verdict.score:.3f}"
        view.p_value = f"{verdict.p_value:.2g}"
        view.fpr = f"{verdict.fpr:g}"
        view.quality = f"{verdict.quality:.0f}"
        view.words = f"{verdict.words:,}"
        view.engine = "consulted" if verdict.retranslated else "not consulted"
        view.probabilities = [
            (name.replace("_", " "), f"{share:.1%}") for name, share in verdict.probabilities.items()
        ]
        view.sentences = _sentences(text, verdict, {one: row for row, one in rows})
        view.evidence = [
            (row, one.text, one.suggestion or "–", _kind(one), f"{one.weight:.1f}") for row, one in rows
        ]
        view.reasons = list(_reasons(verdict))
        view.style = None if profile is None else _style(profile)
        view.model = f"Model {model.name} {model.version}, {model.sha256[:12]}"
    return view


def _name(number: int, verdict: Verdict) -> str:
    return verdict.id or f"text {number}"


def _why(verdict: Verdict) -> str:
    """Why there is no clear answer; empty if there is one."""
    if verdict.label == "unsupported" or verdict.reason is None:
        return verdict.reason or ""
    return REASONS.get(verdict.reason, verdict.reason)


def _sentences(
    text: str, verdict: Verdict, rows: Mapping[Evidence, str]
) -> Iterator[tuple[str, str, bool, Iterable[Row]]]:
    """Style, score, whether to print the score, and pieces, of each sentence and of the text between sentences.

    A piece is its text and, if it is evidence, a note and the anchor of its row in the table. The text between
    sentences has an empty style.
    """
    for sentence, pieces in groupby(highlight.pieces(text, verdict), key=attrgetter("sentence")):
        cells = (
            (piece.text, "", "")
            if piece.evidence is None
            else (piece.text, _note(piece.evidence), rows[piece.evidence])
            for piece in pieces
        )
        if sentence is None:
            yield "", "", False, cells
        else:
            level = bisect_right(LEVELS, sentence.score)
            yield f"h{level}", f"{sentence.score:.2f}", sentence.score >= NUMBERED, cells


def _note(evidence: Evidence) -> str:
    kind = _kind(evidence)
    return f"→ {evidence.suggestion} ({kind})" if evidence.suggestion else kind


def _kind(evidence: Evidence) -> str:
    return KINDS.get(evidence.kind, evidence.kind)


def _reasons(verdict: Verdict) -> Iterator[Row]:
    for reason in verdict.reasons:
        unit = NAMES.get(reason.feature, ("", UNKNOWN_UNIT))[1]
        low, high = (figure(bound, unit) for bound in reason.typical)
        yield reason.text, name_of(reason.feature), figure(reason.value, unit), f"{low} – {high}"


def _style(profile: StyleProfile) -> SimpleNamespace:
    """How many measurements are unusual, and which."""
    return SimpleNamespace(
        every=len(profile.measurements),
        outside=[
            (
                one.name,
                figure(one.value, one.unit),
                f"{figure(one.low, one.unit)} – {figure(one.high, one.unit)}",
                figure(one.beyond, one.unit, signed=True),
            )
            for one in profile.outside
        ],
    )
