#!/usr/bin/env python3
"""Service: latency and rate by number of clients, latency beside a huge text, and growth of memory.

    python3 benchmarks/serve.py TEXT [--requests N] [--clients 1,8,64] [--memory N] [--workers N]

TEXT is a file of English prose. Each request has 600 consecutive words of it, drawn with a fixed seed. The service runs on a free port of
127.0.0.1; threads of this process send the requests over persistent connections. Clients and service share the cores, and all times are
wall-clock times, so other load on the machine increases them. Prints Markdown tables.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from running import run_main

WORDS = 600
"""Words of a request."""

HUGE = 1_000_000
"""Characters of the huge text."""

WARM = 1_000
"""Requests before memory is first measured."""

COMMAND = "import sys; from mtdetect.cli import main; sys.exit(main())"


@dataclass
class Run:
    """Results of one load."""

    name: str
    seconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    wall: float = 0.0

    def row(self) -> str:
        """Row of the table."""
        ordered = sorted(self.seconds)

        def at(share: float) -> str:
            return f"{1e3 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]:,.0f}"

        answers = ", ".join(f"{count} × {status}" for status, count in sorted(self.statuses.items()))
        rate = len(ordered) / self.wall
        return f"| {self.name} | {len(ordered):,} | {rate:,.1f} | {at(0.5)} | {at(0.95)} | {at(0.99)} | {answers} |"


@contextmanager
def service(workers: int | None) -> Iterator[tuple[int, int]]:
    """Start a service; yields its port and process id."""
    options = [] if workers is None else ["--workers", str(workers)]
    with tempfile.TemporaryDirectory() as folder, open(Path(folder, "log"), "w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "serve", "--port", "0", "--max-seconds", "120", *options],
            stderr=log,
        )
        try:
            for _ in range(600):
                first = Path(log.name).read_text(encoding="utf-8").partition("\n")[0]
                if "listening on" in first:
                    break
                time.sleep(0.1)
            else:
                sys.exit(f"the service did not start: {first}")
            yield int(first.rpartition(":")[2]), process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def ask(connection: http.client.HTTPConnection, body: bytes) -> tuple[int, float]:
    """Send one request; returns its status and seconds."""
    start = time.perf_counter()
    connection.request("POST", "/v1/score", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    response.read()
    return response.status, time.perf_counter() - start


def load(port: int, bodies: list[bytes], clients: int, requests: int, name: str) -> Run:
    """Send requests from several clients at once; each sends the next as soon as it has an answer."""
    run = Run(name)
    numbers = iter(range(requests))
    lock = threading.Lock()

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                break
            status, seconds = ask(connection, bodies[number % len(bodies)])
            with lock:
                run.seconds.append(seconds)
                run.statuses[status] = run.statuses.get(status, 0) + 1
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(clients)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run.wall = time.perf_counter() - start
    return run


def memory(pid: int) -> dict[str, float]:
    """Resident memory in MB of the service and of each worker, shared pages included."""
    held = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            status = (folder / "status").read_text()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        facts: dict[str, Any] = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        own, parent = int(facts["Pid"]), int(facts["PPid"])
        if own == pid or (parent == pid and b"spawn_main" in command):
            name = "service" if own == pid else f"worker {own}"
            held[name] = int(facts["VmRSS"].split()[0]) * 1024 / 1e6
    return held


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("text", type=Path, metavar="TEXT", help="file of English prose")
    parser.add_argument(
        "--requests", type=int, default=300, help="number of requests of each load (default: %(default)s)"
    )
    parser.add_argument("--clients", default="1,8,64", help="numbers of clients (default: %(default)s)")
    parser.add_argument(
        "--memory",
        type=int,
        default=3 * WARM,
        help="number of requests before memory is measured again (default: %(default)s)",
    )
    parser.add_argument("--workers", type=int, help="workers of the service (default: the service's own)")
    args = parser.parse_args()
    words = args.text.read_text(encoding="utf-8").split(" ")
    draw = random.Random(0)

    def body(text: str) -> bytes:
        return json.dumps({"text": text}).encode()

    starts = [draw.randrange(max(1, len(words) - WORDS)) for _ in range(50)]
    bodies = [body(" ".join(words[start : start + WORDS])) for start in starts]
    whole = " ".join(words)
    huge = body((whole * (HUGE // len(whole) + 1))[:HUGE])
    with service(args.workers) as (port, pid):
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
        print(
            "| load | requests | requests/s | p50, ms | p95 | p99 | answers |\n|---|---:|---:|---:|---:|---:|---|"
        )
        load(port, bodies, 2, 50, "warm-up")
        for clients in map(int, args.clients.split(",")):
            print(load(port, bodies, clients, args.requests, f"{clients} clients").row(), flush=True)
        alone = load(port, [huge], 1, 1, "1 MB alone")
        print(alone.row(), flush=True)
        large = threading.Thread(
            target=lambda: runs.append(load(port, [huge], 1, 1, "1 MB beside 8 clients"))
        )
        runs: list[Run] = []
        large.start()
        time.sleep(0.2)
        print(load(port, bodies, 8, args.requests, "8 clients beside 1 MB").row(), flush=True)
        large.join()
        print(runs[0].row(), flush=True)
        load(port, bodies, 8, WARM, "memory")
        before = memory(pid)
        load(port, bodies, 8, max(0, args.memory - WARM), "memory")
        after = memory(pid)
    print(f"\n| process | MB after {WARM:,} requests | after {args.memory:,} |\n|---|---:|---:|")
    for name, value in before.items():
        print(f"| {name} | {value:.1f} | {after.get(name, float('nan')):.1f} |")


if __name__ == "__main__":
    run_main(main)
