"""The pool of the service, with workers that only sleep."""

import asyncio
import gc
import threading
import time
from dataclasses import dataclass

import pytest

pytest.importorskip("fastapi")

from mtdetect.serve import pool as pools
from mtdetect.serve.pool import OverloadedError, Pool, TooLongError

START = 1.0
"""Seconds that a replacement takes to start; the first workers are there at once."""


@dataclass
class Nap:
    """A job that sleeps."""

    seconds: float
    size: int = 1


class Sleeper:
    """Stands for a worker process."""

    start = 0.0
    fails = 0
    asked = threading.Event()

    def __init__(self, setup):
        self.alive = True
        self.exit_code = -9
        self.facts = ("model", False)
        self.killed = threading.Event()

    def wait_until_ready(self):
        if self.killed.wait(Sleeper.start):
            raise pools.FailedError("ended")
        if Sleeper.fails:
            Sleeper.fails -= 1
            raise OSError("no memory")

    def ask(self, job, seconds):
        Sleeper.asked.set()
        if self.killed.wait(min(job.seconds, seconds)):
            raise pools.FailedError("ended")
        if job.seconds > seconds:
            self.alive = False
            raise TooLongError("too long")
        return job.seconds

    def stop(self):
        self.alive = False
        self.killed.set()

    end = stop


PROCESS = pools._Process


def test_a_worker_that_ended_while_idle_has_begun_nothing():
    """So the request may come again (503), which clients do by themselves; a failure (500) they report."""

    class Broken:
        def send(self, job):
            raise BrokenPipeError

    process = object.__new__(PROCESS)
    process._pipe = Broken()
    process._kill = lambda: None
    with pytest.raises(OverloadedError, match="had ended; ask again") as caught:
        process.ask(Nap(1.0), 5.0)
    assert caught.value.retry_after == 1


def test_a_worker_that_starts_too_slowly_says_so():
    class Silent:
        def poll(self, seconds):
            return False

    process = object.__new__(PROCESS)
    process._pipe = Silent()
    process._kill = lambda: None
    with pytest.raises(pools.FailedError, match=r"not ready within 60 s; start fewer of them \(--jobs\)"):
        process.wait_until_ready()


@pytest.fixture(autouse=True)
def sleepers(monkeypatch):
    monkeypatch.setattr(pools, "_Process", Sleeper)
    monkeypatch.setattr(Sleeper, "start", 0.0)
    monkeypatch.setattr(Sleeper, "fails", 0)


def running(scenario, size=1):
    """Run a coroutine with a started pool; what it returns, and the events that the pool reported."""
    events = []

    async def run():
        pool = Pool((), size=size, waiting=1000, report=lambda name, facts: events.append(name))
        await pool.start()
        Sleeper.start = START
        Sleeper.asked.clear()
        try:
            return await scenario(pool)
        finally:
            await pool.close()

    return asyncio.run(run()), events


async def outcome(pool, *jobs, limit):
    """What came of a request, and after how many seconds."""
    start = time.monotonic()
    try:
        await pool.run(jobs, limit)
        came = "done"
    except (OverloadedError, TooLongError) as error:
        came = type(error).__name__
    return came, time.monotonic() - start


async def outcomes(pool, requests, limit):
    return await asyncio.gather(*(outcome(pool, *jobs, limit=limit) for jobs in requests))


def test_overload_is_shed_and_costs_no_worker():
    async def scenario(pool):
        return await outcomes(pool, [[Nap(0.1)]] * 40, 1.0)

    came, events = running(scenario)
    assert [what for what, _ in came].count("done") >= 3
    assert {what for what, _ in came} == {"done", "OverloadedError"}
    assert max(seconds for _, seconds in came) < 2.5  # 4.0 without a refusal
    assert events == []


def test_the_limit_of_work_counts_from_its_start():
    """The second request is done after its limit, counted from its arrival, but works no longer than the first."""

    async def scenario(pool):
        return await outcomes(pool, [[Nap(1.5)], [Nap(1.5)]], 2.6)

    came, events = running(scenario)
    assert [what for what, _ in came] == ["done", "done"]
    assert came[1][1] > 2.6
    assert events == []


def test_parts_of_a_request_have_one_limit_of_work_together():
    async def scenario(pool):
        return await outcome(pool, *[Nap(0.4)] * 4, limit=1.0)

    (what, _), _ = running(scenario)
    assert what == "TooLongError"


def test_work_that_is_expected_to_take_longer_than_is_left_is_not_begun():
    """All wait for a worker. By their sizes one would take longer than what is left, one would not, and the guess for one is absurd."""

    async def scenario(pool):
        for _ in range(5):
            await pool.run([Nap(0.3, size=10_000)], 3.0)
        first = asyncio.ensure_future(pool.run([Nap(2.3)], 3.0))
        await asyncio.sleep(0)
        sizes = (90_000, 1_000, 90_000_000)
        came = await outcomes(pool, [[Nap(0.1, size=size)] for size in sizes], 3.0)
        await first
        # Without a wait it is begun, whatever is expected of it.
        return [*came, await outcome(pool, Nap(0.1, size=90_000_000), limit=0.4)]

    ((large, waited), (small, _), (absurd, half), (alone, _)), events = running(scenario)
    assert (large, small, absurd, alone) == ("OverloadedError", "done", "OverloadedError", "done")
    assert 1.5 <= waited < 2.3
    assert 1.5 <= half < 2.3
    assert events == []


def test_requests_in_parts_do_not_starve_each_other():
    """If all six were begun at once, each would have done half of its parts when its time is over."""

    async def scenario(pool):
        return await outcomes(pool, [[Nap(0.1)] * 4] * 6, 1.2)

    came, events = running(scenario)
    assert [what for what, _ in came].count("done") >= 1
    assert events == []


def test_nothing_is_begun_for_a_client_that_has_gone():
    async def scenario(pool):
        asked = []

        async def abandoned():
            asked.append(len(asked))
            return len(asked) > 2

        with pytest.raises(pools.AbandonedError):
            await pool.run([Nap(0.01)] * 5, 3.0, abandoned)
        # Its worker is free for the next.
        return asked, await outcome(pool, Nap(0.01), limit=0.2)

    (asked, (what, _)), events = running(scenario)
    assert (asked, what, events) == ([0, 1, 2], "done", [])


def test_a_client_does_not_wait_for_the_replacement_of_its_worker():
    async def scenario(pool):
        first = await outcome(pool, Nap(9), limit=0.2)
        second = await outcome(pool, Nap(0), limit=0.2)
        third = await outcome(pool, Nap(0), limit=30)
        return first, second, third

    ((first, seconds), (second, _), (third, _)), events = running(scenario)
    assert (first, second, third) == ("TooLongError", "OverloadedError", "done")
    assert seconds < START
    assert events == ["worker_replaced"]


def test_no_large_job_takes_the_last_worker_while_one_is_replaced():
    async def scenario(pool):
        large = Nap(9, size=pools.LARGE)
        first = await outcome(pool, large, limit=0.2)
        return first, await outcomes(pool, [[large], [Nap(0)]], 0.2)

    ((first, _), ((large, _), (small, _))), _ = running(scenario, size=2)
    assert (first, large, small) == ("TooLongError", "OverloadedError", "done")


def test_a_replacement_that_fails_is_tried_again():
    async def scenario(pool):
        Sleeper.fails = 1
        await outcome(pool, Nap(9), limit=0.1)
        return await outcome(pool, Nap(0), limit=30)

    (what, _), events = running(scenario)
    assert what == "done"
    assert events == ["worker_replaced", "worker_failed"]


@pytest.mark.parametrize("pauses", [[], [0.0], [0.2], [0.2, 0.2]])
def test_cancellations_lose_no_worker_and_log_nothing(pauses):
    """However often a request is cancelled, and when; its worker is replaced, and nobody misses what became of it."""
    logged = []

    async def scenario(pool):
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: logged.append(context))
        request = asyncio.ensure_future(pool.run([Nap(9)], 30.0))
        await asyncio.to_thread(Sleeper.asked.wait, 30)
        request.cancel()
        for pause in pauses:
            await asyncio.sleep(pause)
            request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        del request
        answer = await outcome(pool, Nap(0), limit=30)
        gc.collect()
        return answer

    (what, _), events = running(scenario)
    assert what == "done"
    assert events == ["worker_replaced"]
    assert logged == []


def test_requests_that_wait_when_the_pool_closes_are_answered():
    async def scenario(pool):
        working, waiting = (asyncio.ensure_future(pool.run([Nap(9)], 30.0)) for _ in range(2))
        await asyncio.to_thread(Sleeper.asked.wait, 30)
        await pool.close()
        return await asyncio.gather(working, waiting, return_exceptions=True)

    (working, waiting), events = running(scenario)
    assert [str(working), str(waiting)] == ["ended", "the service is stopping"]
    assert events == []


def test_closing_does_not_wait_for_a_replacement():
    async def scenario(pool):
        Sleeper.start = 30.0
        await outcome(pool, Nap(9), limit=0.1)
        await asyncio.sleep(0.1)
        start = time.monotonic()
        await pool.close()
        took = time.monotonic() - start
        await asyncio.sleep(0.1)
        return took

    seconds, events = running(scenario)
    assert seconds < 10
    assert events == ["worker_replaced"]
