"""Verdicts as a table, JSON, JSON Lines or CSV, and matches of a search among originals as a table."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from typing import IO, Any

from mtdetect.rendering.terminal import console, shown
from mtdetect.serialization import to_json
from mtdetect.verdict import CLASSES, Decision, Label, Match, Verdict

STYLES: dict[Label, str] = {
    "original": "green",
    "machine_translated": "bold red",
    "spun": "bold magenta",
    "uncertain": "yellow",
    "unsupported": "dim",
}

CSV_COLUMNS = (
    "id",
    "label",
    "score",
    "quality",
    *(f"probability_{name}" for name in CLASSES),
    "fpr",
    "p_value",
    "reason",
    "words",
    "language",
    "pivot",
    "reasons",
    "retranslated",
    "stage",
    "match",
    "warnings",
    "markup",
)

WARNINGS = {
    "hidden_marks": "invisible marks inside words (undone)",
    "mixed_scripts": "confusables: letters of other scripts that look Latin (undone)",
}
"""Warnings of a verdict, in words."""


NARROW = 100
"""Columns of a terminal below which verdicts are listed: a table would break names and reasons into pieces."""

MEANINGS: dict[Label, str] = {
    "original": "no sign of a machine. Fluent translations often show none; if you suspect a source, try mtdetect compare.",
    "machine_translated": "reads like machine translation. {budget}",
    "spun": "reads as if a machine had replaced words. {budget}",
    "uncertain": "no claim: too short, no running text, or not sure enough. Read it, or let it pass.",
    "unsupported": "not judged: no English prose.",
}
"""What a label means, and what to do next; ``budget`` is what the error budget says."""


def meaning(verdict: Verdict) -> str:
    """Say what the label of a verdict means and what to do next, without the label.

    Parameters
    ----------
    verdict : Verdict
        Its label decides; ``fpr`` is named if the text is flagged.

    Returns
    -------
    str
        One to three sentences.
    """
    budget = f"So do some {100 * verdict.fpr:.3g} % of people’s texts: read it first (--explain)."
    return MEANINGS[verdict.label].format(budget=budget)


def reasons_in_words(verdict: Verdict, count: int = 3) -> list[str]:
    """Give the reasons for a verdict, in words.

    Parameters
    ----------
    verdict : Verdict
        With or without evidence.
    count : int
        Lines, at most.

    Returns
    -------
    list of str
        First why there is no clear answer, if there is none; then warnings, marks of translation, decision and match; then evidence by
        weight; then measurements.
    """
    lines = []
    if verdict.label == "unsupported":
        lines.append(f"no verdict: {verdict.reason}")
    elif verdict.reason == "fragments":
        lines.append("not judged: lists or headlines, not sentences")
    elif verdict.reason == "short":
        lines.append(f"too short to say: {verdict.words} word{'' if verdict.words == 1 else 's'}")
    elif verdict.reason == "budget":
        lines.append(f"p-value {verdict.p_value:.2g} misses the error budget of {verdict.fpr:g}")
    lines += remarks(verdict)
    if copy := match_in_words(verdict.match):
        lines.append(copy)
    for item in sorted(verdict.evidence, key=lambda item: -item.weight):
        lines.append(
            f"“{shown(item.text)}” "
            + (f"→ {shown(item.suggestion)}" if item.suggestion else f"({item.kind})")
        )
    lines += [shown(reason.text, None) for reason in verdict.reasons]
    return lines[:count]


def remarks(verdict: Verdict) -> list[str]:
    """Say what else a reader of a verdict must know: warnings, marks of translation in the page, and a policy's decision, unless it allows.

    Parameters
    ----------
    verdict : Verdict
        Any.
    """
    lines = [WARNINGS[name] for name in verdict.warnings]
    lines += [f"markup: {mark.meaning}" for mark in verdict.markup or () if mark.says == "translated"]
    if verdict.decision is not None and verdict.decision.decided != "allow":
        lines.append(decision_in_words(verdict.decision))
    return lines


def decision_in_words(decision: Decision) -> str:
    """Say what a policy decided, and by which rule.

    Parameters
    ----------
    decision : Decision
        Of a policy; if it only observes, ``decided`` is named and not ``action``.

    Returns
    -------
    str
        Such as ``block (observed only): no-spinning``; ``default`` stands for no rule.
    """
    seen = " (observed only)" if decision.observe else ""
    return f"{decision.decided}{seen}: {shown(decision.rule or 'default', None)}"


def match_in_words(match: Match | None) -> str:
    """Say which original a text is a copy of, and how much the two share.

    Parameters
    ----------
    match : Match or None
        Of a verdict.

    Returns
    -------
    str
        Empty if there is no match, or the match is no copy.
    """
    if match is None or match.relation in ("related", "unrelated"):
        return ""
    which = {"suspect_is_copy": "copy of", "original_is_copy": "original of"}.get(
        match.direction, "shares its text with"
    )
    name = "the original" if match.original is None else shown(str(match.original), None)
    relation = match.relation.replace("_", " ")
    shares = f"{match.copied:.0%} copied, {match.covered:.0%} covered"
    return f"{which} {name} ({relation}, score {match.score:.3f}, {shares})"


def write_table(verdicts: Iterable[Verdict], file: IO[str]) -> None:
    """Write verdicts as a table for people, on a narrow terminal as a list, and what their labels mean.

    Parameters
    ----------
    verdicts : iterable of Verdict
        One row each.
    file : text file
        Coloured only if it is a terminal and NO_COLOR is not set.
    """
    from rich.box import HORIZONTALS
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    terminal = console(file)
    table = Table(box=HORIZONTALS, header_style="bold")
    table.add_column("text", overflow="fold")
    table.add_column("verdict", no_wrap=True)
    for name in ("score", "quality", "words"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("why", ratio=1, overflow="fold")
    meanings: dict[Label, str] = {}
    for verdict in verdicts:
        meanings.setdefault(verdict.label, meaning(verdict))
        judged = verdict.label != "unsupported"
        name = shown(verdict.id or "", None)
        label = Text(verdict.label, style=STYLES[verdict.label])
        figures = (
            f"{verdict.score:.3f}" if judged else "–",
            f"{verdict.quality:.0f}" if judged else "–",
            f"{verdict.words:,}",
        )
        reasons = reasons_in_words(verdict)
        if terminal.width >= NARROW:
            table.add_row(Text(name), label, *figures, Text("\n".join(reasons)))
            continue
        terminal.print(Text(name))
        terminal.print(Text.assemble("  ", label, "  score {}  quality {}  words {}".format(*figures)))
        for reason in reasons:
            terminal.print(Padding(Text(reason), (0, 0, 0, 2), expand=False))
    terminal.print(table if terminal.width >= NARROW else "")
    for name, words in meanings.items():
        terminal.print(Text.assemble((name, STYLES[name]), f": {words}"))


def write_json(verdicts: Iterable[Verdict], file: IO[str], single: bool) -> None:
    """Write verdicts as one JSON value.

    Parameters
    ----------
    verdicts : iterable of Verdict
        In the order to write.
    file : text file
        Open for writing.
    single : bool
        Whether to write the one verdict as an object, not as a list.
    """
    objects = [verdict.to_dict() for verdict in verdicts]
    file.write(to_json(objects[0] if single else objects).decode() + "\n")


def write_jsonl(verdicts: Iterable[Verdict], file: IO[str]) -> None:
    """Write verdicts as JSON Lines, each as soon as it is known.

    Parameters
    ----------
    verdicts : iterable of Verdict
        One line each.
    file : text file
        Open for writing.
    """
    for verdict in verdicts:
        file.write(to_json(verdict.to_dict()).decode() + "\n")


def write_csv(verdicts: Iterable[Verdict], file: IO[str]) -> None:
    r"""Write verdicts as CSV (RFC 4180, but with ``\n`` as line end), each as soon as it is known.

    Parameters
    ----------
    verdicts : iterable of Verdict
        One row of ``CSV_COLUMNS`` each, plus ``action`` if a policy decided. ``pivot`` is the likeliest language only,
        ``reasons`` the first lines of :func:`reasons_in_words`. Nested and truth values are written as JSON.
    file : text file
        Open for writing.
    """
    writer = csv.writer(file, lineterminator="\n")
    columns = CSV_COLUMNS
    for number, verdict in enumerate(verdicts):
        if number == 0:  # only now, so that an input that cannot be read leaves no output
            columns = (*CSV_COLUMNS, *(("action",) if verdict.decision is not None else ()))
            writer.writerow(columns)
        row = verdict.to_dict(evidence=False)
        row |= {f"probability_{name}": share for name, share in row["probabilities"].items()}
        row["pivot"] = verdict.pivot[0].language if verdict.pivot else None
        row["reasons"] = "; ".join(reasons_in_words(verdict))
        row["action"] = verdict.decision.action if verdict.decision is not None else None
        values = (row.get(name) for name in columns)
        writer.writerow(
            to_json(one).decode() if isinstance(one, (list, dict, bool)) else one for one in values
        )


def _id(given: Any) -> str:
    """An id as it is, or as JSON if it is no string."""
    return given if isinstance(given, str) else to_json(given).decode()


def write_matches(found: Iterable[Mapping[str, Any]], file: IO[str]) -> None:
    """Write the matches of a search among originals as a table for people.

    Parameters
    ----------
    found : iterable of mapping
        ``id`` and ``matches`` of each text, and a ``reason`` if it could not be read.
    file : text file
        Open for writing.
    """
    from rich.box import HORIZONTALS
    from rich.table import Table
    from rich.text import Text

    table = Table(box=HORIZONTALS, header_style="bold")
    table.add_column("text", overflow="fold")
    table.add_column("original", overflow="fold")
    table.add_column("relation", no_wrap=True)
    for name in ("score", "copied", "covered"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in found:
        asked = Text(shown(_id(one["id"]), None))
        if not one["matches"]:
            table.add_row(asked, Text(shown(one.get("reason") or "none found"), "dim"), end_section=True)
        for number, match in enumerate(one["matches"], start=1):
            table.add_row(
                asked if number == 1 else Text(),
                Text(shown(_id(match["original"]), None)),
                match["relation"],
                f"{match['score']:.3f}",
                f"{match['copied']:.0%}",
                f"{match['covered']:.0%}",
                end_section=number == len(one["matches"]),
            )
    console(file).print(table)
