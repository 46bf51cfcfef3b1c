"""Judging batches in this process, or in worker processes that may die.

When a worker is lost (killed, out of memory, crashed in C code, stuck), the batches in flight are lost with it. Each of
them is retried alone; a batch that kills its worker again is halved until the responsible record is found. That record
becomes ``unsupported``; all others are judged.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future, wait
from concurrent.futures import TimeoutError as NotInTime
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

from mtdetect.errors import EngineError
from mtdetect.inputs import RawRecord
from mtdetect.screening.judging import Judged
from mtdetect.screening.plan import Batch

if TYPE_CHECKING:
    from joblib.externals.loky.process_executor import ProcessPoolExecutor

TIMEOUT = 180.0
"""Seconds that any batch may take, including the start of a worker on a busy machine."""

MIN_BYTES_PER_SECOND = 20_000
"""Larger batches get more time: one second for so many bytes, a small fraction of the lowest speed seen."""

MAX_LOST_IN_A_ROW = 10
"""If so many single records in a row kill their worker, the records are not the cause."""

POLL = 0.2
"""Seconds between calls of ``poll``."""

GC_THRESHOLDS = (50_000, 20, 50)
"""Thresholds for ``gc.set_threshold``. A batch makes tens of thousands of small objects without cycles; collecting
garbage at Python's default thresholds takes 3 % of a run."""

MALLOC_THRESHOLDS = (32 << 20, 256 << 20)
"""``M_MMAP_THRESHOLD`` and ``M_TRIM_THRESHOLD`` for the C library's ``mallopt``, in bytes. With the defaults the arrays of
each batch return to the system, which zeroes the pages again for the next batch: 4 % of a run."""

PARENT_POLL = 1.0
"""Seconds between a worker's checks that the main process still runs."""


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of malloc.h


class Judging(Protocol):
    """A function that judges batches."""

    def __call__(self, batch: list[RawRecord]) -> Judged:
        """Judge a batch."""

    def failed(self, raw: RawRecord, reason: str) -> Judged:
        """Result for a record that cannot be judged. Parameters as for :meth:`mtdetect.screening.judging.Judge.failed`."""


def judged(
    batches: Iterator[Batch],
    judge: Judging,
    jobs: int,
    *,
    isolated: bool = False,
    poll: Callable[[], None] | None = None,
) -> Iterator[tuple[Batch, Judged]]:
    """Judge batches, in order.

    Parameters
    ----------
    batches : iterator of Batch
        Read as needed, a few ahead.
    judge : Judging
        Judges a batch.
    jobs : int
        Number of processes.
    isolated : bool
        Whether to use a worker process even if ``jobs`` is 1.
    poll : callable, optional
        Called several times a second while waiting for workers; may raise to end the work.

    Yields
    ------
    tuple of Batch and Judged
    """
    if jobs > 1 or isolated:
        yield from _Pool(judge, jobs, poll).judged(batches)
    else:
        before = gc.get_threshold()
        _tune_memory()
        try:
            for batch in batches:
                yield batch, judge(batch.records)
        finally:
            gc.set_threshold(*before)


class _Pool:
    """Worker processes, restarted when one is lost."""

    def __init__(self, judge: Judging, jobs: int, poll: Callable[[], None] | None = None) -> None:
        self._judge = judge
        self._jobs = jobs
        self._poll = poll
        self._executor: ProcessPoolExecutor | None = None
        self._lost_in_a_row = 0

    def judged(self, batches: Iterator[Batch]) -> Iterator[tuple[Batch, Judged]]:
        waiting: deque[tuple[Batch, Future[Judged]]] = deque()
        try:
            while True:
                while len(waiting) < 2 * self._jobs and (batch := next(batches, None)) is not None:
                    waiting.append((batch, self._submit(batch.records)))
                if not waiting:
                    return
                batch, future = waiting[0]
                try:
                    done = self._result_in_time(future, batch.records)
                except (BrokenExecutor, NotInTime):
                    self._kill()
                    for batch, future in waiting:
                        yield batch, _finished(future) or self._alone(batch.records)
                    waiting.clear()
                else:
                    waiting.popleft()
                    yield batch, done
        finally:
            self._kill()

    def _alone(self, records: list[RawRecord]) -> Judged:
        """Judge records while no others are in flight, so that they are the cause if the worker dies."""
        try:
            done = self._result_in_time(self._submit(records), records)
        except (BrokenExecutor, NotInTime) as error:
            self._kill()
            if len(records) > 1:
                middle = len(records) // 2
                first, second = self._alone(records[:middle]), self._alone(records[middle:])
                first.tally.add(second.tally)
                return Judged(first.content + second.content, first.tally)
            self._lost_in_a_row += 1
            if self._lost_in_a_row >= MAX_LOST_IN_A_ROW:
                raise EngineError(
                    f"worker processes die on every record ({_cause(error)}); check that there is enough memory"
                ) from error
            return self._judge.failed(records[0], f"worker lost: {_cause(error)}")
        self._lost_in_a_row = 0
        return done

    def _result_in_time(self, future: Future[Judged], records: list[RawRecord]) -> Judged:
        allowed = time.monotonic() + TIMEOUT + sum(len(raw.content) for raw in records) / MIN_BYTES_PER_SECOND
        while not wait([future], POLL).done:
            if self._poll is not None:
                self._poll()
            if time.monotonic() > allowed:
                raise NotInTime
        return future.result()

    def _submit(self, records: list[RawRecord]) -> Future[Judged]:
        from joblib.externals.loky.process_executor import ProcessPoolExecutor

        for _ in range(2):
            if self._executor is None:
                self._executor = ProcessPoolExecutor(
                    self._jobs, timeout=None, initializer=_start_worker, initargs=(os.getpid(),)
                )
            try:
                with _sigint_blocked():
                    future: Future[Judged] = self._executor.submit(self._judge, records)
                return future
            except BrokenExecutor:  # the worker was lost while idle
                self._kill()
        return _failed(BrokenExecutor("worker processes cannot be started"))

    def _kill(self) -> None:
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=True, kill_workers=True)


def _finished(future: Future[Judged]) -> Judged | None:
    """The result if it is already there."""
    return future.result() if future.done() and not future.cancelled() and not future.exception() else None


def _failed(error: Exception) -> Future[Judged]:
    future: Future[Judged] = Future()
    future.set_exception(error)
    return future


def _cause(error: Exception) -> str:
    """Why a worker was lost."""
    if isinstance(error, NotInTime):
        return "no answer in time"
    said = str(error)
    codes = said[said.find("{") + 1 : said.find("}")] if "{" in said and "}" in said else ""
    return f"it ended with {codes}" if codes else "it ended"


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    """Block Ctrl-C while workers start: a terminal sends it to them, too, and they inherit the blocked signals."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_worker(parent: int) -> None:
    """Set up a worker: it ignores Ctrl-C, which is for the main process, and exits when the main process is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _tune_memory()
    if sys.platform != "win32":
        threading.Thread(target=_exit_with_parent, args=(parent, os.getppid, os._exit), daemon=True).start()


def _tune_memory() -> None:
    """Collect garbage rarely, and reuse the memory of a batch for the next one."""
    gc.set_threshold(*GC_THRESHOLDS)
    with suppress(OSError, AttributeError, TypeError):  # C libraries other than GNU's
        library = ctypes.CDLL(None)
        for option, size in zip((_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD), MALLOC_THRESHOLDS, strict=True):
            library.mallopt(option, size)


def _exit_with_parent(parent: int, current: Callable[[], int], leave: Callable[[int], object]) -> None:
    while current() == parent:
        time.sleep(PARENT_POLL)
    leave(1)
