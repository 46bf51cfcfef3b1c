"""Who judges the batches: this process, or worker processes that may die.

A worker that is lost (killed, out of memory, crashed in foreign code, stuck) takes with it the batches that were in flight. Each
of them is tried again alone; one that breaks its worker again is cut into halves until the record is found that does it. That
record becomes ``unsupported``, all others are judged.
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
from typing import Any, Protocol

from mtdetect.errors import EngineError
from mtdetect.inputs import RawRecord
from mtdetect.screening.judging import Judged
from mtdetect.screening.plan import Batch

PATIENCE = 180.0
"""Seconds that any batch may take; starting a worker on a busy machine is among them."""

PACE = 20_000
"""Bytes a second that a batch must reach beyond that: a small fraction of the slowest seen."""

HOPELESS = 10
"""Records in a row that break their worker although they are alone: then it is not the records."""

POLL = 0.2
"""Seconds between two looks whether the work is to end."""

RARELY = (50_000, 20, 50)
"""Allocations between two collections of garbage, for ``gc.set_threshold``: a batch makes tens of thousands of small objects without cycles,
and looking through them at Python's own thresholds costs 3 % of a run."""

KEPT = (32 << 20, 256 << 20)
"""Bytes of an array up to which it comes from the heap, and of free memory from which the heap is cut, for the C library's ``mallopt``.
Left to itself it hands the arrays of each batch back to the system, which clears every page anew for the next: 4 % of a run."""

WATCH = 1.0
"""Seconds between two looks of a worker whether the main process is still there."""


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of malloc.h


class Judging(Protocol):
    """What the engines run."""

    def __call__(self, batch: list[RawRecord]) -> Judged:
        """Judge a batch."""

    def broken(self, raw: RawRecord, why: str) -> Judged:
        """Say of a record that it could not be judged."""


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
        Judges one.
    jobs : int
        Processes.
    isolated : bool
        Use a worker process even if there is but one.
    poll : callable, optional
        Called several times a second where workers are waited for; may raise to end the work.

    Yields
    ------
    tuple of Batch and Judged
    """
    if jobs > 1 or isolated:
        yield from _Pool(judge, jobs, poll).judged(batches)
    else:
        before = gc.get_threshold()
        _spare_memory_work()
        try:
            for batch in batches:
                yield batch, judge(batch.records)
        finally:
            gc.set_threshold(*before)


class _Pool:
    """Worker processes, started anew when one is lost."""

    def __init__(self, judge: Judging, jobs: int, poll: Callable[[], None] | None = None) -> None:
        self._judge = judge
        self._jobs = jobs
        self._poll = poll
        self._executor: Any = None
        self._broken = 0

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
                    done = self._waited(future, batch.records)
                except (BrokenExecutor, NotInTime):
                    self._kill()
                    for batch, future in waiting:
                        yield batch, _result(future) or self._alone(batch.records)
                    waiting.clear()
                else:
                    waiting.popleft()
                    yield batch, done
        finally:
            self._kill()

    def _alone(self, records: list[RawRecord]) -> Judged:
        """Judge records with nothing else in flight, so that it is they who break the worker if it breaks."""
        try:
            done = self._waited(self._submit(records), records)
        except (BrokenExecutor, NotInTime) as error:
            self._kill()
            if len(records) > 1:
                middle = len(records) // 2
                first, second = self._alone(records[:middle]), self._alone(records[middle:])
                first.tally.add(second.tally)
                return Judged(first.content + second.content, first.tally)
            self._broken += 1
            if self._broken >= HOPELESS:
                raise EngineError(
                    f"worker processes die whatever they are given ({_how(error)}); is there enough memory?"
                ) from error
            return self._judge.broken(records[0], f"worker lost: {_how(error)}")
        self._broken = 0
        return done

    def _waited(self, future: Future[Judged], records: list[RawRecord]) -> Judged:
        allowed = time.monotonic() + PATIENCE + sum(len(raw.content) for raw in records) / PACE
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
                    self._jobs, timeout=None, initializer=_settle, initargs=(os.getpid(),)
                )
            try:
                with _sheltered():
                    future: Future[Judged] = self._executor.submit(self._judge, records)
                return future
            except BrokenExecutor:  # lost while it was idle
                self._kill()
        return _failed(BrokenExecutor("worker processes cannot be started"))

    def _kill(self) -> None:
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=True, kill_workers=True)


def _result(future: Future[Judged]) -> Judged | None:
    """What is there already."""
    return future.result() if future.done() and not future.cancelled() and not future.exception() else None


def _failed(error: Exception) -> Future[Judged]:
    future: Future[Judged] = Future()
    future.set_exception(error)
    return future


def _how(error: Exception) -> str:
    """How a worker was lost, in few words."""
    if isinstance(error, NotInTime):
        return "no answer in time"
    said = str(error)
    codes = said[said.find("{") + 1 : said.find("}")] if "{" in said and "}" in said else ""
    return f"it ended with {codes}" if codes else "it ended"


@contextmanager
def _sheltered() -> Iterator[None]:
    """Keep Ctrl-C from workers that are being started: a terminal sends it to them, too, and they inherit what is blocked."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _settle(parent: int) -> None:
    """Make a worker mind its own business: Ctrl-C is for the main process, and without that there is nothing to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _spare_memory_work()
    if sys.platform != "win32":
        threading.Thread(target=_watch, args=(parent, os.getppid, os._exit), daemon=True).start()


def _spare_memory_work() -> None:
    """Collect garbage rarely, and keep the memory of a batch for the next; what is kept is less than the peak."""
    gc.set_threshold(*RARELY)
    with suppress(OSError, AttributeError, TypeError):  # other C libraries than GNU's
        library = ctypes.CDLL(None)
        for option, size in zip((_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD), KEPT, strict=True):
            library.mallopt(option, size)


def _watch(parent: int, current: Callable[[], int], leave: Callable[[int], Any]) -> None:
    while current() == parent:
        time.sleep(WATCH)
    leave(1)
