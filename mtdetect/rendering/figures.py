"""Figures of evaluations, regression checks and calibrations, and replayed decisions, as tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING

from mtdetect.rendering.terminal import console, shown

if TYPE_CHECKING:
    from mtdetect.evaluation.baseline import RegressionCheck
    from mtdetect.evaluation.metrics import Evaluation, Figures
    from mtdetect.evaluation.recalibration import Recalibration
    from mtdetect.policy.audit import Replayed


def write_evaluation(evaluation: Evaluation, file: IO[str]) -> None:
    """Write the figures of an evaluation as tables for people.

    Parameters
    ----------
    evaluation : Evaluation
        Of labelled texts.
    file : text file
        Coloured only if it is a terminal and NO_COLOR is not set.
    """
    from rich.box import HORIZONTALS
    from rich.table import Table

    budgets = list(evaluation.overall.found)
    table = Table(box=HORIZONTALS, header_style="bold", collapse_padding=True)
    table.add_column("texts", overflow="fold")
    heads = [
        "human",
        "machine",
        "AUC",
        "95 %",
        *(f"TPR at\n{b:.1%} FPR" for b in budgets),
        "TPR",
        "FPR",
        "ECE",
        "at even\nodds",
    ]
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    table.add_row("all", *_figures(evaluation.overall), end_section=True)
    for dimension, groups in evaluation.groups.items():
        for number, (name, figures) in enumerate(groups.items(), start=1):
            head = shown(f"{dimension}: {name}", None)
            table.add_row(head, *_figures(figures), end_section=number == len(groups))

    confusion = Table(
        box=HORIZONTALS,
        header_style="bold",
        title="labels given (columns), by true label (rows)",
        title_style="",
    )
    confusion.add_column("texts")
    answers = list(next(iter(evaluation.overall.confusion.values())))
    for answer in answers:
        confusion.add_column(answer, justify="right", no_wrap=True)
    for truth, row in evaluation.overall.confusion.items():
        confusion.add_row(truth, *(f"{row[answer]:,}" for answer in answers))

    terminal = console(file)
    terminal.print(table)
    terminal.print(confusion)
    terminal.print(evaluation.signature.line(), style="dim", soft_wrap=True)


def write_regression_check(check: RegressionCheck, file: IO[str]) -> None:
    """Write a regression check for people: the figures of the whole set, and those that moved beyond noise.

    Parameters
    ----------
    check : RegressionCheck
        Of an evaluation against a baseline.
    file : text file
        Coloured only if it is a terminal and NO_COLOR is not set.
    """
    from rich.box import HORIZONTALS
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=HORIZONTALS,
        header_style="bold",
        title=shown(f"since {check.baseline}, {check.texts:,} texts", None),
        title_style="",
    )
    table.add_column("texts", overflow="fold")
    for head in ("figure", "before", "now", "noise", ""):
        table.add_column(head, justify="right", no_wrap=True)
    for change in check.changes:
        moved = abs(change.after - change.before) > change.noise + 1e-9
        if moved or change.group == "all":
            figures = (f"{number:.3f}" for number in (change.before, change.after, change.noise))
            verdict = Text("same")
            if moved:
                verdict = Text("worse", "red") if change.worse else Text("better", "green")
            table.add_row(shown(change.group, None), change.figure, *figures, verdict)
    terminal = console(file)
    terminal.print(table)
    if not check.changes:
        terminal.print("nothing was compared: too few groups of texts; evaluate more")
        return
    terminal.print(f"{len(check.worse) or 'none'} of {len(check.changes)} comparisons got worse beyond noise")


def write_recalibration(result: Recalibration, file: IO[str]) -> None:
    """Write what a calibration profile changes, for people.

    Parameters
    ----------
    result : Recalibration
        Of a calibration set.
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
    terminal = console(file)
    terminal.print(table)
    terminal.print(
        f"Error budget {result.fpr:.1%}. “now” judges each text by the other texts. 95 %: exact binomial interval.",
        style="dim",
    )
    if result.smallest > result.fpr:
        terminal.print(
            f"So few texts allow no p-value below {result.smallest:.2g}: at this budget nothing is flagged. Give more texts, or a larger budget."
        )
    for why, count in result.skipped.items():
        terminal.print(f"skipped: {count:,} ({shown(why)})", style="dim")
    names = ", ".join(f"{shown(name)} ({score:.3f})" for name, score in result.suspicious)
    terminal.print(f"Highest scores, worth a look: {names}")


def write_replay(replayed: Iterable[Replayed], file: IO[str]) -> None:
    """Write the decisions that would differ today, as a table for people. Without any, nothing is written.

    Parameters
    ----------
    replayed : iterable of Replayed
        One row each.
    file : text file
        Open for writing.
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
        console(file).print(table)


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
    yield _number(figures.calibration_error_at_even_odds, ".3f")


def _number(value: float, form: str) -> str:
    return "–" if math.isnan(value) else format(value, form)
