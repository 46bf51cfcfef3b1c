"""What a command costs, measured from a small process."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from dataclasses import dataclass

# A child's peak of memory counts that of the process it was forked from, so a small one stands between.
_BETWEEN = """
import json, os, subprocess, sys, time
start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(json.dumps([usage.ru_utime + usage.ru_stime, time.perf_counter() - start, usage.ru_maxrss / 1024]))
sys.exit(os.waitstatus_to_exitcode(status))
"""


@dataclass(frozen=True)
class Cost:
    """What a run took: seconds of processors and of the clock, and megabytes at the peak, of the largest process."""

    processor: float
    clock: float
    peak_mb: float


def run(command: list[str]) -> Cost:
    """Run a command and measure it, with its workers."""
    done = subprocess.run([sys.executable, "-c", _BETWEEN, *command], capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)}: {done.stderr}")
    return Cost(*json.loads(done.stdout))


def median(costs: list[Cost]) -> Cost:
    """Of each figure by itself."""
    return Cost(
        *(statistics.median(column) for column in zip(*(vars(c).values() for c in costs), strict=True))
    )
