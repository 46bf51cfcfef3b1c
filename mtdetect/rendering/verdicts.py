"""Verdicts as a table, JSON, JSON Lines, CSV and SARIF; what a search among originals found as a table."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from typing import IO, Any

from mtdetect.rendering.terminal import console, shown
from mtdetect.serialization import to_json
from mtdetect.verdict import CLASSES, Label, Verdict

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
)

WARNINGS = {
    "hidden_marks": "invisible marks inside words (undone)",
    "mixed_scripts": "letters of other scripts that look Latin (undone)",
}
"""What the warnings of a verdict say to people."""


def telling(verdict: Verdict, count: int = 3) -> list[str]:
    """Say in a few words why the verdict is what it is.

    Parameters
    ----------
    verdict : Verdict
        With or without evidence.
    count : int
        Lines, at most.

    Returns
    -------
    list of str
        Why there is no clear answer, if there is none; then evidence by weight; then measurements.
    """
    lines = []
    if verdict.label == "unsupported":
        lines.append(f"no verdict: {verdict.reason}")
    elif verdict.reason == "short":
        lines.append(f"too short to say: {verdict.words} word{'' if verdict.words == 1 else 's'}")
    elif verdict.reason == "budget":
        lines.append(f"p-value {verdict.p_value:.2g} misses the error budget of {verdict.fpr:g}")
    lines += [WARNINGS[name] for name in verdict.warnings]
    if verdict.decision is not None and verdict.decision.decided != "allow":
        decision = verdict.decision
        seen = " (observed only)" if decision.observe else ""
        lines.append(f"{decision.decided}{seen}: {shown(decision.rule or 'default', None)}")
    if verdict.match is not None and verdict.match.relation not in ("related", "unrelated"):
        match = verdict.match
        which = {"suspect_is_copy": "copy of", "original_is_copy": "original of"}.get(
            match.direction, "shares its text with"
        )
        lines.append(
            f"{which} {shown(match.original or 'the original')} ({match.relation.replace('_', ' ')}, {match.copied:.0%})"
        )
    for item in sorted(verdict.evidence, key=lambda item: -item.weight):
        lines.append(
            f"“{shown(item.text)}” "
            + (f"→ {shown(item.suggestion)}" if item.suggestion else f"({item.kind})")
        )
    lines += [shown(reason.text, None) for reason in verdict.reasons]
    return lines[:count]


def write_table(verdicts: Iterable[Verdict], file: IO[str]) -> None:
    """Write verdicts as a table for people.

    Parameters
    ----------
    verdicts : iterable of Verdict
        One row each.
    file : text file
        Coloured only if it is a terminal and NO_COLOR is not set.
    """
    from rich.box import HORIZONTALS
    from rich.table import Table
    from rich.text import Text

    table = Table(box=HORIZONTALS, header_style="bold")
    table.add_column("text", overflow="fold")
    table.add_column("verdict", no_wrap=True)
    for name in ("score", "quality", "words"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("why", ratio=1, overflow="fold")
    for verdict in verdicts:
        judged = verdict.label != "unsupported"
        table.add_row(
            Text(shown(verdict.id or "", None)),
            Text(verdict.label, style=STYLES[verdict.label]),
            f"{verdict.score:.3f}" if judged else "–",
            f"{verdict.quality:.0f}" if judged else "–",
            f"{verdict.words:,}",
            Text("\n".join(telling(verdict))),
        )
    console(file).print(table)


def write_json(verdicts: Iterable[Verdict], file: IO[str], single: bool) -> None:
    """Write verdicts as one JSON value.

    Parameters
    ----------
    verdicts : iterable of Verdict
        In the order to write.
    file : text file
        Where.
    single : bool
        One object for the one verdict, instead of a list.
    """
    objects = [verdict.to_dict() for verdict in verdicts]
    file.write(to_json(objects[0] if single else objects).decode() + "\n")


def write_jsonl(verdicts: Iterable[Verdict], file: IO[str]) -> None:
    """Write verdicts as JSON Lines, each as soon as it is there.

    Parameters
    ----------
    verdicts : iterable of Verdict
        One line each.
    file : text file
        Where.
    """
    for verdict in verdicts:
        file.write(to_json(verdict.to_dict()).decode() + "\n")


def write_csv(verdicts: Iterable[Verdict], file: IO[str]) -> None:
    """Write verdicts as CSV (RFC 4180, but with plain line ends), each as soon as it is there.

    Parameters
    ----------
    verdicts : iterable of Verdict
        One row of ``CSV_COLUMNS`` each, and ``action`` where a policy decided; of the pivots only the likeliest, of the reasons the most telling.
    file : text file
        Where.
    """
    writer = csv.writer(file, lineterminator="\n")
    columns = CSV_COLUMNS
    for number, verdict in enumerate(verdicts):
        if number == 0:  # not before: an input that cannot be read leaves no output
            columns = (*CSV_COLUMNS, *(("action",) if verdict.decision is not None else ()))
            writer.writerow(columns)
        row = verdict.to_dict(evidence=False)
        row |= {f"probability_{name}": share for name, share in row["probabilities"].items()}
        row["pivot"] = verdict.pivot[0].language if verdict.pivot else None
        row["reasons"] = "; ".join(telling(verdict))
        row["action"] = verdict.decision.action if verdict.decision is not None else None
        writer.writerow(row[name] for name in columns)


def write_sarif(texts: Iterable[tuple[str, Verdict]], file: IO[str]) -> None:
    """Write verdicts as SARIF 2.1.0.

    Parameters
    ----------
    texts : iterable of (str, Verdict)
        Each text as it was scored, and its verdict.
    file : text file
        Where.
    """
    from mtdetect.rendering.sarif import sarif_log

    file.write(to_json(sarif_log(texts)).decode() + "\n")


def write_matches(found: Iterable[Mapping[str, Any]], file: IO[str]) -> None:
    """Write what a search for originals found, as a table for people.

    Parameters
    ----------
    found : iterable of mapping
        ``id`` and ``matches`` of each text, and a ``reason`` where it could not be read.
    file : text file
        Where.
    """
    from rich.box import HORIZONTALS
    from rich.table import Table
    from rich.text import Text

    table = Table(box=HORIZONTALS, header_style="bold")
    table.add_column("text", overflow="fold")
    table.add_column("original", overflow="fold")
    table.add_column("relation", no_wrap=True)
    for name in ("score", "copied"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in found:
        asked = Text(shown(str(one["id"]), None))
        if not one["matches"]:
            table.add_row(asked, Text(shown(one.get("reason") or "none found"), "dim"), end_section=True)
        for number, match in enumerate(one["matches"], start=1):
            table.add_row(
                asked if number == 1 else Text(),
                Text(shown(str(match["original"]), None)),
                match["relation"],
                f"{match['score']:.3f}",
                f"{match['copied']:.0%}",
                end_section=number == len(one["matches"]),
            )
    console(file).print(table)
