"""Verdicts and figures on paper: a table for people; JSON, JSON Lines, CSV and SARIF for programs."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any

from mtdetect import marking
from mtdetect.inputs import to_json
from mtdetect.profile import Profile, figure, readability
from mtdetect.verdict import CLASSES, Label, Verdict

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from mtdetect.audit import Replayed
    from mtdetect.comparison import Comparison, Substitution
    from mtdetect.drift import Drift
    from mtdetect.evaluation import Evaluation, Figures
    from mtdetect.recalibration import Recalibration

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

RELATION_STYLES = {
    "verbatim": "bold red",
    "edited": "bold red",
    "machine_translated": "bold red",
    "spun": "bold magenta",
    "related": "green",
    "unrelated": "green",
}

WARNINGS = {
    "hidden_marks": "invisible marks inside words (undone)",
    "mixed_scripts": "letters of other scripts that look Latin (undone)",
}
"""What the warnings of a verdict say to people."""

WORDINGS = 20
"""Substitutions shown in a table, at most."""

SPAN = 60
"""Characters of a text shown in a table cell, at most."""

SENTENCE = 100
"""Characters of a suspicious sentence in a list, at most."""

MARK = "bold underline"
TINTS = ((marking.HOT, "on color(52)"), (marking.WARM, "on grey19"))
"""Styles of evidence, and of sentences from a score up."""

PLAIN_WIDTH = 120
"""Columns of a table that goes into a file or a pipe, where nobody says how wide it may be."""


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


def shown(text: str, longest: int | None = SPAN) -> str:
    """Make a stretch of somebody's text fit for a terminal.

    Parameters
    ----------
    text : str
        May hold line ends, control codes, marks that turn the direction of writing.
    longest : int or None
        Characters, at most.

    Returns
    -------
    str
        One line of printable characters.
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if longest is None or len(line) <= longest else line[: longest - 1] + "…"


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
    _console(file).print(table)


def write_explanation(text: str, verdict: Verdict, profile: Profile, file: IO[str]) -> None:
    """Write all that is known about one text, for people.

    Parameters
    ----------
    text : str
        As it was scored.
    verdict : Verdict
        With evidence.
    profile : Profile
        Its measurements.
    file : text file
        Coloured only if it is a terminal and NO_COLOR is not set; else evidence stands in square brackets.
    """
    console = _console(file)
    colour = console.color_system is not None and not console.no_color
    console.print(_headline(verdict))
    for line in telling(verdict, 1 if verdict.label in ("unsupported", "uncertain") else 0):
        console.print(line)
    if verdict.label != "unsupported":
        console.print()
        console.print(marked(text, verdict, colour=colour))
        worst = marking.suspicious(verdict)
        if worst:
            console.print("\nmost suspicious sentences", style="bold")
            for one in worst:
                line = f"{one.score:5.0%}  {shown(text[one.start : one.end], SENTENCE)}"
                console.print(line)
        if verdict.reasons:
            console.print("\nwhat moved the score", style="bold")
            for reason in verdict.reasons:
                console.print(f"  {shown(reason.text, None)}")
        console.print()
        _write_outside(profile, console)
        indices = readability(text)
        if indices:
            line = ", ".join(f"{name} {value:.1f}" for name, value in indices.items())
            console.print(f"readability: {line}")
    console.print()


def marked(text: str, verdict: Verdict, *, colour: bool) -> Text:
    """Mark the evidence in a text, and its suspicious sentences if it is flagged.

    Parameters
    ----------
    text : str
        As it was scored.
    verdict : Verdict
        With evidence.
    colour : bool
        Mark by colour; else evidence is put into square brackets with its suggestion.

    Returns
    -------
    rich.text.Text
        Holds no character that could drive a terminal.
    """
    from rich.text import Text

    result = Text()
    for piece in marking.pieces(text, verdict):
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
        ]
    return line.append("  " + ", ".join(facts), "not bold")


def _write_outside(profile: Profile, console: Console) -> None:
    from rich.box import HORIZONTALS
    from rich.table import Table

    outside, every = profile.outside, len(profile.measurements)
    if not outside:
        line = f"style: all {every} measurements lie in the range of people's texts"
        console.print(line, style="bold")
        return
    line = f"style: {len(outside)} of {every} measurements lie outside the range of people's texts"
    console.print(line, style="bold")
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
    console.print(table)


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


def write_sarif(texts: Iterable[tuple[str, Verdict]], file: IO[str]) -> None:
    """Write verdicts as SARIF 2.1.0.

    Parameters
    ----------
    texts : iterable of (str, Verdict)
        Each text as it was scored, and its verdict.
    file : text file
        Where.
    """
    from mtdetect.sarif import sarif_log

    file.write(to_json(sarif_log(texts)).decode() + "\n")


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


def write_comparison_json(comparison: Comparison, file: IO[str]) -> None:
    """Write a comparison as a JSON object.

    Parameters
    ----------
    comparison : Comparison
        What was found.
    file : text file
        Where.
    """
    file.write(to_json(comparison.to_dict()).decode() + "\n")


def concluded(comparison: Comparison) -> str:
    """Say in one sentence how two texts are related.

    Parameters
    ----------
    comparison : Comparison
        What was found.

    Returns
    -------
    str
    """
    if not comparison.is_copy:
        same = "the same subject, written independently" if comparison.relation == "related" else "unrelated"
        return f"no copy: {same}"
    how = {
        "verbatim": "a verbatim copy",
        "edited": "a copy with small changes",
        "machine_translated": "a machine-translated copy",
        "spun": "a spun copy",
    }[comparison.relation]
    return {
        "suspect_is_copy": f"the suspect is {how} of the original",
        "original_is_copy": f"the “original” is {how} of the suspect",
        "unclear": f"one is {how} of the other or both are of a third; which, the wording does not tell",
    }[comparison.direction]


def write_comparison(comparison: Comparison, file: IO[str]) -> None:
    """Write a comparison as tables for people.

    Parameters
    ----------
    comparison : Comparison
        What was found.
    file : text file
        Coloured only if it is a terminal and NO_COLOR is not set.
    """
    from rich.box import HORIZONTALS
    from rich.table import Table
    from rich.text import Text

    console = _console(file)
    line = Text(comparison.relation.replace("_", " "), RELATION_STYLES[comparison.relation])
    line.append(f"  {concluded(comparison)} (confidence {comparison.confidence:.3f})", "not bold default")
    console.print(line)
    pairs = len(comparison.alignment)
    console.print(
        f"aligned: {pairs:,} sentence{'' if pairs == 1 else 's'}, {comparison.copied:.0%} of the suspect’s words, "
        f"{comparison.covered:.0%} of the original’s"
    )
    if not comparison.substitutions:
        return
    table = Table(box=HORIZONTALS, header_style="bold")
    table.add_column(Text(shown(comparison.suspect or "suspect")), overflow="fold")
    table.add_column(Text(shown(comparison.original or "original")), overflow="fold")
    table.add_column("kind", no_wrap=True)
    table.add_column("count", justify="right", no_wrap=True)
    rows = telling_wordings(comparison)
    for one in rows:
        table.add_row(
            Text(shown(one.suspect) or "–"), Text(shown(one.original) or "–"), one.kind, f"{one.count:,}"
        )
    console.print(table)
    more = len(comparison.substitutions) - len(rows)
    if more > 0:
        console.print(f"and {more:,} more (--format json lists them all)", style="dim")


def telling_wordings(comparison: Comparison, count: int = WORDINGS) -> list[Substitution]:
    """Substitutions that show people most: replaced wordings with a longer word, the commonest first.

    Parameters
    ----------
    comparison : Comparison
        What was found.
    count : int
        At most.

    Returns
    -------
    list of Substitution
    """

    def rank(one: Substitution) -> tuple[int, int, int]:
        light = max(map(len, (one.suspect + " " + one.original).split()), default=0) < 5
        return int(one.kind in ("omission", "addition")), int(light), -one.count

    return sorted(comparison.substitutions, key=rank)[:count]


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
    _console(file).print(table)


def write_replay(replayed: Iterable[Replayed], file: IO[str]) -> None:
    """Write decisions that would differ as a table for people.

    Parameters
    ----------
    replayed : iterable of Replayed
        One row each.
    file : text file
        Where.
    """
    from rich.box import HORIZONTALS
    from rich.table import Table
    from rich.text import Text

    table = Table(box=HORIZONTALS, header_style="bold")
    for name in ("time", "text", "then", "now"):
        table.add_column(name, overflow="fold")
    table.add_column("why", ratio=1, overflow="fold")
    for one in replayed:
        why = "; ".join((f"{one.now.rule}:" if one.now.rule else "", *one.now.reasons)).lstrip("; ")
        table.add_row(
            Text(shown(str(one.entry.get("time", "")), None)),
            Text(shown(str(one.entry.get("id") or one.entry["text_sha256"][:12]), None)),
            one.then.decided,
            one.now.decided,
            Text(shown(why.replace(":; ", ": "), None)),
        )
    if table.row_count:
        _console(file).print(table)


def write_evaluation(evaluation: Evaluation, file: IO[str]) -> None:
    """Write the figures of an evaluation as tables for people.

    Parameters
    ----------
    evaluation : Evaluation
        What was measured.
    file : text file
        Coloured only if it is a terminal and NO_COLOR is not set.
    """
    from rich.box import HORIZONTALS
    from rich.table import Table

    budgets = list(evaluation.overall.found)
    table = Table(box=HORIZONTALS, header_style="bold")
    table.add_column("texts", overflow="fold")
    heads = [
        "people",
        "machines",
        "AUC",
        "95 %",
        *(f"found\nat {b:.1%}" for b in budgets),
        "found",
        "alarms",
        "ECE",
    ]
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    table.add_row("all", *_figures(evaluation.overall), end_section=True)
    for dimension, groups in evaluation.groups.items():
        for number, (name, figures) in enumerate(groups.items(), start=1):
            head = shown(f"{dimension}: {name}", None)
            table.add_row(head, *_figures(figures), end_section=number == len(groups))

    confusion = Table(
        box=HORIZONTALS, header_style="bold", title="labels given, by what the texts are", title_style=""
    )
    confusion.add_column("texts")
    answers = list(next(iter(evaluation.overall.confusion.values())))
    for answer in answers:
        confusion.add_column(answer, justify="right", no_wrap=True)
    for truth, row in evaluation.overall.confusion.items():
        confusion.add_row(truth, *(f"{row[answer]:,}" for answer in answers))

    console = _console(file)
    console.print(table)
    console.print(confusion)
    console.print(evaluation.signature.line(), style="dim", soft_wrap=True)


def write_drift(drift: Drift, file: IO[str]) -> None:
    """Write what changed since a baseline, for people: the whole set, and what moved beyond noise.

    Parameters
    ----------
    drift : Drift
        What was measured.
    file : text file
        Coloured only if it is a terminal and NO_COLOR is not set.
    """
    from rich.box import HORIZONTALS
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=HORIZONTALS,
        header_style="bold",
        title=shown(f"since {drift.baseline}, {drift.texts:,} texts", None),
        title_style="",
    )
    table.add_column("texts", overflow="fold")
    for head in ("figure", "before", "now", "noise", ""):
        table.add_column(head, justify="right", no_wrap=True)
    for change in drift.changes:
        moved = abs(change.after - change.before) > change.noise + 1e-9
        if moved or change.group == "all":
            figures = (f"{number:.3f}" for number in (change.before, change.after, change.noise))
            verdict = Text("same")
            if moved:
                verdict = Text("worse", "red") if change.worse else Text("better", "green")
            table.add_row(shown(change.group, None), change.figure, *figures, verdict)
    console = _console(file)
    console.print(table)
    worse = len(drift.worse)
    console.print(
        f"{worse} of {len(drift.changes)} comparisons got worse beyond noise"
        if worse
        else f"none of {len(drift.changes)} comparisons got worse beyond noise"
    )


def write_recalibration(result: Recalibration, file: IO[str]) -> None:
    """Write what a calibration profile changes, for people.

    Parameters
    ----------
    result : Recalibration
        What was measured.
    file : text file
        Coloured only if it is a terminal and NO_COLOR is not set.
    """
    from rich.box import HORIZONTALS
    from rich.table import Table

    table = Table(box=HORIZONTALS, header_style="bold")
    for head in (
        "words",
        "texts",
        "flagged\nbefore",
        "95 %",
        "flagged\nnow",
        "95 %",
        "flagged\nfrom",
        "now from",
    ):
        table.add_column(head, justify="right", no_wrap=True)
    for change in result.bands:
        table.add_row(
            change.words,
            f"{change.texts:,}",
            f"{change.before:,}",
            "{:.1%}–{:.1%}".format(*change.before_bounds),
            f"{change.after:,}",
            "{:.1%}–{:.1%}".format(*change.after_bounds),
            *(
                "–" if limit is None else f"{limit:.3f}"
                for limit in (change.threshold_before, change.threshold_after)
            ),
        )
    console = _console(file)
    console.print(table)
    console.print(
        f"At an error budget of {result.fpr:.1%}; “now” judges each text by the others. 95 %: exact binomial bounds.",
        style="dim",
    )
    for why, count in result.left_out.items():
        console.print(f"left out: {count:,} ({shown(why)})", style="dim")
    names = ", ".join(f"{shown(name)} ({score:.3f})" for name, score in result.suspicious)
    console.print(f"Highest scores, worth a look: {names}")


def _figures(figures: Figures) -> Iterator[str]:
    yield f"{figures.people:,}"
    yield f"{figures.machines:,}"
    yield _number(figures.auc, ".3f")
    yield "–" if math.isnan(figures.auc) else "{:.3f}–{:.3f}".format(*figures.auc_interval)
    for share in figures.found.values():
        yield _number(share, ".1%")
    yield _number(figures.found_at_budget, ".1%")
    yield _number(figures.false_alarms, ".1%")
    yield _number(figures.calibration_error, ".3f")


def _number(value: float, form: str) -> str:
    return "–" if math.isnan(value) else format(value, form)


def _console(file: IO[str]) -> Console:
    from rich.console import Console

    # Names of files and what records say of themselves are printed as they stand, also where they look like markup.
    width = None if file.isatty() else PLAIN_WIDTH
    return Console(file=file, width=width, markup=False, emoji=False, highlight=False)
