"""Other people's programs, run with a time limit and without a shell."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import IO

from mtdetect.errors import EngineError


class StageError(EngineError):
    """A program started and failed on what it was given."""


def pipe(
    stages: Sequence[Sequence[str]],
    data: bytes,
    *,
    timeout: float,
    environment: Mapping[str, str] | None = None,
) -> bytes:
    """Send bytes through a row of programs, each reading what the one before it writes.

    Parameters
    ----------
    stages : sequence of sequence of str
        The programs with their arguments.
    data : bytes
        What the first one reads.
    timeout : float
        Seconds after which all of them are killed.
    environment : mapping of str to str, optional
        Variables to set on top of the present ones.

    Returns
    -------
    bytes
        What the last one wrote.

    Raises
    ------
    EngineError
        If a program is missing, fails or is too slow.
    """
    end = time.monotonic() + timeout
    processes: list[subprocess.Popen[bytes]] = []
    variables = {**os.environ, **(environment or {})}
    # The input waits in a file: writing it to a pipe while reading the last one would need a thread, or
    # deadlock.
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as complaints:
        given.write(data)
        given.seek(0)
        source: IO[bytes] | None = given
        try:
            for stage in stages:
                process = subprocess.Popen(
                    list(stage),
                    stdin=source,
                    stdout=subprocess.PIPE,
                    stderr=complaints,
                    env=variables,
                    start_new_session=True,
                )
                if processes and source is not None:
                    source.close()  # or a program would never learn that its reader has gone
                processes.append(process)
                source = process.stdout
            output, _ = processes[-1].communicate(timeout=timeout)
            for process in processes:
                process.wait(timeout=max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired as error:
            raise EngineError(f"{stages[-1][0]}: not done within {timeout:g} s; killed") from error
        except OSError as error:
            raise EngineError(
                f"{stages[len(processes)][0]}: cannot be run ({error.strerror or error})"
            ) from error
        finally:
            for process in processes:
                _end(process)
        failed = [
            (stage, process) for stage, process in zip(stages, processes, strict=True) if process.returncode
        ]
        # A program whose reader died is killed by SIGPIPE; the reader is the one to name.
        failed.sort(key=lambda pair: pair[1].returncode == -signal.SIGPIPE)
        for stage, process in failed[:1]:
            complaints.seek(0)
            said = complaints.read(2000).decode("utf-8", "replace").strip().split("\n")[0]
            reason = f": {said}" if said else ""
            raise StageError(f"{stage[0]}: failed with exit status {process.returncode}{reason}")
    return output


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a program that still runs, with the children it started, and free what it holds."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
