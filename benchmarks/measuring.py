"""Time and memory of a command."""

from __future__ import annotations

import json
import re
import resource
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

# The peak memory of a child includes that of the process it was forked from, so a small process starts the command.
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
    """Cost of a run: processor seconds, wall-clock seconds, and peak memory of the largest process in MB."""

    processor: float
    clock: float
    peak_mb: float


def run(command: list[str]) -> Cost:
    """Run a command and measure it, workers included."""
    done = subprocess.run([sys.executable, "-c", _BETWEEN, *command], capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)}: {done.stderr}")
    return Cost(*json.loads(done.stdout))


def own_peak_mb() -> float:
    """Peak memory of this process in MB; ``ru_maxrss`` would include the parent's."""
    try:
        (peak,) = re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    except (OSError, ValueError):  # /proc exists on Linux only
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak) / 1024


def median(costs: list[Cost]) -> Cost:
    """Median of each figure."""
    return Cost(
        *(statistics.median(column) for column in zip(*(vars(c).values() for c in costs), strict=True))
    )
