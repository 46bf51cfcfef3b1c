"""Messages on stderr about long work: a progress bar on a terminal, a line every 30 seconds in a log, and what was skipped."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from mtdetect.cli.statuses import WRONG

if TYPE_CHECKING:
    from rich.progress import Progress

EVERY = 30.0
"""Seconds between two lines in a log."""


class Meter:
    """Shows how much of the work is done.

    Parameters
    ----------
    what : str
        What is counted, in the plural.
    total : float, optional
        Size of the work, if known.
    live : bool
        Whether a progress bar may be drawn; it never is if stderr is not a terminal.
    done : float
        Part of ``total`` that an earlier run has done.
    """

    def __init__(self, what: str, total: float | None = None, live: bool = True, done: float = 0) -> None:
        self.what = what
        self.total = total
        self.live = live and sys.stderr.isatty()
        self._progress: Progress | None = None
        self._last = time.monotonic()
        self._first = (float(done), self._last)

    def __enter__(self) -> Meter:
        if self.live:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

            self._progress = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._progress.start()
            self._progress.add_task(self.what, total=self.total, completed=int(self._first[0]))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def show(self, done: float, items: int, more: str = "") -> None:
        """Show how far the work is.

        Parameters
        ----------
        done : float
            Part of ``total``.
        items : int
            Texts or records so far.
        more : str
            Added to the line.
        """
        what = self.what.removesuffix("s") if items == 1 else self.what
        line = f"{items:,} {what}" + (f", {more}" if more else "")
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], completed=done, description=line)
        elif time.monotonic() - self._last >= EVERY:
            self._last = time.monotonic()
            print(f"mtdetect: {line}{self._share(done)}", file=sys.stderr, flush=True)

    def _share(self, done: float) -> str:
        """Share done, and time left at the pace so far."""
        if not self.total:
            return ""
        first, at = self._first
        pace = (done - first) / (time.monotonic() - at)
        left = f", {_duration((self.total - done) / pace)} left" if pace > 0 and done < self.total else ""
        return f" ({done / self.total:.0%}{left})"


def _duration(seconds: float) -> str:
    """A duration in hours, minutes or seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


def report_skipped(what: str, errors: Sequence[str]) -> int:
    """Print how many inputs were skipped, and why the first one was.

    Parameters
    ----------
    what : str
        What is counted, in the singular.
    errors : sequence of str
        One for each skipped input.

    Returns
    -------
    int
        Exit status: 0 if nothing was skipped, else 2.
    """
    if not errors:
        return 0
    print(f"mtdetect: {skipped(what, errors)}", file=sys.stderr)
    return WRONG


def skipped(what: str, errors: Sequence[str]) -> str:
    """Say how many inputs were skipped, and why the first one was. Parameters as for :func:`report_skipped`, with one error or more."""
    several = len(errors) > 1
    return f"{len(errors):,} {what}{'s' if several else ''} skipped: {errors[0]}{' and others' if several else ''}"
