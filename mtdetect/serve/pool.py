"""The pool of worker processes, which keeps one huge text from delaying other requests.

Workers are processes, not threads, because scoring is partly Python code and only a process can be killed when it takes too
long. At most all but one of them work on large jobs, so small jobs always find a worker.
"""

from __future__ import annotations

import asyncio
import atexit
import math
import multiprocessing
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from mtdetect.errors import InputError, MissingExtraError, ModelError, MtdetectError, UsageError
from mtdetect.verdict import ModelInfo

if TYPE_CHECKING:
    from mtdetect.serve.work import Job

LARGE = 100_000
"""Characters from which a job counts as large; it keeps a worker busy for about a second."""

START = 60.0
"""Seconds within which a worker must be ready."""

Report = Callable[[str, dict[str, Any]], None]
"""Receives events for log and metrics: a name and its facts."""


class OverloadedError(MtdetectError, RuntimeError):
    """Too many requests, of all clients or of one.

    Parameters
    ----------
    message : str
        In one line.
    retry_after : int
        Seconds after which the client should ask again.
    own : bool
        Whether the client itself has too many requests.
    """

    def __init__(self, message: str, retry_after: int, own: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.own = own


class TooLongError(MtdetectError, RuntimeError):
    """A request whose work exceeded its time limit."""


class AbandonedError(MtdetectError, RuntimeError):
    """A request whose client has gone before its work was begun."""


class FailedError(MtdetectError, RuntimeError):
    """A job that failed through no fault of the caller."""


class Pool:
    """Runs the jobs of requests on worker processes.

    A worker is idle, works on a job, or is gone and being replaced. Only an idle one has a place that a request can take; the place is
    free again when the worker is idle again, or when its replacement is.

    ===========  ===============================================================  ============
    a worker     when                                                             is then
    ===========  ===============================================================  ============
    idle         a request takes its place                                        working
    working      it answers, and its request is still there                       idle
    working      its work takes too long, its request is cancelled, or it ends    gone
    idle         a request takes its place, and finds that it has ended           gone
    gone         the new process is ready (until then, each second another try)   idle
    ===========  ===============================================================  ============

    A request that finds its worker ended is refused: nothing was begun, so it may come again. No request waits for a replacement of the
    worker that it lost. A large job also keeps its place among the large ones until then, or the next one could take the last worker
    from the small ones.

    A request waits, works and, if it has several jobs, waits again between them, so that others get the worker. It has a limit for
    waiting and the same limit for working, and they are apart: the work of a request that waited long is not cut short, so no healthy
    worker is killed because there are many requests. A request is refused

    - before its first job, when the time left for waiting is shorter than the expected work. That is the mean time of a character, not
      of a job, by its characters, because a mean of jobs that differ a thousandfold says nothing about the next one. It is at most
      half of the limit: a wrong guess shortens the wait to that, and never refuses what need not wait.
    - before a later job, when it has waited for its whole limit. What is done by then is lost, so no more requests of several jobs are
      begun than there are workers: if all began at once, none would end in time.

    Parameters
    ----------
    setup : tuple
        Arguments of ``work.Worker``.
    size : int
        Number of processes.
    waiting : int
        Most requests that may wait.
    per_client : int or None
        Most requests of one client that are worked on or wait; None for no limit.
    report : callable
        Called when a worker is replaced or cannot be started.
    """

    def __init__(
        self,
        setup: tuple[Any, ...],
        *,
        size: int,
        waiting: int,
        per_client: int | None = None,
        report: Report = lambda name, facts: None,
    ) -> None:
        self.size = size
        self._setup = setup
        self._capacity = size + waiting
        self._per_client = per_client
        self._report = report
        self._admitted: Counter[str] = Counter()
        # Moving averages of the seconds and the characters of a job. They begin with the speed that LARGE assumes.
        self._seconds = 0.1
        self._characters = 0.1 * LARGE
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="mtdetect")
        self._idle: list[_Process] = []
        self._all: set[_Process] = set()
        self._replacing: set[asyncio.Task[None]] = set()
        self._closed = False
        self._places = asyncio.Semaphore(size)  # as many as there are idle workers
        self._large = asyncio.Semaphore(max(1, size - 1))
        self._several = asyncio.Semaphore(size)
        self.model: ModelInfo | None = None
        self.consults = False  # a translation engine, unless a request says otherwise

    @property
    def ready(self) -> bool:
        """Whether the workers have started."""
        return self.model is not None

    async def start(self) -> None:
        """Start the workers.

        Raises
        ------
        MtdetectError
            If a worker cannot start, for example because the model or the collection cannot be read.
        """
        # Workers ignore signals, so they must be killed if the service itself fails.
        atexit.register(self._stop)
        started = await asyncio.gather(
            *(self._in_thread(self._new) for _ in range(self.size)), return_exceptions=True
        )
        self._idle = [one for one in started if isinstance(one, _Process)]
        for one in started:
            if isinstance(one, BaseException):
                await self.close()
                raise one
        self.model, self.consults = self._idle[0].facts

    async def close(self) -> None:
        """End the workers; unfinished jobs fail."""
        self.model = None
        self._closed = True
        for task in self._replacing:
            task.cancel()
        idle, self._idle = self._idle, []
        for process in idle:
            await self._in_thread(process.end)
        self._stop()
        self._threads.shutdown(wait=True)
        atexit.unregister(self._stop)

    def _stop(self) -> None:
        for process in list(self._all):
            process.stop()

    def _new(self) -> _Process:
        """Start a worker, and wait until it is ready. It is among all of them before that, so that it can be stopped."""
        process = _Process(self._setup)
        self._all.add(process)
        try:
            if self._closed:
                process.stop()
            process.wait_until_ready()
        except BaseException:
            self._all.discard(process)
            raise
        return process

    @asynccontextmanager
    async def admitted(self, client: str) -> AsyncIterator[None]:
        """Admit a request, and count it until it is answered.

        Parameters
        ----------
        client : str
            Tenant or address of the client.

        Raises
        ------
        OverloadedError
            If there are too many requests, of all clients or of this one.
        """
        count = self._admitted.total()
        if count >= self._capacity:
            raise OverloadedError("too many requests are waiting; ask again later", self._retry_after(count))
        if self._per_client is not None and self._admitted[client] >= self._per_client:
            raise OverloadedError(
                f"you have {self._per_client} unanswered requests; wait for their answers",
                self._retry_after(self._per_client),
                own=True,
            )
        self._admitted[client] += 1
        try:
            yield
        finally:
            self._admitted[client] -= 1
            if not self._admitted[client]:
                del self._admitted[client]

    async def run(
        self, jobs: Sequence[Job], seconds: float, abandoned: Callable[[], Awaitable[bool]] | None = None
    ) -> list[Any]:
        """Run the jobs of a request on free workers, one after the other.

        Parameters
        ----------
        jobs : sequence of Job
            The work.
        seconds : float
            Longest time that the request may wait, and again that it may be worked on.
        abandoned : callable, optional
            Tells whether the client has gone, so that nobody would read the answer. Asked before each job is begun.

        Returns
        -------
        list
            The results of ``work.Worker.do``.

        Raises
        ------
        OverloadedError
            If no worker was free in time.
        TooLongError
            If the work took too long; its worker is killed.
        FailedError
            If the worker failed.
        AbandonedError
            If the client has gone.
        MtdetectError
            If a job itself is invalid.
        """
        characters = sum(job.size for job in jobs)
        expected = min(characters * self._seconds / self._characters, seconds / 2)
        begun = time.monotonic()
        worked = 0.0
        results: list[Any] = []
        with ExitStack() as request:
            if len(jobs) > 1:
                await self._enter(self._several, begun + seconds - expected, request)
            for job in jobs:
                until = begun + worked + seconds - (0.0 if results else expected)
                with ExitStack() as entered:
                    if job.size >= LARGE:
                        await self._enter(self._large, until, entered)
                    await self._enter(self._places, until, entered)
                    if abandoned is not None and await abandoned():
                        raise AbandonedError("the client has closed the connection")
                    if not self._idle:
                        raise FailedError("the service is stopping")
                    held = entered.pop_all()
                start = time.monotonic()
                results.append(await self._work(job, seconds - worked, held))
                worked += time.monotonic() - start
        return results

    async def _enter(self, gate: asyncio.Semaphore, until: float, held: ExitStack) -> None:
        """Enter a gate before a time on the clock of ``time.monotonic``; ``held`` leaves it."""
        try:
            if gate.locked():
                await asyncio.wait_for(gate.acquire(), until - time.monotonic())
            else:
                await gate.acquire()  # at once, however little time is left
        except asyncio.TimeoutError:
            raise OverloadedError(
                "no worker was free in time; ask again later", self._retry_after(self._admitted.total())
            ) from None
        held.callback(gate.release)

    async def _work(self, job: Job, seconds: float, held: ExitStack) -> Any:
        """Have an idle worker do a job; ``held`` frees its place."""
        process = self._idle.pop()
        asked = self._in_thread(process.ask, job, seconds)
        # A callback, because what a request does in its own task ends when that is cancelled.
        asked.add_done_callback(partial(self._free, process, job.size, time.monotonic(), held))
        try:
            await asyncio.wait([asked])
        finally:
            if not asked.done():  # the request was cancelled
                process.stop()
        return asked.result()

    def _free(
        self, process: _Process, size: int, start: float, held: ExitStack, asked: asyncio.Future[Any]
    ) -> None:
        """Free the place of a worker that has answered or is gone."""
        asked.exception()  # that of a cancelled request, which nobody else asks for, would be logged
        self._seconds += 0.1 * (time.monotonic() - start - self._seconds)
        self._characters += 0.1 * (max(1, size) - self._characters)
        if process.alive:
            self._idle.append(process)
        else:
            self._all.discard(process)
            if not self._closed:
                self._report("worker_replaced", {"exit": process.exit_code})
                task = asyncio.ensure_future(self._replace(held))
                self._replacing.add(task)
                task.add_done_callback(self._replacing.discard)
                return
        held.close()

    async def _replace(self, held: ExitStack) -> None:
        """Start a new worker in the place of one that is gone, then free the place."""
        while True:
            try:
                process: _Process = await self._in_thread(self._new)
                break
            except Exception as error:  # for example, out of memory
                self._report("worker_failed", {"why": str(error)})
                await asyncio.sleep(1)
        self._idle.append(process)
        held.close()

    def _retry_after(self, requests: int) -> int:
        return max(1, math.ceil(requests * self._seconds / self.size))

    def _in_thread(self, function: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        return asyncio.get_running_loop().run_in_executor(self._threads, function, *args)


_KINDS = {kind.__name__: kind for kind in (UsageError, InputError, ModelError, MissingExtraError)}


class _Process:
    """A worker process and the pipe to it."""

    facts: tuple[ModelInfo, bool]  # its model, and whether it consults an engine; as soon as it is ready

    def __init__(self, setup: tuple[Any, ...]) -> None:
        # Spawned, not forked: the server has threads, and a fork would copy the locks they hold.
        context = multiprocessing.get_context("spawn")
        self._pipe, other_end = context.Pipe()
        self._process = context.Process(target=_main, args=(other_end, setup), name="mtdetect", daemon=True)
        self._process.start()
        other_end.close()
        self._stopped = False

    def wait_until_ready(self) -> None:
        """Wait until it can take a job; if that fails, it is killed."""
        try:
            self.facts = self._answer(
                START, "a worker process ended while it started; start fewer of them (--jobs), or free memory"
            )
        except TooLongError:
            raise FailedError(
                f"a worker process was not ready within {START:.0f} s; start fewer of them (--jobs), or do so when the machine is less busy"
            ) from None
        except BaseException:
            self._kill()
            raise

    @property
    def alive(self) -> bool:
        """Whether it can take a job."""
        return not (self._stopped or self._pipe.closed)

    @property
    def exit_code(self) -> int | None:
        """Exit code of the process, None while it runs."""
        return self._process.exitcode

    def ask(self, job: Job, seconds: float) -> Any:
        """Send a job and wait for its answer for some seconds; if that fails, the process is killed."""
        try:
            self._pipe.send(job)
        except OSError:
            self._kill()
            # Nothing was begun, so the client may ask again at once.
            raise OverloadedError("a worker process had ended; ask again", 1) from None
        return self._answer(seconds, "the worker process ended before it answered; ask again")

    def _answer(self, seconds: float, if_ended: str) -> Any:
        try:
            if not self._pipe.poll(max(0.0, seconds)):
                self._kill()
                raise TooLongError("the request took too long; send fewer or shorter texts")
            kind, value = self._pipe.recv()
        except (EOFError, OSError):
            self._kill()
            raise FailedError(if_ended) from None
        if kind == "done":
            return value
        raise _KINDS.get(kind, FailedError)(value)

    def stop(self) -> None:
        """Kill it; a pending ``ask`` then fails."""
        self._stopped = True
        self._process.kill()

    def end(self) -> None:
        """Close the pipe, upon which the worker ends."""
        self._pipe.close()
        self._process.join(5)
        self._kill()

    def _kill(self) -> None:
        self._pipe.close()
        self._process.kill()
        self._process.join()


def _main(pipe: Connection, setup: tuple[Any, ...]) -> None:
    """Main function of a worker process: does jobs until the pipe closes."""
    # Signals are handled by the service, which answers running requests before it ends.
    for name in ("SIGINT", "SIGTERM"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    from mtdetect.serve.work import Worker

    with suppress(EOFError, OSError):  # the service has ended
        try:
            worker = Worker(*setup)
            worker.warm_up()
        except MtdetectError as error:
            pipe.send((type(error).__name__, str(error)))
            return
        pipe.send(("done", (worker.model, worker.consults)))
        while True:
            job = pipe.recv()
            try:
                answer = ("done", worker.do(job))
            except MtdetectError as error:
                answer = (type(error).__name__, str(error))
            except Exception as error:
                answer = ("FailedError", _describe(error))
            pipe.send(answer)
            del job, answer


def _describe(error: BaseException) -> str:
    """Type and place of an error. Its message may quote a text, so it is not included."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace is not None else ""
    return f"scoring failed ({type(error).__name__}{place}); this is a defect of mtdetect"
