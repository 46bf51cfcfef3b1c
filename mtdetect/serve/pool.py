"""Worker processes that answer jobs, so that one huge text holds up neither the others nor the service.

Processes rather than threads: scoring is partly Python, and a process that takes too long can be ended. At most all but one of them work on
large jobs, so small ones always find a worker.
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

from mtdetect.errors import InputError, ModelError, MtdetectError, UsageError
from mtdetect.verdict import ModelInfo

if TYPE_CHECKING:
    from mtdetect.serve.work import Job

LARGE = 100_000
"""Characters from which a job counts as large: a worker is busy with it for a second or so."""

START = 60.0
"""Seconds in which a worker must be ready."""

Report = Callable[[str, dict[str, Any]], None]
"""Told of what happens: a name and facts, for logs and metrics."""


class OverloadedError(MtdetectError, RuntimeError):
    """More requests than can be worked on.

    Parameters
    ----------
    message : str
        In one line.
    retry_after : int
        Seconds after which it is worth asking again.
    own : bool
        Whether it is the client's own requests that are too many.
    """

    def __init__(self, message: str, retry_after: int, own: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.own = own


class TooLongError(MtdetectError, RuntimeError):
    """A job that took longer than it may."""


class FailedError(MtdetectError, RuntimeError):
    """A job that failed for a reason that is not the caller's."""


class Pool:
    """Hands jobs to worker processes.

    Parameters
    ----------
    setup : tuple
        Arguments of ``work.Worker``.
    size : int
        Processes.
    waiting : int
        Requests that may wait.
    per_client : int or None
        Requests that one client may have in the house.
    report : callable
        Told when a worker is replaced or a job fails.
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
        self._room = size + waiting
        self._per_client = per_client
        self._report = report
        self._inside: Counter[str] = Counter()
        self._seconds = 0.1  # a job takes, on average of the latest
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="mtdetect")
        self._idle: list[_Process] = []
        self._all: set[_Process] = set()
        self._slots = asyncio.Semaphore(size)
        self._large = asyncio.Semaphore(max(1, size - 1))
        self.model: ModelInfo | None = None

    @property
    def ready(self) -> bool:
        """Whether the workers have started."""
        return self.model is not None

    async def start(self) -> None:
        """Start the workers.

        Raises
        ------
        MtdetectError
            If one cannot start, as with a model or collection that cannot be read.
        """
        # Workers heed no signal, so a service that fails must not leave without them.
        atexit.register(self._stop)
        started = await asyncio.gather(
            *(self._in_thread(self._new) for _ in range(self.size)), return_exceptions=True
        )
        self._idle = [one for one in started if isinstance(one, _Process)]
        for one in started:
            if isinstance(one, BaseException):
                await self.close()
                raise one
        self.model = self._idle[0].model

    async def close(self) -> None:
        """End the workers; jobs that are not done fail."""
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
        """Take a request in, if there is room.

        Parameters
        ----------
        client : str
            Whose it is.

        Raises
        ------
        OverloadedError
            If there is none.
        """
        inside = self._inside.total()
        if inside >= self._room:
            raise OverloadedError("too many requests are waiting; ask again later", self._patience(inside))
        if self._per_client is not None and self._inside[client] >= self._per_client:
            raise OverloadedError(
                f"{self._per_client} requests of yours are being worked on; wait for their answers",
                self._patience(self._per_client),
                own=True,
            )
        self._inside[client] += 1
        try:
            yield
        finally:
            self._inside[client] -= 1
            if not self._inside[client]:
                del self._inside[client]

    async def run(self, job: Job, deadline: float) -> Any:
        """Have a job done.

        Parameters
        ----------
        job : Job
            What.
        deadline : float
            On the clock of ``time.monotonic``.

        Returns
        -------
        object
            As ``work.Worker.do`` gives it.

        Raises
        ------
        OverloadedError
            If no worker was free in time.
        TooLongError
            If it took too long; its worker is ended.
        FailedError
            If it went wrong.
        MtdetectError
            If it cannot be done.
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
            except MtdetectError as error:  # such as no memory for now
                self._report("worker_failed", {"why": str(error)})
                await asyncio.sleep(1)

    def _patience(self, inside: int) -> int:
        return max(1, math.ceil(inside * self._seconds / self.size))

    def too_long_waiting(self) -> OverloadedError:
        """Make the error of a job that found no worker."""
        return OverloadedError(
            "no worker was free in time; ask again later", self._patience(self._inside.total())
        )

    async def _in_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *args)


@asynccontextmanager
async def _entered(
    gate: AbstractAsyncContextManager[Any], deadline: float, pool: Pool
) -> AsyncIterator[None]:
    """Pass a gate before a deadline."""
    try:
        await asyncio.wait_for(gate.__aenter__(), deadline - time.monotonic())
    except asyncio.TimeoutError:
        raise pool.too_long_waiting() from None
    try:
        yield
    finally:
        await gate.__aexit__(None, None, None)


_KINDS = {kind.__name__: kind for kind in (UsageError, InputError, ModelError)}


class _Process:
    """A worker process and the pipe to it; starting waits until it is ready."""

    def __init__(self, setup: tuple[Any, ...]) -> None:
        # Spawned, not forked: the server has threads, and a fork would copy their locks.
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_main, args=(theirs, setup), name="mtdetect", daemon=True)
        self._process.start()
        theirs.close()
        try:
            self.model: ModelInfo = self._answer(time.monotonic() + START)
        except BaseException:
            self._kill()
            raise

    @property
    def alive(self) -> bool:
        """Whether it can take a job."""
        return not self._pipe.closed

    @property
    def exit_code(self) -> int | None:
        """What it ended with."""
        return self._process.exitcode

    def ask(self, job: Job, deadline: float) -> Any:
        """Have a job done; after a failure the process is gone."""
        try:
            self._pipe.send(job)
        except OSError:
            self._kill()
            raise FailedError("a worker had ended; ask again") from None
        return self._answer(deadline)

    def _answer(self, deadline: float) -> Any:
        try:
            if not self._pipe.poll(max(0.0, deadline - time.monotonic())):
                self._kill()
                raise TooLongError("this took too long; give shorter texts, or fewer")
            kind, value = self._pipe.recv()
        except (EOFError, OSError):
            self._kill()
            raise FailedError("the worker ended before its answer was ready") from None
        if kind == "done":
            return value
        raise _KINDS.get(kind, FailedError)(value)

    def stop(self) -> None:
        """End it at once; whoever waits for its answer hears of it."""
        self._process.kill()

    def end(self) -> None:
        """Let it go."""
        self._pipe.close()
        self._process.join(5)
        self._kill()

    def _kill(self) -> None:
        self._pipe.close()
        self._process.kill()
        self._process.join()


def _main(pipe: Connection, setup: tuple[Any, ...]) -> None:
    """What a worker process does: jobs, until the pipe closes."""
    # A stop is for the service to take: what is in flight is answered first.
    for name in ("SIGINT", "SIGTERM"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    from mtdetect.serve.work import Worker

    with suppress(EOFError, OSError):  # the service is gone
        try:
            worker = Worker(*setup)
            worker.warm_up()
        except MtdetectError as error:
            pipe.send((type(error).__name__, str(error)))
            return
        pipe.send(("done", worker.model))
        while True:
            job = pipe.recv()
            try:
                answer = ("done", worker.do(job))
            except MtdetectError as error:
                answer = (type(error).__name__, str(error))
            except Exception as error:
                answer = ("FailedError", _where(error))
            pipe.send(answer)
            del job, answer


def _where(error: BaseException) -> str:
    """Where an error came up. Its message may quote the text, so it stays here."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace is not None else ""
    return f"the work failed ({type(error).__name__}{place}); this is a defect of mtdetect"
