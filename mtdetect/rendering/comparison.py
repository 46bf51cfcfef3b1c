"""The comparison of two texts as tables or JSON."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from mtdetect.rendering.terminal import console, shown
from mtdetect.serialization import to_json

if TYPE_CHECKING:
    from mtdetect.comparison import Comparison, Substitution

RELATION_STYLES = {
    "verbatim": "bold red",
    "edited": "bold red",
    "paraphrased": "bold yellow",
    "machine_translated": "bold red",
    "spun": "bold magenta",
    "related": "green",
    "unrelated": "green",
}

WORDINGS = 20
"""Substitutions shown in a table, at most."""


def write_comparison(comparison: Comparison, file: IO[str]) -> None:
    """Write a comparison as tables for people.

    Parameters
    ----------
    comparison : Comparison
        Of two texts.
    file : text file
        Coloured only if it is a terminal and NO_COLOR is not set.
    """
    from rich.box import HORIZONTALS
    from rich.table import Table
    from rich.text import Text

    terminal = console(file)
    line = Text(comparison.relation.replace("_", " "), RELATION_STYLES[comparison.relation])
    consulted = ", translation engine consulted" if comparison.retranslated else ""
    line.append(
        f"  {conclusion(comparison)} (confidence {comparison.confidence:.3f}{consulted})", "not bold default"
    )
    terminal.print(line)
    pairs = len(comparison.alignment)
    terminal.print(
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
    rows = top_substitutions(comparison)
    for one in rows:
        table.add_row(
            Text(shown(one.suspect) or "–"), Text(shown(one.original) or "–"), one.kind, f"{one.count:,}"
        )
    terminal.print(table)
    more = len(comparison.substitutions) - len(rows)
    if more > 0:
        terminal.print(f"and {more:,} more (--format json lists them all)", style="dim")


def write_comparison_json(comparison: Comparison, file: IO[str]) -> None:
    """Write a comparison as a JSON object.

    Parameters
    ----------
    comparison : Comparison
        Of two texts.
    file : text file
        Open for writing.
    """
    file.write(to_json(comparison.to_dict()).decode() + "\n")


def conclusion(comparison: Comparison) -> str:
    """Say in one clause how two texts are related.

    Parameters
    ----------
    comparison : Comparison
        Of two texts.

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
        "paraphrased": "a paraphrased copy",
        "machine_translated": "a machine-translated copy",
        "spun": "a spun copy",
    }[comparison.relation]
    return {
        "suspect_is_copy": f"the suspect is {how} of the original",
        "original_is_copy": f"the “original” is {how} of the suspect",
        "unclear": f"one is {how} of the other or both are of a third; which, the wording does not tell",
    }[comparison.direction]


def top_substitutions(comparison: Comparison, count: int = WORDINGS) -> list[Substitution]:
    """Choose the substitutions that show a reader most.

    Replaced wordings come before omissions and additions, wordings with a longer word before those without, and
    frequent ones before rare ones.

    Parameters
    ----------
    comparison : Comparison
        Of two texts.
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
