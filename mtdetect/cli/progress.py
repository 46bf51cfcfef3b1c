"""How far long work is, on stderr: a moving line on a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

EVERY = 30.0
"""Seconds between two lines in a log."""


class Meter:
    """Shows how much is done.

    Parameters
    ----------
    what : str
        What is counted.
    total : float, optional
        How much there is, if that is known.
    live : bool
        Whether a moving line may be drawn; it never is if stderr is no terminal.
    done : float
        Part of ``total`` that was done before.
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
        """Say how far the work is.

        Parameters
        ----------
        done : float
            Part of ``total``.
        items : int
            Texts or records so far.
        more : str
            What else there is to tell.
        """
        line = f"{items:,} {self.what}" + (f", {more}" if more else "")
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], completed=done, description=line)
        elif time.monotonic() - self._last >= EVERY:
            self._last = time.monotonic()
            print(f"mtdetect: {line}{self._share(done)}", file=sys.stderr, flush=True)

    def _share(self, done: float) -> str:
        """How much that is of all, and how long the rest will take at the pace so far."""
        if not self.total:
            return ""
        first, at = self._first
        pace = (done - first) / (time.monotonic() - at)
        left = f", {_duration((self.total - done) / pace)} left" if pace > 0 and done < self.total else ""
        return f" ({done / self.total:.0%}{left})"


def _duration(seconds: float) -> str:
    """Hours, minutes and seconds, for people."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
