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
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
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
    """A job that exceeded its time limit."""


class FailedError(MtdetectError, RuntimeError):
    """A job that failed through no fault of the caller."""


class Pool:
    """Runs jobs on worker processes.

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
        self._seconds = 0.1  # moving average of the time of a job
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="mtdetect")
        self._idle: list[_Process] = []
        self._all: set[_Process] = set()
        self._slots = asyncio.Semaphore(size)
        self._large = asyncio.Semaphore(max(1, size - 1))
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
        self.model, self.consults = self._idle[0].ready

    async def close(self) -> None:
        """End the workers; unfinished jobs fail."""
        self.model = None
        idle, self._idle = self._idle, []
        for process in idle:
            await self._in_thread(process.end)
        self._stop()
        self._threads.shutdown(wait=True)
        atexit.unregister(self._stop)

    def _stop(self) -> None:
        for process in self._all:
            process.stop()

    def _new(self) -> _Process:
        process = _Process(self._setup)
        self._all.add(process)
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

    async def run(self, job: Job, deadline: float) -> Any:
        """Run a job on a free worker.

        Parameters
        ----------
        job : Job
            The work.
        deadline : float
            Latest time of the answer, on the clock of ``time.monotonic``.

        Returns
        -------
        object
            The result of ``work.Worker.do``.

        Raises
        ------
        OverloadedError
            If no worker was free in time.
        TooLongError
            If the job took too long; its worker is killed.
        FailedError
            If the worker failed.
        MtdetectError
            If the job itself is invalid.
        """
        lane: AbstractAsyncContextManager[Any] = self._large if job.size >= LARGE else nullcontext()
        async with _entered(lane, deadline, self), _entered(self._slots, deadline, self):
            if not self._idle:
                raise FailedError("the service is stopping")
            process = self._idle.pop()
            start = time.monotonic()
            asked = asyncio.ensure_future(self._in_thread(process.ask, job, deadline))
            try:
                return await asyncio.shield(asked)
            except asyncio.CancelledError:
                process.stop()
                await asyncio.wait([asked])
                raise
            finally:
                self._seconds += 0.1 * (time.monotonic() - start - self._seconds)
                if process.alive:
                    self._idle.append(process)
                elif self.ready:
                    self._all.discard(process)
                    self._report("worker_replaced", {"exit": process.exit_code})
                    self._idle.append(await self._replacement())

    async def _replacement(self) -> _Process:
        while True:
            try:
                process: _Process = await self._in_thread(self._new)
                return process
            except MtdetectError as error:  # for example, out of memory
                self._report("worker_failed", {"why": str(error)})
                await asyncio.sleep(1)

    def _retry_after(self, requests: int) -> int:
        return max(1, math.ceil(requests * self._seconds / self.size))

    def too_long_waiting(self) -> OverloadedError:
        """Make the error for a job that found no free worker in time."""
        return OverloadedError(
            "no worker was free in time; ask again later", self._retry_after(self._admitted.total())
        )

    async def _in_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *args)


@asynccontextmanager
async def _entered(
    gate: AbstractAsyncContextManager[Any], deadline: float, pool: Pool
) -> AsyncIterator[None]:
    """Enter a context before a deadline."""
    try:
        await asyncio.wait_for(gate.__aenter__(), deadline - time.monotonic())
    except asyncio.TimeoutError:
        raise pool.too_long_waiting() from None
    try:
        yield
    finally:
        await gate.__aexit__(None, None, None)


_KINDS = {kind.__name__: kind for kind in (UsageError, InputError, ModelError, MissingExtraError)}


class _Process:
    """A worker process and the pipe to it. The constructor returns when the worker is ready."""

    def __init__(self, setup: tuple[Any, ...]) -> None:
        # Spawned, not forked: the server has threads, and a fork would copy the locks they hold.
        context = multiprocessing.get_context("spawn")
        self._pipe, other_end = context.Pipe()
        self._process = context.Process(target=_main, args=(other_end, setup), name="mtdetect", daemon=True)
        self._process.start()
        other_end.close()
        try:
            self.ready: tuple[ModelInfo, bool] = self._answer(time.monotonic() + START)
        except BaseException:
            self._kill()
            raise

    @property
    def alive(self) -> bool:
        """Whether it can take a job."""
        return not self._pipe.closed

    @property
    def exit_code(self) -> int | None:
        """Exit code of the process, None while it runs."""
        return self._process.exitcode

    def ask(self, job: Job, deadline: float) -> Any:
        """Send a job and wait for its answer; if that fails, the process is killed."""
        try:
            self._pipe.send(job)
        except OSError:
            self._kill()
            raise FailedError("a worker process had ended; ask again") from None
        return self._answer(deadline)

    def _answer(self, deadline: float) -> Any:
        try:
            if not self._pipe.poll(max(0.0, deadline - time.monotonic())):
                self._kill()
                raise TooLongError("the request took too long; send fewer or shorter texts")
            kind, value = self._pipe.recv()
        except (EOFError, OSError):
            self._kill()
            raise FailedError("the worker process ended before it answered; ask again") from None
        if kind == "done":
            return value
        raise _KINDS.get(kind, FailedError)(value)

    def stop(self) -> None:
        """Kill it; a pending ``ask`` then fails."""
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
